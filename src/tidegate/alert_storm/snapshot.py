"""What a kernel remembers, as arrays and back: a kernel that was restored decides as the one that was saved.

Only what is in use is kept: streams in their slots (a stream never moves), the
Alerts in each window, the rows of trouble and the spells that run. Free rows
are free rows, whatever their order.

`saved` is a copy: the kernel goes on while it is written somewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import kernel
from tidegate.alert_storm.plan import Lane
from tidegate.alert_storm.shard import Shard
from tidegate.alert_storm.sharded import AlertStormKernel
from tidegate.columnar import stream_table

Arrays: TypeAlias = dict[str, NDArray[Any]]


class OtherRulesError(ValueError):
    """What was saved is of a kernel with other rules, scopes or shards than this one's."""


def saved(of: AlertStormKernel) -> Arrays:
    """All that a kernel remembers, but its totals and the streams it has seen.

    What has ended must have been taken (`take_ended`) before.
    """
    arrays: Arrays = {"rules": _rules_of(of)}
    for name, shard in _shards_of(of):
        assert not shard.has_ended
        arrays.update({f"{name}.{part}": array for part, array in _saved_shard(shard.tables).items()})
    return arrays


def restore(into: AlertStormKernel, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Give a kernel that has received nothing yet what another of the same rules, scopes and shards remembered.

    Raises:
        OtherRulesError: the other's rules, scopes or shards were not the same.
    """
    if "rules" not in arrays or not np.array_equal(arrays["rules"], _rules_of(into)):
        raise OtherRulesError("the snapshot is of other rules")
    for name, shard in _shards_of(into):
        parts = {
            part.removeprefix(f"{name}."): array
            for part, array in arrays.items()
            if part.startswith(f"{name}.")
        }
        shard.tables = _restored_shard(shard.tables, parts)


def _shards_of(of: AlertStormKernel) -> list[tuple[str, Shard]]:
    return [
        (f"{shard}.{number}", lane)
        for shard, lanes in enumerate(of.lanes_of_shards)
        for number, lane in enumerate(lanes)
    ]


def _saved_shard(tables: kernel.Tables) -> Arrays:
    slots = np.flatnonzero(tables.streams["word"])
    rows = tables.streams["trouble"][slots]
    rows = np.sort(rows[rows != 0])
    spells = np.flatnonzero(tables.spells["level"])
    arrays = {
        "capacity": np.array([len(tables.streams), tables.queues.shape[1]], np.int64),
        "slots": slots.astype(np.uint32),
        "streams": tables.streams[slots],
        "slots_used": tables.counters[[kernel.SLOTS_USED]],
        "trouble_rows": rows,
        "trouble": tables.trouble[rows],
        "trouble_room": np.array([len(tables.trouble)], np.int64),
        "spell_rows": spells,
        "spells": tables.spells[spells],
        "spells_room": np.array([len(tables.spells)], np.int64),
    }
    for window, (head, length) in enumerate(tables.queue_state.tolist()):
        places = np.arange(head, head + length) & (tables.queues.shape[1] - 1)
        waiting = tables.queues[window, places]
        arrays[f"leaving_at.{window}"] = waiting["at"]
        arrays[f"leaving_slot.{window}"] = waiting["slot"].astype(np.uint32)
    return arrays


def _restored_shard(tables: kernel.Tables, arrays: Mapping[str, NDArray[Any]]) -> kernel.Tables:
    capacity, queue_length = arrays["capacity"].tolist()
    windows = len(tables.queues)
    streams = stream_table.new_streams(capacity)
    streams[arrays["slots"]] = arrays["streams"]
    queues = np.zeros((windows, queue_length), kernel.LEAVING)
    queue_state = np.zeros((windows, 2), np.uint64)
    for window in range(windows):
        at = arrays[f"leaving_at.{window}"]
        queues["at"][window, : len(at)] = at
        queues["slot"][window, : len(at)] = arrays[f"leaving_slot.{window}"]
        queue_state[window, kernel.LENGTH] = len(at)
    trouble, free_trouble = _rows_in_place(arrays["trouble"], arrays["trouble_rows"], arrays["trouble_room"])
    # Row 0 of trouble is never given out.
    free_trouble = free_trouble[free_trouble != 0]
    spells, free_spells = _rows_in_place(arrays["spells"], arrays["spell_rows"], arrays["spells_room"])
    counters = np.zeros(kernel.COUNTERS, np.int64)
    counters[kernel.SLOTS_USED] = arrays["slots_used"][0]
    counters[kernel.FREE_TROUBLE] = len(free_trouble)
    counters[kernel.FREE_SPELLS] = len(free_spells)
    return tables._replace(
        streams=streams,
        queues=queues,
        queue_state=queue_state,
        trouble=trouble,
        free_trouble=_stack(free_trouble, len(trouble), np.int64),
        spells=spells,
        free_spells=_stack(free_spells, len(spells), np.int32),
        ended=np.empty(2 * len(spells), kernel.SPELL),
        counters=counters,
    )


def _rows_in_place(
    used: NDArray[Any], rows: NDArray[Any], room: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """A table with the rows used where they were, and the numbers of the others, the first to be given out last."""
    table = np.zeros((int(room[0]), *used.shape[1:]), used.dtype)
    table[rows] = used
    is_free = np.ones(len(table), np.bool_)
    is_free[rows] = False
    return table, np.flatnonzero(is_free)[::-1]


def _stack(free: NDArray[np.int64], room: int, dtype: Any) -> NDArray[Any]:
    stack = np.zeros(room, dtype)
    stack[: len(free)] = free
    return stack


def _rules_of(of: AlertStormKernel) -> NDArray[np.uint8]:
    """A digest of all that what is remembered refers to by number, and of its form."""
    digest = hashlib.sha256()
    for dtype in (stream_table.STREAM, kernel.LEAVING, kernel.TROUBLE, kernel.SPELL):
        digest.update(str(dtype.descr).encode())
    for name, _ in _shards_of(of):
        digest.update(name.encode())
    for lane in of.lanes:
        _add_lane(digest, lane)
    return np.frombuffer(digest.digest(), np.uint8)


def _add_lane(digest: Any, lane: Lane) -> None:
    digest.update(repr((lane.policies, lane.by_recipient)).encode())
    digest.update(repr(lane.limits.tolist()).encode())
    for array in (lane.counted_as, lane.class_of, lane.quiet_until, lane.window_of, lane.windows_us):
        digest.update(array.tobytes())
