"""What is recommended, by the stated rule, and what is said where nothing helps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st
from tests.unit.reports.swept_examples import RULE, device, murmur, policy, shouters, swept

from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.policy_files.reading import parse_policy
from tidegate.policy_files.writing import write_policy
from tidegate.reports.recommendation import (
    ENOUGH,
    FEWEST,
    SOON,
    WORTH,
    Advice,
    along_main,
    recommend,
    recommendations,
    values_in_words,
)
from tidegate.reports.recommended_policy import recommended_policy
from tidegate.reports.sweep_verdict import shown_points, sweep_verdict
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE


def threshold_of(found, recommendation):
    return found.parameters(recommendation.point, recommendation.code).threshold


def test_shouters_are_caught_by_the_highest_threshold_that_holds_back_enough():
    found = swept(shouters(), "threshold=5..300")
    it = recommend(found, 0x8F75)

    # 60 an hour: up to 59 reaches them, and one in ten is held back of all of them from the first hour on.
    assert Advice.KEEP is it.advice
    assert "30 in 1 h" == it.words
    assert it.reason.startswith("30 in 1 h, as in force. It holds back 8")
    assert "none that stays at 30 in 1 h or under is touched" in it.reason


def test_a_threshold_in_force_that_misses_them_is_to_be_changed():
    found = swept(
        shouters(), "threshold=5..300", base=policy(replace(RULE, threshold=100, clear_threshold=50))
    )
    it = recommend(found, 0x8F75)

    assert Advice.CHANGE is it.advice
    assert 30 <= threshold_of(found, it) < 60
    assert "In force is 100 in 1 h, which holds back 0%." in it.reason


def test_half_and_double_are_told_beside_it():
    found = swept(shouters(), "threshold=15,30,60,300")

    assert (
        "Going down to 15 would hold back 1.0% more, with as many storms" in recommend(found, 0x8F75).reason
    )
    assert "going up to 60 would hold back 8" in recommend(found, 0x8F75).reason
    assert "with 5 fewer storms" in recommend(found, 0x8F75).reason


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ("threshold=30,300", "It is the lowest threshold swept"),
        ("threshold=5,30", "It is the highest threshold swept"),
    ],
)
def test_the_end_of_a_range_is_said_to_be_one(ranges, said):
    assert said in recommend(swept(shouters(), ranges), 0x8F75).reason


def test_murmur_has_no_threshold_and_that_is_said():
    found = swept(murmur(), "threshold=5..300")
    it = recommend(found, 0x8014)

    assert (Advice.NO_REMEDY, None, "") == (it.advice, it.point, it.words)
    assert "No stream goes over 5 in 1 h" in it.reason
    assert "the remedy is the firmware" in it.reason


def test_a_window_long_enough_to_reach_murmur_is_not_worth_its_storms():
    it = recommend(dear(), 0x8014)

    assert Advice.NOT_WORTH_IT is it.advice
    assert f"a storm counts for {WORTH} Alerts" in it.reason


def test_murmur_beside_shouters_does_not_hide_them():
    found = swept([*shouters(), *murmur()], "threshold=5..300")
    all_codes, *codes = recommendations(found)

    assert Advice.KEEP is all_codes.advice
    assert [(0x8F75, Advice.KEEP), (0x8014, Advice.NO_REMEDY)] == [(each.code, each.advice) for each in codes]


def test_a_quiet_code_is_not_called_murmur():
    found = swept([*shouters(20), *murmur(50)], "threshold=5..300")

    assert Advice.QUIET is recommend(found, 0x8014).advice
    assert "murmur" not in recommend(found, 0x8014).reason


def test_an_excluded_code_is_said_to_be_one():
    found = swept(shouters(), "threshold=5..300", base=policy(excluded=[0x8F75]))

    assert Advice.EXCLUDED is recommend(found, 0x8F75).advice


@pytest.mark.parametrize(("number", "expected"), [(FEWEST - 1, Advice.TOO_FEW), (FEWEST, Advice.CHANGE)])
def test_too_few_alerts_are_nothing_to_judge_by(number, expected):
    found = swept(device(1, MINUTE, lasting=number * MINUTE), "threshold=5..40")

    assert expected is recommend(found, 0x8F75).advice


def test_a_ratio_is_recommended_by_the_same_rule():
    found = swept(shouters(), "forward_one_in=2,5,10,20,100", base=policy(replace(RULE, forward_one_in=2)))
    it = recommend(found, 0x8F75)

    assert "30 in 1 h, one in 20 forwarded" == it.words
    assert "Going down to 10 would hold back" in it.reason


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=8),
    st.sampled_from(
        [("threshold=2..100",), ("threshold=5,20,50", "window=15m,1h,6h"), ("forward_one_in=2..40:3",)]
    ),
)
def test_what_is_recommended_keeps_the_stated_promises(minutes, ranges):
    """Devices of any pace: none recommended gains less than enough, detects too late, or storms more streams."""
    found = swept([a for n, every in enumerate(minutes) for a in device(n, every * MINUTE, first=n)], *ranges)
    it = recommend(found, 0x8F75)
    rows = list(found.rows_of(0x8F75))

    def gain(row):
        return row.totals.throttled - WORTH * row.storms

    soon = [row for row in rows if row.detect_us is not None and row.detect_us <= SOON]
    if it.point is None:
        assert all(100 * gain(row) < found.received for row in soon) or found.received < FEWEST
        return
    chosen = found.row(it.point, 0x8F75)
    enough = [row for row in soon if 100 * gain(row) >= ENOUGH * max(map(gain, soon))]
    assert chosen in enough
    assert 10 * chosen.streams <= 11 * min(row.streams for row in enough)


def test_a_draft_of_the_policy_reads_back_and_does_what_is_recommended():
    base = policy(replace(RULE, threshold=100, clear_threshold=50, amber_threshold=80), excluded=[0x8F36])
    found = swept([*shouters(), *murmur()], "threshold=5..300", base=base)
    all_of_them = recommendations(found)
    draft = recommended_policy(found, all_of_them)
    it = next(each for each in all_of_them if each.code == 0x8F75)

    assert draft is not None
    assert draft == parse_policy(write_policy(draft), "recommended.toml")
    assert threshold_of(found, it) == draft.alert_storm.parameters_for(0x8F75).threshold
    assert base.alert_storm.default == draft.alert_storm.default
    assert ("example-1", None) == (draft.supersedes, draft.approval)
    assert it.reason == draft.reasons[0x8F75]
    assert draft.effective_from % DAY == 0
    assert found.last is not None
    assert draft.effective_from > found.last


def test_there_is_no_draft_where_nothing_is_to_change():
    found = swept(shouters(), "threshold=5..300")

    assert recommended_policy(found, recommendations(found)) is None


def test_an_excluded_code_that_was_swept_is_off_the_list_of_the_draft():
    found = swept(shouters(), "threshold=5..300", base=policy(excluded=[0x8F75]), code=0x8F75)
    draft = recommended_policy(found, recommendations(found))

    assert draft is not None
    assert 0x8F75 not in draft.exclusion_list


def test_the_verdict_says_how_far_throttling_reaches():
    most = swept(shouters(), "threshold=5..300")
    little = swept([*shouters(1), *murmur(4_000)], "threshold=5..300")
    none = swept(murmur(), "threshold=5..300")

    assert "Throttling deals with most of this: 30 in 1 h, as in force, holds back 8" in headline(most)
    assert "Throttling reaches little of this: 30 in 1 h, as in force, holds back 5" in headline(little)
    assert "No policy swept would deal with this" in headline(none)
    assert "storms." == headline(dear()).split()[-1]
    assert headline(dear()).startswith("No policy swept is worth it for this: ")
    assert "There was no Alert to sweep over." == headline(swept([], "threshold=5"))


def dear():
    """A sweep that holds back something, for more storms than it is worth."""
    return swept(murmur(), "threshold=3..6", "window=24h", base=policy(AlertStormParameters(5, DAY, 2)))


def headline(found):
    return sweep_verdict(found, recommendations(found)).headline


def test_what_was_done_to_the_parameters_is_said():
    found = swept(shouters(), "threshold=5..40", "clear_threshold=0,15")
    (left_out,) = [
        each for each in sweep_verdict(found, recommendations(found)).cautions if "Left out" in each
    ]

    assert left_out.startswith("Left out: 10 combinations")


@pytest.mark.parametrize("most", [4, 8, 40])
def test_a_screen_shows_both_ends_what_is_in_force_and_what_is_recommended(most):
    base = policy(replace(RULE, threshold=100, clear_threshold=50))
    found = swept(shouters(), "threshold=5..300", base=base)
    it = recommend(found, None)
    shown = shown_points(found, it, most)
    thresholds = [found.parameters(place, None).threshold for place in shown]

    assert len(shown) <= most
    assert sorted(thresholds) == thresholds
    assert {5, threshold_of(found, it), 100, 300} <= set(thresholds)


def test_in_force_and_none_of_the_grid_it_stands_where_its_value_puts_it():
    found = swept(shouters(), "threshold=10,20,40", base=policy())
    shown = shown_points(found, recommend(found, None))

    assert [10, 20, 30, 40] == [found.parameters(place, None).threshold for place in shown]


def test_beside_a_policy_stand_those_that_differ_in_the_main_parameter_alone():
    found = swept(shouters(), "threshold=10,20", "window=1h,6h")
    six = next(
        place
        for place, point in enumerate(found.points)
        if point.values == {"threshold": 20, "window": 6 * HOUR}
    )

    assert ["10 in 6 h", "20 in 6 h"] == [
        values_in_words(found, place, None) for place in along_main(found, six)
    ]
