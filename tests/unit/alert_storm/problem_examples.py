"""Causes, fleet views and storms made by hand: small numbers, invented makers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.fleet_views import nobody_changed

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.fleet import FleetView, Pattern
from tidegate.alert_storm.linking import attributes_in
from tidegate.alert_storm.members import NEVER
from tidegate.alert_storm.problems import Problems, problems_of
from tidegate.columnar.inventory import INVENTORY_COLUMNS
from tidegate.vocabulary.instants import DAY, HOUR
from tidegate.vocabulary.products import NOT_KNOWN, Product

M1_104 = Product("ESME", "Maker A", "M1", "1.04")
M1_105 = Product("ESME", "Maker A", "M1", "1.05")
M1 = Product("ESME", "Maker A", "M1")
HUB = Product("CHF", "Maker C", "H1", "2.0")
END = 10 * DAY


def cause(
    kind: Kind = Kind.SHOUTERS,
    codes: tuple[int, ...] = (0x8F75,),
    product: Product = M1_104,
    *,
    alerts: int = 1_000,
    devices: int = 20,
) -> Cause:
    return Cause(kind, codes, product, alerts, devices, 100, 0.2, 0.01, 20.0, 1e-9)


def storm(
    device_id: int = 1,
    alert_code: str = "8F75",
    product: Product | None = M1_104,
    *,
    recipient: str = "Network B",
    started_at: int = 0,
    ended_at: int | None = HOUR,
    received: int = 100,
    throttled: int = 90,
    supplier: str = "Supplier 1",
    region: str = "North",
) -> dict[str, Any]:
    known = product or NOT_KNOWN
    return {
        "device_id": device_id,
        "alert_code": alert_code,
        "recipient": recipient,
        "started_at": started_at,
        "ended_at": NEVER if ended_at is None else ended_at,
        "received": received,
        "forwarded": received - throttled,
        "throttled": throttled,
        "device_type": known.device_type or None,
        "manufacturer": known.manufacturer or None,
        "model": known.model or None,
        "firmware": known.firmware or None,
        "supplier": supplier if product else None,
        "network_operator": None,
        "csp_region": region if product else None,
    }


_NUMBERS: Mapping[str, type[Any]] = {
    "device_id": np.uint64,
    "started_at": np.int64,
    "ended_at": np.int64,
    "received": np.int64,
    "forwarded": np.int64,
    "throttled": np.int64,
}


def columns(storms: Sequence[Mapping[str, Any]], *, with_inventory: bool = True) -> dict[str, NDArray[Any]]:
    """Storms as columns, in order of their start."""
    ordered = sorted(storms, key=lambda it: (it["started_at"], it["device_id"]))
    names = [name for name in storm() if with_inventory or name not in INVENTORY_COLUMNS]
    return {name: np.array([it[name] for it in ordered], _NUMBERS.get(name, object)) for name in names}


def found(
    causes: Sequence[Cause],
    storms: Sequence[Mapping[str, Any]],
    *,
    with_inventory: bool = True,
    **options: Any,
) -> Problems:
    """The problems of storms made by hand; the log ends on its tenth day."""
    as_columns = columns(storms, with_inventory=with_inventory)
    return problems_of(causes, as_columns, attributes_in(as_columns), **{"until": END, **options})


def view(
    groups: Sequence[tuple[int, Product, str, int, int]],
    *,
    first_at: int = 5,
    last_at: int = END - 1,
) -> FleetView:
    """A fleet view of groups of alert_code, product, region, alerts, devices; one Supplier in three has a Device."""
    products = [NOT_KNOWN, *sorted({product for _, product, *_ in groups} - {NOT_KNOWN})]
    regions = ["", *sorted({region for _, _, region, *_ in groups} - {""})]
    groups = sorted(groups, key=lambda it: (it[0], products.index(it[1]), regions.index(it[2])))
    size = len(groups)

    def column(values: Sequence[int], kind: type[Any] = np.int64) -> NDArray[Any]:
        return np.array(values, kind)

    alerts = column([it[3] for it in groups])
    devices = column([it[4] for it in groups])
    nothing = np.zeros(size, np.int64)
    return FleetView(
        0,
        END,
        products,
        regions,
        ["", "Supplier 1", "Supplier 2"],
        ["", "Network B"],
        np.zeros((len(products), len(regions)), np.int64),
        np.zeros((len(products), len(regions))),
        np.zeros((len(products), len(regions))),
        0,
        {
            "alert_code": column([it[0] for it in groups], np.uint32),
            "product": column([products.index(it[1]) for it in groups], np.int32),
            "region": column([regions.index(it[2]) for it in groups], np.int32),
            "alerts": alerts,
            "devices": devices,
            "second_alerts": nothing,
            "alternations": nothing,
            "stormed_alerts": nothing,
            "stormed_devices": nothing,
            "shouting_alerts": nothing,
            "shouting_devices": nothing,
            "sum_squares": nothing.astype(np.float64),
            "sum_exposed": nothing.astype(np.float64),
            "chattering": nothing,
            "first_at": np.full(size, first_at),
            "last_at": np.full(size, last_at),
        },
        np.zeros((size, len(Pattern)), np.int64),
        np.zeros((size, 24), np.int64),
        np.stack([nothing, alerts], axis=1),
        np.stack([nothing, devices // 3, devices - devices // 3], axis=1),
        nobody_changed((len(products), len(regions))),
    )
