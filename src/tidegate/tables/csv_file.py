"""Alerts from one file of delimited text."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.batches import ReadBatch, Recipients
from tidegate.tables.alert_columns import (
    ArrowArray,
    NamedColumn,
    ReadColumn,
    read_alert_code,
    read_device_id,
    read_received_at,
    read_recipient,
)
from tidegate.tables.alert_rows import AlertBatches, AlertRows
from tidegate.tables.columns import (
    ALERT_CODE,
    ALERTS,
    DEVICE_ID,
    RECEIVED_AT,
    RECIPIENT,
    find_columns,
    names_in_decisions,
)
from tidegate.tables.first_rows import are_microseconds, first_instant_of, refuse_a_row_for_a_header
from tidegate.tables.table_file import TextTable

INSTANT_TYPE = pa.timestamp("us", "UTC")
_FEW_TEXTS = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class _Read:
    """Some rows, their columns that are ours."""

    received_at: ReadColumn
    device_id: ReadColumn
    alert_code: ReadColumn
    recipient: NamedColumn | None
    original: pa.Table | None


class CsvFile:
    """One file of delimited text.

    Raises:
        InputError: it cannot be read, or its columns cannot be told.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str], *, keep_original: bool) -> None:
        self.path = path
        self._table = TextTable(path)
        names = self._table.names
        refuse_a_row_for_a_header(str(path), "an Alert", names, ALERTS.names)
        self.sample = self._table.first_values(names)
        self.columns = find_columns(str(path), names, mapping, self.sample)
        instant = self.columns.mapping[RECEIVED_AT]
        self._is_whole_numbers = are_microseconds(f"{path}: {instant}", self.sample[instant])
        self.first_instant = first_instant_of(self.sample[instant])
        self._keep_original = keep_original
        self._kept_names = names_in_decisions(names, self.columns.mapping)
        self.schema = pa.schema([(name, self._kept_type(name)) for name in self._kept_names])
        self.is_zoned: bool | None = None

    def batches(self, recipients: Recipients, batch_rows: int) -> Generator[ReadBatch]:
        """The file's rows, in its order.

        Raises:
            InputError: the file is cut off within its compression, or a record has no end.
        """
        batches = AlertBatches(str(self.path), recipients, batch_rows)
        few = (ALERT_CODE, RECIPIENT)
        for given, read in self._table.rows(
            self.columns.mapping, few, self._read, has_all=self._keep_original
        ):
            rows = AlertRows(
                given, read.received_at, read.device_id, read.alert_code, read.recipient, read.original
            )
            yield from batches.of(rows)
            self.is_zoned = batches.is_zoned

    def _kept_type(self, name: str) -> pa.DataType:
        if name == RECEIVED_AT:
            return INSTANT_TYPE
        return _FEW_TEXTS if name in (ALERT_CODE, RECIPIENT) else pa.string()

    def _read(self, named: Mapping[str, ArrowArray], column: Callable[[int], ArrowArray]) -> _Read:
        """Read some rows; called in a thread."""
        received_at = read_received_at(named[RECEIVED_AT], is_whole_numbers=self._is_whole_numbers)
        recipient = named.get(RECIPIENT)
        return _Read(
            received_at,
            read_device_id(named[DEVICE_ID]),
            read_alert_code(named[ALERT_CODE]),
            None if recipient is None else read_recipient(recipient),
            self._original(column, received_at.values) if self._keep_original else None,
        )

    def _original(self, column: Callable[[int], ArrowArray], at: NDArray[np.int64]) -> pa.Table:
        kept = [
            pa.array(at).cast(INSTANT_TYPE) if name == RECEIVED_AT else _as_text(column(place))
            for place, name in enumerate(self._kept_names)
        ]
        return pa.table(kept, schema=self.schema)


def _as_text(values: ArrowArray) -> ArrowArray:
    if pa.types.is_dictionary(values.type):
        return pa.DictionaryArray.from_arrays(values.indices, _as_text(values.dictionary))
    return values.cast(pa.string())
