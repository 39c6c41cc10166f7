"""Before a change and after it: means by the day, and whether the days differ by more than days do.

The test is the rank sum of Wilcoxon (1945), two-sided: if the days were dealt to the two sides by chance, how
often would their ranks lie as far apart as they do? Exact up to `MOST_EXACT` days, equal days sharing their
ranks; beyond, by the normal law. Nothing is supposed of how a day's numbers scatter. Days are taken as
exchangeable, which weekends and trends are not: it is to be read with the picture of the days.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

LARGEST_CHANCE: Final = 0.05
"""A difference that chance makes this often, or less, is larger than day-to-day variation."""

FEWEST_DAYS: Final = 4
"""Whole days needed on each side; three against three could not tell, whatever they were."""

MOST_EXACT: Final = 40
"""Days on both sides together up to which every way to deal them is counted; below 2**53 of them."""


@dataclass(frozen=True, slots=True)
class Side:
    """The whole days before a change, or after it: how many, and of a number of theirs the mean, least and most."""

    days: int
    mean: float
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """A number by the day, before and after.

    chance:  How often chance alone makes days differ so much; None where there are too few days to tell.
    """

    before: Side
    after: Side
    chance: float | None

    @property
    def is_larger_than_chance(self) -> bool:
        """Whether the difference is larger than day-to-day variation."""
        return self.chance is not None and self.chance <= LARGEST_CHANCE

    @property
    def ratio(self) -> float:
        """After as a share of before; infinite where before was nothing."""
        if self.before.mean == 0:
            return 1.0 if self.after.mean == 0 else math.inf
        return self.after.mean / self.before.mean


def before_after(before: Sequence[int], after: Sequence[int]) -> BeforeAfter | None:
    """Compare a number of each whole day before a change with those after; None without days on both sides."""
    if not before or not after:
        return None
    enough = min(len(before), len(after)) >= FEWEST_DAYS
    return BeforeAfter(_side(before), _side(after), rank_sum_chance(before, after) if enough else None)


def rank_sum_chance(one: Sequence[int], other: Sequence[int]) -> float:
    """How often, of all ways to deal the numbers to the two sides, their rank sums lie so far apart, or farther."""
    values = np.array([*one, *other], np.int64)
    # Twice the mid-rank is a whole number.
    ordered = np.sort(values)
    ranks = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right") + 1
    found, expected = int(ranks[: len(one)].sum()), len(one) * (len(values) + 1)
    away = abs(found - expected)
    if len(values) <= MOST_EXACT:
        ways = _ways(ranks, len(one))
        sums = np.arange(len(ways))
        return float(ways[np.abs(sums - expected) >= away].sum() / ways.sum())
    spread = float(np.square(ranks - (len(values) + 1)).sum())
    variance = spread * len(one) * len(other) / (len(values) * (len(values) - 1))
    return 1.0 if variance == 0 else math.erfc(max(away - 1, 0) / math.sqrt(2 * variance))


def _ways(ranks: NDArray[np.int64], chosen: int) -> NDArray[np.float64]:
    """In how many ways `chosen` of the ranks have each sum."""
    ways = np.zeros((chosen + 1, int(ranks.sum()) + 1))
    ways[0, 0] = 1
    for rank in ranks.tolist():
        ways[1:, rank:] += ways[:-1, :-rank].copy()
    of_chosen: NDArray[np.float64] = ways[chosen]
    return of_chosen


def _side(numbers: Sequence[int]) -> Side:
    return Side(len(numbers), sum(numbers) / len(numbers), min(numbers), max(numbers))
