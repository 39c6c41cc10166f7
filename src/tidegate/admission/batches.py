"""Service Requests as columns, and the kernel that decides them.

Every column of a batch has the same length and one row is one request:

    received_at     int64   receipt instant, microseconds UTC, never going back
    user            uint32  number of the User
    is_prioritised  bool    its Service Reference Variant is on the list
    request         uint64  what stands for its RequestID: the same for the same, else another
    preceding       uint64  what stands for the RequestID it follows; 0 where it follows none

Between batches all is kept, so it does not matter where a log is cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.admission import kernel
from tidegate.admission.booking import spread_step
from tidegate.admission.capacity import CapacityRules, faults_of_allocations
from tidegate.admission.early_warning import level_of_system, level_of_user
from tidegate.admission.kernel import Columns, Decided, Rules, Tables
from tidegate.admission.one_request import KINDS, OneByOne
from tidegate.columnar.stream_table import move_unnumbered, new_streams
from tidegate.vocabulary.modes import Mode

FIRST_ROWS: Final = 1 << 10
FIRST_RING: Final = 1 << 6

DecidedRow: TypeAlias = tuple[int, int, int, bool, bool, int, int, int, bool]
"""A row of `Decided`."""

_MOST_CONTINUED: Final = np.iinfo(np.int32).max


@dataclass(frozen=True, slots=True)
class RequestBatch:
    """Some Service Requests as columns of equal length; see the module for types and units."""

    received_at: NDArray[np.int64]
    user: NDArray[np.uint32]
    is_prioritised: NDArray[np.bool_]
    request: NDArray[np.uint64]
    preceding: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.received_at)


class AdmissionKernel:
    """Decides batches of Service Requests in receipt order, as `control.AdmissionControl` decides one by one.

    `allocations` has that of each User at its number; a number beyond them has none.

    Raises:
        ValueError: an allocation is below nothing, or they come to more than the operating threshold.
    """

    def __init__(self, rules: CapacityRules, allocations: Sequence[int]) -> None:
        by_number = {f"User {number}": allocation for number, allocation in enumerate(allocations)}
        for fault in faults_of_allocations(by_number, rules):
            raise ValueError(fault)
        self._capacity = rules
        self._rules = _in_whole_numbers(rules)
        self._tables = _empty_tables()
        self._one: OneByOne | None = None
        self._met = 0
        self._meet(allocations)

    def receive(self, batch: RequestBatch) -> Decided:
        """Decide a batch."""
        length = len(batch)
        decided = Decided(
            np.empty(length, np.uint8),
            np.empty(length, np.uint8),
            np.empty(length, np.int64),
            np.empty(length, np.bool_),
            np.empty(length, np.bool_),
            np.empty(length, np.int64),
            np.empty(length, np.int64),
            np.empty(length, np.int64),
            np.empty(length, np.bool_),
        )
        if not length:
            return decided
        self._meet([0] * (int(batch.user.max()) + 1 - self._met))
        columns = Columns(batch.received_at, batch.user, batch.is_prioritised, batch.request, batch.preceding)
        at = 0
        while at < length:
            at = kernel.decide(columns, at, length, self._rules, self._tables, decided)
            self._make_room()
        return decided

    def receive_one(
        self,
        at: int,
        user: int,
        is_prioritised: bool,  # noqa: FBT001 - by name it would take longer
        request: int,
        preceding: int,
    ) -> DecidedRow:
        """Decide one request, given as a row of a batch; the answer is a row of `Decided`.

        What stands for RequestIDs is a number of 64 bits with a sign here: the `hash` of its text will do.
        """
        if user >= self._met:
            self._meet([0] * (user + 1 - self._met))
        while True:
            one = self._one
            if one is None:
                one = self._one = OneByOne(self._rules, self._tables)
            decided: DecidedRow | None = one.decide(
                one.places, KINDS, at, user, is_prioritised, request, preceding
            )
            if decided is not None:
                return decided
            self._make_room()

    def _make_room(self) -> None:
        """In the table that the kernel stopped for, if it did."""
        if short_of := int(self._tables.counters[kernel.STOPPED_FOR]):
            self._tables, self._one = _MAKE_ROOM[short_of](self._tables), None

    def _meet(self, allocations: Sequence[int]) -> None:
        """More Users, with these allocations."""
        if not allocations:
            return
        tables, rules, met = self._tables, self._capacity, self._met
        users = np.zeros(met + len(allocations), kernel.USER)
        users[:met] = tables.users
        for number, allocation in enumerate(allocations, start=met):
            level = level_of_user(allocation, rules.early_warning_at)
            users[number]["allocation"] = allocation
            users[number]["share_of_maximum"] = rules.share_of_maximum(allocation)
            users[number]["warns_at"], users[number]["eases_below"] = level
        self._met, self._one = len(users), None
        self._tables = tables._replace(
            users=users,
            pending=np.zeros(len(users), np.int64),
            admitted=_longer(tables.admitted, 0, len(users)),
            lanes=_longer(tables.lanes, 0, len(users)),
        )


def _in_whole_numbers(rules: CapacityRules) -> Rules:
    level = level_of_system(rules.operating_threshold, rules.early_warning_at)
    return Rules(
        is_off=rules.mode is Mode.OFF,
        period_us=rules.period_us,
        tick_us=rules.tick_us,
        maximum=rules.maximum_system_capacity,
        operating_threshold=rules.operating_threshold,
        warns_at=level.warns_at,
        eases_below=level.eases_below,
        horizon_us=rules.horizon_us,
        spread_step=spread_step(rules.horizon_us),
        grace_us=rules.grace_us,
        continues_within_us=rules.continues_within_us,
        # Counted in 32 bits: nothing is continued more often in the time that it may be.
        longest_sequence=min(rules.longest_sequence, _MOST_CONTINUED),
    )


def _empty_tables() -> Tables:
    counters = np.zeros(kernel.COUNTERS, np.int64)
    counters[kernel.NEXT_TICK] = kernel.NEVER
    counters[kernel.FREE_ROWS] = counters[kernel.FREE_SEQUENCES] = FIRST_ROWS - 1
    return Tables(
        users=np.zeros(0, kernel.USER),
        pending=np.zeros(0, np.int64),
        admitted=np.zeros((0, FIRST_RING), np.int64),
        lanes=np.zeros((0, 2, FIRST_RING), kernel.BOOKED),
        period=np.zeros(FIRST_RING, kernel.OFFERED_AT),
        requests=np.zeros(FIRST_ROWS, kernel.REQUEST),
        free_rows=_stack(1, FIRST_ROWS),
        admitted_rows=np.zeros(FIRST_ROWS, np.int32),
        sequences=np.zeros(FIRST_ROWS, kernel.SEQUENCE),
        free_sequences=_stack(1, FIRST_ROWS),
        by_id=new_streams(2 * FIRST_ROWS),
        counters=counters,
    )


def _stack(first: int, end: int) -> NDArray[np.int32]:
    """Free rows, the lowest on top, in an array as long as there are rows at all."""
    stack = np.zeros(end, np.int32)
    stack[: end - first] = np.arange(end - 1, first - 1, -1, dtype=np.int32)
    return stack


def _longer(array: NDArray[Any], axis: int, length: int) -> NDArray[Any]:
    """A copy that has `length` places along an axis, the new ones zero."""
    more = np.zeros([length if n == axis else size for n, size in enumerate(array.shape)], array.dtype)
    more[tuple(slice(size) for size in array.shape)] = array
    return more


def _unrolled(ring: NDArray[Any], head: int) -> NDArray[Any]:
    """A ring of twice the length, its oldest in place 0."""
    return _longer(np.roll(ring, -head), 0, 2 * len(ring))


def _longer_period(tables: Tables) -> Tables:
    period = _unrolled(tables.period, int(tables.counters[kernel.PERIOD_HEAD]))
    tables.counters[kernel.PERIOD_HEAD] = 0
    return tables._replace(period=period)


def _longer_used(tables: Tables) -> Tables:
    admitted = _longer(tables.admitted, 1, 2 * tables.admitted.shape[1])
    for number, head in enumerate(tables.users["admitted_head"].tolist()):
        admitted[number] = _unrolled(tables.admitted[number], head)
    tables.users["admitted_head"] = 0
    return tables._replace(admitted=admitted)


def _longer_lanes(tables: Tables) -> Tables:
    lanes = _longer(tables.lanes, 2, 2 * tables.lanes.shape[2])
    for number, heads in enumerate(tables.users["lane_head"].tolist()):
        for lane, head in enumerate(heads):
            lanes[number, lane] = _unrolled(tables.lanes[number, lane], head)
    tables.users["lane_head"] = 0
    return tables._replace(lanes=lanes)


def _more_rows(tables: Tables) -> Tables:
    counters, before = tables.counters, len(tables.requests)
    after = 2 * before
    free_rows = _stack(before, after)
    free_sequences = _longer(tables.free_sequences, 0, after)
    free = int(counters[kernel.FREE_SEQUENCES])
    free_sequences[free : free + before] = np.arange(before, after, dtype=np.int32)
    admitted_rows = _unrolled(tables.admitted_rows, int(counters[kernel.ADMITTED_HEAD]))
    by_id = new_streams(2 * after)
    move_unnumbered(tables.by_id, by_id)
    counters[kernel.FREE_ROWS] = before
    counters[kernel.FREE_SEQUENCES] = free + before
    counters[kernel.ADMITTED_HEAD] = 0
    return tables._replace(
        requests=_longer(tables.requests, 0, after),
        free_rows=free_rows,
        admitted_rows=admitted_rows,
        sequences=_longer(tables.sequences, 0, after),
        free_sequences=free_sequences,
        by_id=by_id,
    )


_MAKE_ROOM: Final[Mapping[int, Callable[[Tables], Tables]]] = {
    kernel.FOR_PERIOD: _longer_period,
    kernel.FOR_USED: _longer_used,
    kernel.FOR_LANE: _longer_lanes,
    kernel.FOR_ROWS: _more_rows,
}
