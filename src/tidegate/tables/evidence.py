"""Evidence and registrations from tables: CSV and Parquet files, many as one, in any order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tidegate.columnar.batches import Columns, Names
from tidegate.columnar.evidence import EVIDENCE, ReadRows
from tidegate.tables.evidence_columns import EVIDENCE_TABLE, REGISTRATIONS_TABLE, RecordKind
from tidegate.tables.input_files import find_files
from tidegate.tables.many_files import open_all
from tidegate.tables.record_file import RecordFile


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
        self._files = open_all(
            find_files(paths),
            lambda path: RecordFile(path, mapping or {}, kind),
            f"It must be {kind.called} with one row at least.",
        )

    @property
    def columns(self) -> Columns:
        """Which columns were found, in the first file."""
        return self._files.files[0].columns

    def rows(self) -> Iterator[ReadRows]:
        """Read on, file after file.

        Raises:
            InputError: a file cannot be read to its end.
        """
        for row in self._files.empty:
            yield ReadRows(np.empty(0, EVIDENCE), row.source, [row], np.empty(0, np.int64), 0.0)
        for part, progress in self._files.read(lambda file: file.rows(self._names)):
            yield replace(part, progress=progress)


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
