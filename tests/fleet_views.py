"""Fleet views made straight from what each Device is and raised, without a log: fast enough for a thousand of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.fleet import FleetView, Pattern
from tidegate.alert_storm.fleet_activity import MURMUR_RATE
from tidegate.alert_storm.fleet_changed import Changed, changed_of
from tidegate.vocabulary.instants import DAY
from tidegate.vocabulary.products import NOT_KNOWN, Product

SINCE = 1_000 * DAY
CODE = 0x8F3E


@dataclass(frozen=True)
class Fleet:
    """Devices, a row each: place of its product, place of its region."""

    products: Sequence[Product]
    regions: Sequence[str]
    product: NDArray[np.int64]
    region: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.product)

    def is_of(self, product: Product) -> NDArray[np.bool_]:
        """Which Devices a product includes."""
        places = [place for place, each in enumerate(self.products) if product.includes(each)]
        return np.isin(self.product, places)


def fleet_of(
    installed: Mapping[Product, int],
    regions: Sequence[str] = ("Central", "North", "South"),
    shares: Mapping[Product, Sequence[float]] | None = None,
) -> Fleet:
    """So many Devices of each product, dealt out to the regions evenly, or by a product's shares."""
    products = [NOT_KNOWN, *sorted(installed)]
    numbers, places = [], []
    for place, product in enumerate(products[1:], start=1):
        count = installed[product]
        weights = np.array((shares or {}).get(product, [1.0] * len(regions)))
        ends = np.rint(np.cumsum(weights) / weights.sum() * count).astype(np.int64)
        numbers.append(np.full(count, place))
        places.append(np.searchsorted(ends, np.arange(count), side="right") + 1)
    return Fleet(products, ("", *regions), np.concatenate(numbers), np.concatenate(places))


def nobody_changed(shape: tuple[int, int]) -> Changed:
    """Of a fleet of so many products and regions."""
    nothing = np.empty(0, np.int64)
    return changed_of(nothing, nothing, nothing, nothing.astype(np.uint8), shape)


def view_of(
    fleet: Fleet,
    alerts: Mapping[int, NDArray[Any]],
    stormed: Mapping[int, NDArray[np.bool_]] | None = None,
    days: float = 7.0,
    *,
    has_inventory: bool = True,
) -> FleetView:
    """The view of what each Device raised of each code; without an Inventory every product is `NOT_KNOWN`."""
    products = fleet.products if has_inventory else [NOT_KNOWN]
    regions = fleet.regions if has_inventory else [""]
    product = fleet.product if has_inventory else np.zeros(len(fleet), np.int64)
    region = fleet.region if has_inventory else np.zeros(len(fleet), np.int64)
    shape = (len(products), len(regions))
    cell = product * len(regions) + region

    def summed(values: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(np.bincount(cell, values, minlength=shape[0] * shape[1]))

    names = (
        "alert_code", "product", "region", "alerts", "devices", "stormed_alerts", "stormed_devices",
        "shouting_alerts", "shouting_devices", "shouting_first", "murmuring_alerts", "murmuring_devices",
    )  # fmt: skip
    columns: dict[str, list[Any]] = {name: [np.empty(0)] for name in (*names, "sum_squares", "sum_exposed")}
    for code, count in sorted(alerts.items()):
        x = np.asarray(count, np.float64)
        has_stormed = (stormed or {}).get(code, np.zeros(len(fleet), np.bool_))
        murmurs = ~has_stormed & (x >= MURMUR_RATE * max(days, 1.0))
        made = {
            "murmuring_alerts": summed(x * murmurs),
            "murmuring_devices": summed(murmurs),
            "alerts": summed(x),
            "devices": summed(x > 0),
            "stormed_alerts": summed(x * has_stormed),
            "stormed_devices": summed(has_stormed),
            "shouting_alerts": summed(x * has_stormed),
            "shouting_devices": summed(has_stormed),
            "shouting_first": summed(has_stormed),
            "sum_squares": summed(x * x * ~has_stormed),
            "sum_exposed": summed(x * days * ~has_stormed),
        }
        rows = np.flatnonzero(made["alerts"] > 0)
        made |= {
            "alert_code": np.full(shape[0] * shape[1], code),
            "product": np.arange(shape[0] * shape[1]) // len(regions),
            "region": np.arange(shape[0] * shape[1]) % len(regions),
        }
        for name, values in made.items():
            columns[name].append(values[rows])
    groups = {name: np.concatenate(parts) for name, parts in columns.items()}
    count_of_rows = len(groups["alerts"])
    integers = {
        name: values if name in {"sum_squares", "sum_exposed"} else values.astype(np.int64)
        for name, values in groups.items()
    }
    integers["heard"] = integers["alerts"]
    for name in (
        "second_alerts", "alternations", "chattering", "shouting_second_alerts", "shouting_second",
    ):  # fmt: skip
        integers[name] = np.zeros(count_of_rows, np.int64)
    integers["first_at"] = np.full(count_of_rows, SINCE)
    integers["last_at"] = np.full(count_of_rows, SINCE + int(days * DAY) - 1)
    installed = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    if not has_inventory:
        installed = np.zeros(shape, np.int64)
    by_recipient = integers["alerts"][:, None]
    return FleetView(
        since=SINCE,
        until=SINCE + int(days * DAY),
        products=products,
        regions=regions,
        suppliers=[""],
        recipients=[""],
        installed=installed,
        exposure=(installed * days).astype(np.float64),
        exposure_squared=(installed * days**2).astype(np.float64),
        missing=0 if has_inventory else len(fleet),
        groups=integers,
        patterns=np.zeros((count_of_rows, len(Pattern)), np.int64),
        by_hour=np.zeros((count_of_rows, 24), np.int64),
        by_recipient=by_recipient,
        by_supplier=np.zeros((count_of_rows, 1), np.int64),
        changed=nobody_changed(shape),
    )
