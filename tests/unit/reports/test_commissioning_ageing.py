"""How long Devices have been open: by whole months, a year and more together."""

from __future__ import annotations

import pytest
from tests.commissioning_statuses import DIFFERS, EMPTY, NOTHING, REPLACED, cohort, status

from tidegate.commissioning.finding import Reason
from tidegate.reports.commissioning_ageing import ages, half_are_open_for
from tidegate.reports.commissioning_status import Change, Step

UNTOLD = Step(Change.UNTOLD, REPLACED, Reason.TIMED_OUT)


def test_every_month_is_told_up_to_the_oldest():
    found = ages(
        status({cohort(DIFFERS, months_open=2): 5, cohort(UNTOLD): 3, cohort(NOTHING): 9, cohort(EMPTY): 7})
    )

    assert [("less than 1", 0, 3, 0), ("1", 0, 0, 0), ("2", 5, 0, 0)] == [
        (age.text, age.failed, age.undetermined, age.pending) for age in found
    ]


def test_a_year_and_more_are_told_together():
    found = ages(status({cohort(DIFFERS, months_open=months): 1 for months in (11, 12, 13, 40)}))

    assert [("11", 1), ("12 or more", 3)] == [(age.text, age.failed) for age in found[-2:]]
    assert 13 == len(found)


def test_nothing_open_has_no_age():
    assert [] == ages(status({cohort(NOTHING): 5, cohort(EMPTY): 5}))


@pytest.mark.parametrize(
    ("counts", "months"),
    [([(0, 1)], 0), ([(0, 1), (5, 1)], 5), ([(0, 2), (5, 1)], 0), ([(1, 3), (2, 1), (9, 2)], 2), ([], 0)],
)
def test_half_are_open_for_so_long_or_longer(counts, months):
    assert months == half_are_open_for(counts)
