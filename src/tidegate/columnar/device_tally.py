"""How many Alerts each Device raised: exact, by sorting, so that no Device is a Python object."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds

Counts: TypeAlias = NDArray[np.int64]

MOST_WAITING: Final = 4_000_000
"""Alerts kept before they are put together: 64 MB."""


class DeviceTally:
    """Counts Alerts by Device; memory is bounded by the different Devices there are."""

    def __init__(self) -> None:
        self._ids: list[DeviceIds] = []
        self._counts: list[Counts] = []
        self._waiting = 0

    def add(self, device_ids: DeviceIds, counts: Counts | None = None) -> None:
        """An Alert of each of these Devices, or as many as `counts` says."""
        if counts is None:
            device_ids, counts = np.unique(device_ids, return_counts=True)
        self._ids.append(device_ids)
        self._counts.append(counts)
        self._waiting += len(device_ids)
        if self._waiting > MOST_WAITING:
            self._put_together()

    def counted(self) -> tuple[DeviceIds, Counts]:
        """The Devices, each once, ascending, and how many Alerts each raised."""
        self._put_together()
        return self._ids[0], self._counts[0]

    def _put_together(self) -> None:
        ids = np.concatenate([np.empty(0, np.uint64), *self._ids])
        counts = np.concatenate([np.empty(0, np.int64), *self._counts])
        order = np.argsort(ids, kind="stable")
        ids = ids[order]
        begins = np.ones(len(ids), np.bool_)
        begins[1:] = ids[1:] != ids[:-1]
        starts = np.flatnonzero(begins)
        self._ids = [ids[starts]]
        self._counts = [np.add.reduceat(counts[order], starts) if len(starts) else counts]
        self._waiting = 0


def most(device_ids: DeviceIds, counts: Counts, number: int) -> tuple[DeviceIds, Counts]:
    """The Devices with most Alerts, the most first; of as many, the lower identifier."""
    order = np.lexsort((device_ids, -counts))[:number]
    return device_ids[order], counts[order]
