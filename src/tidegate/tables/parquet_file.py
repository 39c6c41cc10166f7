"""Alerts from one Parquet file; only the columns that are needed are read, a few batches ahead of whoever reads."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tidegate.columnar.batches import ReadBatch, Recipients
from tidegate.columnar.text import ZONED
from tidegate.tables.arrow_rows import ArrowRows
from tidegate.tables.read_ahead import read_ahead
from tidegate.tables.rows import ReadRows, RowJudge
from tidegate.tables.text_file import SAMPLE_ROWS, EmptyFileError
from tidegate.vocabulary.faults import Fault, InputError

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
        self._few: list[str] = []
        with self._open() as file:
            if file.metadata.num_rows == 0:
                raise EmptyFileError("the file has no rows")
            self._rows_in_all = file.metadata.num_rows
            schema = file.schema_arrow
            first_rows = self._first_rows(file)
        self._rows = ArrowRows(str(path), schema, first_rows, mapping, keep_original=keep_original)
        self._few = self._rows.text_columns
        self.sample = self._rows.sample
        self.columns = self._rows.columns
        self.first_instant = self._rows.first_instant
        with self._open() as file:
            # Text of few values is read as a dictionary from now on, and kept so.
            self.schema = _as_read(self._rows.schema, file.schema_arrow)
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
        try:
            return pq.ParquetFile(str(self.path), read_dictionary=self._few, memory_map=False)
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                Fault(
                    str(self.path),
                    f"is not a whole Parquet file: {_first_line(error)}",
                    "Copy or export it again; it may be cut off.",
                )
            ) from None

    def _read(self, batch_rows: int) -> Iterator[ReadRows]:
        done = 0
        try:
            with self._open() as file:
                for batch in file.iter_batches(batch_size=batch_rows, columns=self._rows.needed):
                    yield self._rows.read(batch, done, self._rows_in_all)
                    done += batch.num_rows
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                Fault(
                    f"{self.path}, after row {done}",
                    f"cannot be read further: {_first_line(error)}",
                    "Copy or export it again; it is damaged.",
                )
            ) from None

    def _first_rows(self, file: pq.ParquetFile) -> Any:
        try:
            return next(file.iter_batches(batch_size=SAMPLE_ROWS))
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                Fault(
                    f"{self.path}, row 1", f"cannot be read: {_first_line(error)}", "Copy or export it again."
                )
            ) from None


def _as_read(schema: pa.Schema, read: pa.Schema) -> pa.Schema:
    """The same names, with the types that columns are read in."""
    return pa.schema([field.with_type(kind) for field, kind in zip(schema, read.types, strict=True)])


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].strip().rstrip(".")
