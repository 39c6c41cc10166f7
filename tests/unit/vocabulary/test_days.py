"""Days of UTC and of Great Britain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given, strategies as st

from tidegate.vocabulary.days import Days, ahead_of_utc
from tidegate.vocabulary.instants import DAY, HOUR, parse_instant

SPRING = parse_instant("2024-03-31T01:00:00Z")
AUTUMN = parse_instant("2024-10-27T01:00:00Z")
EARLIEST = parse_instant("1998-01-01T00:00:00Z")
LATEST = parse_instant("2037-12-01T00:00:00Z")


@pytest.mark.parametrize(
    ("at", "ahead"),
    [(SPRING - 1, 0), (SPRING, HOUR), (AUTUMN - 1, HOUR), (AUTUMN, 0)],
)
def test_summer_time_begins_and_ends_at_an_instant(at, ahead):
    assert ahead == ahead_of_utc(at)


@pytest.mark.parametrize(("change", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_the_day_of_a_clock_change_has_an_hour_less_or_more(change, hours):
    begins = Days.LOCAL.begin_of(change)

    assert hours * HOUR == Days.LOCAL.end_of(begins) - begins
    assert DAY == Days.UTC.end_of(Days.UTC.begin_of(change)) - Days.UTC.begin_of(change)


def test_a_summer_evening_is_two_dates():
    at = parse_instant("2024-07-01T23:30:00Z")

    assert ("2024-07-01", "2024-07-02") == (Days.UTC.date_of(at), Days.LOCAL.date_of(at))
    assert "2 July 2024" == Days.LOCAL.date_in_words(at)
    assert "2024-07" == Days.LOCAL.month_of(at)


@given(st.sampled_from(Days), st.integers(EARLIEST, LATEST), st.integers(0, 400 * DAY))
def test_days_cover_a_period_without_gap(days, first, lasts):
    found = days.since(first, first + lasts)
    ends = [days.end_of(day) for day in found]

    assert found[0] <= first < ends[0]
    assert found[-1] <= first + lasts < ends[-1]
    assert ends[:-1] == found[1:]
    assert {23 * HOUR, DAY, 25 * HOUR} >= {end - begin for begin, end in pairwise([*found, ends[-1]])}
    assert all(days.begin_of(end - 1) == begin for begin, end in zip(found, ends, strict=True))


@given(st.integers(EARLIEST, LATEST))
def test_the_clock_is_that_of_the_zone_database(at):
    try:
        london = ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        pytest.skip("no zone database is here")
    then = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)

    assert then.astimezone(london).utcoffset() == timedelta(microseconds=ahead_of_utc(at))
