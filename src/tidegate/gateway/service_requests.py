"""`POST /api/v1/serviceT | serviceS | serviceD`: one DUIS Request in, the DSP's answer out, or when to come back.

Who calls is known, the request is read and its signature verified, it is held
to its service and to its RequestID's not having been taken before; then the
rule decides, in the order in which requests were read. What is admitted goes
upstream, or is answered by the sandbox.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tidegate.admission.decision import Admission
from tidegate.delivery.upstream import Upstream, UpstreamAnswer, UpstreamFailedError
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.refusals import Reason
from tidegate.duis.service_request import RequestDocument, Service
from tidegate.duis.service_response import ResponseWriter
from tidegate.gateway.bodies import content_type_of, length_of, read_body
from tidegate.gateway.door import REQUEST_ID, Door
from tidegate.gateway.rate_limit import rate_headers, retry_after_s, told_of, word_of
from tidegate.gateway.raw_route import Asked, Route
from tidegate.gateway.receiving import XML_TYPES
from tidegate.gateway.replies import DUIS_XML, AtTheDoor, Refusal
from tidegate.gateway.request_reading import ReadRequest
from tidegate.gateway.sandbox import Sandbox
from tidegate.gateway.server import TRANSPORT
from tidegate.gateway.settings import OrderedFault
from tidegate.operations.request_control import Decided, RequestControl
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from starlette.types import Receive, Send

PATHS: Final[Mapping[str, Service]] = {f"/api/v1/{service}": service for service in Service}

_READERS: Final = 2
_OK: Final = 200
_PASSED_BACK: Final = frozenset({"content-type", "retry-after", "ratelimit", "ratelimit-policy"})
_PASSED_ON: Final = (b"accept", REQUEST_ID)


@dataclass(frozen=True, slots=True)
class Behind:
    """What is behind the gateway: a system, or the sandbox; neither: requests are not taken."""

    upstream: Upstream | None = None
    sandbox: Sandbox | None = None


class ServiceRequests:
    """What the three routes share.

    read:     Reads and verifies; called in a thread.
    control:  Decides.
    write:    Writes error acknowledgements.
    forecasts: What Users said they would send, by EUI-64.
    """

    def __init__(
        self,
        read: Callable[[bytes, Instant], ReadRequest],
        control: RequestControl,
        behind: Behind,
        write: ResponseWriter,
        clock: Callable[[], Instant],
        forecasts: Mapping[str, float],
    ) -> None:
        self.read = read
        self.control = control
        self.behind = behind
        self.write = write
        self.clock = clock
        self.forecasts = forecasts
        self.threads = ThreadPoolExecutor(_READERS, "requests")

    async def start(self) -> None:
        """Begin."""
        if self.behind.upstream is not None:
            await self.behind.upstream.start()
        if self.behind.sandbox is not None:
            await self.behind.sandbox.start()

    async def stop(self) -> None:
        """End; every request must have been answered."""
        if self.behind.upstream is not None:
            await self.behind.upstream.stop()
        if self.behind.sandbox is not None:
            await self.behind.sandbox.stop()
        self.threads.shutdown()


class ServiceRoute(Route):
    """One of the three routes."""

    def __init__(self, door: Door, service: Service, shared: ServiceRequests) -> None:
        super().__init__(door, service.value)
        self._service = service
        self._shared = shared

    async def answer(self, asked: Asked, receive: Receive, send: Send) -> None:
        """Read a request, decide, and pass on what is admitted."""
        shared, door = self._shared, self._door
        if shared.behind.upstream is None and shared.behind.sandbox is None:
            raise Refusal(
                AtTheDoor.NO_UPSTREAM, "its configuration names neither an upstream nor the sandbox"
            )
        body = await self._body(asked, receive)
        loop = asyncio.get_running_loop()
        read = await loop.run_in_executor(shared.threads, shared.read, body, shared.clock())
        document = read.document
        if document is None:
            assert read.refused is not None
            raise _refusal_of(read.refused)
        try:
            if read.refused is not None:
                raise _refusal_of(read.refused)
            decided = self._decide(asked, document)
            answered = await self._pass_on(asked, document, decided, receive, send)
        except Refusal as refusal:
            if refusal.response_code:
                refusal.document = shared.write.error(document, shared.clock(), refusal.response_code)
            raise
        door.metrics.answered(self._name, answered)
        door.metrics.request_answered_after.observe(time.perf_counter() - asked.began)

    async def _body(self, asked: Asked, receive: Receive) -> bytes:
        limits = self._door.settings.limits
        content_type_of(asked.headers, XML_TYPES)
        with self._door.budget.hold(length_of(asked.headers, limits.document_bytes)) as held:
            return await read_body(receive, held, limits.document_bytes, limits.request_seconds)

    def _decide(self, asked: Asked, document: RequestDocument) -> Decided:
        """What the rule says; nothing is awaited, so that requests are decided one after the other."""
        if document.service is not self._service:
            what = (
                f"Command Variant {document.command_variant} is for {document.service}, not {self._service}"
            )
            raise Refusal(Reason.WRONG_SERVICE, what)
        if not asked.caller.submits_for_any_of((document.user,)):
            raise Refusal(AtTheDoor.NOT_THEIRS, f"{asked.caller.name} may not submit for {document.user}")
        decided = self._shared.control.receive(document)
        if decided is None:
            raise Refusal(Reason.REPLAYED, f"{document.user} sent counter {document.counter} before")
        admission = decided.admission
        if admission is None:
            return decided
        self._door.metrics.decided(word_of(admission.outcome), is_held_back=admission.is_held_back)
        self._tell(asked, document, admission)
        if admission.is_held_back:
            raise self._throttled(document, decided, admission)
        return decided

    def _throttled(self, document: RequestDocument, decided: Decided, admission: Admission) -> Refusal:
        assert decided.rules is not None
        wait_s = retry_after_s(admission, decided.at)
        return Refusal(
            AtTheDoor.THROTTLED,
            f"{document.user} had {admission.user_used} requests admitted in the period, and its share is "
            f"{admission.user_limit}; send this one again in {wait_s} s",
            retry_after_s=wait_s,
            headers=rate_headers(admission, decided.rules, decided.at),
            told=told_of(
                admission, decided.rules, document.user, document.request_id, decided.policy_version
            ),
        )

    async def _pass_on(
        self, asked: Asked, document: RequestDocument, decided: Decided, receive: Receive, send: Send
    ) -> int:
        headers = _headers_of(decided)
        sandbox = self._shared.behind.sandbox
        try:
            if sandbox is not None:
                return await self._from_sandbox(sandbox, asked, document, headers, receive, send)
            return await self._from_upstream(asked, document, headers, send)
        except Refusal:
            # Nothing was done of it, as far as is known: whoever asked may ask again under the same RequestID.
            self._shared.control.give_back(document)
            raise

    async def _from_upstream(
        self, asked: Asked, document: RequestDocument, headers: Mapping[str, str], send: Send
    ) -> int:
        upstream, metrics = self._shared.behind.upstream, self._door.metrics
        assert upstream is not None
        passed_on = {
            name.decode(): asked.headers[name].decode("latin-1")
            for name in _PASSED_ON
            if name in asked.headers
        }
        passed_on[REQUEST_ID.decode()] = asked.request_id.decode()
        is_begun = False
        try:
            async with upstream.ask(self._service, document.body, passed_on) as answer:
                said = {name: value for name, value in answer.headers.items() if name in _PASSED_BACK}
                if answer.status >= 500:  # noqa: PLR2004
                    # What fails behind us is no decision of ours: its own headers say what it is.
                    headers = {}
                is_begun = True
                await _stream(asked, answer, {**headers, **said}, send)
                metrics.upstream("answered" if answer.status < 500 else "failed")  # noqa: PLR2004
                return answer.status
        except UpstreamFailedError as error:
            metrics.upstream("slow" if error.was_slow else "unreachable")
            if is_begun:
                # Half an answer was sent: the connection is closed, by which the client knows.
                self._door.log.info("upstream broke off", user=document.user, counter=document.counter)
                return 502
            reason = AtTheDoor.UPSTREAM_SLOW if error.was_slow else AtTheDoor.UPSTREAM_UNREACHABLE
            raise Refusal(reason, str(error)) from None

    async def _from_sandbox(
        self,
        sandbox: Sandbox,
        asked: Asked,
        document: RequestDocument,
        headers: Mapping[str, str],
        receive: Receive,
        send: Send,
    ) -> int:
        at = self._shared.clock()
        fault = sandbox.faults.meet(self._service, document.service_reference_variant, at)
        if fault is not None:
            _refuse_as_ordered(fault)
            if fault.kind == "slow":
                await asyncio.sleep(fault.seconds)
        body = sandbox.answer(document, at)
        if fault is not None and fault.kind == "dropped":
            asked.request[TRANSPORT].abort()
            while (await receive())["type"] != "http.disconnect":
                pass
            return 0
        start = _start(asked, _OK, {"content-type": DUIS_XML, "content-length": str(len(body)), **headers})
        await send(start)
        await send({"type": "http.response.body", "body": body})
        return _OK

    def _tell(self, asked: Asked, document: RequestDocument, admission: Admission) -> None:
        told = {
            "user": document.user,
            "counter": document.counter,
            "srv": document.service_reference_variant,
            "outcome": word_of(admission.outcome),
            "reason": admission.reason.name.lower(),
            "request_id": asked.request_id.decode(),
            "service_request_id": document.request_id,
        }
        if admission.early_warning:
            self._door.log.warning(
                "early warning", used=admission.user_used, allocation=admission.allocation, **told
            )
        self._door.log.debug("service request", **told)


def _refuse_as_ordered(fault: OrderedFault) -> None:
    if fault.kind == "outage":
        raise Refusal(AtTheDoor.ORDERED_OUTAGE, retry_after_s=max(1, round(fault.seconds)))
    if fault.kind == "throttled":
        wait_s = max(1, round(fault.seconds))
        headers = {
            "ratelimit-policy": '"allocation";q=1;w=1, "fair-share";q=1;w=1',
            "ratelimit": f'"fair-share";r=0;t={wait_s}',
        }
        what = "it was ordered in the sandbox"
        raise Refusal(AtTheDoor.THROTTLED, what, retry_after_s=wait_s, headers=headers)
    if fault.kind == "error":
        raise Refusal(AtTheDoor.ORDERED, response_code=fault.response_code)


def _refusal_of(refused: RefusedDocument) -> Refusal:
    return Refusal(refused.reason, str(refused))


def _headers_of(decided: Decided) -> dict[str, str]:
    if decided.admission is None or decided.rules is None:
        return {}
    return rate_headers(decided.admission, decided.rules, decided.at)


def _start(asked: Asked, status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    pairs = [(REQUEST_ID, asked.request_id)]
    pairs += [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": status, "headers": pairs}


async def _stream(asked: Asked, answer: UpstreamAnswer, headers: Mapping[str, str], send: Send) -> None:
    """Pass an answer back as it comes; its first part before anything is said, so that a failure can be told."""
    parts: AsyncIterator[bytes] = answer.parts
    first = await anext(aiter(parts), b"")
    await send(_start(asked, answer.status, headers))
    await send({"type": "http.response.body", "body": first, "more_body": True})
    async for part in parts:
        await send({"type": "http.response.body", "body": part, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
