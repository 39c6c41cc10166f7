"""A log that is admitted over columns is decided as one by one, wherever its batches are cut, and counted as by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings, strategies as st
from tests.offered_requests import PERIOD, decided, situations
from tests.request_logs import RequestsInMemory, as_requests

from tidegate.admission.decision import Outcome, Reason
from tidegate.admission.kernel import NEVER
from tidegate.columnar.batches import Names
from tidegate.operations.admit import AdmitUnder, admit
from tidegate.operations.ordered_log import ReadOptions
from tidegate.operations.refused_requests import RefusedRequests
from tidegate.reports.admitted import Admitted
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_requests import ServiceRequest


class Kept:
    def __init__(self) -> None:
        self.rows: list[tuple[Any, int, int, int | None]] = []

    def write(self, original: Any, values: Any, kept: Any) -> None:
        chosen = [each for each, is_kept in zip(original, kept, strict=True) if is_kept]
        for row, outcome, reason, at in zip(chosen, *(each.tolist() for each in values), strict=True):
            self.rows.append((row, outcome, reason, None if at == NEVER else at))


def in_period(times: list[int]) -> list[int]:
    """Of each, how many of them are in the period that ends with it, itself and those before it at its instant."""
    return [sum(at - PERIOD < before for before in times[: number + 1]) for number, at in enumerate(times)]


def of_the_spare(times: list[int], allocation: int) -> int:
    own: list[int] = []
    for at in times:
        if sum(at - PERIOD < before for before in own) < allocation:
            own.append(at)
    return len(times) - len(own)


def admitted(rules: Any, shares: Any, log: Any, cuts: Any = ()) -> tuple[Admitted, Kept]:
    kept = Kept()
    source = RequestsInMemory(log, cuts)
    return admit(source, AdmitUnder(rules, shares, "test", False), ReadOptions(), decisions=kept), kept


ALL_MODES = (Mode.ENFORCED, Mode.SHADOW, Mode.OFF)


@settings(max_examples=40)
@given(situation=situations(ALL_MODES), cuts=st.lists(st.integers(0, 60), max_size=5))
def test_columns_decide_as_one_by_one_with_batches_cut_anywhere(situation, cuts):
    rules, shares, log = situation
    one_by_one = decided(rules, shares, log)

    _, kept = admitted(rules, shares, log, cuts)

    assert [(r, a.outcome, a.reason, a.retry_at) for r, a in zip(log, one_by_one, strict=True)] == kept.rows


@settings(max_examples=40)
@given(situation=situations(), cuts=st.lists(st.integers(0, 60), max_size=3))
def test_what_is_counted_is_what_was_decided(situation, cuts):
    rules, shares, log = situation
    answers = decided(rules, shares, log)
    pairs = list(zip(log, answers, strict=True))

    found, _ = admitted(rules, shares, log, cuts)
    totals = found.totals

    assert len(log) == totals.received == found.received
    assert [sum(a.outcome is each for a in answers) for each in Outcome] == [
        totals.admitted,
        totals.throttled,
        totals.prioritised,
        totals.continuations,
    ]
    assert sum(a.early_warning for a in answers) == found.early_warnings
    for user in found.users:
        of_user = [(r, a) for r, a in pairs if r.user == user.user]
        used = in_period([r.at for r, a in of_user if a.outcome is not Outcome.THROTTLED])
        assert len(of_user) == user.totals.received
        assert max(used, default=0) == user.most_used
        times = [r.at for r, a in of_user if a.outcome is not Outcome.THROTTLED]
        assert of_the_spare(times, user.allocation) == user.spare_used
    times = [r.at for r, a in pairs if a.outcome is not Outcome.THROTTLED]
    fullest = max(in_period(times), default=0)
    assert fullest == found.most_used
    assert found.busiest_at == next(
        (at for at, n in zip(times, in_period(times), strict=True) if n == fullest), None
    )
    assert max(in_period([r.at for r in log]), default=0) == found.most_offered


@settings(max_examples=40)
@given(situation=situations())
def test_where_the_rule_was_full_the_summary_says_full(situation):
    rules, shares, log = situation
    was_full = any(a.reason is Reason.SYSTEM_FULL for a in decided(rules, shares, log))

    assert not was_full or admitted(rules, shares, log)[0].most_used >= rules.maximum_system_capacity


@settings(max_examples=40)
@given(situation=situations(), cuts=st.lists(st.integers(0, 60), max_size=3))
def test_what_came_back_is_counted_as_by_hand(situation, cuts):
    rules, shares, log = situation
    waiting: set[tuple[str, str]] = set()
    requests = came_back = retries = 0
    for request, answer in zip(log, decided(rules, shares, log), strict=True):
        key = request.user, request.request_id
        if answer.outcome is Outcome.THROTTLED:
            requests, retries = requests + (key not in waiting), retries + (key in waiting)
            waiting.add(key)
        elif key in waiting:
            came_back += 1
            waiting.remove(key)

    refused = admitted(rules, shares, log, cuts)[0].refused

    assert (requests, came_back, retries) == (refused.requests, refused.came_back, refused.retries)


@settings(max_examples=40)
@given(situation=situations(), cuts=st.lists(st.integers(0, 60), max_size=3))
def test_what_is_drawn_over_time_adds_up_wherever_a_log_is_cut(situation, cuts):
    rules, shares, log = situation

    found, whole = admitted(rules, shares, log, cuts)[0], admitted(rules, shares, log)[0]

    time = found.over_time
    assert found.totals.throttled == time.throttled.sum() == time.class_throttled.sum()
    assert found.totals.used == time.class_used.sum()
    assert found.most_used == max(time.system_used.tolist(), default=0)
    assert sum(user.spare_used for user in found.users) == time.spare_used.sum()
    for name in ("most_used", "spare_used", "throttled", "system_used", "system_offered", "class_used"):
        assert np.array_equal(getattr(whole.over_time, name), getattr(time, name))
    assert whole.days == found.days
    assert whole.spells == found.spells


def test_who_is_waited_for_longest_is_given_up_first_so_that_memory_is_bounded():
    refused = RefusedRequests(most=4)
    users, srvs = Names(), Names()
    log = [ServiceRequest(at, f"r{at}", "u", "7.4") for at in range(6)]
    for request in log:
        refused.receive(as_requests([request], users, srvs), np.array([True]))
    for request in (log[0], log[5]):
        refused.receive(as_requests([request._replace(at=10)], users, srvs), np.array([False]))

    assert (6, 1) == (refused.result().requests, refused.result().came_back)


def test_what_came_back_is_known_among_thousands_that_are_waited_for():
    refused = RefusedRequests()
    users, srvs = Names(), Names()
    log = [ServiceRequest(at, f"r{at}", "u", "7.4") for at in range(3_000)]
    for start in (0, 1_500):
        part = as_requests(log[start : start + 1_500], users, srvs)
        refused.receive(part, np.ones(1_500, np.bool_))
    refused.receive(as_requests(log, users, srvs), np.arange(3_000) % 3 == 0)

    found = refused.result()
    assert (3_000, 2_000, 1_000) == (found.requests, found.came_back, found.retries)
