"""A log as every operation reads it: in receipt order, within the period asked about, every row accounted for.

Rows that cannot be used are counted by reason and handed to a sink; late ones
are put in order within the look-back; what lies outside the period is counted
and otherwise left out. Nothing vanishes between the file and the rule.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch, Columns, Recipients, RejectedRow
from tidegate.columnar.ordering import Batch, OrderedBatch, ReceiptOrder, Received
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.reports.log_quality import kind_of
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import HOUR, Duration, Instant, format_duration, format_instant

DEFAULT_LOOK_BACK: Duration = HOUR
"""A row up to this much older than the youngest before it is put in order (readings.md#7)."""

MOST_REASONS = 100
"""Kinds of reasons told apart; every row stands in rejected.csv with its own all the same."""


_Received_co = TypeVar("_Received_co", bound=Received, covariant=True)


class RejectedSink(Protocol):
    """Takes the rows that could not be used."""

    def write(self, row: RejectedRow) -> None:
        """One row."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a log.

    since, until:  Only what was received from `since` on and before `until`.
    look_back_us:  How late a row may be and still be put in order.
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


class ReadRows(Protocol[_Received_co]):
    """What a reader hands on: the usable rows, and those it could not use (`columnar.batches.ReadBatch`)."""

    @property
    def received(self) -> _Received_co:
        """The usable rows, in the order of the input."""

    @property
    def source(self) -> str:
        """File they came from."""

    @property
    def rejected(self) -> Sequence[RejectedRow]:
        """The rows that could not be used."""

    @property
    def original(self) -> Any:
        """The columns as they were read, same rows as `received`; None when no one asked for them."""

    @property
    def progress(self) -> float:
        """Share of the whole input read so far, 0 to 1."""

    def line_of(self, row: int) -> int:
        """Line in the source of a row."""


class RowSource(Protocol[_Received_co]):
    """Rows to be read once, from start to end, in batches of bounded size."""

    @property
    def name(self) -> str:
        """What a person would call the input."""

    @property
    def columns(self) -> Columns:
        """Which columns were found, and how."""

    def batches(self) -> Generator[ReadRows[_Received_co]]:
        """Read on."""


class RowLedger(Protocol):
    """Told of every row of the input in its order, and which of them are not decided."""

    def expect(self, rows: int, original: Any) -> None:
        """The next rows, and the columns they came in."""

    def leave_out(self, rows: NDArray[np.int64]) -> None:
        """These are not decided."""


class ReceiptLog(Generic[Batch]):
    """A log that is read once, from start to end; `noun` is what a person calls a row of it, as "an Alert".

    rows_read:  Usable rows read so far, within the period or not.
    rejected:   Rows so far that could not be used; `reasons` has how many for each kind of reason, and the first.
    outside:    Rows so far outside the period.
    first, last: Receipt instants of the first and last row handed on; None when there was none.
    completed:  Share of the input read; 1 once all is.
    """

    def __init__(
        self,
        source: RowSource[Batch],
        options: ReadOptions,
        *,
        noun: str,
        rejected: RejectedSink | None = None,
        ledger: RowLedger | None = None,
    ) -> None:
        self._source = source
        self._options = options
        self._noun = noun
        self._order: ReceiptOrder[Batch] = ReceiptOrder(options.look_back_us)
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
    def late(self) -> int:
        """Rows so far that came after a younger one and were put in order."""
        return self._order.late

    def batches(self, progress: Progress = no_progress) -> Iterator[OrderedBatch[Batch]]:
        """The rows in receipt order; Ctrl-C at `progress` ends the log there, `completed` being less than 1.

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

    def _noted(self, batches: Iterator[OrderedBatch[Batch]]) -> Iterator[OrderedBatch[Batch]]:
        for batch in batches:
            at = batch.received.received_at
            self.first = int(at[0]) if self.first is None else self.first
            self.last = int(at[-1])
            yield batch

    def _take(self, batch: ReadRows[Batch]) -> None:
        first_row = self.rows_read
        self.rows_read += len(batch.received)
        for row in batch.rejected:
            self._reject(row)
        if self._ledger is not None:
            self._ledger.expect(len(batch.received), batch.original)
        within = self._within_period(batch.received.received_at)
        received = batch.received if len(within) == len(batch.received) else batch.received.take(within)
        youngest = self._order.youngest
        too_late = self._order.push(received, first_row + within)
        if len(too_late):
            self._reject_too_late(batch, received, within, too_late, youngest)
        if self._ledger is not None:
            left_out = np.ones(len(batch.received), np.bool_)
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
        batch: ReadRows[Batch],
        received: Batch,
        within: NDArray[np.int64],
        too_late: NDArray[np.int64],
        youngest: Instant,
    ) -> None:
        """Reject these of the rows that were asked about; `within` are their rows in the batch."""
        at = received.received_at
        before = np.maximum(np.maximum.accumulate(at), youngest)
        for row in too_late.tolist():
            behind = format_duration(int(before[row] - at[row]))
            reason = (
                f"older than {self._noun} above it by more than the look-back of "
                f"{format_duration(self._options.look_back_us)}: sort the log, or give --look-back '{behind}'"
            )
            line = batch.line_of(int(within[row]))
            self._reject(RejectedRow(batch.source, line, reason, format_instant(int(at[row]))))


OrderedAlerts: TypeAlias = OrderedBatch[AlertBatch]


class OrderedLog(ReceiptLog[AlertBatch]):
    """A log of Alerts."""

    def __init__(
        self,
        source: AlertSource,
        options: ReadOptions,
        *,
        rejected: RejectedSink | None = None,
        ledger: RowLedger | None = None,
    ) -> None:
        super().__init__(source, options, noun="an Alert", rejected=rejected, ledger=ledger)
        self._alerts = source

    @property
    def recipients(self) -> Recipients:
        """The recipients met so far; batches refer to them by number."""
        return self._alerts.recipients
