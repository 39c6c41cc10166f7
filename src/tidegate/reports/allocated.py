"""An allocation worked out: the inputs, the shares, the same by other bases, and what would change them. No words yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tidegate.admission.allocation import Allocation
from tidegate.admission.weighting import Basis, Weighting
from tidegate.policy.mechanism import ServiceRequestRules
from tidegate.vocabulary.users import UsersTable


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The allocations as they would be otherwise.

    label:        What differs, as short as the head of a column: `+1`, `x3`.
    capacity:     Requests per period then.
    multiplier:   Weight of a prepayment meter then.
    allocations:  One for each User, in the table's order.
    """

    label: str
    capacity: int
    multiplier: Fraction
    allocations: Sequence[Allocation]


@dataclass(frozen=True, slots=True)
class Allocated:
    """How a capacity is shared out among the Users of a table.

    table:                The Users, as they were read.
    policy_version:       The policy whose weights, floor and period these are.
    is_illustrative:      Its values stand for values that are not public.
    capacity:             Requests per period that are shared out.
    is_capacity_given:    It was asked for; otherwise it is the policy's operating threshold.
    rules:                What the policy says of Service Requests.
    weighting:            How Users were weighed, and by which basis.
    allocations:          One for each User, in the table's order.
    by_basis:             The same by every basis that the table has a column for, the one used among them.
    what_ifs:             What would change them.
    """

    table: UsersTable
    policy_version: str
    is_illustrative: bool
    capacity: int
    is_capacity_given: bool
    rules: ServiceRequestRules
    weighting: Weighting
    allocations: Sequence[Allocation]
    by_basis: Mapping[Basis, Sequence[Allocation]]
    what_ifs: Sequence[WhatIf]

    @property
    def floors(self) -> int:
        """All floors together."""
        return self.rules.floor * len(self.allocations)

    @property
    def weights(self) -> Fraction:
        """All weights together."""
        return sum((each.claim.weight for each in self.allocations), Fraction(0))

    def fraction(self, allocation: Allocation) -> Fraction:
        """An exact share as a part of the capacity."""
        return allocation.exact / self.capacity

    def differences(self, others: Sequence[Allocation]) -> list[int]:
        """By how many requests each User's allocation would be larger."""
        return [other.requests - now.requests for now, other in zip(self.allocations, others, strict=True)]
