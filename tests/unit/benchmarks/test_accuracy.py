"""Causes are named rightly on a few seeds; `benchmarks/accuracy.py` takes a hundred."""

from dataclasses import replace

import pytest
from benchmarks.accuracy import PLANTED, QUIET, Judgement, judge, precision, recall, told

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.scenarios import scenarios
from tidegate.vocabulary.products import Product

# One of each kind: seed % 3 is 0 for shouters, 1 for murmur and 2 for both.
SEEDS = (1, 2, 3, 5)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_planted_is_named_and_nothing_else(seed: int) -> None:
    judged = judge(PLANTED, seed)

    assert judged.is_right, told(judged)
    assert judged.planted


@pytest.mark.parametrize("seed", SEEDS)
def test_no_cause_is_named_in_a_quiet_fleet(seed: int) -> None:
    judged = judge(QUIET, seed)

    assert frozenset() == judged.named, told(judged)


@pytest.mark.parametrize("seed", [7, 11, 24, 31, 92, 136])
def test_no_murmur_is_told_of_a_small_quiet_fleet(seed: int) -> None:
    """A street with trouble of its own is half of these logs, and two thirds."""
    judged = judge(QUIET, seed, devices=5_000)

    assert [] == judged.murmur, told(judged)


@pytest.mark.parametrize(
    ("name", "devices", "named"),
    [
        ("wpd-2m-a-day", 105_000, 2),
        ("ssen-8014-8015", 63_000, 1),
        ("58-devices-8f75", 105_000, 1),
        ("one-per-second", 21_000, 0),
        ("weather-day", 420_000, 0),
        ("adapter-outage", 63_000, None),
        ("unfixable-hub", 63_000, 1),
        ("one-operator-week", 63_000, 2),
        ("duplicates-and-disorder", 105_000, 2),
        ("exempt-code-overload", 63_000, 1),
        ("enwl-10k-by-10", 63_000, 1),
    ],
)
def test_every_scenario_has_the_causes_that_were_planted_in_it(
    name: str, devices: int, named: int | None
) -> None:
    judged = judge(name, 1, devices=devices)

    if named is None:
        # What waited for the adapter comes as storms; the murmur they are made of is found all the same.
        assert judged.planted <= judged.named, told(judged)
        return
    assert judged.is_right, told(judged)
    assert named == len(judged.named)


def test_every_scenario_that_plants_a_cause_is_judged_here() -> None:
    assert {PLANTED, QUIET} <= set(scenarios())


def of(planted: str, named: str) -> Judgement:
    def causes(letters: str) -> frozenset[tuple[Kind, frozenset[int], frozenset[Product]]]:
        return frozenset(
            (Kind.MURMUR, frozenset({0x8014}), frozenset({Product("ESME", letter)})) for letter in letters
        )

    return replace(judgement, planted=causes(planted), named=causes(named))


judgement = Judgement("drawn", 1, 0, 0, frozenset(), frozenset(), (), 0)


def test_precision_is_of_those_named_and_recall_of_those_planted() -> None:
    judged = [of("ab", "a"), of("c", "cde"), of("", "")]

    assert (2, 4) == precision(judged)
    assert (2, 3) == recall(judged)
    assert [False, False, True] == [each.is_right for each in judged]
