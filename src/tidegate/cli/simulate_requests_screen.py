"""What a person sees of simulated Service Request traffic: the finding, each control's numbers, what to run next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console

from tidegate.cli.asked import Asked
from tidegate.cli.screen import offer, place_for, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.reports.numerals import length, percent, thousands, times_in_words
from tidegate.reports.requests_simulated import RequestsSimulated
from tidegate.reports.requests_simulated_words import requests_verdict

_CONTROLS: Final = (
    Column("Control", is_text=True, least=26),
    Column("Done"),
    Column("Stranded\nhalf way", gives_way=3),
    Column("503s", gives_way=2),
    Column("No\nanswer", gives_way=4),
    Column("Sent for each\nanswered", gives_way=1),
    Column("Backlog\ncleared after"),
)


def show(
    found: RequestsSimulated, results: Path, *, asked: Asked = Asked(), out: Console | None = None
) -> None:
    """Print what became of the traffic under each control.

    Args:
        found: What to show.
        results: Folder its files were written to.
        asked: What was given on the command line, for the commands to run next.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    said = requests_verdict(found)
    tell(to, said.headline, said.findings, width)
    show_table(to, _CONTROLS, list(_controls(found)), width)
    to.print()
    warn(to, said.cautions, width)
    offer(to, _next_steps(found, results, asked), width)


def _controls(found: RequestsSimulated) -> Iterator[tuple[str, ...]]:
    for it in [*found.compared, *(it for it in found.of_capacities if it.capacity != 1)]:
        tally = it.total
        took = found.time_to_clear(it)
        yield (
            it.name,
            percent(tally.done, tally.due),
            thousands(tally.stranded),
            thousands(tally.refused),
            thousands(tally.unanswered),
            times_in_words(tally.amplification),
            "not by the end" if took is None else length(took),
        )


def _next_steps(found: RequestsSimulated, results: Path, asked: Asked) -> Iterator[tuple[str, str]]:
    yield str(results / "report.html"), "open it in a browser: the same with pictures; works offline"
    if not found.of_lists:
        yield asked.again("--ask", "all"), "what each change that was asked of the priority list would do"
