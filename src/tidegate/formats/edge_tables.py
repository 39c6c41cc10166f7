"""edge.csv and edge.xlsx: a row for each CSP region with the rule at each place, to pivot and sum.

There is no row for all regions together: sums are the reader's, and peaks of
regions do not add up.
"""

from __future__ import annotations

import csv
from pathlib import Path

from tidegate import __version__
from tidegate.formats.report_html import excluded_rows, parameter_rows
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.workbook import Cell, open_book, said_rows
from tidegate.reports.edge import LINKS, PLACES, EdgeProtection, Place
from tidegate.reports.edge_words import (
    LINK_NAMES,
    PLACE_NAMES,
    EdgeRow,
    edge_rows,
    edge_verdict,
    period_in_words,
)
from tidegate.vocabulary.instants import format_duration, format_instant


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
    with open_book(path, f"Edge protection over {found.source}", found.last) as book:
        book.table("Verdict", [("what", 22), ("words", 60)], _said(found))
        rows = edge_rows(found)
        book.table(
            "Places",
            [(name, max(12, len(name) + 2)) for name in EdgeRow._fields],
            # A float would be shown as a share; a capacity is none.
            [[f"{cell:g}" if isinstance(cell, float) else cell for cell in row] for row in rows],
        )
        book.table(
            "Spared",
            [("region", 22), ("place", 22), *((f"share spared: {LINK_NAMES[link]}", 34) for link in LINKS)],
            _shares(found),
        )
        book.table(
            "Hours",
            [("hour_utc", 22), ("region", 22), ("wan_busiest_minute", 20), ("with_rule_at_hub", 20)],
            [(format_instant(each.hour), each.region, each.nowhere, each.hub) for each in found.hours],
        )
        book.table("About", [("what", 28), ("value", 60), ("note", 60)], _about(found))


def _said(found: EdgeProtection) -> list[tuple[str, str]]:
    partial = [("PARTIAL", f"Interrupted after {int(100 * found.completed)}%")] if found.is_partial else []
    return [*partial, *said_rows(edge_verdict(found), "Verdict")]


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
