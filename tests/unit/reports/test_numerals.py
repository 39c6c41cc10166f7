"""Numbers as a person reads them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("expected", "part", "whole"),
    [
        ("0%", 0, 0),
        ("0%", 0, 10),
        ("<0.1%", 1, 1_000_000),
        ("0.1%", 1, 1_000),
        ("11.2%", 235_911, 2_104_118),
        ("50.0%", 1, 2),
        ("99.9%", 999, 1_000),
        (">99.9%", 999_999, 1_000_000),
        ("100%", 10, 10),
    ],
)
def test_a_share_has_one_decimal_and_the_ends_are_honest(expected: str, part: int, whole: int) -> None:
    assert expected == percent(part, whole)


@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_a_share_is_nothing_only_of_nothing_and_all_only_of_all(part: int, more: int) -> None:
    assert percent(part, part + more) not in ("0%", "100%", "0.0%", "100.0%")


@pytest.mark.parametrize(
    ("expected", "duration"),
    [
        ("0 s", 0),
        ("<1 s", SECOND - 1),
        ("1 s", SECOND),
        ("59 s", MINUTE - 1),
        ("1 min", MINUTE),
        ("1 h", HOUR),
        ("1 h 1 min", HOUR + MINUTE),
        ("23 h 59 min", DAY - 1),
        ("6 d 4 h", 6 * DAY + 4 * HOUR + 59 * MINUTE),
    ],
)
def test_a_length_has_its_two_largest_units(expected: str, duration: int) -> None:
    assert expected == length(duration)


def test_numbers_have_thousands_separators_and_things_have_plurals() -> None:
    assert thousands(2_104_118) == "2,104,118"
    assert many(1, "Device") == "1 Device"
    assert many(1_000, "Device") == "1,000 Devices"
    assert many(0, "code") == "0 codes"
