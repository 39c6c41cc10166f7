"""problems_servicenow.csv: a file for a ServiceNow import set, a row for each problem.

The headings are names of fields of the tables `problem` and `incident` (both
extend `task`), so that the automatic mapping of a transform map finds them;
those that begin with `u_` are for fields of one's own and may be left unmapped.
`correlation_id` is the problem's identifier, of one without a product with the
day it was first seen: coalesce on it, and importing a later file updates the
records of an earlier one. Instants are UTC, as
`yyyy-MM-dd HH:mm:ss`, the system's own format.

Written to the published rules of import sets; it was never tried on an instance.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Final

from tidegate.alert_storm.problems import Problems
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.reports.kinds import kind_in_words
from tidegate.reports.problem_tickets import Ticket, tickets_of
from tidegate.reports.problems import all_parties, product_in_words
from tidegate.vocabulary.instants import Instant, format_instant

COLUMNS: Final = (
    "correlation_id", "correlation_display", "short_description", "description", "impact", "urgency",
    "assignment_group", "cmdb_ci", "opened_at", "work_notes",
    "u_state", "u_kind", "u_alert_codes", "u_product", "u_responsible", "u_informed",
    "u_devices", "u_storms", "u_alerts", "u_throttled", "u_first_seen", "u_last_seen",
)  # fmt: skip

SHORT_DESCRIPTION: Final = 160
"""Characters of `task.short_description`."""

DESCRIPTION: Final = 4_000
"""Characters of `task.description`."""

_MARKUP = re.compile(r"\[(/?code)\]", re.IGNORECASE)


def write_servicenow_csv(problems: Problems, path: Path) -> None:
    """Write the file: UTF-8, comma, lines end in CR LF, text in quotation marks where it must be."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for ticket in tickets_of(problems):
            writer.writerow([_plain(cell) if isinstance(cell, str) else cell for cell in _row(ticket)])


def _row(ticket: Ticket) -> tuple[str | int, ...]:
    problem = ticket.problem
    told = f"; inform {', '.join(ticket.informed)}" if ticket.informed else ""
    return (
        ticket.correlation_id,
        "Tidegate",
        _cut(ticket.summary, SHORT_DESCRIPTION),
        _cut("\n".join(ticket.description), DESCRIPTION),
        int(ticket.impact),
        int(ticket.urgency),
        ticket.assigned_to,
        ticket.product,
        _instant(ticket.first_seen),
        f"{ticket.problem_id} is {problem.state} on {_instant(ticket.last_seen)} UTC{told}.",
        str(problem.state),
        kind_in_words(problem.cause),
        "+".join(ticket.alert_codes),
        product_in_words(problem.cause),
        _cut(all_parties(problem.responsible), DESCRIPTION),
        _cut(all_parties(problem.informed), DESCRIPTION),
        problem.devices,
        problem.storms,
        problem.alerts,
        problem.throttled,
        _instant(ticket.first_seen),
        _instant(ticket.last_seen),
    )


def _instant(at: Instant) -> str:
    return format_instant(at)[:19].replace("T", " ")


def _plain(text: str) -> str:
    """Text that neither a spreadsheet runs nor a journal field shows as HTML (`[code]`)."""
    return as_text(_MARKUP.sub(r"(\1)", text))


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
