"""Alarm health: lines, targets, storms of more than a day, and months."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.reports.replayed_examples import spell, spells

from tidegate.reports.alarm_health import (
    LEAST_LINE,
    MOST_DAYS,
    STALE_AFTER,
    DeviceShare,
    alarm_health,
    in_storms,
)
from tidegate.reports.health_findings import health_in_words, share_in_words
from tidegate.reports.replayed import HourOfCode, Totals
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.instants import DAY, HOUR, parse_instant

BEGINS = parse_instant("2026-03-01T00:00:00Z")


def health(days=1, storms=(), counts=None, line=None, shares=None):
    since = [BEGINS + day * DAY for day in range(days)]
    quiet = np.full((2, 144), 1, np.int64)
    quiet[0] = 0
    return alarm_health(
        Days.UTC,
        (BEGINS, BEGINS + days * DAY - 1),
        [HourOfCode(day + HOUR, 5, Totals(240, 200, 40)) for day in since],
        spells(storms),
        {day: quiet if counts is None else np.array(counts) for day in since},
        {day: DeviceShare(240, 60) for day in since} if shares is None else shares,
        ["", "network"],
        line,
    )


def test_a_day_has_its_rates_and_its_share():
    (day,) = health().spells

    assert ("2026-03-01", 24, 240, 200, 0.25) == (
        day.label, round(day.hours, 6), day.received, day.delivered, day.busiest,
    )  # fmt: skip


def test_a_line_is_three_times_the_recipients_middle_and_never_below_ten():
    assert [LEAST_LINE] == [it.line for it in health().recipients]
    assert [60] == [it.line for it in health(counts=[[0] * 144, [20] * 144]).recipients]


@pytest.mark.parametrize(("line", "in_flood"), [(20, 0), (19, 1)])
def test_a_flood_is_more_than_the_line(line, in_flood):
    found = health(counts=[[0] * 144, [20] * 144], line=line)

    assert in_flood == found.spells[0].in_flood == found.recipients[0].in_flood
    assert found.is_line_given


@pytest.mark.parametrize(("lasts", "stale"), [(STALE_AFTER, 0), (STALE_AFTER + 1, 1)])
def test_a_storm_is_stale_once_it_has_run_for_more_than_a_day(lasts, stale):
    found = health(3, [spell(started_at=BEGINS, ended_at=BEGINS + lasts)])

    assert [0, stale, 0] == [day.stale for day in found.spells]


def test_a_storm_that_still_runs_is_in_every_day_to_the_last_alert():
    found = health(3, [spell(started_at=BEGINS + HOUR, ended_at=None)])

    assert [1, 1, 1] == [day.storming for day in found.spells]
    assert [0, 1, 1] == [day.stale for day in found.spells]


@pytest.mark.parametrize(
    ("started_at", "ended_at", "ran"),
    [(0, 10, False), (0, 11, True), (19, 30, True), (20, 30, False), (12, 13, True)],
)
def test_a_storm_is_in_a_day_from_its_first_instant_to_before_its_end(started_at, ended_at, ran):
    storms = spells([spell(started_at=started_at, ended_at=ended_at)])

    assert [ran] == in_storms(storms, 10, 20, 100).tolist()


def test_a_long_log_is_told_by_the_month():
    found = health(MOST_DAYS + 1)

    assert found.is_monthly
    assert ["2026-03", "2026-04", "2026-05"] == [month.label for month in found.spells]
    assert [31 * 240, 30 * 240, 2 * 240] == [month.received for month in found.spells]
    assert not health(MOST_DAYS).is_monthly


def test_a_day_without_alerts_is_no_fault():
    found = health(shares={}, counts=[[0] * 144, [0] * 144])

    assert (0, 0) == (found.spells[0].in_flood, found.spells[0].busiest)
    assert [] == list(found.recipients)


def test_the_words_count_the_targets_that_are_met():
    said = " ".join(health_in_words(health()))

    assert "25.0% from the ten busiest Devices" in said
    assert "2 of the 3 usual targets met" in said


def lone_alert(storms=()):
    return alarm_health(
        Days.UTC, (BEGINS, BEGINS), [HourOfCode(BEGINS, 5, Totals(1, 1))], spells(storms), {}, {}, ["network"]
    )


def test_a_log_of_one_alert_has_no_rate_an_hour():
    (day,) = lone_alert().spells
    said = " ".join(health_in_words(lone_alert()))

    assert (1, 1) == (day.received_an_hour, day.delivered_an_hour)
    assert "Alarm health: 1 Alert received in less than an hour, 1 delivered;" in said


@pytest.mark.parametrize(("hours", "an_hour"), [(0.5, 60), (1, 60), (2, 30)])
def test_less_than_an_hour_counts_as_one(hours, an_hour):
    (day,) = lone_alert().spells

    assert an_hour == replace(day, hours=hours, received=60).received_an_hour


@pytest.mark.parametrize(("storms", "words"), [(1, "up to 1 storm of more"), (2, "up to 2 storms of more")])
def test_one_storm_is_told_as_one(storms, words):
    stale = [spell(number, started_at=BEGINS, ended_at=BEGINS + 2 * DAY) for number in range(storms)]

    assert words in " ".join(health_in_words(health(3, stale)))


@pytest.mark.parametrize(
    ("share", "words"),
    [(0, "0%"), (0.0004, "<0.1%"), (0.001, "0.1%"), (0.25, "25.0%"), (0.9999, ">99.9%"), (1, "100%")],
)
def test_a_share_that_is_not_nothing_is_never_nothing(share, words):
    assert words == share_in_words(share)
