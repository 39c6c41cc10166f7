"""The two tests, held against what can be worked out by other means."""

from __future__ import annotations

import math
from itertools import product as every

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tidegate.alert_storm import exceedance
from tidegate.alert_storm.exceedance import (
    Raised,
    murmur_exceedance,
    standard_errors,
    storm_exceedance,
)


def raised(*strata: list[int], days: float = 1.0) -> Raised:
    """What Devices raised: for each stratum the Alerts of each Device."""
    counts = [np.array(each, np.float64) for each in strata]
    return Raised(
        np.array([[x.sum() for x in counts]]),
        np.array([[len(x) * days for x in counts]]),
        np.array([[(x * x).sum() for x in counts]]),
        np.array([[x.sum() * days for x in counts]]),
        np.array([[len(x) * days**2 for x in counts]]),
    )


def stormed(*strata: tuple[int, int, int, int]) -> exceedance.Exceedance:
    """Strata of stormed and installed of the part, then of the rest."""
    columns = [np.array([column], np.float64) for column in zip(*strata, strict=True)]
    return storm_exceedance(*columns)


def by_counting(*strata: tuple[int, int, int, int]) -> float:
    """The chance of at least as many, by going through every way in which it can fall."""
    seen = sum(each[0] for each in strata)
    chance = 0.0
    for drawn in every(*(range(p + q + 1) for p, _, q, _ in strata)):
        if sum(drawn) >= seen:
            chance += math.prod(
                math.comb(n, x) * math.comb(m, p + q - x) / math.comb(n + m, p + q)
                for x, (p, n, q, m) in zip(drawn, strata, strict=True)
            )
    return chance


def test_the_worked_example_of_the_page_comes_out():
    """docs/explanation/causes.md: four Devices that raise 6, 4, 5 and 5 a day, against sixteen of 1."""
    found = murmur_exceedance(raised([6, 4, 5, 5]), raised([1] * 16))

    assert 5.0 == found.rate[0]
    assert 1.0 == found.rest[0]
    assert 5.0 == found.ratio[0]
    # r = 36 / 20 = 1.8; D = 0.8 * 20 - 0.2 * 16 = 12.8; S_P = 42.96, S_R = 10.24; own 27.904, dealt 8.512.
    assert 12.8 / math.sqrt(27.904) == pytest.approx(found.z[0])
    assert math.log(0.5 * math.erfc(found.z[0] / math.sqrt(2))) == pytest.approx(found.log_p[0])


def test_equal_rates_exceed_nothing():
    found = murmur_exceedance(raised([1, 2, 3]), raised([1, 2, 3, 1, 2, 3]))

    assert 0.0 == pytest.approx(found.z[0])
    assert 1.0 == found.ratio[0]


def test_raising_less_is_no_fault():
    found = murmur_exceedance(raised([0, 0, 1]), raised([5, 6, 7, 8]))

    assert found.z[0] < 0
    assert found.log_p[0] > math.log(0.5)


def test_one_wild_device_is_one_standard_error():
    """Whatever it raises: its own square is in the variance."""
    rest = raised([1, 0, 2, 1] * 200)
    for wild in (100, 10_000, 1_000_000):
        found = murmur_exceedance(raised([wild] + [1] * 200), rest)

        assert found.z[0] < 1.2


def test_a_rest_too_small_to_show_its_own_spread_is_not_taken_for_silent():
    """Five silent Devices beside a thousand, a tenth of which raise 30, are nothing to go by."""
    part = [30] * 100 + [0] * 900
    assert murmur_exceedance(raised(part), raised([0] * 5)).z[0] < 1
    assert murmur_exceedance(raised(part), raised([0] * 500)).z[0] > 5


def test_what_befalls_a_whole_region_accuses_nobody():
    """Twice as many Devices of the part stand where everyone raises ten times as much."""
    part, rest = raised([1] * 100, [10] * 200), raised([1] * 200, [10] * 100)
    found = murmur_exceedance(part, rest)

    assert 0.0 == pytest.approx(found.z[0])
    assert 1.0 == pytest.approx(found.ratio[0])
    assert found.rate[0] == pytest.approx(7.0)


def test_a_stratum_without_a_rest_tells_nothing():
    alone = murmur_exceedance(raised([50] * 100, []), raised([], [1] * 100))

    assert 0.0 == alone.z[0]
    assert 1.0 == alone.ratio[0]


def test_a_silent_rest_makes_the_ratio_infinite_and_its_lower_bound_not():
    found = murmur_exceedance(raised([3, 4, 5] * 20), raised([0] * 600))

    assert math.inf == found.ratio[0] == found.high[0]
    # 240 Alerts, against the 3 that 600 Devices may have been about to raise, 0.3 of them for 60 Devices.
    assert 10 < found.low[0] < 240 / 0.3


def test_the_interval_holds_the_true_ratio_about_nineteen_times_in_twenty():
    random = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        part = random.negative_binomial(2, 2 / (2 + 3.0), 300)
        rest = random.negative_binomial(2, 2 / (2 + 1.0), 900)
        found = murmur_exceedance(raised(part.tolist()), raised(rest.tolist()))
        held += bool(found.low[0] <= 3.0 <= found.high[0])

    assert 0.90 <= held / 400 <= 0.98


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(1, 6), st.integers(0, 3), st.integers(1, 6)).filter(
            lambda each: each[0] <= each[1] and each[2] <= each[3]
        ),
        min_size=1,
        max_size=2,
    )
)
def test_the_chance_of_storming_devices_is_that_of_counting_every_way(strata):
    found = stormed(*strata)
    expected = by_counting(*strata) if sum(each[0] for each in strata) else 1.0

    assert expected == pytest.approx(math.exp(found.log_p[0]))


def test_above_the_exact_number_the_chance_is_never_told_smaller(monkeypatch):
    strata = ((60, 400, 140, 1_600), (25, 100, 75, 500))
    exact = stormed(*strata).log_p[0]
    monkeypatch.setattr(exceedance, "MOST_EXACT", 10)
    bounded = stormed(*strata).log_p[0]

    assert exact <= bounded < 0.8 * exact


def test_a_chance_too_small_for_a_float_is_still_a_number():
    found = stormed((1_000, 1_000, 0, 1_000_000))

    assert -800 < found.log_p[0] < -600
    assert math.inf == found.ratio[0]


def test_three_standard_errors_are_what_they_are_in_any_table():
    assert 3.0 == pytest.approx(standard_errors(math.log(0.0013498980316301)), abs=1e-6)
