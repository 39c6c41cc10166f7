"""A month of Service Requests as data: JSON, CSV and workbooks, for the Panel and for each User."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeAlias

from tidegate import __version__
from tidegate.formats.admission_json import totals_json
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.workbook import Cell, open_book
from tidegate.reports.request_month import Reaches, RequestMonth, UserMonth
from tidegate.reports.request_month_words import panel_verdict, user_verdict
from tidegate.reports.verdict import Verdict
from tidegate.vocabulary.instants import Instant, format_instant

SENT_COLUMNS: Final = (
    "month", "user", "srv", "received", "forecast", "admitted", "prioritised", "continuations", "throttled",
)  # fmt: skip
DAY_COLUMNS: Final = (
    "day", "received", "throttled", "most_used", "most_offered", "operating_threshold",
    "maximum_system_capacity", "minutes_active", "early_warnings",
)  # fmt: skip
USER_COLUMNS: Final = (
    "user", "allocation", "most_used", "received", "forecast", "throttled", "early_warnings", "spare_used",
    "breach_days", "step",
)  # fmt: skip


def panel_json(month: RequestMonth) -> dict[str, Any]:
    """The Panel's summary as plain values. Keys are only ever added."""
    found = month.found
    return {
        **_head(month, panel_verdict(month)),
        **totals_json(found.totals),
        "received": found.received,
        "rejected": found.rejected,
        "operating_threshold": found.rules.operating_threshold,
        "maximum_system_capacity": found.rules.maximum_system_capacity,
        "most_used": found.most_used,
        "most_offered": found.most_offered,
        "minutes_active": found.minutes_active,
        "storms_of_503": found.spells_in_all,
        "early_warnings": found.early_warnings,
        "breachers": {
            user.of.user: {"breach_days": user.of.breach_days, "step": user.step.value}
            for user in month.breachers
        },
        "forecast": {
            "trend_per_day": None if month.trend is None else round(month.trend.per_day, 4),
            "by_trend": _reaches(month.by_trend),
            "by_roll_out": _reaches(month.by_roll_out),
        },
        "users": {user.of.user: _user(user) for user in month.users},
    }


def user_json(month: RequestMonth, user: UserMonth) -> dict[str, Any]:
    """One User's summary as plain values. Keys are only ever added."""
    return {
        **_head(month, user_verdict(month, user)),
        "user": user.of.user,
        **_user(user),
        "by_srv": {row.srv: {**totals_json(row.totals), "forecast": row.forecast} for row in user.sent},
    }


def write_json(summary: dict[str, Any], path: Path) -> None:
    """Write a summary as JSON in UTF-8."""
    text = json.dumps(summary, indent=2, ensure_ascii=False)
    path.write_text(f"{text}\n", encoding="utf-8", errors="backslashreplace")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Cell | None]], path: Path) -> None:
    """Write a table: UTF-8, RFC 4180; an empty cell is none."""
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])


def sent_rows(month: RequestMonth, user: UserMonth) -> list[list[Cell | None]]:
    """What a User sent of each variant, as SENT_COLUMNS."""
    return [
        [
            month.month,
            user.of.user,
            row.srv,
            row.totals.received,
            row.forecast,
            row.totals.admitted,
            row.totals.prioritised,
            row.totals.continuations,
            row.totals.throttled,
        ]
        for row in user.sent
    ]


def day_rows(month: RequestMonth) -> list[list[Cell | None]]:
    """Capacity against use, day by day, as DAY_COLUMNS."""
    rules = month.found.rules
    return [
        [
            format_instant(day.day)[:10],
            day.received,
            day.throttled,
            day.most_used,
            day.most_offered,
            rules.operating_threshold,
            rules.maximum_system_capacity,
            day.minutes_active,
            day.early_warnings,
        ]
        for day in month.found.days
    ]


def user_rows(month: RequestMonth) -> list[list[Cell | None]]:
    """Every User, as USER_COLUMNS."""
    return [
        [
            user.of.user,
            user.of.allocation,
            user.of.most_used,
            user.of.totals.received,
            user.forecast,
            user.of.totals.throttled,
            user.of.early_warnings,
            user.of.spare_used,
            user.of.breach_days,
            user.step.value,
        ]
        for user in month.users
    ]


def write_panel_xlsx(month: RequestMonth, path: Path) -> None:
    """Write the Panel's workbook."""
    sent = [row for user in month.users for row in sent_rows(month, user)]
    sheets: list[_Sheet] = [
        ("days", DAY_COLUMNS, day_rows(month)),
        ("users", USER_COLUMNS, user_rows(month)),
        ("data", SENT_COLUMNS, sent),
    ]
    _write_xlsx(month, panel_verdict(month), sheets, path)


def write_user_xlsx(month: RequestMonth, user: UserMonth, path: Path) -> None:
    """Write one User's workbook."""
    _write_xlsx(month, user_verdict(month, user), [("data", SENT_COLUMNS, sent_rows(month, user))], path)


_Sheet: TypeAlias = tuple[str, Sequence[str], list[list[Cell | None]]]


def _write_xlsx(month: RequestMonth, said: Verdict, sheets: Sequence[_Sheet], path: Path) -> None:
    with open_book(path, f"Service Requests of {month.month}", month.found.last) as book:
        book.front(said, f"tidegate {__version__}")
        for name, columns, rows in sheets:
            book.table(name, [(column, max(12, len(column) + 4)) for column in columns], rows)


def _head(month: RequestMonth, said: Verdict) -> dict[str, Any]:
    return {
        "tidegate": __version__,
        "month": month.month,
        "due_on": month.due_on,
        "partial": month.found.is_partial,
        "policy_version": month.found.policy_version,
        "verdict": {
            "headline": said.headline,
            "findings": list(said.findings),
            "cautions": list(said.cautions),
        },
    }


def _user(user: UserMonth) -> dict[str, Any]:
    return {
        **totals_json(user.of.totals),
        "allocation": user.of.allocation,
        "most_used": user.of.most_used,
        "forecast": user.forecast,
        "early_warnings": user.of.early_warnings,
        "spare_used": user.of.spare_used,
        "breach_days": user.of.breach_days,
        "step": user.step.value,
    }


def _reaches(reaches: Reaches | None) -> dict[str, Any] | None:
    if reaches is None:
        return None
    return {
        "threshold_on": _date(reaches.threshold_on),
        "maximum_on": _date(reaches.maximum_on),
        "meters": reaches.meters or None,
        "meters_per_day": reaches.meters_per_day or None,
    }


def _date(at: Instant | None) -> str | None:
    return None if at is None else format_instant(at)[:10]
