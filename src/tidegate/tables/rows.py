"""Rows as a file gave them become a `ReadBatch`: the usable ones, and the others with their reasons.

The first usable row of a file decides whether its instants name their zone.
A row of the other kind is not usable: half a file read in the wrong zone gives
a verdict that looks right.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch, ReadBatch, Recipients, RejectedRow
from tidegate.columnar.text import MALFORMED, NAIVE, ZONED
from tidegate.tables.alert_columns import Mask, NamedColumn, ReadColumn
from tidegate.tables.columns import ALERT_CODE, DEVICE_ID, RECEIVED_AT

LONGEST_TEXT: Final = 300
"""Characters of a rejected row that are kept."""

BadRow = tuple[int, str, str]
"""Line, reason and text of a row that cannot be used."""


@dataclass(frozen=True, slots=True)
class ReadRows:
    """Some rows of one file, read and not yet judged.

    first_line:       Line (or row) of the first of them, from 1.
    is_line_by_line:  Each stands on the line after the one before it.
    lines:            Line of each row; asked for when it is not line by line, or a row is bad.
    text_of:          A row as it was given.
    misshapen:        Rows that have no columns at all, by line.
    original:         Every column, same rows.
    progress:         Share of the file read with these rows.
    """

    received_at: ReadColumn
    device_id: ReadColumn
    alert_code: ReadColumn
    recipient: NamedColumn | None
    first_line: int
    is_line_by_line: bool
    lines: Callable[[], NDArray[np.int64]]
    text_of: Callable[[int], str]
    misshapen: Callable[[], Iterator[BadRow]]
    original: pa.Table | None
    progress: float


class FileZone:
    """Whether the instants of a file, in its column `instant`, name their zone.

    zone:  NAIVE or ZONED, by the file's first usable row; None before it was met.
    """

    def __init__(self, instant: str = RECEIVED_AT) -> None:
        self.zone: int | None = None
        self._instant = instant

    def keep(self, received_at: ReadColumn, keep: Mask | None) -> Mask | None:
        """Which of the rows that can be used else are of the file's kind; None: all."""
        zone = received_at.zone
        if self.zone is None:
            first = 0 if keep is None else int(np.argmax(keep)) if keep.any() else -1
            if 0 <= first < len(received_at.values):
                self.zone = ZONED if zone is None else int(zone[first])
        if self.zone is None or (zone is None and self.zone == ZONED):
            return keep
        same = np.zeros(len(received_at.values), np.bool_) if zone is None else zone == self.zone
        if same.all():
            return keep
        return same if keep is None else keep & same

    def why_not(self, received_at: ReadColumn, row: int) -> str:
        """What is wrong with a row of the other kind."""
        zone = received_at.zone
        assert zone is None or zone[row] != MALFORMED
        if zone is not None and zone[row] == NAIVE:
            return f"{self._instant}: names no zone, and the file's first row does: write all with Z, or none"
        return (
            f"{self._instant}: names its zone, and the file's first row does not: write all with Z, or none"
        )


class RowJudge:
    """Judges the rows of one file, in its order; remembers its zone."""

    def __init__(self, source: str, recipients: Recipients, batch_rows: int) -> None:
        self._zone = FileZone()
        self._source = source
        self._recipients = recipients
        self._batch_rows = batch_rows

    @property
    def zone(self) -> int | None:
        """NAIVE or ZONED, by the file's first usable row; None before it was met."""
        return self._zone.zone

    def judge(self, rows: ReadRows) -> Iterator[ReadBatch]:
        """The batches of some rows; nothing of them is lost."""
        alerts = AlertBatch(
            rows.received_at.values,
            rows.device_id.values,
            rows.alert_code.values,
            self._numbered(rows.recipient, len(rows.received_at.values)),
        )
        keep = self._usable(rows)
        original, lines = rows.original, None
        rejected: Iterator[BadRow] = iter(())
        if keep is not None or not rows.is_line_by_line:
            lines = rows.lines()
            bad = np.flatnonzero(~keep) if keep is not None else np.empty(0, np.int64)
            rejected = heapq.merge(self._described(rows, bad, lines), rows.misshapen())
            if keep is not None:
                alerts, lines = alerts.take(keep), lines[keep]
                original = None if original is None else original.filter(pa.array(keep))
        for start in range(0, max(1, len(alerts)), self._batch_rows):
            stop = min(start + self._batch_rows, len(alerts))
            part = self._rejected(rejected)
            if start == stop and not part:
                continue
            yield ReadBatch(
                alerts.slice(start, stop),
                self._source,
                part,
                None if original is None else original.slice(start, stop - start),
                None if lines is None else lines[start:stop],
                rows.first_line + start,
                rows.progress,
            )
        while part := self._rejected(rejected):
            nothing = None if original is None else original.slice(0, 0)
            yield ReadBatch(
                alerts.slice(0, 0), self._source, part, nothing, None, rows.first_line, rows.progress
            )

    def _usable(self, rows: ReadRows) -> Mask | None:
        """Which rows can be used; None: all."""
        keep: Mask | None = None
        for column in (rows.received_at, rows.device_id, rows.alert_code):
            if column.is_good is not None:
                keep = column.is_good if keep is None else keep & column.is_good
        return self._zone.keep(rows.received_at, keep)

    def _numbered(self, recipient: NamedColumn | None, rows: int) -> NDArray[np.uint32]:
        if recipient is None or not recipient.names:
            return np.zeros(rows, np.uint32)
        numbers = np.array([self._recipients.number_of(name) for name in recipient.names], np.uint32)
        return numbers[recipient.index]

    def _rejected(self, rows: Iterator[BadRow]) -> list[RejectedRow]:
        return [
            RejectedRow(
                self._source, line, reason, text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "..."
            )
            for line, reason, text in islice(rows, self._batch_rows)
        ]

    def _described(self, rows: ReadRows, bad: NDArray[Any], lines: NDArray[np.int64]) -> Iterator[BadRow]:
        named = ((RECEIVED_AT, rows.received_at), (DEVICE_ID, rows.device_id), (ALERT_CODE, rows.alert_code))
        for each in bad:
            row = int(each)
            reasons = [
                f"{name}: {column.why_bad(row)}"
                for name, column in named
                if column.is_good is not None and not column.is_good[row]
            ]
            yield (
                int(lines[row]),
                "; ".join(reasons) or self._zone.why_not(rows.received_at, row),
                rows.text_of(row),
            )
