"""Service Requests put together: what reads them, what decides, and what is behind the gateway, by the settings."""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Callable

from tidegate.admission.capacity_part import Whole
from tidegate.admission.control import AdmissionControl
from tidegate.admission.shared import SharingTerms
from tidegate.assembly.admitting import allocations_by, forecasts_in
from tidegate.assembly.clock import clock
from tidegate.assembly.delivering import SigningFiles
from tidegate.assembly.serving import Opened
from tidegate.delivery import Recipient
from tidegate.delivery.listeners import Listeners
from tidegate.delivery.upstream import Upstream
from tidegate.duis.service_response import ResponseWriter
from tidegate.duis.signing_keys import Signer
from tidegate.gateway.access import delivery_tls
from tidegate.gateway.capacity_sharing import CapacitySharing
from tidegate.gateway.door import Door
from tidegate.gateway.ordered_faults import OrderedFaults
from tidegate.gateway.passing_on import Behind, ToSandbox, ToUpstream
from tidegate.gateway.reading import ReadingPlan
from tidegate.gateway.request_reading import request_reader
from tidegate.gateway.sandbox import Sandbox
from tidegate.gateway.service_requests import ServiceRequests
from tidegate.gateway.settings import Settings, SharedTable
from tidegate.journal.capacity_pool import CapacityPool
from tidegate.operations.early_warnings import EarlyWarning
from tidegate.operations.policy_timeline import in_force
from tidegate.operations.request_control import Allocate, RequestControl, capacity_rules
from tidegate.operations.shared_capacity import SharedCapacity
from tidegate.policy_files import parse_policy
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import SECOND, Instant


def open_requests(
    door: Door,
    opened: Opened,
    plan: ReadingPlan,
    signing: SigningFiles | None,
    warn: Callable[[EarlyWarning], None],
) -> ServiceRequests:
    """What takes Service Requests, not started yet.

    Raises:
        InputError: the Users, the allocations, certificates, the schema or the key cannot be used.
    """
    given = door.settings.service_requests
    allocate = allocations_by(given.users, given.allocations)
    shared = _shared(door.settings)
    _hold_to_policy(opened, allocate, given.shared)

    def told(version: str, error: InputError | ValueError) -> None:
        door.log.error(
            "service requests are decided by the policy before", version=version, detail=str(error)
        )

    control = RequestControl(opened.engine.in_force, parse_policy, allocate, clock, told, shared)
    sharing = None
    if shared is not None and (said := given.shared) is not None:
        store = CapacityPool(said.url.get_secret_value(), said.capacity, _sharing_terms(said))
        sharing = CapacitySharing(shared, control, store, said.every, door.metrics, door.log)
    signer = None
    if signing is not None:
        signer = Signer.from_files(signing.key, signing.certificate, signing.password)
    write = ResponseWriter(signer)
    faults = OrderedFaults(given.sandbox_faults, clock()) if given.sandbox else None
    return ServiceRequests(
        request_reader(plan),
        control,
        _behind(door, write, faults),
        write,
        clock,
        forecasts_in(given.users),
        faults,
        warn,
        sharing,
    )


def _shared(settings: Settings) -> SharedCapacity | None:
    """This gateway's side of a capacity that is shared; None: it is not."""
    said = settings.service_requests.shared
    if said is None:
        return None
    name = said.name or f"{socket.gethostname()} {settings.listen}"
    return SharedCapacity(name, uuid.uuid4().hex, said.gateways, _sharing_terms(said), _steady_clock)


def _sharing_terms(said: SharedTable) -> SharingTerms:
    return SharingTerms(int(said.lease_for * SECOND), int(said.silent_for * SECOND))


def _steady_clock() -> Instant:
    return time.monotonic_ns() // 1_000


def _behind(door: Door, write: ResponseWriter, faults: OrderedFaults | None) -> Behind | None:
    settings = door.settings
    given, tls = settings.service_requests, delivery_tls(settings)
    if given.upstream is not None:
        return ToUpstream(Upstream(given.upstream, given.upstream_seconds, tls), door)
    if faults is None:
        return None
    listeners = Listeners([Recipient(each.user, each.url, tls=tls) for each in settings.recipients])
    return ToSandbox(Sandbox(write, faults, listeners, given.sandbox_answers_after, clock, door.log))


def _hold_to_policy(opened: Opened, allocate: Allocate | None, shared: SharedTable | None) -> None:
    """What cannot be shared out under the policy in force is told before anyone waits for an answer."""
    record = in_force(opened.journal.policies(), clock())
    if record is None or allocate is None:
        return
    policy = parse_policy(record.document, f"{record.version} in the journal")
    rules = capacity_rules(policy)
    if rules is None:
        return
    allocations = allocate(policy)
    try:
        AdmissionControl(rules, allocations)
    except ValueError as error:
        remedy = f"Give no more than the operating threshold of {policy.version} in all."
        raise InputError(Fault("service_requests.allocations", str(error), remedy)) from None
    try:
        Whole.of(rules, allocations, 1 if shared is None else shared.gateways)
    except ValueError as error:
        remedy = "Share among fewer gateways."
        raise InputError(Fault("service_requests.shared.gateways", str(error), remedy)) from None
