"""The pace: never more in a window than the share, evenly, and slowly after an outage."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

from hypothesis import given, settings, strategies as st

from tidegate.client.answers import Share
from tidegate.client.pace import Pace

WINDOW = 1_000


def share(limit: int, left: int = 1, allocation: int | None = None, *, is_warned: bool = False) -> Share:
    return Share(limit, WINDOW, allocation, left, is_warned)


def told(limit: int, **others) -> Pace:
    pace = Pace(1_000)
    pace.told(share(limit, **others), 0, is_throttled=False)
    return pace


def sent_at(pace: Pace, begin: int, end: int, every: int = 1) -> list[int]:
    """When requests go that all wait from the beginning."""
    at = []
    now = begin
    while now < end:
        while pace.may_go_at(now) <= now:
            pace.sent(now)
            at.append(now)
            assert len(at) < 10_000
        now = max(now + every, pace.may_go_at(now))
    return at


@settings(max_examples=40)
@given(st.integers(1, 60), st.lists(st.sampled_from([1, 7, WINDOW - 1, WINDOW, WINDOW + 1]), max_size=8))
def test_no_window_has_more_than_the_share(limit, gaps):
    pace, now, sent = told(limit), 0, []
    for gap in gaps:
        now += gap
        sent += sent_at(pace, now, now + 300)
        now += 300

    for number, at in enumerate(sent):
        assert limit >= number + 1 - bisect_right(sent, at - WINDOW)


def test_all_of_the_share_is_used_and_evenly():
    sent = sent_at(told(20), 0, 10 * WINDOW)

    assert 180 <= len(sent) <= 202
    assert 56 == max(later - before for before, later in pairwise(sent))


def test_where_nothing_is_known_of_a_share_nothing_waits():
    pace = Pace(1_000)
    pace.sent(5)

    assert 5 == pace.may_go_at(5)
    assert pace.limit is None


def test_a_small_share_is_not_halved_by_the_aim():
    pace = Pace(950)
    pace.told(share(2), 0, is_throttled=False)

    assert 2 == pace.limit


def test_who_is_warned_keeps_to_its_allocation():
    assert 30 == told(30, allocation=10).limit
    assert 10 == told(30, allocation=10, is_warned=True).limit
    assert 30 == told(30, allocation=0, is_warned=True).limit


def test_throttling_slows_it_once_in_a_window_and_room_lets_it_rise():
    pace = told(800)
    pace.told(share(800, left=0), 10, is_throttled=True)
    pace.told(share(800, left=0), 10 + WINDOW - 1, is_throttled=True)
    assert 700 == pace.limit

    pace.told(share(800, left=0), 10 + WINDOW, is_throttled=False)
    assert 612 == pace.limit

    pace.told(share(800, left=79), 2 * WINDOW, is_throttled=False)
    assert 612 == pace.limit
    for _ in range(12):
        pace.told(share(800, left=80), 2 * WINDOW, is_throttled=False)
    assert 800 == pace.limit


def test_it_never_stops_for_being_slowed():
    pace = Pace(950)
    for times in range(100):
        pace.told(share(3, left=0), times * WINDOW, is_throttled=True)

    assert 1 == pace.limit


def test_after_an_outage_it_begins_slowly():
    pace = told(100)
    pace.resume(0, 10 * WINDOW)

    sent = sent_at(pace, 0, 20 * WINDOW)
    by_second = [
        sum(1 for at in sent if second * WINDOW <= at < (second + 1) * WINDOW) for second in range(20)
    ]
    assert 10 <= by_second[0] <= 20
    assert sorted(by_second[:10]) == by_second[:10]
    assert 80 <= by_second[19] <= 100
