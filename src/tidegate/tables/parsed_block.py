"""A block of delimited text as Arrow columns, with where each row stands in it.

What is not a whole record (another number of fields than the header has) is
left out of the columns and remembered with its place; nothing is lost.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
from numpy.typing import NDArray

from tidegate.columnar.records import record_starts
from tidegate.tables.alert_columns import ArrowArray
from tidegate.tables.bad_rows import BadRow
from tidegate.tables.text_file import Block, TextHeading

_FEW_VALUES = pa.dictionary(pa.int32(), pa.binary())


@dataclass(frozen=True)
class ParsedBlock:
    """One block's columns, by their place in the header.

    columns:    Of bytes, each one chunk; dictionaries where few values were foretold.
    rows:       How many rows the columns have.
    lines:      How many lines the block is.
    misshapen:  Records with another number of fields; `fields` is how many they have.
    """

    block: Block
    heading: TextHeading
    columns: Mapping[int, ArrowArray]
    rows: int
    lines: int
    misshapen: NDArray[np.int64]
    fields: NDArray[np.int64]

    @property
    def is_line_by_line(self) -> bool:
        """Whether each line is one row: then nothing needs looking for."""
        return self.rows == self.lines

    def lines_of_rows(self, first_line: int) -> NDArray[np.int64]:
        """The line of each row; the block begins at `first_line` of the file."""
        _, lines, records = self._places
        return lines[records] + first_line

    def text_of(self, row: int) -> str:
        """A row as it stands in the file."""
        return self._text_of_record(int(self._places[2][row]))

    def misshapen_rows(self, first_line: int) -> Iterator[BadRow]:
        """Records with too many fields or too few: line, reason, text."""
        expected = len(self.heading.names)
        for record, fields in zip(self.misshapen.tolist(), self.fields.tolist(), strict=True):
            reason = f"has {fields} field{'s' * (fields != 1)} where the header has {expected}"
            yield int(self._places[1][record]) + first_line, reason, self._text_of_record(record)

    @cached_property
    def _places(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Where each record starts, on which line from 0, and which record each row is; found out once."""
        data = np.frombuffer(self.block.text(), np.uint8)
        starts, lines = record_starts(data, ord(self.heading.delimiter))
        records = np.delete(np.arange(len(starts) - 1), self.misshapen)
        assert len(records) == self.rows
        return starts, lines, records

    def _text_of_record(self, record: int) -> str:
        starts = self._places[0]
        text = bytes(self.block.text()[starts[record] : starts[record + 1]])
        return text.decode("utf-8", "replace").rstrip("\r\n")


def parse_block(
    block: Block, heading: TextHeading, places: Collection[int], few: Collection[int | None]
) -> ParsedBlock:
    """Parse one block; may be called in a thread.

    Args:
        block:    Whole records.
        heading:  What the file's head says.
        places:   The columns wanted, by their place in the header.
        few:      Those of them in which the same values come again and again.
    """
    block = _mended(block)
    text = block.text()
    numbers, fields = array("q"), array("q")

    def note(row: pv.InvalidRow) -> Literal["skip", "error"]:
        numbers.append(row.number or 0)
        fields.append(row.actual_columns)
        return "skip"

    table = pv.read_csv(
        pa.BufferReader(pa.py_buffer(text)),  # type: ignore[arg-type]
        pv.ReadOptions(
            use_threads=False,
            block_size=len(text) + 1,
            column_names=[str(place) for place in range(len(heading.names))],
        ),
        pv.ParseOptions(
            delimiter=heading.delimiter,
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
    return ParsedBlock(
        block,
        heading,
        {place: _one_chunk(table.column(str(place))) for place in places},
        table.num_rows,
        block.count_lines(),
        np.array(numbers, np.int64) - 1,
        np.array(fields, np.int64),
    )


def _one_chunk(column: ArrowArray) -> ArrowArray:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


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
