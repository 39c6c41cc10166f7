"""How busy the links of each region were: totals, busiest minute and hour, minutes over a capacity.

Clock minutes and hours of UTC. Kept are the minute and the hour under way, the
peaks so far, and for every hour with Alerts its busiest minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.reports.edge import Rate
from tidegate.vocabulary.instants import HOUR, MINUTE, Duration, Instant

Counts: TypeAlias = NDArray[np.int64]
"""(series, regions + 1): Alerts; the last column is all regions together."""

_MINUTES_AT_ONCE = 2_048
"""A log with an Alert in every century has no more than these counted at once."""


class Rates:
    """Counts Alerts of some series by region and minute; they come in receipt order.

    capacities:  Alerts a minute for each region, infinite where none was given.
    """

    def __init__(self, series: int, capacities: Sequence[float]) -> None:
        shape = (series, len(capacities) + 1)
        self.totals: Counts = np.zeros(shape, np.int64)
        self.minutes_over: Counts = np.zeros(shape, np.int64)
        self._capacities = np.array([*capacities, np.inf])
        self._minute = _Peak(MINUTE, shape)
        self._hour = _Peak(HOUR, shape)
        # The minute and the hour under way: their numbers, and what was counted.
        self._now: tuple[int, Counts] | None = None
        self._this_hour: tuple[int, Counts, Counts] | None = None
        self._busiest: list[tuple[Instant, Counts]] = []

    def add(
        self, at: NDArray[np.int64], region: NDArray[np.int64], series: Sequence[NDArray[np.bool_]]
    ) -> None:
        """Count Alerts received at `at` in `region`; each of the series says which of them are its own."""
        number = at // MINUTE
        begins = np.flatnonzero(np.concatenate(([True], number[1:] != number[:-1])))[: len(at)]
        for first in range(0, len(begins), _MINUTES_AT_ONCE):
            edges = [*begins[first : first + _MINUTES_AT_ONCE + 1]]
            if len(edges) <= _MINUTES_AT_ONCE:
                edges.append(len(at))
            rows = slice(edges[0], edges[-1])
            within = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
            self._add(
                number[edges[:-1]], self._counted(within, region[rows], [each[rows] for each in series])
            )

    def finish(self) -> None:
        """No more will come."""
        if self._now is not None:
            self._end_minutes(np.array([self._now[0]]), self._now[1][None])
            self._now = None
        if self._this_hour is not None:
            self._end_hour(*self._this_hour)
            self._this_hour = None

    def busiest_minute(self, series: int, region: int) -> Rate:
        """The busiest minute of a series in a region."""
        return self._minute.rate(series, region)

    def busiest_hour(self, series: int, region: int) -> Rate:
        """The busiest hour of a series in a region."""
        return self._hour.rate(series, region)

    def busiest_minutes_by_hour(self) -> Iterator[tuple[Instant, Counts]]:
        """For each hour with Alerts, in order, the busiest minute of each series and region."""
        yield from self._busiest

    def _counted(
        self, minute: NDArray[np.int64], region: NDArray[np.int64], series: Sequence[NDArray[np.bool_]]
    ) -> NDArray[np.int64]:
        """(minutes, series, regions + 1)."""
        minutes, regions = int(minute[-1]) + 1, len(self._capacities)
        cell = minute * regions + region
        counts = np.stack(
            [
                np.bincount(cell[each], minlength=minutes * regions).reshape(minutes, regions)
                for each in series
            ],
            axis=1,
        )
        counts[:, :, -1] = counts.sum(axis=2)
        return counts

    def _add(self, numbers: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        if self._now is not None and self._now[0] == numbers[0]:
            counts[0] += self._now[1]
        elif self._now is not None:
            numbers = np.concatenate(([self._now[0]], numbers))
            counts = np.concatenate((self._now[1][None], counts))
        self._end_minutes(numbers[:-1], counts[:-1])
        self._now = int(numbers[-1]), counts[-1].copy()

    def _end_minutes(self, numbers: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        if not len(numbers):
            return
        self.totals += counts.sum(axis=0)
        self.minutes_over += (counts > self._capacities).sum(axis=0)
        self._minute.see(numbers, counts)
        hours = numbers // (HOUR // MINUTE)
        begins = np.flatnonzero(np.concatenate(([True], hours[1:] != hours[:-1])))
        sums = np.add.reduceat(counts, begins, axis=0)
        most = np.maximum.reduceat(counts, begins, axis=0)
        for hour, of_hour, busiest in zip(hours[begins].tolist(), sums, most, strict=True):
            if self._this_hour is not None and self._this_hour[0] == hour:
                _, before, busiest_before = self._this_hour
                self._this_hour = hour, before + of_hour, np.maximum(busiest_before, busiest)
                continue
            if self._this_hour is not None:
                self._end_hour(*self._this_hour)
            self._this_hour = hour, of_hour, busiest

    def _end_hour(self, hour: int, counts: Counts, busiest: Counts) -> None:
        self._hour.see(np.array([hour]), counts[None])
        self._busiest.append((hour * HOUR, busiest))


class _Peak:
    """The most Alerts of each series and region in one unit of time, and the first unit that had as many."""

    def __init__(self, unit: Duration, shape: tuple[int, int]) -> None:
        self._unit = unit
        self._alerts = np.zeros(shape, np.int64)
        self._number = np.zeros(shape, np.int64)

    def see(self, numbers: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
        most = counts.max(axis=0)
        is_more = most > self._alerts
        self._number = np.where(is_more, numbers[counts.argmax(axis=0)], self._number)
        self._alerts = np.where(is_more, most, self._alerts)

    def rate(self, series: int, region: int) -> Rate:
        alerts = int(self._alerts[series, region])
        return Rate(alerts, int(self._number[series, region]) * self._unit) if alerts else Rate()
