"""What had waited is told from what stormed: by the silence before, by how many came at once, by how soon it was over."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.alert_storm.silence import MANY_AT_ONCE, Silence, had_waited, silences_in
from tidegate.vocabulary.instants import HOUR

HEARD = (0, HOUR, 5 * HOUR, 6 * HOUR)
"""Hours with Alerts: three are silent, and the silence ends at 5."""


def waited(started: int, *, lasted: int = HOUR, devices: int = MANY_AT_ONCE, hours=HEARD) -> bool:
    """Whether storms of some Devices, all alike, had waited."""
    found = had_waited(
        np.arange(devices, dtype=np.uint64),
        np.full(devices, started),
        np.full(devices, started + lasted),
        hours,
    )
    assert found.all() or not found.any()
    return bool(found[0])


@pytest.mark.parametrize(("expected", "hours"), [([], 1), ([Silence(3 * HOUR, 2 * HOUR)], 2)])
def test_two_whole_hours_are_a_silence(expected, hours):
    assert expected == silences_in([0, (1 + hours) * HOUR, 0])


@pytest.mark.parametrize(
    ("expected", "started"),
    [(False, 5 * HOUR - 1), (True, 5 * HOUR), (True, 6 * HOUR - 1), (False, 6 * HOUR)],
)
def test_it_comes_in_the_hour_that_ends_the_silence(expected, started):
    assert expected == waited(started)


@pytest.mark.parametrize(("expected", "lasted"), [(True, 3 * HOUR), (False, 3 * HOUR + 1)])
def test_it_is_over_sooner_than_it_waited(expected, lasted):
    assert expected == waited(5 * HOUR, lasted=lasted)


@pytest.mark.parametrize(("expected", "devices"), [(False, MANY_AT_ONCE - 1), (True, MANY_AT_ONCE)])
def test_few_devices_that_storm_after_a_quiet_night_are_devices_that_storm(expected, devices):
    assert expected == waited(5 * HOUR, devices=devices)


def test_without_a_silence_nothing_waited():
    assert not waited(5 * HOUR, hours=range(0, 9 * HOUR, HOUR))


def test_no_storm_had_waited_where_there_is_none():
    nothing = np.empty(0, np.int64)

    assert 0 == len(had_waited(nothing.astype(np.uint64), nothing, nothing, HEARD))
