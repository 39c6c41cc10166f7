"""What every route shares: who calls, the request's id, refusals counted, told and answered by the one table."""

from __future__ import annotations

import asyncio
import itertools
import re
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tidegate.gateway.access import Identify
from tidegate.gateway.bodies import Budget
from tidegate.gateway.logs import RefusalLog
from tidegate.gateway.metrics import Metrics
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.recipient_totals import RecipientTotals
from tidegate.gateway.replies import AtTheDoor, Refusal, body_of, headers_of
from tidegate.gateway.settings import Settings
from tidegate.operations.engine import Engine
from tidegate.operations.live import Busy, Draining, NotAccepted, NotDurable

if TYPE_CHECKING:
    from starlette.types import Receive, Scope as Request, Send

REQUEST_ID: Final = b"x-request-id"
"""A caller may name its request; it is named so in logs and in the answer."""

_TOLD_IN_LOGS: Final = ("user", "service_request_id", "cause")
_LETS_PASS_S: Final = 1.0
_ID = re.compile(rb"[A-Za-z0-9._:-]{1,64}")
_NOT_ACCEPTED: Final[Mapping[str, AtTheDoor]] = {
    Busy.reason: AtTheDoor.BUSY,
    NotDurable.reason: AtTheDoor.NOT_DURABLE,
    Draining.reason: AtTheDoor.DRAINING,
}


class RequestIds:
    """Ids that no other run of the gateway gives."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(5).encode()
        self._count = itertools.count(1)

    def __call__(self) -> bytes:
        """A new one."""
        return b"%s-%x" % (self._run, next(self._count))


@dataclass(slots=True)
class Door:
    """The gateway as its routes see it.

    in_flight:    Requests begun and not answered.
    is_draining:  It stops: what was begun is finished, and nothing more is taken.
    """

    settings: Settings
    engine: Engine
    identify: Identify
    metrics: Metrics
    log: Any
    refusal_log: RefusalLog
    budget: Budget
    totals: RecipientTotals
    in_flight: int = 0
    is_draining: bool = False
    new_id: Callable[[], bytes] = field(default_factory=RequestIds)

    def caller_of(self, request: Request, headers: Mapping[bytes, bytes], scope: Scope) -> Caller:
        """Who calls, held to a scope.

        Raises:
            Refusal: nobody who is known, or who may.
        """
        caller = self.identify(request, headers)
        caller.hold_to(scope)
        return caller

    def request_id_of(self, headers: Mapping[bytes, bytes]) -> bytes:
        """The id a request is named by: its own where it is fit to be written anywhere, else a new one."""
        said = headers.get(REQUEST_ID)
        return said if said is not None and _ID.fullmatch(said) else self.new_id()

    def refuse(self, refusal: Refusal, route: str, request_id: bytes, caller: Caller | None = None) -> None:
        """Count a refusal and tell of it."""
        self.metrics.refused(refusal.reason)
        self.metrics.answered(route, refusal.reply.status)
        self.engine.refuse(refusal.reason)
        about: dict[str, object] = {
            "route": route,
            "request_id": request_id.decode(),
            "detail": refusal.detail,
        }
        if caller is not None:
            about["caller"] = caller.name
        about |= {name: refusal.told[name] for name in _TOLD_IN_LOGS if name in refusal.told}
        self.refusal_log.tell(refusal.reason, **about)

    async def answer_refusal(
        self,
        refusal: Refusal,
        route: str,
        headers: Mapping[bytes, bytes],
        request_id: bytes,
        caller: Caller | None,
        receive: Receive,
        send: Send,
    ) -> None:
        """Refuse, as the table says."""
        self.refuse(refusal, route, request_id, caller)
        if refusal.reason == AtTheDoor.GONE:
            return
        kind, body = body_of(refusal, headers.get(b"accept", b"").decode("latin-1"), request_id.decode())
        answer = {
            **headers_of(refusal),
            "content-type": kind,
            "content-length": str(len(body)),
            REQUEST_ID.decode(): request_id.decode(),
        }
        await send(
            {
                "type": "http.response.start",
                "status": refusal.reply.status,
                "headers": [(name.encode(), value.encode()) for name, value in answer.items()],
            }
        )
        if refusal.reply.closes:
            # Who closes on a sender in the middle of a body takes the answer from it: a moment of it is let pass by.
            await send({"type": "http.response.body", "body": body, "more_body": True})
            await _let_pass(receive)
            body = b""
        await send({"type": "http.response.body", "body": body})


def refusal_of(error: NotAccepted) -> Refusal:
    """What was not accepted, as a refusal: nothing of it was kept."""
    return Refusal(_NOT_ACCEPTED.get(error.reason, AtTheDoor.BUSY), retry_after_s=error.retry_after_s)


async def _let_pass(receive: Receive) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(_LETS_PASS_S):
            message = await receive()
            while message["type"] == "http.request" and message.get("more_body", False):
                message = await receive()
