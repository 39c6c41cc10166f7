"""Where a Service Request goes that is admitted: to the system behind the gateway, or to the sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from tidegate.delivery.upstream import Upstream, UpstreamFailedError
from tidegate.duis.carried_evidence import SERVICES
from tidegate.duis.service_request import RequestDocument
from tidegate.gateway.door import REQUEST_ID, Door
from tidegate.gateway.raw_route import Asked
from tidegate.gateway.replies import DUIS_XML, AtTheDoor, Refusal
from tidegate.gateway.sandbox import Sandbox
from tidegate.gateway.server import TRANSPORT
from tidegate.gateway.settings import OrderedFault
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from starlette.types import Receive, Send

_OK: Final = 200
_BROKEN_OFF: Final = 499
_PASSED_BACK: Final = frozenset({"content-type", "retry-after", "ratelimit", "ratelimit-policy"})


class Admitted(NamedTuple):
    """A request that is to be answered.

    asked:    How it came.
    headers:  That go with an answer that is no failure.
    at:       When it was admitted.
    receive, send: the connection that it came over, and is answered on.
    """

    asked: Asked
    document: RequestDocument
    headers: Mapping[str, str]
    at: Instant
    receive: Receive
    send: Send


class Passed(NamedTuple):
    """What came of a request.

    status:    What was answered; 499: the connection was broken off.
    may_again: Nothing was done of it, as far as is known: it may come again under its RequestID.
    heard:     The whole answer, where it may say something of credentials.
    """

    status: int
    may_again: bool
    heard: bytes = b""


class Behind(Protocol):
    """What is behind the gateway."""

    async def start(self) -> None:
        """Begin."""

    async def stop(self) -> None:
        """End; every request has been answered."""

    async def pass_on(self, admitted: Admitted) -> Passed:
        """Have a request answered.

        Raises:
            Refusal: nothing was done of it, and nothing of an answer has been sent.
        """


class ToUpstream:
    """Passes requests on, and answers back as they come."""

    def __init__(self, upstream: Upstream, door: Door) -> None:
        self._upstream = upstream
        self._door = door
        self._longest = door.settings.limits.document_bytes

    async def start(self) -> None:
        """Begin."""
        await self._upstream.start()

    async def stop(self) -> None:
        """End."""
        await self._upstream.stop()

    async def pass_on(self, admitted: Admitted) -> Passed:
        """See `Behind`."""
        asked, document, send = admitted.asked, admitted.document, admitted.send
        metrics, is_begun = self._door.metrics, False
        try:
            async with self._upstream.ask(document.service, document.body, _passed_on(asked)) as answer:
                said = {name: value for name, value in answer.headers.items() if name in _PASSED_BACK}
                # What fails behind us is no decision of ours: its own headers say what it is.
                fails = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
                # Nothing is said before there is something to say, so that a failure can be told until then.
                part = await anext(answer.parts, b"")
                heard = _Heard(self._longest, is_wanted=_may_be_evidence(answer.status, document))
                is_begun = True
                await send(_start(asked, answer.status, said if fails else {**admitted.headers, **said}))
                while part:
                    heard.add(part)
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                    part = await anext(answer.parts, b"")
                await send({"type": "http.response.body", "body": b""})
                metrics.upstream("failed" if fails else "answered")
                return Passed(answer.status, fails, heard.whole())
        except UpstreamFailedError as error:
            metrics.upstream("slow" if error.was_slow else "unreachable")
            if is_begun:
                self._door.log.info("upstream broke off", user=document.user, counter=document.counter)
                asked.request[TRANSPORT].abort()
                return Passed(_BROKEN_OFF, may_again=False)
            reason = AtTheDoor.UPSTREAM_SLOW if error.was_slow else AtTheDoor.UPSTREAM_UNREACHABLE
            raise Refusal(reason, str(error)) from None


class _Heard:
    """An answer as it passes by, up to what a document may be long; a longer one is none.

    is_wanted:  False: nothing is kept.
    """

    def __init__(self, most: int, *, is_wanted: bool) -> None:
        self._most = most if is_wanted else -1
        self._octets = bytearray()

    def add(self, part: bytes) -> None:
        """Some more of it."""
        if len(self._octets) + len(part) <= self._most:
            self._octets += part
        else:
            self._most = -1
            self._octets.clear()

    def whole(self) -> bytes:
        """All of it; nothing where it is not wanted or was too long."""
        return bytes(self._octets)


def _may_be_evidence(status: int, document: RequestDocument) -> bool:
    # An answer that is no success is of the system behind us, which may write the codes of a Device into it (E20).
    return status == _OK and document.service_reference_variant in SERVICES


class ToSandbox:
    """Answers requests here, or does not, as faults are ordered."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def start(self) -> None:
        """Begin."""
        await self._sandbox.start()

    async def stop(self) -> None:
        """End."""
        await self._sandbox.stop()

    async def pass_on(self, admitted: Admitted) -> Passed:
        """See `Behind`."""
        asked, document, at = admitted.asked, admitted.document, admitted.at
        fault = self._sandbox.faults.meet(document.service, document.service_reference_variant, at)
        if fault is not None:
            _refuse_as_ordered(fault)
        is_gone = (
            fault is not None and fault.kind == "slow" and await _is_gone(admitted.receive, fault.seconds)
        )
        body = self._sandbox.answer(document, at)  # it is done, whoever still waits to hear of it
        if is_gone:
            return Passed(_BROKEN_OFF, may_again=False)
        if fault is not None and fault.kind == "dropped":
            asked.request[TRANSPORT].abort()
            await _is_gone(admitted.receive, None)
            return Passed(_BROKEN_OFF, may_again=False)
        said = {"content-type": DUIS_XML, "content-length": str(len(body)), **admitted.headers}
        await admitted.send(_start(asked, _OK, said))
        await admitted.send({"type": "http.response.body", "body": body})
        return Passed(_OK, may_again=False)


def _refuse_as_ordered(fault: OrderedFault) -> None:
    wait_s = max(1, round(fault.seconds))
    if fault.kind == "outage":
        raise Refusal(AtTheDoor.ORDERED_OUTAGE, retry_after_s=wait_s)
    if fault.kind == "throttled":
        headers = {
            "ratelimit-policy": '"allocation";q=1;w=1, "fair-share";q=1;w=1',
            "ratelimit": f'"fair-share";r=0;t={wait_s}',
        }
        what = "it was ordered in the sandbox"
        raise Refusal(AtTheDoor.THROTTLED, what, retry_after_s=wait_s, headers=headers)
    if fault.kind == "error":
        raise Refusal(AtTheDoor.ORDERED, response_code=fault.response_code)


async def _is_gone(receive: Receive, within_s: float | None) -> bool:
    """Wait for so long; say whether the client went away meanwhile."""
    try:
        async with asyncio.timeout(within_s):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


def _passed_on(asked: Asked) -> dict[str, str]:
    headers = {REQUEST_ID.decode(): asked.request_id.decode()}
    accept = asked.headers.get(b"accept")
    return headers if accept is None else {**headers, "accept": accept.decode("latin-1")}


def _start(asked: Asked, status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    pairs = [(REQUEST_ID, asked.request_id)]
    pairs += [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}
