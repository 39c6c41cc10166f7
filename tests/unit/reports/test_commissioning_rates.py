"""Rates and how far chance reaches: Wilson's interval, who stands out, and in what order they are told."""

from __future__ import annotations

import pytest
from tests.commissioning_statuses import DIFFERS, EMPTY, MISSED, NOTHING, cohort, nation, status

from tidegate.reports.commissioning_rates import Rate, interval, rates, stands_out
from tidegate.reports.commissioning_status import DIMENSIONS


def rate(value: str, devices: int, last: int) -> Rate:
    return Rate(value, devices, last, last, 0, 0)


# R. G. Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_that_are_published(part, whole, low, high):
    assert (low, high) == tuple(round(end, 4) for end in interval(part, whole))


@pytest.mark.parametrize(("part", "whole", "ends"), [(0, 0, (0, 1)), (0, 5, (0, None)), (5, 5, (None, 1))])
def test_an_interval_stays_within_nothing_and_all(part, whole, ends):
    low, high = interval(part, whole)

    assert 0 <= low <= high <= 1
    assert all(end is None or end == found for end, found in zip(ends, (low, high), strict=True))


def test_few_devices_do_not_lead():
    found = rates(
        status(
            {
                cohort(DIFFERS, supplier="Few"): 1,
                cohort(NOTHING, supplier="Few"): 2,
                cohort(DIFFERS, supplier="Many"): 5,
                cohort(NOTHING, supplier="Many"): 995,
            }
        ),
        "supplier",
    )

    assert [("Many", 1_000, 5), ("Few", 3, 1)] == [(it.value, it.devices, it.last) for it in found]


def test_a_rate_counts_by_the_first_and_by_the_last():
    (found,) = rates(
        status({cohort(EMPTY): 6, cohort(DIFFERS): 3, cohort(MISSED): 2, cohort(NOTHING): 9}), "supplier"
    )

    assert Rate("", devices=20, first=9, last=5, cleared=6, missed=2) == found


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_device_is_in_one_rate_of_each_dimension(dimension):
    whole = nation()
    found = rates(whole, dimension)

    assert whole.devices == sum(it.devices for it in found)
    assert whole.true_failures == sum(it.last for it in found)


def test_months_are_told_in_their_order_and_the_unknown_last():
    months = {cohort(NOTHING, month=month): 1 for month in ("2026-02", "", "2025-12")}

    assert ["2025-12", "2026-02", ""] == [it.value for it in rates(status(months), "month")]


def test_a_value_stands_out_that_is_half_as_high_again_and_not_by_chance():
    others = [rate("A", 100_000, 1_000), rate("B", 100_000, 1_000)]

    assert [] == stands_out([*others, rate("C", 100_000, 1_499)])
    assert ["C"] == [it.value for it in stands_out([*others, rate("C", 100_000, 1_500)])]


def test_three_devices_of_which_one_failed_do_not_stand_out():
    assert [] == stands_out([rate("A", 100_000, 1_000), rate("Few", 3, 1)])


def test_five_failures_may_stand_out():
    assert [] == stands_out([rate("A", 100_000, 0), rate("B", 10, 4)])
    assert ["B"] == [it.value for it in stands_out([rate("A", 100_000, 0), rate("B", 10, 5)])]


def test_what_is_not_known_does_not_stand_out():
    assert [] == stands_out([rate("A", 100_000, 1_000), rate("", 100_000, 9_000)])


def test_nothing_stands_out_alone():
    assert [] == stands_out([rate("A", 10, 10)])
