"""What to sweep, as people write it: lists, ranges, steps; and what they are told when it is at fault."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from tidegate.policy.swept_parameters import PARAMETERS, is_range, parse_ranges, value_in_words
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE


def values(text):
    (one,) = parse_ranges([text])
    return one.values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("threshold=30", (30,)),
        ("threshold=30,5,30", (5, 30)),
        ("threshold=5..9", (5, 6, 7, 8, 9)),
        ("threshold=5..5", (5,)),
        ("threshold=10..50:20", (10, 30, 50)),
        ("threshold=10..49:20", (10, 30)),
        ("threshold=1..3,100", (1, 2, 3, 100)),
        ("clear_threshold=0..2", (0, 1, 2)),
        ("window=1h,15m", (15 * MINUTE, HOUR)),
        ("window=30m..2h:30m", (30 * MINUTE, HOUR, 90 * MINUTE, 2 * HOUR)),
        ("window=12h..2d", (12 * HOUR, DAY, 2 * DAY)),
        ("forward_at_least_every=never,1h", (HOUR, None)),
        ("forward_one_in= 5 , 10 ", (5, 10)),
    ],
)
def test_values_are_read_ascending_and_once_each(text, expected):
    assert expected == values(text)


def test_a_range_without_a_step_has_about_thirty_round_values_and_both_its_ends():
    found = values("threshold=5..300")

    assert (5, 300) == (found[0], found[-1])
    assert 20 <= len(found) <= 32
    assert {10, 20, 30, 100} <= set(found)


@given(st.integers(0, 10_000), st.integers(0, 1_000_000))
def test_any_range_stays_within_its_ends_and_ascends(low, more):
    found = values(f"clear_threshold={low}..{low + more}")

    assert (low, low + more) == (found[0], found[-1])
    assert sorted(set(found)) == list(found)
    assert len(found) <= 32


def test_parameters_come_in_one_order_however_they_were_given():
    found = parse_ranges(["forward_one_in=5", "window=1h", "threshold=5"])

    assert ["threshold", "window", "forward_one_in"] == [one.name for one in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("thresold=5", "Did you mean threshold?"),
        ("amber_threshold=5", "there is no parameter amber_threshold"),
        ("threshold=0..5", "threshold is 0; it must be 1 or more"),
        ("forward_one_in=0", "forward_one_in is 0"),
        ("threshold=9..5", "5..9 is not"),
        ("threshold=", "a value is missing"),
        ("threshold=5,,6", "a value is missing"),
        ("threshold=many", "'many' is not a whole number"),
        ("threshold=-5", "'-5' is not a whole number"),
        ("threshold=5.5", "'5.5' is not a whole number"),
        ("threshold=5..9:0", "the step is 0"),
        ("threshold=1..100000:1", "100,000 values"),
        ("window=60", "'60' is not a duration"),
        ("window=0m", "0m is no time at all"),
        ("window=never", "'never' is not a duration"),
    ],
)
def test_what_is_at_fault_is_said_with_what_to_write(text, said):
    with pytest.raises(InputError) as raised:
        parse_ranges([text])

    assert said in str(raised.value)
    assert text == raised.value.faults[0].where
    assert raised.value.faults[0].remedy


def test_all_faults_are_said_at_once():
    with pytest.raises(InputError) as raised:
        parse_ranges(["threshold=0", "windw=1h", "threshold=5", "threshold=6"])

    assert ["threshold=0", "windw=1h", "threshold=6"] == [fault.where for fault in raised.value.faults]


def test_nothing_to_sweep_is_a_fault_that_says_what_to_add():
    with pytest.raises(InputError, match=r"threshold=5\.\.300"):
        parse_ranges([])


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_value_in_words_reads_back(name):
    for value in (1, 30) if name not in ("window", "forward_at_least_every") else (MINUTE, 90 * MINUTE, DAY):
        assert (value,) == values(f"{name}={value_in_words(name, value)}")


def test_a_range_is_told_from_a_file_by_its_form():
    assert is_range("threshold=5..300")
    assert is_range("thresold=5")
    assert not is_range("alerts.csv")
    assert not is_range("exports/day=1.csv")
