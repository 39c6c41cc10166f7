"""report.xlsx: the verdict and its tables as a workbook to sort, filter and pivot.

Numbers are numbers, Device ids are text (a spreadsheet eats EUI-64s), instants
are ISO 8601 in UTC. The first row of every table stays in sight and has
filters. What does not fit on a sheet is said on it, not dropped unseen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from tidegate import __version__
from tidegate.alert_storm.decision import Level
from tidegate.formats.report_html import (
    columns_in_words,
    excluded_rows,
    parameter_rows,
    period_in_words,
)
from tidegate.formats.workbook import MOST_ROWS, Book, Cell, open_book
from tidegate.policy.wording import count_by_in_words, mode_in_words
from tidegate.reports.replayed import Replayed, Spells
from tidegate.reports.storm_streams import RUNNING
from tidegate.reports.verdict import table_by_code, verdict
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant, format_instant

MOST_STORMS: Final = 100_000
"""Storms and amber spells in the workbook, the worst; a million would take over a minute to write."""

_KEPT_IN_MEMORY = 50_000
"""Storms up to which the workbook is made in memory; above, row by row on disk."""

_LONGEST_CELL = 32_000
"""Characters; Excel's limit is 32,767."""


def write_report_xlsx(
    replayed: Replayed, path: Path, *, most_rows: int = MOST_ROWS, most_storms: int = MOST_STORMS
) -> None:
    """Write the workbook.

    Args:
        replayed: What to report.
        path: File to write; temporary files are made beside it.
        most_rows: Rows a sheet may have.
        most_storms: Storms and amber spells told one by one, the worst; the sheet says where the rest is.

    Raises:
        OSError: it cannot be written.
    """
    is_long = min(len(replayed.spells), most_storms) > _KEPT_IN_MEMORY
    title = f"Replay of {replayed.source}"
    with open_book(path, title, replayed.last, most_rows=most_rows, is_long=is_long) as book:
        _write_verdict(book, replayed)
        _write_codes(book, replayed)
        _write_recipients(book, replayed)
        _write_hours(book, replayed)
        _write_storms(book, replayed, most_storms)
        _write_rejected(book, replayed)
        _write_about(book, replayed)


def _write_verdict(book: Book, replayed: Replayed) -> None:
    said = verdict(replayed)
    sheet = book.sheet("Verdict")
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 90)
    sheet.set_row(0, 40)
    sheet.write_string(0, 0, "PARTIAL" if replayed.is_partial else "Verdict", book.large)
    sheet.write_string(0, 1, said.headline, book.large)
    rows: list[tuple[str, Cell]] = [
        ("Source", replayed.source),
        ("Period", period_in_words(replayed)),
        ("Policy", replayed.policy_version),
        ("Received", replayed.received),
        ("  Forwarded", replayed.forwarded),
        ("  Held back", replayed.throttled),
        ("  Excluded, always passed", replayed.excluded),
        ("  Rejected", replayed.rejected),
        ("Streams", replayed.streams),
        ("Storms", len(replayed.storms)),
        ("Devices stormed", replayed.devices_stormed),
        *(("Found", finding) for finding in said.findings),
        *(("Before you use this", caution) for caution in said.cautions),
    ]
    for at, (name, value) in enumerate(rows, start=2):
        sheet.write_string(at, 0, name, book.wrapped)
        if isinstance(value, str):
            sheet.write_string(at, 1, value, book.wrapped)
        else:
            sheet.write_number(at, 1, value, book.number_at_left)


def _write_codes(book: Book, replayed: Replayed) -> None:
    table = table_by_code(replayed)
    book.table(
        "Codes",
        [
            ("alert_code", 12),
            ("name", 60),
            ("received", 14),
            ("forwarded", 14),
            ("throttled", 14),
            ("excluded", 14),
            ("share held back", 16),
            ("storms", 10),
            ("devices_stormed", 17),
        ],
        (
            (
                row.alert_code,
                row.name,
                row.received,
                row.forwarded,
                row.throttled,
                row.excluded,
                row.throttled / row.received if row.received else 0.0,
                row.storms,
                row.devices_stormed,
            )
            for row in table
        ),
        count=len(table),
    )


def _write_recipients(book: Book, replayed: Replayed) -> None:
    ranked = sorted(replayed.by_recipient.items(), key=lambda item: (-item[1].received, item[0]))
    book.table(
        "Recipients",
        [
            ("recipient", 28),
            ("received", 14),
            ("forwarded", 14),
            ("throttled", 14),
            ("excluded", 14),
            ("share held back", 16),
        ],
        (
            (
                name,
                t.received,
                t.forwarded,
                t.throttled,
                t.excluded,
                t.throttled / t.received if t.received else 0.0,
            )
            for name, t in ranked
        ),
        count=len(ranked),
    )


def _write_hours(book: Book, replayed: Replayed) -> None:
    book.table(
        "Hours",
        [
            ("hour_utc", 22),
            ("alert_code", 12),
            ("received", 14),
            ("forwarded", 14),
            ("throttled", 14),
            ("excluded", 14),
        ],
        (
            (
                format_instant(each.hour),
                format_alert_code(each.alert_code),
                each.totals.received,
                each.totals.forwarded,
                each.totals.throttled,
                each.totals.excluded,
            )
            for each in replayed.hours
        ),
        count=len(replayed.hours),
        note="summary.json has the totals.",
    )


def _write_storms(book: Book, replayed: Replayed, most: int) -> None:
    spells = replayed.spells
    book.table(
        "Storms",
        [
            ("device_id", 26),
            ("alert_code", 12),
            ("recipient", 26),
            ("level", 8),
            ("started_at_utc", 28),
            ("ended_at_utc", 28),
            ("received", 12),
            ("forwarded", 12),
            ("throttled", 12),
            ("peak_count", 12),
            ("policy_version", 20),
        ],
        _storm_rows(spells),
        count=len(spells),
        most=most,
        note="All of them are in storms.parquet (red) and amber.parquet.",
    )


def _storm_rows(spells: Spells) -> Iterator[Sequence[Cell | None]]:
    """Storms before amber spells, each the most throttled first: what is cut off is the least."""
    columns = spells.columns
    order = np.lexsort(
        (columns["started_at"], -columns["received"], -columns["throttled"], -columns["level"])
    )
    for start in range(0, len(order), _KEPT_IN_MEMORY):
        rows = order[start : start + _KEPT_IN_MEMORY]
        lists = {name: column[rows].tolist() for name, column in columns.items()}
        for at in range(len(rows)):
            yield (
                format_device_id(lists["device_id"][at]),
                lists["alert_code"][at],
                lists["recipient"][at],
                "red" if lists["level"][at] == int(Level.RED) else "amber",
                format_instant(lists["started_at"][at]),
                _ended(lists["ended_at"][at]),
                lists["received"][at],
                lists["forwarded"][at],
                lists["throttled"][at],
                lists["peak_count"][at],
                lists["policy_version"][at],
            )


def _ended(at: Instant) -> str | None:
    """Empty while running at the end of the log."""
    return None if at == RUNNING else format_instant(at)


def _write_rejected(book: Book, replayed: Replayed) -> None:
    ranked = sorted(replayed.rejected_by_reason.items(), key=lambda item: (-item[1][0], item[0]))
    book.table(
        "Rejected",
        [
            ("reason", 50),
            ("rows", 12),
            ("first: source", 30),
            ("first: line", 12),
            ("first: why", 60),
            ("first: text", 60),
        ],
        (
            (reason, rows, first.source, first.line, first.reason, first.text[:_LONGEST_CELL])
            for reason, (rows, first) in ranked
        ),
        count=len(ranked),
    )


def _write_about(book: Book, replayed: Replayed) -> None:
    rows: list[tuple[str, str, str]] = [
        ("tidegate", __version__, ""),
        ("source", replayed.source, ""),
        ("period", period_in_words(replayed), "receipt instants, UTC"),
        ("completed", f"{int(100 * replayed.completed)}%", "of the input was replayed"),
        ("throttled", "held back", "what Alert Storm Protection would have throttled"),
        ("excluded", "always passed", "codes on the exclusion list: forwarded and never counted"),
    ]
    rows += [
        ("column", ours, f"{theirs} ({how})" if theirs else how)
        for ours, theirs, how in columns_in_words(replayed)
    ]
    for each in replayed.in_force:
        policy = each.policy
        rows.append(("policy", policy.version, policy.mode.value))
        if policy.is_illustrative:
            rows.append(("policy", policy.version, "illustrative: the real values are not public"))
        for name, at in (("in force from", each.since), ("in force until", each.until)):
            if at is not None:
                rows.append((name, format_instant(at), policy.version))
        rows.append(("mode", mode_in_words(policy.mode), policy.version))
        rows.append(("a stream", count_by_in_words(policy.alert_storm.count_by), policy.version))
        rows += [
            (f"parameters: {row['codes']}", row["words"], row["reason"]) for row in parameter_rows(policy)
        ]
        rows += [(f"excluded: {row['code']}", row["name"], row["reason"]) for row in excluded_rows(policy)]
    book.table("About", [("what", 28), ("value", 60), ("note", 60)], rows)
