"""A Parquet file as batches of rows, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tidegate.tables.alert_columns import ArrowArray
from tidegate.tables.text_file import SAMPLE_ROWS, EmptyFileError
from tidegate.vocabulary.faults import Fault, InputError


class TypedFile:
    """One file.

    schema:  Its columns.
    rows:    How many rows it has.

    Raises:
        InputError: it is no whole Parquet file.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open(()) as file:
            self.schema = file.schema_arrow
            self.rows: int = file.metadata.num_rows
        if self.rows == 0:
            raise EmptyFileError("the file has no rows")

    def first_rows(self, columns: Sequence[str] | None = None) -> pa.RecordBatch:
        """The first rows, to guess from.

        Args:
            columns:  Those that are read; None: all.
        """
        return next(self.batches(SAMPLE_ROWS, columns, ()))

    def batches(
        self, batch_rows: int, columns: Sequence[str] | None, few: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        """The file's rows, in its order.

        Args:
            batch_rows:  How many at once, at the most.
            columns:     Those that are read; None: all.
            few:         Text in which the same values come again and again, read as a dictionary.

        Raises:
            InputError: the file cannot be read to its end; says from which row.
        """
        done = 0
        try:
            with self._open(few) as file:
                for batch in file.iter_batches(
                    batch_size=batch_rows, columns=None if columns is None else list(columns)
                ):
                    yield batch
                    done += batch.num_rows
        except (OSError, pa.ArrowException) as error:
            what = f"cannot be read further: {_first_line(error)}"
            raise InputError(
                Fault(f"{self.path}, after row {done}", what, "Copy or export it again; it is damaged.")
            ) from None

    def schema_with(self, few: Sequence[str]) -> pa.Schema:
        """The columns as `batches` reads them."""
        with self._open(few) as file:
            return file.schema_arrow

    def _open(self, few: Sequence[str]) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(str(self.path), read_dictionary=list(few))
        except (OSError, pa.ArrowException) as error:
            what = f"is not a whole Parquet file: {_first_line(error)}"
            raise InputError(
                Fault(str(self.path), what, "Copy or export it again; it may be cut off.")
            ) from None


def sampled(values: ArrowArray) -> list[Any]:
    """Values a guess can be made from."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    try:
        return list(values.to_pylist())
    except (ValueError, OverflowError):
        return []  # Instants outside the calendar: each row is judged when it is read.


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].strip().rstrip(".")
