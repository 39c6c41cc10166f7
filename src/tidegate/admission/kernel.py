"""The Service Request rule over columns: `judgement.py`, and all that it needs to know, stated over arrays.

Everything is kept, nothing is looked for: a request adds one to its User's counts
when it comes and takes one when it leaves the period. What was admitted of late or
is booked stands in a hash table, by User and RequestID. A User's admitted requests
and its two lanes of booked slots are rings, oldest first.

`decide` can stop before any request, when a table is nearly full: it says which
one, the caller makes room (`batches.py`), and it goes on from there.

`judgement.py`, `fair_share.py`, `booking.py`, `continuation.py`, `usage.py` and
`control.py` say the same one request at a time. Change them together.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.admission.decision import Outcome, Reason
from tidegate.admission.judgement import OUTCOMES
from tidegate.columnar.compiled import compiled, finding, folded_in
from tidegate.columnar.places import row_at, table_at, tables_at
from tidegate.columnar.stream_table import find, hash_of, is_empty, prefetch, put, take_out

AHEAD: Final = 16
"""How many requests ahead memory is asked for."""

NEVER: Final = np.iinfo(np.int64).min
"""No instant: not admitted, not booked, no tick yet."""

LONGEST: Final = np.int64(1 << 62)
"""No time is longer."""

USER: Final = np.dtype(
    [
        ("allocation", np.int64),
        ("share_of_maximum", np.int64),
        ("warns_at", np.int64),
        ("eases_below", np.int64),
        ("offered", np.int64),
        ("prioritised", np.int64),
        ("used", np.int64),
        ("own", np.int64),
        ("admitted_head", np.int64),
        ("lane_head", np.int64, 2),
        ("lane_length", np.int64, 2),
        ("spread", np.int64),
        ("is_warned", np.bool_),
    ]
)
"""`usage.UserUsage`; its rings are beside it. Lane 0 is the ordinary one, lane 1 the prioritised.

`own` is what of its use is of its allocation: no more than that in any period. The rest is of the spare. Nothing is
decided by it; reports tell it.
"""

OFFERED_AT: Final = np.dtype(
    [
        ("at", np.int64),
        ("user", np.int64),
        ("is_prioritised", np.bool_),
        ("is_admitted", np.bool_),
        ("is_own", np.bool_),
    ]
)
"""A request in the period; its own where it was admitted from its User's allocation."""

BOOKED: Final = np.dtype([("slot", np.int64), ("row", np.int64)])
"""A slot in a lane, and the row of the request it was promised to."""

REQUEST: Final = np.dtype(
    [
        ("key", np.uint64),
        ("admitted_at", np.int64),
        ("slot", np.int64),
        ("user", np.uint32),
        ("sequence", np.int32),
        ("lane", np.int32),
        ("is_completed", np.bool_),
    ],
    align=True,
)
"""A request that is remembered: admitted of late, or booked, or both (it was admitted, and another of its ID refused).
It is completed where its signed pre-command was admitted."""

SEQUENCE: Final = np.dtype([("left", np.int32), ("remembered", np.int32)])
"""How often it may still be continued, and how many requests of it are remembered."""

# What is counted in `counters`.
OFFERED: Final = 0
USED: Final = 1
NEXT_TICK: Final = 2
LEVEL: Final = 3
LEVEL_OF: Final = 4
REST: Final = 5
REST_OF: Final = 6
PERIOD_HEAD: Final = 7
ADMITTED_HEAD: Final = 8
ADMITTED_LENGTH: Final = 9
FREE_ROWS: Final = 10
FREE_SEQUENCES: Final = 11
SLOTS_USED: Final = 12
STOPPED_FOR: Final = 13
PRIORITISED: Final = 14
COUNTERS: Final = 15

# Why `decide` stopped: which table the caller must make room in.
FOR_NOTHING: Final = 0
FOR_PERIOD: Final = 1
FOR_USED: Final = 2
FOR_LANE: Final = 3
FOR_ROWS: Final = 4

_OUTCOMES = np.array(OUTCOMES, np.uint8)
_THROTTLED = np.uint8(Outcome.THROTTLED)
_UNDECIDED = -1
_MODE_OFF = int(Reason.MODE_OFF)
_PRE_COMMAND = int(Reason.PRE_COMMAND)
_SEQUENCE = int(Reason.SEQUENCE)
_BOOKING = int(Reason.BOOKING)
_BY_PRIORITY = int(Reason.PRIORITISED)
_BELOW_THRESHOLD = int(Reason.BELOW_THRESHOLD)
_WITHIN_FAIR_LIMIT = int(Reason.WITHIN_FAIR_LIMIT)
_WITHIN_ALLOCATION = int(Reason.WITHIN_ALLOCATION)
_OVER_SHARE = int(Reason.OVER_SHARE)
_SYSTEM_FULL = int(Reason.SYSTEM_FULL)
_NEVER = np.int64(NEVER)
_U1 = np.uint64(1)


class Columns(NamedTuple):
    """A batch, as `batches.RequestBatch`."""

    received_at: NDArray[np.int64]
    user: NDArray[np.uint32]
    is_prioritised: NDArray[np.bool_]
    request: NDArray[np.uint64]
    preceding: NDArray[np.uint64]


class Decided(NamedTuple):
    """What was decided, row by row; `retry_at` is NEVER where there is none.

    offered, used, user_used: of the period that ends with the request, it included: what came, what was admitted, and
    what was admitted of its User.
    is_of_spare:  It was admitted, and as many as its User's allocation were its own in the period already.
    """

    outcome: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    retry_at: NDArray[np.int64]
    is_booked: NDArray[np.bool_]
    early_warning: NDArray[np.bool_]
    offered: NDArray[np.int64]
    used: NDArray[np.int64]
    user_used: NDArray[np.int64]
    is_of_spare: NDArray[np.bool_]


class Rules(NamedTuple):
    """`CapacityRules` in whole numbers."""

    is_off: bool
    period_us: int
    tick_us: int
    maximum: int
    operating_threshold: int
    warns_at: int
    eases_below: int
    horizon_us: int
    spread_step: int
    grace_us: int
    continues_within_us: int
    longest_sequence: int


class Tables(NamedTuple):
    """All that is remembered; the lengths of rings are powers of two.

    users:         USER by number.
    pending:       Scratch: numbers of Users.
    admitted:      (users, length) receipt instants of what is admitted in the period, each a ring.
    lanes:         (users, 2, length) of BOOKED, each a ring.
    period:        OFFERED_AT, a ring.
    requests:      REQUEST; row 0 is never given out. `free_rows` is a stack.
    admitted_rows: Rows of the requests that may be continued, a ring, in order of admission.
    sequences:     SEQUENCE; `free_sequences` is a stack.
    by_id:         `stream_table.STREAM`: row by RequestID (as device) and User (as recipient).
    """

    users: NDArray[Any]
    pending: NDArray[np.int64]
    admitted: NDArray[np.int64]
    lanes: NDArray[Any]
    period: NDArray[Any]
    requests: NDArray[Any]
    free_rows: NDArray[np.int32]
    admitted_rows: NDArray[np.int32]
    sequences: NDArray[Any]
    free_sequences: NDArray[np.int32]
    by_id: NDArray[Any]
    counters: NDArray[np.int64]


@compiled
def decide(batch: Columns, start: int, stop: int, rules: Rules, tables: Tables, decided: Decided) -> int:
    """Decide the requests start:stop, in order; returns how far it came (see STOPPED_FOR)."""
    users, counters = tables.users, tables.counters
    mask = np.uint64(len(tables.by_id) - 1)
    for i in range(start, stop):
        number = np.int64(batch.user[i])
        user = users[number]
        counters[STOPPED_FOR] = _short_of(tables, user)
        if counters[STOPPED_FOR] != FOR_NOTHING:
            return i
        if i + AHEAD < stop:
            ahead = hash_of(batch.request[i + AHEAD], 0, batch.user[i + AHEAD])
            prefetch(tables.by_id, (ahead << _U1) & mask)

        at = batch.received_at[i]
        _move_to(at, rules, tables)
        _expire(at - rules.grace_us, number, tables)
        was_warned = user.is_warned and user.used >= user.eases_below and counters[USED] >= rules.eases_below
        counters[OFFERED] += 1
        user.offered += 1
        if batch.is_prioritised[i]:
            user.prioritised += 1
            counters[PRIORITISED] += user.prioritised <= user.share_of_maximum
        row = _row_of(tables, batch.request[i], batch.user[i])

        # 1 and 2. The mode; what continues something admitted, or claims its booking.
        reason, sequence = _UNDECIDED, _UNDECIDED
        if rules.is_off:
            reason = _MODE_OFF
        if reason == _UNDECIDED and row != 0 and tables.requests[row].admitted_at != _NEVER:
            it = tables.requests[row].sequence
            if tables.sequences[it].left > 0 and not tables.requests[row].is_completed:
                tables.requests[row].is_completed = True
                reason, sequence = _PRE_COMMAND, it
        if reason == _UNDECIDED and batch.preceding[i] != 0:
            before = _row_of(tables, batch.preceding[i], batch.user[i])
            if before != 0 and tables.requests[before].admitted_at != _NEVER:
                it = tables.requests[before].sequence
                if tables.sequences[it].left > 0:
                    reason, sequence = _SEQUENCE, it
        if sequence != _UNDECIDED:
            tables.sequences[sequence].left -= 1
        if reason == _UNDECIDED and row != 0:
            slot = tables.requests[row].slot
            if slot != _NEVER and slot <= at:
                reason = _BOOKING

        # 3 to 6.
        if reason == _UNDECIDED:
            reason = _judge(batch.is_prioritised[i], user, rules, counters)

        outcome = _OUTCOMES[reason]
        decided.outcome[i] = outcome
        decided.reason[i] = reason
        decided.retry_at[i] = _NEVER
        decided.is_booked[i] = False
        if outcome == _THROTTLED:
            back = _book(at, batch, i, row, number, rules, tables)
            decided.is_booked[i] = back != _NEVER
            if back == _NEVER:
                user.spread = (user.spread + rules.spread_step) % rules.horizon_us
                back = at + rules.horizon_us + 1 + user.spread
            decided.retry_at[i] = back
        else:
            if row != 0 and tables.requests[row].slot != _NEVER:
                _release(row, tables)
            _remember(at, batch, i, row, sequence, rules, tables)
            tables.admitted[number, (user.admitted_head + user.used) & (tables.admitted.shape[1] - 1)] = at
            counters[USED] += 1
            user.used += 1

        is_own = outcome != _THROTTLED and user.own < user.allocation
        user.own += is_own
        last = (counters[PERIOD_HEAD] + counters[OFFERED] - 1) & (len(tables.period) - 1)
        tables.period[last].at = at
        tables.period[last].user = number
        tables.period[last].is_prioritised = batch.is_prioritised[i]
        tables.period[last].is_admitted = outcome != _THROTTLED
        tables.period[last].is_own = is_own

        is_near = user.used >= user.warns_at and counters[USED] >= rules.warns_at
        decided.early_warning[i] = is_near and not was_warned
        decided.offered[i] = counters[OFFERED]
        decided.used[i] = counters[USED]
        decided.user_used[i] = user.used
        decided.is_of_spare[i] = outcome != _THROTTLED and not is_own
        user.is_warned = is_near or was_warned
    counters[STOPPED_FOR] = FOR_NOTHING
    return stop


@finding
def decide_one(
    places: Any, kinds: Any, at: Any, user: Any, is_prioritised: Any, request: Any, preceding: Any
) -> Any:
    """Decide one request, all tables and a batch of one row being where `one_request.py` says; nothing if it stops.

    The kinds of rows are handed over, though they are known, so that what was compiled for others is not taken.
    """
    tables = Tables(
        row_at(places, 0, kinds[0]),
        row_at(places, 1, np.int64),
        table_at(places, 2, np.int64),
        tables_at(places, 3, kinds[1]),
        row_at(places, 4, kinds[2]),
        row_at(places, 5, kinds[3]),
        row_at(places, 6, np.int32),
        row_at(places, 7, np.int32),
        row_at(places, 8, kinds[4]),
        row_at(places, 9, np.int32),
        row_at(places, 10, kinds[5]),
        row_at(places, 11, np.int64),
    )
    of = row_at(places, 12, np.int64)
    rules = Rules(
        of[0] != 0, of[1], of[2], of[3], of[4], of[5], of[6], of[7], of[8], of[9], of[10], of[11]
    )  # fmt: skip
    columns = Columns(
        row_at(places, 13, np.int64),
        row_at(places, 14, np.uint32),
        row_at(places, 15, np.bool_),
        row_at(places, 16, np.uint64),
        row_at(places, 17, np.uint64),
    )
    decided = Decided(
        row_at(places, 18, np.uint8),
        row_at(places, 19, np.uint8),
        row_at(places, 20, np.int64),
        row_at(places, 21, np.bool_),
        row_at(places, 22, np.bool_),
        row_at(places, 23, np.int64),
        row_at(places, 24, np.int64),
        row_at(places, 25, np.int64),
        row_at(places, 26, np.bool_),
    )
    columns.received_at[0] = at
    columns.user[0] = user
    columns.is_prioritised[0] = is_prioritised
    columns.request[0] = request
    columns.preceding[0] = preceding
    if decide(columns, 0, 1, rules, tables, decided) == 0:
        return None
    return (
        decided.outcome[0],
        decided.reason[0],
        decided.retry_at[0],
        decided.is_booked[0],
        decided.early_warning[0],
        decided.offered[0],
        decided.used[0],
        decided.user_used[0],
        decided.is_of_spare[0],
    )


@folded_in
def _judge(is_prioritised: Any, user: Any, rules: Any, counters: Any) -> Any:
    """`judgement.judge`."""
    used = counters[USED]
    if is_prioritised and used < rules.maximum:
        return _BY_PRIORITY
    if counters[OFFERED] <= rules.operating_threshold:
        return _BELOW_THRESHOLD
    if used < rules.operating_threshold and user.used < _limit(user.allocation, rules, counters):
        return _WITHIN_FAIR_LIMIT
    if used >= rules.maximum:
        return _SYSTEM_FULL
    if user.used < user.allocation:
        return _WITHIN_ALLOCATION
    return _OVER_SHARE


@folded_in
def _limit(allocation: Any, rules: Any, counters: Any) -> Any:
    """`FairShare.limit`."""
    weight, level, of = allocation, counters[LEVEL], counters[LEVEL_OF]
    if allocation == 0:
        weight, level, of = 1, counters[REST], counters[REST_OF]
    if of == 0:
        return max(allocation, rules.operating_threshold)
    return max(allocation, min(rules.operating_threshold, -(-level * weight // of)))


@folded_in
def _move_to(at: Any, rules: Any, tables: Any) -> None:
    counters = tables.counters
    if at >= counters[NEXT_TICK]:
        tick = at // rules.tick_us * rules.tick_us
        _leave(tick - 1, rules.period_us, tables)
        _share_out(rules.operating_threshold, tables)
        counters[NEXT_TICK] = tick + rules.tick_us
    _leave(at, rules.period_us, tables)
    _forget(at - rules.continues_within_us, tables)


@folded_in
def _leave(now: Any, period_us: Any, tables: Any) -> None:
    """`Usage.leave`."""
    period, counters = tables.period, tables.counters
    mask = len(period) - 1
    while counters[OFFERED] > 0 and period[counters[PERIOD_HEAD]].at <= now - period_us:
        user = tables.users[period[counters[PERIOD_HEAD]].user]
        counters[OFFERED] -= 1
        user.offered -= 1
        if period[counters[PERIOD_HEAD]].is_prioritised:
            counters[PRIORITISED] -= user.prioritised <= user.share_of_maximum
            user.prioritised -= 1
        if period[counters[PERIOD_HEAD]].is_admitted:
            counters[USED] -= 1
            user.used -= 1
            user.own -= period[counters[PERIOD_HEAD]].is_own
            user.admitted_head = (user.admitted_head + 1) & (tables.admitted.shape[1] - 1)
        if user.offered == 0:
            user.spread = 0
        counters[PERIOD_HEAD] = (counters[PERIOD_HEAD] + 1) & mask


@compiled
def _share_out(threshold: Any, tables: Any) -> None:
    """`fair_share.fair_share`."""
    users, counters = tables.users, tables.counters
    counters[LEVEL] = counters[LEVEL_OF] = counters[REST] = counters[REST_OF] = 0
    if counters[OFFERED] <= threshold:
        return
    pending, weights, left = 0, 0, threshold
    for number in range(len(users)):
        if users[number].offered > 0 and users[number].allocation > 0:
            tables.pending[pending] = number
            pending += 1
            weights += users[number].allocation
    while pending > 0:
        still, met, weights_met = 0, 0, 0
        for place in range(pending):
            user = users[tables.pending[place]]
            if user.offered * weights > left * user.allocation:
                tables.pending[still] = tables.pending[place]
                still += 1
            else:
                met += user.offered
                weights_met += user.allocation
        if still == pending:
            counters[LEVEL], counters[LEVEL_OF] = left, weights
            counters[REST], counters[REST_OF] = 0, 1
            return
        pending, weights, left = still, weights - weights_met, left - met

    # All with an allocation have what they ask for; the rest share what is left alike.
    for number in range(len(users)):
        if users[number].offered > 0 and users[number].allocation == 0:
            tables.pending[pending] = number
            pending += 1
    while pending > 0:
        still, met = 0, 0
        for place in range(pending):
            user = users[tables.pending[place]]
            if user.offered * pending > left:
                tables.pending[still] = tables.pending[place]
                still += 1
            else:
                met += user.offered
        if still == pending:
            counters[REST], counters[REST_OF] = left, pending
            return
        pending, left = still, left - met


@folded_in
def _expire(before: Any, number: Any, tables: Any) -> None:
    """`Bookings.expire`."""
    user = tables.users[number]
    for lane in range(2):
        ring = tables.lanes[number, lane]
        while user.lane_length[lane] > 0 and ring[user.lane_head[lane]].slot < before:
            row = ring[user.lane_head[lane]].row
            user.lane_head[lane] = (user.lane_head[lane] + 1) & (len(ring) - 1)
            user.lane_length[lane] -= 1
            tables.requests[row].slot = _NEVER
            if tables.requests[row].admitted_at == _NEVER:
                _free(row, tables)


@folded_in
def _book(at: Any, batch: Any, i: Any, row: Any, number: Any, rules: Any, tables: Any) -> Any:
    """When a refused caller may claim its admission; NEVER beyond the horizon (`booking.py`)."""
    if row != 0 and tables.requests[row].slot != _NEVER:
        return tables.requests[row].slot  # It came too early: what it was told stands.
    user = tables.users[number]
    lane, share = 0, user.allocation
    apart = _apart(user.allocation, rules, tables.counters)
    earliest = at + rules.tick_us
    mask = tables.lanes.shape[2] - 1
    if batch.is_prioritised[i]:
        lane, share, apart = 1, user.share_of_maximum, np.int64(1)
    elif user.lane_length[1] > 0:
        last = (user.lane_head[1] + user.lane_length[1] - 1) & mask
        earliest = max(earliest, tables.lanes[number, 1, last].slot)
    if share == 0 or apart == _NEVER:
        return _NEVER

    ring, head, length = tables.lanes[number, lane], user.lane_head[lane], user.lane_length[lane]
    if length > 0:
        earliest = max(earliest, ring[(head + length - 1) & mask].slot + apart)
    room = share - length
    slot = earliest
    if room <= 0:
        slot = max(earliest, max(ring[(head + length - share) & mask].slot, at) + rules.period_us)
    elif room <= user.used:
        place = (user.admitted_head + user.used - room) & (tables.admitted.shape[1] - 1)
        slot = max(earliest, tables.admitted[number, place] + rules.period_us)
    if slot > at + rules.horizon_us:
        return _NEVER

    if row == 0:
        row = _new_row(tables, batch.request[i], batch.user[i])
    tables.requests[row].slot = slot
    tables.requests[row].lane = lane
    last = (head + length) & mask
    ring[last].slot = slot
    ring[last].row = row
    user.lane_length[lane] += 1
    return slot


@folded_in
def _apart(allocation: Any, rules: Any, counters: Any) -> Any:
    """`CapacityRules.apart_us`; NEVER where nothing can be promised."""
    threshold, left = rules.operating_threshold, rules.maximum - counters[PRIORITISED]
    if allocation == 0 or left <= 0:
        return _NEVER
    if left >= threshold:
        return np.int64(1)
    # By parts: their product need not fit in 64 bits. What is longer than this is beyond every horizon.
    whole, rest = rules.period_us // left, rules.period_us % left
    if whole >= LONGEST // threshold:
        return LONGEST // allocation
    return -(-(whole * threshold + -(-rest * threshold // left)) // allocation)


@compiled
def _release(row: Any, tables: Any) -> None:
    """`Lane.release`: close the gap from the nearer end; what is claimed is near the head."""
    slot, lane = tables.requests[row].slot, tables.requests[row].lane
    number = tables.requests[row].user
    user, ring = tables.users[number], tables.lanes[number, lane]
    mask, head, length = len(ring) - 1, user.lane_head[lane], user.lane_length[lane]
    low, high = 0, length - 1
    while low < high:
        middle = (low + high) // 2
        if ring[(head + middle) & mask].slot < slot:
            low = middle + 1
        else:
            high = middle
    if low < length - low:
        for place in range(low, 0, -1):
            ring[(head + place) & mask].slot = ring[(head + place - 1) & mask].slot
            ring[(head + place) & mask].row = ring[(head + place - 1) & mask].row
        user.lane_head[lane] = (head + 1) & mask
    else:
        for place in range(low, length - 1):
            ring[(head + place) & mask].slot = ring[(head + place + 1) & mask].slot
            ring[(head + place) & mask].row = ring[(head + place + 1) & mask].row
    user.lane_length[lane] -= 1
    tables.requests[row].slot = _NEVER


@folded_in
def _remember(at: Any, batch: Any, i: Any, row: Any, sequence: Any, rules: Any, tables: Any) -> None:
    """`Sequences.remember`."""
    counters = tables.counters
    if row == 0:
        row = _new_row(tables, batch.request[i], batch.user[i])
    if tables.requests[row].admitted_at != _NEVER:
        return
    if sequence == _UNDECIDED:
        counters[FREE_SEQUENCES] -= 1
        sequence = tables.free_sequences[counters[FREE_SEQUENCES]]
        tables.sequences[sequence].left = rules.longest_sequence
        tables.sequences[sequence].remembered = 0
    tables.sequences[sequence].remembered += 1
    tables.requests[row].admitted_at = at
    tables.requests[row].is_completed = False
    tables.requests[row].sequence = sequence
    last = (counters[ADMITTED_HEAD] + counters[ADMITTED_LENGTH]) & (len(tables.admitted_rows) - 1)
    tables.admitted_rows[last] = row
    counters[ADMITTED_LENGTH] += 1


@folded_in
def _forget(until: Any, tables: Any) -> None:
    """`Sequences.forget`."""
    counters = tables.counters
    while counters[ADMITTED_LENGTH] > 0:
        row = tables.admitted_rows[counters[ADMITTED_HEAD]]
        if tables.requests[row].admitted_at > until:
            return
        _ask_for_the_next(tables)
        counters[ADMITTED_HEAD] = (counters[ADMITTED_HEAD] + 1) & (len(tables.admitted_rows) - 1)
        counters[ADMITTED_LENGTH] -= 1
        tables.requests[row].admitted_at = _NEVER
        sequence = tables.requests[row].sequence
        tables.sequences[sequence].remembered -= 1
        if tables.sequences[sequence].remembered == 0:
            tables.free_sequences[counters[FREE_SEQUENCES]] = sequence
            counters[FREE_SEQUENCES] += 1
        if tables.requests[row].slot == _NEVER:
            _free(row, tables)


@folded_in
def _ask_for_the_next(tables: Any) -> None:
    """Ask for the memory of the requests that are forgotten soon: they came long ago."""
    head, mask = tables.counters[ADMITTED_HEAD], len(tables.admitted_rows) - 1
    prefetch(tables.requests, tables.admitted_rows[(head + 2 * AHEAD) & mask])
    soon = tables.requests[tables.admitted_rows[(head + AHEAD) & mask]]
    place = (hash_of(soon.key, 0, np.uint32(soon.user)) << _U1) & np.uint64(len(tables.by_id) - 1)
    prefetch(tables.by_id, place)
    prefetch(tables.sequences, soon.sequence)


@folded_in
def _row_of(tables: Any, key: Any, user: Any) -> Any:
    """The row of a request that is remembered; 0 where it is not."""
    slot = find(tables.by_id, hash_of(key, 0, user), key, 0, user)
    if is_empty(tables.by_id, slot):
        return np.int64(0)
    return np.int64(tables.by_id[slot].trouble)


@folded_in
def _new_row(tables: Any, key: Any, user: Any) -> Any:
    tables.counters[FREE_ROWS] -= 1
    row = tables.free_rows[tables.counters[FREE_ROWS]]
    it = tables.requests[row]
    it.key = key
    it.user = user
    it.admitted_at = _NEVER
    it.slot = _NEVER
    h = hash_of(key, 0, user)
    slot = find(tables.by_id, h, key, 0, user)
    put(tables.by_id, slot, h, key, 0, user)
    tables.by_id[slot].trouble = np.uint32(row)
    tables.counters[SLOTS_USED] += 1
    return row


@folded_in
def _free(row: Any, tables: Any) -> None:
    key, user = tables.requests[row].key, np.uint32(tables.requests[row].user)
    take_out(tables.by_id, find(tables.by_id, hash_of(key, 0, user), key, 0, user))
    tables.counters[SLOTS_USED] -= 1
    tables.free_rows[tables.counters[FREE_ROWS]] = row
    tables.counters[FREE_ROWS] += 1


@folded_in
def _short_of(tables: Any, user: Any) -> Any:
    """What one more request could find full."""
    if tables.counters[OFFERED] >= len(tables.period):
        return FOR_PERIOD
    if user.used >= tables.admitted.shape[1]:
        return FOR_USED
    if max(user.lane_length[0], user.lane_length[1]) >= tables.lanes.shape[2]:
        return FOR_LANE
    # Rows, sequences, the ring of admitted rows and the table grow together.
    if tables.counters[FREE_ROWS] < 1:
        return FOR_ROWS
    return FOR_NOTHING
