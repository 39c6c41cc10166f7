"""Rows of Arrow columns, whatever they came in: which columns are ours, and how each is read.

Columns of few values stay dictionaries: a code is read once per value, not once
per row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from tidegate.tables.alert_columns import (
    ArrowArray,
    can_read,
    read_alert_code,
    read_device_id,
    read_received_at,
    read_recipient,
)
from tidegate.tables.alert_rows import AlertRows
from tidegate.tables.columns import (
    ALERT_CODE,
    DEVICE_ID,
    RECEIVED_AT,
    RECIPIENT,
    find_columns,
    names_in_decisions,
    refuse_wrong_types,
)
from tidegate.tables.first_rows import are_microseconds, first_instant_of
from tidegate.tables.given_rows import GivenRows
from tidegate.tables.typed_file import sampled

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
        self.sample = {
            name: _first_values(first_rows.column(place)) for place, name in enumerate(schema.names)
        }
        self.columns = find_columns(where, schema.names, mapping, self.sample)
        types = {field.name: field.type for field in schema}
        refuse_wrong_types(where, types, self.columns.mapping, _wanted_instead)
        instant = self.columns.mapping[RECEIVED_AT]
        self._is_whole_numbers = are_microseconds(f"{where}: {instant}", self.sample[instant])
        self.first_instant = first_instant_of(self.sample[instant])
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

    def read(self, batch: pa.RecordBatch, done: int, rows_in_all: int) -> AlertRows:
        """Some rows, of which so many stood before them."""
        named: dict[str, ArrowArray] = {
            ours: batch.column(name) for ours, name in self.columns.mapping.items()
        }
        recipient = named.get(RECIPIENT)
        progress = (done + batch.num_rows) / rows_in_all
        return AlertRows(
            GivenRows(batch.num_rows, done + 1, None, list(named.values()), progress),
            read_received_at(named[RECEIVED_AT], is_whole_numbers=self._is_whole_numbers),
            read_device_id(named[DEVICE_ID]),
            read_alert_code(named[ALERT_CODE]),
            None if recipient is None else read_recipient(recipient),
            pa.Table.from_batches([batch]).rename_columns(self._kept_names) if self._keep_original else None,
        )


def _wanted_instead(ours: str, kind: pa.DataType) -> str:
    return "" if can_read(ours, kind) else _WANTED[ours]


def _first_values(values: ArrowArray) -> list[Any]:
    """Values a guess can be made from; columns of what no column of ours can be give none."""
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    is_ours = can_read(DEVICE_ID, kind) or can_read(ALERT_CODE, kind)
    return sampled(values) if is_ours or pa.types.is_timestamp(kind) else []
