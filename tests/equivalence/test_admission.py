"""The readable rule decides what the rule stated anew decides, and the kernel decides the same over columns."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from hypothesis import given, settings, strategies as st
from tests.admission_by_hand import ByHand
from tests.offered_requests import ORDINARY, PRIORITISED, USERS, decided, situations

from tidegate.admission.batches import AdmissionKernel, RequestBatch, _in_whole_numbers
from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import AdmissionControl
from tidegate.admission.decision import Admission, Reason
from tidegate.admission.kernel import COUNTERS, NEVER, PRIORITISED as PRIORITISED_OFFERED, _apart
from tidegate.vocabulary.instants import HOUR
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_requests import ServiceRequest


@settings(max_examples=100, deadline=None)
@given(situations(tuple(Mode)))
def test_the_rule_decides_what_it_says(situation):
    rules, shares, log = situation
    by_hand = ByHand(rules, shares)
    expected = [by_hand.decide(request) for request in log]

    assert [(p.outcome, p.retry_at, p.is_booked, p.is_warned) for p in expected] == [
        (a.outcome, a.retry_at, a.is_booked, a.is_warned) for a in decided(rules, shares, log)
    ]


Row: TypeAlias = tuple[int, int, int, bool, bool, int, int, int, bool]
Gist: TypeAlias = tuple[int, int, int | None, bool, bool, int, int]


def as_batch(log: Sequence[ServiceRequest], start: int, stop: int, names: dict[str, int]) -> RequestBatch:
    """A part of a log as columns; RequestIDs are numbered from 1 as they are met."""
    part = log[start:stop]
    for request in part:
        names.setdefault(request.request_id, len(names) + 1)
        if request.preceding_request_id:
            names.setdefault(request.preceding_request_id, len(names) + 1)
    return RequestBatch(
        np.array([r.at for r in part], np.int64),
        np.array([USERS.index(r.user) for r in part], np.uint32),
        np.array([r.srv == PRIORITISED for r in part], np.bool_),
        np.array([names[r.request_id] for r in part], np.uint64),
        np.array([names.get(r.preceding_request_id, 0) for r in part], np.uint64),
    )


def by_kernel(
    rules: CapacityRules, shares: dict[str, int], log: Sequence[ServiceRequest], cuts: Sequence[int]
) -> list[Gist]:
    # The last User has no allocation, and is not even known to the kernel when it begins.
    kernel = AdmissionKernel(rules, [shares[user] for user in USERS[:-1]])
    names: dict[str, int] = {}
    edges = sorted({0, len(log), *(cut for cut in cuts if cut < len(log))})
    rows: list[Row] = []
    for start, stop in pairwise(edges):
        d = kernel.receive(as_batch(log, start, stop, names))
        rows += zip(*(column.tolist() for column in d), strict=True)
    return gist_of(rows)


def by_one(rules: CapacityRules, shares: dict[str, int], log: Sequence[ServiceRequest]) -> list[Gist]:
    """One at a time; every tenth as a batch, which may grow what the others lie in."""
    kernel = AdmissionKernel(rules, [shares[user] for user in USERS[:-1]])
    names: dict[str, int] = {}
    rows: list[Row] = []
    for place in range(len(log)):
        batch = as_batch(log, place, place + 1, names)
        if place % 10 == 9:
            rows += zip(*(column.tolist() for column in kernel.receive(batch)), strict=True)
        else:
            columns = batch.received_at, batch.user, batch.is_prioritised, batch.request, batch.preceding
            rows.append(kernel.receive_one(*(column.tolist()[0] for column in columns)))
    return gist_of(rows)


def gist_of(rows: Sequence[Row]) -> list[Gist]:
    return [
        (outcome, reason, None if back == NEVER else back, booked, warns, used, user_used)
        for outcome, reason, back, booked, warns, _, used, user_used, _ in rows
    ]


def gist(answers: Sequence[Admission]) -> list[Gist]:
    return [
        (a.outcome, a.reason, a.retry_at, a.is_booked, a.early_warning, a.used, a.user_used) for a in answers
    ]


@settings(max_examples=150, deadline=None)
@given(situations(tuple(Mode)), st.lists(st.integers(0, 60), max_size=3))
def test_the_kernel_decides_what_the_rule_decides_however_the_log_is_cut(situation, cuts):
    rules, shares, log = situation

    assert gist(decided(rules, shares, log)) == by_kernel(rules, shares, log, cuts)


BIG = (1, 2, 3, 10**6, 10**9 - 1, 10**9)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([*BIG, 10**12, 10**15]),
    st.lists(st.sampled_from(BIG), min_size=3, max_size=3),
    st.sampled_from([0, 1, 10**9 - 1]),
)
def test_the_kernel_reckons_as_the_rule_how_far_return_times_lie_apart(period, sizes, prioritised):
    """Up to the largest numbers; what is longer than any horizon need not be the same."""
    allocation, threshold, maximum = sorted(sizes)
    rules = CapacityRules(period, maximum, threshold)
    counters = np.zeros(COUNTERS, np.int64)
    counters[PRIORITISED_OFFERED] = prioritised
    by_kernel = int(_apart(np.int64(allocation), _in_whole_numbers(rules), counters))
    by_rule = rules.apart_us(allocation, prioritised)

    assert (by_rule is None) == (by_kernel == NEVER)
    if by_rule is not None:
        assert by_rule == by_kernel or min(by_rule, by_kernel) > HOUR


@settings(max_examples=100, deadline=None)
@given(situations(tuple(Mode)))
def test_a_request_given_by_itself_is_decided_as_in_a_batch(situation):
    rules, shares, log = situation

    assert gist(decided(rules, shares, log)) == by_one(rules, shares, log)


def test_tables_grow_and_rows_are_used_again():
    """A flood with callers that return in time, early and late, and signed pre-commands; every ring turns and grows."""
    second = 1_000_000
    rules = CapacityRules(
        second, 330, 300, prioritised=frozenset({PRIORITISED}), continues_within_us=3 * second
    )
    shares = {"alpha": 200, "beta": 70, "gamma": 30}
    control, log, answers = AdmissionControl(rules, shares), [], []
    chance = np.random.default_rng(1)
    events = [(int(at), n, "") for n, at in enumerate(np.cumsum(chance.exponential(second / 1_500, 12_000)))]
    users = chance.choice(USERS, len(events) + 1, p=[0.5, 0.3, 0.15, 0.05]).tolist()
    late = chance.choice([-5, 0, rules.grace_us, rules.grace_us + 1], len(events) + 1).tolist()
    callers: dict[int, ServiceRequest] = {}
    heapq.heapify(events)
    while events:
        at, number, kind = heapq.heappop(events)
        if kind == "returns":
            request = callers[number]._replace(at=at)
        else:
            srv = PRIORITISED if number % 3 == 0 else ORDINARY
            before = f"{number - 9}" if number % 4 == 0 else ""
            request = ServiceRequest(at, f"{number}", users[number], srv, before)
        answer = control.receive(request)
        log.append(request)
        answers.append(answer)
        callers[number] = request
        if kind != "returns" and answer.retry_at is not None:
            heapq.heappush(events, (max(at, answer.retry_at + late[number]), number, "returns"))
        elif kind != "returns" and number % 5 == 0:
            heapq.heappush(events, (at + second // 10, number, "returns"))

    assert gist(answers) == by_kernel(rules, shares, log, [5_000, 5_001])
    assert gist(answers) == by_one(rules, shares, log)
    assert set(Reason) - {Reason.MODE_OFF} == {answer.reason for answer in answers}
