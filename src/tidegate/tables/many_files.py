"""Many files as one table: all are opened before the first is read, and all that is wrong with them is told at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

from tidegate.columnar.batches import Columns, RejectedRow
from tidegate.tables.text_file import EmptyFileError
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

_BEFORE_ALL: Final = -(2**63)


class OneFile(Protocol):
    """A file with rows in it."""

    path: Path
    columns: Columns


class SomeRows(Protocol):
    """Some rows of a file, with the share of it read so far."""

    @property
    def progress(self) -> float:
        """0 to 1."""


F = TypeVar("F", bound=OneFile)
R = TypeVar("R", bound=SomeRows)


@dataclass(frozen=True, slots=True)
class ManyFiles(Generic[F]):
    """Files that were opened, in the order they are read.

    paths:  All that were named.
    files:  Those that have rows; one at least.
    empty:  What is said of each of the others.
    """

    paths: Sequence[Path]
    files: Sequence[F]
    empty: Sequence[RejectedRow]

    def in_order_of(self, first_instant: Callable[[F], Instant | None]) -> ManyFiles[F]:
        """The same files in the order of their first instants; those without one come first."""

        def first(file: F) -> Instant:
            at = first_instant(file)
            return _BEFORE_ALL if at is None else at

        return replace(self, files=sorted(self.files, key=first))

    @property
    def name(self) -> str:
        """The file's path; or how many files of which folder."""
        if len(self.paths) == 1:
            return str(self.paths[0])
        folders = {path.parent for path in self.paths}
        return f"{len(self.paths)} files" + (f" in {folders.pop()}" if len(folders) == 1 else "")

    def columns(self, names: Sequence[str]) -> Columns:
        """Which of our columns were found, in the first file; guessed, missing or ignored in any."""
        each = [file.columns for file in self.files]
        guessed = {ours for columns in each for ours in columns.guessed}
        missing = {ours for columns in each for ours in columns.missing}
        return Columns(
            dict(each[0].mapping),
            tuple(ours for ours in names if ours in guessed),
            tuple(ours for ours in names if ours in missing),
            tuple(dict.fromkeys(name for columns in each for name in columns.ignored)),
        )

    def read(self, rows_of: Callable[[F], Iterator[R]]) -> Iterator[tuple[R, float]]:
        """The rows of file after file, and the share of all that is read with them, 0 to 1."""
        sizes = [max(1, file.path.stat().st_size) for file in self.files]
        before, in_all = 0, sum(sizes)
        for file, size in zip(self.files, sizes, strict=True):
            for rows in rows_of(file):
                yield rows, (before + min(1.0, rows.progress) * size) / in_all
            before += size


def open_all(paths: Sequence[Path], open_file: Callable[[Path], F], wanted: str) -> ManyFiles[F]:
    """Open files, to be read in the order they were named.

    Args:
        paths:      They.
        open_file:  Opens one.
        wanted:     What there must be, said where there is no row at all.

    Raises:
        InputError: one cannot be opened, or none has a row; every such file is told.
    """
    files: list[F] = []
    empty: list[RejectedRow] = []
    faults: list[Fault] = []
    for path in paths:
        try:
            files.append(open_file(path))
        except EmptyFileError as error:
            empty.append(RejectedRow(str(path), 0, str(error)))
        except InputError as error:
            faults += error.faults
    if not faults and not files:
        faults = [Fault(each.source, each.reason, wanted) for each in empty]
    if faults:
        raise InputError(*faults)
    return ManyFiles(paths, files, empty)
