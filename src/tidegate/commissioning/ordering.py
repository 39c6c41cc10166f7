"""Evidence in order: ascending by Device, of each Device by instant, then kind, then anything; the same twice set apart.

That order is the same for every set of criteria and every date, so it is made once, and
what reads it reads memory from front to back. Devices are numbered as they are met, by a
table of them, and their rows counted: no row is compared with one of another Device, so
the cost is that of the rows.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds
from tidegate.columnar.compiled import compiled, folded_in
from tidegate.columnar.device_index import hash_of_device, place_of
from tidegate.columnar.evidence import whole
from tidegate.columnar.stream_table import prefetch

_FEW: Final = 32
"""Rows of a Device that are put in order by insertion; more are by a heap."""

_AHEAD: Final = 16
_ROOM: Final = 2
_SEEN: Final = np.dtype([("device_id", np.uint64), ("number_and_one", np.uint32)], align=True)
"""A slot of the table of Devices: the Device, its number plus one (0: the slot is empty)."""


class InOrder(NamedTuple):
    """Rows in order.

    rows:       EVIDENCE.
    device_id:  Each Device once, ascending.
    starts:     Where each Device begins in `rows`, and where the last ends.
    ends:       Where its rows end; from there to the next Device stand those that are the same as one of them.
    """

    rows: NDArray[Any]
    device_id: DeviceIds
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def in_order(evidence: NDArray[Any]) -> InOrder:
    """Put records of EVIDENCE in order."""
    order, device_id, starts = _by_device(evidence["device_id"])
    ends = np.empty(len(device_id), np.int64)
    rows = np.empty_like(evidence)
    _lay_out(evidence, order, starts, ends, rows)
    return InOrder(rows, device_id, starts, ends)


def registrations_in_order(registrations: NDArray[Any]) -> NDArray[Any]:
    """Records of REGISTRATION ascending by Device, of each by role and instant."""
    order = np.lexsort((registrations["since"], registrations["role"]))
    by_device, _, _ = _by_device(registrations["device_id"][order])
    return whole(registrations)[order[by_device]].view(registrations.dtype)


def _by_device(device_id: DeviceIds) -> tuple[NDArray[np.int64], DeviceIds, NDArray[np.int64]]:
    """Places of rows ascending by Device, those of one as they come; each Device once; where each begins, and the end."""
    of = np.ascontiguousarray(device_id)
    number = np.empty(len(of), np.uint32)
    ids = np.empty(1 << 12, np.uint64)
    done, devices = 0, 0
    while True:
        table = np.zeros(_ROOM * len(ids), _SEEN)
        _enter(table, ids[:devices])
        done, devices = _number(of, done, table, ids, devices, number)
        if done == len(of):
            break
        ids = np.concatenate((ids, np.empty(3 * len(ids), np.uint64)))
    ids = ids[:devices]
    by_id = np.argsort(ids)
    rank = np.empty(devices, np.uint32)
    rank[by_id] = np.arange(devices, dtype=np.uint32)
    starts = np.zeros(devices + 1, np.int64)
    order = np.empty(len(of), np.int64)
    _beside_one_another(number, rank, starts, np.empty(devices, np.int64), order)
    return order, ids[by_id], starts


@compiled
def _enter(table: Any, ids: Any) -> None:
    """Enter the Devices that have their numbers in a new table."""
    for i in range(len(ids)):
        slot = place_of(hash_of_device(ids[i]), len(table))
        while table[slot].number_and_one != 0:
            slot = slot + 1 if slot + 1 < len(table) else 0
        table[slot].device_id = ids[i]
        table[slot].number_and_one = np.uint32(i + 1)


@compiled
def _number(of: Any, first: int, table: Any, ids: Any, devices: int, number: Any) -> Any:
    """Number the Device of each row from a first one on, until there is no room for a new one.

    Returns how many rows have their number, and how many Devices there are.
    """
    for i in range(first, len(of)):
        if i + _AHEAD < len(of):
            prefetch(table, place_of(hash_of_device(of[i + _AHEAD]), len(table)))
        device_id = of[i]
        slot = place_of(hash_of_device(device_id), len(table))
        while table[slot].number_and_one != 0 and table[slot].device_id != device_id:
            slot = slot + 1 if slot + 1 < len(table) else 0
        if table[slot].number_and_one == 0:
            if devices == len(ids):
                return i, devices
            ids[devices] = device_id
            devices += 1
            table[slot].device_id = device_id
            table[slot].number_and_one = np.uint32(devices)
        number[i] = table[slot].number_and_one - np.uint32(1)
    return len(of), devices


@compiled
def _beside_one_another(number: Any, rank: Any, starts: Any, filled: Any, order: Any) -> None:
    """Places of the rows, those of a Device beside one another in the order of the input, Devices by rank."""
    for i in range(len(number)):
        number[i] = rank[number[i]]
        starts[number[i] + 1] += 1
    for device in range(len(filled)):
        starts[device + 1] += starts[device]
        filled[device] = starts[device]
    for i in range(len(number)):
        order[filled[number[i]]] = i
        filled[number[i]] += 1


@compiled
def _lay_out(evidence: Any, order: Any, starts: Any, ends: Any, rows: Any) -> None:
    """Put each Device's rows in order, and copy them there."""
    asked = 0
    for device in range(len(ends)):
        start, end = starts[device], starts[device + 1]
        while asked < len(order) and asked < end + _AHEAD:
            prefetch(evidence, order[asked])
            asked += 1
        places = order[start:end]
        _put_in_order(evidence, places, end - start)
        ends[device] = start + _set_doubles_apart(evidence, places, end - start)
        for i in range(start, end):
            rows[i] = evidence[order[i]]


@folded_in
def _set_doubles_apart(evidence: Any, places: Any, count: int) -> Any:
    """Put what is the same as another behind the rest; how many there are before."""
    kept = 0
    for i in range(count):
        if kept == 0 or _is_before(evidence, places[kept - 1], places[i]):
            places[kept], places[i] = places[i], places[kept]
            kept += 1
    return kept


@folded_in
def _put_in_order(evidence: Any, places: Any, count: int) -> None:
    if count <= _FEW:
        for i in range(1, count):
            row, to = places[i], i
            while to > 0 and _is_before(evidence, row, places[to - 1]):
                places[to] = places[to - 1]
                to -= 1
            places[to] = row
        return
    for i in range(count // 2 - 1, -1, -1):
        _sift(evidence, places, i, count)
    for end in range(count - 1, 0, -1):
        places[0], places[end] = places[end], places[0]
        _sift(evidence, places, 0, end)


@compiled
def _sift(evidence: Any, places: Any, at: int, end: int) -> None:
    """Let the row at a place sink in a heap whose top is the last."""
    while True:
        child = 2 * at + 1
        if child >= end:
            return
        if child + 1 < end and _is_before(evidence, places[child], places[child + 1]):
            child += 1
        if not _is_before(evidence, places[at], places[child]):
            return
        places[at], places[child] = places[child], places[at]
        at = child


@compiled
def _is_before(evidence: Any, one: Any, other: Any) -> Any:
    """Whether a row comes before another: by instant, then kind, then anything; the same in all is not before."""
    a, b = evidence[one], evidence[other]
    if a.at != b.at:
        return a.at < b.at
    if a.kind != b.kind:
        return a.kind < b.kind
    if a.srv != b.srv:
        return a.srv < b.srv
    if a.credential_type != b.credential_type:
        return a.credential_type < b.credential_type
    if a.outcome != b.outcome:
        return a.outcome < b.outcome
    if a.role != b.role:
        return a.role < b.role
    if a.party != b.party:
        return a.party < b.party
    if a.certificate != b.certificate:
        return a.certificate < b.certificate
    return a.sender < b.sender
