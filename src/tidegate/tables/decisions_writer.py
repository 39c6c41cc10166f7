"""`decisions.parquet`: the input's columns, and what was decided on each row, in input order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tidegate.tables.alert_columns import ArrowArray
from tidegate.tables.columns import DECISION_COLUMNS
from tidegate.tables.whole_file import faults_of_writing, finish, unfinished_name

ROWS_IN_GROUP: Final = 1_048_576
_TYPES: Final = (pa.uint8(), pa.uint32(), pa.uint32())


class BesideWriter:
    """Writes columns beside those of the input as they come; the file has its name only once all is written.

    Leaving the block by an exception leaves nothing behind. Without any write
    there is no file: no columns are known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._pending: list[pa.Table] = []
        self._pending_rows = 0

    def __enter__(self) -> Self:
        return self

    def add(
        self,
        original: pa.Table,
        beside: Sequence[tuple[str, ArrowArray]],
        kept: NDArray[np.bool_] | None = None,
    ) -> None:
        """Write some rows.

        Args:
            original:  All columns of the input; the same columns in every call.
            beside:    Names and columns to stand beside them; the same in every call.
            kept:      Which rows of `original` those are on, in its order; None: all.

        Raises:
            InputError: the disk is full, or the place cannot be written to.
        """
        table = original if kept is None or kept.all() else original.filter(pa.array(kept))
        for name, values in beside:
            table = table.append_column(name, values)
        self._pending.append(table)
        self._pending_rows += table.num_rows
        if self._pending_rows >= ROWS_IN_GROUP or self._writer is None:
            self._flush()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        unfinished = unfinished_name(self._path)
        try:
            if kind is None and self._pending:
                self._flush()
            if self._writer is not None:
                if kind is None:
                    with faults_of_writing(self._path):
                        self._writer.close()
                    finish(self._path)
                else:
                    _close_quietly(self._writer)
        finally:
            unfinished.unlink(missing_ok=True)

    def _flush(self) -> None:
        with faults_of_writing(self._path):
            table = pa.concat_tables(self._pending)
            if self._writer is None:
                self._writer = pq.ParquetWriter(
                    unfinished_name(self._path), table.schema, compression="zstd", compression_level=1
                )
            self._writer.write_table(table, row_group_size=ROWS_IN_GROUP)
        self._pending, self._pending_rows = [], 0


class DecisionsWriter(BesideWriter):
    """Writes what was decided on Alerts.

    with DecisionsWriter(path) as writer:
        writer.write(batch.original, outcome, sequence_id, count)
    """

    def write(
        self,
        original: pa.Table,
        outcome: NDArray[np.uint8],
        sequence_id: NDArray[np.uint32],
        count: NDArray[np.uint32],
        kept: NDArray[np.bool_] | None = None,
    ) -> None:
        """Write some rows: what they were read as (`ReadBatch.original`), and what was decided.

        Args:
            original:     All columns of the input; the same columns in every call.
            outcome:      0 forwarded, 1 throttled, 2 excluded.
            sequence_id:  ThrottledAlertSequenceId; 0 where the Alert carries none.
            count:        ThrottledAlertCount; 0 where the Alert carries none.
            kept:         Which rows of `original` the decisions are on, in its order; None: all.

        Raises:
            InputError: the disk is full, or the place cannot be written to.
        """
        values = zip(DECISION_COLUMNS, (outcome, sequence_id, count), _TYPES, strict=True)
        self.add(
            original, [(name, pa.array(np.asarray(each)).cast(kind)) for name, each, kind in values], kept
        )


def _close_quietly(writer: pq.ParquetWriter) -> None:
    """Let go of a file that is thrown away; that it cannot be ended properly does not matter any more."""
    try:
        writer.close()
    except (OSError, pa.ArrowException):
        return
