"""Problems and their Devices as tables: problems.parquet, problem_devices.parquet and the same as CSV.

Column names are those of docs/reference/problems.md. What was not compared or
is not known is empty; a ratio to a rest of the fleet that is silent is empty
too, for no number says it.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pv
from pyarrow import parquet

from tidegate import __version__
from tidegate.alert_storm.members import Members
from tidegate.alert_storm.problems import Problems
from tidegate.columnar.inventory import Attribute
from tidegate.columnar.text import DEVICE_ID_WIDTH, format_device_ids
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.reports.problems import ROW_COLUMNS, ProblemRow, rows_of
from tidegate.vocabulary.instants import format_instant

_INSTANT = pa.timestamp("us", tz="UTC")
_WHOLE: Final = ("devices", "installed", "storms", "alerts", "throttled")
_COMPARED: Final = ("rate", "rest", "ratio", "p_value")
_INSTANTS: Final = ("first_seen", "last_seen")

_TYPES: Final = {
    **dict.fromkeys(_WHOLE, pa.int64()),
    **dict.fromkeys(_COMPARED, pa.float64()),
    **dict.fromkeys(_INSTANTS, _INSTANT),
}

_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field(name, _TYPES.get(name, pa.string()), nullable=name in _COMPARED) for name in ROW_COLUMNS
]

SCHEMA: Final = pa.schema(_FIELDS)
"""Of problems.parquet."""

OF_DEVICES: Final = ("device_type", "manufacturer", "model", "firmware", "csp_region")
"""What is told of each Device."""

_DEVICE_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field("problem_id", pa.string(), nullable=False),
    pa.field("device_id", pa.string(), nullable=False),
    *(pa.field(name, pa.string()) for name in OF_DEVICES),
    pa.field("responsible", pa.string()),
    *(pa.field(name, pa.int64(), nullable=False) for name in ("storms", "alerts", "throttled")),
    *(pa.field(name, _INSTANT, nullable=False) for name in _INSTANTS),
]

DEVICE_SCHEMA: Final = pa.schema(_DEVICE_FIELDS)
"""Of problem_devices.parquet; what an Inventory does not say is null."""

ROWS_AT_ONCE: Final = 200_000


def write_problems_parquet(problems: Problems, path: Path) -> None:
    """Write a row for each problem, the one with most Alerts first."""
    table = problems_table(problems).replace_schema_metadata(_about(problems))
    parquet.write_table(table, path, compression="zstd")


def problems_table(problems: Problems) -> pa.Table:
    """A row for each problem as an Arrow table: problems.parquet, in memory."""
    rows = rows_of(problems)
    return pa.table({name: [_value(row, name) for row in rows] for name in ROW_COLUMNS}, schema=SCHEMA)


def problem_devices_table(problems: Problems) -> pa.Table:
    """A row for each Device of each problem as an Arrow table: problem_devices.parquet, in memory."""
    parts = [table.cast(DEVICE_SCHEMA) for table in _device_tables(problems)]
    return pa.concat_tables([DEVICE_SCHEMA.empty_table(), *parts])


def write_problems_csv(problems: Problems, path: Path) -> None:
    """Write the same as CSV: UTF-8, RFC 4180, instants in ISO 8601, nothing that a spreadsheet would run."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(ROW_COLUMNS)
        for row in rows_of(problems):
            writer.writerow([_cell(_value(row, name), is_instant=name in _INSTANTS) for name in ROW_COLUMNS])


def write_problem_devices_parquet(problems: Problems, path: Path) -> None:
    """Write a row for each Device of each problem, sorted by problem, then Device."""
    schema = DEVICE_SCHEMA.with_metadata(_about(problems))
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        for table in _device_tables(problems):
            writer.write_table(table.cast(schema))


def write_problem_devices_csv(problems: Problems, path: Path) -> None:
    """Write the same as CSV, column by column: there may be millions."""
    names = DEVICE_SCHEMA.names
    with path.open("wb") as file:
        file.write((",".join(names) + "\n").encode())
        options = pv.WriteOptions(include_header=False, quoting_style="needed")
        for table in _device_tables(problems, as_text):
            for name in _INSTANTS:
                # Arrow writes a blank before the time of day; ISO 8601 has a T. (strftime would be slower.)
                spaced = table[name].cast(pa.string())
                written = pc.utf8_replace_slice(spaced, start=10, stop=11, replacement="T")
                table = table.set_column(names.index(name), name, written)  # noqa: PLW2901 - column by column
            pv.write_csv(table, file, options)


def device_ids_as_text(device_ids: Any) -> Any:
    """EUI-64s as an Arrow column of text, without a Python object for each."""
    text = format_device_ids(np.ascontiguousarray(device_ids, np.uint64))
    offsets = np.arange(len(device_ids) + 1, dtype=np.int32) * DEVICE_ID_WIDTH
    return pa.StringArray.from_buffers(len(device_ids), pa.py_buffer(offsets.data), pa.py_buffer(text.data))


def _device_tables(problems: Problems, told: Callable[[str], str] = str) -> Iterator[Any]:
    """All Devices, a table at a time; `told` is how a text of the input is written."""
    members = problems.members
    ids = [problem.problem_id for problem in problems.problems]
    for start in range(0, len(members), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        columns = [
            _texts(members.problem[rows], ids),
            device_ids_as_text(members.device_id[rows]),
            *(_known(members, name, rows, told) for name in OF_DEVICES),
            _texts(members.responsible.places[rows], [told(text) for text in members.responsible.texts]),
            members.storms[rows],
            members.alerts[rows],
            members.throttled[rows],
            pa.array(members.first_seen[rows], _INSTANT),
            pa.array(members.last_seen[rows], _INSTANT),
        ]
        yield pa.table(columns, names=DEVICE_SCHEMA.names)


def _known(members: Members, name: str, rows: slice, told: Callable[[str], str]) -> Any:
    attribute: Attribute | None = members.devices_are.get(name)
    if attribute is None:
        return pa.nulls(len(members.device_id[rows]), pa.string())
    return _texts(attribute.places[rows], [told(text) for text in attribute.texts])


def _texts(places: Any, texts: Sequence[str]) -> Any:
    """Text by its place; what is empty is null."""
    dictionary = pa.array([text or None for text in texts], pa.string())
    return dictionary.take(pa.array(places))


def _value(row: ProblemRow, name: str) -> Any:
    value = getattr(row, name)
    is_compared = bool(row.manufacturer or row.model or row.firmware)
    if name in _COMPARED and (not is_compared or not math.isfinite(value)):
        return None
    return value


def _cell(value: Any, *, is_instant: bool) -> Any:
    if value is None:
        return ""
    if is_instant:
        return format_instant(value)
    return as_text(value) if isinstance(value, str) else value


def _about(problems: Problems) -> dict[str, str]:
    return {
        "tidegate": __version__,
        "log_ends": format_instant(problems.until),
        "silent_for_us": str(problems.silent_for),
    }
