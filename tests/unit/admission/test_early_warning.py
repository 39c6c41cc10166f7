"""From which count a User is near its allocation, and the system its threshold; and below which no more."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tidegate.admission.early_warning import level_of_system, level_of_user

AT = Fraction(4, 5)


@pytest.mark.parametrize(
    ("allocation", "warns_at", "eases_below"),
    [(1, 1, 0), (2, 2, 1), (3, 3, 2), (4, 4, 3), (5, 4, 3), (10, 8, 7), (15, 12, 11), (20, 16, 14)],
)
def test_a_warning_is_over_by_an_eighth_and_by_more_than_one_request(allocation, warns_at, eases_below):
    assert (warns_at, eases_below) == level_of_user(allocation, AT)


@pytest.mark.parametrize("at", [AT, Fraction(1, 2), Fraction(1, 100), Fraction(1)])
def test_a_whole_request_lies_between_warning_and_clearing(at):
    """It is over at `eases_below - 1` at the most, two requests below the warning."""
    levels = [level_of_user(allocation, at) for allocation in range(1, 200)]

    assert not [level for level in levels if level.eases_below > level.warns_at - 1]


def test_a_system_in_which_nothing_was_used_is_near_nothing():
    assert (1, 1) == level_of_system(1, AT)
