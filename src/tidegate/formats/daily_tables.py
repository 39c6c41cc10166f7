"""daily.csv, daily.xlsx and daily.json: the daily report for spreadsheets and programs.

`daily.csv` has a row for each code and day, of the longest life of the three: columns are only ever added.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tidegate import __version__
from tidegate.formats.health_picture import COLUMNS as HEALTH_COLUMNS
from tidegate.formats.reproduction import Reproduction
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.workbook import Cell, open_book, said_rows
from tidegate.reports.alarm_health import HealthSpell
from tidegate.reports.before_after import BeforeAfter
from tidegate.reports.daily import ChangeOfCode, CodeDay, Daily
from tidegate.reports.daily_findings import certainty_in_words, daily_verdict
from tidegate.vocabulary.alert_codes import format_alert_code, name_of
from tidegate.vocabulary.instants import HOUR, format_instant

CSV_COLUMNS: Final = (
    "day", "zone", "begins", "hours", "is_whole", "alert_code", "received", "delivered", "forwarded", "throttled",
    "excluded", "devices", "devices_stormed", "storms", "busiest_ten", "policy_version",
)  # fmt: skip
"""`busiest_ten` are Alerts of the ten busiest Devices of the day; `zone` says whose day it is."""

_CHANGE_COLUMNS: Final = (
    ("alert_code", 12), ("at_utc", 22), ("before", 20), ("after", 20), ("measure", 18), ("mean_before", 14),
    ("days_before", 12), ("least_before", 14), ("most_before", 14), ("mean_after", 14), ("days_after", 12),
    ("least_after", 14), ("most_after", 14), ("chance", 10), ("it is", 50),
)  # fmt: skip


def write_daily_csv(daily: Daily, path: Path) -> None:
    """Write a row for each code and day; UTF-8, RFC 4180."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(CSV_COLUMNS)
        for row in daily.rows:
            writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in _cells(daily, row)])


def write_daily_json(daily: Daily, path: Path, made: Reproduction | None = None) -> None:
    """Write the report as JSON in UTF-8."""
    text = json.dumps(daily_json(daily, made), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def daily_json(daily: Daily, made: Reproduction | None = None) -> dict[str, Any]:
    """The report as plain values. Keys are only ever added."""
    said = daily_verdict(daily)
    replayed = daily.replayed
    return {
        "tidegate": __version__,
        "source": replayed.source,
        "partial": replayed.is_partial,
        "completed": replayed.completed,
        "zone": str(daily.days),
        "policy_version": replayed.policy_version,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        "codes": {format_alert_code(code): name_of(code) for code in daily.codes},
        "rejected": replayed.rejected,
        "days": [dict(zip(CSV_COLUMNS, _cells(daily, row), strict=True)) for row in daily.rows],
        "changes": [_change_json(change) for change in daily.changes],
        "talkers": [
            {
                "alert_code": format_alert_code(it.alert_code),
                "device_id": it.device_id,
                "alerts": it.alerts,
                "days": it.days,
                "days_stormed": it.days_stormed,
                "product": it.product or None,
            }
            for it in daily.talkers
        ],
        "health": {
            "is_monthly": daily.health.is_monthly,
            "periods": [
                dict(zip(_HEALTH_KEYS, _health_cells(spell), strict=True)) for spell in daily.health.spells
            ],
            "recipients": [
                {
                    "recipient": it.recipient,
                    "line": it.line,
                    "middle": it.middle,
                    "most": it.most,
                    "in_flood": it.in_flood,
                }
                for it in daily.health.recipients
            ],
        },
        **({"reproduce": made.as_json()} if made is not None else {}),
    }


_HEALTH_KEYS: Final = (
    "period", "hours", "alerts_per_hour", "delivered_per_hour", "in_flood", "busiest_ten", "devices_in_storms", "stale",
)  # fmt: skip


def write_daily_xlsx(daily: Daily, path: Path, made: Reproduction | None = None) -> None:
    """Write the report as a workbook.

    Raises:
        OSError: it cannot be written.
    """
    with open_book(path, f"Daily report of {daily.replayed.source}", daily.replayed.last) as book:
        said = said_rows(daily_verdict(daily), "Found")
        book.table("Findings", [("what", 22), ("value", 60)], said)
        days = list(_sheet_rows(daily))
        book.table("Days", [(name, 16) for name in CSV_COLUMNS], days)
        changes = [row for change in daily.changes for row in _change_rows(change)]
        book.table("Before and after", _CHANGE_COLUMNS, changes)
        talkers = [
            (format_alert_code(it.alert_code), it.device_id, it.alerts, it.days, it.days_stormed, it.product)
            for it in daily.talkers
        ]
        names = [("alert_code", 12), ("device_id", 26), ("alerts", 12), ("days", 8), ("days_stormed", 14)]
        book.table("Top talkers", [*names, ("product", 30)], talkers)
        health = [_health_cells(spell) for spell in daily.health.spells]
        book.table("Alarm health", [(name, 20) for name in HEALTH_COLUMNS], health)
        about = [("tidegate", __version__), ("source", daily.replayed.source), ("days of", str(daily.days))]
        if made is not None:
            about.append(("command", made.command))
            about += [(f"SHA-256 of {it.name}", it.sha256 or it.why_not) for it in made.inputs]
        book.table("About", [("what", 30), ("value", 60)], about)


def _cells(daily: Daily, row: CodeDay) -> tuple[str | int | float | bool, ...]:
    totals = row.totals
    return (
        daily.days.date_of(row.begins),
        str(daily.days),
        format_instant(row.begins),
        (row.ends - row.begins) // HOUR,
        row.is_whole,
        format_alert_code(row.alert_code),
        row.received,
        row.delivered,
        totals.forwarded,
        totals.throttled,
        totals.excluded,
        row.devices,
        row.devices_stormed,
        row.storms,
        row.busiest,
        ", ".join(row.policies),
    )


def _sheet_rows(daily: Daily) -> Iterator[Sequence[Cell]]:
    for row in daily.rows:
        yield [("yes" if cell else "no") if isinstance(cell, bool) else cell for cell in _cells(daily, row)]


def _change_rows(change: ChangeOfCode) -> Iterator[Sequence[Cell | None]]:
    for name, found in change.measures.items():
        yield (
            format_alert_code(change.alert_code),
            format_instant(change.at),
            change.before,
            change.after,
            name,
            round(found.before.mean),
            found.before.days,
            found.before.least,
            found.before.most,
            round(found.after.mean),
            found.after.days,
            found.after.least,
            found.after.most,
            found.chance,
            certainty_in_words(found),
        )


def _change_json(change: ChangeOfCode) -> dict[str, Any]:
    def measure(found: BeforeAfter) -> dict[str, Any]:
        sides = {"before": found.before, "after": found.after}
        return {
            **{
                side: {"days": it.days, "mean": it.mean, "least": it.least, "most": it.most}
                for side, it in sides.items()
            },
            "chance": found.chance,
            "is_larger_than_chance": found.is_larger_than_chance,
        }

    return {
        "alert_code": format_alert_code(change.alert_code),
        "at": format_instant(change.at),
        "before": change.before or None,
        "after": change.after or None,
        "measures": {name: measure(found) for name, found in change.measures.items()},
    }


def _health_cells(spell: HealthSpell) -> tuple[str | int | float, ...]:
    return (
        spell.label,
        round(spell.hours),
        round(spell.received_an_hour),
        round(spell.delivered_an_hour),
        spell.in_flood,
        spell.busiest,
        round(spell.storming),
        spell.stale,
    )
