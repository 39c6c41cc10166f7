"""The CSP region of a Device at an instant, by an Inventory."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.columnar.inventory import Inventory

_REGION: Final = "csp_region"


class InventoryRegions:
    """Looks up regions; what was in force at an Alert's receipt instant counts."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        self._region = inventory.attributes[_REGION]

    @property
    def source(self) -> str:
        """The Inventory's file."""
        return self._inventory.source

    @property
    def names(self) -> list[str]:
        """Every region of the Inventory; "" is not said."""
        return list(self._region.texts)

    def numbers(self, device_id: DeviceIds, at: Instants) -> NDArray[np.int64]:
        """The place in `names` of each Device's region then; `len(names)` where the Inventory has none."""
        unknown = len(self._region.texts)
        known, since = self._inventory.device_id, self._inventory.since
        if not len(known):
            return np.full(len(device_id), unknown, np.int64)
        row = np.searchsorted(known, device_id, side="right") - 1
        # The last row of the Device is in force unless it begins later: then the one before it.
        while len(later := np.flatnonzero((row >= 0) & (known[row] == device_id) & (since[row] > at))):
            row[later] -= 1
        is_known = (row >= 0) & (known[row] == device_id)
        return np.where(is_known, self._region.places[row], unknown).astype(np.int64)
