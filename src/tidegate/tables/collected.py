"""What an operation hands on row by row, collected as Arrow tables: decisions and rejected rows, in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.batches import RejectedRow
from tidegate.tables.columns import DECISION_COLUMNS
from tidegate.tables.original import as_table

_DECISION_TYPES: Final = (pa.uint8(), pa.uint32(), pa.uint32())


class CollectedDecisions:
    """A `DecisionSink` that keeps decisions beside the columns they were read in: decisions.parquet, in memory."""

    def __init__(self) -> None:
        self._parts: list[pa.Table] = []

    def write(
        self,
        original: Any,
        outcome: NDArray[Any],
        sequence_id: NDArray[Any],
        count: NDArray[Any],
        kept: NDArray[Any],
    ) -> None:
        """Some more rows."""
        table = as_table(original)
        table = table if kept.all() else table.filter(pa.array(kept))
        made: Sequence[Any] = (outcome, sequence_id, count)
        for name, values, kind in zip(DECISION_COLUMNS, made, _DECISION_TYPES, strict=True):
            table = table.append_column(name, pa.array(values).cast(kind))
        self._parts.append(table)

    def table(self) -> pa.Table | None:
        """All of them; None when there was no row."""
        return pa.concat_tables(self._parts) if self._parts else None


class CollectedRejected:
    """A `RejectedSink` that keeps the rows."""

    def __init__(self) -> None:
        self.rows: list[RejectedRow] = []

    def write(self, row: RejectedRow) -> None:
        """One row."""
        self.rows.append(row)

    def table(self) -> pa.Table:
        """All of them: rejected.csv, in memory."""
        names = ("source", "line", "reason", "text")
        return pa.table({name: [getattr(row, name) for row in self.rows] for name in names}, schema=_REJECTED)


def table_of_rows(rows: Iterable[Any], fields: Sequence[tuple[str, str]]) -> pa.Table:
    """A table of rows with these attributes; each field is a name and a type: int, float, text."""
    listed = list(rows)
    types = {"int": pa.int64(), "float": pa.float64(), "text": pa.string()}
    return pa.table(
        {name: pa.array([getattr(row, name) for row in listed], types[kind]) for name, kind in fields}
    )


_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("source", pa.string()),
    pa.field("line", pa.int64()),
    pa.field("reason", pa.string()),
    pa.field("text", pa.string()),
]
_REJECTED: Final = pa.schema(_FIELDS)
