"""offenders.xlsx: the verdict, who offends, the causes, their Devices and hours as a workbook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from tidegate import __version__
from tidegate.alert_storm import causes, trials
from tidegate.alert_storm.fleet_activity import MURMUR_RATE
from tidegate.formats.offenders_tables import DEVICES_SCHEMA, device_tables
from tidegate.formats.report_html import period_in_words
from tidegate.formats.workbook import MOST_ROWS, Cell, Rate, open_book, said_rows
from tidegate.reports.offending import Offending
from tidegate.reports.offending_rows import (
    CAUSE_COLUMNS,
    HOUR_COLUMNS,
    INSTANT,
    OFFENDER_COLUMNS,
    TEXT,
    cause_rows,
    hour_rows,
    offender_rows,
)
from tidegate.reports.offending_words import offending_verdict
from tidegate.vocabulary.instants import SECOND, format_instant

MOST_DEVICES: Final = 100_000
"""Devices in the workbook, of the causes with most Alerts; a million would take over a minute to write."""

_IN_MEMORY: Final = 20_000
_SHARES: Final = frozenset(
    {"share_of_alerts", "cumulative_share", "share_of_installed", "stormed_share", "alternation_share"}
)


def write_offenders_xlsx(
    found: Offending, path: Path, *, most_rows: int = MOST_ROWS, most_devices: int = MOST_DEVICES
) -> None:
    """Write the workbook; what does not fit on a sheet is said on it.

    Raises:
        OSError: it cannot be written.
    """
    replayed = found.replayed
    is_long = min(len(found.devices), most_devices) > _IN_MEMORY
    title = f"Offenders of {replayed.source}"
    with open_book(path, title, replayed.last, most_rows=most_rows, is_long=is_long) as book:
        said = _said(found)
        book.table("Verdict", [("what", 22), ("words", 60)], said)
        rows = [_row(row, OFFENDER_COLUMNS) for row in offender_rows(found)]
        book.table("Offenders", _widths(OFFENDER_COLUMNS), rows, note="All are in offenders.csv.")
        of_causes = [_row(row, CAUSE_COLUMNS) for row in cause_rows(found)]
        book.table("Causes", _widths(CAUSE_COLUMNS), of_causes)
        book.table(
            "Devices",
            [(field.name, 26 if field.name == "device_id" else 16) for field in DEVICES_SCHEMA],
            _devices(found),
            count=len(found.devices),
            most=most_devices,
            note="All are in devices.csv and devices.parquet.",
        )
        hours = [_row(row, HOUR_COLUMNS) for row in hour_rows(found)]
        book.table("Hours", _widths(HOUR_COLUMNS), hours, note="All are in by_hour.csv.")
        about = _about(found)
        book.table("About", [("what", 34), ("value", 40), ("note", 60)], about)


def _said(found: Offending) -> list[tuple[str, str]]:
    completed = f"Interrupted after {int(100 * found.replayed.completed)}%"
    partial = [("PARTIAL", completed)] if found.replayed.is_partial else []
    return [*partial, *said_rows(offending_verdict(found), "Verdict")]


def _widths(columns: Mapping[str, str]) -> list[tuple[str, int]]:
    return [(name, max(12, len(name) + 2, 24 if kind == INSTANT else 0)) for name, kind in columns.items()]


def _row(row: Mapping[str, Cell | None], columns: Mapping[str, str]) -> list[Cell | None]:
    return [_cell(name, columns[name], row[name]) for name in columns]


def _cell(name: str, kind: str, value: Cell | None) -> Cell | None:
    if value is None or kind == TEXT:
        return value
    if kind == INSTANT:
        return format_instant(int(value))
    return Rate(value) if isinstance(value, float) and name not in _SHARES else value


def _devices(found: Offending) -> Iterator[Sequence[Cell | None]]:
    for table in device_tables(found, most=10_000):
        for row in table.to_pylist():
            yield [
                format_instant(int(value.timestamp()) * SECOND + value.microsecond)
                if isinstance(value, datetime)
                else "yes"
                if value is True
                else "no"
                if value is False
                else Rate(value)
                if isinstance(value, float)
                else value
                for value in row.values()
            ]


def _about(found: Offending) -> list[tuple[str, Cell, str]]:
    replayed = found.replayed
    rows: list[tuple[str, Cell, str]] = [
        ("made by", f"tidegate {__version__}", ""),
        ("source", replayed.source, ""),
        ("period", period_in_words(replayed), "receipt instants, UTC"),
        ("policy", replayed.policy_version, "decides who stormed"),
        ("comparisons", found.comparisons, "every p is for all of them together"),
        ("level", Rate(trials.LEVEL), "the chance of naming anyone where no product differs"),
        ("least ratio", Rate(trials.LEAST_RATIO), "to the rest of the Device type"),
        (
            "least Devices",
            trials.LEAST_DEVICES,
            f"that did not storm; {trials.LEAST_STORMED} that did",
        ),
        ("least excess", Rate(trials.LEAST_EXCESS), "Alerts per Device and day"),
        ("least share", trials.LEAST_SHARE, "of all Alerts, in excess"),
        ("murmur", Rate(MURMUR_RATE), "Alerts a day of a Device, from which it murmurs, of no product"),
        ("murmur Devices", causes.MURMUR_DEVICES, "that murmur so, of no product"),
    ]
    inventory = found.inventory
    if inventory is not None:
        rows += [
            ("Inventory", inventory.source, ""),
            ("rows", inventory.rows, ""),
            ("Devices", inventory.devices, ""),
            ("Devices not in it", inventory.missing, "that raised an Alert"),
            ("rows doubled", inventory.doubled, "the first counts"),
            ("rows not used", inventory.rejected, inventory.first_rejected),
        ]
    return rows
