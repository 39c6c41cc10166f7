"""The stream table: what kernels remember of every stream active in a window.

A hash table of 32-byte slots, two to a cache line, which is a bucket. A stream
stands in the bucket of its hash or, where that is full, in the next that is
not; each bucket counts the streams that were probed past it. So one cache line
answers nearly every question, a stream that has nothing in its window is taken
out at once, and nothing is left behind: the table is as large as the streams
active within a window, however many were ever seen.

A slot is found once, when its Alert arrives; when the Alert leaves the window
its slot is known by number. So a stream never moves while it is there.

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
STREAM: Final = np.dtype(
    [
        ("device_id", np.uint64),
        ("word", np.uint32),
        ("recipient", np.uint32),
        ("last_at", np.int64),
        ("count", np.uint32),
        ("trouble", np.uint32),
    ]
)
"""A slot: the stream, its latest Alert, its Alerts in the window, and its row of trouble (0: none).

The low 17 bits of `word` are the Alert Code plus one, or 0 where the slot is empty: a table of zeros is an
empty table. In the first slot of a bucket the high 15 bits count the streams that were probed past it."""

_CODE = np.uint32((1 << 17) - 1)
_PASSED_ONE = np.uint32(1 << 17)
_MULTIPLY_DEVICE = np.uint64(0x9E3779B97F4A7C15)
_MULTIPLY_CODE = np.uint64(0xC2B2AE3D27D4EB4F)
_MULTIPLY_LAST = np.uint64(0xD6E8FEB86659FD93)
_U1 = np.uint64(1)
_U2 = np.uint64(2)
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


@inlined
def is_empty(streams: Any, slot: Any) -> Any:
    """Say whether no stream stands in a slot."""
    return streams[slot].word & _CODE == 0


@inlined
def code_of(streams: Any, slot: Any) -> Any:
    """The Alert Code counted by the stream of a slot."""
    return (streams[slot].word & _CODE) - _ONE


@compiled
def find(streams: Any, h: Any, device_id: Any, alert_code: Any, recipient: Any) -> Any:
    """The slot of a stream; or, for one not there, the empty slot to put it in."""
    mask = np.uint64(len(streams) - 1)
    code_and_one = np.uint32(alert_code) + _ONE
    first = (h << _U1) & mask
    none = mask + _U1
    to_put = none
    while True:
        for slot in (first, first | _U1):
            code = streams[slot].word & _CODE
            if code == code_and_one:
                if streams[slot].device_id == device_id and streams[slot].recipient == recipient:
                    return slot
            elif code == 0 and to_put == none:
                to_put = slot
        if streams[first].word < _PASSED_ONE and to_put != none:
            return to_put
        first = (first + _U2) & mask


@compiled
def put(streams: Any, slot: Any, h: Any, device_id: Any, alert_code: Any, recipient: Any) -> None:
    """Put a stream, with nothing in its window, into the slot that `find` gave for it."""
    mask = np.uint64(len(streams) - 1)
    first = (h << _U1) & mask
    while first != slot & ~_U1:
        streams[first].word += _PASSED_ONE
        first = (first + _U2) & mask
    streams[slot].word += np.uint32(alert_code) + _ONE
    streams[slot].device_id = device_id
    streams[slot].recipient = recipient
    streams[slot].count = 0
    streams[slot].trouble = 0


@compiled
def take_out(streams: Any, slot: Any) -> None:
    """Take out a stream that has nothing left to remember."""
    mask = np.uint64(len(streams) - 1)
    first = (hash_of(streams[slot].device_id, code_of(streams, slot), streams[slot].recipient) << _U1) & mask
    streams[slot].word &= ~_CODE
    while first != slot & ~_U1:
        streams[first].word -= _PASSED_ONE
        first = (first + _U2) & mask


@inlined
def _move(streams: Any, old: Any, larger: Any) -> Any:
    """Copy the stream of a slot to an empty table; its slot there."""
    it = streams[old]
    code = code_of(streams, old)
    h = hash_of(it.device_id, code, it.recipient)
    new = find(larger, h, it.device_id, code, it.recipient)
    put(larger, new, h, it.device_id, code, it.recipient)
    larger[new].last_at = it.last_at
    larger[new].count = it.count
    larger[new].trouble = it.trouble
    return new


@compiled
def move_all(streams: Any, larger: Any, moved_to: Any) -> None:
    """Copy every stream to an empty table; `moved_to[old slot]` is the new one."""
    for old in range(len(streams)):
        if streams[old].word & _CODE != 0:
            moved_to[old] = _move(streams, old, larger)


@compiled
def move_unnumbered(streams: Any, larger: Any) -> None:
    """Copy every stream to an empty table, where no one knows a stream by its slot."""
    for old in range(len(streams)):
        if streams[old].word & _CODE != 0:
            _move(streams, old, larger)


def code_at(streams: NDArray[Any], slot: int) -> int:
    """The Alert Code counted by the stream of a slot; -1 where none stands in it."""
    return (int(streams["word"][slot]) & int(_CODE)) - 1
