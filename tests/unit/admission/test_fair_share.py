"""The fair limit is weighted max-min of the spare."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st
from tests.admission_by_hand import fair_limit, greatest_level

from tidegate.admission.fair_share import MET, fair_share, level_of

offers = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=6)


def test_who_asks_for_less_leaves_the_rest_to_the_others():
    """Of 30, A asks for 4 of its 10; 26 are left for B and C, in proportion to 15 and 5."""
    share = fair_share([(4, 10), (100, 15), (100, 5)], 30)

    assert (Fraction(26, 20) * 10, 20, 7) == (
        Fraction(share.level.numerator, share.level.denominator) * 10,
        share.limit(15),
        share.limit(5),
    )


def test_the_numbers_of_the_page_on_fair_shares_are_those_of_the_rule():
    """docs/explanation/fair-shares.md: 270 among 120, 90 and 60, of whom 40, 200 and 130 are asked for."""
    share = fair_share([(40, 120), (200, 90), (130, 60)], 270)

    assert [184, 138, 92] == [share.limit(allocation) for allocation in (120, 90, 60)]


def test_there_is_no_limit_but_the_threshold_while_all_is_met():
    assert [30, 30, 30] == [fair_share([(20, 1), (10, 5)], 30).limit(a) for a in (0, 1, 5)]


def test_one_request_more_than_the_threshold_makes_limits():
    assert 30 == fair_share([(20, 15), (10, 15)], 30).limit(15)
    assert 19 == fair_share([(20, 15), (11, 15)], 30).limit(15)


def test_users_without_an_allocation_share_what_is_left_alike():
    share = fair_share([(10, 20), (1, 0), (50, 0), (50, 0)], 30)

    assert 10 == share.limit(0)
    assert 30 == share.limit(20)


def test_users_without_an_allocation_have_nothing_while_others_ask_for_more_than_there_is():
    assert 0 == fair_share([(31, 20), (5, 0)], 30).limit(0)


@given(offers, st.integers(0, 60))
def test_the_level_is_that_found_from_where_the_sum_bends(asked, capacity):
    level = level_of(asked, capacity)
    expected = greatest_level(asked, Fraction(capacity))

    assert expected == (None if level == MET else Fraction(level.numerator, level.denominator))


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 30)),
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5)),
    st.integers(25, 60),
    st.integers(0, 70),
)
def test_a_whole_count_is_below_the_limit_as_it_is_below_the_exact_one(offered, shares, threshold, used):
    share = fair_share([(offered[u], shares.get(u, 0)) for u in offered], threshold)
    for user in offered:
        exact = fair_limit(offered, shares, user, threshold)
        is_below = exact is None or used < exact

        # The use of one User is below the threshold wherever its limit is asked for.
        assert used >= threshold or is_below == (used < share.limit(shares.get(user, 0)))


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 2, 0]])
def test_the_order_of_users_does_not_matter(order):
    asked = [(9, 2), (20, 3), (1, 7)]

    assert fair_share(asked, 20) == fair_share([asked[number] for number in order], 20)
