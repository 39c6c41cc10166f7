"""One table that is read as records, delimited text or Parquet: its columns, and its rows, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tidegate.columnar.batches import Columns, Names
from tidegate.columnar.evidence import ReadRows
from tidegate.tables.alert_columns import ArrowArray
from tidegate.tables.bad_rows import rejected_rows
from tidegate.tables.columns import find_columns, refuse_wrong_types
from tidegate.tables.evidence_columns import ReadRecords, RecordKind
from tidegate.tables.first_rows import are_microseconds
from tidegate.tables.judged_rows import RowJudge
from tidegate.tables.table_file import open_table


class RecordFile:
    """One file of a kind.

    columns:  Which columns mean what.

    Raises:
        InputError: it cannot be read, or its columns cannot be told or are of a wrong type.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str], kind: RecordKind) -> None:
        self.path = path
        self._kind = kind
        self._table = open_table(path)
        sample = self._table.first_values(self._table.names)
        self.columns: Columns = find_columns(str(path), self._table.names, mapping, sample, kind.wanted)
        refuse_wrong_types(str(path), self._table.types, self.columns.mapping, kind.wanted_instead)
        instant = self.columns.mapping[kind.instant]
        self._is_whole_numbers = are_microseconds(f"{path}: {instant}", sample[instant])

    def rows(self, names: Names) -> Iterator[ReadRows]:
        """The file's rows, in its order.

        Raises:
            InputError: it cannot be read to its end.
        """
        judge, source = RowJudge(self._kind.instant), str(self.path)
        for given, read in self._table.rows(self.columns.mapping, self._kind.few, self._read):
            judged = judge.judge(given, read.judged, read.zoned)
            records = read.fill(names)
            lines = given.lines() if judged.lines is None else judged.lines
            yield ReadRows(
                records if judged.keep is None else records[judged.keep],
                source,
                rejected_rows(source, judged.bad),
                lines,
                given.progress,
            )

    def _read(self, named: Mapping[str, ArrowArray], _column: Callable[[int], ArrowArray]) -> ReadRecords:
        return self._kind.read(named, self._is_whole_numbers)
