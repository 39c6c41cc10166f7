"""Check a log: what was read, and what in it a person should look at before believing a verdict.

One pass, in memory bounded by the Alerts of one look-back: what is kept of the
rest is counts. Rows after a younger one are put in order as a replay would, so
that the counts of late rows are those a replay will have.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch, ReadBatch, RejectedRow
from tidegate.columnar.ordering import ReceiptOrder
from tidegate.operations.ordered_log import DEFAULT_LOOK_BACK
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.reports.damaged_text import damaged_names
from tidegate.reports.log_quality import (
    GAP,
    UNITS,
    CodeCount,
    Gap,
    LogQuality,
    RejectedReason,
    coarsest_unit,
    kind_of,
    suspicions_of,
)
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES
from tidegate.vocabulary.instants import HOUR, Instant

_GAPS_SHOWN: Final = 10
_LINES_SHOWN: Final = 5
_MOST_REASONS: Final = 50
_OTHER_REASONS: Final = "other reasons"
_MOST_COMPARED: Final = 1_000_000


@runtime_checkable
class KnowsItsInstants(Protocol):
    """A source that can say more about its instants than their values.

    notes:  What was noticed about them, a sentence each.
    """

    notes: list[str]

    @property
    def has_zones(self) -> bool | None:
        """Whether the instants name their zone; None when that is not known."""


def check_log(source: AlertSource, *, progress: Progress = no_progress) -> LogQuality:
    """Read a log to its end and say what it is like; interrupted by Ctrl-C, what it was like so far.

    Raises:
        InputError: the log cannot be read.
    """
    check = _Check()
    is_complete = True
    try:
        for batch in source.batches():
            check.take(batch)
            progress(batch.progress, check.rows)
        check.finish()
    except KeyboardInterrupt:
        is_complete = False
    return check.result(source, is_complete=is_complete)


class _Check:
    """One check under way."""

    def __init__(self) -> None:
        self._usable = 0
        self._rejected = 0
        self._mangled = 0
        self._first: Instant | None = None
        self._last: Instant | None = None
        self._is_whole = dict.fromkeys(UNITS, True)
        self._codes = np.zeros(NUMBER_OF_CODES, np.int64)
        self._per_hour: Counter[Instant] = Counter()
        self._reasons: dict[str, tuple[int, list[tuple[str, int]]]] = {}
        self._order: ReceiptOrder[AlertBatch] = ReceiptOrder(DEFAULT_LOOK_BACK)
        self._previous: Instant | None = None
        self._gaps = 0
        self._longest_gaps: list[tuple[int, Instant]] = []
        self._duplicates = DuplicateCount()

    @property
    def rows(self) -> int:
        return self._usable + self._rejected

    def take(self, batch: ReadBatch) -> None:
        for row in batch.rejected:
            self._reject(row)
        alerts = batch.alerts
        if len(alerts) == 0:
            return
        self._usable += len(alerts)
        at = alerts.received_at
        first, last = int(at.min()), int(at.max())
        self._first = first if self._first is None else min(first, self._first)
        self._last = last if self._last is None else max(last, self._last)
        self._codes += np.bincount(alerts.alert_code, minlength=NUMBER_OF_CODES)
        hours, counts = np.unique(at // HOUR, return_counts=True)
        self._per_hour.update(dict(zip((hours * HOUR).tolist(), counts.tolist(), strict=True)))
        for unit in UNITS:
            self._is_whole[unit] = self._is_whole[unit] and not (at % unit).any()
        self._order.push(alerts)
        for ordered in self._order.release():
            self._see(ordered.received)

    def finish(self) -> None:
        for ordered in self._order.release_all():
            self._see(ordered.received)

    def result(self, source: AlertSource, *, is_complete: bool) -> LogQuality:
        there = np.flatnonzero(self._codes)
        codes = [CodeCount(int(code), int(self._codes[code])) for code in there]
        has_zones, notes = None, list[str]()
        if isinstance(source, KnowsItsInstants):
            has_zones, notes = source.has_zones, list(source.notes)
        busiest = max(self._per_hour.items(), key=lambda each: (each[1], -each[0]), default=None)
        coarsest = coarsest_unit(self._is_whole)
        names = source.recipients
        return LogQuality(
            source.name,
            source.columns,
            self._usable,
            self._rejected,
            self._first,
            self._last,
            self._gaps,
            [Gap(start, start + length) for length, start in sorted(self._longest_gaps, reverse=True)],
            self._duplicates.count,
            self._order.late,
            self._order.too_late,
            self._mangled,
            sorted(codes, key=lambda each: (-each.count, each.alert_code)),
            self._reasons_by_count(),
            busiest,
            [*notes, *suspicions_of(self._per_hour, coarsest, self._usable, has_zones=has_zones)],
            damaged_names("recipient", [names.name_of(number) for number in range(len(names))]),
            is_complete,
        )

    def _reject(self, row: RejectedRow) -> None:
        self._rejected += 1
        self._mangled += "spreadsheet makes of an EUI-64" in row.reason
        kind = kind_of(row.reason)
        if kind not in self._reasons and len(self._reasons) >= _MOST_REASONS:
            kind = _OTHER_REASONS
        count, first = self._reasons.get(kind, (0, []))
        if len(first) < _LINES_SHOWN:
            first.append((row.source, row.line))
        self._reasons[kind] = count + 1, first

    def _reasons_by_count(self) -> Sequence[RejectedReason]:
        by_count = sorted(self._reasons.items(), key=lambda each: (-each[1][0], each[0]))
        return [RejectedReason(reason, count, tuple(first)) for reason, (count, first) in by_count]

    def _see(self, alerts: AlertBatch) -> None:
        """Look at some Alerts in receipt order."""
        at = alerts.received_at
        previous = int(at[0]) if self._previous is None else self._previous
        since = np.diff(at, prepend=previous)
        for row in np.flatnonzero(since > GAP):
            self._gaps += 1
            heapq.heappush(self._longest_gaps, (int(since[row]), int(at[row] - since[row])))
            if len(self._longest_gaps) > _GAPS_SHOWN:
                heapq.heappop(self._longest_gaps)
        self._previous = int(at[-1])
        self._duplicates.see(alerts)


class DuplicateCount:
    """Counts rows that are exactly like another, in Alerts given in receipt order.

    Only Alerts of one instant can be alike, so only those of the latest are
    remembered. Of an instant with more than a million, some may be missed.
    """

    def __init__(self) -> None:
        self.count = 0
        self._latest: AlertBatch | None = None

    def see(self, alerts: AlertBatch) -> None:
        """Look at the next Alerts."""
        if self._latest is not None:
            alerts = AlertBatch.concatenate([self._latest, alerts])
        at = alerts.received_at
        is_as_before = at[1:] == at[:-1]
        shares = np.zeros(len(at), np.bool_)
        shares[1:] |= is_as_before
        shares[:-1] |= is_as_before
        if shares.any():
            shared = alerts.take(shares)
            self.count += len(shared) - len(_different(shared))
        latest = alerts.take(_rows_of_latest(at))
        # Each once: what was counted is not counted again.
        self._latest = latest.take(_different(latest)[-_MOST_COMPARED:])


def _rows_of_latest(at: NDArray[np.int64]) -> NDArray[np.intp]:
    """The rows of the latest instant of some in order."""
    return np.arange(np.searchsorted(at, at[-1]), len(at))


def _different(alerts: AlertBatch) -> NDArray[np.intp]:
    """One row of each that differs."""
    columns = (alerts.recipient, alerts.alert_code, alerts.device_id, alerts.received_at)
    order = np.lexsort(columns)
    is_new = np.zeros(len(order), np.bool_)
    is_new[:1] = True
    for column in columns:
        ordered = column[order]
        is_new[1:] |= ordered[1:] != ordered[:-1]
    return order[is_new]
