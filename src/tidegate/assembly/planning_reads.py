"""A plan of reads within the allocations of a table of Users."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from tidegate.assembly.allocating import allocate_users
from tidegate.commissioning.nights import Nights
from tidegate.operations.allocate import AllocateOptions
from tidegate.operations.plan_reads import WantedReads, plan_reads
from tidegate.reports.allocated import Allocated
from tidegate.reports.planned_reads import ILLUSTRATIVE_SHARE, PlannedReads
from tidegate.vocabulary.instants import DAY, HOUR, Duration, Instant

USUAL_NIGHTS = 7
USUAL_NIGHT: Duration = 6 * HOUR


@dataclass(frozen=True, slots=True)
class ReadsAsked:
    """How reads are to be planned.

    users:   A table of Users, whose allocations the reads are sent from.
    at:      Of a folder of versions of a policy, that which is in force then.
    policy:  A file or a published name; None: the default.
    nights:  How many; 1 or more.
    night:   How long each is; more than nothing, a day at most.
    share:   Of its allocation that a User gives to reads; more than 0, at most 1.
    """

    users: Path
    at: Instant
    policy: str | None = None
    nights: int = USUAL_NIGHTS
    night: Duration = USUAL_NIGHT
    share: Fraction = ILLUSTRATIVE_SHARE


class ReadsPlanner:
    """Plans reads, once it is known which are wanted; what is at fault is said before.

    Raises:
        InputError: the Users or the policy cannot be read, or no allocation can be made of them.
    """

    def __init__(self, asked: ReadsAsked) -> None:
        self._asked = asked
        self._allocated: Allocated = allocate_users(asked.users, asked.policy, asked.at, AllocateOptions())

    def plan(self, wanted: Mapping[str, WantedReads], as_at: Instant) -> PlannedReads:
        """The plan: the first night begins with the first midnight UTC after the date of the report."""
        asked, allocated = self._asked, self._allocated
        nights = Nights((as_at // DAY + 1) * DAY, asked.night, asked.nights)
        period = allocated.rules.period_us
        return plan_reads(
            wanted, allocated.allocations, period, nights, asked.share, allocated.policy_version
        )
