"""What a person sees of a comparison: the finding, the policies side by side, the codes and recipients that differ."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli import console
from tidegate.cli.replay_screen import WIDTH, pointed, say
from tidegate.reports.compared import Compared
from tidegate.reports.compared_findings import compared_verdict
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.verdict import short_name
from tidegate.vocabulary.alert_codes import format_alert_code, name_of

MOST_ROWS: Final = 8
"""Codes and recipients shown on the screen; the files have all."""

MOST_ACROSS: Final = 3
"""Policies whose numbers fit beside one another on eighty columns."""

_NARROWEST = 10


def show(compared: Compared, results: Path | None, command: str, *, out: Console | None = None) -> None:
    """Print a comparison.

    Args:
        compared: What to show.
        results: Folder its files were written to, if they were.
        command: The command as it was given, for the one to run next.
        out: Where to print; stdout when left out.
    """
    to = out or console.out
    width = min(to.width, WIDTH)
    said = compared_verdict(compared)
    say(to, Text(said.headline, style="bold"), width)
    to.print()
    for finding in said.findings:
        say(to, pointed(finding), width, indent=2)
    to.print()
    for caution in said.cautions:
        say(to, Text(f"! {caution}", style="yellow"), width, indent=2)
    to.print()
    to.print(_policies(compared), width=width)
    differ = [
        code
        for code in compared.codes
        if any(code in compared.codes_that_differ(it) for it in compared.others)
    ]
    if differ and len(compared.outcomes) <= MOST_ACROSS:
        to.print()
        rows = [
            (
                f"{format_alert_code(code)} {short_name(name_of(code))}",
                thousands(compared.log.by_code[code].received),
                *(
                    _share(it.replayed.by_code[code].throttled, it.replayed.by_code[code].received)
                    for it in compared.outcomes
                ),
            )
            for code in differ[:MOST_ROWS]
        ]
        to.print(_side_by_side(compared, "Held back, of code", "Received", rows, width), width=width)
        _rest(to, len(differ), "code", width)
        names = [
            name
            for name in compared.recipients
            if any(name in compared.recipients_that_differ(it) for it in compared.others)
        ]
        rows = [
            (
                name or "not known",
                thousands(compared.log.by_recipient[name].received),
                *(
                    _share(it.replayed.by_recipient[name].throttled, it.replayed.by_recipient[name].received)
                    for it in compared.outcomes
                ),
            )
            for name in names[:MOST_ROWS]
        ]
        to.print()
        to.print(_side_by_side(compared, "Held back, of recipient", "Raised", rows, width), width=width)
        _rest(to, len(names), "recipient", width)
    to.print()
    to.print(Text("Next:", style="bold"))
    if results is None:
        to.print(Text(f"  {command} -o evidence"), soft_wrap=True)
        say(
            to,
            Text("the evidence pack: page, workbook, tables, pictures, storms", style="dim"),
            width,
            indent=6,
        )
    else:
        suffix = ".partial" if compared.log.is_partial else ""
        to.print(Text(f"  {results / f'comparison{suffix}.html'}"), soft_wrap=True)
        say(to, Text("the same with pictures and parameters; works offline", style="dim"), width, indent=6)


def _policies(compared: Compared) -> Table:
    headings = ("Policy", "Delivered", "Held back", "Held", "Storms", "Devices", "Detected")
    table = _table(headings)
    for outcome in compared.outcomes:
        took = outcome.time_to_detect
        table.add_row(
            Text(outcome.name),
            thousands(outcome.delivered),
            thousands(outcome.replayed.throttled),
            percent(outcome.replayed.throttled, compared.decided),
            thousands(len(outcome.replayed.storms)),
            thousands(outcome.replayed.devices_stormed),
            "" if took is None else length(took),
        )
    return table


def _side_by_side(
    compared: Compared, of: str, received: str, rows: Sequence[Sequence[str]], width: int
) -> Table:
    headings = (of, received, *(outcome.name for outcome in compared.outcomes))
    others = sum(
        max(len(heading), *(len(row[at]) for row in rows)) + 1 for at, heading in enumerate(headings) if at
    )
    table = _table(headings, first=width - others)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _rest(to: Console, number: int, one: str, width: int) -> None:
    if number > MOST_ROWS:
        say(to, Text(f"and {many(number - MOST_ROWS, f'more {one}')}", style="dim"), width)


def _share(held: int, received: int) -> str:
    return percent(held, received) if held else ""


def _table(headings: Sequence[str], first: int | None = None) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline")
    for at, heading in enumerate(headings):
        # The first, of `first` columns at most, gives way, for numbers must not.
        table.add_column(
            heading,
            justify="right" if at else "left",
            no_wrap=True,
            max_width=None if at or first is None else max(first - 1, _NARROWEST),
            overflow="ellipsis" if at == 0 else "fold",
        )
    return table
