"""From what the first set of criteria calls failed to what the last does, one stride for each reason.

The strides add up: failed by the first, less what is no failure, has time yet or
cannot be told, and what was missed besides, is failed by the last. Steps of one change
and reason are one stride, whatever the obligation; the smallest are pooled, and all that has
time yet is. Nothing is lost by that: a stride names its steps.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tidegate.commissioning.finding import Reason
from tidegate.reports.commissioning_status import Change, CommissioningStatus, Step

MOST_STRIDES: Final = 6
"""Reasons of one change that have a stride of their own, those of most Devices."""

_LESSENS: Final = (Change.CLEARED, Change.WAITING, Change.UNTOLD)
_SMALL: Final = 200
"""Less than one in so many of all that are called failed is pooled: it could not be seen."""


@dataclass(frozen=True, slots=True)
class Stride:
    """One stride of the waterfall.

    reason:         None where several reasons are pooled.
    steps:          Its steps and how many Devices are of each, most first.
    before, after:  Devices counted as failed before it and after.
    """

    change: Change
    reason: Reason | None
    steps: Sequence[tuple[Step, int]]
    before: int
    after: int

    @property
    def devices(self) -> int:
        """Devices that are of it."""
        return abs(self.after - self.before)

    @property
    def places(self) -> list[str]:
        """The obligations and cells that it is of, that of most Devices first."""
        return list(dict.fromkeys(step.place for step, _ in self.steps if step.place))


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All of it: `devices` in all, of which `first` are failed by the first set of criteria and `last` by the last."""

    devices: int
    first: int
    last: int
    strides: Sequence[Stride]

    def of(self, *changes: Change) -> list[Stride]:
        """The strides of some changes."""
        return [each for each in self.strides if each.change in changes]


class Wrong(NamedTuple):
    """What is wrong with true failures: an obligation or cell, and why.

    confirmed:  Devices FAILED by both sets of criteria.
    missed:     Devices FAILED by the last and not by the first.
    """

    place: str
    reason: Reason
    confirmed: int
    missed: int

    @property
    def devices(self) -> int:
        """Devices of which it is true."""
        return self.confirmed + self.missed


def waterfall(status: CommissioningStatus) -> Waterfall:
    """The strides in the order they are walked: those that lessen what is failed, then what was missed."""
    steps = status.steps()
    failed = sum(count for step, count in steps.items() if step.change in (*_LESSENS, Change.CONFIRMED))
    strides: list[Stride] = []
    at = failed
    for change in (*_LESSENS, Change.FOUND):
        for reason, taken in _of_change(steps, change, failed):
            many = sum(count for _, count in taken)
            after = at + many if change is Change.FOUND else at - many
            strides.append(Stride(change, reason, taken, at, after))
            at = after
    return Waterfall(status.devices, failed, at, strides)


def steps_in_order(status: CommissioningStatus) -> list[tuple[Step, int]]:
    """Every step and its Devices: by change, then most Devices first."""
    order = list(Change)
    return sorted(status.steps().items(), key=lambda each: (order.index(each[0].change), -each[1], each[0]))


def what_is_wrong(status: CommissioningStatus) -> list[Wrong]:
    """What is wrong with those that the last set of criteria calls failed, most Devices first."""
    counts: dict[tuple[str, Reason], list[int]] = defaultdict(lambda: [0, 0])
    for step, devices in status.steps().items():
        if step.change in (Change.CONFIRMED, Change.FOUND):
            counts[step.place, step.reason][step.change is Change.FOUND] += devices
    found = [Wrong(place, reason, *both) for (place, reason), both in counts.items()]
    return sorted(found, key=lambda it: (-it.devices, it.place, it.reason))


def _of_change(
    steps: Counter[Step], change: Change, failed: int
) -> Iterator[tuple[Reason | None, list[tuple[Step, int]]]]:
    by_reason: dict[Reason, list[tuple[Step, int]]] = defaultdict(list)
    for step, count in sorted(steps.items(), key=lambda each: (-each[1], each[0])):
        if step.change is change:
            by_reason[step.reason].append((step, count))
    if change is Change.WAITING and by_reason:
        # What they wait for does not matter yet.
        yield None, [each for taken in by_reason.values() for each in taken]
        return
    ranked = sorted(by_reason.items(), key=lambda each: (-_sum(each[1]), each[0]))
    shown = [each for each in ranked[:MOST_STRIDES] if _sum(each[1]) * _SMALL >= failed]
    if len(ranked) - len(shown) == 1:
        shown = ranked
    yield from shown
    rest = [each for _, taken in ranked[len(shown) :] for each in taken]
    if rest:
        yield None, rest


def _sum(taken: Sequence[tuple[Step, int]]) -> int:
    return sum(count for _, count in taken)
