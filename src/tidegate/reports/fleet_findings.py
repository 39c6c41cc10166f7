"""What the pictures of a fleet find, each as a sentence."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from tidegate.alert_storm.causes import Cause
from tidegate.alert_storm.fleet import FleetView
from tidegate.reports.fleet_totals import Dot, ProductTotal, Tile
from tidegate.reports.numerals import many, percent, times_in_words
from tidegate.reports.offending_words import codes_label
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.products import NOT_KNOWN

MOST_NAMED: Final = 2

STANDS_OUT: Final = 2.0
"""As many times the Alerts of other regions, for each Device, make a region stand out with a code."""

FAR: Final = 1.5
"""As many times its part of the Devices is far more of the Alerts than a product's part."""

FEWEST: Final = 10
"""Devices under which a code is of no place: they stand where they stand by chance."""

WORTH_TELLING: Final = 0.01
"""Of all Alerts, the least that a code must have for its place to be a finding."""


def who_raises_most(
    view: FleetView, totals: Sequence[ProductTotal], alerts: int, causes: Sequence[Cause]
) -> str:
    """Who is behind how much, with what part of the Devices, by the named causes; nobody where there are none.

    A product far over its part that the test does not name is not named here either: one wild Device does that.
    """
    if causes:
        return _guilty_in_words(view, alerts, causes)
    first = next(total for total in totals if total.product != NOT_KNOWN)
    installed = _installed_of_type(view, first.product.device_type)
    raised = sum(each.alerts for each in totals if each.product.device_type == first.product.device_type)
    if first.alerts * installed >= FAR * first.installed * raised:
        return "No product is shown to be behind the Alerts: what stands out may be chance, or a few Devices"
    share = percent(first.alerts, alerts)
    of_devices = f"{percent(first.installed, installed)} of {_types(first.product.device_type)}"
    return f"No product raises far more than its part: the most, {share} of the Alerts, is {first.product}, {of_devices}"


def _guilty_in_words(view: FleetView, alerts: int, causes: Sequence[Cause]) -> str:
    products = list(dict.fromkeys(cause.product for cause in causes))
    raised = percent(sum(cause.alerts for cause in causes), alerts)
    names = [str(product) for product in products[:MOST_NAMED]]
    if len(products) > MOST_NAMED:
        names.append(many(len(products) - MOST_NAMED, "more product"))
    said = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    types = {product.device_type for product in products}
    if len(types) > 1:
        return f"{said} are behind {raised} of the Alerts"
    installed = sum(
        max(cause.installed for cause in causes if cause.product == product) for product in products
    )
    (device_type,) = types
    share = percent(installed, _installed_of_type(view, device_type))
    return f"{said} {'is' if len(products) == 1 else 'are'} behind {raised} of the Alerts, with {share} of {_types(device_type)}"


def _installed_of_type(view: FleetView, device_type: str) -> int:
    of_type = [product.device_type == device_type for product in view.products]
    return view.installed_in(np.array(of_type, np.bool_))


def _types(device_type: str) -> str:
    return f"the {device_type}s" if device_type else "the Devices"


def what_a_threshold_reaches(found: Sequence[Dot], excluded: Collection[AlertCode] = ()) -> str:
    """What part of the Alerts comes from Devices that stormed, from others, and of excluded codes."""
    alerts = sum(dot.alerts for dot in found)
    stormed = sum(dot.alerts for dot in found if dot.has_stormed)
    devices = sum(dot.devices for dot in found if dot.has_stormed)
    let_through = sum(dot.alerts for dot in found if set(dot.alert_codes) <= set(excluded))
    if 2 * let_through >= alerts > 0:
        share = percent(let_through, alerts)
        return f"{share} of the Alerts are of excluded codes: the exclusion list lets them pass, and no threshold applies"
    if not stormed:
        return "No Device stormed: all of the Alerts pass under the threshold, and throttling reaches none"
    if 2 * stormed >= alerts:
        return f"{many(devices, 'Device')} that stormed raised {percent(stormed, alerts)} of the Alerts: throttling reaches them"
    return f"{percent(alerts - stormed, alerts)} of the Alerts come from Devices that never stormed: no threshold reaches them"


def where_it_is(found: Sequence[Tile], alerts: int) -> str:
    """Whether a code is frequent in one CSP region, by Alerts and by Devices."""
    best, ratio = found[0], 0.0
    for tile in found:
        others = [each for each in found if each.alert_codes == tile.alert_codes and each is not tile]
        elsewhere = sum(each.per_thousand for each in others)
        devices = sum(each.affected for each in others)
        if tile.alerts < WORTH_TELLING * alerts or tile.devices < FEWEST:
            continue
        # By Alerts and by Devices: a few that shout stand where they stand by chance.
        times = math.inf
        if elsewhere and devices:
            times = min(tile.per_thousand / elsewhere, tile.affected / devices) * len(others)
        if (times, tile.alerts) > (ratio, best.alerts):
            best, ratio = tile, times
    if ratio < STANDS_OUT:
        return "No CSP region is shown to stand out with any code"
    name = codes_label(best.alert_codes)
    why = ": weather, or a network" if best.is_outage else ""
    region = best.region or "no region"
    if math.isinf(ratio):
        return f"{name} comes from {region} alone{why}"
    return f"{name} is {times_in_words(ratio)} times as frequent in {region} as elsewhere{why}"
