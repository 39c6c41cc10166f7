"""storms.parquet and amber.parquet: one row for each Alert Storm, or for each amber spell.

Sorted by start, then stream. Written a million rows at a time and column by
column: a national month has millions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tidegate import __version__
from tidegate.alert_storm.decision import Level
from tidegate.columnar.batches import DeviceIds
from tidegate.columnar.inventory import INVENTORY_COLUMNS
from tidegate.columnar.text import DEVICE_ID_WIDTH, format_device_ids
from tidegate.reports.replayed import PROBLEM_ID, Replayed, Spells
from tidegate.reports.storm_streams import RUNNING

_INSTANT = pa.timestamp("us", tz="UTC")

_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("device_id", pa.string(), nullable=False),
    pa.field("alert_code", pa.string(), nullable=False),
    pa.field("recipient", pa.string(), nullable=False),
    pa.field("level", pa.string(), nullable=False),
    pa.field("started_at", _INSTANT, nullable=False),
    pa.field("ended_at", _INSTANT),
    pa.field("received", pa.int64(), nullable=False),
    pa.field("forwarded", pa.int64(), nullable=False),
    pa.field("throttled", pa.int64(), nullable=False),
    pa.field("peak_count", pa.int64(), nullable=False),
    pa.field("policy_version", pa.string(), nullable=False),
]

SCHEMA: Final = pa.schema(_FIELDS)
"""`ended_at` is null while the storm runs at the end of the log. With an Inventory its columns follow, and PROBLEM_ID."""

ROWS_AT_ONCE: Final = 1_000_000


def write_storms(replayed: Replayed, path: Path) -> None:
    """Write the Alert Storms; a file without rows when there was none."""
    _write(replayed, replayed.storms, path)


def write_amber(replayed: Replayed, path: Path) -> bool:
    """Write the amber spells, if there are any; says whether it wrote."""
    amber = replayed.spells.at_level(Level.AMBER)
    if len(amber):
        _write(replayed, amber, path)
    return len(amber) > 0


def _write(replayed: Replayed, spells: Spells, path: Path) -> None:
    about = {
        "tidegate": __version__,
        "source": replayed.source,
        "policy_version": replayed.policy_version,
        "partial": str(replayed.is_partial).lower(),
    }
    metadata = {name: value.encode("utf-8", "backslashreplace") for name, value in about.items()}
    schema = _schema_of(spells)
    with parquet.ParquetWriter(path, schema.with_metadata(metadata), compression="zstd") as writer:
        for start in range(0, len(spells), ROWS_AT_ONCE):
            writer.write_table(_table(spells, slice(start, start + ROWS_AT_ONCE), schema))


def spells_table(spells: Spells) -> pa.Table:
    """Storms or amber spells as an Arrow table: the file, in memory."""
    return _table(spells, slice(None), _schema_of(spells))


def _schema_of(spells: Spells) -> pa.Schema:
    known = [
        pa.field(name, pa.string()) for name in (*INVENTORY_COLUMNS, PROBLEM_ID) if name in spells.columns
    ]
    return pa.schema([*_FIELDS, *known])


def _table(spells: Spells, rows: slice, schema: pa.Schema) -> pa.Table:
    columns = {name: column[rows] for name, column in spells.columns.items()}
    levels = np.where(columns["level"] == int(Level.RED), "red", "amber")
    arrays = {
        **columns,
        "device_id": _device_ids(columns["device_id"]),
        "level": pa.array(levels.astype(object), pa.string()),
        "started_at": pa.array(columns["started_at"], _INSTANT),
        "ended_at": pa.array(columns["ended_at"], _INSTANT, mask=columns["ended_at"] == RUNNING),
    }
    return pa.Table.from_arrays(
        [
            values if isinstance(values, pa.Array) else pa.array(values, field.type)
            for field, values in ((field, arrays[field.name]) for field in schema)
        ],
        schema=schema,
    )


def _device_ids(device_ids: DeviceIds) -> Any:
    """EUI-64s as an Arrow column of text, without a Python object for each."""
    text = format_device_ids(np.ascontiguousarray(device_ids, np.uint64))
    offsets = np.arange(len(device_ids) + 1, dtype=np.int32) * DEVICE_ID_WIDTH
    return pa.StringArray.from_buffers(len(device_ids), pa.py_buffer(offsets.data), pa.py_buffer(text.data))
