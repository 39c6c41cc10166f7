"""A table in a file, delimited text or Parquet: its columns, and its rows some at a time, in bounded memory.

Rows are read in two threads, a few blocks ahead of whoever asks; they come in
the file's order, so the answer does not depend on the threads.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import pyarrow as pa

from tidegate.tables.alert_columns import ArrowArray
from tidegate.tables.given_rows import GivenRows
from tidegate.tables.input_files import is_parquet
from tidegate.tables.parsed_block import ParsedBlock, parse_block
from tidegate.tables.read_ahead import map_ahead, read_ahead
from tidegate.tables.text_file import Block, TextFile
from tidegate.tables.typed_file import TypedFile, sampled

_BATCH_ROWS: Final = 262_144
_READ_AHEAD: Final = 2

T = TypeVar("T")
Read: TypeAlias = Callable[[Mapping[str, ArrowArray], Callable[[int], ArrowArray]], T]
"""What becomes of some rows, given their columns by our names, and any column by its place."""


class TextTable:
    """One file of delimited text.

    names:  Its columns.
    types:  None: all is text.

    Raises:
        InputError: it cannot be read.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path) -> None:
        self._text = TextFile(path)
        self.names: Sequence[str] = self._text.heading.names
        self.types: Mapping[str, pa.DataType] = {}

    def first_values(self, names: Sequence[str]) -> dict[str, Sequence[object]]:
        """The first values of some columns."""
        every = self._text.heading.first_values()
        return {name: every[name] for name in names}

    def rows(
        self, named: Mapping[str, str], few: Collection[str], read: Read[T], *, has_all: bool = False
    ) -> Iterator[tuple[GivenRows, T]]:
        """The file's rows, in its order, and what becomes of them.

        Args:
            named:    The columns that are read, by our names.
            few:      Those of ours in which the same values come again and again: they are dictionaries.
            read:     Called in a thread.
            has_all:  The other columns are read as well.

        Raises:
            InputError: it cannot be read to its end.
        """
        heading = self._text.heading
        place = {ours: heading.names.index(name) for ours, name in named.items()}
        places = range(len(heading.names)) if has_all else list(place.values())
        few_places = [place[ours] for ours in few if ours in place]

        def parse(block: Block) -> tuple[ParsedBlock, T]:
            parsed = parse_block(block, heading, places, few_places)
            mine = {ours: parsed.columns[at] for ours, at in place.items()}
            return parsed, read(mine, parsed.columns.__getitem__)

        line = self._text.first_line
        for parsed, made in map_ahead(parse, self._text.blocks()):
            yield GivenRows(parsed.rows, line, parsed, (), parsed.block.progress), made
            line += parsed.lines


class TypedTable:
    """One Parquet file.

    names:  Its columns.
    types:  Theirs.

    Raises:
        InputError: it is no whole Parquet file.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path) -> None:
        self._file = TypedFile(path)
        self.names: Sequence[str] = self._file.schema.names
        self.types: Mapping[str, pa.DataType] = {field.name: field.type for field in self._file.schema}

    def first_values(self, names: Sequence[str]) -> dict[str, Sequence[object]]:
        """The first values of some columns."""
        first = self._file.first_rows(None if names == self.names else names)
        return {name: sampled(first.column(place)) for place, name in enumerate(first.schema.names)}

    def rows(
        self, named: Mapping[str, str], few: Collection[str], read: Read[T], *, has_all: bool = False
    ) -> Iterator[tuple[GivenRows, T]]:
        """The file's rows, in its order, and what becomes of them; see `TextTable.rows`."""
        few_names = [
            name for ours, name in named.items() if ours in few and pa.types.is_string(self.types[name])
        ]
        wanted = None if has_all else list(named.values())
        batches = self._file.batches(_BATCH_ROWS, wanted, few_names)

        def made(given: tuple[GivenRows, pa.RecordBatch]) -> tuple[GivenRows, T]:
            rows, batch = given
            return rows, read(dict(zip(named, rows.columns, strict=True)), batch.column)

        # Decoding goes on in one thread while rows are made of what is decoded in others.
        yield from map_ahead(made, read_ahead(self._given(batches, named), _READ_AHEAD))

    def _given(
        self, batches: Iterator[pa.RecordBatch], named: Mapping[str, str]
    ) -> Iterator[tuple[GivenRows, pa.RecordBatch]]:
        done = 0
        for batch in batches:
            columns = [batch.column(name) for name in named.values()]
            progress = (done + batch.num_rows) / self._file.rows
            yield GivenRows(batch.num_rows, done + 1, None, columns, progress), batch
            done += batch.num_rows


def open_table(path: Path) -> TextTable | TypedTable:
    """The table in a file, by its name.

    Raises:
        InputError: it cannot be read.
        EmptyFileError: it has no row.
    """
    return TypedTable(path) if is_parquet(path) else TextTable(path)
