"""Two pictures of the edge: what each place spares each link, and a region's busiest minutes, hour by hour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tidegate.formats import charts
from tidegate.formats.picture import Picture
from tidegate.reports.edge import LINKS, PLACES, BusyHour, EdgeProtection, Link, Place, RegionEdge
from tidegate.reports.edge_words import LINK_NAMES, PLACE_NAMES, per_second, shown_first, spoken_of
from tidegate.reports.numerals import percent, thousands
from tidegate.vocabulary.instants import HOUR, MINUTE, SECOND, format_instant

_ORANGE: Final = "#E69F00"
_COLOURS: Final = {Place.HUB: charts.BLUE, Place.CSP: charts.SKY, Place.DSP: _ORANGE}
_PANEL: Final = 200
_WIDTH: Final = 820
_MOST_REGIONS: Final = 10
_LABEL_ROOM: Final = 1.3
"""The longest bar leaves this much more for its label."""


def edge_pictures(found: EdgeProtection) -> Iterator[Picture]:
    """Every picture that shows something."""
    if any(found.total.places[place].reach.throttled for place in PLACES):
        yield _spared(found)
    region = spoken_of(found)
    if region is not None:
        yield _busiest(found, region)


def _spared(found: EdgeProtection) -> Picture:
    regions = [region for region in shown_first(found) if region.alerts][:_MOST_REGIONS]
    rows: list[dict[str, Any]] = [
        {
            "region": region.region,
            "link": LINK_NAMES[link],
            "place": PLACE_NAMES[place],
            "share": region.spared(place, link) / crossing,
            "said": percent(region.spared(place, link), crossing),
            "spared": region.spared(place, link),
            "crossing": crossing,
        }
        for region in regions
        for link in LINKS
        if (crossing := region.flow(Place.NOWHERE, link).alerts)
        for place in PLACES
    ]
    served = [region for region in regions if region.flow(Place.NOWHERE, Link.WAN).alerts]
    best = max(served, key=_wan_share, default=None)
    title = "No place before the DSP spares anything here"
    if best is not None and best.spared(Place.HUB, Link.WAN):
        wan = percent(best.spared(Place.HUB, Link.WAN), best.flow(Place.NOWHERE, Link.WAN).alerts)
        where = "" if len(regions) == 1 else f" of region {best.region}, and less of the others"
        title = f"Only at the Communications Hub does the rule spare the SM WAN: {wan}{where}"
    return Picture(
        "spared-by-place",
        title,
        "Share of the Alerts on each link that the same rule spares it, by where it stands. A place spares the "
        "links after it and none before.",
        charts.svg("spared-by-place", _spared_chart(rows, [region.region for region in regions])),
        ("region", "link", "place", "alerts_without", "spared", "share_spared"),
        tuple(
            (row["region"], row["link"], row["place"], row["crossing"], row["spared"], round(row["share"], 4))
            for row in rows
        ),
    )


def _wan_share(region: RegionEdge) -> float:
    return region.spared(Place.HUB, Link.WAN) / region.flow(Place.NOWHERE, Link.WAN).alerts


def _spared_chart(rows: Sequence[Mapping[str, Any]], regions: Sequence[str]) -> dict[str, Any]:
    places = [PLACE_NAMES[place] for place in PLACES]
    most = max(row["share"] for row in rows) * _LABEL_ROOM
    y: dict[str, Any] = {
        "field": "region",
        "type": "nominal",
        "sort": list(regions),
        "scale": {"paddingInner": 0.3},
        "axis": {"title": None, "domain": False, "ticks": False, "labelPadding": 6, "labelLimit": 160},
    }
    offset = {"field": "place", "type": "nominal", "sort": places, "scale": {"domain": places}}
    x = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, most]},
        "axis": {"title": "Spared", "format": "~%", "tickCount": 4},
    }
    panels = [
        {
            "title": {"text": LINK_NAMES[link], "fontSize": 12, "fontWeight": "normal", "anchor": "start"},
            "width": _PANEL,
            "height": {"step": 15},
            "transform": [{"filter": {"field": "link", "equal": LINK_NAMES[link]}}],
            "layer": [
                {
                    "mark": {"type": "bar"},
                    "encoding": {
                        "x": x,
                        "y": {**y, "axis": y["axis"] if number == 0 else None},
                        "yOffset": offset,
                        "color": {
                            "field": "place",
                            "type": "nominal",
                            "scale": {"domain": places, "range": [_COLOURS[place] for place in PLACES]},
                            "legend": {"title": "The rule stands at the", "titleFontWeight": "normal"},
                        },
                    },
                },
                {
                    "mark": {"type": "text", "align": "left", "dx": 4},
                    "encoding": {
                        "x": x,
                        "y": {**y, "axis": y["axis"] if number == 0 else None},
                        "yOffset": offset,
                        "text": {"field": "said"},
                    },
                },
            ],
        }
        for number, link in enumerate(LINKS)
    ]
    return {"data": {"values": list(rows)}, "hconcat": panels, "spacing": 24}


def _busiest(found: EdgeProtection, region: RegionEdge) -> Picture:
    hours = [each for each in found.hours if each.region == region.region]
    now, then = (region.flow(place, Link.WAN) for place in (Place.NOWHERE, Place.HUB))
    capacity = region.capacity_per_second
    if capacity is not None:
        title = (
            f"The SM WAN of {region.region} was over {capacity:g} Alerts a second in "
            f"{thousands(now.minutes_over or 0)} minutes; with the rule at the Hub in {thousands(then.minutes_over or 0)}"
        )
    elif then.minute.alerts == now.minute.alerts:
        title = f"The rule takes nothing off the busiest minute of region {region.region}, wherever it stands"
    else:
        title = (
            f"At the Hub the rule takes the busiest minute of region {region.region} from "
            f"{per_second(now.minute.alerts)} to {per_second(then.minute.alerts)} Alerts a second"
        )
    return Picture(
        "busiest-minutes",
        title,
        "SM WAN: the busiest minute of each hour, in Alerts a second; the whole bar is as it was. At the CSP or "
        "the DSP the rule takes nothing off it."
        + ("" if capacity is None else " Dashed: the capacity given."),
        charts.svg("busiest-minutes", _busiest_chart(hours, capacity)),
        ("hour_utc", "busiest_minute", "with_rule_at_hub"),
        tuple((format_instant(each.hour), each.nowhere, each.hub) for each in hours),
    )


def _busiest_chart(hours: Sequence[BusyHour], capacity: float | None) -> dict[str, Any]:
    names = ["With the rule at the Communications Hub", "Spared by it"]
    values = [
        {
            "start": hour.hour / 1_000,
            "end": (hour.hour + HOUR) / 1_000,
            "series": name,
            "base": base * SECOND / MINUTE,
            "rate": top * SECOND / MINUTE,
        }
        for hour in hours
        for name, base, top in zip(names, (0, hour.hub), (hour.hub, hour.nowhere), strict=True)
    ]
    x = charts.time_axis("start")
    y = {
        "field": "rate",
        "type": "quantitative",
        "scale": {"domainMin": 0, "nice": True},
        "axis": {"title": "Alerts a second", "tickCount": 5},
    }
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": values},
            "mark": {"type": "rect", "stroke": "white", "strokeWidth": 0.5},
            "encoding": {
                "x": x,
                "x2": {"field": "end"},
                "y": {**y, "field": "base"},
                "y2": {"field": "rate"},
                "color": {
                    "field": "series",
                    "type": "nominal",
                    "scale": {"domain": names, "range": [charts.BLUE, charts.VERMILLION]},
                },
            },
        }
    ]
    if capacity is not None:
        layers.append(
            {
                "data": {"values": [{"rate": capacity, "said": f"capacity {capacity:g}"}]},
                "mark": {"type": "rule", "strokeDash": [6, 4], "color": charts.INK, "strokeWidth": 1.5},
                "encoding": {"y": y},
            }
        )
        layers.append(
            {
                "data": {"values": [{"rate": capacity, "said": f"capacity given: {capacity:g} a second"}]},
                "mark": {
                    "type": "text",
                    "align": "right",
                    "baseline": "bottom",
                    "dy": -4,
                    "fontWeight": "bold",
                },
                "encoding": {"y": y, "x": {"value": _WIDTH}, "text": {"field": "said"}},
            }
        )
    return {"width": _WIDTH, "height": 220, "layer": layers}
