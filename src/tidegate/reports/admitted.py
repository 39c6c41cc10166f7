"""What admission control did, or would have done, to a log of Service Requests: all that its report shows, no formatting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from tidegate.admission.capacity import CapacityRules
from tidegate.columnar.batches import Columns, RejectedRow
from tidegate.vocabulary.instants import Duration, Instant
from tidegate.vocabulary.service_request_classes import ServiceRequestClass


@dataclass(frozen=True, slots=True)
class RequestTotals:
    """What became of some requests; `received` is the sum of the rest."""

    admitted: int = 0
    throttled: int = 0
    prioritised: int = 0
    continuations: int = 0

    @property
    def received(self) -> int:
        """All of them."""
        return self.admitted + self.throttled + self.prioritised + self.continuations

    @property
    def used(self) -> int:
        """Those that went on, for whatever reason."""
        return self.received - self.throttled

    def __add__(self, other: Self) -> RequestTotals:
        return RequestTotals(
            self.admitted + other.admitted,
            self.throttled + other.throttled,
            self.prioritised + other.prioritised,
            self.continuations + other.continuations,
        )


@dataclass(frozen=True, slots=True)
class UserAdmitted:
    """What became of one User's requests.

    allocation:     Its part of the operating threshold, in requests per period; 0 for who has none.
    early_warnings: How often it came near its allocation while the system was near its threshold.
    spare_used:     Requests it had admitted from the spare: of the others, no more than its allocation are in any period.
    most_used:      The most it had admitted in one period, as the rule counts: any that ends with a request.
    breach_days:    Days (UTC) on which it was refused for having used its share; not those on which the system was full.
    """

    user: str
    allocation: int
    totals: RequestTotals
    early_warnings: int
    spare_used: int
    most_used: int
    breach_days: int


@dataclass(frozen=True, slots=True)
class Spell:
    """A storm of 503s: refusals none of which is more than a minute after the one before it.

    started_at, ended_at:  Its first refusal and its last.
    by_user:               Refusals of each User in it.
    """

    started_at: Instant
    ended_at: Instant
    throttled: int
    by_user: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OverTime:
    """Use over time, in bins of equal length; arrays of bins x Users or bins x classes.

    starts:            Where each bin begins.
    width_us:          How long it is.
    users:             The Users of the columns.
    most_used:         The most each had admitted in one period that ends in the bin.
    spare_used:        What each had admitted from the spare.
    throttled:         What of it was refused.
    system_used, system_offered:  The most of all Users in one period that ends in the bin.
    class_used, class_throttled:  By class of Service Reference Variant, in the order of `ServiceRequestClass`.
    """

    starts: NDArray[np.int64]
    width_us: Duration
    users: Sequence[str]
    most_used: NDArray[np.int64]
    spare_used: NDArray[np.int64]
    throttled: NDArray[np.int64]
    system_used: NDArray[np.int64]
    system_offered: NDArray[np.int64]
    class_used: NDArray[np.int64]
    class_throttled: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class DayOfUse:
    """One day (UTC) of the whole system.

    most_used, most_offered:  In the busiest period that ends on it.
    minutes_active:           Clock minutes in which traffic was managed.
    breached:                 Users refused for having used their share.
    """

    day: Instant
    received: int
    throttled: int
    most_used: int
    most_offered: int
    minutes_active: int
    early_warnings: int
    breached: Sequence[str]


@dataclass(frozen=True, slots=True)
class Refused:
    """What became of requests that were refused; a request is known again by its User and RequestID.

    requests:   Different requests that were refused.
    came_back:  Of these, those that were admitted later.
    retries:    Refusals beyond the first of each.
    """

    requests: int
    came_back: int
    retries: int

    @property
    def lost(self) -> int:
        """Those not admitted up to the end of the log."""
        return self.requests - self.came_back


@dataclass(frozen=True, slots=True)
class Admitted:
    """A log of Service Requests under a policy.

    source:          What was read.
    first, last:     Receipt instants of the first and last request decided; None when there was none.
    completed:       Share of the input read.
    totals:          What became of all that were decided.
    rejected:        Rows that could not be used; `rejected_by_reason` has how many of each kind, and the first.
    outside_period, late:  Rows outside the period asked about, and those put in order.
    by_srv, by_user_and_srv:  Totals.
    reasons:         Requests by the reason of their decision, in its words.
    early_warnings:  How often a User was warned.
    minutes_active:  Clock minutes (UTC) in which traffic was managed (readings.md).
    most_used, most_offered:  In the busiest period, as the rule counts: any that ends with a request, not the clock's.
    busiest_at:      The request with which the period of the most use ends.
    unknown_users:   Users of the log that the table of Users does not name: they have no allocation.
    """

    source: str
    columns: Columns
    policy_version: str
    is_illustrative: bool
    rules: CapacityRules
    first: Instant | None
    last: Instant | None
    completed: float
    totals: RequestTotals
    rejected: int
    rejected_by_reason: Mapping[str, tuple[int, RejectedRow]]
    outside_period: int
    late: int
    users: Sequence[UserAdmitted]
    by_srv: Mapping[str, RequestTotals]
    by_user_and_srv: Mapping[tuple[str, str], RequestTotals]
    by_class: Mapping[ServiceRequestClass, RequestTotals]
    reasons: Mapping[str, int]
    early_warnings: int
    minutes_active: int
    most_used: int
    most_offered: int
    busiest_at: Instant | None
    spells: Sequence[Spell]
    spells_in_all: int
    over_time: OverTime
    days: Sequence[DayOfUse]
    refused: Refused
    unknown_users: Sequence[str]

    @property
    def received(self) -> int:
        """Every row of the period: decided or rejected."""
        return self.totals.received + self.rejected

    @property
    def is_partial(self) -> bool:
        """Whether it was interrupted."""
        return self.completed < 1
