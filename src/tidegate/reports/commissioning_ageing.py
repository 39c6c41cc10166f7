"""How long Devices have been open that are not securely commissioned: whole months since the time allowed began."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from tidegate.commissioning.assessment import Verdict
from tidegate.reports.commissioning_status import CommissioningStatus

OPEN: Final = (Verdict.FAILED, Verdict.UNDETERMINED, Verdict.PENDING)
"""Verdicts that leave a Device open, the worst first."""

_ENDS: Final = (0, 1, 2, 3, 6, 12)


class Age(NamedTuple):
    """Devices by the last set of criteria that have been open for some months: `least` to `most`, None for no end."""

    least: int
    most: int | None
    failed: int
    undetermined: int
    pending: int

    @property
    def text(self) -> str:
        """`less than 1`, `3`, `4 to 6`, `over 12`."""
        if self.most is None:
            return f"over {self.least - 1}"
        if self.most == 0:
            return "less than 1"
        return str(self.most) if self.least == self.most else f"{self.least} to {self.most}"


def ages(status: CommissioningStatus) -> list[Age]:
    """Devices by how long they have been open, the newest first; every span up to the oldest."""
    counts = by_month(status)
    if not counts:
        return []
    found, least = [], 0
    for most in (*_ENDS, None):
        within = [
            sum(
                count
                for (verdict, months), count in counts.items()
                if verdict is wanted and months >= least and (most is None or months <= most)
            )
            for wanted in OPEN
        ]
        found.append(Age(least, most, *within))
        least = 0 if most is None else most + 1
    while not any(found[-1][2:]):
        found.pop()
    return found


def by_month(status: CommissioningStatus) -> Counter[tuple[Verdict, int]]:
    """Devices that are open, by verdict and whole months."""
    counts = status.sum_by(lambda each: (each.verdicts[-1], each.months_open))
    return Counter({key: count for key, count in counts.items() if not key[0].is_secure})


def half_are_open_for(counts: Sequence[tuple[int, int]]) -> int:
    """Of (months, Devices): the months that half of the Devices have been open for, or longer."""
    half, seen = -(-sum(count for _, count in counts) // 2), 0
    for months, count in sorted(counts, reverse=True):
        seen += count
        if seen >= half:
            return months
    return 0
