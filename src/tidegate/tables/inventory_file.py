"""The file an Inventory is in: which of its columns are ours, and its rows, some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from tidegate.columnar.inventory import INVENTORY_COLUMNS
from tidegate.tables.alert_columns import ArrowArray, can_read
from tidegate.tables.columns import DEVICE_ID
from tidegate.tables.first_rows import has_whole_numbers, refuse_wrong_units
from tidegate.tables.parsed_block import ParsedBlock, parse_block
from tidegate.tables.read_ahead import map_ahead, read_ahead
from tidegate.tables.rows import BadRow
from tidegate.tables.text_file import SAMPLE_ROWS, Block, EmptyFileError, TextFile
from tidegate.vocabulary.faults import Fault, InputError

SINCE: Final = ("since", "valid_from")
"""What the column of instants may be called; the first that is there counts, and is `since` from then on."""

WANTED: Final = "Name a CSV or Parquet file with a column device_id."
_BATCH_ROWS: Final = 1 << 20
_READ_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class InventoryPart:
    """Some rows of an Inventory, as they stand in its file.

    columns:          Arrow columns by our name, `since` among them, as long as `rows`.
    source:           The text they were parsed from; None in a Parquet file.
    first_line:       Line of the first row, or of what the text begins with.
    is_whole_numbers: Instants given as text are whole microseconds.
    progress:         Share of the file read so far, 0 to 1.
    """

    columns: dict[str, ArrowArray]
    rows: int
    source: ParsedBlock | None
    first_line: int
    is_whole_numbers: bool
    progress: float

    def misshapen(self) -> Iterator[BadRow]:
        """Records that are no rows: line, reason, text."""
        return iter(()) if self.source is None else self.source.misshapen_rows(self.first_line)

    def line_of(self, row: int) -> int:
        """The line of the row-th row; in a Parquet file its row, from 1."""
        if self.source is None or self.source.is_line_by_line:
            return self.first_line + row
        return int(self.source.lines_of_rows(self.first_line)[row])


class ParquetInventory:
    """One Parquet file.

    Raises:
        InputError: it is no whole Parquet file, has no `device_id`, or a column cannot hold what it is to say.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open([]) as file:
            schema = file.schema_arrow
            self._rows = file.metadata.num_rows
        if self._rows == 0:
            raise EmptyFileError("it has no rows")
        self._names = _names(path, schema.names)
        faults = [
            Fault(
                f"{path}: {name}", f"is {schema.field(name).type}, and cannot be {ours}", f"Write {wanted}."
            )
            for ours, name in self._names.items()
            if (wanted := _wanted_instead(ours, schema.field(name).type))
        ]
        if faults:
            raise InputError(*faults)
        self._few = [
            name
            for ours, name in self._names.items()
            if ours in INVENTORY_COLUMNS and pa.types.is_string(schema.field(name).type)
        ]
        self._is_whole_numbers = False
        if SINCE[0] in self._names:
            name = self._names[SINCE[0]]
            kind = schema.field(name).type
            if pa.types.is_integer(kind) or pa.types.is_string(kind):
                sample = self._sample(name)
                refuse_wrong_units(f"{path}: {name}", sample)
                self._is_whole_numbers = has_whole_numbers(sample)

    def parts(self) -> Iterator[InventoryPart]:
        """The file's rows, in its order."""
        yield from read_ahead(self._read(), _READ_AHEAD)

    def _read(self) -> Iterator[InventoryPart]:
        done = 0
        try:
            with self._open(self._few) as file:
                for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=list(self._names.values())):
                    columns = {ours: batch.column(name) for ours, name in self._names.items()}
                    yield InventoryPart(
                        columns,
                        batch.num_rows,
                        None,
                        done + 1,
                        self._is_whole_numbers,
                        (done + batch.num_rows) / self._rows,
                    )
                    done += batch.num_rows
        except (OSError, pa.ArrowException) as error:
            what = f"the Inventory cannot be read after row {done}: {_first_line(error)}"
            raise InputError(Fault(str(self._path), what, "Copy or export it again.")) from None

    def _sample(self, name: str) -> list[Any]:
        with self._open([]) as file:
            return list(next(file.iter_batches(batch_size=SAMPLE_ROWS, columns=[name])).column(0).to_pylist())

    def _open(self, few: Sequence[str]) -> pq.ParquetFile:
        try:
            return pq.ParquetFile(str(self._path), read_dictionary=list(few))
        except (OSError, pa.ArrowException) as error:
            what = f"the Inventory cannot be read: {_first_line(error)}"
            raise InputError(Fault(str(self._path), what, WANTED)) from None


class TextInventory:
    """One file of delimited text.

    Raises:
        InputError: it cannot be read, or has no `device_id`.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path) -> None:
        self._text = TextFile(path)
        heading = self._text.heading
        self._places = {ours: heading.names.index(name) for ours, name in _names(path, heading.names).items()}
        self._few = [place for ours, place in self._places.items() if ours != DEVICE_ID]
        self._is_whole_numbers = False
        if SINCE[0] in self._places:
            place = self._places[SINCE[0]]
            sample = [row[place] for row in heading.sample if len(row) == len(heading.names)]
            refuse_wrong_units(f"{path}: {heading.names[place]}", sample)
            self._is_whole_numbers = has_whole_numbers(sample)

    def parts(self) -> Iterator[InventoryPart]:
        """The file's rows, in its order."""
        line = self._text.first_line
        for parsed in map_ahead(self._parse, self._text.blocks()):
            columns = {ours: parsed.columns[place] for ours, place in self._places.items()}
            yield InventoryPart(
                columns, parsed.rows, parsed, line, self._is_whole_numbers, parsed.block.progress
            )
            line += parsed.lines

    def _parse(self, block: Block) -> ParsedBlock:
        return parse_block(block, self._text.heading, list(self._places.values()), self._few)


def _names(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Our name -> the file's, for each of our columns that it has."""
    folded = {name.strip().casefold(): name for name in reversed(names)}
    found: dict[str, str] = {name: folded[name] for name in (DEVICE_ID, *INVENTORY_COLUMNS) if name in folded}
    if DEVICE_ID not in found:
        what = f"the Inventory has no column device_id; it has {', '.join(names)}"
        raise InputError(Fault(str(path), what, "Name the column of the Devices device_id."))
    since = next((folded[name] for name in SINCE if name in folded), None)
    if since is not None:
        found[SINCE[0]] = since
    return found


def _wanted_instead(ours: str, kind: pa.DataType) -> str:
    """What a Parquet column should be, where its type cannot hold what it is to say; else nothing."""
    if ours == DEVICE_ID:
        return "" if can_read(DEVICE_ID, kind) else "uint64, int64 or text"
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_integer(value):
        return ""
    if ours == SINCE[0]:
        is_time = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
        return "" if is_time else "a timestamp, a date, int64 microseconds, or text"
    is_shown = pa.types.is_floating(value) or pa.types.is_boolean(value) or pa.types.is_null(value)
    return "" if is_shown or pa.types.is_binary(value) else "text"


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0].strip().rstrip(".")
