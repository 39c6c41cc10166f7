"""The fleet, counted over columns: `fleet_activity.py`, statement for statement.

A *stream* is one part of a Device (`fleet_installed`) with one code, or both of
a toggle pair, whoever it is for. Nine in ten streams are heard of once. So a
stream is 24 bytes, and only those heard of again have a *course*, 64 bytes more.

Streams stand in partitions, by the hash of their part, each a table of its own;
what a batch brings to one is done together, and a table that is large and full
is split in two. No memory is given back to be asked for again: to be given a
page by the system costs more than to count a hundred Alerts.

In a table all streams of one part follow one another without a gap, so that
whoever looks for one has passed every other: that is how a Device is seen to be
new.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.fleet_activity import COPY_WITHIN, PER_SECOND, SAME_ALERT_WITHIN
from tidegate.alert_storm.fleet_installed import MANY
from tidegate.columnar.compiled import compiled, inlined
from tidegate.columnar.device_index import ask_for, find, hash_of_device, place_of
from tidegate.columnar.stream_table import hash_of, prefetch, shard_of
from tidegate.vocabulary.instants import HOUR, SECOND

STREAM: Final = np.dtype(
    [("key", np.uint64), ("first_at", np.int64), ("word", np.uint32), ("course", np.uint32)]
)
"""key: the part, or the Device where the Inventory does not know it; course: its place in `courses`, 0 for none.

word: the code counted plus one in the low 17 bits (0: the slot is empty), KNOWN where the key is a part, IS_SECOND
where the first Alert was the second code of a pair, and in the high bits whom it was for."""

COURSE: Final = np.dtype(
    [
        ("lead_at", np.int64),
        ("other_at", np.int64),
        ("last_at", np.int64),
        ("sum_squares", np.float64),
        ("sum_inverse", np.int64),
        ("alerts", np.uint32),
        ("second_alerts", np.uint32),
        ("activations", np.uint32),
        ("hours_active", np.uint32),
        ("lead_to", np.uint16),
        ("other_to", np.uint16),
        ("other", np.uint32),
    ]
)
"""What `fleet_activity.Activity` remembers. lead, other: when an Alert with the code heard first (and with the other
of the pair) was heard last, and for whom; other: HEARD, HEARD_LAST."""

ITEM: Final = np.dtype([("key", np.uint64), ("at", np.int64), ("word", np.uint32), ("group", np.uint32)])
"""An Alert on its way to its stream."""

KNOWN: Final = np.uint32(1 << 17)
IS_SECOND: Final = np.uint32(1 << 18)
RECIPIENTS_TOLD_APART: Final = 1 << 13
"""Of recipients so many numbers apart, one's Alert is not seen to be a copy of the other's."""

HEARD: Final = np.uint32(1)
HEARD_LAST: Final = np.uint32(2)

ENTRIES: Final = 1 << 12
"""Of the directory of a shard: the first bits of a hash say in which partition its part stands."""

FULL: Final = 0.8
"""Share of a table's slots that are taken before it grows or is split."""

# Counters of a partition.
STREAMS: Final = 0
MISSING: Final = 1
COUNTERS: Final = 2

_SAME = np.uint32((1 << 18) - 1)
_CODE = np.uint32((1 << 17) - 1)
_TO_SHIFT = np.uint32(19)
_TO = np.uint32(RECIPIENTS_TOLD_APART - 1)
_ENTRY_SHIFT = np.uint64(64 - 12)
_AHEAD: Final = 16
_SOON: Final = 8
_HOURS: Final = 24
_ONE = np.uint32(1)
_U32 = np.uint64(32)


class Columns(NamedTuple):
    """A batch."""

    received_at: NDArray[np.int64]
    device_id: NDArray[np.uint64]
    alert_code: NDArray[np.uint32]
    recipient: NDArray[np.uint32]


class Base(NamedTuple):
    """The installed base, by row (`fleet_installed.Installed`; `devices` is its index), and how codes are counted, by number."""

    devices: NDArray[Any]
    device_id: NDArray[np.uint64]
    since: NDArray[np.int64]
    kind: NDArray[np.int32]
    part: NDArray[np.int64]
    counted_as: NDArray[np.uint32]
    is_second: NDArray[np.bool_]


class Groups(NamedTuple):
    """Totals by code and kind, in the order they were met; `table` finds them, and `counts[0]` says how many."""

    table: NDArray[np.int32]
    counts: NDArray[np.int64]
    alert_code: NDArray[np.uint32]
    kind: NDArray[np.int32]
    by_hour: NDArray[np.int64]
    by_recipient: NDArray[np.int64]
    second_alerts: NDArray[np.int64]
    heard: NDArray[np.int64]
    alternations: NDArray[np.int64]
    first_at: NDArray[np.int64]
    last_at: NDArray[np.int64]


@compiled
def choose(device_id: Any, shard: Any, shards: Any, rows: Any, hashes: Any) -> Any:
    """The rows of a batch whose Devices are a shard's, with their hashes; returns how many."""
    count = 0
    for row in range(len(device_id)):
        h = hash_of_device(device_id[row])
        rows[count] = row
        hashes[count] = h
        count += shard_of(h, shards) == shard
    return count


@compiled
def resolve(
    alerts: Any,
    base: Any,
    rows: Any,
    hashes: Any,
    start: Any,
    stop: Any,
    groups: Any,
    items: Any,
    before: Any,
) -> Any:
    """Find out what each Alert counts for, and tally its group; stops where there is no room for a group.

    Those of start:stop are put on `items` after the `before` there are already.
    """
    for j in range(start, stop):
        if j + _AHEAD < stop:
            ask_for(base.devices, hashes[j + _AHEAD])
        row = rows[j]
        device_id = alerts.device_id[row]
        at = alerts.received_at[row]
        code = base.counted_as[alerts.alert_code[row]]
        is_second = base.is_second[alerts.alert_code[row]]
        recipient = alerts.recipient[row]
        key = device_id
        kind = np.int32(0)
        known = np.uint32(0)
        slot = find(base.devices, hashes[j], device_id)
        if slot >= 0:
            part = np.int64(base.devices[slot].row_and_one) - 1
            if base.devices[slot].tag == MANY:
                while (
                    part + 1 < len(base.since)
                    and base.device_id[part + 1] == device_id
                    and base.since[part + 1] <= at
                ):
                    part += 1
                kind = base.kind[part]
                part = base.part[part]
            else:
                kind = np.int32(base.devices[slot].tag)
            key = np.uint64(part)
            known = KNOWN
        group = group_of(groups, code, kind)
        if group < 0:
            return j
        groups.by_hour[group, at // HOUR % _HOURS] += 1
        groups.by_recipient[group, recipient] += 1
        groups.second_alerts[group] += is_second
        groups.first_at[group] = min(groups.first_at[group], at)
        groups.last_at[group] = at
        items[before + j].key = key
        items[before + j].at = at
        items[before + j].word = (
            code + _ONE | known | (IS_SECOND if is_second else np.uint32(0)) | (recipient & _TO) << _TO_SHIFT
        )
        items[before + j].group = group
    return stop


@compiled
def group_of(groups: Any, code: Any, kind: Any) -> Any:
    """The group of a code and kind, a new one if need be; -1 where there is no room for it."""
    mask = np.uint64(len(groups.table) - 1)
    place = hash_of(np.uint64(kind), code, np.uint32(0)) & mask
    while groups.table[place] >= 0:
        group = groups.table[place]
        if groups.alert_code[group] == code and groups.kind[group] == kind:
            return group
        place = (place + np.uint64(1)) & mask
    group = np.int32(groups.counts[0])
    if group == len(groups.kind):
        return np.int32(-1)
    groups.table[place] = group
    groups.alert_code[group] = code
    groups.kind[group] = kind
    groups.counts[0] += 1
    return group


@inlined
def hash_of_key(key: Any, word: Any) -> Any:
    """64 well-mixed bits of a part, or of a Device that is not known."""
    return hash_of(key, word & KNOWN, np.uint32(0))


@compiled
def deal(items: Any, count: Any, directory: Any, dealt: Any, starts: Any) -> None:
    """Put Alerts in the order of their partitions; `starts` is where each partition's begin, and the end."""
    starts[:] = 0
    for i in range(count):
        starts[directory[entry_of(items[i].key, items[i].word)] + 1] += 1
    for partition in range(len(starts) - 1):
        starts[partition + 1] += starts[partition]
    for i in range(count):
        partition = directory[entry_of(items[i].key, items[i].word)]
        dealt[starts[partition]] = items[i]
        starts[partition] += 1
    for partition in range(len(starts) - 1, 0, -1):
        starts[partition] = starts[partition - 1]
    starts[0] = 0


@inlined
def entry_of(key: Any, word: Any) -> Any:
    """The entry of the directory for a stream."""
    return hash_of_key(key, word) >> _ENTRY_SHIFT


@compiled
def slot_of(streams: Any, key: Any, word: Any) -> Any:
    """The slot of a stream, or the empty one to put it in; and whether no other stream of its part is there."""
    slot = place_of(hash_of_key(key, word), len(streams))
    is_new = True
    while streams[slot].word != 0:
        if streams[slot].key == key and streams[slot].word & KNOWN == word & KNOWN:
            is_new = False
            if streams[slot].word & _SAME == word & _SAME:
                break
        slot += 1
        if slot == len(streams):
            slot = 0
    return slot, is_new


@compiled
def count_alerts(
    items: Any, start: Any, stop: Any, streams: Any, counters: Any, courses: Any, given: Any, groups: Any
) -> Any:
    """Count the Alerts of one partition; stops where there is no room for a stream or course.

    `given[0]` is how many courses are given out.
    """
    most = np.int64(FULL * len(streams))
    for i in range(start, stop):
        if i + _AHEAD < stop:
            ahead = items[i + _AHEAD]
            prefetch(streams, place_of(hash_of_key(ahead.key, ahead.word), len(streams)))
        if i + _SOON < stop:
            slot, _ = slot_of(streams, items[i + _SOON].key, items[i + _SOON].word)
            prefetch(courses, np.int64(streams[slot].course))
        if counters[STREAMS] >= most or given[0] == len(courses):
            return i
        at, word, group = items[i].at, items[i].word, items[i].group
        slot, is_new_device = slot_of(streams, items[i].key, word)
        if streams[slot].word == 0:
            streams[slot].key = items[i].key
            streams[slot].first_at = at
            streams[slot].word = word
            counters[STREAMS] += 1
            counters[MISSING] += is_new_device and word & KNOWN == 0
            groups.heard[group] += 1
            continue
        if streams[slot].course == 0:
            streams[slot].course = given[0]
            _begin(streams[slot], courses, given[0])
            given[0] += 1
        _go_on(courses, np.int64(streams[slot].course), streams[slot], at, word, groups, group)
    return stop


@inlined
def _begin(stream: Any, courses: Any, c: Any) -> None:
    """What was heard of a stream by its first Alert."""
    courses[c].lead_at = stream.first_at
    courses[c].last_at = stream.first_at
    courses[c].lead_to = stream.word >> _TO_SHIFT
    courses[c].alerts = 1
    courses[c].second_alerts = 1 if stream.word & IS_SECOND else 0
    courses[c].activations = 1
    courses[c].hours_active = 1


@inlined
def _go_on(courses: Any, c: Any, stream: Any, at: Any, word: Any, groups: Any, group: Any) -> None:
    """`Activity.receive` of an Alert that is not the first."""
    if at // HOUR != courses[c].last_at // HOUR:
        courses[c].hours_active += 1
    courses[c].alerts += 1
    if word & IS_SECOND:
        courses[c].second_alerts += 1
    courses[c].last_at = at
    to = np.uint16(word >> _TO_SHIFT)
    if word & IS_SECOND == stream.word & IS_SECOND:
        gap = at - courses[c].lead_at
        if gap >= (SAME_ALERT_WITHIN if courses[c].lead_to == to else COPY_WITHIN):
            courses[c].sum_squares += (gap / SECOND) * (gap / SECOND)
            courses[c].sum_inverse += PER_SECOND // (gap // SECOND)
            courses[c].activations += 1
            courses[c].lead_at = at
            courses[c].lead_to = to
            groups.heard[group] += 1
            if courses[c].other & HEARD_LAST:
                groups.alternations[group] += 1
                courses[c].other = HEARD
    elif not courses[c].other & HEARD or at - courses[c].other_at >= (
        SAME_ALERT_WITHIN if courses[c].other_to == to else COPY_WITHIN
    ):
        courses[c].other_at = at
        courses[c].other_to = to
        groups.heard[group] += 1
        if not courses[c].other & HEARD_LAST:
            groups.alternations[group] += 1
            courses[c].other = HEARD | HEARD_LAST


@compiled
def are_since(items: Any, entry: Any, is_since: Any) -> None:
    """Which Alerts belong to an entry of the directory or a later one."""
    for i in range(len(items)):
        is_since[i] = np.int64(entry_of(items[i].key, items[i].word)) >= entry


@compiled
def move(streams: Any, first: Any, last: Any, larger: Any) -> Any:
    """Copy the streams of the entries first:last of the directory to an empty table; returns how many."""
    count = 0
    for i in range(len(streams)):
        if streams[i].word == 0:
            continue
        h = hash_of_key(streams[i].key, streams[i].word)
        entry = np.int64(h >> _ENTRY_SHIFT)
        if entry < first or entry >= last:
            continue
        slot = place_of(h, len(larger))
        while larger[slot].word != 0:
            slot += 1
            if slot == len(larger):
                slot = 0
        larger[slot] = streams[i]
        count += 1
    return count


@inlined
def code_of(word: Any) -> Any:
    """The code a stream is counted as."""
    return (word & _CODE) - _ONE
