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

from typing import Any, Final

import numpy as np
from numba import njit

from tidegate.alert_storm.plan import NONE
from tidegate.columnar.stream_table import find, hash_of, prefetch, shard_of

AHEAD: Final = 32
"""How many Alerts ahead memory is asked for."""

AMBER: Final = 1
RED: Final = 2

LEAVING: Final = np.dtype([("at", np.int64), ("slot", np.int64)])
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
"""State of one policy for one stream in trouble: `StreamState` in columns; `kind` is the code's class."""

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
    ]
)
"""A storm or amber spell; `ended_at` is NEVER while it runs, and `level` 0 marks a free row."""

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

_NEVER = np.int64(np.iinfo(np.int64).min)


@njit(cache=True, nogil=True, _nrt=False)
def own_alerts(
    device_id: Any, alert_code: Any, recipient: Any, class_of: Any, counted_as: Any, by_recipient: Any,
    shard: Any, shards: Any, own: Any, own_hash: Any, received_by_code: Any, received_by_recipient: Any,
) -> Any:
    """Find the counted Alerts of one shard, in order, and count what it received; returns how many to decide."""
    n = 0
    for i in range(len(device_id)):
        code = alert_code[i]
        h = hash_of(device_id[i], counted_as[code], recipient[i] if by_recipient else np.uint32(0))
        is_own = shard_of(h, shards) == shard
        received_by_code[code] += is_own
        received_by_recipient[recipient[i]] += is_own
        own[n] = i
        own_hash[n] = h
        n += is_own and class_of[code] != NONE
    return n


@njit(cache=True, nogil=True, _nrt=False)
def decide(
    received_at: Any, device_id: Any, alert_code: Any, recipient: Any, own: Any, own_hash: Any, start: Any, stop: Any,
    class_of: Any, counted_as: Any, by_recipient: Any, limits: Any, quiet_until: Any, window_of: Any, windows_us: Any,
    policy_numbers: Any, streams: Any, queues: Any, queue_state: Any, trouble: Any, free_trouble: Any, spells: Any,
    free_spells: Any, ended: Any, counters: Any, fresh: Any, decided: Any, keep_decisions: Any,
    throttled_by_code: Any, throttled_by_recipient: Any,
) -> Any:
    """Decide the Alerts `own[start:stop]`, in order; returns how far it came (see STOPPED_FOR)."""
    mask = np.int64(len(streams) - 1)
    queue_mask = np.int64(queues.shape[1] - 1)
    policies = limits.shape[0]
    most_slots = len(streams) // 8 * 5
    for j in range(start, stop):
        counters[STOPPED_FOR] = _short_of(
            counters, most_slots, policies, len(decided), keep_decisions, len(ended), len(spells)
        )
        if counters[STOPPED_FOR] != FOR_NOTHING:
            return j
        if j + AHEAD < stop:
            prefetch(streams, np.int64(own_hash[j + AHEAD]) & mask)

        i = own[j]
        at = received_at[i]
        code = alert_code[i]
        kind = class_of[code]
        window = window_of[kind]
        if queue_state[window, LENGTH] > queue_mask:
            counters[STOPPED_FOR] = FOR_QUEUE
            return j

        # 1. What has left the window by now.
        _leave(window, at - windows_us[window], windows_us[window], policies, streams, queues, queue_state,
               trouble, free_trouble, spells, free_spells, ended, counters, limits)

        # The Alert joins its stream.
        counted = counted_as[code]
        to = recipient[i] if by_recipient else np.uint32(0)
        slot = find(streams, own_hash[j], device_id[i], counted, to)
        before = streams[slot].last_at
        if before == _NEVER:
            streams[slot].device_id = device_id[i]
            streams[slot].alert_code = counted
            streams[slot].recipient = to
            streams[slot].count = 0
            streams[slot].trouble = 0
            counters[SLOTS_USED] += 1
            fresh[counters[FRESH]] = own_hash[j]
            counters[FRESH] += 1
        streams[slot].last_at = at
        streams[slot].count += np.uint32(1)
        count = np.int64(streams[slot].count)
        last = (queue_state[window, HEAD] + queue_state[window, LENGTH]) & queue_mask
        queues[window, last].at = at
        queues[window, last].slot = slot
        queue_state[window, LENGTH] += 1

        row = np.int64(streams[slot].trouble)
        if row == 0:
            if count <= quiet_until[kind]:
                continue  # Forwarded, by every policy.
            row = _new_trouble(trouble, free_trouble, counters, before)
            streams[slot].trouble = np.uint32(row)

        for policy in range(policies):
            limit = limits[policy, kind]
            if limit.is_excluded:
                continue
            it = trouble[row, policy]
            it.kind = kind
            # 2. Over a threshold?
            if it.amber == NONE and limit.amber != NONE and count > limit.amber:
                it.amber = _new_spell(spells, free_spells, counters, streams[slot], policy_numbers[policy], AMBER, at)
            if it.red == NONE and count > limit.threshold:
                it.red = _new_spell(spells, free_spells, counters, streams[slot], policy_numbers[policy], RED, at)
                it.sequence_id = 0
            # 3. Forwarded or throttled?
            is_nth = np.int64(it.untold) + 1 >= limit.one_in
            is_long_ago = limit.at_least_every != NONE and at - it.last_forwarded >= limit.at_least_every
            is_throttled = it.red != NONE and not is_nth and not is_long_ago
            if it.amber != NONE:
                _see(spells, it.amber, count, False)
            if it.red != NONE:
                _see(spells, it.red, count, is_throttled)
            if is_throttled:
                it.untold += np.uint32(1)
                throttled_by_code[policy, code] += 1
                throttled_by_recipient[policy, recipient[i]] += 1
                if keep_decisions:
                    _write(decided, counters, i, policy_numbers[policy], 1, 0, 0)
                continue
            # 4. What it has to tell.
            if it.untold > 0:
                it.sequence_id += np.uint32(1)
                if keep_decisions:
                    _write(decided, counters, i, policy_numbers[policy], 0, it.sequence_id, it.untold)
                it.untold = 0
            it.last_forwarded = at
    counters[STOPPED_FOR] = FOR_NOTHING
    return stop


@njit(cache=True, nogil=True, _nrt=False)
def advance(
    to: Any, windows_us: Any, limits: Any, streams: Any, queues: Any, queue_state: Any, trouble: Any,
    free_trouble: Any, spells: Any, free_spells: Any, ended: Any, counters: Any,
) -> None:
    """Let Alerts leave their windows up to an instant, and end what has ended by then."""
    for window in range(len(windows_us)):
        _leave(window, to - windows_us[window], windows_us[window], limits.shape[0], streams, queues, queue_state,
               trouble, free_trouble, spells, free_spells, ended, counters, limits)


@njit(cache=True, nogil=True, _nrt=False)
def remember_untold(
    streams: Any, trouble: Any, free_trouble: Any, counters: Any, policy: Any, kind: Any,
    device_id: Any, alert_code: Any, recipient: Any, untold: Any, sequence_id: Any,
) -> None:
    """Take over what a stream has not told yet, from the policy that was in force before."""
    slot = find(streams, hash_of(device_id, alert_code, recipient), device_id, alert_code, recipient)
    if streams[slot].last_at == _NEVER:
        streams[slot].device_id = device_id
        streams[slot].alert_code = alert_code
        streams[slot].recipient = recipient
        streams[slot].last_at = _NEVER + 1
        counters[SLOTS_USED] += 1
    if streams[slot].trouble == 0:
        streams[slot].trouble = _new_trouble(trouble, free_trouble, counters, _NEVER + 1)
    it = trouble[streams[slot].trouble, policy]
    it.kind = kind
    it.untold += np.uint32(untold)
    it.sequence_id = max(it.sequence_id, np.uint32(sequence_id))


@njit(cache=True, inline="always", _nrt=False)
def _short_of(
    counters: Any, most_slots: Any, policies: Any, decided: Any, keep: Any, ended: Any, spells: Any
) -> Any:
    if counters[SLOTS_USED] >= most_slots:
        return FOR_STREAMS
    if counters[FREE_TROUBLE] < 1:
        return FOR_TROUBLE
    # One Alert starts at most two spells a policy; each running spell ends at most once.
    running = spells - counters[FREE_SPELLS]
    if counters[FREE_SPELLS] < 2 * policies or counters[SPELLS_ENDED] + running + 2 * policies > ended:
        return FOR_SPELLS
    if keep and counters[DECISIONS] + policies > decided:
        return FOR_DECISIONS
    return FOR_NOTHING


@njit(cache=True, inline="always", _nrt=False)
def _leave(
    window: Any, until: Any, window_us: Any, policies: Any, streams: Any, queues: Any, queue_state: Any,
    trouble: Any, free_trouble: Any, spells: Any, free_spells: Any, ended: Any, counters: Any, limits: Any,
) -> None:
    queue_mask = np.int64(queues.shape[1] - 1)
    head = queue_state[window, HEAD]
    length = queue_state[window, LENGTH]
    while length > 0 and queues[window, head].at <= until:
        prefetch(streams, queues[window, (head + AHEAD) & queue_mask].slot)
        slot = queues[window, head].slot
        streams[slot].count -= np.uint32(1)
        if streams[slot].trouble != 0:
            _clear(slot, queues[window, head].at + window_us, policies, streams, trouble, free_trouble, spells,
                   free_spells, ended, counters, limits)
        head = (head + 1) & queue_mask
        length -= 1
    queue_state[window, HEAD] = head
    queue_state[window, LENGTH] = length


@njit(cache=True, inline="always", _nrt=False)
def _clear(
    slot: Any, now: Any, policies: Any, streams: Any, trouble: Any, free_trouble: Any, spells: Any,
    free_spells: Any, ended: Any, counters: Any, limits: Any,
) -> None:
    """End what has ended now that an Alert has left; forget the trouble when it is over for every policy."""
    row = np.int64(streams[slot].trouble)
    count = np.int64(streams[slot].count)
    is_over = True
    for policy in range(policies):
        it = trouble[row, policy]
        if it.red != NONE and count <= limits[policy, it.kind].clears_at:
            _end_spell(spells, free_spells, ended, counters, it.red, now)
            it.red = NONE
        if it.amber != NONE and count <= limits[policy, it.kind].amber_clears_at:
            _end_spell(spells, free_spells, ended, counters, it.amber, now)
            it.amber = NONE
        is_over &= it.red == NONE and it.amber == NONE and it.untold == 0
    if is_over:
        # Every policy forwarded the latest Alert, so `last_at` says all there is to know.
        streams[slot].trouble = 0
        free_trouble[counters[FREE_TROUBLE]] = row
        counters[FREE_TROUBLE] += 1


@njit(cache=True, inline="always", _nrt=False)
def _new_trouble(trouble: Any, free_trouble: Any, counters: Any, last_forwarded: Any) -> Any:
    counters[FREE_TROUBLE] -= 1
    row = free_trouble[counters[FREE_TROUBLE]]
    for policy in range(trouble.shape[1]):
        it = trouble[row, policy]
        it.last_forwarded = last_forwarded
        it.untold = 0
        it.sequence_id = 0
        it.red = NONE
        it.amber = NONE
        it.kind = 0
    return row


@njit(cache=True, inline="always", _nrt=False)
def _new_spell(
    spells: Any, free_spells: Any, counters: Any, stream: Any, policy: Any, level: Any, at: Any
) -> Any:
    counters[FREE_SPELLS] -= 1
    number = free_spells[counters[FREE_SPELLS]]
    it = spells[number]
    it.device_id = stream.device_id
    it.alert_code = stream.alert_code
    it.recipient = stream.recipient
    it.policy = policy
    it.level = level
    it.started_at = at
    it.ended_at = _NEVER
    it.received = 0
    it.forwarded = 0
    it.throttled = 0
    it.peak_count = 0
    return number


@njit(cache=True, inline="always", _nrt=False)
def _end_spell(spells: Any, free_spells: Any, ended: Any, counters: Any, number: Any, at: Any) -> None:
    spells[number].ended_at = at
    ended[counters[SPELLS_ENDED]] = spells[number]
    counters[SPELLS_ENDED] += 1
    spells[number].level = 0
    free_spells[counters[FREE_SPELLS]] = number
    counters[FREE_SPELLS] += 1


@njit(cache=True, inline="always", _nrt=False)
def _see(spells: Any, number: Any, count: Any, is_throttled: Any) -> None:
    it = spells[number]
    it.received += 1
    if is_throttled:
        it.throttled += 1
    else:
        it.forwarded += 1
    it.peak_count = max(it.peak_count, count)


@njit(cache=True, inline="always", _nrt=False)
def _write(
    decided: Any, counters: Any, row: Any, policy: Any, outcome: Any, sequence_id: Any, count: Any
) -> None:
    it = decided[counters[DECISIONS]]
    it.row = row
    it.policy = policy
    it.outcome = outcome
    it.throttled_alert_sequence_id = sequence_id
    it.throttled_alert_count = count
    counters[DECISIONS] += 1
