"""comparison.csv, comparison.xlsx and summary.json of a comparison, and its storms: for spreadsheets and programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from tidegate import __version__
from tidegate.formats.comparison_page import totals_columns, totals_rows
from tidegate.formats.report_html import excluded_rows, parameter_rows, period_in_words
from tidegate.formats.reproduction import Reproduction
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.storms_parquet import write_storms
from tidegate.formats.summary_json import summary
from tidegate.formats.workbook import Cell, open_book, said_rows
from tidegate.reports.compared import Compared, ComparedRow, Outcome
from tidegate.reports.compared_findings import compared_verdict
from tidegate.reports.replayed import Replayed, Spells
from tidegate.vocabulary.instants import format_instant

COLUMNS: Final = (
    "policy", "level", "alert_code", "recipient", "received", "delivered", "forwarded", "throttled", "excluded",
    "storms", "devices_stormed",
)  # fmt: skip
"""Of comparison.csv. `level` says what a row sums up; add up rows of one level only. Columns are only ever added."""


def write_comparison_csv(compared: Compared, path: Path) -> None:
    """Write every row of the comparison; UTF-8, RFC 4180."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in compared.rows():
            writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in _cells(row)])


def comparison_table(compared: Compared) -> pa.Table:
    """Every row of the comparison as an Arrow table: comparison.csv, in memory."""
    columns: list[Any] = list(zip(*map(_cells, compared.rows()), strict=True)) or [()] * len(COLUMNS)
    types = [pa.string()] * 4 + [pa.int64()] * (len(COLUMNS) - 4)
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    return pa.table(arrays, names=list(COLUMNS))


def write_comparison_summary(compared: Compared, path: Path, made: Reproduction | None = None) -> None:
    """Write the summary as JSON in UTF-8."""
    text = json.dumps(comparison_summary(compared, made), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def comparison_summary(compared: Compared, made: Reproduction | None = None) -> dict[str, Any]:
    """The comparison as plain values. Keys are only ever added."""
    said, log = compared_verdict(compared), compared.log
    whole = summary(log)
    same = (
        "received",
        "rejected",
        "outside_period",
        "late",
        "first",
        "last",
        "columns",
        "rejected_by_reason",
    )
    return {
        "tidegate": __version__,
        "source": log.source,
        "partial": log.is_partial,
        "completed": log.completed,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        **{name: whole[name] for name in same},
        "days": compared.days,
        "alert_bytes": compared.alert_bytes,
        "inventory": None if log.inventory is None else asdict(log.inventory),
        "policies": [_outcome(outcome) for outcome in compared.outcomes],
        **({"reproduce": made.as_json()} if made is not None else {}),
    }


def write_compared_storms(compared: Compared, path: Path) -> None:
    """Write the storms of every policy into one file; `policy_version` tells them apart."""
    write_storms(all_storms(compared), path)


def all_storms(compared: Compared) -> Replayed:
    """A replay whose storms are those of all; those of a history name it before the version, as `policies/: 2`."""
    parts = [_told_apart(outcome) for outcome in compared.outcomes]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    number = np.repeat(np.arange(len(parts)), [len(part["device_id"]) for part in parts])
    order = np.lexsort((number, columns["device_id"], columns["started_at"]))
    return replace(
        compared.log,
        spells=Spells({name: column[order] for name, column in columns.items()}),
        in_force=[each for outcome in compared.outcomes for each in outcome.replayed.in_force],
    )


def write_comparison_xlsx(compared: Compared, path: Path, made: Reproduction | None = None) -> None:
    """Write the comparison as a workbook.

    Raises:
        OSError: it cannot be written.
    """
    with open_book(path, f"Policies over {compared.log.source}", compared.log.last) as book:
        said = said_rows(compared_verdict(compared), "Found")
        book.table("Findings", [("what", 22), ("value", 60)], said)
        totals = totals_rows(compared)
        book.table("Totals", [(name, 36) for name in totals_columns(compared)], totals)
        rows = list(compared.rows())
        for name, level in (
            ("Codes", "code"),
            ("Recipients", "recipient"),
            ("Codes by recipient", "code and recipient"),
        ):
            of_level = [_cells(row) for row in rows if row.level == level]
            book.table(name, [(column, 18) for column in COLUMNS], of_level)
        days = [
            (format_instant(day)[:10], outcome.name, t.received, t.forwarded + t.excluded, t.throttled)
            for outcome in compared.outcomes
            for day, t in outcome.days.items()
        ]
        names = [("day_utc", 12), ("policy", 24), ("received", 14), ("delivered", 14), ("throttled", 14)]
        book.table("Days", names, days)
        about = _about(compared, made)
        book.table("About", [("policy", 24), ("what", 30), ("value", 60), ("why", 60)], about)


def _cells(row: ComparedRow) -> tuple[str | int, ...]:
    t = row.totals
    return (
        row.policy,
        row.level,
        row.alert_code,
        row.recipient,
        t.received,
        t.forwarded + t.excluded,
        t.forwarded,
        t.throttled,
        t.excluded,
        row.storms,
        row.devices_stormed,
    )


def _outcome(outcome: Outcome) -> dict[str, Any]:
    kept = (
        "forwarded", "throttled", "excluded", "storms", "devices_stormed", "policy_version", "by_code",
        "by_recipient", "in_force",
    )  # fmt: skip
    whole = summary(outcome.replayed)
    return {
        "name": outcome.name,
        "delivered": outcome.delivered,
        **{name: whole[name] for name in kept},
        "time_to_detect_us": outcome.time_to_detect,
        "device_days": outcome.device_days,
        "days": {
            format_instant(day)[:10]: {"received": t.received, "throttled": t.throttled}
            for day, t in outcome.days.items()
        },
    }


def _told_apart(outcome: Outcome) -> dict[str, Any]:
    columns = dict(outcome.replayed.storms.columns)
    versions = columns["policy_version"]
    prefixed = [
        version if version == outcome.name else f"{outcome.name}: {version}" for version in versions.tolist()
    ]
    columns["policy_version"] = np.array([*prefixed, None], object)[:-1]
    return columns


def _about(compared: Compared, made: Reproduction | None) -> Sequence[Sequence[Cell | None]]:
    rows: list[Sequence[Cell | None]] = [
        ("", "tidegate", __version__, ""),
        ("", "source", compared.log.source, ""),
        ("", "period", period_in_words(compared.log), "receipt instants, UTC"),
        ("", "bytes of an Alert", compared.alert_bytes, "" if compared.is_size_given else "illustrative"),
    ]
    for outcome in compared.outcomes:
        for each in outcome.replayed.in_force:
            rows += [
                (outcome.name, f"{each.policy.version}: {row['codes']}", row["words"], row["reason"])
                for row in parameter_rows(each.policy)
            ]
            rows += [
                (
                    outcome.name,
                    f"{each.policy.version}: excluded",
                    f"{row['code']} {row['name']}",
                    row["reason"],
                )
                for row in excluded_rows(each.policy)
            ]
    if made is not None:
        rows.append(("", "command", made.command, ""))
        rows += [("", f"SHA-256 of {it.name}", it.sha256 or it.why_not, "") for it in made.inputs]
    return rows
