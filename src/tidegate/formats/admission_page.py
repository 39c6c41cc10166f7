"""report.html of Service Requests that were decided."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tidegate.formats.page import Cell, Number, Page, Section, Table, write_page
from tidegate.formats.picture import Picture
from tidegate.reports.admitted import Admitted
from tidegate.reports.admitted_words import (
    admitted_verdict,
    day_rows,
    greatest_spells,
    own_in_words,
    period_in_words,
    rules_in_words,
    sliding_in_words,
    srv_rows,
    sum_in_words,
    users_first,
)
from tidegate.reports.numerals import length, percent, thousands
from tidegate.vocabulary.instants import format_instant

MOST_SPELLS: Final = 25
REASONS: Final = {
    "mode_off": "Traffic management is off.",
    "pre_command": "The signed pre-command of a request that was admitted.",
    "sequence": "It follows a request that was admitted.",
    "booking": "It came back at its booked return time.",
    "prioritised": "On the Prioritised Service Requests List, and the system below its maximum.",
    "below_threshold": "All that was offered together was within the operating threshold.",
    "within_fair_limit": "There was spare, and the User had not had its part of it.",
    "within_allocation": "The User had not used its allocation.",
    "over_share": "The User had used its share while others waited for the spare, or there was none.",
    "system_full": "The system was at its maximum.",
}
"""What each reason means; by its word in decisions.parquet."""


def write_admission_html(found: Admitted, pictures: Sequence[Picture], path: Path) -> None:
    """Write the page; `pictures` are those of `admission_pictures`."""
    write_page(admission_page(found, pictures), path)


def admission_page(found: Admitted, pictures: Sequence[Picture]) -> Page:
    """The page."""
    said = admitted_verdict(found)
    totals = found.totals
    return Page(
        title=f"Fair shares over {found.source}",
        about=f"Tidegate fair shares over {found.source}, {period_in_words(found)}; policy {found.policy_version}",
        headline=said.headline,
        numbers=[
            Number("Requests", thousands(totals.received)),
            Number(
                "Throttled",
                thousands(totals.throttled),
                percent(totals.throttled, totals.received),
                "held" if totals.throttled else "",
            ),
            Number("Prioritised", thousands(totals.prioritised), "", "passed"),
            Number("Minutes managed", thousands(found.minutes_active)),
            Number("Early warnings", thousands(found.early_warnings)),
        ],
        sum=sum_in_words(found),
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=f"{rules_in_words(found)}. {period_in_words(found)}.",
        partial=f"Partial: interrupted after {int(100 * found.completed)}% of the input."
        if found.is_partial
        else "",
        sections=[
            Section("Shares, refusals and the spare", pictures=pictures),
            Section("Users", tables=[_users(found)]),
            Section("What was asked", tables=[_srvs(found), _classes(found)]),
            Section("Storms of 503s", tables=[_spells(found)]),
            Section("Why", tables=[_reasons(found)]),
            Section("Day by day", tables=[_days(found)]),
        ],
    )


def _users(found: Admitted) -> Table:
    rows: list[list[Cell]] = [
        [
            user.user,
            user.allocation,
            user.most_used,
            own_in_words(user),
            user.totals.received,
            user.totals.throttled,
            percent(user.totals.throttled, user.totals.received),
            user.totals.prioritised,
            user.totals.continuations,
            user.spare_used,
            user.early_warnings,
        ]
        for user in users_first(found)
    ]
    columns = ["User", "Allocation", "Most used", "Of its own", "Received", "Throttled", "Share"]
    return Table(
        [*columns, "On the list", "Continued", "Of the spare", "Warned"],
        rows,
        caption=f"Allocation and most used: requests in a period, {sliding_in_words(found.rules)}. On the list: admitted as "
        "prioritised. Continued: admitted because they continue a request or claim a return time. Of the spare: admitted "
        "beyond the allocation; of a User's other requests, no more than that are in any period.",
    )


def _srvs(found: Admitted) -> Table:
    rows: list[list[Cell]] = [
        [
            row.srv,
            row.name,
            "yes" if row.is_prioritised else "",
            row.totals.received,
            row.totals.throttled,
            percent(row.totals.throttled, row.totals.received),
        ]
        for row in srv_rows(found)
    ]
    return Table(["SRV", "Name", "On the list", "Received", "Throttled", "Share"], rows, heading="By SRV")


def _classes(found: Admitted) -> Table:
    rows: list[list[Cell]] = [
        [of.value, totals.received, totals.throttled, percent(totals.throttled, totals.received)]
        for of, totals in sorted(found.by_class.items(), key=lambda each: -each[1].throttled)
    ]
    return Table(["For", "Received", "Throttled", "Share"], rows, heading="By what it is for")


def _spells(found: Admitted) -> Table:
    rows: list[list[Cell]] = [
        [
            format_instant(spell.started_at),
            length(spell.ended_at - spell.started_at),
            spell.throttled,
            ", ".join(
                f"{user} {thousands(count)}"
                for user, count in sorted(spell.by_user.items(), key=lambda each: -each[1])[:3]
            ),
        ]
        for spell in greatest_spells(found, MOST_SPELLS)
    ]
    shown = (
        f"The {MOST_SPELLS} greatest of {found.spells_in_all:,}. "
        if found.spells_in_all > MOST_SPELLS
        else ""
    )
    return Table(
        ["From (UTC)", "Lasted", "Refusals", "Of whom most"],
        rows,
        caption=f"{shown}A storm ends when nobody is refused for a minute.",
    )


def _reasons(found: Admitted) -> Table:
    rows: list[list[Cell]] = [[word, count, REASONS[word]] for word, count in found.reasons.items()]
    return Table(["Reason", "Requests", "What it means"], rows)


def _days(found: Admitted) -> Table:
    rows: list[list[Cell]] = [list(row) for row in day_rows(found)]
    columns = ["Day (UTC)", "Received", "Throttled", "Most used", "Most asked for"]
    return Table(
        [*columns, "Minutes managed", "Early warnings"],
        rows,
        caption=f"Most used and asked for: in a period, {sliding_in_words(found.rules)}. Minutes managed are clock minutes.",
    )
