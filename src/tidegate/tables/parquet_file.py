"""Alerts from one Parquet file.

Only the columns that are needed are read, a few batches ahead of whoever reads.
Columns of few values stay dictionaries: a code is read once per value, not once
per row.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tidegate.columnar.batches import ReadBatch, Recipients
from tidegate.columnar.text import ZONED
from tidegate.tables.alert_columns import (
    ArrowArray,
    can_read,
    read_alert_code,
    read_device_id,
    read_received_at,
    read_recipient,
    shown,
)
from tidegate.tables.columns import (
    ALERT_CODE,
    DEVICE_ID,
    OUR_NAMES,
    RECEIVED_AT,
    RECIPIENT,
    find_columns,
    names_in_decisions,
)
from tidegate.tables.first_rows import first_instant_of, has_whole_numbers, refuse_wrong_units
from tidegate.tables.read_ahead import read_ahead
from tidegate.tables.rows import ReadRows, RowJudge
from tidegate.tables.text_file import SAMPLE_ROWS, EmptyFileError
from tidegate.vocabulary.faults import Fault, InputError

_READ_AHEAD: Final = 3
_SOURCE_ROWS: Final = 262_144
_WANTED: Final = {
    RECEIVED_AT: "a timestamp, int64 microseconds, or text",
    DEVICE_ID: "uint64, int64, or text",
    ALERT_CODE: "text or an integer",
    RECIPIENT: "text or uint64",
}


class ParquetTable:
    """One Parquet file.

    Raises:
        InputError: it is no whole Parquet file, or its columns cannot be told or are of a wrong type.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str], *, keep_original: bool) -> None:
        self.path = path
        with self._open() as file:
            if file.metadata.num_rows == 0:
                raise EmptyFileError("the file has no rows")
            self._rows_in_all = file.metadata.num_rows
            schema = file.schema_arrow
            self.sample = self._first_rows(file)
        self.columns = find_columns(str(path), schema.names, mapping, self.sample)
        self._refuse_wrong_types(schema)
        self._text_columns = [
            name
            for ours, name in self.columns.mapping.items()
            if ours in (ALERT_CODE, RECIPIENT) and pa.types.is_string(schema.field(name).type)
        ]
        instants = self.sample[self.columns.mapping[RECEIVED_AT]]
        refuse_wrong_units(f"{path}: {self.columns.mapping[RECEIVED_AT]}", instants)
        self._is_whole_numbers = has_whole_numbers(instants)
        self.first_instant = first_instant_of(instants)
        self._keep_original = keep_original
        self._kept_names = names_in_decisions(schema.names, self.columns.mapping)
        with self._open() as file:
            fields = zip(file.schema_arrow, self._kept_names, strict=True)
            self.schema = pa.schema([field.with_name(name).remove_metadata() for field, name in fields])
        self.is_zoned: bool | None = None

    def batches(self, recipients: Recipients, batch_rows: int) -> Generator[ReadBatch]:
        """The file's rows, in its order.

        Raises:
            InputError: the file cannot be read to its end; says from which row.
        """
        judge = RowJudge(str(self.path), recipients, batch_rows)
        # What is read at once does not depend on what is handed on at once: small batches are slow to read.
        for rows in read_ahead(self._read(max(batch_rows, _SOURCE_ROWS)), _READ_AHEAD):
            yield from judge.judge(rows)
            self.is_zoned = None if judge.zone is None else judge.zone == ZONED

    def _open(self) -> pq.ParquetFile:
        # `__init__` has not found the columns yet when it first opens the file.
        few = getattr(self, "_text_columns", [])
        try:
            return pq.ParquetFile(str(self.path), read_dictionary=few, memory_map=False)
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                Fault(
                    str(self.path),
                    f"is not a whole Parquet file: {_first_line(error)}",
                    "Copy or export it again; it may be cut off.",
                )
            ) from None

    def _read(self, batch_rows: int) -> Iterator[ReadRows]:
        columns = None if self._keep_original else list(self.columns.mapping.values())
        done = 0
        try:
            with self._open() as file:
                for batch in file.iter_batches(batch_size=batch_rows, columns=columns):
                    yield self._read_columns(batch, done)
                    done += batch.num_rows
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                Fault(
                    f"{self.path}, after row {done}",
                    f"cannot be read further: {_first_line(error)}",
                    "Copy or export it again; it is damaged.",
                )
            ) from None

    def _read_columns(self, batch: pa.RecordBatch, done: int) -> ReadRows:
        named: dict[str, ArrowArray] = {
            ours: batch.column(name) for ours, name in self.columns.mapping.items()
        }
        recipient = named.get(RECIPIENT)
        return ReadRows(
            read_received_at(named[RECEIVED_AT], is_whole_numbers=self._is_whole_numbers),
            read_device_id(named[DEVICE_ID]),
            read_alert_code(named[ALERT_CODE]),
            None if recipient is None else read_recipient(recipient),
            done + 1,
            is_line_by_line=True,
            lines=lambda: np.arange(done + 1, done + 1 + batch.num_rows),
            text_of=lambda row: ", ".join(shown(each[row].as_py()) for each in named.values()),
            misshapen=lambda: iter(()),
            original=pa.Table.from_batches([batch]).rename_columns(self._kept_names)
            if self._keep_original
            else None,
            progress=(done + batch.num_rows) / self._rows_in_all,
        )

    def _first_rows(self, file: pq.ParquetFile) -> dict[str, list[Any]]:
        try:
            batch = next(file.iter_batches(batch_size=SAMPLE_ROWS))
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                Fault(
                    f"{self.path}, row 1", f"cannot be read: {_first_line(error)}", "Copy or export it again."
                )
            ) from None
        return {name: _sampled(batch.column(place)) for place, name in enumerate(batch.schema.names)}

    def _refuse_wrong_types(self, schema: pa.Schema) -> None:
        faults = [
            Fault(
                f"{self.path}: {self.columns.mapping[ours]}",
                f"is {schema.field(self.columns.mapping[ours]).type}, and cannot be {ours}",
                f"Write it as {_WANTED[ours]}.",
            )
            for ours in OUR_NAMES
            if ours in self.columns.mapping
            and not can_read(ours, schema.field(self.columns.mapping[ours]).type)
        ]
        if faults:
            raise InputError(*faults)


def _sampled(values: ArrowArray) -> list[Any]:
    """Values a guess can be made from; columns of what no column of ours can be give none."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    elif not can_read(DEVICE_ID, values.type) and not can_read(ALERT_CODE, values.type):
        return []
    try:
        return list(values.to_pylist())
    except (ValueError, OverflowError):
        return []  # Instants outside the calendar: each row is judged when it is read.


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].strip().rstrip(".")
