"""Join what an Inventory says of Devices to the storms they had."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from tidegate.columnar.batches import DeviceIds
from tidegate.reports.replayed import InventoryFound, Replayed, Spells

LookUp: TypeAlias = Callable[[DeviceIds], tuple[Mapping[str, Sequence[str | None]], InventoryFound]]
"""What an Inventory says of Devices given each once, in ascending order: a column for each attribute."""


def join_inventory(replayed: Replayed, look_up: LookUp) -> Replayed:
    """The same replay, its storms and amber spells with what their Devices are."""
    columns = replayed.spells.columns
    devices, which = np.unique(columns["device_id"], return_inverse=True)
    attributes, found = look_up(devices)
    joined = {name: np.array([*values, None], object)[:-1][which] for name, values in attributes.items()}
    return replace(replayed, spells=Spells({**columns, **joined}), inventory=found)
