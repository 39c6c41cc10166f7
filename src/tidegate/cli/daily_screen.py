"""What a person sees of a daily report: the finding, the days as a table, what each change did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tidegate.cli.asked import Asked
from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.reports.daily import ChangeOfCode, CodeDay, Daily
from tidegate.reports.daily_findings import (
    MEASURE_NAMES,
    certainty_in_words,
    change_in_words,
    daily_verdict,
    mean_in_words,
)
from tidegate.reports.numerals import many, percent, thousands
from tidegate.vocabulary.alert_codes import format_alert_code

MOST_DAYS = 31
"""Days of a code shown on the screen: the last; the files have all."""

_DAYS = (
    Column("Day", is_text=True),
    Column("Received"),
    Column("Delivered"),
    Column("Held", gives_way=1),
    Column("Devices", gives_way=3),
    Column("Storming", gives_way=4),
    Column("Top 10", gives_way=5),
    Column("Policy", is_text=True, least=14, wraps=True, gives_way=2),
)
_CHANGE = (
    Column("", is_text=True),
    Column("Before"),
    Column("After"),
    Column("Days", gives_way=1),
    Column("The difference is", is_text=True, least=17, wraps=True, gives_way=2),
)


def show(daily: Daily, results: Path | None, *, asked: Asked = Asked(), out: Console | None = None) -> None:
    """Print a daily report.

    Args:
        daily: What to show.
        results: Folder its files were written to, if they were.
        asked: What was given on the command line, for the command to run next.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    said = daily_verdict(daily)
    tell(to, said.headline, said.findings, width)
    warn(to, said.cautions, width)
    for code in daily.codes:
        rows = daily.of_code(code)
        if rows:
            to.print(Text(f"{format_alert_code(code)}, days of {daily.days}", style="bold"))
            show_table(to, _DAYS, [_cells(daily, row) for row in rows[-MOST_DAYS:]], width)
            if len(rows) > MOST_DAYS:
                say(to, Text(f"The last {MOST_DAYS} of {many(len(rows), 'day')}.", style="dim"), width)
            if not all(row.is_whole for row in rows[-MOST_DAYS:]):
                say(to, Text("* only partly in the log", style="dim"), width)
            to.print()
    for change in daily.changes:
        heading = f"{format_alert_code(change.alert_code)} {change_in_words(change, daily.days)}, a day"
        say(to, Text(heading, style="bold"), width)
        show_table(to, _CHANGE, list(_measures(change)), width)
        to.print()
    offer(to, [_next_step(daily, results, asked)], width)


def _cells(daily: Daily, row: CodeDay) -> tuple[str, ...]:
    return (
        f"{daily.days.date_of(row.begins)}{'' if row.is_whole else '*'}",
        thousands(row.received),
        thousands(row.delivered),
        percent(row.throttled, row.received) if row.throttled else "",
        thousands(row.devices),
        thousands(row.devices_stormed) if row.devices_stormed else "",
        percent(row.busiest, row.received),
        ", ".join(row.policies),
    )


def _measures(change: ChangeOfCode) -> Iterator[tuple[str, ...]]:
    for name, found in change.measures.items():
        yield (
            MEASURE_NAMES[name],
            mean_in_words(found.before.mean),
            mean_in_words(found.after.mean),
            f"{found.before.days}+{found.after.days}",
            certainty_in_words(found),
        )


def _next_step(daily: Daily, results: Path | None, asked: Asked) -> tuple[str, str]:
    if results is None:
        return asked.again("-o", "daily"), "keep the results: page, pictures, tables, alarm health"
    suffix = ".partial" if daily.replayed.is_partial else ""
    return f"{results / f'daily{suffix}.html'}", "the same with pictures and alarm health; works offline"
