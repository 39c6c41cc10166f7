"""The verdict says what was found, and nothing that was not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.reports.replayed_examples import (
    DEFAULT,
    FIRST_DEVICE,
    NETWORK,
    START,
    empty,
    policy,
    quiet,
    replayed,
    spell,
    storming,
    week,
)

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.parameters import AlertStormRules
from tidegate.columnar.batches import RejectedRow
from tidegate.policy.mechanism import Mode
from tidegate.reports.replayed import InForce, Totals
from tidegate.reports.verdict import late_in_words, parameters_in_words, table_by_code, verdict
from tidegate.vocabulary.instants import HOUR


def test_where_no_stream_went_over_nothing_would_have_been_held_back() -> None:
    assert (
        verdict(quiet()).headline
        == "No counted stream went over 30 in 1 h; these parameters would have held back nothing."
    )


def test_where_codes_have_thresholds_of_their_own_none_is_named() -> None:
    rules = AlertStormRules(DEFAULT, {0x8F75: replace(DEFAULT, threshold=20)})

    assert (
        verdict(replayed({0x8F75: Totals(5, 5)}, policies=[policy(rules=rules)])).headline
        == "No counted stream went over its threshold; these parameters would have held back nothing."
    )


def test_an_empty_log_is_not_called_quiet() -> None:
    assert verdict(empty()).headline == "There was no Alert to replay."
    assert verdict(empty()).findings == ()


def test_a_log_of_which_no_row_could_be_used_says_so() -> None:
    said = verdict(replayed(rejected=3))

    assert said.headline == "None of the 3 rows could be used, so nothing was replayed."
    assert said.findings == ()
    assert said.cautions == ("Not used: 3 rows (100%): not an EUI-64 (3).",)


@pytest.mark.parametrize(
    ("expected", "received"),
    [
        ("Shouters. Throttling would deal with most of this: 1 Device stormed and 50.0%", 1_000),
        ("Shouters. Throttling would deal with part of this: 1 Device stormed and 50.0%", 1_001),
        ("Shouters. Throttling would deal with part of this: 1 Device stormed and 20.0%", 2_500),
        ("Shouters. Throttling alone will not fix this: 1 Device stormed, but only 20.0%", 2_501),
    ],
)
def test_the_headline_turns_at_half_and_at_a_fifth(expected: str, received: int) -> None:
    said = verdict(storming(received, in_storm=510, forwarded=10))

    assert said.headline.startswith(expected)


def test_storms_under_one_in_one_hold_back_nothing_and_are_still_storms() -> None:
    headline = verdict(storming(in_storm=600, forwarded=600)).headline

    assert (
        headline
        == "Shouters. 1 Device stormed, and these parameters would have held back nothing: all is forwarded."
    )


def test_what_is_held_back_and_what_no_throttling_touches_are_counted() -> None:
    said = verdict(storming(1_000, in_storm=600, forwarded=60))

    assert "Storms: 1 stream of 1 Device stormed once, up to 600 Alerts in one window." in said.findings
    assert "Held back: 540 of 1,000 Alerts received (54.0%), 90.0% of those in storms." in said.findings
    assert (
        "Out of reach: 400 Alerts (40.0%) came while their stream was at or under its threshold; "
        "no throttling touches these." in said.findings
    )


def test_excluded_codes_are_named_the_most_frequent_first_and_are_not_out_of_reach_twice() -> None:
    made = replayed(
        {
            0x8F75: Totals(100, 10, 90),
            0x8F35: Totals(5, 0, 0, 5),
            0x8F36: Totals(7, 0, 0, 7),
            0x10000: Totals(1, 0, 0, 1),
            0x10018: Totals(2, 0, 0, 2),
        },
        [spell(received=100, forwarded=10)],
    )

    findings = verdict(made).findings

    assert any("Out of reach: 0 Alerts (0%)" in finding for finding in findings)
    assert (
        "Excluded: 15 Alerts (13.0%) of 4 codes on the exclusion list always pass: "
        "7 of 8F36, 5 of 8F35, 2 of N24, 1 more code." in findings
    )


def test_a_storm_that_still_runs_is_told() -> None:
    made = replayed({0x8F75: Totals(100, 10, 90)}, [spell(ended_at=None)])

    assert any("1 still ran at the end of the log." in finding for finding in verdict(made).findings)


def test_the_same_device_and_code_for_two_recipients_are_two_streams_of_one_device() -> None:
    made = replayed({0x8F75: Totals(200, 20, 180)}, [spell(), spell(), spell(recipient=NETWORK)])

    assert verdict(made).findings[1].startswith("Storms: 2 streams of 1 Device stormed 3 times")


def test_amber_is_told_and_is_no_storm() -> None:
    made = replayed({0x8F75: Totals(30, 30)}, [spell(received=26, forwarded=26, level=Level.AMBER)])

    said = verdict(made)

    assert said.headline.startswith("No counted stream went over 30 in 1 h")
    assert (
        "Amber: 1 stream of 1 Device went over the amber threshold once; amber holds back nothing."
        in said.findings
    )


def test_busiest_code_and_hour_are_the_first_of_equals() -> None:
    made = replayed({0x8F36: Totals(5, 5), 0x8F35: Totals(5, 5)})

    findings = verdict(made).findings

    assert "Busiest code: 8F35 (Supply Outage Restored), 5 Alerts, 50.0% of all." in findings
    assert "Busiest hour: 2026-03-01 00:00 UTC, 10 Alerts." in findings


def test_a_change_of_policy_is_told_version_by_version() -> None:
    made = storming(1_000, in_storm=600, forwarded=60)
    made = replace(
        made,
        in_force=[
            InForce(policy("one"), None, START + HOUR, Totals(400, 0, 0, 400)),
            InForce(policy("two"), START + HOUR, None, Totals(600, 60, 540)),
        ],
    )

    assert (
        "By policy: one held back 0% of 400; two from 2026-03-01 01:00 UTC held back 90.0% of 600."
        in verdict(made).findings
    )


def test_shadow_off_late_outside_illustrative_and_partial_are_cautions() -> None:
    made = replace(
        storming(),
        late=2,
        outside_period=3,
        completed=0.999,
        in_force=[
            InForce(policy("one", mode=Mode.OFF), None, START, Totals()),
            InForce(
                policy("two", mode=Mode.SHADOW, is_illustrative=True), START, None, Totals(1_000, 460, 540)
            ),
        ],
    )

    assert verdict(made).cautions == (
        "Interrupted: only the first 99% of the input was replayed.",
        "Policy two is in shadow: what is shown as held back would in fact have been forwarded.",
        "Policy one is off: all it covers was forwarded.",
        "Late: 2 Alerts came after a younger one and were put in order.",
        "Left out: 3 rows outside the period asked for.",
        "The parameters are illustrative: those of the real Mechanism Document are not public.",
    )


def test_under_a_policy_that_is_off_all_is_forwarded() -> None:
    made = replayed({0x8F75: Totals(9, 9)}, policies=[policy(mode=Mode.OFF)])

    assert verdict(made).headline == "Alert Storm Protection is off: all 9 Alerts would have been forwarded."


def test_only_the_commonest_reasons_are_named() -> None:
    row = RejectedRow("alerts.csv", 1, "x")
    made = replace(
        replayed({0x8F75: Totals(1, 1)}, rejected=10),
        rejected_by_reason={"a": (1, row), "b": (4, row), "c": (3, row), "d": (2, row)},
    )

    assert verdict(made).cautions == ("Not used: 10 rows (90.9%): b (4); c (3); d (2); 1 more reason.",)


def test_the_table_has_the_most_received_code_first_and_adds_up() -> None:
    made = week()

    table = table_by_code(made)

    assert [row.received for row in table] == sorted((row.received for row in table), reverse=True)
    assert made.received - made.rejected == sum(row.received for row in table)
    assert made.throttled == sum(row.throttled for row in table)
    assert ("9ABC", "unknown") in {(row.alert_code, row.name) for row in table}


def test_a_storm_of_a_code_group_stands_at_each_of_its_members() -> None:
    made = replayed(
        {0x8014: Totals(60, 6, 54), 0x8015: Totals(40, 4, 36), 0x8F75: Totals(100, 10, 90)},
        [
            spell(alert_code="8014+8015"),
            spell(alert_code="8F75"),
            spell(alert_code="8F75", started_at=START + HOUR, ended_at=None),
            spell(FIRST_DEVICE + 1, "8F75"),
        ],
    )

    rows = {row.alert_code: (row.storms, row.devices_stormed) for row in table_by_code(made)}

    assert rows == {"8014": (1, 1), "8015": (1, 1), "8F75": (3, 2)}


def test_parameters_are_said_in_one_line() -> None:
    assert (
        parameters_in_words(DEFAULT)
        == "30 in 1 h, one in 10 forwarded, at least one every 1 h, clear at 15, amber over 20"
    )
    bare = replace(
        DEFAULT, forward_one_in=1, forward_at_least_every_us=None, clear_threshold=None, amber_threshold=None
    )
    assert parameters_in_words(bare) == "30 in 1 h, all forwarded"


def test_one_late_alert_was_and_several_were() -> None:
    assert "Late: 1 Alert came after a younger one and was put in order." == late_in_words(1)
