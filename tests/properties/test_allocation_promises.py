"""Whatever the Users: a capacity is shared out to the last request, fairly, and by nobody's place in a list."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

from tidegate.admission.allocation import Claim, allocate, by_user
from tidegate.vocabulary.users import UserRole

WEIGHTS = st.one_of(st.sampled_from([0, 1, 2, 6]), st.integers(0, 10**8)).map(Fraction)
FLOORS = st.sampled_from([0, 0, 1, 2])


@st.composite
def claims(draw, weights=WEIGHTS):
    names = draw(
        st.lists(st.sampled_from([(n, r) for n in "ABCDE" for r in UserRole]), max_size=7, unique=True)
    )
    return [Claim(name, role, draw(weights), draw(FLOORS)) for name, role in names]


@st.composite
def sharings(draw):
    """Claims, and a capacity from their floors on: at the edge, and beyond it."""
    made = draw(claims())
    floors = sum(claim.floor for claim in made)
    return made, floors + draw(st.one_of(st.integers(0, 12), st.integers(0, 10**5)))


def requests(made, capacity, draw="version-1"):
    return {(a.claim.user, a.claim.role): a.requests for a in allocate(capacity, made, draw)}


@given(sharings())
def test_the_whole_capacity_is_given_out_where_anyone_has_weight_and_the_floors_where_no_one_has(sharing):
    made, capacity = sharing

    expected = capacity if any(claim.weight for claim in made) else sum(claim.floor for claim in made)
    assert expected == sum(requests(made, capacity).values())


@given(sharings())
def test_each_user_has_its_exact_share_rounded_down_or_up_and_never_less_than_its_floor(sharing):
    made, capacity = sharing
    weights = sum(claim.weight for claim in made)
    spare = capacity - sum(claim.floor for claim in made)

    for claim, each in zip(made, allocate(capacity, made, "version-1"), strict=True):
        assert claim.floor + (spare * claim.weight / weights if weights else 0) == each.exact
        assert abs(each.requests - each.exact) < 1
        assert claim.floor <= each.requests
        assert each.is_rounded_up == (each.requests > each.exact)


@given(sharings(), st.randoms())
def test_no_order_of_rows_matters(sharing, random):
    made, capacity = sharing
    shuffled = random.sample(made, len(made))

    assert requests(made, capacity) == requests(shuffled, capacity)


@given(sharings(), st.sampled_from([Fraction(1, 7), Fraction(3), Fraction(10**6)]))
def test_the_unit_that_meters_are_counted_in_changes_nothing(sharing, factor):
    made, capacity = sharing
    scaled = [Claim(c.user, c.role, c.weight * factor, c.floor) for c in made]

    assert requests(made, capacity) == requests(scaled, capacity)


@given(sharings())
def test_the_lighter_of_two_users_with_the_same_floor_has_no_more_than_the_heavier(sharing):
    made, capacity = sharing
    given_out = allocate(capacity, made, "version-1")

    for one in given_out:
        for other in given_out:
            if one.claim.floor == other.claim.floor and one.claim.weight < other.claim.weight:
                assert one.requests <= other.requests


@given(sharings())
def test_one_more_to_share_out_takes_no_exact_share_from_anyone_and_no_more_than_one_whole_request(sharing):
    made, capacity = sharing
    now, then = allocate(capacity, made, "version-1"), allocate(capacity + 1, made, "version-1")

    for before, after in zip(now, then, strict=True):
        assert before.exact <= after.exact
        assert before.requests - 1 <= after.requests


@given(st.integers(1, 8), st.integers(0, 40))
def test_among_users_who_are_all_alike_nobody_ever_loses_by_a_larger_capacity(users, capacity):
    alike = [Claim(name, UserRole.OU, Fraction(1), 0) for name in "ABCDEFGH"[:users]]
    now, then = requests(alike, capacity), requests(alike, capacity + 1)

    assert all(now[who] <= then[who] for who in now)


def test_largest_remainders_have_the_alabama_paradox():
    """Ten to share out give C two, eleven give it one: its exact share grows all the same."""
    three = [Claim(n, UserRole.IS, Fraction(w), 0) for n, w in (("A", 6), ("B", 6), ("C", 2))]

    assert [4, 4, 2] == [each.requests for each in allocate(10, three, "any")]
    assert [5, 5, 1] == [each.requests for each in allocate(11, three, "any")]
    assert [Fraction(10, 7), Fraction(11, 7)] == [allocate(n, three, "any")[2].exact for n in (10, 11)]


def test_users_who_are_alike_draw_lots_and_a_new_version_of_the_policy_draws_anew():
    alike = [Claim(name, UserRole.IS, Fraction(5), 1) for name in ("A", "B", "C")]
    winners = {
        version: next(each.claim.user for each in allocate(4, alike, version) if each.requests == 2)
        for version in ("illustrative-1", "illustrative-2", "illustrative-3", "illustrative-4", "5", "6", "7")
    }

    assert {"A", "B", "C"} == set(winners.values())
    assert winners["5"] == requests_winner(alike[::-1], "5")


def requests_winner(made, draw):
    return next(each.claim.user for each in allocate(4, made, draw) if each.requests == 2)


def test_floors_beyond_the_capacity_are_refused_and_floors_that_fill_it_are_not():
    two = [Claim(name, UserRole.RSA, Fraction(1), 2) for name in "AB"]

    assert [2, 2] == [each.requests for each in allocate(4, two, "any")]
    with pytest.raises(ValueError, match="the floors are 4 together, more than the capacity of 3"):
        allocate(3, two, "any")


def test_one_user_has_everything_and_no_user_nothing():
    assert [270] == [e.requests for e in allocate(270, [Claim("A", UserRole.GS, Fraction(1, 3), 1)], "any")]
    assert [] == allocate(270, [], "any")


def test_a_user_in_several_roles_has_what_its_roles_have_together():
    made = [Claim("A", UserRole.IS, Fraction(3), 1), Claim("A", UserRole.GS, Fraction(1), 1)]

    assert {"A": 10} == by_user(allocate(10, made, "any"))
