"""A route as ASGI has it, for what comes by the thousand: who calls, what is taken, and the answer, with nothing between."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, NamedTuple

from tidegate.gateway.door import REQUEST_ID, Door
from tidegate.gateway.parties import Caller, Scope
from tidegate.gateway.replies import AtTheDoor, Refusal

if TYPE_CHECKING:
    from prometheus_client import Histogram
    from starlette.types import Receive, Scope as Request, Send

_NO_CONTENT: Final = 204
_OK: Final = 200


class Asked(NamedTuple):
    """A request at a route, from a caller who may make it.

    began:  When, by `time.perf_counter`.
    """

    request: Request
    headers: dict[bytes, bytes]
    request_id: bytes
    caller: Caller
    began: float


class Route(ABC):
    """A route that is posted to.

    name:  What metrics and logs call it.
    """

    def __init__(self, door: Door, name: str) -> None:
        self._door = door
        self._name = name

    @abstractmethod
    async def answer(self, asked: Asked, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            Refusal: it is refused; nothing of an answer has been sent.
        """

    async def __call__(self, request: Request, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        door = self._door
        began = time.perf_counter()
        headers: dict[bytes, bytes] = dict(request["headers"])
        request_id = door.request_id_of(headers)
        caller: Caller | None = None
        door.in_flight += 1
        try:
            caller = self._admit(request, headers)
            await self.answer(Asked(request, headers, request_id, caller, began), receive, send)
        except Refusal as refusal:
            await door.answer_refusal(refusal, self._name, headers, request_id, caller, receive, send)
        except Exception:
            # This is the edge: a fault of ours is told in the log, and answered without a trace of it.
            door.log.exception("a fault of ours", route=self._name, request_id=request_id.decode())
            ours = Refusal(AtTheDoor.OURS)
            await door.answer_refusal(ours, self._name, headers, request_id, caller, receive, send)
        finally:
            door.in_flight -= 1

    def _admit(self, request: Request, headers: dict[bytes, bytes]) -> Caller:
        if request["method"] != "POST":
            raise Refusal(AtTheDoor.METHOD, headers={"allow": "POST"})
        caller = self._door.caller_of(request, headers, Scope.SUBMIT)
        if self._door.in_flight > self._door.settings.limits.requests:
            raise Refusal(AtTheDoor.BUSY)
        return caller


class RawRoute(Route):
    """A route that Alerts, or copies of Responses, are posted to.

    after:  Told how long each answer took that was no refusal.
    """

    def __init__(self, door: Door, name: str, after: Histogram) -> None:
        super().__init__(door, name)
        self._after = after

    @abstractmethod
    async def take(self, caller: Caller, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """Take in what is posted; the answer, JSON, or empty for 204.

        Raises:
            Refusal: it is not taken.
        """

    async def answer(self, asked: Asked, receive: Receive, send: Send) -> None:
        """Take it in, and say so."""
        body = await self.take(asked.caller, asked.headers, receive)
        status = _OK if body else _NO_CONTENT
        self._door.metrics.answered(self._name, status)
        self._after.observe(time.perf_counter() - asked.began)
        answer = [(REQUEST_ID, asked.request_id)]
        if body:
            answer += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": answer})
        await send({"type": "http.response.body", "body": body})
