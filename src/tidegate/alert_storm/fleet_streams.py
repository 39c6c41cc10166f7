"""One shard of a fleet: the streams of its Devices, the groups they count for, and how both grow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import fleet_kernel as kernel
from tidegate.alert_storm.fleet_installed import Installed
from tidegate.alert_storm.fleet_summing import FLEET_DEVICE, Parts, Stormed, Sums, pick, sum_up, tell
from tidegate.columnar.batches import AlertBatch
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES
from tidegate.vocabulary.toggle_pairs import TOGGLE_PAIRS

_FIRST_STREAMS: Final = 1 << 8
_FIRST_COURSES: Final = 1 << 5
_FIRST_GROUPS: Final = 1 << 8
_GROWTH: Final = 1.5
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
        self._partitions = [_Partition() for _ in range(kernel.PARTITIONS)]
        self.groups = _new_groups(_FIRST_GROUPS, 1)
        self._starts = np.zeros(kernel.PARTITIONS + 1, np.int64)
        self._make_room_for(0)

    def receive(self, alerts: AlertBatch, recipients: int) -> None:
        """The next Alerts, in receipt order; recipients have numbers less than `recipients`."""
        if len(alerts) >= len(self._rows):
            self._make_room_for(len(alerts))
        if recipients > self.groups.by_recipient.shape[1]:
            self.groups = _wider(self.groups, 2 * recipients)
        count = kernel.choose(alerts.device_id, self._shard, self._shards, self._rows, self._hashes)
        columns = kernel.Columns(alerts.received_at, alerts.device_id, alerts.alert_code, alerts.recipient)
        done = 0
        while True:
            done = kernel.resolve(
                columns, self._base, self._rows, self._hashes, done, count, self.groups, self._items
            )
            if done == count:
                break
            self.groups = _more(self.groups)
        kernel.deal(self._items, count, self._dealt, self._starts)
        starts = self._starts.tolist()
        for number, partition in enumerate(self._partitions):
            if starts[number] < starts[number + 1]:
                partition.receive(self._dealt, starts[number], starts[number + 1], self.groups)

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
        sums = Sums(
            alerts=np.zeros(groups, np.int64),
            devices=np.zeros(groups, np.int64),
            stormed_alerts=np.zeros(groups, np.int64),
            stormed_devices=np.zeros(groups, np.int64),
            sum_squares=np.zeros(groups),
            sum_exposed=np.zeros(groups),
            chattering=np.zeros(groups, np.int64),
            patterns=np.zeros((groups, patterns), np.int64),
            by_supplier=np.zeros((groups, suppliers), np.int64),
        )
        for partition in self._partitions:
            sum_up(partition.streams, partition.courses, parts, stormed, self.groups, sums)
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
                tell(streams, partition.courses, slots, parts, stormed, devices)
                yield loudest([devices], most)

    def _make_room_for(self, rows: int) -> None:
        # One more than there are: the kernel writes before it knows whether to keep.
        self._rows = np.empty(rows + 1, np.int64)
        self._hashes = np.empty(rows + 1, np.uint64)
        self._items = np.empty(rows + 1, kernel.ITEM)
        self._dealt = np.empty(rows + 1, kernel.ITEM)


def loudest(devices: Sequence[NDArray[Any]], most: int | None) -> NDArray[Any]:
    """The Devices with most Alerts, most first; those alike in the order of Device, code and row."""
    every = np.concatenate([np.empty(0, FLEET_DEVICE), *devices])
    order = np.lexsort((every["row"], every["alert_code"], every["device_id"], -every["alerts"]))
    return every[order[:most]]


class _Partition:
    """The streams of some parts."""

    def __init__(self) -> None:
        self.streams = np.zeros(_FIRST_STREAMS, kernel.STREAM)
        self.courses = np.zeros(_FIRST_COURSES, kernel.COURSE)
        self.counters = np.zeros(kernel.COUNTERS, np.int64)
        # Course 0 is never given out: 0 in a stream means "none".
        self.counters[kernel.COURSES] = 1

    def receive(self, items: NDArray[Any], start: int, stop: int, groups: kernel.Groups) -> None:
        while True:
            start = kernel.count_alerts(items, start, stop, self.streams, self.courses, self.counters, groups)
            if start == stop:
                return
            if self.counters[kernel.COURSES] == len(self.courses):
                courses = np.zeros(int(_GROWTH * len(self.courses)), kernel.COURSE)
                courses[: len(self.courses)] = self.courses
                self.courses = courses
            else:
                larger = np.zeros(int(_GROWTH * len(self.streams)), kernel.STREAM)
                kernel.move_all(self.streams, larger)
                self.streams = larger


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
