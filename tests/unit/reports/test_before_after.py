"""Before a change and after it: what chance alone would make of the same days."""

from __future__ import annotations

from itertools import combinations
from math import comb, isclose

import pytest
from hypothesis import given, strategies as st

from tidegate.reports.before_after import BeforeAfter, Side, before_after, rank_sum_chance

days = st.lists(st.integers(0, 5), min_size=1, max_size=5)


def by_listing(one, other):
    """Every way to deal the days, one by one."""
    values = [*one, *other]
    ranks = [sum(v < w for v in values) + (sum(v == w for v in values) + 1) / 2 for w in values]
    expected = len(one) * (len(values) + 1) / 2
    away = abs(sum(ranks[: len(one)]) - expected)
    sums = [sum(ranks[at] for at in chosen) for chosen in combinations(range(len(values)), len(one))]
    return sum(abs(each - expected) >= away for each in sums) / comb(len(values), len(one))


@given(days, days)
def test_the_chance_is_that_of_listing_every_way_to_deal_the_days(one, other):
    assert isclose(by_listing(one, other), rank_sum_chance(one, other))


@given(days, days)
def test_the_sides_may_change_places(one, other):
    assert isclose(rank_sum_chance(one, other), rank_sum_chance(other, one))


@pytest.mark.parametrize(("days", "expected"), [(4, 2 / 70), (5, 2 / 252)])
def test_days_that_do_not_overlap_are_as_rare_as_can_be(days, expected):
    assert isclose(expected, rank_sum_chance(range(10, 10 + days), range(days)))


def test_days_that_are_all_alike_differ_by_nothing():
    assert 1.0 == rank_sum_chance([7] * 5, [7] * 5)
    assert 1.0 == rank_sum_chance([7] * 30, [7] * 30)


def test_many_days_are_told_by_the_normal_law_and_agree_with_the_exact_count_where_both_are():
    one, other = list(range(0, 40, 2)), list(range(1, 41, 2))
    exact = rank_sum_chance(one, other)
    beyond = rank_sum_chance(one, [*other, 41])

    assert 0.7 < exact < 0.85
    assert abs(exact - beyond) < 0.2
    assert rank_sum_chance(range(100, 130), range(30)) < 1e-9


def test_three_days_against_three_are_too_few_to_tell():
    found = before_after([9, 9, 9], [1, 1, 1])

    assert BeforeAfter(Side(3, 9, 9, 9), Side(3, 1, 1, 1), None) == found
    assert found is not None
    assert not found.is_larger_than_chance


def test_four_days_against_four_can_tell():
    found = before_after([100, 120, 110, 130], [20, 30, 25, 21])

    assert found is not None
    assert (4, 115, 100, 130) == (found.before.days, found.before.mean, found.before.least, found.before.most)
    assert found.is_larger_than_chance
    assert isclose(24 / 115, found.ratio)


def test_without_days_on_a_side_there_is_nothing_to_compare():
    assert before_after([], [1]) is None
    assert before_after([1], []) is None


def test_what_was_nothing_before_has_no_end_to_its_ratio():
    risen, silent = before_after([0], [5]), before_after([0], [0])

    assert risen is not None
    assert silent is not None
    assert (float("inf"), 1.0) == (risen.ratio, silent.ratio)
