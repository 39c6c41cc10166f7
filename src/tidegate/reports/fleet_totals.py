"""A fleet view summed for pictures: by product, by code and product, by code and CSP region."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tidegate.alert_storm.causes import RaisedOf, days_of
from tidegate.alert_storm.fleet import FleetView
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code
from tidegate.vocabulary.products import NOT_KNOWN, Product

OUTAGE_CODES: Final = frozenset(map(parse_alert_code, ("AD1", "8F35", "8F36")))
"""Supply lost, and back after a short outage or a long one: weather, where they are many in one place."""


@dataclass(frozen=True, slots=True)
class ProductTotal:
    """All codes of one product; `stormed` is of Devices that stormed with the code."""

    product: Product
    alerts: int
    stormed: int
    installed: int
    device_days: float


@dataclass(frozen=True, slots=True)
class Dot:
    """Devices of one product that raised one code, and either stormed with it or did not.

    per_day:  Alerts a day of each of them.
    """

    alert_codes: tuple[AlertCode, ...]
    product: Product
    has_stormed: bool
    devices: int
    alerts: int
    per_day: float


@dataclass(frozen=True, slots=True)
class Tile:
    """One code in one CSP region.

    devices:      Devices that raised it there, those of known products.
    per_thousand: Alerts a day for each thousand Devices installed there; `affected` are Devices that raised it
                  for each thousand.
    """

    alert_codes: tuple[AlertCode, ...]
    region: str
    alerts: int
    devices: int
    per_thousand: float
    affected: float

    @property
    def is_outage(self) -> bool:
        """It tells of supply lost or back."""
        return not OUTAGE_CODES.isdisjoint(self.alert_codes)


def product_totals(view: FleetView) -> list[ProductTotal]:
    """Every product with Alerts, the most first; what no Inventory knows is `NOT_KNOWN`."""
    products = view.groups["product"]
    size = len(view.products)
    alerts = np.bincount(products, view.groups["alerts"], size)
    stormed = np.bincount(products, view.groups["stormed_alerts"], size)
    totals = [
        ProductTotal(
            view.products[place],
            int(alerts[place]),
            int(stormed[place]),
            int(view.installed[place].sum()),
            float(view.exposure[place].sum()),
        )
        for place in np.flatnonzero(alerts > 0).tolist()
    ]
    return sorted(totals, key=lambda each: (-each.alerts, each.product))


def dots(view: FleetView) -> list[Dot]:
    """A dot for each code, product and kind of Device, the most Alerts first."""
    found = []
    for code in _codes(view):
        raised = RaisedOf(view, code)
        quiet = (raised.alerts - raised.stormed_alerts, raised.devices - raised.stormed_devices)
        for has_stormed, (alerts, devices) in (
            (False, quiet),
            (True, (raised.stormed_alerts, raised.stormed_devices)),
        ):
            for place in np.flatnonzero(devices.sum(axis=1) > 0).tolist():
                many, total = int(devices[place].sum()), int(alerts[place].sum())
                per_day = total / (many * days_of(view))
                found.append(Dot(raised.alert_codes, view.products[place], has_stormed, many, total, per_day))
    return sorted(found, key=lambda dot: (-dot.alerts, dot.alert_codes, dot.product))


def tiles(view: FleetView, most_codes: int) -> list[Tile]:
    """The codes with most Alerts in each region that has Devices installed, codes by Alerts, regions by name."""
    installed = view.installed.sum(axis=0)
    days = view.exposure.sum(axis=0)
    regions = [place for place in np.argsort(view.regions).tolist() if installed[place] > 0]
    known = np.array([product != NOT_KNOWN for product in view.products], np.bool_)
    by_code = [(raised, raised.alerts[known].sum(axis=0)) for raised in _raised(view)]
    by_code.sort(key=lambda each: (-float(each[1].sum()), each[0].code))
    return [
        Tile(
            raised.alert_codes,
            view.regions[place],
            int(alerts[place]),
            int(raised.devices[known, place].sum()),
            1_000 * float(alerts[place]) / float(days[place]),
            1_000 * float(raised.devices[known, place].sum()) / float(installed[place]),
        )
        for raised, alerts in by_code[:most_codes]
        for place in regions
    ]


def _codes(view: FleetView) -> Sequence[AlertCode]:
    codes: list[AlertCode] = np.unique(view.groups["alert_code"]).tolist()
    return codes


def _raised(view: FleetView) -> list[RaisedOf]:
    return [RaisedOf(view, code) for code in _codes(view)]
