"""sweep.csv, sweep.parquet, recommended.csv and sweep.xlsx: tidy tables, a row for each policy and code."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
from pyarrow import parquet

from tidegate import __version__
from tidegate.formats.report_html import parameter_rows
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.workbook import Cell, open_book, said_rows
from tidegate.reports.recommendation import Recommendation
from tidegate.reports.sweep_table import (
    RecommendedRecord,
    SweepRecord,
    recommended_records,
    sweep_records,
)
from tidegate.reports.sweep_verdict import sweep_verdict
from tidegate.reports.swept import Swept
from tidegate.vocabulary.instants import format_instant

_FLOATS: Final = (
    "delivered_share",
    "throttled_share",
    "storms_per_day",
    "minutes_to_detect",
    "forwarded_per_storm_hour",
)
_NULLABLE: Final = ("minutes_to_detect", "forwarded_per_storm_hour")
_TEXTS: Final = ("alert_code", "name", "window", "forward_at_least_every")
_FLAGS: Final = ("in_force", "recommended")
_DECIMALS: Final = 6
_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def _type_of(name: str) -> pa.DataType:
    if name in _FLOATS:
        return pa.float64()
    if name in _TEXTS:
        return pa.string()
    return pa.bool_() if name in _FLAGS else pa.int64()


SCHEMA: Final = pa.schema(
    [pa.field(name, _type_of(name), nullable=name in _NULLABLE) for name in SweepRecord._fields]
)
"""Of sweep.parquet."""


def write_sweep_csv(swept: Swept, recommended: Sequence[Recommendation], path: Path) -> None:
    """Write every policy and code: UTF-8, RFC 4180; what has no value is empty."""
    _write_csv(SweepRecord._fields, sweep_records(swept, recommended), path)


def write_recommended_csv(swept: Swept, recommended: Sequence[Recommendation], path: Path) -> None:
    """Write what is recommended for each code."""
    _write_csv(RecommendedRecord._fields, recommended_records(swept, recommended), path)


def write_sweep_parquet(swept: Swept, recommended: Sequence[Recommendation], path: Path) -> None:
    """Write every policy and code."""
    about = {
        "tidegate": __version__,
        "source": swept.source,
        "policy_version": swept.base.version,
        "partial": str(swept.is_partial).lower(),
    }
    metadata = {name: value.encode("utf-8", "backslashreplace") for name, value in about.items()}
    table = sweep_table(swept, recommended).replace_schema_metadata(metadata)
    parquet.write_table(table, path, compression="zstd")


def sweep_table(swept: Swept, recommended: Sequence[Recommendation]) -> pa.Table:
    """Every policy and code as an Arrow table: sweep.parquet, in memory."""
    columns: list[Sequence[Any]] = list(zip(*sweep_records(swept, recommended), strict=True))
    return pa.table(dict(zip(SweepRecord._fields, columns, strict=True)), schema=SCHEMA)


def write_sweep_xlsx(swept: Swept, recommended: Sequence[Recommendation], path: Path) -> None:
    """Write the workbook: verdict, what is recommended, every policy and code, and how it was asked.

    Raises:
        OSError: it cannot be written.
    """
    with open_book(path, f"Sweep over {swept.source}", swept.last) as book:
        partial = (
            [("PARTIAL", f"Interrupted after {int(100 * swept.completed)}%")] if swept.is_partial else []
        )
        said = [*partial, *said_rows(sweep_verdict(swept, recommended), "Verdict")]
        book.table("Verdict", [("what", 22), ("words", 60)], said)
        book.table(
            "Recommended",
            [
                (name, 60 if name == "reason" else max(12, len(name) + 2))
                for name in RecommendedRecord._fields
            ],
            [_cells(record) for record in recommended_records(swept, recommended)],
        )
        book.table(
            "Sweep",
            [(name, 30 if name == "name" else max(12, len(name) + 2)) for name in SweepRecord._fields],
            [_cells(record) for record in sweep_records(swept, recommended)],
        )
        book.table("About", [("what", 28), ("value", 60), ("note", 60)], _about(swept))


def _write_csv(names: Sequence[str], records: Iterable[tuple[Any, ...]], path: Path) -> None:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows([_written(cell) for cell in record] for record in records)


def _written(cell: object) -> object:
    if isinstance(cell, str):
        return as_text(cell)
    if isinstance(cell, bool):
        return str(cell).lower()
    return round(cell, _DECIMALS) if isinstance(cell, float) else cell


def _cells(record: SweepRecord | RecommendedRecord) -> list[Cell | None]:
    """As a workbook shows them: a float would be a share, so what is none is told in tenths as text."""
    cells: list[Cell | None] = []
    for name, cell in zip(record._fields, record, strict=True):
        if isinstance(cell, bool):
            cells.append("yes" if cell else "")
        elif isinstance(cell, float) and "share" not in name:
            cells.append(f"{cell:.1f}")
        else:
            cells.append(cell)
    return cells


def _about(swept: Swept) -> list[tuple[str, str, str]]:
    return [
        ("source", swept.source, ""),
        ("first Alert", "" if swept.first is None else format_instant(swept.first), ""),
        ("last Alert", "" if swept.last is None else format_instant(swept.last), ""),
        ("policy in force", swept.base.version, swept.base.note),
        *((f"  {row['codes']}", row["words"], row["reason"]) for row in parameter_rows(swept.base)),
        ("Inventory", swept.inventory, ""),
        ("policies swept", str(len(swept.points)), " ".join(one.name for one in swept.swept)),
        ("rows not used", str(swept.rejected), ""),
        ("tidegate", __version__, ""),
    ]
