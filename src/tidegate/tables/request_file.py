"""One file of Service Requests, delimited text or Parquet: which of its columns are ours, and its rows, some at a time."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tidegate.columnar.batches import Columns, Names, RejectedRow
from tidegate.columnar.service_requests import ReadRequests, ServiceRequestBatch
from tidegate.tables.alert_columns import ArrowArray, Mask, NamedColumn, ReadColumn, read_received_at, shown
from tidegate.tables.columns import RECEIVED_AT, find_columns, names_in_decisions
from tidegate.tables.first_rows import first_instant_of, has_whole_numbers, refuse_wrong_units
from tidegate.tables.input_files import is_parquet
from tidegate.tables.parsed_block import ParsedBlock, parse_block
from tidegate.tables.read_ahead import map_ahead, read_ahead
from tidegate.tables.request_columns import (
    ADMISSION_COLUMNS,
    KEPT_TYPES,
    PRECEDING,
    REQUEST_ID,
    REQUESTS,
    SRV,
    USER,
    as_kept,
    as_text,
    read_identifiers,
    read_srv,
    read_user,
    wanted_instead,
)
from tidegate.tables.rows import LONGEST_TEXT, BadRow, FileZone
from tidegate.tables.text_file import SAMPLE_ROWS, Block, EmptyFileError, TextFile
from tidegate.vocabulary.faults import Fault, InputError

_BATCH_ROWS: Final = 262_144
_READ_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows as they stand in the file, read.

    original:   Every column, ours under our names; None when no one asked.
    source:     The text they were parsed from; None in a Parquet file, whose rows begin at `first_line`.
    """

    received_at: ReadColumn
    request: ReadColumn
    users: tuple[NamedColumn, ReadColumn]
    srvs: tuple[NamedColumn, ReadColumn]
    preceding: ReadColumn | None
    original: pa.Table | None
    source: ParsedBlock | None
    texts: Sequence[ArrowArray]
    first_line: int
    progress: float


class RequestFile:
    """One file.

    columns:        Which columns mean what.
    schema:         All columns, ours under our names and in one type, as they are kept beside decisions.
    first_instant:  Of the first rows; None where none is an instant.

    Raises:
        InputError: it cannot be read, or its columns cannot be told or are of a wrong type.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str], *, keep_original: bool) -> None:
        self.path = path
        self._few: list[str] = []
        self._text = None if is_parquet(path) else TextFile(path)
        names, sample, types = self._head()
        self.columns: Columns = find_columns(str(path), names, mapping, sample, REQUESTS)
        self._refuse_wrong_types(types)
        instants = sample[self.columns.mapping[RECEIVED_AT]]
        refuse_wrong_units(f"{path}: {self.columns.mapping[RECEIVED_AT]}", instants)
        self._is_whole_numbers = has_whole_numbers(instants)
        self.first_instant = first_instant_of(instants)
        self._names = names
        self._keep_original = keep_original
        self._kept = names_in_decisions(names, self.columns.mapping, ADMISSION_COLUMNS)
        fields = [
            (kept, KEPT_TYPES.get(kept) or types.get(name, pa.string()))
            for kept, name in zip(self._kept, names, strict=True)
        ]
        self.schema: pa.Schema = pa.schema(fields)
        # Text of few values is read as a dictionary from now on: a User is looked up once, not once for each row.
        few = [self.columns.mapping[ours] for ours in (USER, SRV)]
        self._few = [name for name in few if name in types and pa.types.is_string(types[name])]

    def batches(self, users: Names, srvs: Names) -> Iterator[ReadRequests]:
        """The file's rows, in its order.

        Raises:
            InputError: it cannot be read to its end.
        """
        zone = FileZone()
        parts = self._parquet_parts() if self._text is None else self._text_parts(self._text)
        for part in parts:
            yield from self._judged(part, zone, users, srvs)

    def _head(self) -> tuple[list[str], dict[str, Sequence[object]], dict[str, pa.DataType]]:
        """The columns' names, the first values of each, and the types of a typed file."""
        if self._text is not None:
            heading = self._text.heading
            whole = [row for row in heading.sample if len(row) == len(heading.names)]
            sample: dict[str, Sequence[object]] = {
                name: [row[place] for row in whole] for place, name in enumerate(heading.names)
            }
            if first_instant_of(heading.names) is not None and not has_whole_numbers(heading.names):
                what = "is a Service Request where the names of the columns should be"
                remedy = f"Add a first line: {','.join(REQUESTS.names)}"
                raise InputError(Fault(f"{self.path}, line 1", what, remedy))
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

    def _refuse_wrong_types(self, types: Mapping[str, pa.DataType]) -> None:
        faults = [
            Fault(f"{self.path}: {name}", f"is {types[name]}, and cannot be {ours}", f"Write it as {wanted}.")
            for ours, name in self.columns.mapping.items()
            if name in types and (wanted := wanted_instead(ours, types[name]))
        ]
        if faults:
            raise InputError(*faults)

    def _text_parts(self, text: TextFile) -> Iterator[_Part]:
        place = {ours: self._names.index(name) for ours, name in self.columns.mapping.items()}
        places = range(len(self._names)) if self._keep_original else place.values()

        def read(block: Block) -> Callable[[int], _Part]:
            parsed = parse_block(block, text.heading, list(places), [place[USER], place[SRV]])
            named = {ours: parsed.columns[at] for ours, at in place.items()}
            return self._part(named, lambda at: parsed.columns[at], parsed, block.progress)

        line = text.first_line
        for made in map_ahead(read, text.blocks()):
            part = made(line)
            yield part
            assert part.source is not None
            line += part.source.lines

    def _parquet_parts(self) -> Iterator[_Part]:
        yield from read_ahead(self._read_parquet(), _READ_AHEAD)

    def _read_parquet(self) -> Iterator[_Part]:
        done = 0
        needed = None if self._keep_original else list(self.columns.mapping.values())
        try:
            with self._open() as file:
                in_all = file.metadata.num_rows
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=needed):
                    named = {ours: batch.column(name) for ours, name in self.columns.mapping.items()}
                    for ours in (REQUEST_ID, PRECEDING):
                        if ours in named:
                            named[ours] = as_text(named[ours])
                    progress = (done + batch.num_rows) / in_all
                    yield self._part(named, batch.column, None, progress)(done + 1)
                    done += batch.num_rows
        except (OSError, pa.ArrowException) as error:
            raise self._damaged(error, done) from None

    def _part(
        self,
        named: Mapping[str, ArrowArray],
        column: Callable[[int], ArrowArray],
        source: ParsedBlock | None,
        progress: float,
    ) -> Callable[[int], _Part]:
        """Read some rows; may be called in a thread, which does not know yet on which line they begin."""
        received_at = read_received_at(named[RECEIVED_AT], is_whole_numbers=self._is_whole_numbers)
        preceding = named.get(PRECEDING)
        original = None
        if self._keep_original:
            kept = [
                as_kept(name, named[name], received_at.values)
                if name in KEPT_TYPES
                else (column(place).cast(pa.string()) if source is not None else column(place))
                for place, name in enumerate(self._kept)
            ]
            original = pa.table(kept, schema=self.schema)
        request = read_identifiers(named[REQUEST_ID], is_required=True)
        users, srvs = read_user(named[USER]), read_srv(named[SRV])
        follows = None if preceding is None else read_identifiers(preceding, is_required=False)
        texts = list(named.values())
        return lambda line: _Part(
            received_at, request, users, srvs, follows, original, source, texts, line, progress
        )

    def _judged(self, part: _Part, zone: FileZone, users: Names, srvs: Names) -> Iterator[ReadRequests]:
        """The batch of some rows; nothing of them is lost."""
        rows = len(part.received_at.values)
        follows = part.preceding.values if part.preceding is not None else np.zeros(rows, np.uint64)
        received = ServiceRequestBatch(
            part.received_at.values,
            part.request.values,
            _numbered(users, part.users[0]),
            _numbered(srvs, part.srvs[0]),
            follows,
        )
        judged = self._judging(part)
        keep: Mask | None = None
        for _, column in judged:
            if column.is_good is not None:
                keep = column.is_good if keep is None else keep & column.is_good
        keep = zone.keep(part.received_at, keep)
        source, original = part.source, part.original
        is_by_line = source is None or source.is_line_by_line
        lines: NDArray[np.int64] | None = None
        rejected: list[RejectedRow] = []
        if keep is not None or not is_by_line:
            lines = (
                np.arange(part.first_line, part.first_line + rows)
                if source is None
                else source.lines_of_rows(part.first_line)
            )
            bad = np.flatnonzero(~keep) if keep is not None else np.empty(0, np.int64)
            misshapen = iter(()) if source is None else source.misshapen_rows(part.first_line)
            described = self._described(part, judged, zone, bad, lines)
            rejected = [self._rejected(each) for each in heapq.merge(described, misshapen)]
            if keep is not None:
                received, lines = received.take(keep), lines[keep]
                original = None if original is None else original.filter(pa.array(keep))
        yield ReadRequests(
            received, str(self.path), rejected, original, lines, part.first_line, part.progress
        )

    def _judging(self, part: _Part) -> list[tuple[str, ReadColumn]]:
        columns = (part.received_at, part.request, part.users[1], part.srvs[1])
        return list(zip(REQUESTS.required, columns, strict=True))

    def _described(
        self,
        part: _Part,
        judged: Sequence[tuple[str, ReadColumn]],
        zone: FileZone,
        bad: NDArray[Any],
        lines: NDArray[np.int64],
    ) -> Iterator[BadRow]:
        for row in bad.tolist():
            reasons = [
                f"{name}: {column.why_bad(row)}"
                for name, column in judged
                if column.is_good is not None and not column.is_good[row]
            ]
            text = (
                part.source.text_of(row)
                if part.source is not None
                else ", ".join(shown(each[row].as_py()) for each in part.texts)
            )
            yield int(lines[row]), "; ".join(reasons) or zone.why_not(part.received_at, row), text

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


def _numbered(names: Names, named: NamedColumn) -> NDArray[np.uint32]:
    if not named.names:
        return np.zeros(len(named.index), np.uint32)
    numbers = np.array([names.number_of(name) for name in named.names], np.uint32)
    return numbers[named.index]


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
