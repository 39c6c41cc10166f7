"""A plan of reads: which Device is read in which night, by whom, within the User's own allocation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.commissioning.nights import Nights
from tidegate.vocabulary.instants import Duration

READ: Final = "6.24.1"
"""Retrieve Device Security Credentials (KRP): not Critical, and Supplier, Network Operator alike may send it (DUIS)."""

ILLUSTRATIVE_SHARE: Final = Fraction(1, 10)
"""Of an allocation that goes to reads where none is asked for; no document says one."""


@dataclass(frozen=True, slots=True)
class UserReads:
    """The reads of one User.

    user:        Empty: nobody is known to be registered, so nobody sends them.
    wanted:      Devices to be read.
    allocation:  Requests per period; None: it is not in the Users table.
    apart_us:    How far apart its reads are; None: it sends none.
    device_id:   Those that are read within the nights, in order.
    at:          When each is.
    """

    user: str
    wanted: int
    allocation: int | None
    apart_us: Duration | None
    device_id: DeviceIds
    at: Instants

    @property
    def planned(self) -> int:
        """Devices that are read within the nights."""
        return len(self.device_id)

    @property
    def left(self) -> int:
        """Devices that do not fit in them."""
        return self.wanted - self.planned


@dataclass(frozen=True, slots=True)
class PlannedReads:
    """Every User's reads, most wanted first.

    share:      Of its allocation that a User gives to reads.
    period_us:  The period of the allocations.
    """

    users: Sequence[UserReads]
    nights: Nights
    share: Fraction
    period_us: Duration
    policy_version: str

    @property
    def wanted(self) -> int:
        """Devices to be read."""
        return sum(each.wanted for each in self.users)

    @property
    def planned(self) -> int:
        """Those that are, within the nights."""
        return sum(each.planned for each in self.users)

    def of(self, user: str) -> PlannedReads:
        """The part of one User."""
        return replace(self, users=[each for each in self.users if each.user == user])

    def nights_needed(self, reads: UserReads) -> int | None:
        """In which night a User would be through, however many are planned; None: never."""
        slots = 0 if reads.apart_us is None else self.nights.slots(reads.apart_us)
        return -(-reads.wanted // slots) if slots else None
