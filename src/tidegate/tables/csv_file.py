"""Alerts from one file of delimited text.

Blocks of whole records are parsed in two threads, a few ahead of whoever reads;
what becomes of their rows is decided here in the file's order, so the answer
does not depend on the threads.
"""

from __future__ import annotations

from array import array
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
from numpy.typing import NDArray

from tidegate.columnar.batches import ReadBatch, Recipients
from tidegate.columnar.records import record_starts
from tidegate.columnar.text import ZONED
from tidegate.tables.alert_columns import (
    ArrowArray,
    NamedColumn,
    ReadColumn,
    read_alert_code,
    read_device_id,
    read_received_at,
    read_recipient,
)
from tidegate.tables.columns import (
    ALERT_CODE,
    DEVICE_ID,
    RECEIVED_AT,
    RECIPIENT,
    find_columns,
    names_in_decisions,
)
from tidegate.tables.first_rows import first_instant_of, has_whole_numbers, refuse_wrong_units
from tidegate.tables.read_ahead import map_ahead
from tidegate.tables.rows import BadRow, ReadRows, RowJudge
from tidegate.tables.text_file import Block, TextFile
from tidegate.vocabulary.faults import Fault, InputError

INSTANT_TYPE = pa.timestamp("us", "UTC")
_FEW_VALUES = pa.dictionary(pa.int32(), pa.binary())
_FEW_TEXTS = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class _ParsedBlock:
    """A block's columns. lines: how many lines it is; misshapen: records with another number of fields; fields: how many they have."""

    block: Block
    lines: int
    received_at: ReadColumn
    device_id: ReadColumn
    alert_code: ReadColumn
    recipient: NamedColumn | None
    original: pa.Table | None
    misshapen: NDArray[np.int64]
    fields: NDArray[np.int64]


class CsvFile:
    """One file of delimited text.

    Raises:
        InputError: it cannot be read, or its columns cannot be told.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str], *, keep_original: bool) -> None:
        self.path = path
        self._text = TextFile(path)
        heading = self._text.heading
        whole = [row for row in heading.sample if len(row) == len(heading.names)]
        sample: dict[str, Sequence[object]] = {
            name: [row[place] for row in whole] for place, name in enumerate(heading.names)
        }
        self._refuse_rows_without_header(sample)
        self.columns = find_columns(str(path), heading.names, mapping, sample)
        self.sample = sample
        self._names = heading.names
        self._place = {ours: heading.names.index(name) for ours, name in self.columns.mapping.items()}
        instants = sample[self.columns.mapping[RECEIVED_AT]]
        self._is_whole_numbers = has_whole_numbers(instants)
        refuse_wrong_units(f"{path}: {self.columns.mapping[RECEIVED_AT]}", instants)
        self.first_instant = first_instant_of(instants)
        self._keep_original = keep_original
        self._kept_names = names_in_decisions(heading.names, self.columns.mapping)
        self.schema = pa.schema([(name, self._kept_type(name)) for name in self._kept_names])
        self.is_zoned: bool | None = None

    def batches(self, recipients: Recipients, batch_rows: int) -> Generator[ReadBatch]:
        """The file's rows, in its order.

        Raises:
            InputError: the file is cut off within its compression, or a record has no end.
        """
        judge = RowJudge(str(self.path), recipients, batch_rows)
        line = self._text.first_line
        for parsed in map_ahead(self._parse, self._text.blocks()):
            yield from judge.judge(self._rows(parsed, line))
            line += parsed.lines
            self.is_zoned = None if judge.zone is None else judge.zone == ZONED

    def _kept_type(self, name: str) -> pa.DataType:
        if name == RECEIVED_AT:
            return INSTANT_TYPE
        return _FEW_TEXTS if name in (ALERT_CODE, RECIPIENT) else pa.string()

    def _parse(self, block: Block) -> _ParsedBlock:
        """Parse one block; called in a thread."""
        block = _mended(block)
        text = block.text()
        numbers, fields = array("q"), array("q")

        def note(row: pv.InvalidRow) -> Literal["skip", "error"]:
            numbers.append(row.number or 0)
            fields.append(row.actual_columns)
            return "skip"

        places = range(len(self._names)) if self._keep_original else self._place.values()
        few = {self._place.get(ALERT_CODE), self._place.get(RECIPIENT)}
        table = pv.read_csv(
            pa.BufferReader(pa.py_buffer(text)),  # type: ignore[arg-type]
            pv.ReadOptions(
                use_threads=False,
                block_size=len(text) + 1,
                column_names=[str(place) for place in range(len(self._names))],
            ),
            pv.ParseOptions(
                delimiter=self._text.heading.delimiter,
                newlines_in_values=block.is_quoting,
                invalid_row_handler=note,
            ),
            pv.ConvertOptions(
                include_columns=[str(place) for place in places],
                column_types={str(place): _FEW_VALUES if place in few else pa.binary() for place in places},
                strings_can_be_null=False,
                check_utf8=False,
            ),
        )
        columns = {name: _one_chunk(table.column(name)) for name in table.column_names}
        received_at = read_received_at(
            columns[str(self._place[RECEIVED_AT])], is_whole_numbers=self._is_whole_numbers
        )
        recipient = self._place.get(RECIPIENT)
        return _ParsedBlock(
            block,
            block.count_lines(),
            received_at,
            read_device_id(columns[str(self._place[DEVICE_ID])]),
            read_alert_code(columns[str(self._place[ALERT_CODE])]),
            None if recipient is None else read_recipient(columns[str(recipient)]),
            self._original(columns, received_at.values) if self._keep_original else None,
            np.array(numbers, np.int64) - 1,
            np.array(fields, np.int64),
        )

    def _original(self, columns: Mapping[str, ArrowArray], at: NDArray[np.int64]) -> pa.Table:
        kept = [
            pa.array(at).cast(INSTANT_TYPE) if name == RECEIVED_AT else _as_text(columns[str(place)])
            for place, name in enumerate(self._kept_names)
        ]
        return pa.table(kept, schema=self.schema)

    def _rows(self, parsed: _ParsedBlock, first_line: int) -> ReadRows:
        block, count = parsed.block, len(parsed.received_at.values)
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []

        def places() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
            """Where each record starts, on which line, and which record each row is; found out once."""
            if not found:
                data = np.frombuffer(block.text(), np.uint8)
                starts, lines = record_starts(data, ord(self._text.heading.delimiter))
                records = np.delete(np.arange(len(starts) - 1), parsed.misshapen)
                assert len(records) == count
                found.append((starts, lines + first_line, records))
            return found[0]

        def text_of_record(record: int) -> str:
            starts = places()[0]
            return (
                bytes(block.text()[starts[record] : starts[record + 1]])
                .decode("utf-8", "replace")
                .rstrip("\r\n")
            )

        def misshapen() -> Iterator[BadRow]:
            expected = len(self._names)
            for record, fields in zip(parsed.misshapen.tolist(), parsed.fields.tolist(), strict=True):
                reason = f"has {fields} field{'s' * (fields != 1)} where the header has {expected}"
                yield int(places()[1][record]), reason, text_of_record(record)

        return ReadRows(
            parsed.received_at,
            parsed.device_id,
            parsed.alert_code,
            parsed.recipient,
            first_line,
            is_line_by_line=count == parsed.lines,
            lines=lambda: places()[1][places()[2]],
            text_of=lambda row: text_of_record(int(places()[2][row])),
            misshapen=misshapen,
            original=parsed.original,
            progress=block.progress,
        )

    def _refuse_rows_without_header(self, sample: Mapping[str, Sequence[object]]) -> None:
        if first_instant_of(list(sample)) is not None and not has_whole_numbers(list(sample)):
            raise InputError(
                Fault(
                    f"{self.path}, line 1",
                    "is an Alert where the names of the columns should be",
                    "Add a first line: received_at,device_id,alert_code,recipient",
                )
            )


def _one_chunk(column: ArrowArray) -> ArrowArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _as_text(values: ArrowArray) -> ArrowArray:
    if pa.types.is_dictionary(values.type):
        return pa.DictionaryArray.from_arrays(values.indices, _as_text(values.dictionary))
    return values.cast(pa.string())


def _mended(block: Block) -> Block:
    """A block whose bytes that are no UTF-8 are replacement characters; its fields and lines are the same."""
    if block.buffer.isascii():
        return block
    try:
        str(block.text(), "utf-8")
    except UnicodeDecodeError:
        text = bytearray(str(block.text(), "utf-8", "replace"), "utf-8")
        return replace(block, buffer=text, start=0, end=len(text))
    return block
