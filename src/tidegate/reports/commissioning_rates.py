"""How many of some Devices are failed, by the first set of criteria and by the last, with how far chance may reach.

The interval is Wilson's score interval, which holds for few Devices and for rates near
nothing (E. B. Wilson, Journal of the American Statistical Association 22, 1927). It takes
Devices to fail independently of one another; where one cause fails many it is too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

from tidegate.commissioning.assessment import Verdict
from tidegate.reports.commissioning_status import DIMENSIONS, CommissioningStatus

CONFIDENCE: Final = 0.95

STANDS_OUT: Final = 1.5
"""How many times the rate of the others is worth telling: of millions the least difference is no chance."""


FEWEST: Final = 5
"""Failures from which a rate can lead: of fewer the interval is only roughly right, and chance is near."""


class Rate(NamedTuple):
    """Of `devices` that are of one value (a Supplier, a month), how many are failed.

    value:      Empty: not known.
    first:      Failed by the first set of criteria.
    last:       Failed by the last.
    cleared:    Failed by the first, secure by the last.
    missed:     Failed by the last only.
    """

    value: str
    devices: int
    first: int
    last: int
    cleared: int
    missed: int

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the rate by the last set of criteria."""
        return interval(self.last, self.devices)


def rates(status: CommissioningStatus, dimension: str) -> list[Rate]:
    """The rates of each value of a dimension: those that are surely highest first; months in their order.

    What is surely highest is so by the lower end of its interval, and has failures enough, so that three Devices of
    which one failed do not lead.
    """
    place = DIMENSIONS.index(dimension)
    sums: dict[str, list[int]] = {}
    for cohort, devices in status.by(dimension, "verdicts"):
        row = sums.setdefault(cohort.dimensions[place], [0] * 5)
        is_first = cohort.verdicts[0] is Verdict.FAILED
        is_last = cohort.verdicts[-1] is Verdict.FAILED
        row[0] += devices
        row[1] += devices * is_first
        row[2] += devices * is_last
        row[3] += devices * (is_first and cohort.verdicts[-1].is_secure)
        row[4] += devices * (is_last and not is_first)
    found = [Rate(value, *row) for value, row in sums.items()]
    if dimension == "month":
        return sorted(found, key=lambda it: (not it.value, it.value))
    return sorted(found, key=lambda it: (it.last < FEWEST, -it.interval[0], -it.first / it.devices, it.value))


def stands_out(found: Sequence[Rate]) -> list[Rate]:
    """Those whose rate by the last set of criteria is half as high again as that of all the others, and not by chance.

    Those of which it is not known are among the others. With many values one is high by chance alone: the
    interval is widened for their number (Bonferroni).
    """
    if len(found) < 2:  # noqa: PLR2004 - there is nothing to compare one with
        return []
    devices, failed = sum(it.devices for it in found), sum(it.last for it in found)
    above = []
    for it in found:
        if not it.value or it.last < FEWEST:
            continue
        low, _ = interval(it.last, it.devices, 1 - (1 - CONFIDENCE) / len(found))
        rest = devices - it.devices
        _, high = interval(failed - it.last, rest, 1 - (1 - CONFIDENCE) / len(found)) if rest else (0.0, 1.0)
        if low > high and it.last * rest >= STANDS_OUT * (failed - it.last) * it.devices:
            above.append(it)
    return above


def interval(part: int, whole: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Where a rate lies that was seen as `part` of `whole`, in shares; of nothing, anywhere."""
    if not whole:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share, spread = part / whole, z * z / whole
    middle = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * math.sqrt(share * (1 - share) / whole + spread / whole / 4)
    # At none and at all of them what is left of rounding is not to lie beyond.
    return (0.0 if part == 0 else middle - reach), (1.0 if part == whole else middle + reach)
