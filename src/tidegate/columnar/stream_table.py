"""The stream table: what kernels remember of every stream active in a window.

An open-addressing hash table of 32-byte slots, two to a cache line. A slot is
found once, when its Alert arrives; when the Alert leaves the window its slot is
known by number. So a slot never moves while anything is in its window.

A stream with nothing in its window is forgotten: its slot is emptied where
nothing is probed past it, and otherwise left to the next stream that passes.
The table is therefore as large as the streams active within a window, however
many were ever seen.

Alignment and prefetch decide the speed here, not the language: a slot across
two cache lines costs 1.6 times as much, and so does waiting for each line.
Indices are unsigned, which spares a look at every one whether it is negative.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

from tidegate.columnar.compiled import compiled, inlined

CACHE_LINE: Final = 64
EMPTY: Final = 0
"""`code_and_one` of an empty slot: a table of zeros is an empty table, and its pages cost nothing until used."""

STREAM: Final = np.dtype(
    [
        ("device_id", np.uint64),
        ("code_and_one", np.uint32),
        ("recipient", np.uint32),
        ("last_at", np.int64),
        ("count", np.uint32),
        ("trouble", np.uint32),
    ]
)
"""A slot: the stream (its Alert Code plus one), its latest Alert, its Alerts in the window, and its row of
trouble (0: none)."""

_MULTIPLY_DEVICE = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY_CODE = np.uint64(0xC2B2AE3D27D4EB4F)
_MULTIPLY_LAST = np.uint64(0xD6E8FEB86659FD93)
_U1 = np.uint64(1)
_ONE = np.uint32(1)
_U32 = np.uint64(32)
_U29 = np.uint64(29)


def aligned_zeros(length: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """An array of zeros that begins at a cache line; numpy's own begin 16 bytes after one."""
    raw = np.zeros(length * dtype.itemsize + CACHE_LINE, np.uint8)
    start = -raw.ctypes.data % CACHE_LINE
    return raw[start : start + length * dtype.itemsize].view(dtype)


def new_streams(capacity: int) -> NDArray[Any]:
    """An empty table; the capacity is a power of two."""
    assert capacity & (capacity - 1) == 0
    return aligned_zeros(capacity, STREAM)


@intrinsic
def _prefetch(_context: Any, array: Any, index: Any) -> Any:
    """Ask for the cache line of `array[index]`, for writing; waits for nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array_type, _ = signature.args
        made = context.make_array(array_type)(context, builder, arguments[0])
        pointer = cgutils.get_item_pointer(  # type: ignore[no-untyped-call]
            context, builder, array_type, made, [arguments[1]]
        )
        line = builder.bitcast(pointer, ir.IntType(8).as_pointer())
        int32 = ir.IntType(32)
        function = builder.module.declare_intrinsic(
            "llvm.prefetch", [line.type], ir.FunctionType(ir.VoidType(), [line.type, int32, int32, int32])
        )
        builder.call(function, [line, int32(1), int32(3), int32(1)])
        return context.get_dummy_value()

    return types.void(array, index), generate


prefetch: Any = _prefetch


@inlined
def hash_of(device_id: Any, alert_code: Any, recipient: Any) -> Any:
    """64 well-mixed bits of a stream; the table takes the low ones, the shard the high ones."""
    h = np.uint64(device_id) * _MULTIPLY_DEVICE
    h ^= h >> _U32
    h += ((np.uint64(alert_code) << _U32) | np.uint64(recipient)) * _MULTIPLY_CODE
    h ^= h >> _U29
    h *= _MULTIPLY_LAST
    return h ^ (h >> _U32)


@inlined
def shard_of(h: Any, shards: Any) -> Any:
    """Which of `shards` a stream belongs to."""
    return np.int64(((h >> _U32) * np.uint64(shards)) >> _U32)


@compiled
def find(streams: Any, h: Any, device_id: Any, alert_code: Any, recipient: Any) -> Any:
    """The slot of a stream; or, for one not there, the slot to put it in (empty, or a forgotten one)."""
    mask = np.uint64(len(streams) - 1)
    slot = h & mask
    forgotten = mask + _U1
    code_and_one = np.uint32(alert_code) + _ONE
    while streams[slot].code_and_one != EMPTY:
        it = streams[slot]
        if it.device_id == device_id and it.code_and_one == code_and_one and it.recipient == recipient:
            return slot
        if forgotten > mask and it.count == 0 and it.trouble == 0:
            forgotten = slot
        slot = (slot + _U1) & mask
    return slot if forgotten > mask else forgotten


@compiled
def forget(streams: Any, slot: Any) -> Any:
    """A stream has nothing left to remember; returns how many slots were emptied."""
    mask = np.uint64(len(streams) - 1)
    if streams[(slot + _U1) & mask].code_and_one != EMPTY:
        return 0  # Others may have been probed past this slot: the next one to pass may have it.
    emptied = 0
    while streams[slot].code_and_one != EMPTY and streams[slot].count == 0 and streams[slot].trouble == 0:
        streams[slot].code_and_one = EMPTY
        emptied += 1
        slot = (slot - _U1) & mask
    return emptied


@compiled
def live_streams(streams: Any) -> Any:
    """How many streams have an Alert in their window, or something left to tell."""
    live = 0
    for slot in range(len(streams)):
        it = streams[slot]
        if it.count > 0 or it.trouble > 0:
            live += 1
    return live


@compiled
def rebuild(streams: Any, larger: Any, moved_to: Any) -> Any:
    """Copy the live streams to an empty table; `moved_to[old slot]` is the new one. Returns how many."""
    live = 0
    for slot in range(len(streams)):
        it = streams[slot]
        if it.count > 0 or it.trouble > 0:
            code = it.code_and_one - _ONE
            new = find(larger, hash_of(it.device_id, code, it.recipient), it.device_id, code, it.recipient)
            larger[new] = streams[slot]
            moved_to[slot] = new
            live += 1
    return live
