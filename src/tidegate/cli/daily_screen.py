"""What a person sees of a daily report: the finding, the days as a table, what each change did."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli import console
from tidegate.cli.replay_screen import WIDTH, pointed, say
from tidegate.reports.daily import CodeDay, Daily
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


def show(daily: Daily, results: Path | None, *, out: Console | None = None) -> None:
    """Print a daily report; `results` is the folder its files were written to, if they were."""
    to = out or console.out
    width = min(to.width, WIDTH)
    said = daily_verdict(daily)
    say(to, Text(said.headline, style="bold"), width)
    to.print()
    for finding in said.findings:
        say(to, pointed(finding), width, indent=2)
    for caution in said.cautions:
        say(to, Text(f"! {caution}", style="yellow"), width, indent=2)
    for code in daily.codes:
        rows = daily.of_code(code)
        if rows:
            to.print()
            to.print(Text(f"{format_alert_code(code)}, days of {daily.days}", style="bold"))
            to.print(_days(daily, rows[-MOST_DAYS:]), width=width)
            if len(rows) > MOST_DAYS:
                say(to, Text(f"The last {MOST_DAYS} of {many(len(rows), 'day')}.", style="dim"), width)
            if not all(row.is_whole for row in rows[-MOST_DAYS:]):
                say(to, Text("* only partly in the log", style="dim"), width)
    for change in daily.changes:
        to.print()
        heading = f"{format_alert_code(change.alert_code)} {change_in_words(change, daily.days)}, a day"
        say(to, Text(heading, style="bold"), width)
        table = _table(
            ("", "Before", "After", "Days", "The difference is"), right=("Before", "After", "Days")
        )
        for name, found in change.measures.items():
            table.add_row(
                MEASURE_NAMES[name],
                mean_in_words(found.before.mean),
                mean_in_words(found.after.mean),
                f"{found.before.days}+{found.after.days}",
                certainty_in_words(found),
            )
        to.print(table, width=width)
    if results is not None:
        suffix = ".partial" if daily.replayed.is_partial else ""
        to.print()
        to.print(Text("Next:", style="bold"))
        to.print(Text(f"  {results / f'daily{suffix}.html'}"), soft_wrap=True)
        say(to, Text("the same with pictures and alarm health; works offline", style="dim"), width, indent=6)


def _days(daily: Daily, rows: Sequence[CodeDay]) -> Table:
    headings = ("Day", "Received", "Delivered", "Held", "Devices", "Storming", "Top 10", "Policy")
    table = _table(headings, right=headings[1:-1])
    for row in rows:
        table.add_row(
            f"{daily.days.date_of(row.begins)}{'' if row.is_whole else '*'}",
            thousands(row.received),
            thousands(row.delivered),
            percent(row.throttled, row.received) if row.throttled else "",
            thousands(row.devices),
            thousands(row.devices_stormed) if row.devices_stormed else "",
            percent(row.busiest, row.received),
            Text(", ".join(row.policies)),
        )
    return table


def _table(headings: Sequence[str], *, right: Sequence[str]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline")
    for heading in headings:
        is_number = heading in right
        table.add_column(
            heading,
            justify="right" if is_number else "left",
            no_wrap=is_number or heading in {"Day", ""},
            overflow="fold",
        )
    return table
