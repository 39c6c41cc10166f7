"""One shard of the kernel: the tables of one lane, and how they grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import kernel
from tidegate.alert_storm.plan import Lane
from tidegate.columnar import stream_table
from tidegate.columnar.batches import AlertBatch
from tidegate.columnar.streams_seen import KINDS, StreamsSeen
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, published_alert_codes
from tidegate.vocabulary.instants import Instant

Spells: TypeAlias = NDArray[Any]
"""Storms and amber spells, an array of `kernel.SPELL`."""

_FIRST_SLOTS = 1 << 14
_FIRST_ROWS = 1 << 10
_ALL_PASS = np.empty(0, np.bool_)


@dataclass(frozen=True, slots=True)
class Untold:
    """Alerts of one stream that were throttled and not told yet when a policy went out of force.

    stream:  Device, code counted and number of the recipient.
    """

    stream: tuple[int, int, int]
    count: int
    sequence_id: int


class Shard:
    """Decides the Alerts of its own streams; what it holds is bounded by what is in a window."""

    def __init__(self, lane: Lane, *, counts_streams: bool) -> None:
        policies = len(lane.policies)
        self._lane = lane
        self._plan = plan_of(lane)
        spells = max(_FIRST_ROWS, 4 * policies)
        self.tables = kernel.Tables(
            streams=stream_table.new_streams(_FIRST_SLOTS),
            queues=np.zeros((len(lane.windows_us), _FIRST_SLOTS), kernel.LEAVING),
            queue_state=np.zeros((len(lane.windows_us), 2), np.uint64),
            trouble=np.zeros((_FIRST_ROWS, policies), kernel.TROUBLE),
            free_trouble=np.arange(_FIRST_ROWS, dtype=np.int64)[::-1].copy(),
            spells=np.zeros(spells, kernel.SPELL),
            free_spells=np.arange(spells, dtype=np.int32)[::-1].copy(),
            ended=np.empty(2 * spells, kernel.SPELL),
            counters=np.zeros(kernel.COUNTERS, np.int64),
            fresh=np.empty(0, np.uint64),
            decided=np.empty(max(_FIRST_ROWS, policies), kernel.DECIDED),
            throttled_by_code=np.zeros((policies, len(lane.counted_as)), np.int64),
            throttled_by_recipient=np.zeros((policies, 1), np.int64),
        )
        # Row 0 of trouble is never given out: 0 in a slot means "none".
        self.tables.counters[kernel.FREE_TROUBLE] = _FIRST_ROWS - 1
        self.tables.counters[kernel.FREE_SPELLS] = spells
        self.decided: NDArray[Any] = np.empty(0, kernel.DECIDED)
        self.seen = StreamsSeen() if counts_streams else None
        self._ended: list[Spells] = []

    def receive(
        self, alerts: AlertBatch, dealt: Sequence[kernel.Dealt], shard: int, *, keep_decisions: bool
    ) -> None:
        """Decide the Alerts of a batch that were dealt to this shard, part after part; see `decided`."""
        self._make_room_for(alerts)
        columns = columns_of(alerts)
        counters = self.tables.counters
        counters[kernel.DECISIONS] = 0
        for part in dealt:
            stop, passed_over = part.counts[shard].tolist()
            counters[kernel.FRESH] = done = 0
            while True:
                done = kernel.decide(
                    columns,
                    part.rows[shard],
                    part.hashes[shard],
                    done,
                    stop,
                    self._plan,
                    self.tables,
                    keep_decisions,
                )
                if counters[kernel.STOPPED_FOR] == kernel.FOR_NOTHING:
                    break
                self._make_room(int(counters[kernel.STOPPED_FOR]))
            if self.seen is not None:
                self.seen.add(part.passed_over[shard, :passed_over])
                self.seen.add(self.tables.fresh[: counters[kernel.FRESH]])
        self.decided = self.tables.decided[: counters[kernel.DECISIONS]]
        # The shard's own Alerts may have stopped earlier than the batch: end what has ended by its last instant.
        self.advance(int(alerts.received_at[-1]))

    def advance(self, instant: Instant) -> None:
        """Time has come to an instant: end what has ended by then."""
        self._take_ended()
        kernel.advance(instant, self._plan, self.tables)
        self._take_ended()

    def take_ended(self) -> Spells:
        """What has ended since this was last asked."""
        taken = np.concatenate([np.empty(0, kernel.SPELL), *self._ended])
        self._ended = []
        return taken

    def running(self, *, looks_back: bool) -> Spells:
        """What runs now; `looks_back` through the whole window for `counting_since`, where it is not known yet."""
        spells = self.tables.spells
        if looks_back and ((spells["level"] != 0) & (spells["counting_since"] == kernel.NEVER)).any():
            kernel.look_back(self.tables)
        running: Spells = spells[spells["level"] != 0]
        return running

    @property
    def running_count(self) -> int:
        """How many spells run now."""
        return len(self.tables.spells) - int(self.tables.counters[kernel.FREE_SPELLS])

    @property
    def has_ended(self) -> bool:
        """Whether something has ended since `take_ended` was last asked."""
        return bool(self._ended) or bool(self.tables.counters[kernel.SPELLS_ENDED])

    def untold(self, policy: int) -> list[Untold]:
        """What the streams of this shard have not told yet under a policy."""
        if policy not in self._lane.policies:
            return []
        within = self._lane.policies.index(policy)
        streams = self.tables.streams
        slots = np.flatnonzero(streams["trouble"])
        state = self.tables.trouble[streams["trouble"][slots], within]
        return [
            Untold(
                (
                    int(streams["device_id"][slot]),
                    stream_table.code_at(streams, int(slot)),
                    int(streams["recipient"][slot]),
                ),
                int(row["untold"]),
                int(row["sequence_id"]),
            )
            for slot, row in zip(slots, state, strict=True)
            if row["untold"]
        ]

    def take_over(self, policy: int, untold: Untold) -> None:
        """Remember what a stream has not told yet; the stream is one of this shard and lane."""
        counters = self.tables.counters
        if counters[kernel.FREE_TROUBLE] < 1:
            self._make_room(kernel.FOR_TROUBLE)
        if counters[kernel.SLOTS_USED] >= len(self.tables.streams) // 2:
            self._make_room(kernel.FOR_STREAMS)
        device_id, alert_code, recipient = (np.uint64(untold.stream[0]), *map(np.uint32, untold.stream[1:]))
        streams = self.tables.streams
        h = stream_table.hash_of(device_id, alert_code, recipient)
        slot = stream_table.find(streams, np.uint64(h), device_id, alert_code, recipient)
        if stream_table.code_at(streams, int(slot)) < 0:
            stream_table.put(streams, np.uint64(slot), np.uint64(h), device_id, alert_code, recipient)
            counters[kernel.SLOTS_USED] += 1
        kind = max(int(self._lane.class_of[alert_code]), 0)
        kernel.remember_untold(
            self.tables,
            np.uint64(slot),
            self._lane.policies.index(policy),
            kind,
            untold.count,
            untold.sequence_id,
        )

    def _make_room_for(self, alerts: AlertBatch) -> None:
        if len(self.tables.fresh) < len(alerts):
            self.tables = self.tables._replace(fresh=np.empty(len(alerts), np.uint64))
        recipients = int(alerts.recipient.max()) + 1
        throttled = self.tables.throttled_by_recipient
        if recipients > throttled.shape[1]:
            self.tables = self.tables._replace(
                throttled_by_recipient=np.stack([widened(row, 2 * recipients) for row in throttled])
            )

    def _make_room(self, stopped_for: int) -> None:
        tables = self.tables
        if stopped_for == kernel.FOR_STREAMS:
            self._grow_streams()
        elif stopped_for == kernel.FOR_QUEUE:
            self._grow_queues()
        elif stopped_for == kernel.FOR_TROUBLE:
            self.tables = tables._replace(
                trouble=_doubled(tables.trouble), free_trouble=_doubled(tables.free_trouble)
            )
            self._give_out(self.tables.free_trouble, kernel.FREE_TROUBLE, len(tables.trouble))
        elif stopped_for == kernel.FOR_SPELLS:
            self._grow_spells()
        else:
            self.tables = tables._replace(decided=_doubled(tables.decided))

    def _grow_streams(self) -> None:
        streams = self.tables.streams
        larger = stream_table.new_streams(4 * len(streams))
        moved_to = np.zeros(len(streams), np.uint64)
        stream_table.move_all(streams, larger, moved_to)
        self.tables = self.tables._replace(streams=larger)
        kernel.renumber(self.tables.queues, moved_to)

    def _grow_queues(self) -> None:
        windows, length = self.tables.queues.shape
        queues = np.zeros((windows, 2 * length), kernel.LEAVING)
        for window, (head, _) in enumerate(self.tables.queue_state):
            queues[window, :length] = np.roll(self.tables.queues[window], -int(head))
        self.tables.queue_state[:, kernel.HEAD] = 0
        self.tables = self.tables._replace(queues=queues)

    def _grow_spells(self) -> None:
        self._take_ended()
        tables = self.tables
        running = len(tables.spells) - tables.counters[kernel.FREE_SPELLS]
        room = 2 * len(self._lane.policies)
        if tables.counters[kernel.FREE_SPELLS] >= room and running + room <= len(tables.ended):
            return
        spells = _doubled(tables.spells)
        self.tables = tables._replace(
            spells=spells,
            free_spells=_doubled(tables.free_spells),
            ended=np.empty(2 * len(spells), kernel.SPELL),
        )
        self._give_out(self.tables.free_spells, kernel.FREE_SPELLS, len(tables.spells))

    def _give_out(self, free: NDArray[Any], counter: int, first: int) -> None:
        count = self.tables.counters[counter]
        free[count : count + first] = np.arange(first, 2 * first)[::-1]
        self.tables.counters[counter] += first

    def _take_ended(self) -> None:
        count = self.tables.counters[kernel.SPELLS_ENDED]
        if count:
            self._ended.append(self.tables.ended[:count].copy())
            self.tables.counters[kernel.SPELLS_ENDED] = 0


class Dealer:
    """Deals a part of every batch of a lane to its shards, and counts what was received."""

    def __init__(self, lane: Lane, shards: int) -> None:
        self._plan = plan_of(lane)
        self._shards = shards
        self.received = kernel.Received(np.zeros(len(lane.counted_as), np.int64), np.zeros(1, np.int64))
        self.dealt = _dealt(shards, 0)

    def deal(
        self, alerts: AlertBatch, start: int, stop: int, passes: NDArray[np.bool_] | None = None
    ) -> None:
        """Deal the Alerts start:stop, or those of them that pass; see `dealt`."""
        if self.dealt.rows.shape[1] <= stop - start:
            self.dealt = _dealt(self._shards, stop - start)
        recipients = int(alerts.recipient.max()) + 1
        if recipients > len(self.received.by_recipient):
            self.received = self.received._replace(
                by_recipient=widened(self.received.by_recipient, 2 * recipients)
            )
        kernel.deal(
            columns_of(alerts),
            start,
            stop,
            _ALL_PASS if passes is None else passes,
            self._plan,
            self._shards,
            self.dealt,
            self.received,
        )


def _dealt(shards: int, rows: int) -> kernel.Dealt:
    # One more than there are: the kernel writes before it knows whether to keep.
    room = (shards, rows + 1)
    return kernel.Dealt(
        np.empty(room, np.uint64),
        np.empty(room, np.uint64),
        np.empty(room, np.uint64),
        np.zeros((shards, 2), np.int64),
    )


def plan_of(lane: Lane) -> kernel.Plan:
    """A lane as the kernel takes it."""
    return kernel.Plan(
        lane.by_recipient,
        lane.counted_as,
        lane.class_of,
        lane.limits,
        lane.quiet_until,
        lane.window_of,
        lane.windows_us,
        np.array(lane.policies, np.int32),
        kinds_of_codes(),
    )


@cache
def kinds_of_codes() -> NDArray[np.uint16]:
    """The kind of each Alert Code's streams among those seen: published codes have one each, others share the rest."""
    published = sorted(published_alert_codes())
    kinds = (len(published) + np.arange(NUMBER_OF_CODES) % (KINDS - len(published))).astype(np.uint16)
    kinds[published] = np.arange(len(published))
    return kinds


def columns_of(alerts: AlertBatch) -> kernel.Columns:
    """A batch as the kernel takes it."""
    return kernel.Columns(alerts.received_at, alerts.device_id, alerts.alert_code, alerts.recipient)


def widened(array: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """The array with zeros after it, to a length."""
    return np.concatenate([array, np.zeros(length - len(array), np.int64)])


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([array, np.zeros_like(array)])
