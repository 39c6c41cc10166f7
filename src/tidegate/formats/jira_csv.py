"""problems_jira.csv: a file for Jira's CSV import, an issue for each problem.

A heading that repeats is a field with several values. Headings hold no
punctuation; every cell stands in quotation marks, so that new lines and
brackets are taken literally; a label holds no blank. The identifier of the
problem, of one without a product with the day it was first seen, is a label, so that an issue can be found again by it. Instants are UTC,
as `yyyy-MM-dd HH:mm`, to be said in the import wizard's date format.

Written to the published rules of the importer; it was never tried on a site.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tidegate.alert_storm.problems import Problems
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.reports.kinds import kind_in_words
from tidegate.reports.problem_tickets import Grade, Ticket, tickets_of
from tidegate.reports.problems import all_parties
from tidegate.vocabulary.instants import Instant, format_instant

DATE_FORMAT: Final = "yyyy-MM-dd HH:mm"
"""To be given in the import wizard."""

SUMMARY: Final = 255
"""Characters of a summary."""

_ONCE: Final = ("Summary", "Issue Type", "Priority", "Description", "Date Created", "Date Modified",
    "Responsible Party", "Informed Parties", "State", "Devices", "Storms", "Alerts", "Held Back",
)  # fmt: skip
_PRIORITY: Final = {Grade.HIGH: "High", Grade.MEDIUM: "Medium", Grade.LOW: "Low"}
_NOT_OF_A_LABEL = re.compile(r"[^\w.+-]+")


def write_jira_csv(problems: Problems, path: Path) -> None:
    """Write the file: UTF-8, comma, lines end in CR LF, every cell in quotation marks."""
    tickets = tickets_of(problems)
    labels = [_labels(ticket) for ticket in tickets]
    components = [[as_text(code) for code in ticket.alert_codes] for ticket in tickets]
    most_labels, most_components = (max(map(len, each), default=1) for each in (labels, components))
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        writer.writerow([*_ONCE, *["Component"] * most_components, *["Labels"] * most_labels])
        for ticket, its_labels, its_components in zip(tickets, labels, components, strict=True):
            writer.writerow(
                [*_row(ticket), *_padded(its_components, most_components), *_padded(its_labels, most_labels)]
            )


def _row(ticket: Ticket) -> list[str | int]:
    problem = ticket.problem
    # An issue cannot be of less priority than its impact, unless the problem is silent.
    priority = _PRIORITY[ticket.impact if ticket.is_open else Grade.LOW]
    cells = (
        _one_line(ticket.summary)[:SUMMARY],
        "Problem",
        priority,
        "\n".join(ticket.description),
        _instant(ticket.first_seen),
        _instant(ticket.last_seen),
        ticket.assigned_to,
        all_parties(problem.informed),
        str(problem.state),
    )
    return [*map(as_text, cells), problem.devices, problem.storms, problem.alerts, problem.throttled]


def _labels(ticket: Ticket) -> list[str]:
    parts = ("tidegate", ticket.correlation_id, kind_in_words(ticket.problem.cause), ticket.product)
    return [as_text(_NOT_OF_A_LABEL.sub("-", part)) for part in parts if part]


def _padded(values: Sequence[str], width: int) -> list[str]:
    return [*values, *[""] * (width - len(values))]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _instant(at: Instant) -> str:
    return format_instant(at)[:16].replace("T", " ")
