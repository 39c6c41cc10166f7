"""A log in local time says by how much; the hour that comes twice is told apart by it."""

import csv
from pathlib import Path

import numpy as np
import pytest
from tests.unit.simulation.test_simulate_command import called

from tidegate.simulation.british_time import offsets_of
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR, parse_instant


@pytest.mark.parametrize(
    ("utc", "hours"),
    [
        ("2025-10-26T00:59:59.999999Z", 1),
        ("2025-10-26T01:00:00Z", 0),
        ("2026-03-29T00:59:59.999999Z", 0),
        ("2026-03-29T01:00:00Z", 1),
    ],
)
def test_clocks_change_at_one_utc(utc: str, hours: int) -> None:
    assert [hours * HOUR] == offsets_of(np.array([parse_instant(utc)])).tolist()


def test_offsets_of_nothing_are_none() -> None:
    assert 0 == len(offsets_of(np.empty(0, np.int64)))


def test_the_hour_from_one_stands_twice_in_the_log_each_time_with_its_offset(tmp_path: Path) -> None:
    called("clock-change-night", "-o", str(tmp_path))
    with (tmp_path / "alerts.csv").open(newline="") as file:
        written = [row["received_at"] for row in csv.DictReader(file)]
    twice = [text for text in written if text.startswith("2025-10-26T01:")]

    assert {"+01:00", "+00:00"} == {text[-6:] for text in twice}
    instants = [parse_instant(text) for text in written]
    assert sorted(instants) == instants
    without_zone = [parse_instant(text[:-6]) for text in written]
    assert sorted(without_zone) != without_zone


def test_a_scenario_about_how_a_csv_is_written_is_not_written_as_parquet(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        called("clock-change-night", "--format", "parquet", "-o", str(tmp_path / "new"))

    assert ["--format"] == [fault.where for fault in raised.value.faults]
    assert not (tmp_path / "new").exists()
