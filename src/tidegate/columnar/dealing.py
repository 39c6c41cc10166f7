"""Records dealt out by Device: those of one Device always to the same of some piles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.compiled import compiled
from tidegate.columnar.device_index import hash_of_device
from tidegate.columnar.stream_table import shard_of


class Piles:
    """Room for some records of each pile; a pile that is full is handed on.

    on_full:  Told the number of a pile, and its records; they are overwritten afterwards.
    """

    def __init__(
        self, piles: int, room: int, dtype: np.dtype[Any], on_full: Callable[[int, NDArray[Any]], None]
    ) -> None:
        self._records = np.empty((piles, room), dtype)
        self._counts = np.zeros(piles, np.int64)
        self._on_full = on_full

    def deal(self, records: NDArray[Any]) -> None:
        """Some more; each has a `device_id`."""
        done = 0
        while done < len(records):
            done, full = _deal(records, done, self._records, self._counts)
            if done < len(records):
                self._hand_on(full)

    def hand_on_all(self) -> None:
        """Hand on what there is, full or not."""
        for pile in np.flatnonzero(self._counts).tolist():
            self._hand_on(pile)

    def _hand_on(self, pile: int) -> None:
        self._on_full(pile, self._records[pile, : self._counts[pile]])
        self._counts[pile] = 0


@compiled
def _deal(records: Any, first: int, piles: Any, counts: Any) -> Any:
    """Deal from a first record on, until a pile has no room; returns the record it has none for, and that pile."""
    room = piles.shape[1]
    for i in range(first, len(records)):
        pile = shard_of(hash_of_device(records[i].device_id), len(counts))
        if counts[pile] == room:
            return i, pile
        piles[pile, counts[pile]] = records[i]
        counts[pile] += 1
    return len(records), 0
