"""Nights, and reads spread over them so evenly that a sliding period never holds more than it may.

Reads `apart_us` from one another, in one night and from the last of a night to the
first of the next. Of those at most ceil(period / apart_us) are in any period.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import Instants
from tidegate.vocabulary.instants import DAY, Duration, Instant, format_duration


@dataclass(frozen=True, slots=True)
class Nights:
    """Nights one day apart; valid once built.

    first:   When the first begins.
    length:  Of each; more than nothing, a day at most.
    count:   How many; 1 or more.

    Raises:
        ValueError: one is out of its range; the message names it.
    """

    first: Instant
    length: Duration
    count: int

    def __post_init__(self) -> None:
        if not 0 < self.length <= DAY:
            raise ValueError(
                f"a night is {format_duration(self.length)} long; it must be more than nothing, at most 1d"
            )
        if self.count < 1:
            raise ValueError(f"there are {self.count} nights; there must be 1 or more")

    def slots(self, apart_us: Duration) -> int:
        """Reads that fit in one night, so far apart; the next night's first is as far from the last."""
        return self.length // apart_us

    def spread(self, reads: int, apart_us: Duration) -> Instants:
        """The instants of as many reads as fit, in order."""
        slots = self.slots(apart_us)
        place = np.arange(min(reads, slots * self.count), dtype=np.int64)
        night: NDArray[np.int64] = place // max(1, slots)
        return self.first + night * DAY + (place - night * slots) * apart_us

    def night_of(self, at: Instants) -> NDArray[np.int64]:
        """Which night some instants are in, from 1."""
        return (at - self.first) // DAY + 1


def apart_us(allocation: int, share: Fraction, period_us: Duration) -> Duration | None:
    """How far apart a User's reads must be to take no more than a share of its allocation; None: it has none.

    Args:
        allocation:  Requests per period.
        share:       Of it, more than 0, at most 1.
        period_us:   The period.
    """
    pace = allocation * share / period_us
    return None if pace == 0 else -(-pace.denominator // pace.numerator)
