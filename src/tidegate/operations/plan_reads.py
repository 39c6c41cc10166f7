"""Plan the reads that would settle Devices, over the coming nights, each within its User's allocation.

A User's reads are spread evenly over the nights and take no more than a share of its
allocation in any period. Those of its Devices come first that are most often found to be
in order, for they were called failed and cannot be told; then those open longest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tidegate.admission.allocation import Allocation, by_user
from tidegate.columnar.batches import DeviceIds
from tidegate.commissioning.nights import Nights, apart_us
from tidegate.reports.planned_reads import PlannedReads, UserReads
from tidegate.vocabulary.instants import Duration


@dataclass(frozen=True, slots=True)
class WantedReads:
    """Devices to be read, of one User.

    is_untold:    Whether each cannot be told by the last set of criteria (else it is FAILED).
    months_open:  Whole months since the time allowed began.
    """

    device_id: DeviceIds
    is_untold: NDArray[np.bool_]
    months_open: NDArray[np.int64]

    def in_order(self) -> DeviceIds:
        """As they are read."""
        return self.device_id[np.lexsort((self.device_id, -self.months_open, ~self.is_untold))]


def plan_reads(
    wanted: Mapping[str, WantedReads],
    allocations: Sequence[Allocation],
    period_us: Duration,
    nights: Nights,
    share: Fraction,
    policy_version: str,
) -> PlannedReads:
    """Plan them.

    Args:
        wanted:          By the User that is to read them; empty: nobody is known to be.
        allocations:     What each User has of the capacity, in requests per period.
        period_us:       That period.
        nights:          When.
        share:           Of its allocation that a User gives to reads: more than 0, at most 1.
        policy_version:  Of the policy the allocations are by.
    """
    shares = by_user(allocations)
    users = []
    for user, reads in wanted.items():
        allocation = shares.get(user)
        apart = None if allocation is None else apart_us(allocation, share, period_us)
        at = np.empty(0, np.int64) if apart is None else nights.spread(len(reads.device_id), apart)
        planned = reads.in_order()[: len(at)]
        users.append(UserReads(user, len(reads.device_id), allocation, apart, planned, at))
    users.sort(key=lambda each: (-each.wanted, each.user))
    return PlannedReads(users, nights, share, period_us, policy_version)
