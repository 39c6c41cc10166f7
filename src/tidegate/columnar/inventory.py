"""An Inventory as columns: what each Device is, and from when.

A row is one Device over one span of time: from `since` until the next row of
the same Device. Rows are sorted by `device_id`, then `since`; no two have both
alike. What was in force at an Alert's receipt instant counts for that Alert;
before a Device's first row begins that row counts (readings.md#22).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Instants, RejectedRow
from tidegate.vocabulary.instants import DAY, Instant
from tidegate.vocabulary.products import NOT_KNOWN, Product
from tidegate.vocabulary.text_read import is_damaged

INVENTORY_COLUMNS: Final = (
    "device_type", "manufacturer", "model", "firmware", "supplier", "network_operator", "csp_region",
)  # fmt: skip
"""What an Inventory says of a Device, besides its `device_id` and (optional) `since`."""


MOST_COUNTED: Final = 4
"""Numbers are counted rather than sorted while a table of them is no more than so many times the rows."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One text column: for each row the place of its text in `texts`. An empty text is not said."""

    places: NDArray[Any]
    texts: Sequence[str]

    def __getitem__(self, row: int) -> str:
        return self.texts[int(self.places[row])]


@dataclass(frozen=True)
class Inventory:
    """What the Devices are.

    source:      The file it was read from, as a person would call it.
    device_id:   uint64, ascending.
    since:       int64, microseconds UTC from which a row holds; `ordering.BEFORE_ALL` where the file does not say.
    attributes:  By name, each of INVENTORY_COLUMNS; places int32, as long as `device_id`.
    rows_read:   Rows of the file.
    doubled:     Rows left out because another said the same Device and instant before (the first counts).
    rejected:    Rows left out because they cannot be read; `rejected_rows` are the first few of them.
    """

    source: str
    device_id: DeviceIds
    since: Instants
    attributes: Mapping[str, Attribute]
    rows_read: int = 0
    doubled: int = 0
    rejected: int = 0
    rejected_rows: Sequence[RejectedRow] = ()

    def __len__(self) -> int:
        return len(self.device_id)

    @cached_property
    def devices(self) -> int:
        """Different Devices."""
        return int(self.is_first.sum())

    @cached_property
    def is_first(self) -> NDArray[np.bool_]:
        """Whether a row is its Device's first."""
        is_first = np.ones(len(self), np.bool_)
        np.not_equal(self.device_id[1:], self.device_id[:-1], out=is_first[1:])
        return is_first

    @cached_property
    def damaged(self) -> tuple[str, ...]:
        """What it says that was no UTF-8, each with its column."""
        return tuple(
            f"{name} {text!r}"
            for name in INVENTORY_COLUMNS
            if name in self.attributes
            for text in self.attributes[name].texts
            if is_damaged(text)
        )

    def rows_at(self, device_id: DeviceIds, at: Instants) -> NDArray[np.int64]:
        """The row in force of some Devices, each at an instant; -1 where the Inventory has none."""
        rows = np.searchsorted(self.device_id, device_id)
        after = np.searchsorted(self.device_id, device_id, side="right")
        later = np.flatnonzero(rows + 1 < after)
        while len(later):
            later = later[self.since[rows[later] + 1] <= at[later]]
            rows[later] += 1
            later = later[rows[later] + 1 < after[later]]
        return np.where(after > rows, rows, -1)

    def days_within(self, since: Instant, until: Instant) -> NDArray[np.float64]:
        """For how many days of a period each row was in force."""
        begins = np.where(self.is_first, since, np.clip(self.since, since, until))
        ends = np.full(len(self), until, np.int64)
        ends[:-1] = np.where(self.is_first[1:], until, begins[1:])
        return (ends - begins) / DAY

    @cached_property
    def product_numbers(self) -> NDArray[np.int32]:
        """The product of each row, as its place in `products`."""
        return self._products[0]

    @cached_property
    def products(self) -> Sequence[Product]:
        """Every product there is, sorted; place 0 is `NOT_KNOWN`, whether any row is or not."""
        return self._products[1]

    @cached_property
    def _products(self) -> tuple[NDArray[np.int32], Sequence[Product]]:
        parts = [self.attributes[name] for name in Product._fields]
        which, first = numbered_together([part.places for part in parts])
        found = [Product(*(part[row] for part in parts)) for row in first.tolist()]
        products = [NOT_KNOWN, *sorted(set(found) - {NOT_KNOWN})]
        number = {product: place for place, product in enumerate(products)}
        numbers = np.array([number[product] for product in found], np.int32)
        return numbers[which], products


def numbered_together(columns: Sequence[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number the different rows of some columns of small numbers (>= 0): each row's, and the first row of each."""
    numbers = np.zeros(len(columns[0]), np.int64)
    first = np.zeros(min(1, len(numbers)), np.int64)
    for column in columns:
        # Numbered anew after each column, so that the product of their sizes never overflows.
        width = int(column.max(initial=0)) + 1
        combined = numbers * width + column
        room = len(first) * width
        if room <= MOST_COUNTED * max(1, len(numbers)):
            firsts = np.full(room, len(numbers), np.int64)
            firsts[combined[::-1]] = np.arange(len(numbers) - 1, -1, -1)
            there = np.flatnonzero(firsts < len(numbers))
            first = firsts[there]
            place = np.zeros(room, np.int64)
            place[there] = np.arange(len(there))
            numbers = place[combined]
        else:
            _, first, numbers = np.unique(combined, return_index=True, return_inverse=True)
    return numbers, first
