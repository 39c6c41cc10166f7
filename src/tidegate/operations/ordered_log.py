"""A log as every operation reads it: in receipt order, within the period asked about, every row accounted for.

Rows that cannot be used are counted by reason and handed to a sink; late Alerts
are put in order within the look-back; what lies outside the period is counted
and otherwise left out. Nothing vanishes between the file and the rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch, Columns, ReadBatch, Recipients, RejectedRow
from tidegate.columnar.ordering import OrderedBatch, ReceiptOrder
from tidegate.operations.ledger import DecisionLedger
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.reports.log_quality import kind_of
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import HOUR, Duration, Instant, format_duration, format_instant

DEFAULT_LOOK_BACK: Duration = HOUR
"""An Alert up to this much older than the youngest before it is put in order (readings.md#7)."""

MOST_REASONS = 100
"""Kinds of reasons told apart; every row stands in rejected.csv with its own all the same."""


class RejectedSink(Protocol):
    """Takes the rows that could not be used."""

    def write(self, row: RejectedRow) -> None:
        """One row."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a log.

    since, until:  Only Alerts received from `since` on and before `until`.
    look_back_us:  How late an Alert may be and still be put in order.
    is_strict:     Stop at the first row that cannot be used.
    """

    since: Instant | None = None
    until: Instant | None = None
    look_back_us: Duration = DEFAULT_LOOK_BACK
    is_strict: bool = False

    def is_within_period(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which instants were asked about: from `since` on and before `until`."""
        is_within = np.ones(len(at), np.bool_) if self.since is None else at >= self.since
        return is_within if self.until is None else is_within & (at < self.until)


class OrderedLog:
    """A log that is read once, from start to end.

    rows_read:  Usable rows read so far, within the period or not.
    rejected:   Rows so far that could not be used; `reasons` has how many for each kind of reason, and the first.
    outside:    Rows so far outside the period.
    first, last: Receipt instants of the first and last Alert handed on; None when there was none.
    completed:  Share of the input read; 1 once all is.
    """

    def __init__(
        self,
        source: AlertSource,
        options: ReadOptions,
        *,
        rejected: RejectedSink | None = None,
        ledger: DecisionLedger | None = None,
    ) -> None:
        self._source = source
        self._options = options
        self._order = ReceiptOrder(options.look_back_us)
        self._rejected_sink = rejected
        self._ledger = ledger
        self.rows_read = 0
        self.rejected = 0
        self.outside = 0
        self.reasons: dict[str, tuple[int, RejectedRow]] = {}
        self.first: Instant | None = None
        self.last: Instant | None = None
        self.completed = 0.0

    @property
    def name(self) -> str:
        """What was read, as a person would call it."""
        return self._source.name

    @property
    def columns(self) -> Columns:
        """Which columns were found, and how."""
        return self._source.columns

    @property
    def recipients(self) -> Recipients:
        """The recipients met so far; batches refer to them by number."""
        return self._source.recipients

    @property
    def late(self) -> int:
        """Alerts so far that came after a younger one and were put in order."""
        return self._order.late

    def batches(self, progress: Progress = no_progress) -> Iterator[OrderedBatch]:
        """The Alerts in receipt order; Ctrl-C at `progress` ends the log there, `completed` being less than 1.

        Raises:
            InputError: the input cannot be read; or a row cannot be used and `is_strict` is set.
        """
        try:
            # Closed here, whatever happens: a reader has files open, and perhaps threads reading ahead.
            with closing(self._source.batches()) as batches:
                for batch in batches:
                    self._take(batch)
                    yield from self._noted(self._order.release())
                    self.completed = batch.progress
                    progress(self.completed, self.rows_read)
            self.completed = 1.0
        except KeyboardInterrupt:
            # All that was read is handed on, as if the log ended here.
            self.completed = min(self.completed, 0.999)
        yield from self._noted(self._order.release_all())

    def _noted(self, batches: Iterator[OrderedBatch]) -> Iterator[OrderedBatch]:
        for batch in batches:
            at = batch.alerts.received_at
            self.first = int(at[0]) if self.first is None else self.first
            self.last = int(at[-1])
            yield batch

    def _take(self, batch: ReadBatch) -> None:
        first_row = self.rows_read
        self.rows_read += len(batch.alerts)
        for row in batch.rejected:
            self._reject(row)
        if self._ledger is not None:
            self._ledger.expect(len(batch.alerts), batch.original)
        within = self._within_period(batch.alerts.received_at)
        alerts = batch.alerts if len(within) == len(batch.alerts) else batch.alerts.take(within)
        youngest = self._order.youngest
        too_late = self._order.push(alerts, first_row + within)
        if len(too_late):
            self._reject_too_late(batch, alerts, within, too_late, youngest)
        if self._ledger is not None:
            left_out = np.ones(len(batch.alerts), np.bool_)
            left_out[within] = False
            left_out[within[too_late]] = True
            self._ledger.leave_out(first_row + np.flatnonzero(left_out))

    def _within_period(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of a batch that were asked about; what is outside the period makes no other row late."""
        within = np.flatnonzero(self._options.is_within_period(at))
        self.outside += len(at) - len(within)
        return within

    def _reject(self, row: RejectedRow) -> None:
        if self._options.is_strict:
            raise InputError(
                Fault(f"{row.source}, line {row.line}", row.reason, "Mend the row, or leave out --strict.")
            )
        self.rejected += 1
        kind = kind_of(row.reason)
        if kind not in self.reasons and len(self.reasons) >= MOST_REASONS:
            kind = "other reasons"
        count, first = self.reasons.get(kind, (0, row))
        self.reasons[kind] = (count + 1, first)
        if self._rejected_sink is not None:
            self._rejected_sink.write(row)

    def _reject_too_late(
        self,
        batch: ReadBatch,
        alerts: AlertBatch,
        within: NDArray[np.int64],
        too_late: NDArray[np.int64],
        youngest: Instant,
    ) -> None:
        """Reject these of the Alerts that were asked about; `within` are their rows in the batch."""
        at = alerts.received_at
        before = np.maximum(np.maximum.accumulate(at), youngest)
        for row in too_late.tolist():
            behind = format_duration(int(before[row] - at[row]))
            reason = (
                f"older than an Alert above it by more than the look-back of "
                f"{format_duration(self._options.look_back_us)}: sort the log, or give --look-back '{behind}'"
            )
            line = batch.line_of(int(within[row]))
            self._reject(RejectedRow(batch.source, line, reason, format_instant(int(at[row]))))
