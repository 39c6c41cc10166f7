"""One table that is read as records, delimited text or Parquet: its columns, and its rows, some at a time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tidegate.columnar.batches import Columns, Names, RejectedRow
from tidegate.columnar.evidence import ReadRows
from tidegate.tables.alert_columns import ArrowArray, Mask, shown
from tidegate.tables.columns import find_columns
from tidegate.tables.evidence_columns import ReadRecords, RecordKind
from tidegate.tables.first_rows import has_whole_numbers, refuse_wrong_units
from tidegate.tables.input_files import is_parquet
from tidegate.tables.parsed_block import ParsedBlock, parse_block
from tidegate.tables.read_ahead import map_ahead, read_ahead
from tidegate.tables.rows import LONGEST_TEXT, BadRow, FileZone
from tidegate.tables.text_file import SAMPLE_ROWS, Block, EmptyFileError, TextFile
from tidegate.vocabulary.faults import Fault, InputError

_BATCH_ROWS: Final = 262_144
_READ_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows as they stand in the file, read. source: the text they were parsed from; None in a Parquet file."""

    read: ReadRecords
    rows: int
    source: ParsedBlock | None
    texts: Sequence[ArrowArray]
    progress: float


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
        self._few: list[str] = []
        self._text = None if is_parquet(path) else TextFile(path)
        names, sample, types = self._head()
        self.columns: Columns = find_columns(str(path), names, mapping, sample, kind.wanted)
        named = self.columns.mapping
        faults = [
            Fault(f"{path}: {name}", f"is {types[name]}, and cannot be {ours}", f"Write it as {wanted}.")
            for ours, name in named.items()
            if name in types and (wanted := kind.wanted_instead(ours, types[name]))
        ]
        if faults:
            raise InputError(*faults)
        instants = sample[named[kind.instant]]
        refuse_wrong_units(f"{path}: {named[kind.instant]}", instants)
        self._is_whole_numbers = has_whole_numbers(instants)
        self._names = names
        # Text of few values is read as a dictionary from now on: each is looked up once, not once for each row.
        few = [named[ours] for ours in kind.few if ours in named]
        self._few = [name for name in few if name in types and pa.types.is_string(types[name])]

    def rows(self, names: Names) -> Iterator[ReadRows]:
        """The file's rows, in its order.

        Raises:
            InputError: it cannot be read to its end.
        """
        zone = FileZone(self._kind.instant)
        line = 1 if self._text is None else self._text.first_line
        for part in self._parquet_parts() if self._text is None else self._text_parts(self._text):
            yield self._judged(part, zone, names, line)
            line += part.rows if part.source is None else part.source.lines

    def _head(self) -> tuple[list[str], dict[str, Sequence[object]], dict[str, pa.DataType]]:
        """The columns' names, the first values of each, and the types of a typed file."""
        if self._text is not None:
            heading = self._text.heading
            whole = [row for row in heading.sample if len(row) == len(heading.names)]
            sample: dict[str, Sequence[object]] = {
                name: [row[place] for row in whole] for place, name in enumerate(heading.names)
            }
            return heading.names, sample, {}
        with self._open() as file:
            if file.metadata.num_rows == 0:
                raise EmptyFileError("the file has no rows")
            schema = file.schema_arrow
            try:
                first = next(file.iter_batches(batch_size=SAMPLE_ROWS))
            except (OSError, pa.ArrowException) as error:
                raise self._damaged(error, 0) from None
        sampled: dict[str, Sequence[object]] = {
            name: _sampled(first.column(place)) for place, name in enumerate(schema.names)
        }
        return schema.names, sampled, {field.name: field.type for field in schema}

    def _text_parts(self, text: TextFile) -> Iterator[_Part]:
        place = {ours: self._names.index(name) for ours, name in self.columns.mapping.items()}
        few = [place[ours] for ours in self._kind.few if ours in place]

        def read(block: Block) -> _Part:
            parsed = parse_block(block, text.heading, list(place.values()), few)
            return self._part(
                {ours: parsed.columns[at] for ours, at in place.items()}, parsed, block.progress
            )

        yield from map_ahead(read, text.blocks())

    def _parquet_parts(self) -> Iterator[_Part]:
        # Decoding goes on in one thread while rows are made of what is decoded in others.
        yield from map_ahead(lambda make: make(), read_ahead(self._read_parquet(), _READ_AHEAD))

    def _read_parquet(self) -> Iterator[Callable[[], _Part]]:
        done = 0
        try:
            with self._open() as file:
                in_all = file.metadata.num_rows
                wanted = list(self.columns.mapping.values())
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=wanted):
                    named = {ours: batch.column(name) for ours, name in self.columns.mapping.items()}
                    done += batch.num_rows
                    yield partial(self._part, named, None, done / in_all)
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error, done) from None

    def _part(self, named: Mapping[str, ArrowArray], source: ParsedBlock | None, progress: float) -> _Part:
        read = self._kind.read(named, self._is_whole_numbers)
        return _Part(read, len(read.zoned.values), source, list(named.values()), progress)

    def _judged(self, part: _Part, zone: FileZone, names: Names, first_line: int) -> ReadRows:
        """Some rows: those that can be used as records, the others with their reasons; none is lost."""
        keep: Mask | None = None
        for _, column in part.read.judged:
            if column.is_good is not None:
                keep = column.is_good if keep is None else keep & column.is_good
        keep = zone.keep(part.read.zoned, keep)
        records, source = part.read.fill(names), part.source
        lines: NDArray[np.int64] = (
            np.arange(first_line, first_line + part.rows)
            if source is None or source.is_line_by_line
            else source.lines_of_rows(first_line)
        )
        bad = np.flatnonzero(~keep) if keep is not None else np.empty(0, np.int64)
        misshapen = iter(()) if source is None else source.misshapen_rows(first_line)
        described = self._described(part, zone, bad, lines)
        rejected = [self._rejected(each) for each in heapq.merge(described, misshapen)]
        if keep is not None:
            records, lines = records[keep], lines[keep]
        return ReadRows(records, str(self.path), rejected, lines, part.progress)

    def _described(
        self, part: _Part, zone: FileZone, bad: NDArray[Any], lines: NDArray[np.int64]
    ) -> Iterator[BadRow]:
        for row in bad.tolist():
            reasons = [
                f"{name}: {column.why_bad(row)}"
                for name, column in part.read.judged
                if column.is_good is not None and not column.is_good[row]
            ]
            text = (
                part.source.text_of(row)
                if part.source is not None
                else ", ".join(shown(each[row].as_py()) for each in part.texts)
            )
            yield int(lines[row]), "; ".join(reasons) or zone.why_not(part.read.zoned, row), text

    def _rejected(self, bad: BadRow) -> RejectedRow:
        line, reason, text = bad
        return RejectedRow(
            str(self.path), line, reason, text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}..."
        )

    def _open(self) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(str(self.path), read_dictionary=self._few)
        except (OSError, pa.ArrowException) as error:
            what = f"is not a whole Parquet file: {_first_line(error)}"
            raise InputError(
                Fault(str(self.path), what, "Copy or export it again; it may be cut off.")
            ) from None

    def _damaged(self, error: Exception, row: int) -> InputError:
        what = f"cannot be read further: {_first_line(error)}"
        return InputError(
            Fault(f"{self.path}, after row {row}", what, "Copy or export it again; it is damaged.")
        )


def _sampled(values: ArrowArray) -> list[Any]:
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
