"""Join what an Inventory says of Devices to the storms they had."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tidegate.columnar.inventory import INVENTORY_COLUMNS, Inventory
from tidegate.reports.replayed import InventoryFound, Replayed, Spells


def join_inventory(replayed: Replayed, inventory: Inventory) -> Replayed:
    """The same replay, its storms and amber spells with what their Devices were when each began."""
    columns = replayed.spells.columns
    rows = inventory.rows_at(columns["device_id"], columns["started_at"])
    joined = {}
    for name in INVENTORY_COLUMNS:
        attribute = inventory.attributes[name]
        texts = np.array([*(text or None for text in attribute.texts), None], object)
        joined[name] = texts[np.where(rows < 0, len(attribute.texts), attribute.places[rows])]
    devices, first = np.unique(columns["device_id"], return_index=True)
    found = int((rows[first] >= 0).sum())
    return replace(
        replayed,
        spells=Spells({**columns, **joined}),
        inventory=InventoryFound(
            inventory.source,
            inventory.rows_read,
            found,
            len(devices) - found,
            inventory.doubled,
            inventory.damaged,
        ),
    )
