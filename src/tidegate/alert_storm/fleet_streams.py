"""One shard of a fleet: the streams of its Devices, the groups they count for, and how both grow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import fleet_kernel as kernel
from tidegate.alert_storm.fleet_installed import Installed
from tidegate.alert_storm.fleet_summing import (
    FLEET_DEVICE,
    STREAM_OF_PART,
    Parts,
    Stormed,
    Sums,
    pick,
    pick_parts,
    sum_up,
    tell,
)
from tidegate.columnar.batches import AlertBatch
from tidegate.columnar.stream_table import aligned_zeros
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES
from tidegate.vocabulary.toggle_pairs import TOGGLE_PAIRS

LARGEST: Final = 1 << 17
"""Slots of a table that is split rather than made larger: 3 MB, of which a cache holds much."""

WAITING: Final = 1 << 19
"""Alerts wait until there are so many: what comes to one table together finds it in the cache."""

_AT_ONCE: Final = 32
"""Tables that memory is asked for together: it comes in large pages then."""

_FIRST_STREAMS: Final = 1 << 11
_FIRST_COURSES: Final = 1 << 12
_FIRST_GROUPS: Final = 1 << 8
_LONG_AFTER: Final = 2**62
_NONE: Final = np.empty(0, np.int64)


def base_of(installed: Installed) -> kernel.Base:
    """The installed base, as kernels take it."""
    counted_as = np.arange(NUMBER_OF_CODES, dtype=np.uint32)
    is_second = np.zeros(NUMBER_OF_CODES, np.bool_)
    for pair in TOGGLE_PAIRS:
        counted_as[pair.second] = pair.first
        is_second[pair.second] = True
    return kernel.Base(
        installed.index,
        installed.device_id,
        installed.since,
        installed.kind,
        installed.part,
        counted_as,
        is_second,
    )


class FleetShard:
    """Counts the Alerts of its own Devices."""

    def __init__(self, base: kernel.Base, shard: int, shards: int) -> None:
        self._base = base
        self._shard = shard
        self._shards = shards
        self._partitions = [_Partition(0, kernel.ENTRIES, np.zeros(_FIRST_STREAMS, kernel.STREAM))]
        self._courses = aligned_zeros(_FIRST_COURSES, kernel.COURSE)
        # Course 0 is never given out: 0 in a stream means "none".
        self._given = np.ones(1, np.int64)
        self._directory = np.zeros(kernel.ENTRIES, np.int32)
        self.groups = _new_groups(_FIRST_GROUPS, 1)
        self._scratch = np.empty(LARGEST, kernel.STREAM)
        self._tables: list[NDArray[Any]] = []
        self._rows = np.empty(0, np.int64)
        self._hashes = np.empty(0, np.uint64)
        self._items = np.empty(0, kernel.ITEM)
        self._dealt = np.empty(0, kernel.ITEM)
        self._waiting = 0

    def receive(self, alerts: AlertBatch, recipients: int) -> None:
        """The next Alerts, in receipt order; recipients have numbers less than `recipients`."""
        self._make_room_for(len(alerts))
        if recipients > self.groups.by_recipient.shape[1]:
            self.groups = _wider(self.groups, 2 * recipients)
        count = kernel.choose(alerts.device_id, self._shard, self._shards, self._rows, self._hashes)
        columns = kernel.Columns(alerts.received_at, alerts.device_id, alerts.alert_code, alerts.recipient)
        done = 0
        while done < count:
            done = kernel.resolve(
                columns,
                self._base,
                self._rows,
                self._hashes,
                done,
                count,
                self.groups,
                self._items,
                self._waiting,
            )
            if done < count:
                self.groups = _more(self.groups)
        self._waiting += count
        if self._waiting >= WAITING:
            self.count()

    def count(self) -> None:
        """Count the Alerts that wait."""
        starts = np.zeros(len(self._partitions) + 1, np.int64)
        kernel.deal(self._items, self._waiting, self._directory, self._dealt, starts)
        self._waiting = 0
        for number, (start, stop) in enumerate(pairwise(starts.tolist())):
            if start < stop:
                self._count(number, start, stop)

    @property
    def missing(self) -> int:
        """Devices that raised an Alert and are not in the Inventory."""
        return sum(int(partition.counters[kernel.MISSING]) for partition in self._partitions)

    @property
    def streams(self) -> int:
        """How many streams there are."""
        return sum(int(partition.counters[kernel.STREAMS]) for partition in self._partitions)

    def sums(self, parts: Parts, stormed: Stormed, suppliers: int, patterns: int) -> Sums:
        """What the streams come to, by group."""
        groups = int(self.groups.counts[0])
        widths = {"patterns": (patterns,), "by_supplier": (suppliers,)}
        fractions = {"sum_squares", "sum_exposed"}
        sums = Sums._make(
            np.zeros((groups, *widths.get(name, ())), np.float64 if name in fractions else np.int64)
            for name in Sums._fields
        )
        for partition in self._partitions:
            sum_up(partition.streams, self._courses, parts, stormed, self.groups, sums)
        return sums

    def devices(
        self,
        is_wanted_code: NDArray[np.bool_],
        is_wanted_kind: NDArray[np.bool_],
        parts: Parts,
        stormed: Stormed,
        most: int | None,
    ) -> NDArray[Any]:
        """Those of some codes and kinds, each table's `most` with most Alerts at least; in no order."""
        return np.concatenate(
            [
                np.empty(0, FLEET_DEVICE),
                *self._told(is_wanted_code, is_wanted_kind, parts, stormed, most),
            ]
        )

    def streams_of(self, is_wanted_part: NDArray[np.bool_]) -> NDArray[Any]:
        """The streams of some parts, as an array of STREAM_OF_PART."""
        found = [np.empty(0, STREAM_OF_PART)]
        for partition in self._partitions:
            picked = np.empty(
                pick_parts(partition.streams, self._courses, is_wanted_part, found[0]), STREAM_OF_PART
            )
            if len(picked):
                pick_parts(partition.streams, self._courses, is_wanted_part, picked)
                found.append(picked)
        return np.concatenate(found)

    def _told(
        self,
        is_wanted_code: NDArray[np.bool_],
        is_wanted_kind: NDArray[np.bool_],
        parts: Parts,
        stormed: Stormed,
        most: int | None,
    ) -> Iterator[NDArray[Any]]:
        for partition in self._partitions:
            streams = partition.streams
            slots = np.empty(pick(streams, is_wanted_code, is_wanted_kind, parts.kind, _NONE), np.int64)
            if len(slots):
                pick(streams, is_wanted_code, is_wanted_kind, parts.kind, slots)
                devices = np.zeros(len(slots), FLEET_DEVICE)
                tell(streams, self._courses, slots, parts, stormed, devices)
                yield loudest([devices], most)

    def _count(self, number: int, start: int, stop: int) -> None:
        """Count the Alerts dealt to a partition; where it has to be split, to its parts."""
        partition = self._partitions[number]
        while True:
            start = kernel.count_alerts(
                self._dealt,
                start,
                stop,
                partition.streams,
                partition.counters,
                self._courses,
                self._given,
                self.groups,
            )
            if start == stop:
                return
            if not partition.is_full:
                courses = aligned_zeros(2 * len(self._courses), kernel.COURSE)
                courses[: len(self._courses)] = self._courses
                self._courses = courses
            elif not partition.is_to_be_split:
                partition.grow()
            else:
                break
        if not self._tables:
            self._tables = list(np.zeros((_AT_ONCE, LARGEST), kernel.STREAM))
        other, number_of_other = partition.split(self._scratch, self._tables.pop()), len(self._partitions)
        self._directory[other.first : other.last] = number_of_other
        self._partitions.append(other)
        rest = self._dealt[start:stop].copy()
        is_other = np.empty(len(rest), np.bool_)
        kernel.are_since(rest, other.first, is_other)
        middle = stop - int(is_other.sum())
        self._dealt[start:middle], self._dealt[middle:stop] = rest[~is_other], rest[is_other]
        self._count(number, start, middle)
        self._count(number_of_other, middle, stop)

    def _make_room_for(self, rows: int) -> None:
        if len(self._rows) <= rows:
            # One more than there are: the kernel writes before it knows whether to keep.
            self._rows = np.empty(rows + 1, np.int64)
            self._hashes = np.empty(rows + 1, np.uint64)
        if len(self._items) < self._waiting + rows:
            items = np.empty(WAITING + rows, kernel.ITEM)
            items[: self._waiting] = self._items[: self._waiting]
            self._items, self._dealt = items, np.empty_like(items)


def loudest(devices: Sequence[NDArray[Any]], most: int | None) -> NDArray[Any]:
    """The Devices with most Alerts, most first; those alike in the order of Device, code and row."""
    every = np.concatenate([np.empty(0, FLEET_DEVICE), *devices])
    order = np.lexsort((every["row"], every["alert_code"], every["device_id"], -every["alerts"]))
    return every[order[:most]]


class _Partition:
    """The streams of the parts that some entries of the directory stand for: first:last."""

    def __init__(self, first: int, last: int, streams: NDArray[Any]) -> None:
        self.first, self.last = first, last
        self.streams = streams
        self.counters = np.zeros(kernel.COUNTERS, np.int64)

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another stream."""
        return bool(self.counters[kernel.STREAMS] >= int(kernel.FULL * len(self.streams)))

    @property
    def is_to_be_split(self) -> bool:
        """Whether to split it rather than to make it larger."""
        return len(self.streams) == LARGEST and self.last - self.first > 1

    def grow(self) -> None:
        """Make room for twice as many streams."""
        smaller = self.streams
        self.streams = np.zeros(2 * len(smaller), kernel.STREAM)
        kernel.move(smaller, self.first, self.last, self.streams)

    def split(self, scratch: NDArray[Any], table: NDArray[Any]) -> _Partition:
        """Give the later half of the entries to a new partition with an empty table, and return it.

        What was missing stays counted here.
        """
        scratch[:] = self.streams
        other = _Partition((self.first + self.last) // 2, self.last, table)
        self.last = other.first
        self.streams[:] = np.zeros(1, kernel.STREAM)
        for each in (self, other):
            each.counters[kernel.STREAMS] = kernel.move(scratch, each.first, each.last, each.streams)
        return other


def _new_groups(groups: int, recipients: int) -> kernel.Groups:
    return kernel.Groups(
        np.full(4 * groups, -1, np.int32),
        np.zeros(1, np.int64),
        np.zeros(groups, np.uint32),
        np.zeros(groups, np.int32),
        np.zeros((groups, 24), np.int64),
        np.zeros((groups, recipients), np.int64),
        np.zeros(groups, np.int64),
        np.zeros(groups, np.int64),
        np.zeros(groups, np.int64),
        np.full(groups, _LONG_AFTER, np.int64),
        np.full(groups, -_LONG_AFTER, np.int64),
    )


def _more(groups: kernel.Groups) -> kernel.Groups:
    """The same groups, with room for twice as many."""
    larger = _new_groups(2 * len(groups.kind), groups.by_recipient.shape[1])
    for group in range(len(groups.kind)):
        kernel.group_of(larger, groups.alert_code[group], groups.kind[group])
    for old, new in zip(groups[4:], larger[4:], strict=True):
        new[: len(old)] = old
    return larger


def _wider(groups: kernel.Groups, recipients: int) -> kernel.Groups:
    """The same groups, with room for more recipients."""
    wider = np.zeros((len(groups.kind), recipients), np.int64)
    wider[:, : groups.by_recipient.shape[1]] = groups.by_recipient
    return groups._replace(by_recipient=wider)
