"""edge.html: the edge what-if as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tidegate.formats.page import Cell, Number, Page, Section, Table, write_page
from tidegate.formats.picture import Picture
from tidegate.formats.report_html import parameter_rows
from tidegate.reports.edge import LINKS, PLACES, EdgeProtection, Link, Place
from tidegate.reports.edge_words import (
    LINK_NAMES,
    PLACE_NAMES,
    edge_verdict,
    per_second,
    period_in_words,
    shown_first,
)
from tidegate.reports.numerals import percent, thousands
from tidegate.reports.verdict import parameters_in_words

_LINKS_IN_WORDS: Final = (
    "What crosses each link, and what is spared it by the rule at each place. A minute is a clock minute of UTC. Peaks "
    "of regions do not add up: their busiest minutes differ."
)
_REACH_IN_WORDS: Final = (
    "Counted as delivered, one for each recipient. Not seen before the DSP: DCC Alerts, which it makes, and those of "
    "SMETS1 Devices, which have no CSP. Under the threshold is everything outside a storm: ordinary Alerts, and murmur, "
    "which no throttling reaches at any place."
)


def write_edge_html(found: EdgeProtection, pictures: Sequence[Picture], path: Path) -> None:
    """Write the page; `pictures` are those of `edge_pictures`."""
    write_page(edge_page(found, pictures), path)


def edge_page(found: EdgeProtection, pictures: Sequence[Picture]) -> Page:
    """The page."""
    said = edge_verdict(found)
    total = found.total
    rules = found.policy.alert_storm
    return Page(
        title=f"Edge protection over {found.source}",
        about=f"Tidegate edge what-if over {found.source}, {period_in_words(found)}; policy {found.policy.version}",
        headline=said.headline,
        numbers=[
            Number("Alerts", thousands(total.alerts), f"{thousands(found.events)} events of Devices"),
            *(
                Number(
                    f"At the {PLACE_NAMES[place]}",
                    percent(total.spared(place, Link.WAN), total.flow(Place.NOWHERE, Link.WAN).alerts),
                    "of the SM WAN spared",
                    "held" if total.spared(place, Link.WAN) else "",
                )
                for place in PLACES
            ),
        ],
        sum=_sum(found),
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=(
            f"{found.policy.version}: {parameters_in_words(rules.default)}. {period_in_words(found)}. "
            f"Copies over the SM WAN: {found.wan_copies.value}."
        ),
        partial=f"Partial: interrupted after {int(100 * found.completed)}% of the input."
        if found.is_partial
        else "",
        sections=[
            Section("Where the rule stands, and what it spares", pictures=pictures),
            Section(
                "By region and link",
                paragraphs=[_LINKS_IN_WORDS],
                tables=tuple(_links(found)),
            ),
            Section("What each place can do about it", tables=[_reach(found)], paragraphs=[_REACH_IN_WORDS]),
            Section("The rule", tables=[_rule(found)]),
        ],
    )


def _sum(found: EdgeProtection) -> str:
    hub = found.total.places[Place.HUB].reach
    return (
        f"At the Hub: {thousands(found.total.alerts)} Alerts = {thousands(hub.throttled)} throttled + "
        f"{thousands(hub.forwarded_in_storms)} forwarded in storms + {thousands(hub.under_threshold)} under the "
        f"threshold + {thousands(hub.excluded)} excluded + {thousands(hub.beyond)} it does not see"
    )


def _links(found: EdgeProtection) -> Iterator[Table]:
    crossing: list[list[Cell]] = []
    peaks: list[list[Cell]] = []
    for region in shown_first(found):
        for link in LINKS:
            now = region.flow(Place.NOWHERE, link)
            named = [region.region, LINK_NAMES[link]]
            spared = [region.spared(place, link) for place in PLACES]
            crossing.append([*named, now.alerts, *spared, *(percent(each, now.alerts) for each in spared)])
            places = (Place.NOWHERE, *PLACES)
            minutes = [per_second(region.flow(place, link).minute.alerts) for place in places]
            hours = [region.flow(place, link).hour.alerts for place in (Place.NOWHERE, Place.HUB)]
            over = [region.flow(place, link).minutes_over for place in (Place.NOWHERE, Place.HUB)]
            peaks.append([*named, *minutes, *hours, *over])
    names = [_short(place) for place in PLACES]
    yield Table(
        [
            "Region",
            "Link",
            "Alerts",
            *(f"Spared at {name}" for name in names),
            *(f"Share, {name}" for name in names),
        ],
        crossing,
        heading="What crosses, and what is spared",
    )
    columns = ["Region", "Link", "Minute as it was", *(f"With it at {name}" for name in names)]
    columns += ["Hour as it was", "With it at Hub", "Minutes over", "Over with it at Hub"]
    if not any(region.capacity_per_second is not None for region in found.regions):
        columns, peaks = columns[:-2], [row[:-2] for row in peaks]
    yield Table(
        columns,
        peaks,
        heading="How busy it gets",
        caption="The busiest minute, in Alerts a second; the busiest hour, in Alerts. Minutes over: above the "
        "capacity given for the region's SM WAN.",
    )


def _short(place: Place) -> str:
    return {Place.HUB: "Hub", Place.CSP: "CSP", Place.DSP: "DSP"}[place]


def _reach(found: EdgeProtection) -> Table:
    rows: list[list[Cell]] = []
    for region in shown_first(found):
        for place in (Place.HUB, Place.DSP):
            reach = region.places[place].reach
            rows.append(
                [
                    region.region,
                    "Hub or CSP" if place is Place.HUB else "DSP",
                    region.alerts,
                    reach.beyond,
                    reach.excluded,
                    reach.under_threshold,
                    reach.forwarded_in_storms,
                    reach.throttled,
                    reach.told,
                ]
            )
    columns = ["Region", "Place", "Alerts", "Not seen there", "Excluded", "Under the threshold"]
    return Table([*columns, "Forwarded in storms", "Throttled", "With a count to tell"], rows)


def _rule(found: EdgeProtection) -> Table:
    rows: list[list[Cell]] = [
        [row["codes"], row["words"], row["reason"]] for row in parameter_rows(found.policy)
    ]
    return Table(["Codes", "Parameters", "Why"], rows, caption=f"{found.policy.version}, at every place.")
