"""The pictures of a fleet: each a finding, how to read it, and the data behind it.

    offenders  which products raise the Alerts, and how many for each of their Devices
    kinds      shouters and murmur: how many Devices, how much each, and what a threshold can reach
    where      which Alert Codes come from which CSP region

A picture that would show nothing is left out. `fleet_charts.py` has their marks.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Any, Final

from tidegate.alert_storm.causes import Cause
from tidegate.alert_storm.fleet import FleetView
from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.formats import charts, fleet_charts
from tidegate.formats.picture import Picture
from tidegate.reports.fleet_findings import what_a_threshold_reaches, where_it_is, who_raises_most
from tidegate.reports.fleet_totals import Dot, ProductTotal, dots, product_totals, tiles
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.offending_words import codes_label, name_of_codes, unknown_in_words
from tidegate.reports.verdict import threshold_in_words
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import DAY
from tidegate.vocabulary.products import NOT_KNOWN

MOST_PRODUCTS: Final = 15
MOST_DOTS: Final = 300
MOST_LABELS: Final = 5
MOST_TILED: Final = 8


_CLIPPED: Final = 34
_LABEL_HEIGHT, _LABEL_WIDTH = 0.4, 1.6
"""Of a label in the picture of kinds, in powers of ten of its axes."""


def fleet_pictures(
    view: FleetView,
    parameters: AlertStormParameters,
    causes: Sequence[Cause] = (),
    excluded: Collection[AlertCode] = (),
    unsaid: int = 0,
) -> list[Picture]:
    """Every picture that shows something.

    Args:
        view: What the fleet raised.
        parameters: The line that a stream must go over to storm.
        causes: What was found behind it; a title names no other product.
        excluded: Codes of which every Alert passed by the exclusion list.
        unsaid: Devices of the Inventory of which it says no product.
    """
    made = [
        offenders_picture(view, causes, unsaid),
        kinds_picture(view, parameters, excluded),
        where_picture(view),
    ]
    return [picture for picture in made if picture is not None]


def offenders_picture(view: FleetView, causes: Sequence[Cause] = (), unsaid: int = 0) -> Picture | None:
    """Picture 3: bars are Alerts, the line is their cumulative share, dots are Alerts per installed Device.

    Its title names the products that were found behind a cause, if `causes` are given.
    """
    totals = product_totals(view)
    if not any(total.product != NOT_KNOWN for total in totals):
        return None
    alerts = sum(total.alerts for total in totals)
    bars: list[dict[str, Any]] = []
    line: list[dict[str, Any]] = []
    rates: list[dict[str, Any]] = []
    so_far = 0
    for label, part in _labelled(totals, unknown_in_words(view, unsaid)):
        stormed, sent = sum(each.stormed for each in part), sum(each.alerts for each in part)
        so_far += sent
        for who, count, order in (("stormed", stormed, 0), ("others", sent - stormed, 1)):
            if count:
                bars.append({"product": label, "who": fleet_charts.WHO[who], "order": order, "alerts": count})
        line.append(
            {"product": label, "share": so_far / alerts, "said": percent(so_far, alerts), "alerts": sent}
        )
        days = sum(each.device_days for each in part)
        if days and sent:
            rates.append({"product": label, "rate": sent / days, "said": _rate(sent / days)})
    return Picture(
        "offenders",
        who_raises_most(view, totals, alerts, [cause for cause in causes if cause.is_named]),
        "A row is a product, the one with most Alerts on top. Bars are Alerts, in vermillion those of Devices that "
        "stormed with the code. The black line is the share of all Alerts down to that row. Dots, on the right, are Alerts a day "
        "for each Device installed, on a scale on which each step is ten times the one before.",
        charts.svg("offenders", fleet_charts.pareto(bars, line, rates)),
        (
            "product",
            "device type",
            "alerts",
            "of devices that stormed",
            "cumulative share",
            "installed",
            "alerts per device-day",
        ),
        tuple(_pareto_rows(totals, alerts, unknown_in_words(view, unsaid))),
    )


def kinds_picture(
    view: FleetView, parameters: AlertStormParameters, excluded: Collection[AlertCode] = ()
) -> Picture | None:
    """Picture 4: Devices affected against Alerts of each a day; everything under the line passes through."""
    found = dots(view)
    if not found:
        return None
    line = parameters.threshold * DAY / parameters.window_us
    labelled = _apart(found[:MOST_LABELS])
    rows = [
        {
            "devices": dot.devices,
            "per_day": dot.per_day,
            "who": fleet_charts.WHO["stormed" if dot.has_stormed else "others"],
            "alerts": dot.alerts,
            "label": _dot_label(dot) if dot in labelled else "",
        }
        for dot in found[:MOST_DOTS]
    ]
    left_out = (
        "" if len(found) <= MOST_DOTS else f" The {MOST_DOTS} with most Alerts of {thousands(len(found))}."
    )
    return Picture(
        "kinds",
        what_a_threshold_reaches(found, excluded),
        "A dot is one Alert Code of one product; the larger, the more Alerts. To the right are more Devices, further up "
        "more Alerts from each. Vermillion are Devices that stormed: throttling reaches them. Blue are Devices that never "
        f"did: all of it passes through. The line is {threshold_in_words(parameters)}, kept up all day; a Device may storm "
        f"under it, in bursts.{left_out}",
        charts.svg(
            "kinds", fleet_charts.kinds(rows, line, f"{threshold_in_words(parameters)}, kept up all day")
        ),
        (
            "alert codes",
            "product",
            "device type",
            "stormed",
            "devices",
            "alerts",
            "alerts of each device a day",
        ),
        tuple(
            (
                codes_label(dot.alert_codes),
                str(dot.product),
                dot.product.device_type,
                "yes" if dot.has_stormed else "no",
                dot.devices,
                dot.alerts,
                dot.per_day,
            )
            for dot in found
        ),
    )


def where_picture(view: FleetView) -> Picture | None:
    """Picture 10: a tile for each code and CSP region, by Alerts for each thousand Devices; outages ringed."""
    found = tiles(view, MOST_TILED)
    regions = list(dict.fromkeys(tile.region for tile in found))
    if len(regions) <= 1:
        return None
    rows = [
        {
            "code": f"{codes_label(tile.alert_codes)}  {_clipped(name_of_codes(tile.alert_codes))}",
            "region": tile.region or "not said",
            "value": tile.per_thousand,
            "said": _rate(tile.per_thousand) if tile.alerts else "",
            "is_outage": tile.is_outage,
        }
        for tile in found
    ]
    return Picture(
        "where",
        where_it_is(found, int(view.groups["alerts"].sum())),
        "Alerts a day for each 1,000 Devices installed in a CSP region; the darker, the more. A row alike all along shows no "
        "place; a row dark in one region is weather, or a network; a few Devices that shout stand where they "
        "stand by chance. Codes of lost supply are ringed.",
        charts.svg("where", fleet_charts.tiled(rows)),
        ("alert codes", "csp region", "alerts", "alerts a day for each 1,000 devices", "of lost supply"),
        tuple(
            (
                codes_label(tile.alert_codes),
                tile.region or "not said",
                tile.alerts,
                tile.per_thousand,
                "yes" if tile.is_outage else "no",
            )
            for tile in found
        ),
    )


def _labelled(totals: Sequence[ProductTotal], unknown: str) -> list[tuple[str, Sequence[ProductTotal]]]:
    """The products shown, and all others in one row."""
    shown: list[tuple[str, Sequence[ProductTotal]]] = [
        (_product_label(total, unknown), [total]) for total in totals[:MOST_PRODUCTS]
    ]
    if rest := totals[MOST_PRODUCTS:]:
        shown.append((many(len(rest), "other product"), rest))
    return shown


def _product_label(total: ProductTotal, unknown: str) -> str:
    if total.product == NOT_KNOWN:
        return unknown
    name = _clipped(str(total.product))
    return name if name == total.product.device_type else f"{name} ({total.product.device_type})"


def _pareto_rows(
    totals: Sequence[ProductTotal], alerts: int, unknown: str
) -> list[tuple[str | int | float, ...]]:
    rows: list[tuple[str | int | float, ...]] = []
    so_far = 0
    for total in totals:
        so_far += total.alerts
        rate = total.alerts / total.device_days if total.device_days else 0.0
        name = unknown if total.product == NOT_KNOWN else str(total.product)
        rows.append(
            (
                name,
                total.product.device_type,
                total.alerts,
                total.stormed,
                so_far / alerts,
                total.installed,
                rate,
            )
        )
    return rows


def _apart(found: Sequence[Dot]) -> list[Dot]:
    """Those whose labels do not fall upon one another."""
    kept: list[Dot] = []
    for dot in found:
        if not any(_are_close(dot, other) for other in kept):
            kept.append(dot)
    return kept


def _are_close(dot: Dot, other: Dot) -> bool:
    up, along = math.log10(dot.per_day / other.per_day), math.log10(dot.devices / other.devices)
    return abs(up) < _LABEL_HEIGHT and abs(along) < _LABEL_WIDTH


def _dot_label(dot: Dot) -> str:
    product = "" if dot.product == NOT_KNOWN else f" {_clipped(str(dot.product))}"
    return f"{codes_label(dot.alert_codes)}{product}"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"  # noqa: PLR2004 - two figures


def _clipped(name: str) -> str:
    return name if len(name) <= _CLIPPED else f"{name[: _CLIPPED - 1].rstrip()}…"
