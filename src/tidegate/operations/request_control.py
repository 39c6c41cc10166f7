"""Service Requests decided as they come, under whatever policy is in force.

Holds the rule (`admission`) to the policy: when another takes force, or its mode
changes, the next request is decided by it, and counts go on. Each request is
taken once. Sans I/O; one thread at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.capacity_part import Part
from tidegate.admission.control import AdmissionControl, Standing
from tidegate.admission.decision import Admission
from tidegate.admission.shared import Report
from tidegate.operations.live import PolicyReader, PolicyRecord
from tidegate.operations.shared_capacity import SharedCapacity, within
from tidegate.operations.taken_requests import Taken, TakenRequests
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.service_requests import ServiceRequest

MOST_SHARING: Final = 1_000
"""Users that share equally, where no allocations are configured; others after them are admitted from what is left."""

Allocate: TypeAlias = Callable[[MechanismDocument], Mapping[str, int]]
"""What each User (EUI-64) is given under a policy with a Service Request section; raises InputError where that cannot be."""


class Received(Protocol):
    """A request that was read and verified: a `duis.service_request.RequestDocument`."""

    @property
    def request_id(self) -> str:
        """RequestID."""

    @property
    def user(self) -> str:
        """EUI-64 of who sent it."""

    @property
    def device_id(self) -> DeviceId:
        """Whom it is for."""

    @property
    def counter(self) -> int:
        """Originator counter."""

    @property
    def service_reference_variant(self) -> str:
        """What is asked."""

    @property
    def is_signed_pre_command(self) -> bool:
        """It is the second step of a Critical request."""

    @property
    def preceding_request_id(self) -> str:
        """The request that it follows; empty: none."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided, and by what; None where the policy in force says nothing of Service Requests."""

    at: Instant
    admission: Admission | None
    rules: CapacityRules | None
    policy_version: str


@dataclass(frozen=True, slots=True)
class UserCapacity:
    """How a User stands; None where the policy in force says nothing of Service Requests."""

    at: Instant
    standing: Standing | None
    rules: CapacityRules | None
    policy_version: str


class RequestControl:
    """Decides.

    in_force:  The policy in force now; None: there is none.
    read:      Reads a policy's file.
    allocate:  What each User is given; None: whoever comes shares equally.
    clock:     Microseconds UTC; may go back.
    told:      Told of a policy that cannot be used here; the one before it decides on.
    shared:    The capacity is shared with other gateways, which takes that something says what each User is given; None: it
               is all this gateway's.
    """

    def __init__(
        self,
        in_force: Callable[[], PolicyRecord | None],
        read: PolicyReader,
        allocate: Allocate | None,
        clock: Callable[[], Instant],
        told: Callable[[str, InputError | ValueError], None],
        shared: SharedCapacity | None = None,
    ) -> None:
        assert shared is None or allocate is not None
        self._in_force = in_force
        self._read = read
        self._allocate = allocate
        self._clock = clock
        self._told = told
        self._shared = shared
        self._whole: CapacityRules | None = None
        self._part: Part | None = None
        self._record: PolicyRecord | None = None
        self._version = ""
        self._rules: CapacityRules | None = None
        self._control: AdmissionControl | None = None
        self._sharing: dict[str, None] = {}
        self._taken = TakenRequests()
        self._now: Instant = 0

    def receive(self, request: Received) -> Decided | None:
        """Decide a request and take it, where it is admitted; None: it was taken before."""
        taken = _taken(request)
        if self._taken.has(request.user, taken):
            return None
        at = self._move()
        rules = self._rules
        if rules is None:
            self._taken.take(request.user, taken)
            return Decided(at, None, None, self._version)
        control = self._control_for(request.user, rules, at)
        admission = control.receive(
            ServiceRequest(
                at,
                request.request_id,
                request.user,
                request.service_reference_variant,
                request.preceding_request_id,
            )
        )
        if not admission.is_held_back:
            self._taken.take(request.user, taken)
        return Decided(at, admission, rules, self._version)

    def give_back(self, request: Received) -> None:
        """A request that was taken was not done after all; it may come again under its RequestID.

        It is judged anew then. Else all that an outage made fail would be let in at once when it is over, as what
        continues itself. A signed Pre-Command still continues its Transform, which was done.
        """
        self._taken.give_back(request.user, _taken(request))
        if self._control is None:
            return
        if request.is_signed_pre_command:
            self._control.reopen(request.user, request.request_id)
        else:
            self._control.withdraw(request.user, request.request_id)

    def capacity_of(self, user: str) -> UserCapacity:
        """How a User stands now."""
        at = self._move()
        if self._rules is None or self._control is None:
            return UserCapacity(at, None, self._rules, self._version)
        self._control.advance_to(at)
        return UserCapacity(at, self._control.standing_of(user), self._rules, self._version)

    def report(self) -> Report | None:
        """What other gateways are told of this one; None: nothing is shared now."""
        at = self._move()
        if self._shared is None or self._control is None:
            return None
        self._control.advance_to(at)
        return self._shared.report(*self._control.load())

    def _move(self) -> Instant:
        """Now, never before what was now; and the policy of now, and the part of the capacity that is held."""
        self._now = at = max(self._now, self._clock())
        record = self._in_force()
        if record is not self._record and record != self._record:
            self._change(record, at)
        if self._shared is not None and self._whole is not None:
            part = self._shared.part_now()
            if part is not self._part:
                self._part = part
                self._decide_by(within(self._whole, part), part.allocations, at)
        return at

    def _change(self, record: PolicyRecord | None, at: Instant) -> None:
        self._record = record
        if record is None:
            self._version, self._whole, self._rules, self._control = "", None, None, None
            return
        try:
            policy = self._read(record.document, f"{record.version} in the journal")
            rules = capacity_rules(policy)
            if rules is None:
                self._whole = self._rules = self._control = None
            else:
                given = self._equal_shares(rules) if self._allocate is None else self._allocate(policy)
                if self._shared is not None:
                    self._part = self._shared.share(rules, given)
                    self._whole, rules, given = rules, within(rules, self._part), self._part.allocations
                self._decide_by(rules, given, at)
        except (InputError, ValueError) as error:
            self._told(record.version, error)
            return
        self._version = record.version

    def _decide_by(self, rules: CapacityRules, given: Mapping[str, int], at: Instant) -> None:
        if self._control is None:
            self._control = AdmissionControl(rules, given)
        else:
            self._control.change(rules, given, at)
        self._rules = rules

    def _control_for(self, user: str, rules: CapacityRules, at: Instant) -> AdmissionControl:
        control = self._control
        assert control is not None
        if self._allocate is None and user not in self._sharing and len(self._sharing) < MOST_SHARING:
            self._sharing[user] = None
            control.change(rules, self._equal_shares(rules), at)
        return control

    def _equal_shares(self, rules: CapacityRules) -> Mapping[str, int]:
        each = rules.operating_threshold // len(self._sharing) if self._sharing else 0
        return dict.fromkeys(self._sharing, each)


def capacity_rules(policy: MechanismDocument) -> CapacityRules | None:
    """What a policy says of Service Requests, as the rule takes it; None: nothing."""
    written = policy.service_requests
    if written is None:
        return None
    return CapacityRules(
        period_us=written.period_us,
        maximum_system_capacity=written.maximum_system_capacity,
        operating_threshold=written.operating_threshold,
        early_warning_at=written.early_warning_at,
        prioritised=frozenset(written.prioritised),
        mode=policy.mode,
    )


def _taken(request: Received) -> Taken:
    return request.device_id, request.counter, request.is_signed_pre_command
