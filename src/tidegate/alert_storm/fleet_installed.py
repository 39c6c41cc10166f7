"""The installed base, as the fleet kernel takes it: parts of Devices, and their days in a period.

A *part* is a Device while it was of one product in one region, however often it
came back to it; its number is that of the first row of the Inventory that says
so. A *kind* is a product and a region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.fleet_changed import INSTALLED, Changed, changed_of
from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.columnar.compiled import compiled
from tidegate.columnar.device_index import index_of
from tidegate.columnar.inventory import Attribute, Inventory, numbered_together
from tidegate.vocabulary.instants import DAY, Instant
from tidegate.vocabulary.products import NOT_KNOWN, Product

MANY: Final = np.uint32(2**32 - 1)
"""In the index, in place of its kind: the Device has several parts."""


@dataclass(frozen=True, slots=True)
class PeriodOfParts:
    """The parts within a period; columns by part (rows of the Inventory that are no part hold anything).

    days:       float64, for how long the part was in force.
    row:        int64, its last row of the Inventory in the period.
    supplier:   int32, the supplier of that row, as its place in `Installed.suppliers`.
    installed, exposure, exposure_squared: As in `FleetView`.
    changed:    Of the Devices with several parts in the period, what they were.
    """

    days: NDArray[np.float64]
    row: NDArray[np.int64]
    supplier: NDArray[np.int32]
    installed: NDArray[np.int64]
    exposure: NDArray[np.float64]
    exposure_squared: NDArray[np.float64]
    changed: Changed


class Installed:
    """An Inventory, or none, with what is asked of it for every Alert.

    device_id, since, kind, part: Columns by row of the Inventory; `part` is the row that is the part's number.
    index:      Of the Devices: first row, and kind or MANY.
    device:     By row, the number of its Device.
    has_many:   By row, whether its Device has several parts.
    kinds:      (number of kinds, 2): place of the product, place of the region. Kind 0 is (0, 0).
    products, regions, suppliers: As in `FleetView`.
    """

    def __init__(self, inventory: Inventory | None) -> None:
        self.inventory = inventory
        self.products: Sequence[Product] = (NOT_KNOWN,) if inventory is None else inventory.products
        self.regions, region = _named(inventory, "csp_region")
        self.suppliers, self._supplier = _named(inventory, "supplier")
        self.device_id: DeviceIds = np.empty(0, np.uint64) if inventory is None else inventory.device_id
        self.since: Instants = np.empty(0, np.int64) if inventory is None else inventory.since
        product = np.empty(0, np.int32) if inventory is None else inventory.product_numbers
        self.kind, self.kinds = _kinds(product, region)
        is_first = np.empty(0, np.bool_) if inventory is None else inventory.is_first
        first_rows = np.flatnonzero(is_first)
        self.part = np.arange(len(self.kind))
        self.device = np.cumsum(is_first) - 1
        self.has_many = np.zeros(len(self.kind), np.bool_)
        tag = self.kind[first_rows].astype(np.uint32)
        if len(first_rows) < len(self.kind):
            _find_parts(is_first, self.kind, self.part, self.has_many)
            tag[self.has_many[first_rows]] = MANY
            self.has_many = self.has_many[first_rows][self.device]
        self.index = index_of(self.device_id[first_rows], first_rows, tag)

    def within(self, since: Instant, until: Instant) -> PeriodOfParts:
        """The parts within a period."""
        rows = len(self.kind)
        shape = len(self.products), len(self.regions)
        days = np.empty(0) if self.inventory is None else self.inventory.days_within(since, until)
        is_there = days > 0
        row = np.arange(rows)
        if not np.array_equal(self.part, row):
            days = np.bincount(self.part, days, rows).astype(np.float64)
            row[self.part[is_there]] = np.flatnonzero(is_there)
        parts = np.flatnonzero((days > 0) & (self.part == np.arange(rows)))
        kind, e = self.kind[parts], days[parts]
        place = self.kinds[:, 0] * shape[1] + self.kinds[:, 1]

        def spread(by_kind: NDArray[Any], dtype: type[np.generic]) -> NDArray[Any]:
            table = np.zeros(shape[0] * shape[1], dtype)
            table[place] = by_kind
            table[: shape[1]] = 0
            return table.reshape(shape)

        kinds = len(self.kinds)
        some = parts[self.has_many[parts] & (self.kinds[self.kind[parts], 0] > 0)]
        changed = changed_of(
            np.full(len(some), INSTALLED),
            self.device[some],
            place[self.kind[some]],
            np.zeros(len(some), np.uint8),
            shape,
        )
        return PeriodOfParts(
            days,
            row,
            self._supplier[row],
            spread(np.bincount(kind, minlength=kinds), np.int64),
            spread(np.bincount(kind, e, kinds), np.float64),
            spread(np.bincount(kind, e * e, kinds), np.float64),
            changed,
        )

    def changed_with(self, alert_code: NDArray[np.int64], part: NDArray[np.int64], how: Any) -> Changed:
        """Of streams of Devices with several parts: the Devices of more than one stream of a code."""
        kinds = self.kinds[self.kind[part]]
        regions = len(self.regions)
        return changed_of(
            alert_code,
            self.device[part],
            kinds[:, 0] * regions + kinds[:, 1],
            how,
            (len(self.products), regions),
        )


def days_between(since: Instant, until: Instant) -> float:
    """The length of a period."""
    return (until - since) / DAY


def _named(inventory: Inventory | None, name: str) -> tuple[Sequence[str], NDArray[np.int32]]:
    """The names of a column in order, "" first; and the place of each row's."""
    if inventory is None:
        return [""], np.empty(0, np.int32)
    attribute: Attribute = inventory.attributes[name]
    names = ["", *sorted(set(attribute.texts) - {""})]
    places = np.array([names.index(text) for text in attribute.texts], np.int32)
    return names, places[attribute.places]


def _kinds(
    product: NDArray[np.int32], region: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    numbers, first = numbered_together([product, region])
    kinds = np.stack([product[first], region[first]], axis=1).astype(np.int64).reshape(-1, 2)
    # Kind 0 is what no Inventory knows, whether a row says no more than that or not.
    known = (kinds != 0).any(axis=1)
    place = np.zeros(len(kinds), np.int32)
    place[known] = np.arange(1, known.sum() + 1)
    return place[numbers], np.concatenate([np.zeros((1, 2), np.int64), kinds[known]])


@compiled
def _find_parts(is_first: Any, kind: Any, part: Any, has_many: Any) -> None:
    """The part of each row: the first of its Device's rows of the same kind; and which Devices have many."""
    first = 0
    for row in range(len(kind)):
        if is_first[row]:
            first = row
            continue
        for earlier in range(first, row):
            if kind[earlier] == kind[row]:
                part[row] = part[earlier]
                break
        has_many[first] = has_many[first] or part[row] != first
