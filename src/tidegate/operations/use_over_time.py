"""Use over time, in bins that grow wider as a log grows longer: memory does not grow with it."""

from __future__ import annotations

from typing import Final

import numpy as np

from tidegate.columnar.batches import Names
from tidegate.columnar.use_in_bins import UseInBins, UseOfRequests, count_use
from tidegate.reports.admitted import OverTime
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND
from tidegate.vocabulary.service_request_classes import ServiceRequestClass

MOST_BINS: Final = 480
"""Bins of a picture."""

WIDTHS: Final = (
    SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY,
    *(30 * DAY * 10**power for power in range(7)),
)  # fmt: skip
"""How long bins may be: each a whole number of the one before it. The last holds whatever an instant can be."""

_CLASSES: Final = len(ServiceRequestClass)


class UseOverTime:
    """Counts in at most MOST_BINS bins."""

    def __init__(self) -> None:
        self._widths = list(WIDTHS)
        self._width = self._widths.pop(0)
        self._first = 0
        self._bins = UseInBins(
            *np.zeros((3, 0, 0), np.int64), *np.zeros((2, 0), np.int64), *np.zeros((2, 0, _CLASSES), np.int64)
        )

    def receive(self, requests: UseOfRequests, users: int) -> None:
        """The next requests, one at least, of so many Users."""
        first, last = int(requests.received_at[0]), int(requests.received_at[-1])
        if not self._rows:
            self._first = first // self._width
        while last // self._width - self._first >= MOST_BINS and self._widths:
            self._widen(self._widths.pop(0))
        self._pad(max(self._rows, last // self._width - self._first + 1), users)
        count_use(requests, self._first, self._width, self._bins)

    def spare_of(self, user: int) -> int:
        """What a User used of the spare."""
        return int(self._bins.spare_used[:, user : user + 1].sum())

    def most_of(self, user: int) -> int:
        """The most that a User used in a period."""
        return int(self._bins.most_used[:, user : user + 1].max(initial=0))

    def over_time(self, users: Names) -> OverTime:
        """All of it; Users that sent nothing have a column, too."""
        self._pad(self._rows, len(users))
        starts = (self._first + np.arange(self._rows)) * self._width
        return OverTime(
            starts, self._width, [users.name_of(number) for number in range(len(users))], *self._bins
        )

    @property
    def _rows(self) -> int:
        return len(self._bins.system_used)

    def _pad(self, rows: int, users: int) -> None:
        after, aside = rows - self._rows, max(0, users - self._bins.most_used.shape[1])
        if after or aside:
            self._bins = UseInBins(
                *(np.pad(each, ((0, after), (0, aside))) for each in self._bins[:3]),
                *(np.pad(each, (0, after)) for each in self._bins[3:5]),
                *(np.pad(each, ((0, after), (0, 0))) for each in self._bins[5:]),
            )

    def _widen(self, width: int) -> None:
        """Fewer, wider bins."""
        old = (self._first + np.arange(max(1, self._rows))) * self._width // width
        self._first, self._width = int(old[0]), width
        if not self._rows:
            return
        starts = np.searchsorted(old, np.arange(old[0], old[-1] + 1))
        most, total = np.maximum.reduceat, np.add.reduceat
        folds = (most, total, total, most, most, total, total)
        self._bins = UseInBins(
            *(fold(each, starts, axis=0) for fold, each in zip(folds, self._bins, strict=True))
        )
