"""What a person sees of edge protection: the finding, each region with the rule at each place, what to run next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich.console import Console

from tidegate.cli.asked import Asked
from tidegate.cli.screen import offer, place_for, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.reports.edge import FIRST_SPARED, PLACES, EdgeProtection, Link, Place
from tidegate.reports.edge_words import edge_verdict, per_second, shown_first, spoken_of
from tidegate.reports.numerals import percent, thousands

_REGIONS: Final = (
    Column("Region", is_text=True, least=8),
    Column("Alerts"),
    Column("On SM WAN", gives_way=1),
    Column("Hub spares\nthe SM WAN"),
    Column("CSP spares\nthe DSP", gives_way=3),
    Column("DSP spares\nUsers", gives_way=4),
    Column("SM WAN's busiest\nminute, a second", gives_way=2),
)


def show(
    found: EdgeProtection, results: Path | None, *, asked: Asked = Asked(), out: Console | None = None
) -> None:
    """Print what each place would have spared.

    Args:
        found: What to show.
        results: Folder its files were written to, if they were.
        asked: What was given on the command line, for the commands to run next.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    said = edge_verdict(found)
    tell(to, said.headline, said.findings, width)
    warn(to, said.cautions, width)
    if found.regions:
        show_table(to, _REGIONS, list(_regions(found)), width)
        to.print()
    offer(to, _next_steps(found, results, asked), width)


def _regions(found: EdgeProtection) -> Iterator[tuple[str, ...]]:
    """Region by region: what crosses the SM WAN, what each place spares its first link, and the busiest minute."""
    for region in shown_first(found):
        peaks = [
            per_second(region.flow(place, Link.WAN).minute.alerts) for place in (Place.NOWHERE, Place.HUB)
        ]
        yield (
            region.region,
            thousands(region.alerts),
            thousands(region.flow(Place.NOWHERE, Link.WAN).alerts),
            *(
                percent(region.spared(place, link), region.flow(Place.NOWHERE, link).alerts)
                for place in PLACES
                for link in [FIRST_SPARED[place]]
            ),
            " -> ".join(peaks),
        )


def _next_steps(found: EdgeProtection, results: Path | None, asked: Asked) -> Iterator[tuple[str, str]]:
    region = spoken_of(found)
    if region is not None and region.capacity_per_second is None:
        option = f"{region.region}=N"
        yield (
            asked.again("--capacity-per-second", option),
            "draws the line: in how many minutes was it over?",
        )
    if results is None:
        yield asked.again("-o", "edge"), "keep the results: page, pictures, workbook, table"
        return
    suffix = ".partial" if found.is_partial else ""
    yield f"{results / f'edge{suffix}.html'}", "open it in a browser: the same with pictures; works offline"
