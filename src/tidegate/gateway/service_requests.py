"""`POST /api/v1/serviceT | serviceS | serviceD`: one DUIS Request in, the DSP's answer out, or when to come back.

Who calls is known, the request is read and its signature verified, it is held
to its service and to its RequestID's not having been taken before; then the
rule decides, in the order in which requests were read. What is admitted goes
upstream, or is answered by the sandbox.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from tidegate.admission.decision import Admission
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.refusals import Reason
from tidegate.duis.service_request import RequestDocument, Service
from tidegate.duis.service_response import ResponseWriter
from tidegate.gateway.bodies import content_type_of, length_of, read_body
from tidegate.gateway.capacity_sharing import CapacitySharing
from tidegate.gateway.door import Door
from tidegate.gateway.ordered_faults import OrderedFaults
from tidegate.gateway.passing_on import Admitted, Behind, Passed
from tidegate.gateway.rate_limit import rate_headers, retry_after_s, told_of, word_of
from tidegate.gateway.raw_route import Asked, Route
from tidegate.gateway.receiving import XML_TYPES
from tidegate.gateway.replies import AtTheDoor, Refusal
from tidegate.gateway.request_reading import ReadRequest
from tidegate.operations.early_warnings import EarlyWarning
from tidegate.operations.request_control import Decided, RequestControl
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.modes import Mode

if TYPE_CHECKING:
    from starlette.types import Receive, Send

PATHS: Final[Mapping[str, Service]] = {f"/api/v1/{service}": service for service in Service}

_READERS: Final = 2


class ServiceRequests:
    """What the three routes share.

    read:       Reads and verifies; called in a thread.
    control:    Decides.
    behind:     Where what is admitted goes; None: requests are not taken.
    write:      Writes error acknowledgements.
    forecasts:  What Users said they would send, by EUI-64.
    faults:     What is ordered in the sandbox; None: there is none.
    warn:       Told when a User nears its allocation; must not wait.
    sharing:    Shares the capacity with other gateways; None: it is all this one's.
    """

    def __init__(
        self,
        read: Callable[[bytes, Instant], ReadRequest],
        control: RequestControl,
        behind: Behind | None,
        write: ResponseWriter,
        clock: Callable[[], Instant],
        forecasts: Mapping[str, float],
        faults: OrderedFaults | None,
        warn: Callable[[EarlyWarning], None],
        sharing: CapacitySharing | None,
    ) -> None:
        self.read = read
        self.control = control
        self.behind = behind
        self.write = write
        self.clock = clock
        self.forecasts = forecasts
        self.faults = faults
        self.warn = warn
        self.sharing = sharing
        self.threads = ThreadPoolExecutor(_READERS, "requests")

    async def start(self) -> None:
        """Begin."""
        if self.sharing is not None:
            await self.sharing.start()
        if self.behind is not None:
            await self.behind.start()

    async def stop(self) -> None:
        """End; every request must have been answered."""
        if self.behind is not None:
            await self.behind.stop()
        if self.sharing is not None:
            await self.sharing.stop()
        self.threads.shutdown()


class ServiceRoute(Route):
    """One of the three routes.

    overhear:  Takes answers that may be evidence, once they were passed back.
    """

    def __init__(
        self, door: Door, service: Service, shared: ServiceRequests, overhear: Callable[[bytes], None]
    ) -> None:
        super().__init__(door, service.value)
        self._service = service
        self._shared = shared
        self._overhear = overhear

    async def answer(self, asked: Asked, receive: Receive, send: Send) -> None:
        """Read a request, decide, and pass on what is admitted."""
        shared, door = self._shared, self._door
        if shared.behind is None:
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
            admitted = Admitted(asked, document, _headers_of(decided), decided.at, receive, send)
            passed = await self._pass_on(shared.behind, admitted)
        except Refusal as refusal:
            if refusal.response_code:
                refusal.document = shared.write.error(document, shared.clock(), refusal.response_code)
            raise
        if passed.heard:
            self._overhear(passed.heard)
        door.metrics.answered(self._name, passed.status)
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
        self._tell(asked, document, decided, admission)
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

    async def _pass_on(self, behind: Behind, admitted: Admitted) -> Passed:
        control = self._shared.control
        try:
            passed = await behind.pass_on(admitted)
        except Refusal:
            control.give_back(admitted.document)
            raise
        if passed.may_again:
            control.give_back(admitted.document)
        return passed

    def _tell(self, asked: Asked, document: RequestDocument, decided: Decided, admission: Admission) -> None:
        told = {
            "user": document.user,
            "counter": document.counter,
            "srv": document.service_reference_variant,
            "outcome": word_of(admission.outcome),
            "reason": admission.reason.name.lower(),
            "request_id": asked.request_id.decode(),
            "service_request_id": document.request_id,
        }
        rules = decided.rules
        # With traffic management off nothing is managed above the threshold, and nobody need be warned of it.
        if admission.early_warning and rules is not None and rules.mode is not Mode.OFF:
            self._shared.warn(
                EarlyWarning(
                    decided.at,
                    document.user,
                    admission.user_used,
                    admission.allocation,
                    admission.used,
                    rules.operating_threshold,
                    rules.period_us,
                    decided.policy_version,
                )
            )
            self._door.log.warning(
                "early warning", used=admission.user_used, allocation=admission.allocation, **told
            )
        self._door.log.debug("service request", **told)


def _refusal_of(refused: RefusedDocument) -> Refusal:
    return Refusal(refused.reason, str(refused))


def _headers_of(decided: Decided) -> dict[str, str]:
    if decided.admission is None or decided.rules is None:
        return {}
    return rate_headers(decided.admission, decided.rules, decided.at)
