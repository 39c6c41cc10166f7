"""A gateway's side of a capacity that it shares with others: what it holds now, by a clock that does not go back.

Sans I/O. The store (`journal.capacity_pool`) is asked by whoever drives this, with
what `report` gives, and what it answers is handed to `take`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.capacity_part import Part, Whole
from tidegate.admission.held_part import HeldPart
from tidegate.admission.shared import Lease, Report, SharingTerms
from tidegate.vocabulary.instants import Instant


class SharedCapacity:
    """What one gateway holds. One thread at a time.

    gateway, run:  Its name, and what tells this run of it from others.
    gateways:      At most so many share.
    clock:         Microseconds of a clock that does not go back.
    """

    def __init__(
        self, gateway: str, run: str, gateways: int, terms: SharingTerms, clock: Callable[[], Instant]
    ) -> None:
        self.gateway = gateway
        self._run = run
        self._gateways = gateways
        self._terms = terms
        self.clock = clock
        self._held: HeldPart | None = None

    def share(self, rules: CapacityRules, allocations: Mapping[str, int]) -> Part:
        """From now on this capacity is shared: the part that is held of it.

        Raises:
            ValueError: it cannot be shared by so many.
        """
        whole, now = Whole.of(rules, allocations, self._gateways), self.clock()
        if self._held is None:
            self._held = HeldPart(self.gateway, self._run, whole, self._terms, now)
        else:
            self._held.share(whole, now)
        return self._held.part(now)

    def part_now(self) -> Part:
        """The part that is held; the same value as long as nothing has changed."""
        assert self._held is not None, "something is shared"
        return self._held.part(self.clock())

    def report(self, used: int, offered: Mapping[str, int]) -> Report:
        """What to report now."""
        assert self._held is not None, "something is shared"
        return self._held.report(used, offered, self.clock())

    def take(self, lease: Lease, report: Report, sent_at: Instant) -> None:
        """It was given a lease for a report that was made at `sent_at`."""
        assert self._held is not None, "something is shared"
        self._held.take(lease, report, sent_at, self.clock())

    @property
    def is_alone(self) -> bool:
        """Something is shared, and its last lease has run out, or none came as long as one holds."""
        return self._held is not None and self._held.is_alone(self.clock())

    @property
    def local(self) -> Part | None:
        """What it has while it is alone; None: nothing is shared."""
        return None if self._held is None else self._held.local


def within(rules: CapacityRules, part: Part) -> CapacityRules:
    """The rules of a gateway that has this part of the capacity."""
    return replace(rules, maximum_system_capacity=part.maximum, operating_threshold=part.threshold)
