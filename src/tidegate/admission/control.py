"""Admission control over the requests of every User, one at a time.

Sans I/O: no clock, no file, no log. Whoever drives it says what time it is.

    control = AdmissionControl(rules, allocations)
    admission = control.receive(request)
    control.advance_to(instant)
    standing = control.standing_of(user)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tidegate.admission.booking import ReturnTime
from tidegate.admission.capacity import CapacityRules, faults_of_allocations
from tidegate.admission.continuation import Sequence, Sequences
from tidegate.admission.decision import Admission, Outcome, Reason
from tidegate.admission.early_warning import level_of_system, level_of_user
from tidegate.admission.fair_share import FairShare, fair_share
from tidegate.admission.judgement import OUTCOMES, judge
from tidegate.admission.usage import Usage, UserUsage
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_requests import ServiceRequest


class Standing(NamedTuple):
    """How a User and the system stand, in requests of the period.

    user_offered, user_used:  Its requests received, and admitted.
    user_limit, allocation:   Its fair limit until the next tick, and its allocation.
    room:                     How many ordinary requests of it would be admitted now.
    booked:                   Return times that were promised to it and are not used up.
    offered, used:            Those of all Users.
    is_warned:                As it was last told.
    """

    user_offered: int
    user_used: int
    user_limit: int
    allocation: int
    room: int
    booked: int
    offered: int
    used: int
    is_warned: bool


class Load(NamedTuple):
    """What came in the period: requests admitted, of all Users; and requests received, of each."""

    used: int
    offered: Mapping[str, int]


class AdmissionControl:
    """Decides Service Requests in receipt order; remembers what a period, the horizon and sequences need.

    `allocations` says what each User may use of the operating threshold in a period, whatever others do. A User
    that it does not name has none: it is admitted from what the others leave.

    `receive`, `advance_to` and `change` must be given instants that do not go back.

    Raises:
        ValueError: an allocation is below nothing, or they come to more than the operating threshold.
    """

    def __init__(self, rules: CapacityRules, allocations: Mapping[str, int]) -> None:
        self._users: dict[str, UserUsage] = {}
        self._usage = Usage()
        self._sequences = Sequences()
        self._now: Instant | None = None
        self._take(rules, allocations)

    @property
    def rules(self) -> CapacityRules:
        """The rules in force."""
        return self._rules

    def receive(self, request: ServiceRequest) -> Admission:
        """Decide one request."""
        at = request.at
        self._move_to(at)
        rules, usage = self._rules, self._usage
        user = self._users.get(request.user)
        if user is None:
            user = self._users[request.user] = self._given(UserUsage(request.user))
        was_warned = user.is_warned and self._is_still_near(user)
        is_prioritised = request.srv in rules.prioritised
        usage.offer(user, is_prioritised=is_prioritised)

        limit = self._fair_share.limit(user.allocation)
        reason, sequence = self._continues(request, user)
        if reason is None:
            reason = judge(
                usage.offered,
                usage.used,
                len(user.admitted),
                limit,
                user.allocation,
                rules.operating_threshold,
                rules.maximum_system_capacity,
                is_prioritised,
            )
        outcome = OUTCOMES[reason]

        back = None
        if outcome is Outcome.THROTTLED:
            back = self._return_time(request, user, is_prioritised=is_prioritised)
        else:
            user.bookings.release(request.request_id)
            self._sequences.remember(request, sequence)
        usage.decided(user, at, is_prioritised=is_prioritised, is_admitted=back is None)

        user.is_warned = was_warned or self._is_near(user)
        return Admission(
            outcome,
            reason,
            back is not None and rules.mode is Mode.ENFORCED,
            None if back is None else back.at,
            back is not None and back.is_booked,
            len(user.admitted),
            limit,
            user.allocation,
            usage.used,
            user.is_warned,
            user.is_warned and not was_warned,
        )

    def withdraw(self, user: str, request_id: str) -> None:
        """A request that was admitted was not done after all: under its RequestID it is judged anew, and nothing continues it.

        It was sent on and stays counted as used.
        """
        self._sequences.withdraw(user, request_id)

    def reopen(self, user: str, request_id: str) -> None:
        """A signed pre-command that was admitted was not done after all: it continues its Transform once more."""
        self._sequences.reopen(user, request_id)

    def advance_to(self, instant: Instant) -> None:
        """Let requests leave the period, and forget what need not be remembered."""
        self._move_to(instant)

    def change(self, rules: CapacityRules, allocations: Mapping[str, int], at: Instant) -> None:
        """Other rules and allocations take force at an instant (readings.md#39).

        Counts go on, return times that were booked are kept, and the fair limits are computed anew at once. After a
        longer period took force, counts are whole when it has passed once.

        Raises:
            ValueError: as for a new one; nothing has changed then.
        """
        self._move_to(at)
        self._take(rules, allocations)

    def standing_of(self, user: str) -> Standing:
        """How a User stands now: at the latest instant that was given."""
        it = self._users.get(user) or self._given(UserUsage(user))
        rules, usage = self._rules, self._usage
        user_used, limit = len(it.admitted), self._fair_share.limit(it.allocation)
        room = max(
            0,
            rules.operating_threshold - usage.offered,
            min(rules.operating_threshold - usage.used, limit - user_used),
            min(rules.maximum_system_capacity - usage.used, it.allocation - user_used),
        )
        return Standing(
            it.offered,
            user_used,
            limit,
            it.allocation,
            room,
            len(it.bookings.by_request),
            usage.offered,
            usage.used,
            it.is_warned,
        )

    def load(self) -> Load:
        """What came in the period that ends at the latest instant that was given."""
        return Load(
            self._usage.used, {user.name: user.offered for user in self._users.values() if user.offered}
        )

    def _take(self, rules: CapacityRules, allocations: Mapping[str, int]) -> None:
        for fault in faults_of_allocations(allocations, rules):
            raise ValueError(fault)
        self._rules, self._allocations = rules, dict(allocations)
        self._system_level = level_of_system(rules.operating_threshold, rules.early_warning_at)
        for user in (*self._users, *allocations):
            self._users[user] = self._given(self._users.get(user) or UserUsage(user))
        self._usage.prioritised = sum(
            min(user.prioritised, user.share_of_maximum) for user in self._users.values()
        )
        self._share_out()
        self._next_tick = None if self._now is None else self._tick_after(self._now)

    def _given(self, user: UserUsage) -> UserUsage:
        """A User, with what it is entitled to."""
        rules = self._rules
        user.allocation = self._allocations.get(user.name, 0)
        user.share_of_maximum = rules.share_of_maximum(user.allocation)
        user.warns_at, user.eases_below = level_of_user(user.allocation, rules.early_warning_at)
        return user

    def _move_to(self, instant: Instant) -> None:
        assert self._now is None or instant >= self._now, "instants must not go back"
        self._now = instant
        if self._next_tick is None or instant >= self._next_tick:
            # Nothing came since the latest tick. Its counts are of a whole period before it: [tick - P, tick).
            tick = self._rules.tick_us
            self._leave(instant // tick * tick - 1)
            self._share_out()
            self._next_tick = self._tick_after(instant)
        self._leave(instant)
        self._sequences.forget(instant - self._rules.continues_within_us)

    def _tick_after(self, instant: Instant) -> Instant:
        tick = self._rules.tick_us
        return (instant // tick + 1) * tick

    def _leave(self, now: Instant) -> None:
        for user in self._usage.leave(now, self._rules.period_us):
            user.bookings.spread = 0
            # Who has no allocation is remembered for as long as it asks, so that no one can fill memory with names.
            if user.name not in self._allocations and not user.bookings.by_request:
                self._users.pop(user.name, None)

    def _share_out(self) -> None:
        """The fair limits; where all that is offered is within the threshold, there is nothing to share out."""
        offers = (
            [(user.offered, user.allocation) for user in self._users.values() if user.offered]
            if self._usage.offered > self._rules.operating_threshold
            else ()
        )
        self._fair_share: FairShare = fair_share(offers, self._rules.operating_threshold)

    def _continues(self, request: ServiceRequest, user: UserUsage) -> tuple[Reason | None, Sequence | None]:
        """Steps 1 and 2: why a request is admitted before anything is counted, if it is."""
        if user.bookings.by_request:
            user.bookings.expire(request.at - self._rules.grace_us)
        if self._rules.mode is Mode.OFF:
            return Reason.MODE_OFF, None
        continued = self._sequences.take_up(request, self._rules.longest_sequence)
        if continued is not None:
            return continued
        booked = user.bookings.by_request.get(request.request_id)
        if booked is not None and booked[0] <= request.at:
            return Reason.BOOKING, None
        return None, None

    def _return_time(self, request: ServiceRequest, user: UserUsage, *, is_prioritised: bool) -> ReturnTime:
        rules, bookings, now = self._rules, user.bookings, request.at
        if (booked := bookings.by_request.get(request.request_id)) is not None:
            return ReturnTime(booked[0], is_booked=True)  # It came too early: what it was told stands.
        lane, share = bookings.ordinary, user.allocation
        apart = rules.apart_us(user.allocation, self._usage.prioritised)
        earliest = now + rules.tick_us
        if is_prioritised:
            lane, share, apart = bookings.prioritised, user.share_of_maximum, 1
        elif bookings.prioritised.slots:
            earliest = max(earliest, bookings.prioritised.slots[-1])
        if share > 0 and apart is not None:
            slot = lane.next_free(now, earliest, user.admitted, share, rules.period_us, apart)
            if slot <= now + rules.horizon_us:
                bookings.book(request.request_id, slot, lane)
                return ReturnTime(slot, is_booked=True)
        return bookings.spread_beyond(now, rules.horizon_us)

    def _is_near(self, user: UserUsage) -> bool:
        return len(user.admitted) >= user.warns_at and self._usage.used >= self._system_level.warns_at

    def _is_still_near(self, user: UserUsage) -> bool:
        return len(user.admitted) >= user.eases_below and self._usage.used >= self._system_level.eases_below
