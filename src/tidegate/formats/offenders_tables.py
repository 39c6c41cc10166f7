"""offenders.csv, devices.csv, by_hour.csv, and the first two as Parquet: text as text, instants in UTC, nothing rounded.

The Devices are written a million at a time: those of a national murmur are many.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

from tidegate import __version__
from tidegate.alert_storm.causes import Cause
from tidegate.alert_storm.fleet import CHATTERING, Pattern
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute
from tidegate.columnar.text import DEVICE_ID_WIDTH, format_device_ids
from tidegate.formats.pseudonyms import Pseudonyms, pseudonymised
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.reports.offending import DevicesListed, Offending
from tidegate.reports.offending_rows import (
    FRACTION,
    HOUR_COLUMNS,
    INSTANT,
    OFFENDER_COLUMNS,
    TEXT,
    WHOLE,
    Cell,
    hour_rows,
    offender_rows,
)
from tidegate.reports.offending_words import codes_label
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import format_instant

ROWS_AT_ONCE: Final = 1_000_000

_INSTANT = pa.timestamp("us", tz="UTC")
_TYPES: Final[Mapping[str, Any]] = {
    TEXT: pa.string(),
    WHOLE: pa.int64(),
    FRACTION: pa.float64(),
    INSTANT: _INSTANT,
}

_DEVICE_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("cause", pa.int32(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("behind", pa.string(), nullable=False),
    pa.field("device_id", pa.string(), nullable=False),
    pa.field("alert_codes", pa.string(), nullable=False),
    pa.field("alerts", pa.int64(), nullable=False),
    pa.field("second_alerts", pa.int64(), nullable=False),
    pa.field("alerts_per_day", pa.float64(), nullable=False),
    pa.field("first_at", _INSTANT, nullable=False),
    pa.field("last_at", _INSTANT, nullable=False),
    pa.field("hours_active", pa.int64(), nullable=False),
    pa.field("pattern", pa.string(), nullable=False),
    pa.field("chatter_index", pa.float64(), nullable=False),
    pa.field("is_chattering", pa.bool_(), nullable=False),
    *(pa.field(name, pa.string()) for name in INVENTORY_COLUMNS),
]
DEVICES_SCHEMA: Final = pa.schema(_DEVICE_FIELDS)
"""devices.csv and devices.parquet; `cause` is the number of the cause in summary.json."""


def pseudonymised_offending(found: Offending, pseudonyms: Pseudonyms) -> Offending:
    """The same with a pseudonym for every Device; all else that may name one is withheld."""
    inventory = found.inventory
    return replace(
        found,
        replayed=pseudonymised(found.replayed, pseudonyms),
        inventory=None if inventory is None else replace(inventory, first_rejected="reason withheld"),
        devices=_hidden(found.devices, pseudonyms),
        loudest=_hidden(found.loudest, pseudonyms),
    )


def write_offenders_csv(found: Offending, path: Path) -> None:
    """Write offenders.csv."""
    _write_csv(_table(offender_rows(found), OFFENDER_COLUMNS), path)


def write_offenders_parquet(found: Offending, path: Path) -> None:
    """Write offenders.parquet."""
    parquet.write_table(
        _with_about(found, _table(offender_rows(found), OFFENDER_COLUMNS)), path, compression="zstd"
    )


def offenders_table(found: Offending) -> pa.Table:
    """A row for each group of Devices as an Arrow table: offenders.parquet, in memory."""
    return _table(offender_rows(found), OFFENDER_COLUMNS)


def devices_table(found: Offending) -> pa.Table:
    """A row for each Device of each cause as an Arrow table: devices.parquet, in memory."""
    return pa.concat_tables([DEVICES_SCHEMA.empty_table(), *device_tables(found)])


def write_hours_csv(found: Offending, path: Path) -> None:
    """Write by_hour.csv."""
    _write_csv(_table(hour_rows(found), HOUR_COLUMNS), path)


def write_devices(found: Offending, csv_path: Path, parquet_path: Path) -> None:
    """Write devices.csv and devices.parquet."""
    schema = DEVICES_SCHEMA.with_metadata(_about(found))
    shown = _as_shown(DEVICES_SCHEMA)
    with (
        parquet.ParquetWriter(parquet_path, schema, compression="zstd") as columns,
        csv.CSVWriter(csv_path, shown, write_options=csv.WriteOptions(quoting_style="needed")) as lines,
    ):
        for table in device_tables(found):
            columns.write_table(table.cast(schema))
            lines.write_table(_shown(table).cast(shown))


def device_tables(found: Offending, most: int = ROWS_AT_ONCE) -> Iterator[pa.Table]:
    """The Devices of every cause, some rows at a time."""
    for start in range(0, len(found.devices), most):
        yield _devices(found, slice(start, start + most))


def _devices(found: Offending, rows: slice) -> pa.Table:
    listed = found.devices
    part = listed.rows[rows]
    of_cause = listed.of_cause[rows]
    arrays = {
        "cause": pa.array(of_cause + 1, pa.int32()),
        "kind": _texts([cause.kind.value for cause in found.causes], of_cause),
        "behind": _texts([_behind(cause) for cause in found.causes], of_cause),
        "device_id": _device_ids(part["device_id"]),
        "alert_codes": _texts([codes_label(cause.alert_codes) for cause in found.causes], of_cause),
        "alerts_per_day": pa.array(part["alerts"] / np.maximum(part["days"], 1.0)),
        "pattern": _texts([pattern.name.lower() for pattern in Pattern], part["pattern"].astype(np.int32)),
        "is_chattering": pa.array(is_chattering(part)),
        "first_at": pa.array(part["first_at"].copy(), _INSTANT),
        "last_at": pa.array(part["last_at"].copy(), _INSTANT),
    }
    for name in ("alerts", "second_alerts", "hours_active", "chatter_index"):
        arrays[name] = pa.array(part[name].copy())
    for name in INVENTORY_COLUMNS:
        attribute = listed.attributes.get(name)
        arrays[name] = (
            pa.nulls(len(part), pa.string()) if attribute is None else _said(attribute, rows, len(part))
        )
    return pa.Table.from_arrays([arrays[field.name] for field in _DEVICE_FIELDS], schema=DEVICES_SCHEMA)


def is_chattering(rows: Any) -> Any:
    """Which Devices chatter: those whose pattern could be told, at the index from which one does."""
    return (rows["chatter_index"] >= CHATTERING) & (rows["pattern"] != int(Pattern.FEW))


def _behind(cause: Cause) -> str:
    return str(cause.product) if cause.is_named else "no product shown"


def _hidden(listed: DevicesListed, pseudonyms: Pseudonyms) -> DevicesListed:
    rows = listed.rows.copy()
    rows["device_id"] = pseudonyms.numbers_for(rows["device_id"])
    return replace(listed, rows=rows)


def _said(attribute: Attribute, rows: slice, count: int) -> Any:
    """What the Inventory says; null where it says nothing."""
    places = np.asarray(attribute.places[rows], np.int32)
    assert len(places) == count
    return _texts([text or None for text in attribute.texts], places)


def _texts(texts: Sequence[str | None], places: Any) -> Any:
    return pa.array(texts or [None], pa.string()).take(pa.array(places, pa.int32()))


def _device_ids(device_ids: Any) -> Any:
    text = format_device_ids(np.ascontiguousarray(device_ids, np.uint64))
    offsets = np.arange(len(device_ids) + 1, dtype=np.int32) * DEVICE_ID_WIDTH
    return pa.StringArray.from_buffers(len(device_ids), pa.py_buffer(offsets.data), pa.py_buffer(text.data))


def _table(rows: Iterable[Mapping[str, Cell]], columns: Mapping[str, str]) -> pa.Table:
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in columns.items()])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def _write_csv(table: pa.Table, path: Path) -> None:
    csv.write_csv(_shown(table).cast(_as_shown(table.schema)), path, csv.WriteOptions(quoting_style="needed"))


def _as_shown(schema: pa.Schema) -> pa.Schema:
    """Instants as ISO 8601 text, as every CSV here has them."""
    return pa.schema(
        [(field.name, pa.string() if field.type == _INSTANT else field.type) for field in schema]
    )


def _shown(table: pa.Table) -> pa.Table:
    """Text that no spreadsheet takes for a formula, and instants as text."""
    for place, field in enumerate(table.schema):
        column = table.column(place)
        if field.type == _INSTANT:
            values = [
                None if at is None else format_instant(at) for at in column.cast(pa.int64()).to_pylist()
            ]
            table = table.set_column(place, field.name, pa.array(values, pa.string()))
        elif field.type == pa.string():
            encoded = column.combine_chunks().dictionary_encode()
            texts = [None if text is None else as_text(text) for text in encoded.dictionary.to_pylist()]
            safe = pa.DictionaryArray.from_arrays(encoded.indices, pa.array(texts, pa.string()))
            table = table.set_column(place, field.name, safe.cast(pa.string()))
    return table


def _with_about(found: Offending, table: pa.Table) -> pa.Table:
    return table.replace_schema_metadata(_about(found))


def _about(found: Offending) -> dict[str, bytes]:
    about = {
        "tidegate": __version__,
        "source": found.replayed.source,
        "policy_version": found.replayed.policy_version,
        "code": "" if found.code is None else format_alert_code(found.code),
        "partial": str(found.replayed.is_partial).lower(),
    }
    return {name: value.encode("utf-8", "backslashreplace") for name, value in about.items()}
