"""A part of one capacity, and the whole of it that several gateways share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tidegate.admission.capacity import CapacityRules, faults_of_allocations
from tidegate.vocabulary.instants import Duration

LEAST: Final = 16
"""The least part of a gateway is a sixteenth of its local share."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a gateway may use in a period; of Users that are not named, nothing is allocated.

    The allocations come to the threshold at most, and that to the maximum.
    """

    maximum: int
    threshold: int
    allocations: Mapping[str, int]

    def at_most(self, other: Part) -> Part:
        """The lesser of two, in everything."""
        return Part(
            min(self.maximum, other.maximum),
            min(self.threshold, other.threshold),
            {user: min(it, other.allocations.get(user, 0)) for user, it in self.allocations.items()},
        )

    def at_least(self, other: Part) -> Part:
        """The greater of two, in everything: no part to use, but what must be kept for whoever may have either."""
        users = {**self.allocations, **other.allocations}
        return Part(
            max(self.maximum, other.maximum),
            max(self.threshold, other.threshold),
            {user: max(self.allocations.get(user, 0), other.allocations.get(user, 0)) for user in users},
        )


@dataclass(frozen=True, slots=True)
class Whole:
    """What is shared, and by how many; valid once built.

    capacity:  Of all gateways together.
    gateways:  At most so many share it; 1 or more, and no more than the operating threshold.

    Raises:
        ValueError: a value is out of its range; the message names it.
    """

    capacity: Part
    period_us: Duration
    gateways: int

    def __post_init__(self) -> None:
        if not 1 <= self.gateways <= self.capacity.threshold:
            raise ValueError(
                f"gateways is {self.gateways}; it must be from 1 to the operating threshold "
                f"({self.capacity.threshold})"
            )

    @classmethod
    def of(cls, rules: CapacityRules, allocations: Mapping[str, int], gateways: int) -> Whole:
        """What a policy gives, shared by so many; raises as the constructor, and where allocations cannot be."""
        for fault in faults_of_allocations(allocations, rules):
            raise ValueError(fault)
        capacity = Part(rules.maximum_system_capacity, rules.operating_threshold, dict(allocations))
        return cls(capacity, rules.period_us, gateways)

    @property
    def local(self) -> Part:
        """The local share: of a gateway that knows nothing of the others."""
        return self._even(self.gateways)

    @property
    def least(self) -> Part:
        """What every gateway has in any case."""
        even = self._even(self.gateways * LEAST)
        threshold = max(1, even.threshold)
        return Part(max(threshold, even.maximum), threshold, even.allocations)

    def _even(self, parts: int) -> Part:
        its = self.capacity
        each = {user: allocation // parts for user, allocation in its.allocations.items()}
        return Part(its.maximum // parts, its.threshold // parts, each)
