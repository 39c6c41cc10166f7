"""Evidence and registrations from tables: CSV and Parquet files, many as one, in any order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tidegate.columnar.batches import Columns, Names, RejectedRow
from tidegate.columnar.evidence import EVIDENCE, ReadRows
from tidegate.tables.evidence_columns import EVIDENCE_TABLE, REGISTRATIONS_TABLE, RecordKind
from tidegate.tables.input_files import find_files
from tidegate.tables.record_file import RecordFile
from tidegate.tables.text_file import EmptyFileError
from tidegate.vocabulary.faults import Fault, InputError


class RecordSource:
    """One or more tables of a kind as one. Read it once.

    `names` are the parties: those of evidence and of registrations are numbered together.

    Raises:
        InputError: a file cannot be read, is of no kind we know, or lacks a column; or there is no row at all.
    """

    def __init__(
        self, kind: RecordKind, paths: Sequence[Path], names: Names, mapping: Mapping[str, str] | None = None
    ) -> None:
        self._names = names
        self._paths = find_files(paths)
        self._empty: list[RejectedRow] = []
        self._files: list[RecordFile] = []
        faults: list[Fault] = []
        for path in self._paths:
            try:
                self._files.append(RecordFile(path, mapping or {}, kind))
            except EmptyFileError as error:
                self._empty.append(RejectedRow(str(path), 0, str(error)))
            except InputError as error:
                faults += error.faults
        if not faults and not self._files:
            wanted = f"It must be {kind.called} with one row at least."
            faults = [Fault(each.source, each.reason, wanted) for each in self._empty]
        if faults:
            raise InputError(*faults)

    @property
    def columns(self) -> Columns:
        """Which columns were found, in the first file."""
        return self._files[0].columns

    def rows(self) -> Iterator[ReadRows]:
        """Read on, file after file.

        Raises:
            InputError: a file cannot be read to its end.
        """
        for row in self._empty:
            yield ReadRows(np.empty(0, EVIDENCE), row.source, [row], np.empty(0, np.int64), 0.0)
        sizes = [max(1, file.path.stat().st_size) for file in self._files]
        before, in_all = 0, sum(sizes)
        for file, size in zip(self._files, sizes, strict=True):
            for part in file.rows(self._names):
                progress = (before + min(1.0, part.progress) * size) / in_all
                yield ReadRows(part.records, part.source, part.rejected, part.line, progress)
            before += size


def evidence_source(
    paths: Sequence[Path], names: Names, mapping: Mapping[str, str] | None = None
) -> RecordSource:
    """Tables of evidence."""
    return RecordSource(EVIDENCE_TABLE, paths, names, mapping)


def registrations_source(
    paths: Sequence[Path], names: Names, mapping: Mapping[str, str] | None = None
) -> RecordSource:
    """Tables of registrations."""
    return RecordSource(REGISTRATIONS_TABLE, paths, names, mapping)
