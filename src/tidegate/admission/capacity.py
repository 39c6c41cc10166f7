"""What the rule is given: the capacity of the DCC System, and what is promised of it ahead.

The values of the real Mechanism Document are not public. Only what is ours, and
nowhere in the Code, has a default: how far ahead return times are booked, and
how long a sequence may be continued.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol

from tidegate.vocabulary.instants import HOUR, SECOND, Duration
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_requests import ServiceReferenceVariant, is_service_reference_variant

TICKS_IN_A_PERIOD: Final = 10
LARGEST_CAPACITY: Final = 1_000_000_000
"""Requests per period beyond which products of two counts would not fit in 64 bits."""


@dataclass(frozen=True, slots=True)
class CapacityRules:
    """How Service Requests are managed; valid once built.

    period_us:                The period that requests are counted over: (t - period, t].
    maximum_system_capacity:  Requests per period the DCC System can take; at least 1.
    operating_threshold:      Requests per period from which traffic is managed; from 1 to the maximum.
    early_warning_at:         Share of its allocation, and of the operating threshold, at which a User is warned;
                              more than 0, at most 1.
    prioritised:              Service Reference Variants never throttled below the maximum.
    mode:                     Off, shadow or enforced.
    horizon_us:               How far ahead return times are booked. More than 0.
    grace_us:                 How long after its booked instant a caller may still claim it. At least 0. `Retry-After` is
                              in whole seconds, so it should be more than one.
    continues_within_us:      How long after it was admitted a request may be continued. More than 0.
    longest_sequence:         How often what was once admitted may be continued in all. At least 0.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    period_us: Duration
    maximum_system_capacity: int
    operating_threshold: int
    early_warning_at: Fraction = Fraction(4, 5)
    prioritised: Collection[ServiceReferenceVariant] = frozenset()
    mode: Mode = Mode.ENFORCED
    horizon_us: Duration = 60 * SECOND
    grace_us: Duration = 2 * SECOND
    continues_within_us: Duration = HOUR
    longest_sequence: int = 64

    def __post_init__(self) -> None:
        for fault in (*faults_of_capacity(self), *_faults_of_promises(self)):
            raise ValueError(fault)

    @property
    def tick_us(self) -> Duration:
        """Time between two computations of the fair limits; their instants are its multiples."""
        return max(1, self.period_us // TICKS_IN_A_PERIOD)

    def share_of_maximum(self, allocation: int) -> int:
        """A User's share of the maximum: it has that part of it which its allocation is of the operating threshold."""
        return allocation * self.maximum_system_capacity // self.operating_threshold

    def apart_us(self, allocation: int, prioritised: int) -> Duration | None:
        """How far a User's ordinary return times lie apart at least, beside so many prioritised requests in a period.

        `prioritised` counts those of each User up to its share of the maximum. So far that those of all Users come to
        no more than the prioritised leave of the maximum; None: nothing can be promised. Where they leave the operating
        threshold, the allocation itself is bound enough.
        """
        left = self.maximum_system_capacity - prioritised
        if allocation == 0 or left <= 0:
            return None
        if left >= self.operating_threshold:
            return 1
        return -(-self.period_us * self.operating_threshold // (allocation * left))


class CapacityAsWritten(Protocol):
    """What a policy says of capacity, which need not be valid."""

    @property
    def period_us(self) -> Duration:
        """The period that requests are counted over."""

    @property
    def maximum_system_capacity(self) -> int:
        """Requests per period the DCC System can take."""

    @property
    def operating_threshold(self) -> int:
        """Requests per period from which traffic is managed."""

    @property
    def early_warning_at(self) -> Fraction:
        """Share of its allocation at which a User is warned."""

    @property
    def prioritised(self) -> Collection[ServiceReferenceVariant]:
        """Service Reference Variants never throttled below the maximum."""


def faults_of_capacity(written: CapacityAsWritten) -> list[str]:
    """Everything out of range in what a policy says of capacity, each in a sentence that starts with its name."""
    w = written
    faults = []
    if w.period_us <= 0:
        faults.append("period must be longer than nothing, as 1s")
    if w.maximum_system_capacity < 1:
        faults.append(f"maximum_system_capacity is {w.maximum_system_capacity}; it must be 1 or more")
    if not 1 <= w.operating_threshold <= w.maximum_system_capacity:
        faults.append(
            f"operating_threshold is {w.operating_threshold}; "
            f"it must be from 1 to maximum_system_capacity ({w.maximum_system_capacity})"
        )
    if not 0 < w.early_warning_at <= 1:
        faults.append(
            f"early_warning_at is {float(w.early_warning_at):g}; it must be more than 0 and at most 1"
        )
    faults.extend(
        f"prioritised names {srv!r}, which is not a Service Reference Variant such as 8.1.1"
        for srv in w.prioritised
        if not is_service_reference_variant(srv)
    )
    return faults


def _faults_of_promises(rules: CapacityRules) -> list[str]:
    faults = []
    if rules.maximum_system_capacity > LARGEST_CAPACITY:
        faults.append(
            f"maximum_system_capacity is {rules.maximum_system_capacity}; it must be {LARGEST_CAPACITY} or less"
        )
    if rules.horizon_us <= 0:
        faults.append("horizon must be longer than nothing, as 60s")
    if rules.grace_us < 0:
        faults.append("grace cannot be less than nothing")
    if rules.continues_within_us <= 0:
        faults.append("continues_within must be longer than nothing, as 1h")
    if rules.longest_sequence < 0:
        faults.append(f"longest_sequence is {rules.longest_sequence}; it must be 0 or more")
    return faults


def faults_of_allocations(allocations: Mapping[str, int], rules: CapacityRules) -> list[str]:
    """What is wrong with allocations: one below nothing, or more in all than the operating threshold."""
    faults = [
        f"the allocation of {user} is {allocation}; it must be 0 or more"
        for user, allocation in allocations.items()
        if allocation < 0
    ]
    if (total := sum(allocations.values())) > rules.operating_threshold:
        faults.append(
            f"the allocations come to {total}, more than the operating threshold ({rules.operating_threshold})"
        )
    return faults
