"""The Alert Storm rule over columns: `storm.py`, stated for many streams and policies at once.

The count of a stream is kept, not counted: an Alert adds one when it arrives
and takes one when it leaves the window. Every Alert waits in its window's queue
until then, so the count is exact, and so is the end of a storm, which is the
instant an Alert leaves. Only streams over the lowest threshold of any policy
cost more than that: they have a row of *trouble*, with the state of each policy.

`decide` can stop before any Alert, when a table is nearly full: it says which
one, the caller makes room (`sharded.py`), and it goes on from there.

Each step carries the number it has in `storm.py`. Change them together.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.plan import NONE
from tidegate.columnar.compiled import compiled, inlined
from tidegate.columnar.stream_table import code_of, find, hash_of, is_empty, prefetch, put, shard_of, take_out
from tidegate.columnar.streams_seen import fingerprint_of

AHEAD: Final = 32
"""How many Alerts ahead memory is asked for."""

AMBER: Final = 1
RED: Final = 2

LEAVING: Final = np.dtype([("at", np.int64), ("slot", np.uint64)])
"""An Alert in the queue of its window."""

TROUBLE: Final = np.dtype(
    [
        ("last_forwarded", np.int64),
        ("untold", np.uint32),
        ("sequence_id", np.uint32),
        ("red", np.int32),
        ("amber", np.int32),
        ("kind", np.int64),
    ]
)
"""State of one policy for one stream in trouble: `StreamState` in columns.

`red` and `amber` are rows of spells, or `NONE`; `kind` is the class of the code."""

SPELL: Final = np.dtype(
    [
        ("device_id", np.uint64),
        ("alert_code", np.uint32),
        ("recipient", np.uint32),
        ("policy", np.int32),
        ("level", np.int32),
        ("started_at", np.int64),
        ("ended_at", np.int64),
        ("received", np.int64),
        ("forwarded", np.int64),
        ("throttled", np.int64),
        ("peak_count", np.int64),
        ("counting_since", np.int64),
    ]
)
"""A storm or amber spell; `ended_at` is NEVER while it runs, and `level` 0 marks a free row.

`counting_since` is the oldest Alert of the stream in the window as it started, which is the first to leave it
after that: it is known then, and NEVER until then (`look_back`)."""

NEVER: Final = np.iinfo(np.int64).min
"""`ended_at` of what runs."""

DECIDED: Final = np.dtype(
    [
        ("row", np.int64),
        ("policy", np.int32),
        ("outcome", np.int32),
        ("throttled_alert_sequence_id", np.uint32),
        ("throttled_alert_count", np.uint32),
    ]
)
"""A decision that is not plainly "forwarded": throttled, or forwarded with a count."""

# What is counted in `counters`.
SLOTS_USED: Final = 0
FREE_TROUBLE: Final = 1
FREE_SPELLS: Final = 2
SPELLS_ENDED: Final = 3
DECISIONS: Final = 4
FRESH: Final = 5
STOPPED_FOR: Final = 6
COUNTERS: Final = 7

# Why `decide` stopped: which table the caller must make room in.
FOR_NOTHING: Final = 0
FOR_STREAMS: Final = 1
FOR_QUEUE: Final = 2
FOR_TROUBLE: Final = 3
FOR_SPELLS: Final = 4
FOR_DECISIONS: Final = 5

HEAD: Final = 0
LENGTH: Final = 1


class Columns(NamedTuple):
    """A batch, as `columnar.batches.AlertBatch`."""

    received_at: NDArray[np.int64]
    device_id: NDArray[np.uint64]
    alert_code: NDArray[np.uint32]
    recipient: NDArray[np.uint32]


class Plan(NamedTuple):
    """A lane, as `plan.Lane`; `kind_of` is the kind of a code's streams among those seen."""

    by_recipient: bool
    counted_as: NDArray[np.uint32]
    class_of: NDArray[np.int32]
    limits: NDArray[Any]
    quiet_until: NDArray[np.int64]
    window_of: NDArray[np.int64]
    windows_us: NDArray[np.int64]
    policies: NDArray[np.int32]
    kind_of: NDArray[np.uint16]


class Tables(NamedTuple):
    """All that one shard of a lane remembers.

    streams:      `stream_table.STREAM`, a power of two of them.
    queues:       (windows, a power of two) of LEAVING, each a ring; `queue_state` has its HEAD and LENGTH.
    trouble:      (rows, policies) of TROUBLE; row 0 is never given out. `free_trouble` is a stack of rows.
    spells:       SPELL; `free_spells` is a stack of rows. `ended` are those that have ended, copied.
    fresh:        Fingerprints of the streams met since it was last emptied, some more than once.
    decided:      DECIDED, in order for each policy.
    throttled_by_code, throttled_by_recipient: (policies, numbers), totals.
    """

    streams: NDArray[Any]
    queues: NDArray[Any]
    queue_state: NDArray[np.uint64]
    trouble: NDArray[Any]
    free_trouble: NDArray[np.int64]
    spells: NDArray[Any]
    free_spells: NDArray[np.int32]
    ended: NDArray[Any]
    counters: NDArray[np.int64]
    fresh: NDArray[np.uint64]
    decided: NDArray[Any]
    throttled_by_code: NDArray[np.int64]
    throttled_by_recipient: NDArray[np.int64]


class Dealt(NamedTuple):
    """A part of a batch dealt to shards; arrays (shards, rows of the part + 1), counted in `counts`.

    rows, hashes:  The Alerts each shard decides, in order, and the hashes of their streams.
    passed_over:   Fingerprints of the streams of the Alerts of each shard that are not to be decided: every policy excludes them,
                   or they did not pass the sieve.
    counts:        (shards, 2): how many there are to decide, and how many passed over.
    """

    rows: NDArray[np.uint64]
    hashes: NDArray[np.uint64]
    passed_over: NDArray[np.uint64]
    counts: NDArray[np.int64]


class Received(NamedTuple):
    """Totals of the parts that one thread dealt, by number."""

    by_code: NDArray[np.int64]
    by_recipient: NDArray[np.int64]


_NEVER = np.int64(NEVER)
_U1 = np.uint64(1)
_AHEAD = np.uint64(AHEAD)


@compiled
def deal(
    alerts: Columns,
    start: int,
    stop: int,
    passes: Any,
    plan: Plan,
    shards: int,
    dealt: Dealt,
    received: Received,
) -> None:
    """Deal the Alerts start:stop to the shards of their streams, in order, and count what was received.

    `passes` says which are to be decided; it is empty where all are.
    """
    rows, hashes, passed_over, counts = dealt.rows, dealt.hashes, dealt.passed_over, dealt.counts
    all_pass = len(passes) == 0
    counts[:] = 0
    for i in range(start, stop):
        code = alerts.alert_code[i]
        to = alerts.recipient[i] if plan.by_recipient else np.uint32(0)
        h = hash_of(alerts.device_id[i], plan.counted_as[code], to)
        received.by_code[code] += 1
        received.by_recipient[alerts.recipient[i]] += 1
        shard = shard_of(h, shards)
        # Written always, kept by counting on: a branch would be guessed wrong every other time.
        n, m = counts[shard, 0], counts[shard, 1]
        rows[shard, n] = i
        hashes[shard, n] = h
        passed_over[shard, m] = fingerprint_of(h, plan.kind_of[plan.counted_as[code]])
        is_decided = plan.class_of[code] != NONE and (all_pass or passes[i])
        counts[shard, 0] = n + is_decided
        counts[shard, 1] = m + (not is_decided)


@compiled
def decide(
    alerts: Columns,
    rows: Any,
    hashes: Any,
    start: int,
    stop: int,
    plan: Plan,
    tables: Tables,
    keep_decisions: bool,
) -> int:
    """Decide the Alerts `rows[start:stop]`, in order; returns how far it came (see STOPPED_FOR)."""
    streams, queues, queue_state, counters = (
        tables.streams,
        tables.queues,
        tables.queue_state,
        tables.counters,
    )
    mask = np.uint64(len(streams) - 1)
    queue_mask = np.uint64(queues.shape[1] - 1)
    for j in range(start, stop):
        counters[STOPPED_FOR] = _short_of(tables, keep_decisions)
        if counters[STOPPED_FOR] != FOR_NOTHING:
            return j
        if j + AHEAD < stop:
            prefetch(streams, (hashes[j + AHEAD] << _U1) & mask)

        i = rows[j]
        at = alerts.received_at[i]
        code = alerts.alert_code[i]
        kind = plan.class_of[code]
        window = plan.window_of[kind]
        if queue_state[window, LENGTH] > queue_mask:
            counters[STOPPED_FOR] = FOR_QUEUE
            return j

        # 1. What has left the window by now.
        _leave(tables, plan, window, at)

        # The Alert joins its stream.
        counted = plan.counted_as[code]
        to = alerts.recipient[i] if plan.by_recipient else np.uint32(0)
        slot = find(streams, hashes[j], alerts.device_id[i], counted, to)
        if is_empty(streams, slot):
            put(streams, slot, hashes[j], alerts.device_id[i], counted, to)
            counters[SLOTS_USED] += 1
            tables.fresh[counters[FRESH]] = fingerprint_of(hashes[j], plan.kind_of[counted])
            counters[FRESH] += 1
        before = streams[slot].last_at
        streams[slot].last_at = at
        streams[slot].count += np.uint32(1)
        count = np.int64(streams[slot].count)
        last = (queue_state[window, HEAD] + queue_state[window, LENGTH]) & queue_mask
        queues[window, last].at = at
        queues[window, last].slot = slot
        queue_state[window, LENGTH] += _U1

        row = streams[slot].trouble
        if row == 0:
            if count <= plan.quiet_until[kind]:
                continue  # Forwarded, by every policy.
            row = _new_trouble(tables, before)
            streams[slot].trouble = row

        for policy in range(len(plan.policies)):
            limit = plan.limits[policy, kind]
            if limit.is_excluded:
                continue
            it = tables.trouble[row, policy]
            if it.kind != kind:
                # 1. What would not go on under the parameters of this Alert.
                _judge_anew(tables, it, limit, count - 1, at)
                it.kind = kind
            # 2. Over a threshold?
            if it.amber == NONE and limit.amber != NONE and count > limit.amber:
                it.amber = _new_spell(tables, slot, plan.policies[policy], AMBER, at)
            if it.red == NONE and count > limit.threshold:
                it.red = _new_spell(tables, slot, plan.policies[policy], RED, at)
                it.sequence_id = 0
            # 3. Forwarded or throttled?
            is_nth = np.int64(it.untold) + 1 >= limit.one_in
            is_long_ago = limit.at_least_every != NONE and at - it.last_forwarded >= limit.at_least_every
            is_throttled = it.red != NONE and not is_nth and not is_long_ago
            if it.amber != NONE:
                _see(tables, it.amber, count, is_throttled)
            if it.red != NONE:
                _see(tables, it.red, count, is_throttled)
            if is_throttled:
                it.untold += np.uint32(1)
                tables.throttled_by_code[policy, code] += 1
                tables.throttled_by_recipient[policy, alerts.recipient[i]] += 1
                if keep_decisions:
                    _write(tables, i, plan.policies[policy], 1, 0, 0)
                continue
            # 4. What it has to tell.
            if it.untold > 0:
                it.sequence_id += np.uint32(1)
                if keep_decisions:
                    _write(tables, i, plan.policies[policy], 0, it.sequence_id, it.untold)
                it.untold = 0
            it.last_forwarded = at
    counters[STOPPED_FOR] = FOR_NOTHING
    return stop


@compiled
def advance(to: int, plan: Plan, tables: Tables) -> None:
    """Let Alerts leave their windows up to an instant, and end what has ended by then."""
    for window in range(len(plan.windows_us)):
        _leave(tables, plan, window, to)


@compiled
def look_back(tables: Tables) -> None:
    """Find out since when each running spell counts, of which nothing has left the window yet.

    What counted towards it is still in the queue, the oldest Alert first.
    """
    for window in range(len(tables.queues)):
        queue_mask = np.uint64(tables.queues.shape[1] - 1)
        head = tables.queue_state[window, HEAD]
        for _ in range(tables.queue_state[window, LENGTH]):
            row = tables.streams[tables.queues[window, head].slot].trouble
            if row != 0:
                for policy in range(tables.trouble.shape[1]):
                    _count_since(tables, tables.trouble[row, policy], tables.queues[window, head].at)
            head = (head + _U1) & queue_mask


@compiled
def renumber(queues: Any, moved_to: Any) -> None:
    """The stream table was rebuilt: tell the queues where the streams are now.

    Places that hold no Alert are told too: they are prefetched for, so they must be inside the table.
    """
    for window in range(len(queues)):
        for place in range(queues.shape[1]):
            queues[window, place].slot = moved_to[queues[window, place].slot]


@compiled
def remember_untold(tables: Tables, slot: Any, policy: int, kind: int, untold: int, sequence_id: int) -> None:
    """Take over what the stream of a slot has not told yet, from the policy that was in force before."""
    if tables.streams[slot].trouble == 0:
        tables.streams[slot].trouble = _new_trouble(tables, _NEVER)
    it = tables.trouble[tables.streams[slot].trouble, policy]
    it.kind = kind
    it.untold += np.uint32(untold)
    it.sequence_id = max(it.sequence_id, np.uint32(sequence_id))


@inlined
def _short_of(tables: Any, keep_decisions: Any) -> Any:
    counters = tables.counters
    policies = tables.trouble.shape[1]
    if counters[SLOTS_USED] >= len(tables.streams) // 8 * 5:
        return FOR_STREAMS
    if counters[FREE_TROUBLE] < 1:
        return FOR_TROUBLE
    # One Alert starts at most two spells a policy; each running spell ends at most once.
    running = len(tables.spells) - counters[FREE_SPELLS]
    if counters[FREE_SPELLS] < 2 * policies or counters[SPELLS_ENDED] + running + 2 * policies > len(
        tables.ended
    ):
        return FOR_SPELLS
    if keep_decisions and counters[DECISIONS] + policies > len(tables.decided):
        return FOR_DECISIONS
    return FOR_NOTHING


@inlined
def _leave(tables: Any, plan: Any, window: Any, now: Any) -> None:
    """Let the Alerts leave that are no longer in (now - window, now]."""
    queues, streams = tables.queues, tables.streams
    queue_mask = np.uint64(queues.shape[1] - 1)
    head = tables.queue_state[window, HEAD]
    length = tables.queue_state[window, LENGTH]
    window_us = plan.windows_us[window]
    while length > 0 and queues[window, head].at <= now - window_us:
        prefetch(streams, queues[window, (head + _AHEAD) & queue_mask].slot)
        slot = queues[window, head].slot
        streams[slot].count -= np.uint32(1)
        if streams[slot].trouble != 0:
            _clear(tables, plan, slot, queues[window, head].at, queues[window, head].at + window_us)
        if streams[slot].count == 0 and streams[slot].trouble == 0:
            take_out(streams, slot)
            tables.counters[SLOTS_USED] -= 1
        head = (head + _U1) & queue_mask
        length -= _U1
    tables.queue_state[window, HEAD] = head
    tables.queue_state[window, LENGTH] = length


@inlined
def _clear(tables: Any, plan: Any, slot: Any, left: Any, now: Any) -> None:
    """End what has ended now that an Alert received at `left` has left; forget the trouble when it is over."""
    row = tables.streams[slot].trouble
    count = np.int64(tables.streams[slot].count)
    is_over = True
    for policy in range(len(plan.policies)):
        it = tables.trouble[row, policy]
        _count_since(tables, it, left)
        if it.red != NONE and count <= plan.limits[policy, it.kind].clears_at:
            _end_spell(tables, it.red, now)
            it.red = NONE
        if it.amber != NONE and count <= plan.limits[policy, it.kind].amber_clears_at:
            _end_spell(tables, it.amber, now)
            it.amber = NONE
        is_over &= it.red == NONE and it.amber == NONE and it.untold == 0
    if is_over:
        # Every policy forwarded the latest Alert, so `last_at` says all there is to know.
        tables.streams[slot].trouble = 0
        tables.free_trouble[tables.counters[FREE_TROUBLE]] = row
        tables.counters[FREE_TROUBLE] += 1


@inlined
def _judge_anew(tables: Any, it: Any, limit: Any, count: Any, at: Any) -> None:
    """The stream is under other parameters from this Alert on: end what does not go on under them."""
    ends_red = it.red != NONE and count <= limit.clears_at
    # A suppression takes no amber away: where a spell runs, there is an amber threshold now too.
    ends_amber = it.amber != NONE and count <= limit.amber_clears_at
    if (ends_red and tables.spells[it.red].counting_since == _NEVER) or (
        ends_amber and tables.spells[it.amber].counting_since == _NEVER
    ):
        look_back(tables)
    if ends_red:
        _end_spell(tables, it.red, at)
        it.red = NONE
    if ends_amber:
        _end_spell(tables, it.amber, at)
        it.amber = NONE


@inlined
def _new_trouble(tables: Any, last_forwarded: Any) -> Any:
    tables.counters[FREE_TROUBLE] -= 1
    row = tables.free_trouble[tables.counters[FREE_TROUBLE]]
    for policy in range(tables.trouble.shape[1]):
        it = tables.trouble[row, policy]
        it.last_forwarded = last_forwarded
        it.untold = 0
        it.sequence_id = 0
        it.red = NONE
        it.amber = NONE
        it.kind = 0
    return np.uint32(row)


@inlined
def _new_spell(tables: Any, slot: Any, policy: Any, level: Any, at: Any) -> Any:
    tables.counters[FREE_SPELLS] -= 1
    number = tables.free_spells[tables.counters[FREE_SPELLS]]
    it = tables.spells[number]
    it.device_id = tables.streams[slot].device_id
    it.alert_code = code_of(tables.streams, slot)
    it.recipient = tables.streams[slot].recipient
    it.policy = policy
    it.level = level
    it.started_at = at
    it.ended_at = _NEVER
    it.received = 0
    it.forwarded = 0
    it.throttled = 0
    it.peak_count = 0
    it.counting_since = _NEVER
    return number


@inlined
def _count_since(tables: Any, it: Any, oldest: Any) -> None:
    """The oldest Alert in a stream's window is known: running spells that ask count since then."""
    if it.red != NONE and tables.spells[it.red].counting_since == _NEVER:
        tables.spells[it.red].counting_since = oldest
    if it.amber != NONE and tables.spells[it.amber].counting_since == _NEVER:
        tables.spells[it.amber].counting_since = oldest


@inlined
def _end_spell(tables: Any, number: Any, at: Any) -> None:
    counters = tables.counters
    tables.spells[number].ended_at = at
    tables.ended[counters[SPELLS_ENDED]] = tables.spells[number]
    counters[SPELLS_ENDED] += 1
    tables.spells[number].level = 0
    tables.free_spells[counters[FREE_SPELLS]] = number
    counters[FREE_SPELLS] += 1


@inlined
def _see(tables: Any, number: Any, count: Any, is_throttled: Any) -> None:
    it = tables.spells[number]
    it.received += 1
    it.throttled += is_throttled
    it.forwarded += not is_throttled
    it.peak_count = max(it.peak_count, count)


@inlined
def _write(tables: Any, row: Any, policy: Any, outcome: Any, sequence_id: Any, count: Any) -> None:
    it = tables.decided[tables.counters[DECISIONS]]
    it.row = row
    it.policy = policy
    it.outcome = outcome
    it.throttled_alert_sequence_id = sequence_id
    it.throttled_alert_count = count
    tables.counters[DECISIONS] += 1
