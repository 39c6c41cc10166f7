"""Alerts as a table gave them become `ReadBatch`es: the usable ones, and the others with their reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa

from tidegate.columnar.batches import AlertBatch, ReadBatch, Recipients
from tidegate.columnar.text import ZONED
from tidegate.tables.alert_columns import NamedColumn, ReadColumn, numbered
from tidegate.tables.bad_rows import rejected_rows
from tidegate.tables.columns import ALERT_CODE, DEVICE_ID, RECEIVED_AT
from tidegate.tables.given_rows import GivenRows
from tidegate.tables.judged_rows import RowJudge


@dataclass(frozen=True, slots=True)
class AlertRows:
    """Some rows of one table, read and not yet judged.

    original:  Every column, same rows; None when no one asked.
    """

    given: GivenRows
    received_at: ReadColumn
    device_id: ReadColumn
    alert_code: ReadColumn
    recipient: NamedColumn | None
    original: pa.Table | None


class AlertBatches:
    """Makes batches of the rows of one table, in its order."""

    def __init__(self, source: str, recipients: Recipients, batch_rows: int) -> None:
        self._judge = RowJudge(RECEIVED_AT)
        self._source = source
        self._recipients = recipients
        self._batch_rows = batch_rows

    @property
    def is_zoned(self) -> bool | None:
        """Whether instants name their zone, by the first usable row; None before it was met."""
        return None if self._judge.zone is None else self._judge.zone == ZONED

    def of(self, rows: AlertRows) -> Iterator[ReadBatch]:
        """The batches of some rows; nothing of them is lost."""
        given, original = rows.given, rows.original
        alerts = AlertBatch(
            rows.received_at.values,
            rows.device_id.values,
            rows.alert_code.values,
            np.zeros(given.rows, np.uint32)
            if rows.recipient is None
            else numbered(self._recipients, rows.recipient),
        )
        columns = (
            (RECEIVED_AT, rows.received_at), (DEVICE_ID, rows.device_id), (ALERT_CODE, rows.alert_code),
        )  # fmt: skip
        judged = self._judge.judge(given, columns, rows.received_at)
        if judged.keep is not None:
            alerts = alerts.take(judged.keep)
            original = None if original is None else original.filter(pa.array(judged.keep))
        lines = judged.lines
        for start in range(0, max(1, len(alerts)), self._batch_rows):
            stop = min(start + self._batch_rows, len(alerts))
            rejected = rejected_rows(self._source, islice(judged.bad, self._batch_rows))
            if start == stop and not rejected:
                continue
            yield ReadBatch(
                alerts.slice(start, stop),
                self._source,
                rejected,
                None if original is None else original.slice(start, stop - start),
                None if lines is None else lines[start:stop],
                given.first_line + start,
                given.progress,
            )
        nothing = None if original is None else original.slice(0, 0)
        while rejected := rejected_rows(self._source, islice(judged.bad, self._batch_rows)):
            yield ReadBatch(
                alerts.slice(0, 0), self._source, rejected, nothing, None, given.first_line, given.progress
            )
