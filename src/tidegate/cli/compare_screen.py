"""What a person sees of a comparison: the finding, the policies side by side, the codes and recipients that differ."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.reports.compared import Compared
from tidegate.reports.compared_findings import compared_verdict
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.verdict import short_name
from tidegate.vocabulary.alert_codes import format_alert_code, name_of

MOST_ROWS: Final = 8
"""Codes and recipients shown on the screen; the files have all."""

MOST_ACROSS: Final = 3
"""Policies whose numbers fit beside one another on eighty columns."""

_POLICIES: Final = (
    Column("Policy", is_text=True, least=10, wraps=True),
    Column("Delivered"),
    Column("Held back"),
    Column("Held", gives_way=1),
    Column("Storms", gives_way=2),
    Column("Devices", gives_way=4),
    Column("Detected", gives_way=3),
)


def show(compared: Compared, results: Path | None, command: str, *, out: Console | None = None) -> None:
    """Print a comparison.

    Args:
        compared: What to show.
        results: Folder its files were written to, if they were.
        command: The command as it was given, for the one to run next.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    said = compared_verdict(compared)
    tell(to, said.headline, said.findings, width)
    warn(to, said.cautions, width)
    show_table(to, _POLICIES, list(_policies(compared)), width)
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
        show_table(to, _side_by_side(compared, "Held back, of code", "Received"), rows, width)
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
        show_table(to, _side_by_side(compared, "Held back, of recipient", "Raised"), rows, width)
        _rest(to, len(names), "recipient", width)
    to.print()
    offer(to, [_next_step(compared, results, command)], width)


def _next_step(compared: Compared, results: Path | None, command: str) -> tuple[str, str]:
    if results is None:
        return f"{command} -o evidence", "the evidence pack: page, workbook, tables, pictures, storms"
    suffix = ".partial" if compared.log.is_partial else ""
    return (
        f"{results / f'comparison{suffix}.html'}",
        "the same with pictures and parameters; works offline",
    )


def _policies(compared: Compared) -> Iterator[tuple[str, ...]]:
    for outcome in compared.outcomes:
        took = outcome.time_to_detect
        yield (
            outcome.name,
            thousands(outcome.delivered),
            thousands(outcome.replayed.throttled),
            percent(outcome.replayed.throttled, compared.decided),
            thousands(len(outcome.replayed.storms)),
            thousands(outcome.replayed.devices_stormed),
            "" if took is None else length(took),
        )


def _side_by_side(compared: Compared, of: str, received: str) -> list[Column]:
    return [
        Column(of, is_text=True, least=10),
        Column(received, gives_way=1),
        *(Column(outcome.name, wraps=True) for outcome in compared.outcomes),
    ]


def _rest(to: Console, number: int, one: str, width: int) -> None:
    if number > MOST_ROWS:
        say(to, Text(f"and {many(number - MOST_ROWS, f'more {one}')}", style="dim"), width)


def _share(held: int, received: int) -> str:
    return percent(held, received) if held else ""
