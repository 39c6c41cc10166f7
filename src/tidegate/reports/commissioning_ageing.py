"""How long Devices have been open that are not securely commissioned: whole months since the time allowed began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from tidegate.commissioning.assessment import Verdict
from tidegate.reports.commissioning_status import CommissioningStatus

OPEN: Final = (Verdict.FAILED, Verdict.UNDETERMINED, Verdict.PENDING)
"""Verdicts that leave a Device open, the worst first."""

_OLDEST: Final = 12
"""Months from which all are told together."""


class Age(NamedTuple):
    """Devices by the last set of criteria that have been open for so many whole months; 12 are 12 or more."""

    months: int
    failed: int
    undetermined: int
    pending: int

    @property
    def text(self) -> str:
        """`less than 1`, `3`, `12 or more`."""
        if self.months == 0:
            return "less than 1"
        return f"{self.months} or more" if self.months == _OLDEST else str(self.months)


def ages(status: CommissioningStatus) -> list[Age]:
    """Devices by how long they have been open, the newest first; every month up to the oldest."""
    counts = by_month(status)
    sums: Counter[tuple[Verdict, int]] = Counter()
    for (verdict, months), devices in counts.items():
        sums[verdict, min(months, _OLDEST)] += devices
    oldest = max((months for _, months in sums), default=-1)
    return [Age(months, *(sums[verdict, months] for verdict in OPEN)) for months in range(oldest + 1)]


def by_month(status: CommissioningStatus) -> Counter[tuple[Verdict, int]]:
    """Devices that are open, by verdict and whole months."""
    counts = status.sum_by(lambda each: (each.verdicts[-1], each.months_open), "verdicts", "months_open")
    return Counter({key: count for key, count in counts.items() if not key[0].is_secure})


def half_are_open_for(counts: Sequence[tuple[int, int]]) -> int:
    """Of (months, Devices): the months that half of the Devices have been open for, or longer."""
    half, seen = -(-sum(count for _, count in counts) // 2), 0
    for months, count in sorted(counts, reverse=True):
        seen += count
        if seen >= half:
            return months
    return 0
