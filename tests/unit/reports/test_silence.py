"""What waited somewhere and came at once is hinted at, for by receipt it is a storm."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.unit.reports.replayed_examples import START, replayed, spell

from tidegate.reports.replayed import HourOfCode, Totals
from tidegate.reports.silence import storms_after_silence
from tidegate.reports.verdict import verdict
from tidegate.vocabulary.instants import HOUR


def heard_in(*hours: int, storm_at: int) -> str:
    made = replayed({0x8F75: Totals(100, 10, 90)}, [spell(started_at=START + storm_at, ended_at=None)])
    heard = [HourOfCode(START + hour * HOUR, 0x8F75, Totals(10, 10)) for hour in hours]
    return storms_after_silence(replace(made, hours=heard))


@pytest.mark.parametrize(
    ("expected", "hours", "storm_at"),
    [
        (True, (0, 3), 3 * HOUR),
        (True, (0, 3), 4 * HOUR - 1),
        (False, (0, 3), 4 * HOUR),
        (False, (0, 3), 3 * HOUR - 1),
        (False, (0, 2), 2 * HOUR),
        (False, (0, 1, 2, 3), 3 * HOUR),
    ],
)
def test_a_storm_in_the_hour_that_ends_two_silent_ones_is_told(
    expected: bool, hours: tuple[int, ...], storm_at: int
) -> None:
    assert expected == bool(heard_in(*hours, storm_at=storm_at))


def test_the_longest_silence_is_told_and_how_many_storms() -> None:
    said = heard_in(0, 5, storm_at=5 * HOUR)

    assert said.startswith(
        "After a silence: 1 of 1 storm began in the hour that ended 4 h without any Alert."
    )


def test_the_verdict_warns_of_it() -> None:
    made = replayed({0x8F75: Totals(100, 10, 90)}, [spell(started_at=START + 5 * HOUR, ended_at=None)])
    heard = [HourOfCode(START + hour * HOUR, 0x8F75, Totals(10, 10)) for hour in (0, 5)]

    assert any("After a silence" in caution for caution in verdict(replace(made, hours=heard)).cautions)
