"""comparison.csv, report.xlsx and summary.json of a simulation of Service Requests, for spreadsheets and programs."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from tidegate import __version__
from tidegate.formats.reproduction import Reproduction
from tidegate.formats.requests_simulated_page import TOTALS_COLUMNS, totals_rows
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.workbook import Cell, Rate, open_book, said_rows
from tidegate.reports.requests_simulated import ControlOutcome, RequestsSimulated, Tally
from tidegate.reports.requests_simulated_words import requests_verdict
from tidegate.vocabulary.instants import SECOND, format_instant

COLUMNS: Final = (
    "control", "capacity", "ask", "level", "name", "tasks", "done", "waiting", "stranded", "given_up", "sent", "answered",
    "refused", "refused_within_allocation", "refused_within_allocation_at_maximum", "unanswered",
    "unanswered_within_allocation", "met_outage", "median_seconds", "p95_seconds", "allocation", "entitled", "got",
)  # fmt: skip
"""Of comparison.csv. `level` says what a row sums up; add up rows of one level only. Columns are only ever added."""


def write_requests_csv(found: RequestsSimulated, path: Path) -> None:
    """Write every outcome in all, by stream and by User; UTF-8, RFC 4180."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in comparison_rows(found):
            writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])


def comparison_rows(found: RequestsSimulated) -> Iterator[tuple[str | int | float | None, ...]]:
    """The rows of comparison.csv."""
    for it in found.outcomes:
        head = (it.control.value, float(it.capacity), it.ask)
        yield (*head, "all", "", *_cells(it.total), None, None, None)
        for stream in it.streams:
            yield (*head, "stream", stream.name, *_cells(stream.tally), None, None, None)
        for user in it.users:
            tally = _cells(user.tally)
            yield (*head, "user", user.user, *tally, user.allocation, user.entitled, user.got)


def write_requests_summary(found: RequestsSimulated, path: Path, made: Reproduction | None = None) -> None:
    """Write the summary as JSON in UTF-8."""
    text = json.dumps(requests_summary(found, made), indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8")


def requests_summary(found: RequestsSimulated, made: Reproduction | None = None) -> dict[str, Any]:
    """The simulation as plain values. Keys are only ever added."""
    said = requests_verdict(found)
    return {
        "tidegate": __version__,
        "synthetic": True,
        "scenario": found.scenario,
        "seed": found.seed,
        "scale": found.scale,
        "policy_version": found.policy_version,
        "starts_at": format_instant(found.starts_at),
        "seconds": found.length_us // SECOND,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
        "answers": [asdict(each) for each in found.answers],
        "volumes": [{**asdict(each), "srvs": list(each.srvs)} for each in found.volumes],
        "outcomes": [_outcome(found, it) for it in found.outcomes],
        **({"reproduce": made.as_json()} if made is not None else {}),
    }


def write_requests_xlsx(found: RequestsSimulated, path: Path, made: Reproduction | None = None) -> None:
    """Write the simulation as a workbook.

    Raises:
        OSError: it cannot be written.
    """
    with open_book(path, f"{found.scenario}, simulated", found.starts_at) as book:
        lines = said_rows(requests_verdict(found), "Found")
        lines += [(f"{each.number}, {each.by}", each.said) for each in found.answers]
        book.table("Findings", [("what", 22), ("value", 60)], lines)
        totals: list[Sequence[Cell | None]] = [
            [Rate(cell) if isinstance(cell, float) else cell for cell in row]
            for row in totals_rows(found.outcomes, found)
        ]
        book.table("Controls", [(name, 18) for name in TOTALS_COLUMNS], totals)
        rows = list(comparison_rows(found))
        for name, level in (("By what was asked", "stream"), ("By User", "user")):
            kept: list[Sequence[Cell | None]] = [
                [Rate(cell) if isinstance(cell, float) else cell for cell in row]
                for row in rows
                if row[3] == level
            ]
            book.table(name, [(column, 16) for column in COLUMNS], kept)
        backlog = [
            (format_instant(found.starts_at + place * 10 * SECOND), it.name, waiting)
            for it in found.outcomes
            for place, waiting in enumerate(it.backlog)
        ]
        book.table("Backlog", [("at_utc", 22), ("control", 34), ("tasks_waiting", 14)], backlog)
        about = _about(found, made)
        book.table("About", [("what", 30), ("value", 60)], about)


def _about(found: RequestsSimulated, made: Reproduction | None) -> Sequence[Sequence[Cell | None]]:
    rows: list[Sequence[Cell | None]] = [
        ("tidegate", __version__),
        ("synthetic", "true"),
        ("scenario", found.scenario),
        ("seed", found.seed),
        ("times the size", Rate(found.scale)),
        ("policy", found.policy_version),
        ("invented", found.invented),
        *((f"{user} tries again", said) for user, said in found.retries.items()),
    ]
    if made is not None:
        rows.append(("command", made.command))
    return rows


def _outcome(found: RequestsSimulated, it: ControlOutcome) -> dict[str, Any]:
    took = found.time_to_clear(it)
    return {
        "control": it.control.value,
        "name": it.name,
        "ask": it.ask,
        "capacity": float(it.capacity),
        "maximum_system_capacity": it.maximum,
        "operating_threshold": it.threshold,
        "prioritised": list(it.priority),
        **_tally(it.total),
        "served_for_nobody": it.served_for_nobody,
        "backlog_cleared_after_seconds": None if took is None else took / SECOND,
        "fairness_jain": it.fairness,
        "streams": {each.name: {"srvs": list(each.srvs), **_tally(each.tally)} for each in it.streams},
        "users": {
            each.user: {
                "allocation": each.allocation,
                "entitled": each.entitled,
                "got": each.got,
                "share_of_entitlement": each.share_of_entitlement,
                "share_of_allocation": each.share_of_allocation,
                **_tally(each.tally),
            }
            for each in it.users
        },
    }


def _tally(tally: Tally) -> dict[str, Any]:
    first = COLUMNS.index("tasks")
    return {
        **dict(zip(COLUMNS[first : first + len(_cells(tally))], _cells(tally), strict=True)),
        "sent_for_each_answered": tally.amplification,
    }


def _cells(tally: Tally) -> tuple[int | float | None, ...]:
    return (
        *tally.counts,
        None if tally.median_us is None else tally.median_us / SECOND,
        None if tally.slow_us is None else tally.slow_us / SECOND,
    )
