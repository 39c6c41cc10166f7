"""edge.csv and edge.xlsx: a row for each CSP region with the rule at each place, to pivot and sum.

There is no row for all regions together: sums are the reader's, and peaks of
regions do not add up.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import xlsxwriter

from tidegate import __version__
from tidegate.formats.report_html import excluded_rows, parameter_rows
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.workbook import MOST_ROWS, Book, Cell
from tidegate.reports.edge import LINKS, PLACES, EdgeProtection, Place
from tidegate.reports.edge_words import (
    LINK_NAMES,
    PLACE_NAMES,
    EdgeRow,
    edge_rows,
    edge_verdict,
    period_in_words,
)
from tidegate.vocabulary.instants import SECOND, format_duration, format_instant

_OPTIONS: Final = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write_edge_csv(found: EdgeProtection, path: Path) -> None:
    """Write the table: UTF-8, RFC 4180; an empty cell is none."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(EdgeRow._fields)
        for row in edge_rows(found):
            writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])


def write_edge_xlsx(found: EdgeProtection, path: Path) -> None:
    """Write the workbook: verdict, table, shares, hours, and how it was asked.

    Raises:
        OSError: it cannot be written.
    """
    workbook = xlsxwriter.Workbook(str(path), _OPTIONS)
    made_at = datetime.fromtimestamp((found.last or 0) // SECOND, UTC).replace(tzinfo=None)
    workbook.set_properties(
        {"title": f"Edge protection over {found.source}", "author": "tidegate", "created": made_at}
    )
    book = Book(workbook, MOST_ROWS)
    _table(book, "Verdict", [("what", 22), ("words", 60)], _said(found))
    rows = edge_rows(found)
    _table(
        book,
        "Places",
        [(name, max(12, len(name) + 2)) for name in EdgeRow._fields],
        # A float would be shown as a share; a capacity is none.
        [[f"{cell:g}" if isinstance(cell, float) else cell for cell in row] for row in rows],
    )
    _table(
        book,
        "Spared",
        [("region", 22), ("place", 22), *((f"share spared: {LINK_NAMES[link]}", 34) for link in LINKS)],
        _shares(found),
    )
    _table(
        book,
        "Hours",
        [("hour_utc", 22), ("region", 22), ("wan_busiest_minute", 20), ("with_rule_at_hub", 20)],
        [(format_instant(each.hour), each.region, each.nowhere, each.hub) for each in found.hours],
    )
    _table(book, "About", [("what", 28), ("value", 60), ("note", 60)], _about(found))
    workbook.close()


def _table(
    book: Book, name: str, columns: Sequence[tuple[str, int]], rows: Sequence[Sequence[Cell | None]]
) -> None:
    book.table(name, columns, rows, count=len(rows))


def _said(found: EdgeProtection) -> list[tuple[str, str]]:
    said = edge_verdict(found)
    return [
        *([("PARTIAL", f"Interrupted after {int(100 * found.completed)}%")] if found.is_partial else []),
        ("Verdict", said.headline),
        *(("Found", finding) for finding in said.findings),
        *(("Before you use this", caution) for caution in said.cautions),
    ]


def _shares(found: EdgeProtection) -> list[list[Cell | None]]:
    return [
        [
            region.region,
            PLACE_NAMES[place],
            *(
                region.spared(place, link) / crossing
                if (crossing := region.flow(Place.NOWHERE, link).alerts)
                else None
                for link in LINKS
            ),
        ]
        for region in (*found.regions, found.total)
        for place in PLACES
    ]


def _about(found: EdgeProtection) -> list[tuple[str, str, str]]:
    policy = found.policy
    return [
        ("made by", f"tidegate {__version__}", ""),
        ("source", found.source, ""),
        ("inventory", found.inventory, ""),
        ("period", period_in_words(found), "receipt instants, UTC"),
        ("policy", policy.version, policy.note),
        *((f"parameters: {row['codes']}", row["words"], row["reason"]) for row in parameter_rows(policy)),
        *((f"excluded: {row['code']}", row["name"], row["reason"]) for row in excluded_rows(policy)),
        (
            "copies over the SM WAN",
            found.wan_copies.value,
            "each: once for each recipient (0x8F75 conclusions, paragraph 6); one: once",
        ),
        ("copies of one event", format_duration(found.same_event_us), "apart at most; an illustrative value"),
        (
            "beyond",
            "Alerts that a place does not see",
            "DCC Alerts are made by the DSP; SMETS1 Devices have no CSP",
        ),
    ]
