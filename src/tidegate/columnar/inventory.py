"""An Inventory as columns: what each Device is, and from when.

A row is one Device over one span of time: from `since` until the next row of
the same Device. Rows are sorted by `device_id`, then `since`; no two have both
alike. What was in force at an Alert's receipt instant counts for that Alert.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.vocabulary.products import NOT_KNOWN, Product

INVENTORY_COLUMNS: Final = (
    "device_type", "manufacturer", "model", "firmware", "supplier", "network_operator", "csp_region",
)  # fmt: skip
"""What an Inventory says of a Device, besides its `device_id` and (optional) `since`."""


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
    rejected:    Rows left out because their `device_id` or `since` cannot be read.
    """

    source: str
    device_id: DeviceIds
    since: Instants
    attributes: Mapping[str, Attribute]
    rows_read: int = 0
    doubled: int = 0
    rejected: int = 0

    def __len__(self) -> int:
        return len(self.device_id)

    @cached_property
    def devices(self) -> int:
        """Different Devices."""
        return int((self.device_id[1:] != self.device_id[:-1]).sum()) + 1 if len(self) else 0

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
        combined = np.zeros(len(self), np.int64)
        for part in parts:
            combined = combined * len(part.texts) + part.places
        _, first, which = np.unique(combined, return_index=True, return_inverse=True)
        found = [Product(*(part[row] for part in parts)) for row in first.tolist()]
        products = [NOT_KNOWN, *sorted(set(found) - {NOT_KNOWN})]
        number = {product: place for place, product in enumerate(products)}
        numbers = np.array([number[product] for product in found], np.int32)
        return (numbers[which] if len(self) else np.empty(0, np.int32)), products
