"""Backoff, pace, and whether a User's system can be reached."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tidegate.operations.redelivery import DeliveryTerms, Pace, Reach, asked_to_wait, backoff
from tidegate.vocabulary.instants import MINUTE, SECOND

TERMS = DeliveryTerms()


def longest(_below: int) -> int:
    return 0


def shortest(below: int) -> int:
    return below - 1


def test_the_backoff_doubles_up_to_its_most_and_is_spread_over_its_upper_half():
    assert [1, 2, 4, 8, 16, 32, 60, 60] == [backoff(n, TERMS, longest) // SECOND for n in range(1, 9)]
    assert [SECOND // 2, SECOND, 2 * SECOND] == [backoff(n, TERMS, shortest) for n in range(1, 4)]


@given(
    attempts=st.integers(1, 10_000),
    asked=st.integers(0, 10**12),
    took=st.integers(0, TERMS.timeout_us),
    data=st.data(),
)
def test_a_second_attempt_is_never_late_however_long_the_first_took_and_whatever_was_asked(
    attempts, asked, took, data
):
    wait = backoff(attempts, TERMS, lambda below: data.draw(st.integers(0, below - 1)))

    assert took + max(wait, asked_to_wait(asked, TERMS)) < TERMS.retry_within_us


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeout_us": 120 * SECOND},
        {"most_backoff_us": 150 * SECOND},
        {"hold_us": 300 * SECOND},
        {"at_once": 0},
        {"window": 15},
        {"pace_per_s": 2_000},
    ],
)
def test_terms_by_which_a_second_attempt_could_be_late_cannot_be_made(wrong):
    with pytest.raises(AssertionError):
        DeliveryTerms(**wrong)


def test_a_system_is_down_after_three_failures_in_a_row_since_the_first_of_them_began():
    reach = Reach(TERMS)

    assert not reach.failed(10, 20, longest, has_asked=False)
    assert not reach.reached()
    assert not reach.failed(30, 40, longest, has_asked=False)
    assert not reach.failed(31, 41, longest, has_asked=False)
    assert reach.failed(32, 42, longest, has_asked=False)
    assert 30 == reach.down_since
    assert reach.reached()
    assert not reach.is_down


def test_only_those_that_ask_put_the_next_question_off():
    reach = Reach(TERMS)
    for _ in range(20):
        reach.failed(0, 0, longest, has_asked=False)

    assert SECOND == reach.asks_at

    reach.failed(SECOND, SECOND, longest, has_asked=True)

    assert 3 * SECOND == reach.asks_at


def test_the_pace_doubles_while_all_is_well_and_halves_by_a_failure():
    pace = Pace(DeliveryTerms(pace_per_s=10, most_pace_per_s=40, pace_doubles_every_us=SECOND))
    pace.start(0)
    now = gone = 0
    by_second = []
    for second in range(4):
        while now < (second + 1) * SECOND:
            if pace.may_go(now):
                pace.gone(now)
                gone += 1
            now += SECOND // 1_000
        by_second.append(gone)
        gone = 0

    assert [10, 20, 40, 40] == [round(count, -1) for count in by_second]

    pace.failed(now)

    assert 20 == pace.per_s


def test_there_is_no_burst_after_a_lull():
    pace = Pace(DeliveryTerms(pace_per_s=10, most_pace_per_s=10))
    pace.start(0)
    now, gone = 10 * MINUTE, 0
    while pace.may_go(now):
        pace.gone(now)
        gone += 1

    assert gone <= 2
