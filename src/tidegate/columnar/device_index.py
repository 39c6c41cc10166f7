"""Where a Device stands in a table that is sorted by Device: an index that kernels ask.

An open table of 16-byte slots, four to a cache line. What is most often asked
of the row is kept beside it, so that one cache line answers.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds
from tidegate.columnar.compiled import compiled, inlined
from tidegate.columnar.stream_table import aligned_zeros, hash_of, prefetch

DEVICE: Final = np.dtype([("device_id", np.uint64), ("row_and_one", np.uint32), ("tag", np.uint32)])
"""A slot: the Device, its row plus one (0: the slot is empty), and a number of the caller's."""

MOST_ROWS: Final = 2**32 - 2

_ROOM: Final = 1.6
_AHEAD: Final = 16
_LOW = np.uint64(2**32 - 1)
_U32 = np.uint64(32)


def index_of(device_id: DeviceIds, row: NDArray[np.int64], tag: NDArray[np.uint32]) -> NDArray[Any]:
    """The index of some Devices, each given once, with its row and a number to keep beside it."""
    assert len(device_id) == len(row) == len(tag)
    assert len(row) == 0 or int(row.max()) <= MOST_ROWS
    index = aligned_zeros(int(_ROOM * len(device_id)) + 1, DEVICE)
    _fill(index, device_id, row, tag)
    return index


@inlined
def hash_of_device(device_id: Any) -> Any:
    """64 well-mixed bits of a Device; the index takes the low ones."""
    return hash_of(device_id, np.uint32(0), np.uint32(0))


@inlined
def place_of(h: Any, capacity: Any) -> Any:
    """Where to look first in a table of any capacity under 2**32."""
    return np.int64(((h & _LOW) * np.uint64(capacity)) >> _U32)


@inlined
def ask_for(index: Any, h: Any) -> None:
    """Have the cache line of a Device brought; waits for nothing."""
    prefetch(index, place_of(h, len(index)))


@compiled
def find(index: Any, h: Any, device_id: Any) -> Any:
    """The slot of a Device, given its hash; -1 where it is not in the index."""
    slot = place_of(h, len(index))
    while index[slot].row_and_one != 0:
        if index[slot].device_id == device_id:
            return slot
        slot += 1
        if slot == len(index):
            slot = 0
    return -1


@compiled
def tags_of(index: Any, device_id: Any, missing: int, tags: Any) -> None:
    """Write the number kept beside each Device into `tags`; `missing` where it is not in the index."""
    for i in range(len(device_id)):
        if i + _AHEAD < len(device_id):
            ask_for(index, hash_of_device(device_id[i + _AHEAD]))
        slot = find(index, hash_of_device(device_id[i]), device_id[i])
        tags[i] = missing if slot < 0 else index[slot].tag


@compiled
def _fill(index: Any, device_id: Any, row: Any, tag: Any) -> None:
    for i in range(len(device_id)):
        if i + _AHEAD < len(device_id):
            ask_for(index, hash_of_device(device_id[i + _AHEAD]))
        slot = place_of(hash_of_device(device_id[i]), len(index))
        while index[slot].row_and_one != 0:
            slot += 1
            if slot == len(index):
                slot = 0
        index[slot].device_id = device_id[i]
        index[slot].row_and_one = np.uint32(row[i] + 1)
        index[slot].tag = tag[i]
