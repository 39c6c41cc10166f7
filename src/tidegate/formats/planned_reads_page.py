"""The section of a page that tells of a plan of reads."""

from __future__ import annotations

from typing import Final

from tidegate.formats.page import Cell, Section, Table
from tidegate.reports.numerals import thousands
from tidegate.reports.planned_reads import PlannedReads
from tidegate.reports.planned_reads_words import reads_in_words
from tidegate.vocabulary.instants import format_duration

NOBODY: Final = "nobody is known to be registered"
MOST_USERS: Final = 25


def reads_section(plan: PlannedReads) -> Section:
    """What becomes of the reads, and of each User's."""
    rows: list[list[Cell]] = [
        [
            each.user or NOBODY,
            each.wanted,
            each.planned,
            each.left,
            each.allocation,
            plan.nights_needed(each),
        ]
        for each in plan.users[:MOST_USERS]
    ]
    more = f" The {MOST_USERS} first of {thousands(len(plan.users))}." if len(plan.users) > MOST_USERS else ""
    table = Table(
        ["User", "Reads", "Planned", "Left", "Allocation", "Nights needed"],
        rows,
        caption=f"Allocation: Service Requests in {format_duration(plan.period_us)}.{more}",
        saved_as=["reads.csv"],
    )
    return Section("The reads that would settle them", reads_in_words(plan), tables=[table] if rows else [])
