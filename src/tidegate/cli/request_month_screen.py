"""What a person sees of a month of Service Requests: what the Panel is told, and every User in a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import NAMES_A_USER, Column, show_table
from tidegate.reports.admitted_words import sum_in_words
from tidegate.reports.numerals import many, thousands
from tidegate.reports.request_month import RequestMonth, Step
from tidegate.reports.request_month_words import over_forecast, panel_verdict

MOST_USERS: Final = 20

_COLUMNS: Final = (
    Column("User", is_text=True, least=NAMES_A_USER),
    Column("Sent"),
    Column("Forecast", gives_way=3),
    Column("Against it", gives_way=4),
    Column("Throttled"),
    Column("Days over", gives_way=2),
    Column("Next", is_text=True, least=8, gives_way=1),
)


def show(month: RequestMonth, results: Path | None, given: str, out: Console | None = None) -> None:
    """Print a month; stdout when `out` is left out. `given` is the whole command."""
    to, width = place_for(out)
    said = panel_verdict(month)
    tell(to, said.headline, said.findings, width)
    warn(to, said.cautions, width)
    rows = [
        [
            user.of.user,
            thousands(user.of.totals.received),
            "" if user.forecast is None else thousands(user.forecast),
            over_forecast(user.held_to, user.forecast),
            thousands(user.of.totals.throttled) if user.of.totals.throttled else "",
            thousands(user.of.breach_days) if user.of.breach_days else "",
            "" if user.step is Step.NONE else user.step.value,
        ]
        for user in month.users
    ]
    if rows:
        kept = [at for at, _ in enumerate(_COLUMNS) if any(row[at] for row in rows)]
        shown = [[row[at] for at in kept] for row in rows[:MOST_USERS]]
        show_table(to, [_COLUMNS[at] for at in kept], shown, width, gap=2)
    if rest := rows[MOST_USERS:]:
        say(to, Text(f"And {many(len(rest), 'other User')}; -o has all.", style="dim"), width)
    to.print()
    say(to, Text(sum_in_words(month.found)), width, indent=2)
    to.print()
    offer(to, _next_steps(month, results, given), width)


def _next_steps(month: RequestMonth, results: Path | None, given: str) -> Iterator[tuple[str, str]]:
    if results is None:
        yield (
            f"{given} -o {month.month}",
            "a folder for the Panel, and one for each User that tells of no other",
        )
        return
    suffix = ".partial" if month.found.is_partial else ""
    yield f"{results / 'panel' / f'report{suffix}.html'}", "the Panel's report; works offline"
    yield (
        f"{results / 'users'}",
        f"a folder for each of {many(len(month.users), 'User')}, to be sent to it alone",
    )
