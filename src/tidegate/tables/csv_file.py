"""Alerts from one file of delimited text.

Blocks of whole records are parsed in two threads, a few ahead of whoever reads;
what becomes of their rows is decided here in the file's order, so the answer
does not depend on the threads.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.batches import ReadBatch, Recipients
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
from tidegate.tables.parsed_block import ParsedBlock, parse_block
from tidegate.tables.read_ahead import map_ahead
from tidegate.tables.rows import ReadRows, RowJudge
from tidegate.tables.text_file import Block, TextFile
from tidegate.vocabulary.faults import Fault, InputError

INSTANT_TYPE = pa.timestamp("us", "UTC")
_FEW_TEXTS = pa.dictionary(pa.int32(), pa.string())


@dataclass(frozen=True, slots=True)
class _AlertBlock:
    """A block, and its columns that are ours."""

    parsed: ParsedBlock
    received_at: ReadColumn
    device_id: ReadColumn
    alert_code: ReadColumn
    recipient: NamedColumn | None
    original: pa.Table | None


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
        for block in map_ahead(self._parse, self._text.blocks()):
            yield from judge.judge(_rows(block, line))
            line += block.parsed.lines
            self.is_zoned = None if judge.zone is None else judge.zone == ZONED

    def _kept_type(self, name: str) -> pa.DataType:
        if name == RECEIVED_AT:
            return INSTANT_TYPE
        return _FEW_TEXTS if name in (ALERT_CODE, RECIPIENT) else pa.string()

    def _parse(self, block: Block) -> _AlertBlock:
        """Parse one block; called in a thread."""
        places = range(len(self._names)) if self._keep_original else self._place.values()
        few = (self._place.get(ALERT_CODE), self._place.get(RECIPIENT))
        parsed = parse_block(block, self._text.heading, places, few)
        columns = parsed.columns
        received_at = read_received_at(
            columns[self._place[RECEIVED_AT]], is_whole_numbers=self._is_whole_numbers
        )
        recipient = self._place.get(RECIPIENT)
        return _AlertBlock(
            parsed,
            received_at,
            read_device_id(columns[self._place[DEVICE_ID]]),
            read_alert_code(columns[self._place[ALERT_CODE]]),
            None if recipient is None else read_recipient(columns[recipient]),
            self._original(columns, received_at.values) if self._keep_original else None,
        )

    def _original(self, columns: Mapping[int, ArrowArray], at: NDArray[np.int64]) -> pa.Table:
        kept = [
            pa.array(at).cast(INSTANT_TYPE) if name == RECEIVED_AT else _as_text(columns[place])
            for place, name in enumerate(self._kept_names)
        ]
        return pa.table(kept, schema=self.schema)

    def _refuse_rows_without_header(self, sample: Mapping[str, Sequence[object]]) -> None:
        if first_instant_of(list(sample)) is not None and not has_whole_numbers(list(sample)):
            raise InputError(
                Fault(
                    f"{self.path}, line 1",
                    "is an Alert where the names of the columns should be",
                    "Add a first line: received_at,device_id,alert_code,recipient",
                )
            )


def _rows(block: _AlertBlock, first_line: int) -> ReadRows:
    parsed = block.parsed
    return ReadRows(
        block.received_at,
        block.device_id,
        block.alert_code,
        block.recipient,
        first_line,
        is_line_by_line=parsed.is_line_by_line,
        lines=lambda: parsed.lines_of_rows(first_line),
        text_of=parsed.text_of,
        misshapen=lambda: parsed.misshapen_rows(first_line),
        original=block.original,
        progress=parsed.block.progress,
    )


def _as_text(values: ArrowArray) -> ArrowArray:
    if pa.types.is_dictionary(values.type):
        return pa.DictionaryArray.from_arrays(values.indices, _as_text(values.dictionary))
    return values.cast(pa.string())
