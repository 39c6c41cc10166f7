"""The kernel, driven: batches in, decisions out, on every core, with room made as it is needed.

Streams are dealt to shards by their hash, and each shard is a thread with
tables of its own. A stream is in one shard only, so how many there are changes
nothing in the answer; nor does where the input was cut into batches.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import kernel
from tidegate.alert_storm.decision import Level, Outcome, Storm
from tidegate.alert_storm.plan import NONE, KernelPolicy, Lane, lanes_of
from tidegate.columnar import stream_table
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.instants import Instant

Spells: TypeAlias = NDArray[Any]
"""Storms and amber spells, an array of `kernel.SPELL`."""

_FIRST_SLOTS = 1 << 14
_FIRST_ROWS = 1 << 10
_MOST_SEEN = 1 << 27
"""Fingerprints of streams kept per shard to count them exactly: 1 GiB. Past that, see `StreamsSeen`."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was decided for a batch under one policy; arrays as long as the batch.

    outcome:   uint8, `Outcome`.
    throttled_alert_sequence_id, throttled_alert_count: uint32; 0 where the Alert carries none.
    """

    outcome: NDArray[np.uint8]
    throttled_alert_sequence_id: NDArray[np.uint32]
    throttled_alert_count: NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Tallies:
    """Totals so far, of one policy.

    by code:       int64 arrays by number of the Alert Code.
    by recipient:  int64 arrays by number of the recipient.
    """

    received_by_code: NDArray[np.int64]
    throttled_by_code: NDArray[np.int64]
    received_by_recipient: NDArray[np.int64]
    throttled_by_recipient: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Untold:
    """Alerts of one stream that were throttled and not told yet when a policy went out of force."""

    stream: tuple[int, int, int]
    count: int
    sequence_id: int


class AlertStormKernel:
    """Decides batches of Alerts in receipt order under several policies at once.

    With the same Alerts in the same order, every way of cutting them into
    batches and any number of shards give the same decisions, and each policy's
    are those it gives alone (`tests/equivalence`).
    """

    def __init__(
        self, policies: Sequence[KernelPolicy], *, shards: int = 2, keep_decisions: bool = True
    ) -> None:
        assert policies
        assert shards >= 1
        self._lanes = lanes_of(policies)
        self._excluded = [_excluded_codes(policy) for policy in policies]
        self._keep_decisions = keep_decisions
        self._shards = [
            [_Shard(lane, shard, shards, is_first=number == 0) for number, lane in enumerate(self._lanes)]
            for shard in range(shards)
        ]
        self._threads = ThreadPoolExecutor(shards) if shards > 1 else None
        self._decided = np.empty(0, kernel.DECIDED)

    def receive(self, alerts: AlertBatch) -> None:
        """Decide the next Alerts; no instant may be before one given earlier."""
        if len(alerts) == 0:
            return
        self._on_every_shard(lambda shard: _receive(shard, alerts, keep_decisions=self._keep_decisions))
        if self._keep_decisions:
            self._decided = np.concatenate([lane.taken for shard in self._shards for lane in shard])

    def decisions(self, policy: int, alerts: AlertBatch) -> Decisions:
        """The decisions of one policy on the batch that was received last, which must be given again."""
        assert self._keep_decisions
        outcome = self._excluded[policy][alerts.alert_code] * np.uint8(Outcome.EXCLUDED)
        sequence_id = np.zeros(len(alerts), np.uint32)
        count = np.zeros(len(alerts), np.uint32)
        mine = self._decided[self._decided["policy"] == policy] if len(self._excluded) > 1 else self._decided
        outcome[mine["row"]] = mine["outcome"]
        sequence_id[mine["row"]] = mine["throttled_alert_sequence_id"]
        count[mine["row"]] = mine["throttled_alert_count"]
        return Decisions(outcome, sequence_id, count)

    def advance_to(self, instant: Instant) -> None:
        """Time has come to an instant without another Alert."""
        self._on_every_shard(lambda shard: [lane.advance(instant) for lane in shard])

    def take_ended(self) -> Spells:
        """The storms and amber spells that have ended since this was last asked."""
        return np.concatenate([lane.take_ended() for shard in self._shards for lane in shard])

    def running(self) -> Spells:
        """The storms and amber spells running now."""
        return np.concatenate([lane.running() for shard in self._shards for lane in shard])

    def tallies(self, policy: int) -> Tallies:
        """Totals of one policy over all that was received so far."""
        lane_number = next(n for n, lane in enumerate(self._lanes) if policy in lane.policies)
        within = self._lanes[lane_number].policies.index(policy)
        lanes = [shard[lane_number] for shard in self._shards]
        firsts = [shard[0] for shard in self._shards]
        widest = max(len(lane.received_by_recipient) for lane in (*lanes, *firsts))
        return Tallies(
            np.sum([lane.received_by_code for lane in firsts], axis=0),
            np.sum([lane.throttled_by_code[within] for lane in lanes], axis=0),
            np.sum([_widened(lane.received_by_recipient, widest) for lane in firsts], axis=0),
            np.sum([_widened(lane.throttled_by_recipient[within], widest) for lane in lanes], axis=0),
        )

    def excluded_codes(self, policy: int) -> NDArray[np.uint8]:
        """1 for each Alert Code on the exclusion list of a policy, by number of the code."""
        return self._excluded[policy]

    @property
    def streams_seen(self) -> int:
        """How many streams have had an Alert that was counted, in the first lane."""
        return sum(shard[0].streams_seen for shard in self._shards)

    @property
    def streams_remembered(self) -> int:
        """How many slots are taken now, in all lanes: bounded by the streams active within a window."""
        return sum(int(lane.counters[kernel.SLOTS_USED]) for shard in self._shards for lane in shard)

    def untold(self, policy: int) -> list[Untold]:
        """What each stream has not told yet under one policy, in order of the streams."""
        return sorted(
            (untold for shard in self._shards for lane in shard for untold in lane.untold(policy)),
            key=lambda untold: untold.stream,
        )

    def take_over(self, policy: int, untold: Sequence[Untold]) -> None:
        """Remember what streams have not told yet, from the policy in force before this one."""
        for lane_number, lane in enumerate(self._lanes):
            if policy in lane.policies:
                for it in untold:
                    device_id, alert_code, recipient = it.stream
                    counted = int(lane.counted_as[alert_code])
                    to = recipient if lane.by_recipient else 0
                    h = stream_table.hash_of(np.uint64(device_id), np.uint32(counted), np.uint32(to))
                    shard = int(stream_table.shard_of(h, len(self._shards)))
                    self._shards[shard][lane_number].take_over(policy, (device_id, counted, to), it)

    def _on_every_shard(self, work: Any) -> None:
        if self._threads is None:
            work(self._shards[0])
        else:
            for done in [self._threads.submit(work, shard) for shard in self._shards]:
                done.result()


def storms_of(spells: Spells, recipients: Recipients) -> list[Storm]:
    """Spells as values, for those who prefer them to columns."""
    return [
        Storm(
            Stream(int(it["device_id"]), int(it["alert_code"]), recipients.name_of(int(it["recipient"]))),
            Level(int(it["level"])),
            int(it["started_at"]),
            None if it["ended_at"] == stream_table.NEVER else int(it["ended_at"]),
            int(it["received"]),
            int(it["forwarded"]),
            int(it["throttled"]),
            int(it["peak_count"]),
        )
        for it in spells
    ]


class _Shard:
    """The tables of one lane in one shard, and how they grow."""

    def __init__(self, lane: Lane, shard: int, shards: int, *, is_first: bool) -> None:
        policies = len(lane.policies)
        self._lane = lane
        self._shard = shard
        self._shards = shards
        self._policy_numbers = np.array(lane.policies, np.int32)
        self.streams = stream_table.new_streams(_FIRST_SLOTS)
        self.queues = np.zeros((len(lane.windows_us), _FIRST_SLOTS), kernel.LEAVING)
        self.queue_state = np.zeros((len(lane.windows_us), 2), np.int64)
        # Row 0 is never given out: 0 in a slot means "no trouble".
        self.trouble = np.zeros((_FIRST_ROWS, policies), kernel.TROUBLE)
        self.free_trouble = np.arange(_FIRST_ROWS, dtype=np.int64)[::-1].copy()
        self.spells = np.zeros(max(_FIRST_ROWS, 4 * policies), kernel.SPELL)
        self.free_spells = np.arange(len(self.spells), dtype=np.int32)[::-1].copy()
        self.ended = np.empty(2 * len(self.spells), kernel.SPELL)
        self.counters = np.zeros(kernel.COUNTERS, np.int64)
        self.counters[kernel.FREE_TROUBLE] = _FIRST_ROWS - 1
        self.counters[kernel.FREE_SPELLS] = len(self.spells)
        self.decided = np.empty(max(_FIRST_ROWS, policies), kernel.DECIDED)
        self.taken = np.empty(0, kernel.DECIDED)
        self.received_by_code = np.zeros(NUMBER_OF_CODES, np.int64)
        self.throttled_by_code = np.zeros((policies, NUMBER_OF_CODES), np.int64)
        self.received_by_recipient = np.zeros(1, np.int64)
        self.throttled_by_recipient = np.zeros((policies, 1), np.int64)
        self._own = np.empty(0, np.int64)
        self._own_hash = np.empty(0, np.uint64)
        self._fresh = np.empty(0, np.uint64)
        self._counts_streams = is_first
        self._seen = np.zeros(_FIRST_SLOTS, np.uint64)
        self.streams_seen = 0
        self._ended_taken: list[Spells] = []

    def receive(self, alerts: AlertBatch, *, keep_decisions: bool) -> None:
        self._make_room_for(alerts)
        lane, counters = self._lane, self.counters
        stop = kernel.own_alerts(
            alerts.device_id, alerts.alert_code, alerts.recipient, lane.class_of, lane.counted_as, lane.by_recipient,
            self._shard, self._shards, self._own, self._own_hash, self.received_by_code, self.received_by_recipient,
        )
        counters[kernel.DECISIONS] = counters[kernel.FRESH] = 0
        done = 0
        while True:
            done = kernel.decide(
                alerts.received_at, alerts.device_id, alerts.alert_code, alerts.recipient, self._own, self._own_hash,
                done, stop, lane.class_of, lane.counted_as, lane.by_recipient, lane.limits, lane.quiet_until,
                lane.window_of, lane.windows_us, self._policy_numbers, self.streams, self.queues, self.queue_state,
                self.trouble, self.free_trouble, self.spells, self.free_spells, self.ended, counters, self._fresh,
                self.decided, keep_decisions, self.throttled_by_code, self.throttled_by_recipient,
            )
            if counters[kernel.STOPPED_FOR] == kernel.FOR_NOTHING:
                break
            self._make_room(int(counters[kernel.STOPPED_FOR]))
        if self._counts_streams:
            self._count_streams(int(counters[kernel.FRESH]))
        self.taken = self.decided[: counters[kernel.DECISIONS]]
        # The shard's own Alerts may have stopped earlier than the batch: end what has ended by its last instant.
        self.advance(int(alerts.received_at[-1]))

    def advance(self, instant: Instant) -> None:
        if self.counters[kernel.SPELLS_ENDED] + len(self.spells) > len(self.ended):
            self._take_ended()
        kernel.advance(
            instant, self._lane.windows_us, self._lane.limits, self.streams, self.queues, self.queue_state,
            self.trouble, self.free_trouble, self.spells, self.free_spells, self.ended, self.counters,
        )
        self._take_ended()

    def take_ended(self) -> Spells:
        taken = np.concatenate([np.empty(0, kernel.SPELL), *self._ended_taken])
        self._ended_taken = []
        return taken

    def running(self) -> Spells:
        return self.spells[self.spells["level"] != 0]

    def untold(self, policy: int) -> list[Untold]:
        if policy not in self._lane.policies:
            return []
        within = self._lane.policies.index(policy)
        troubled = self.streams[(self.streams["last_at"] != stream_table.NEVER) & (self.streams["trouble"] > 0)]
        state = self.trouble[troubled["trouble"], within]
        return [
            Untold(
                (int(slot["device_id"]), int(slot["alert_code"]), int(slot["recipient"])),
                int(row["untold"]),
                int(row["sequence_id"]),
            )
            for slot, row in zip(troubled, state, strict=True)
            if row["untold"]
        ]

    def take_over(self, policy: int, stream: tuple[int, int, int], untold: Untold) -> None:
        device_id, alert_code, recipient = stream
        kind = self._lane.class_of[alert_code]
        while self.counters[kernel.FREE_TROUBLE] < 1:
            self._make_room(kernel.FOR_TROUBLE)
        while self.counters[kernel.SLOTS_USED] >= len(self.streams) // 2:
            self._make_room(kernel.FOR_STREAMS)
        kernel.remember_untold(
            self.streams, self.trouble, self.free_trouble, self.counters, self._lane.policies.index(policy),
            max(int(kind), 0), np.uint64(device_id), np.uint32(alert_code), np.uint32(recipient),
            untold.count, untold.sequence_id,
        )

    def _make_room_for(self, alerts: AlertBatch) -> None:
        if len(self._own) <= len(alerts):
            # One more than there are Alerts: the kernel writes before it knows whether to keep.
            self._own = np.empty(len(alerts) + 1, np.int64)
            self._own_hash = np.empty(len(alerts) + 1, np.uint64)
            self._fresh = np.empty(len(alerts) + 1, np.uint64)
        recipients = int(alerts.recipient.max()) + 1
        if recipients > len(self.received_by_recipient):
            self.received_by_recipient = _widened(self.received_by_recipient, 2 * recipients)
            self.throttled_by_recipient = np.stack(
                [_widened(row, 2 * recipients) for row in self.throttled_by_recipient]
            )

    def _make_room(self, stopped_for: int) -> None:
        if stopped_for == kernel.FOR_STREAMS:
            self._rebuild_streams()
        elif stopped_for == kernel.FOR_QUEUE:
            self._grow_queues()
        elif stopped_for == kernel.FOR_TROUBLE:
            old = len(self.trouble)
            self.trouble = np.concatenate([self.trouble, np.zeros_like(self.trouble)])
            self.free_trouble = np.concatenate([self.free_trouble, np.zeros_like(self.free_trouble)])
            self._give_out(self.free_trouble, kernel.FREE_TROUBLE, old)
        elif stopped_for == kernel.FOR_SPELLS:
            self._grow_spells()
        else:
            self.decided = np.concatenate([self.decided, np.empty_like(self.decided)])

    def _rebuild_streams(self) -> None:
        live = int(stream_table.live_streams(self.streams))
        capacity = _FIRST_SLOTS
        # Room for twice as many again before the next rebuild, so that its cost is shared by as many.
        while capacity * 5 // 8 < 3 * live:
            capacity *= 2
        larger = stream_table.new_streams(capacity)
        moved_to = np.zeros(len(self.streams), np.int64)
        self.counters[kernel.SLOTS_USED] = stream_table.rebuild(self.streams, larger, moved_to)
        self.streams = larger
        for window, (head, length) in enumerate(self.queue_state):
            waiting = (head + np.arange(length)) % self.queues.shape[1]
            self.queues["slot"][window, waiting] = moved_to[self.queues["slot"][window, waiting]]
        # A slot that has left the queue is still asked for in advance: it must be inside the table.
        self.queues["slot"] &= capacity - 1

    def _grow_queues(self) -> None:
        length = self.queues.shape[1]
        queues = np.zeros((self.queues.shape[0], 2 * length), kernel.LEAVING)
        for window, (head, _) in enumerate(self.queue_state):
            queues[window, :length] = np.roll(self.queues[window], -head)
        self.queues = queues
        self.queue_state[:, kernel.HEAD] = 0

    def _grow_spells(self) -> None:
        self._take_ended()
        if self.counters[kernel.FREE_SPELLS] >= 2 * len(self._lane.policies):
            return
        old = len(self.spells)
        self.spells = np.concatenate([self.spells, np.zeros_like(self.spells)])
        self.free_spells = np.concatenate([self.free_spells, np.zeros_like(self.free_spells)])
        self.ended = np.empty(2 * len(self.spells), kernel.SPELL)
        self._give_out(self.free_spells, kernel.FREE_SPELLS, old)

    def _give_out(self, free: NDArray[Any], counter: int, first: int) -> None:
        count = self.counters[counter]
        free[count : count + first] = np.arange(first, 2 * first)[::-1]
        self.counters[counter] += first

    def _take_ended(self) -> None:
        count = self.counters[kernel.SPELLS_ENDED]
        if count:
            self._ended_taken.append(self.ended[:count].copy())
            self.counters[kernel.SPELLS_ENDED] = 0

    def _count_streams(self, fresh: int) -> None:
        while (self.streams_seen + fresh) * 5 // 3 > len(self._seen):
            seen = np.zeros(2 * len(self._seen), np.uint64)
            stream_table.add_to_set(self._seen[self._seen != 0], seen, self.streams_seen)
            self._seen = seen
        self.streams_seen += int(stream_table.add_to_set(self._fresh, self._seen, fresh))


def _receive(shard: Sequence[_Shard], alerts: AlertBatch, *, keep_decisions: bool) -> None:
    for lane in shard:
        lane.receive(alerts, keep_decisions=keep_decisions)


def _excluded_codes(policy: KernelPolicy) -> NDArray[np.uint8]:
    excluded = np.zeros(NUMBER_OF_CODES, np.uint8)
    excluded[list(policy.exclusion_list)] = 1
    return excluded


def _widened(array: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    return np.concatenate([array, np.zeros(length - len(array), np.int64)])
