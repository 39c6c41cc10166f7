"""What one Device did with one code: copies, chattering, patterns; the worked examples of the page."""

from __future__ import annotations

import pytest
from tests.fleets import SINCE, every

from tidegate.alert_storm.fleet_activity import FEWEST, Activity, Pattern
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import HOUR, MINUTE, SECOND


def activity_of(alerts):
    activity = Activity()
    for alert in alerts:
        activity.receive(alert)
    return activity


def at_gaps(*gaps, codes=(0x8F35,)):
    """Alerts of one Device with some gaps between them, in seconds."""
    at, alerts = SINCE, [Alert(SINCE, 1, codes[0])]
    for n, gap in enumerate(gaps, start=1):
        at += round(gap * SECOND)
        alerts.append(Alert(at, 1, codes[n % len(codes)]))
    return alerts


@pytest.mark.parametrize(
    ("seconds", "is_chattering"), [(19, True), (20, True), (20.999999, True), (21, False)]
)
def test_three_a_minute_is_chattering(seconds, is_chattering):
    activity = activity_of(at_gaps(*[seconds] * 9))

    assert int(seconds) == pytest.approx(1 / activity.chatter_index)
    assert is_chattering == activity.is_chattering


def test_nine_activations_tell_nothing():
    few, enough = activity_of(every(SECOND, FEWEST - 1)), activity_of(every(SECOND, FEWEST))

    assert (False, Pattern.FEW) == (few.is_chattering, few.pattern(1))
    assert (True, Pattern.PERIODIC) == (enough.is_chattering, enough.pattern(1))


def test_the_chatter_index_is_the_sum_of_shares_by_run_length():
    """Half the gaps 2 s, a quarter 10 s, a quarter 1,000 s: 0.5/2 + 0.25/10 + 0.25/1000."""
    assert 0.27525 == pytest.approx(activity_of(at_gaps(2, 10, 2, 1_000)).chatter_index)


def test_one_alert_has_no_gap():
    activity = activity_of(every(1, 1))

    assert (0.0, 0.0, 1) == (activity.chatter_index, activity.burstiness, activity.activations)


@pytest.mark.parametrize(
    ("gap", "to", "heard"),
    [
        (0, "network", 1),
        (SECOND - 1, "network", 1),
        (SECOND, "network", 2),
        (SECOND, "supplier", 1),
        (HOUR - 1, "supplier", 1),
        (HOUR, "supplier", 2),
    ],
)
def test_a_copy_is_the_same_within_a_second_or_to_another_within_an_hour(gap, to, heard):
    activity = activity_of([Alert(SINCE, 1, 0x8F75, "network"), Alert(SINCE + gap, 1, 0x8F75, to)])

    assert (2, heard) == (activity.alerts, activity.heard)


def test_two_recipients_chatter_no_more_than_one():
    alone = every(5 * MINUTE, 30, to="network")
    copies = [Alert(alert.at + 2 * SECOND, 1, alert.alert_code, "supplier") for alert in alone]
    both = activity_of(sorted([*alone, *copies], key=lambda alert: alert.at))

    assert activity_of(alone).chatter_index == both.chatter_index
    assert (60, 30) == (both.alerts, both.heard)


def test_a_recipient_that_falls_silent_is_followed_by_the_next():
    """As after a change of Supplier."""
    before = every(5 * MINUTE, 10, to="supplier A")
    after = [Alert(alert.at + 2 * HOUR, 1, alert.alert_code, "supplier B") for alert in before]

    assert 20 == activity_of([*before, *after]).heard


def test_each_code_of_a_pair_has_a_recipient_of_its_own_to_follow():
    """8F75 to the Network Operator and to the Supplier, 81BC to the Supplier alone."""
    alerts = []
    for n in range(10):
        at = SINCE + n * 5 * MINUTE
        alerts += [
            Alert(at, 1, 0x8F75, "network"),
            Alert(at, 1, 0x8F75, "supplier"),
            Alert(at + MINUTE, 1, 0x81BC, "supplier"),
        ]
    activity = activity_of(alerts)

    assert (30, 20, 19, 10) == (activity.alerts, activity.heard, activity.alternations, activity.activations)


def test_activations_are_of_the_code_heard_first():
    """A log may begin within a state, or hold one code of the pair alone."""
    toggling = activity_of(at_gaps(*[30, 300] * 6, codes=(0x8015, 0x8014)))
    second_alone = activity_of(every(HOUR, 12, codes=(0x8015,)))

    assert (7, 12) == (toggling.activations, toggling.alternations)
    assert pytest.approx(1 / 330) == toggling.chatter_index
    assert (12, 0, Pattern.PERIODIC) == (
        second_alone.activations, second_alone.alternations, second_alone.pattern(1)
    )  # fmt: skip


def test_hours_are_those_of_the_clock():
    assert 2 == activity_of([Alert(SINCE + HOUR - 1, 1, 5), Alert(SINCE + HOUR, 1, 5)]).hours_active
    assert 1 == activity_of([Alert(SINCE, 1, 5), Alert(SINCE + HOUR - 1, 1, 5)]).hours_active


@pytest.mark.parametrize(
    ("alerts", "pattern"),
    [
        (every(6 * HOUR, 20), Pattern.PERIODIC),
        (at_gaps(*[2, 4] * 10), Pattern.PERIODIC),
        (at_gaps(*[1, 4] * 10), Pattern.IRREGULAR),
        (at_gaps(*[10] * 9, 5 * 3_600, *[10] * 9), Pattern.BURST),
        (every(HOUR, 18), Pattern.CONTINUOUS),
        (every(HOUR, 17), Pattern.PERIODIC),
    ],
)
def test_patterns(alerts, pattern):
    """A third of the mean, for even gaps: 2 and 4 s spread by 1 s around 3. 18 of 24 hours are continuous."""
    assert pattern == activity_of(alerts).pattern(1.0 if alerts[-1].at < SINCE + 24 * HOUR else 30.0)


def test_an_hour_of_alerts_is_not_continuous_however_short_the_log():
    alerts = at_gaps(*[1, 4] * 10)

    assert Pattern.IRREGULAR == activity_of(alerts).pattern(1 / 24)
