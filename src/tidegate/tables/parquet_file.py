"""Alerts from one Parquet file; only the columns that are needed are read, a few batches ahead of whoever reads."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa

from tidegate.columnar.batches import ReadBatch, Recipients
from tidegate.tables.alert_rows import AlertBatches, AlertRows
from tidegate.tables.arrow_rows import ArrowRows
from tidegate.tables.read_ahead import read_ahead
from tidegate.tables.typed_file import TypedFile

_READ_AHEAD: Final = 3
_SOURCE_ROWS: Final = 262_144


class ParquetTable:
    """One Parquet file.

    Raises:
        InputError: it is no whole Parquet file, or its columns cannot be told or are of a wrong type.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str], *, keep_original: bool) -> None:
        self.path = path
        self._file = TypedFile(path)
        schema, first_rows = self._file.schema, self._file.first_rows()
        self._rows = ArrowRows(str(path), schema, first_rows, mapping, keep_original=keep_original)
        self.sample = self._rows.sample
        self.columns = self._rows.columns
        self.first_instant = self._rows.first_instant
        # Text of few values is read as a dictionary, and kept so.
        self.schema = _as_read(self._rows.schema, self._file.schema_with(self._rows.text_columns))
        self.is_zoned: bool | None = None

    def batches(self, recipients: Recipients, batch_rows: int) -> Generator[ReadBatch]:
        """The file's rows, in its order.

        Raises:
            InputError: the file cannot be read to its end; says from which row.
        """
        batches = AlertBatches(str(self.path), recipients, batch_rows)
        # What is read at once does not depend on what is handed on at once: small batches are slow to read.
        for rows in read_ahead(self._read(max(batch_rows, _SOURCE_ROWS)), _READ_AHEAD):
            yield from batches.of(rows)
            self.is_zoned = batches.is_zoned

    def _read(self, batch_rows: int) -> Iterator[AlertRows]:
        done = 0
        for batch in self._file.batches(batch_rows, self._rows.needed, self._rows.text_columns):
            yield self._rows.read(batch, done, self._file.rows)
            done += batch.num_rows


def _as_read(schema: pa.Schema, read: pa.Schema) -> pa.Schema:
    """The same names, with the types that columns are read in."""
    return pa.schema([field.with_type(kind) for field, kind in zip(schema, read.types, strict=True)])
