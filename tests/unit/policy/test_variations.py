"""The points of a sweep: which policies a grid makes, and what in them stays as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy.swept_parameters import parse_ranges
from tidegate.policy.variations import MOST_POLICIES, variations
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR, MINUTE

BASE = AlertStormParameters(30, HOUR, 10, HOUR, clear_threshold=15, amber_threshold=20)


def policy(default=BASE, codes=None, groups=(), excluded=(), mode=Mode.ENFORCED):
    rules = AlertStormRules(default, codes or {}, code_groups=groups)
    return MechanismDocument("v", mode, 0, rules, ExclusionList(dict.fromkeys(excluded, "")))


def grid(*texts, base=None, code=None):
    return variations(base or policy(), parse_ranges(texts), code=code)


def defaults(found):
    return [point.policy.alert_storm.default for point in found.points]


def test_a_grid_has_every_combination():
    found = grid("threshold=10,30", "window=15m,1h")

    assert [(10, 15 * MINUTE), (10, HOUR), (30, 15 * MINUTE), (30, HOUR)] == [
        (each.threshold, each.window_us) for each in defaults(found)
    ]


def test_what_is_not_swept_stays_and_amber_is_left_out():
    (ten, _) = defaults(grid("threshold=10,30"))

    assert AlertStormParameters(10, HOUR, 10, HOUR, clear_threshold=5) == ten


def test_the_clear_threshold_keeps_its_proportion_rounded_down():
    found = defaults(grid("threshold=1,5,7,30,300"))

    assert [0, 2, 3, 15, 150] == [each.clear_threshold for each in found]


@given(st.integers(1, 100), st.data())
def test_no_clear_threshold_ever_passes_its_threshold(threshold, data):
    clear = data.draw(st.integers(0, threshold))
    base = policy(AlertStormParameters(threshold, HOUR, clear_threshold=clear))

    for each in defaults(grid("threshold=1..200", base=base)):
        assert each.clears_at <= each.threshold


def test_the_point_in_force_is_the_one_that_does_the_same():
    found = grid("threshold=10,30")

    assert [False, True] == [point.is_in_force for point in found.points]
    assert 1 == found.in_force


def test_where_none_does_the_same_the_policy_in_force_comes_first():
    found = grid("threshold=10,20")

    assert [30, 10, 20] == [each.threshold for each in defaults(found)]
    assert [{}, {"threshold": 10}, {"threshold": 20}] == [point.values for point in found.points]


def test_every_override_is_swept_and_keeps_what_is_not():
    base = policy(codes={0x8014: AlertStormParameters(6, 24 * HOUR, 2)})
    found = grid("threshold=10", base=base)

    assert AlertStormParameters(10, 24 * HOUR, 2) == found.points[-1].policy.alert_storm.codes[0x8014]


def test_with_a_code_only_its_parameters_vary():
    rules = grid("threshold=10", code=0x8F75).points[-1].policy.alert_storm

    assert (30, 10) == (rules.default.threshold, rules.parameters_for(0x8F75).threshold)


def test_with_a_member_its_whole_group_varies():
    base = policy(groups=((0x8014, 0x8015),), codes={0x8014: AlertStormParameters(6, HOUR)})
    rules = grid("threshold=10", base=base, code=0x8015).points[-1].policy.alert_storm

    assert [10, 10] == [rules.parameters_for(code).threshold for code in (0x8014, 0x8015)]


def test_an_excluded_code_is_swept_as_if_taken_off_the_list():
    base = policy(excluded=(0x8F75, 0x8F36))
    found = grid("threshold=10", base=base, code=0x8F75)

    assert [True, False] == [0x8F75 in point.policy.exclusion_list for point in found.points]
    assert all(0x8F36 in point.policy.exclusion_list for point in found.points)


def test_whatever_its_mode_a_policy_is_swept_as_enforced():
    found = grid("threshold=10", base=policy(mode=Mode.OFF))

    assert {Mode.ENFORCED} == {point.policy.mode for point in found.points}


def test_combinations_that_no_policy_can_have_are_counted():
    found = grid("threshold=10,20", "clear_threshold=5,15")

    assert 1 == found.left_out
    assert [(10, 5), (20, 5), (20, 15)] == [
        (point.values["threshold"], point.values["clear_threshold"]) for point in found.points if point.values
    ]


def test_a_grid_of_none_is_a_fault():
    with pytest.raises(InputError, match="clear_threshold no higher than the threshold"):
        grid("threshold=10", "clear_threshold=15")


def test_as_many_policies_as_may_be_are_taken_and_no_more():
    assert len(grid(f"threshold=1..{MOST_POLICIES}:1").points) == MOST_POLICIES
    with pytest.raises(InputError, match="401 of threshold are 401 policies"):
        grid(f"threshold=1..{MOST_POLICIES + 1}:1")


def test_every_version_has_a_name_of_its_own():
    found = grid("threshold=5..50", "forward_at_least_every=1h,never")

    assert len(found.points) == len({point.policy.version for point in found.points})
