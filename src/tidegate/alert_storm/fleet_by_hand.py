"""The fleet view, readable: one Alert at a time, in plain Python. `fleet.Fleet` gives the same.

The Alerts of one Device are counted apart for each product (and region) it was
in the period: firmware that changed in the middle of the month is two parts,
with its own days each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tidegate.alert_storm.fleet import GROUP_COLUMNS, FleetView
from tidegate.alert_storm.fleet_activity import MURMUR_RATE, Activity, Pattern
from tidegate.alert_storm.fleet_changed import (
    INSTALLED,
    MURMURS,
    SHOUTS_FIRST,
    SHOUTS_SECOND,
    STORMED,
    Changed,
    joined,
)
from tidegate.columnar.batches import AlertCodes, DeviceIds, Recipients
from tidegate.columnar.inventory import Attribute, Inventory
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import DAY, HOUR, Instant
from tidegate.vocabulary.products import NOT_KNOWN, Product
from tidegate.vocabulary.toggle_pairs import counted_as


class Part(NamedTuple):
    """A Device while it was of one product, in one region."""

    device_id: DeviceId
    product: Product = NOT_KNOWN
    region: str = ""


@dataclass
class InstalledByHand:
    """Which parts there were in the period: their days, and who supplied them last."""

    days: dict[Part, float] = field(default_factory=lambda: defaultdict(float))
    supplier: dict[Part, str] = field(default_factory=dict)
    known: set[DeviceId] = field(default_factory=set)


def fleet_view_of(
    alerts: Iterable[Alert],
    inventory: Inventory | None,
    stormed: tuple[DeviceIds, AlertCodes],
    recipients: Recipients,
    since: Instant,
    until: Instant,
    set_aside: Sequence[bool] | None = None,
) -> FleetView:
    """What the Devices of each product raised.

    Args:
        alerts:      In receipt order, all of them from `since` on and before `until`.
        inventory:   What the Devices are; None: nothing is known of any.
        stormed:     Devices that stormed, and the code each stormed with: two columns as long as each other.
        recipients:  Their numbers; every recipient of an Alert is among them, or becomes so.
        since:       The period: from this instant on,
        until:       and before this one.
        set_aside:   Of those that stormed, which are not for that shouters; None: all are.
    """
    installed = installed_of(inventory, since, until)
    shouting: dict[tuple[DeviceId, AlertCode], set[AlertCode]] = defaultdict(set)
    stormers = set()
    for nth, (device_id, code) in enumerate(zip(stormed[0].tolist(), stormed[1].tolist(), strict=True)):
        stormers.add((device_id, counted_as(code)))
        if set_aside is None or not set_aside[nth]:
            shouting[device_id, counted_as(code)].add(code)
    alerts = list(alerts)
    assert all(since <= alert.at < until for alert in alerts)
    activities = activities_of(alerts, inventory)
    hours: dict[tuple[AlertCode, Product, str], Counter[int]] = defaultdict(Counter)
    told: dict[tuple[AlertCode, Product, str], Counter[int]] = defaultdict(Counter)
    for alert in alerts:
        part = _part_at(inventory, alert)
        group = counted_as(alert.alert_code), part.product, part.region
        hours[group][alert.at // HOUR % 24] += 1
        told[group][recipients.number_of(alert.recipient)] += 1

    products = [NOT_KNOWN] if inventory is None else inventory.products
    regions = names_in(None if inventory is None else inventory.attributes["csp_region"])
    suppliers = names_in(None if inventory is None else inventory.attributes["supplier"])
    keys = sorted(hours, key=lambda key: (key[0], products.index(key[1]), regions.index(key[2])))
    groups = {name: np.zeros(len(keys), dtype) for name, dtype in GROUP_COLUMNS.items()}
    patterns = np.zeros((len(keys), len(Pattern)), np.int64)
    by_supplier = np.zeros((len(keys), len(suppliers)), np.int64)
    for row, (code, product, region) in enumerate(keys):
        groups["alert_code"][row] = code
        groups["product"][row] = products.index(product)
        groups["region"][row] = regions.index(region)
    row_of = {key: row for row, key in enumerate(keys)}
    murmuring = []
    for (code, part), activity in activities.items():
        row = row_of[code, part.product, part.region]
        is_first = groups["devices"][row] == 0
        first = groups["first_at"][row]
        groups["first_at"][row] = activity.first_at if is_first else min(first, activity.first_at)
        groups["last_at"][row] = (
            activity.last_at if is_first else max(groups["last_at"][row], activity.last_at)
        )
        groups["alerts"][row] += activity.alerts
        groups["devices"][row] += 1
        second_alerts = activity.alerts - activity.by_code.get(code, 0)
        groups["second_alerts"][row] += second_alerts
        groups["heard"][row] += activity.heard
        groups["alternations"][row] += activity.alternations
        groups["chattering"][row] += activity.is_chattering
        days = installed.days.get(part, (until - since) / DAY)
        if (part.device_id, code) in stormers:
            groups["stormed_alerts"][row] += activity.alerts
            groups["stormed_devices"][row] += 1
        shouts_with = shouting.get((part.device_id, code), set())
        if shouts_with:
            groups["shouting_alerts"][row] += activity.alerts
            groups["shouting_second_alerts"][row] += second_alerts
            groups["shouting_devices"][row] += 1
            groups["shouting_first"][row] += code in shouts_with
            groups["shouting_second"][row] += bool(shouts_with - {code})
        else:
            if activity.alerts >= MURMUR_RATE * max((until - since) / DAY, 1.0):
                murmuring.append((code, part))
                groups["murmuring_alerts"][row] += activity.alerts
                groups["murmuring_devices"][row] += 1
            groups["sum_squares"][row] += activity.alerts**2
            groups["sum_exposed"][row] += activity.alerts * days
        patterns[row, activity.pattern(days)] += 1
        by_supplier[row, suppliers.index(installed.supplier.get(part, ""))] += 1

    count = np.zeros((len(products), len(regions)), np.int64)
    exposure = np.zeros(count.shape)
    exposure_squared = np.zeros(count.shape)
    for part, days in installed.days.items():
        if days > 0 and part.product != NOT_KNOWN:
            place = products.index(part.product), regions.index(part.region)
            count[place] += 1
            exposure[place] += days
            exposure_squared[place] += days * days
    return FleetView(
        since=since,
        until=until,
        products=products,
        regions=regions,
        suppliers=suppliers,
        recipients=[recipients.name_of(number) for number in range(len(recipients))],
        installed=count,
        exposure=exposure,
        exposure_squared=exposure_squared,
        changed=joined(
            [
                _changed(parts, products, regions)
                for parts in (
                    [
                        (INSTALLED, part, 0)
                        for part, days in installed.days.items()
                        if days > 0 and part.product != NOT_KNOWN
                    ],
                    [
                        (code, part, _how(code, shouting[key]) if key in stormers else 0)
                        for code, part in activities
                        for key in [(part.device_id, code)]
                    ],
                    [(code, part, MURMURS) for code, part in murmuring],
                )
            ]
        ),
        missing=len({part.device_id for _, part in activities} - installed.known),
        groups=groups,
        patterns=patterns,
        by_hour=np.array([[hours[key][hour] for hour in range(24)] for key in keys], np.int64).reshape(
            -1, 24
        ),
        by_recipient=np.array(
            [[told[key][number] for number in range(len(recipients))] for key in keys], np.int64
        ).reshape(-1, len(recipients)),
        by_supplier=by_supplier,
    )


def _how(code: AlertCode, shouts_with: set[AlertCode]) -> int:
    return STORMED | SHOUTS_FIRST * (code in shouts_with) | SHOUTS_SECOND * bool(shouts_with - {code})


def _changed(
    parts: Iterable[tuple[int, Part, int]], products: Sequence[Product], regions: Sequence[str]
) -> Changed:
    """Of parts with a code each: the Devices that have several with one code."""
    where: dict[tuple[int, DeviceId, int], set[int]] = defaultdict(set)
    for code, part, how in parts:
        cell = products.index(part.product) * len(regions) + regions.index(part.region)
        where[code, part.device_id, how].add(cell)
    alike = Counter(
        (code, tuple(sorted(cells)), how) for (code, _, how), cells in where.items() if len(cells) > 1
    )
    ranked = sorted(alike)
    table = np.zeros((len(ranked), len(products) * len(regions)), np.bool_)
    for row, (_, cells_of_it, _) in enumerate(ranked):
        table[row, list(cells_of_it)] = True
    return Changed(
        np.array([code for code, _, _ in ranked], np.int64),
        table.reshape(len(ranked), len(products), len(regions)),
        np.array([how for _, _, how in ranked], np.uint8),
        np.array([alike[each] for each in ranked], np.int64),
    )


def activities_of(
    alerts: Iterable[Alert], inventory: Inventory | None
) -> dict[tuple[AlertCode, Part], Activity]:
    """What each part of a Device did with each code counted; the Alerts are in receipt order."""
    activities: dict[tuple[AlertCode, Part], Activity] = defaultdict(Activity)
    for alert in alerts:
        activities[counted_as(alert.alert_code), _part_at(inventory, alert)].receive(alert)
    return activities


def names_in(attribute: Attribute | None) -> Sequence[str]:
    """The names a column of an Inventory knows, in order; place 0 is "", not said."""
    return ["", *sorted(set(attribute.texts if attribute is not None else ()) - {""})]


def installed_of(inventory: Inventory | None, since: Instant, until: Instant) -> InstalledByHand:
    """The parts of an Inventory in a period."""
    installed = InstalledByHand()
    if inventory is not None:
        for row, days in enumerate(inventory.days_within(since, until).tolist()):
            part = _part_of(inventory, row)
            installed.known.add(part.device_id)
            installed.days[part] += days
            if days > 0:
                installed.supplier[part] = inventory.attributes["supplier"][row]
    return installed


def _part_at(inventory: Inventory | None, alert: Alert) -> Part:
    if inventory is None:
        return Part(alert.device_id)
    (row,) = inventory.rows_at(np.array([alert.device_id], np.uint64), np.array([alert.at])).tolist()
    return Part(alert.device_id) if row < 0 else _part_of(inventory, row)


def _part_of(inventory: Inventory, row: int) -> Part:
    return Part(
        int(inventory.device_id[row]),
        inventory.products[int(inventory.product_numbers[row])],
        inventory.attributes["csp_region"][row],
    )
