"""The daily report: days add up, Devices are counted once, changes are compared on whole days."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings, strategies as st
from tests.logs import LogInMemory

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.daily_report import DailyOptions, busiest_codes, daily_report
from tidegate.operations.ordered_log import ReadOptions
from tidegate.operations.replay import ReplayOptions, always
from tidegate.policy.history import PolicyPeriod
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.daily_findings import daily_verdict
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, parse_instant

ONE = ReplayOptions(shards=1)
MONDAY = parse_instant("2024-10-21T00:00:00Z")
PARAMETERS = AlertStormParameters(5, HOUR, forward_one_in=10)
BEFORE = MechanismDocument(
    "before", Mode.ENFORCED, 0, AlertStormRules(PARAMETERS), ExclusionList({0x8F75: ""})
)
AFTER = MechanismDocument("after", Mode.ENFORCED, 1, AlertStormRules(PARAMETERS))


def report(alerts, periods=None, *, codes=(0x8F75,), options=ONE, cuts=(), **asked):
    return daily_report(
        LogInMemory(alerts, cuts), periods or always(AFTER), options, DailyOptions(codes, **asked)
    )


def shouting(days, *, since=MONDAY, each=100, code=0x8F75, recipient="supplier"):
    """One Device that raises so many in the noon hour of each day, and another that raises one an hour."""
    alerts = []
    for day in range(days):
        begins = since + day * DAY
        alerts += [Alert(begins + 12 * HOUR + n, 1, code, recipient) for n in range(each)]
        alerts += [Alert(begins + hour * HOUR, 2, code, recipient) for hour in range(24)]
    return sorted(alerts, key=lambda alert: alert.at)


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            Alert,
            st.integers(0, 16).map(lambda quarter: MONDAY + quarter * 6 * HOUR - 1),
            st.integers(0, 12),
            st.sampled_from([0x8F75, 0x8014]),
        ),
        max_size=60,
    ),
    st.sampled_from(Days),
    st.lists(st.integers(0, 60), max_size=3),
)
def test_days_are_those_of_counting_one_by_one(alerts, days, cuts):
    alerts.sort(key=lambda alert: alert.at)
    found = report(alerts, codes=(0x8F75,), days=days, cuts=cuts)
    received: dict[int, int] = defaultdict(int)
    devices: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for alert in alerts:
        if alert.alert_code == 0x8F75:
            day = days.begin_of(alert.at)
            received[day] += 1
            devices[day][alert.device_id] += 1

    assert [(day.begins, day.received) for day in found.rows] == [
        (day.begins, received[day.begins]) for day in found.rows
    ]
    assert sum(received.values()) == sum(day.received for day in found.rows)
    for row in found.rows:
        assert len(devices[row.begins]) == row.devices
        assert sum(sorted(devices[row.begins].values())[-10:]) == row.busiest
        assert row.received == row.delivered + row.throttled
    if alerts:
        assert days.since(alerts[0].at, alerts[-1].at) == [row.begins for row in found.rows]


def test_the_day_the_clocks_go_back_has_25_hours():
    begins = parse_instant("2024-10-26T23:00:00Z")
    alerts = [Alert(begins + hour * HOUR, 1, 0x8F75) for hour in range(25)]
    local = report(alerts, days=Days.LOCAL)
    utc = report(alerts)

    assert [(25, True)] == [(row.received, row.is_whole) for row in local.rows]
    assert [(1, False), (24, True)] == [(row.received, row.is_whole) for row in utc.rows]


def test_a_change_of_policy_is_told_with_what_it_did():
    change = MONDAY + 4 * DAY
    periods = [PolicyPeriod(BEFORE_ALL, change, BEFORE), PolicyPeriod(change, None, AFTER)]
    found = report(shouting(8), periods)
    (one,) = found.changes

    assert ("before", "after", change) == (one.before, one.after, one.at)
    assert (4, 4) == (one.measures["delivered"].before.days, one.measures["delivered"].after.days)
    assert one.measures["delivered"].is_larger_than_chance
    assert not one.measures["received"].is_larger_than_chance
    assert [("before",)] * 4 + [("after",)] * 4 == [row.policies for row in found.rows]
    assert [0] * 4 + [1] * 4 == [row.devices_stormed for row in found.rows]
    assert [2] * 8 == [row.devices for row in found.rows]
    assert (
        "8F75 fell from 124 to 38 delivered a day when after took force on 25 October 2024."
        == daily_verdict(found).headline
    )


def test_the_day_of_a_change_at_noon_is_on_neither_side():
    change = MONDAY + 4 * DAY + 12 * HOUR
    periods = [PolicyPeriod(BEFORE_ALL, change, BEFORE), PolicyPeriod(change, None, AFTER)]
    found = report(shouting(9), periods)
    measured = found.changes[0].measures["delivered"]

    assert (4, 4) == (measured.before.days, measured.after.days)
    assert ("before", "after") == found.rows[4].policies


def test_a_day_the_log_only_has_part_of_is_on_no_side():
    change = MONDAY + 4 * DAY
    alerts = [alert for alert in shouting(9) if MONDAY + HOUR <= alert.at < MONDAY + 9 * DAY - HOUR]
    found = report(alerts, changes=[change])
    measured = found.changes[0].measures["received"]

    assert (3, 4) == (measured.before.days, measured.after.days)
    assert [False, *[True] * 7, False] == [row.is_whole for row in found.rows]
    assert any("only part of 2024-10-21 and 2024-10-29" in said for said in daily_verdict(found).cautions)


def test_means_are_of_whole_days_alone():
    found = report(
        [alert for alert in shouting(4) if MONDAY + 13 * HOUR <= alert.at < MONDAY + 3 * DAY + HOUR]
    )
    whole = report(shouting(2))

    assert [False, True, True, False] == [row.is_whole for row in found.rows]
    assert daily_verdict(found).headline.startswith(
        "8F75: 124 received a day (2 whole days), most on 22 October 2024 (124), from 2 Devices a day"
    )
    assert daily_verdict(whole).headline.startswith("8F75: 124 received a day, most on")


def test_a_log_without_a_whole_day_has_no_mean():
    one, two = (
        report([alert for alert in shouting(2) if MONDAY + 13 * HOUR <= alert.at < MONDAY + hours * HOUR])
        for hours in (24, 30)
    )

    assert daily_verdict(one).headline.startswith(
        "8F75: 11 received in part of a day, from 1 Device, the ten"
    )
    assert daily_verdict(two).headline.startswith(
        "8F75: 17 received in 2 days, none of them whole, from up to 1 Device a day"
    )


def test_an_instant_that_is_asked_about_is_compared_without_any_policy():
    alerts = [
        *shouting(5, each=10),
        *shouting(5, each=50, since=MONDAY + 5 * DAY),
    ]
    found = report(alerts, always(BEFORE), changes=[MONDAY + 5 * DAY])

    assert "8F75 rose from 34 to 74 delivered a day on 26 October 2024." == daily_verdict(found).headline


def test_talkers_are_those_who_raised_most_with_their_days():
    found = report(shouting(3, each=10))

    assert [("00-00-00-00-00-00-00-02", 72, 3), ("00-00-00-00-00-00-00-01", 30, 3)] == [
        (it.device_id, it.alerts, it.days) for it in found.talkers
    ]
    assert [0, 3] == [it.days_stormed for it in found.talkers]


def test_a_code_that_was_not_received_has_its_days_all_the_same():
    found = report(shouting(2), codes=(0x8F75, 0x8F3E))

    assert [0, 0] == [row.received for row in found.of_code(0x8F3E)]
    assert any("8F3E was not received in 2 days" in said for said in daily_verdict(found).findings)


def test_a_log_without_alerts_is_reported_as_such():
    found = report([])

    assert "There was no Alert to replay." == daily_verdict(found).headline
    assert [] == list(found.rows)


def test_the_busiest_codes_are_found_first():
    alerts = [Alert(at, 1, code) for at, code in enumerate([5, 5, 5, 7, 7, 9, 1, 2, 3])]

    assert [5, 7, 1, 2, 3] == busiest_codes(LogInMemory(alerts), ReadOptions())


def test_an_interrupted_search_for_the_busiest_codes_says_nothing():
    def interrupt(_done, _rows):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        busiest_codes(LogInMemory([Alert(at, 1, 5) for at in range(9)], (3, 6)), ReadOptions(), interrupt)


def test_a_flood_is_told_by_the_line_that_is_given():
    alerts = [Alert(MONDAY + n, 1, 5, "a") for n in range(7)]
    alerts += [Alert(MONDAY + 20 * MINUTE + n, 1, 5, "b") for n in range(6)]
    at_7 = report(alerts, codes=(5,), flood_line=7).health
    at_6 = report(alerts, codes=(5,), flood_line=6).health

    assert [0, 0] == [it.in_flood for it in at_7.recipients]
    assert [("a", 1 / 3), ("b", 0)] == [(it.recipient, it.in_flood) for it in at_6.recipients]
    assert 1 / 6 == pytest.approx(at_6.spells[0].in_flood)
