"""The score card of an adapter's retry log: each question answered by evidence, and never by default."""

from __future__ import annotations

from itertools import accumulate

import pytest

from tidegate.reports.adapter_score import GRACE, Mark, headline, score
from tidegate.vocabulary.attempts import NO_ANSWER, Attempt
from tidegate.vocabulary.instants import SECOND

READ, INSTALL, CRITICAL = "4.8.1", "8.11", "8.7.1"


def taken(at: int, request: str, srv: str = READ) -> Attempt:
    return Attempt(at, request, srv, 200, None, True)


def throttled(at: int, request: str, srv: str = READ, after: int | None = 3) -> Attempt:
    return Attempt(at, request, srv, 503, None if after is None else after * SECOND, True)


def outage(at: int, request: str, srv: str = READ, status: int = 503) -> Attempt:
    return Attempt(at, request, srv, status, None, False)


def marks(*log: Attempt) -> dict[str, Mark]:
    return {answer.name: answer.mark for answer in score(log).answers}


def test_nothing_is_passed_by_default():
    assert {Mark.NOT_SEEN} == set(marks().values())
    assert "There is no attempt in the log." == headline(score([]))


@pytest.mark.parametrize(
    ("back", "mark"),
    [
        (3 * SECOND - 1, Mark.NO),
        (3 * SECOND, Mark.YES),
        (3 * SECOND + GRACE, Mark.YES),
        (3 * SECOND + GRACE + 1, Mark.NO),
    ],
)
def test_it_comes_back_at_retry_after_and_within_the_grace(back, mark):
    assert mark is marks(throttled(0, "a"), taken(back, "a"))["Retry-After"]


def test_one_that_never_comes_back_is_told():
    (answer, *_) = score([throttled(0, "a"), taken(1, "b")]).answers

    assert Mark.NO is answer.mark
    assert "1 never" in answer.evidence


@pytest.mark.parametrize(("tries", "mark"), [(1, Mark.YES), (2, Mark.NO)])
def test_more_than_one_retry_of_a_throttled_request_amplifies(tries, mark):
    log = [*(throttled(at * 10 * SECOND, "a") for at in range(tries)), taken(100 * SECOND, "a")]

    assert mark is marks(*log)["Amplification"]


def test_a_return_that_an_outage_held_back_is_not_held_against_it():
    refused, due = throttled(0, "a"), 3 * SECOND
    late = taken(due + GRACE + 1, "a")

    assert Mark.NOT_SEEN is marks(refused, outage(1, "b"), late)["Retry-After"]
    assert Mark.NOT_SEEN is marks(refused, outage(due + GRACE, "b"), late)["Retry-After"]
    assert Mark.NO is marks(refused, outage(due + GRACE + 1, "b"), late)["Retry-After"]
    assert Mark.NO is marks(outage(0, "b"), refused, late)["Retry-After"]
    assert Mark.NO is marks(refused, outage(1, "b"), taken(due - 1, "a"))["Retry-After"]


def test_what_an_outage_asks_for_and_returns_as_told_amplify_nothing():
    as_told = [throttled(at * 3 * SECOND, "a") for at in range(5)]

    assert (
        Mark.YES is marks(throttled(0, "a"), outage(3 * SECOND, "a"), taken(9 * SECOND, "a"))["Amplification"]
    )
    assert Mark.YES is marks(*as_told, taken(15 * SECOND, "a"))["Amplification"]
    assert (
        Mark.NO is marks(*as_told, throttled(15 * SECOND, "a"), taken(15 * SECOND + 1, "a"))["Amplification"]
    )


def test_install_and_commission_goes_first_once_it_is_due():
    refused = [throttled(0, "hub", INSTALL), throttled(1, "read")]
    due = 3 * SECOND + GRACE

    assert Mark.YES is marks(*refused, taken(due, "read"), taken(due + 1, "hub", INSTALL))["Install first"]
    assert Mark.NO is marks(*refused, taken(due + 1, "read"), taken(due + 2, "hub", INSTALL))["Install first"]
    assert Mark.YES is marks(*refused, taken(due, "hub", INSTALL), taken(due + 1, "read"))["Install first"]
    assert Mark.NOT_SEEN is marks(throttled(1, "read"), taken(due, "read"))["Install first"]


@pytest.mark.parametrize("status", [503, 500, 502, NO_ANSWER])
def test_an_outage_is_a_fault_without_a_rate_limit_and_is_backed_off_from(status):
    at = [0, 2 * SECOND, 6 * SECOND, 14 * SECOND]
    grows = [outage(each, "a", status=status) for each in at]
    hammers = [outage(each // 100, "a", status=status) for each in at]
    fixed = [outage(each * SECOND, "a", status=status) for each in range(0, 10, 2)]

    assert Mark.YES is marks(*grows)["Outage"]
    assert Mark.NO is marks(*hammers)["Outage"]
    assert Mark.NO is marks(*fixed)["Outage"]
    assert Mark.NOT_SEEN is marks(throttled(0, "a"), taken(1, "a"))["Outage"]


@pytest.mark.parametrize(
    ("waits_ms", "mark"),
    [
        ([100], Mark.NO),
        ([101], Mark.YES),
        ([900, 400, 200], Mark.YES),  # two further waits tell nothing: they are random
        ([900, 400, 200, 800], Mark.NO),
        ([900, 1_500, 200, 7_100, 14_400], Mark.YES),
    ],
)
def test_random_waits_that_grow_are_a_backing_off(waits_ms, mark):
    ends = list(accumulate(wait * SECOND // 1_000 for wait in waits_ms))
    log = [outage(at, "a", status=NO_ANSWER) for at in [0, *ends[:-1]]]

    assert mark is marks(*log, taken(ends[-1], "a"))["Outage"]


def test_what_was_taken_is_left_alone_but_for_the_signed_pre_command():
    assert Mark.NO is marks(taken(0, "a"), taken(1, "a"))["Once"]
    assert Mark.YES is marks(taken(0, "a", CRITICAL), taken(1, "a", CRITICAL))["Once"]
    assert Mark.NO is marks(*(taken(at, "a", CRITICAL) for at in range(3)))["Once"]


def test_the_order_of_the_rows_does_not_matter():
    log = [throttled(0, "a"), taken(3 * SECOND, "a"), outage(1, "b"), taken(3 * SECOND, "b")]

    assert score(log) == score(log[::-1])
