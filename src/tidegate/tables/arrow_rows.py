"""Rows of Arrow columns, whatever they came in: which columns are ours, and how each is read.

Columns of few values stay dictionaries: a code is read once per value, not once
per row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tidegate.tables.alert_columns import (
    ArrowArray,
    can_read,
    read_alert_code,
    read_device_id,
    read_received_at,
    read_recipient,
    shown,
)
from tidegate.tables.columns import (
    ALERT_CODE,
    DEVICE_ID,
    OUR_NAMES,
    RECEIVED_AT,
    RECIPIENT,
    find_columns,
    names_in_decisions,
)
from tidegate.tables.first_rows import first_instant_of, has_whole_numbers, refuse_wrong_units
from tidegate.tables.rows import ReadRows
from tidegate.vocabulary.faults import Fault, InputError

_WANTED: Final = {
    RECEIVED_AT: "a timestamp, int64 microseconds, or text",
    DEVICE_ID: "uint64, int64, or text",
    ALERT_CODE: "text or an integer",
    RECIPIENT: "text or uint64",
}


class ArrowRows:
    """How the rows of one table are read.

    sample:         The first rows, for whoever looks at instants.
    columns:        Which columns mean what.
    schema:         All columns, ours under our names, as they are kept beside decisions.
    first_instant:  Of the first rows; None where none is an instant.

    Raises:
        InputError: the columns cannot be told, or are of a wrong type.
    """

    def __init__(
        self,
        where: str,
        schema: pa.Schema,
        first_rows: Any,
        mapping: Mapping[str, str],
        *,
        keep_original: bool,
    ) -> None:
        self.sample = {name: _sampled(first_rows.column(place)) for place, name in enumerate(schema.names)}
        self.columns = find_columns(where, schema.names, mapping, self.sample)
        self._refuse_wrong_types(where, schema)
        instants = self.sample[self.columns.mapping[RECEIVED_AT]]
        refuse_wrong_units(f"{where}: {self.columns.mapping[RECEIVED_AT]}", instants)
        self.first_instant = first_instant_of(instants)
        self._is_whole_numbers = has_whole_numbers(instants)
        self._keep_original = keep_original
        self._kept_names = names_in_decisions(schema.names, self.columns.mapping)
        fields = zip(schema, self._kept_names, strict=True)
        self.schema = pa.schema([field.with_name(name).remove_metadata() for field, name in fields])
        self.text_columns = [
            name
            for ours, name in self.columns.mapping.items()
            if ours in (ALERT_CODE, RECIPIENT) and pa.types.is_string(schema.field(name).type)
        ]

    @property
    def needed(self) -> list[str] | None:
        """The columns to read; None: all."""
        return None if self._keep_original else list(self.columns.mapping.values())

    def read(self, batch: pa.RecordBatch, done: int, rows_in_all: int) -> ReadRows:
        """Some rows, of which so many stood before them."""
        named: dict[str, ArrowArray] = {
            ours: batch.column(name) for ours, name in self.columns.mapping.items()
        }
        recipient = named.get(RECIPIENT)
        return ReadRows(
            read_received_at(named[RECEIVED_AT], is_whole_numbers=self._is_whole_numbers),
            read_device_id(named[DEVICE_ID]),
            read_alert_code(named[ALERT_CODE]),
            None if recipient is None else read_recipient(recipient),
            done + 1,
            is_line_by_line=True,
            lines=lambda: np.arange(done + 1, done + 1 + batch.num_rows),
            text_of=lambda row: ", ".join(shown(each[row].as_py()) for each in named.values()),
            misshapen=lambda: iter(()),
            original=pa.Table.from_batches([batch]).rename_columns(self._kept_names)
            if self._keep_original
            else None,
            progress=(done + batch.num_rows) / rows_in_all,
        )

    def _refuse_wrong_types(self, where: str, schema: pa.Schema) -> None:
        faults = [
            Fault(
                f"{where}: {self.columns.mapping[ours]}",
                f"is {schema.field(self.columns.mapping[ours]).type}, and cannot be {ours}",
                f"Write it as {_WANTED[ours]}.",
            )
            for ours in OUR_NAMES
            if ours in self.columns.mapping
            and not can_read(ours, schema.field(self.columns.mapping[ours]).type)
        ]
        if faults:
            raise InputError(*faults)


def _sampled(values: ArrowArray) -> list[Any]:
    """Values a guess can be made from; columns of what no column of ours can be give none."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    elif not can_read(DEVICE_ID, values.type) and not can_read(ALERT_CODE, values.type):
        return []
    try:
        return list(values.to_pylist())
    except (ValueError, OverflowError):
        return []  # Instants outside the calendar: each row is judged when it is read.
