"""The kernel, driven: batches in, decisions out, on every core, with room made as it is needed.

Streams are dealt to shards by their hash, and each shard is a thread with
tables of its own. A stream is in one shard only, so how many there are changes
nothing in the answer; nor does where the input was cut into batches.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.decision import Level, Outcome, Storm
from tidegate.alert_storm.kernel import DECIDED, NEVER, SLOTS_USED
from tidegate.alert_storm.plan import KernelPolicy, Lane, lanes_of
from tidegate.alert_storm.shard import Dealer, Shard, Spells, Untold, kinds_of_codes, widened
from tidegate.alert_storm.suppressions import Scope
from tidegate.columnar import stream_table
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.columnar.compiled import compiled
from tidegate.columnar.streams_seen import KINDS
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, AlertCode
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.instants import Instant


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

    by code:       int64 arrays by number of the Alert Code; those of its scopes are among them.
    by recipient:  int64 arrays by number of the recipient.
    by scope:      int64 arrays by number of the scope.
    """

    received_by_code: NDArray[np.int64]
    throttled_by_code: NDArray[np.int64]
    excluded_by_code: NDArray[np.int64]
    received_by_recipient: NDArray[np.int64]
    throttled_by_recipient: NDArray[np.int64]
    excluded_by_recipient: NDArray[np.int64]
    received_by_scope: NDArray[np.int64]
    throttled_by_scope: NDArray[np.int64]


class AlertStormKernel:
    """Decides batches of Alerts in receipt order under several policies at once.

    With the same Alerts in the same order, every way of cutting them into
    batches and any number of shards give the same decisions, and each policy's
    are those it gives alone (`tests/equivalence`).

    Alerts of the n-th scope are given under the code NUMBER_OF_CODES + n (see `plan`).
    """

    def __init__(
        self,
        policies: Sequence[KernelPolicy],
        *,
        scopes: Sequence[Scope] = (),
        shards: int = 2,
        keep_decisions: bool = True,
        counts_streams: bool = True,
    ) -> None:
        assert policies
        assert shards >= 1
        self._lanes = lanes_of(policies, scopes)
        self._codes_of_scopes = np.array([scope.alert_code for scope in scopes], np.int64)
        # Policies of a sweep share their exclusion list: each different one is tallied once.
        lists = {frozenset(policy.exclusion_list): None for policy in policies}
        self._exclusions = {codes: _Exclusion(codes, self._codes_of_scopes) for codes in lists}
        self._excluded = [self._exclusions[frozenset(policy.exclusion_list)] for policy in policies]
        self._keep_decisions = keep_decisions
        # A dealer and a shard of every lane for each thread.
        self._dealers = [[Dealer(lane, shards) for lane in self._lanes] for _ in range(shards)]
        self._shards = [
            [
                Shard(lane, counts_streams=counts_streams and number == 0)
                for number, lane in enumerate(self._lanes)
            ]
            for _ in range(shards)
        ]
        self._threads = ThreadPoolExecutor(shards) if shards > 1 else None
        self._decided = np.empty(0, DECIDED)

    def receive(self, alerts: AlertBatch, passes: NDArray[np.bool_] | None = None) -> None:
        """Decide the next Alerts; no instant may be before one given earlier.

        `passes` is False where a `sieve` found that an Alert has to do with no storm.
        """
        assert passes is None or not self._keep_decisions
        if len(alerts) == 0:
            return
        edges = [len(alerts) * part // len(self._shards) for part in range(len(self._shards) + 1)]

        def deal(thread: int) -> None:
            for dealer in self._dealers[thread]:
                dealer.deal(alerts, edges[thread], edges[thread + 1], passes)

        def decide(thread: int) -> None:
            for lane, shard in enumerate(self._shards[thread]):
                dealt = [dealers[lane].dealt for dealers in self._dealers]
                shard.receive(alerts, dealt, thread, keep_decisions=self._keep_decisions)

        self._in_every_thread(deal)
        self._in_every_thread(decide)
        for exclusion in self._exclusions.values():
            exclusion.tally(alerts)
        if self._keep_decisions:
            self._decided = np.concatenate([lane.decided for shard in self._shards for lane in shard])

    def decisions(self, policy: int, alerts: AlertBatch) -> Decisions:
        """The decisions of one policy on the batch that was received last, which must be given again."""
        assert self._keep_decisions
        outcome = self._excluded[policy].is_excluded[alerts.alert_code] * np.uint8(Outcome.EXCLUDED)
        sequence_id = np.zeros(len(alerts), np.uint32)
        count = np.zeros(len(alerts), np.uint32)
        mine = self._decided[self._decided["policy"] == policy] if len(self._excluded) > 1 else self._decided
        outcome[mine["row"]] = mine["outcome"]
        sequence_id[mine["row"]] = mine["throttled_alert_sequence_id"]
        count[mine["row"]] = mine["throttled_alert_count"]
        return Decisions(outcome, sequence_id, count)

    def advance_to(self, instant: Instant) -> None:
        """Time has come to an instant without another Alert."""

        def advance(thread: int) -> None:
            for shard in self._shards[thread]:
                shard.advance(instant)

        self._in_every_thread(advance)

    def take_ended(self) -> Spells:
        """The storms and amber spells that have ended since this was last asked."""
        return np.concatenate([lane.take_ended() for shard in self._shards for lane in shard])

    def running(self, *, looks_back: bool = True) -> Spells:
        """The storms and amber spells running now.

        `looks_back=False` spares a look through all that is in a window; `counting_since` may then be NEVER.
        """
        return np.concatenate(
            [lane.running(looks_back=looks_back) for shard in self._shards for lane in shard]
        )

    @property
    def running_count(self) -> int:
        """How many storms and amber spells run now."""
        return sum(lane.running_count for shard in self._shards for lane in shard)

    @property
    def lanes(self) -> Sequence[Lane]:
        """The policies, as lanes."""
        return self._lanes

    @property
    def lanes_of_shards(self) -> Sequence[Sequence[Shard]]:
        """Every lane's tables, by shard; for `snapshot`."""
        return self._shards

    def tallies(self, policy: int) -> Tallies:
        """Totals of one policy over all that was received so far."""
        lane_number = next(n for n, lane in enumerate(self._lanes) if policy in lane.policies)
        within = self._lanes[lane_number].policies.index(policy)
        lanes = [shard[lane_number] for shard in self._shards]
        received_in = [dealers[0].received for dealers in self._dealers]
        excluded = self._excluded[policy]
        received = np.sum([part.by_code for part in received_in], axis=0)
        throttled_by_code = np.sum([lane.tables.throttled_by_code[within] for lane in lanes], axis=0)
        throttled = [lane.tables.throttled_by_recipient[within] for lane in lanes]
        widest = max(
            map(len, (*throttled, excluded.by_recipient, *(part.by_recipient for part in received_in)))
        )
        return Tallies(
            self._by_code(received),
            self._by_code(throttled_by_code),
            self._by_code(received * excluded.is_excluded),
            np.sum([widened(part.by_recipient, widest) for part in received_in], axis=0),
            np.sum([widened(part, widest) for part in throttled], axis=0),
            widened(excluded.by_recipient, widest),
            received[NUMBER_OF_CODES:],
            throttled_by_code[NUMBER_OF_CODES:],
        )

    def _by_code(self, totals: NDArray[np.int64]) -> NDArray[np.int64]:
        """Totals by code and scope as totals by code."""
        by_code = totals[:NUMBER_OF_CODES].copy()
        np.add.at(by_code, self._codes_of_scopes, totals[NUMBER_OF_CODES:])
        return by_code

    @property
    def streams_seen(self) -> int:
        """How many streams there have been, excluded ones too (as the first policy counts; by fingerprints)."""
        return int(self._seen_by_kind().sum())

    def streams_by_code(self, met: Iterable[AlertCode]) -> dict[AlertCode, int]:
        """How many streams there have been of each Alert Code met, by the code counted.

        Codes that no list publishes share what room there is: two of them that share a place are left out.
        """
        by_kind, kind_of = self._seen_by_kind(), kinds_of_codes()
        counted = {int(self._lanes[0].counted_as[code]) for code in met}
        sharing = Counter(int(kind_of[code]) for code in counted)
        return {
            code: int(by_kind[kind_of[code]]) for code in sorted(counted) if sharing[int(kind_of[code])] == 1
        }

    def _seen_by_kind(self) -> NDArray[np.int64]:
        counts = np.zeros((len(self._shards), KINDS), np.int64)

        def count(thread: int) -> None:
            seen = self._shards[thread][0].seen
            assert seen is not None
            counts[thread] = seen.count_by_kind()

        self._in_every_thread(count)
        total: NDArray[np.int64] = counts.sum(axis=0)
        return total

    @property
    def streams_remembered(self) -> int:
        """How many slots are taken now, in all lanes: bounded by the streams active within a window."""
        return sum(int(lane.tables.counters[SLOTS_USED]) for shard in self._shards for lane in shard)

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
                    stream = (
                        device_id,
                        int(lane.counted_as[alert_code]),
                        recipient if lane.by_recipient else 0,
                    )
                    h = stream_table.hash_of(np.uint64(stream[0]), np.uint32(stream[1]), np.uint32(stream[2]))
                    shard = int(stream_table.shard_of(np.uint64(h), len(self._shards)))
                    self._shards[shard][lane_number].take_over(policy, replace(it, stream=stream))

    def remember_seen(self, before: AlertStormKernel) -> None:
        """Go on counting streams from where the kernel of the policy before this one came."""
        assert len(before._shards) == len(self._shards)
        for mine, theirs in zip(self._shards, before._shards, strict=True):
            mine[0].seen = theirs[0].seen

    def stop(self) -> None:
        """Let the threads go; nothing more is received."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None

    def _in_every_thread(self, work: Callable[[int], object]) -> None:
        if self._threads is None:
            for thread in range(len(self._shards)):
                work(thread)
        else:
            for done in [self._threads.submit(work, n) for n in range(len(self._shards))]:
                done.result()


def storms_of(spells: Spells, recipients: Recipients) -> list[Storm]:
    """Spells as values, for those who prefer them to columns."""
    return [
        Storm(
            Stream(int(it["device_id"]), int(it["alert_code"]), recipients.name_of(int(it["recipient"]))),
            Level(int(it["level"])),
            int(it["started_at"]),
            None if it["ended_at"] == NEVER else int(it["ended_at"]),
            int(it["received"]),
            int(it["forwarded"]),
            int(it["throttled"]),
            int(it["peak_count"]),
            int(it["counting_since"]),
        )
        for it in spells
    ]


class _Exclusion:
    """An exclusion list by number of the code and scope, and what it let pass, by recipient."""

    def __init__(self, codes: frozenset[int], codes_of_scopes: NDArray[np.int64]) -> None:
        self.is_excluded = np.zeros(NUMBER_OF_CODES + len(codes_of_scopes), np.uint8)
        self.is_excluded[list(codes)] = 1
        self.is_excluded[NUMBER_OF_CODES:] = self.is_excluded[codes_of_scopes]
        self.by_recipient = np.zeros(1, np.int64)
        self._is_empty = not codes

    def tally(self, alerts: AlertBatch) -> None:
        if self._is_empty:
            return
        recipients = int(alerts.recipient.max()) + 1
        if recipients > len(self.by_recipient):
            self.by_recipient = widened(self.by_recipient, 2 * recipients)
        _tally(alerts.alert_code, alerts.recipient, self.is_excluded, self.by_recipient)


@compiled
def _tally(alert_code: Any, recipient: Any, is_excluded: Any, by_recipient: Any) -> None:
    for i in range(len(alert_code)):
        by_recipient[recipient[i]] += is_excluded[alert_code[i]]
