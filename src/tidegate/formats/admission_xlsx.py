"""report.xlsx of Service Requests that were decided: sheets that filter and pivot."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from tidegate import __version__
from tidegate.formats.workbook import Cell, Rate, open_book
from tidegate.reports.admitted import Admitted, RequestTotals
from tidegate.reports.admitted_words import (
    admitted_verdict,
    day_rows,
    of_its_own,
    period_in_words,
    rules_in_words,
    srv_rows,
    sum_in_words,
    users_first,
)
from tidegate.vocabulary.instants import format_instant

_Column: TypeAlias = tuple[str, int]
_COUNTS: tuple[_Column, ...] = (
    ("received", 12),
    ("admitted", 12),
    ("prioritised", 12),
    ("continuations", 14),
    ("throttled", 12),
)


def write_admission_xlsx(found: Admitted, path: Path) -> None:
    """Write the workbook."""
    with open_book(path, f"Service Requests of {found.source}", found.last) as book:
        book.front(
            admitted_verdict(found),
            sum_in_words(found),
            f"{rules_in_words(found)}. {found.source}, {period_in_words(found)}.",
            f"tidegate {__version__}",
        )
        users = users_first(found)
        book.table(
            "users",
            [
                ("user", 30),
                ("allocation", 12),
                *_COUNTS,
                ("most_used", 12),
                ("of_its_own", 12),
                ("of_the_spare", 14),
                ("early_warnings", 16),
                ("breach_days", 14),
            ],
            [
                [
                    user.user,
                    user.allocation,
                    *_counts(user.totals),
                    user.most_used,
                    Rate(of_its_own(user)) if user.allocation else None,
                    user.spare_used,
                    user.early_warnings,
                    user.breach_days,
                ]
                for user in users
            ],
        )
        variants = srv_rows(found)
        book.table(
            "srv",
            [("srv", 10), ("name", 50), ("for", 30), ("prioritised_list", 16), *_COUNTS],
            [
                [
                    row.srv,
                    row.name,
                    row.of_class.value,
                    "yes" if row.is_prioritised else "",
                    *_counts(row.totals),
                ]
                for row in variants
            ],
        )
        book.table(
            "data",
            [("user", 30), ("srv", 10), *_COUNTS],
            [[user, srv, *_counts(totals)] for (user, srv), totals in sorted(found.by_user_and_srv.items())],
            note="summary.json has the totals of all.",
        )
        book.table(
            "storms of 503",
            [("started_at", 24), ("ended_at", 24), ("throttled", 12), ("users", 10)],
            [
                [
                    format_instant(each.started_at),
                    format_instant(each.ended_at),
                    each.throttled,
                    len(each.by_user),
                ]
                for each in found.spells
            ],
        )
        book.table(
            "days",
            [
                ("day", 12),
                ("received", 12),
                ("throttled", 12),
                ("most_used", 12),
                ("most_offered", 14),
                ("minutes_active", 16),
                ("early_warnings", 16),
            ],
            [list(row) for row in day_rows(found)],
        )


def _counts(totals: RequestTotals) -> list[Cell]:
    return [totals.received, totals.admitted, totals.prioritised, totals.continuations, totals.throttled]
