"""A simulation is a log in the order it was written, the same for the same seed, and its truth is true."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tidegate.columnar.batches import AlertBatch
from tidegate.simulation import run
from tidegate.simulation.delivery import LATEST_US, Imperfections
from tidegate.simulation.run import Simulation
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.scenarios import scenario_named, scenarios
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, format_instant

WEEK = "one-operator-week"
PERFECT = Imperfections()


def week(**changes: object) -> Scenario:
    return replace(scenario_named(WEEK), **changes)  # type: ignore[arg-type]


def log_of(simulation: Simulation) -> AlertBatch:
    return AlertBatch.concatenate(list(simulation.batches()))


def rows_of(log: AlertBatch) -> list[tuple[int, int, int, int]]:
    columns = (log.received_at, log.device_id, log.alert_code, log.recipient)
    return list(zip(*(column.tolist() for column in columns), strict=True))


@pytest.mark.parametrize("batch_rows", [1, 999, 262_144])
def test_the_log_does_not_depend_on_how_it_is_batched(batch_rows: int) -> None:
    simulation = Simulation(week(), devices=5_000, days=1)
    batches = list(simulation.batches(rows=batch_rows))

    assert rows_of(log_of(simulation)) == rows_of(AlertBatch.concatenate(batches))
    assert {batch_rows} >= {len(batch) for batch in batches[:-1]}
    assert 0 < len(batches[-1]) <= batch_rows


@pytest.mark.parametrize("name", list(scenarios()))
def test_the_same_seed_gives_the_same_log_and_truth(name: str) -> None:
    first, second = (Simulation(scenario_named(name), devices=21_000, days=1, seed=7) for _ in range(2))

    assert rows_of(log_of(first)) == rows_of(log_of(second))
    assert first.truth() == second.truth()


def test_another_seed_gives_another_log() -> None:
    first, second = (log_of(Simulation(week(), devices=5_000, days=1, seed=seed)) for seed in (1, 2))

    assert not set(rows_of(first)) & set(rows_of(second))


def test_a_simulation_can_be_read_again() -> None:
    simulation = Simulation(week(), devices=5_000, days=2)
    first, truth = rows_of(log_of(simulation)), simulation.truth()

    assert first == rows_of(log_of(simulation))
    assert truth == simulation.truth()


@pytest.mark.parametrize("name", list(scenarios()))
def test_a_log_without_late_rows_is_in_receipt_order_and_within_its_period(name: str) -> None:
    scenario = scenario_named(name)
    simulation = Simulation(replace(scenario, imperfections=PERFECT), devices=21_000, days=2)
    at = log_of(simulation).received_at

    assert (np.diff(at) >= 0).all()
    assert scenario.starts_at <= at[0] < scenario.starts_at + HOUR
    assert scenario.starts_at + 2 * DAY - HOUR < at[-1] < scenario.starts_at + 2 * DAY


def test_no_row_is_later_in_the_log_than_the_look_back() -> None:
    simulation = Simulation(week(imperfections=Imperfections(late=0.05)), devices=21_000, days=1)
    at = log_of(simulation).received_at
    behind = np.maximum.accumulate(at) - at

    assert 0 < behind.max() < LATEST_US
    assert simulation.truth()["late"] == int((behind > 0).sum()) > 0


def test_duplicates_stand_in_the_log_as_often_as_the_truth_says() -> None:
    simulation = Simulation(week(imperfections=Imperfections(duplicates=0.01)), devices=63_000, days=1)
    rows = rows_of(log_of(simulation))
    doubles = sum(count - 1 for count in Counter(rows).values())

    assert doubles == simulation.truth()["duplicates"]
    assert 0.01 == pytest.approx(doubles / len(rows), rel=0.2)


def test_imperfections_change_how_often_a_row_stands_and_where_but_no_row() -> None:
    perfect = Simulation(week(imperfections=PERFECT), devices=21_000, days=1)
    imperfect = Simulation(week(imperfections=Imperfections(0.1, 0.1)), devices=21_000, days=1)

    assert set(rows_of(log_of(perfect))) == set(rows_of(log_of(imperfect)))


def test_the_operators_adapter_is_silent_while_it_is_out_and_is_then_told_all() -> None:
    simulation = Simulation(week(imperfections=PERFECT), devices=210_000)
    log = log_of(simulation)
    (outage,) = simulation.truth()["adapter_outages"]
    out_at = simulation.since + 5 * DAY + 2 * HOUR
    back_at = out_at + 40 * MINUTE

    assert format_instant(out_at) == outage["from"]
    assert not ((log.received_at >= out_at) & (log.received_at < back_at)).any()
    undisturbed = log_of(Simulation(week(imperfections=PERFECT, adapter_outages=()), devices=210_000))
    held = (undisturbed.received_at >= out_at) & (undisturbed.received_at < back_at)
    assert outage["replayed"] == int(held.sum()) > 100
    assert len(undisturbed) == len(log)


@pytest.mark.parametrize("name", list(scenarios()))
def test_the_truth_counts_what_is_in_the_log(name: str) -> None:
    simulation = Simulation(scenario_named(name), devices=21_000, days=2, seed=3)
    log = log_of(simulation)
    truth = simulation.truth()
    by_code = Counter(format_alert_code(int(code)) for code in log.alert_code)

    assert len(log) == truth["alerts"] == sum(cause["alerts"] for cause in truth["causes"])
    assert dict(by_code) == truth["by_code"]
    assert truth["synthetic"] is True
    assert 1.0 == simulation.done


def test_a_slice_is_a_part_of_an_hour_that_can_be_sorted_at_once() -> None:
    assert HOUR == run._slice_of(500_000)
    assert HOUR // 2 == run._slice_of(500_001)
    assert HOUR // 3_600 == run._slice_of(1e15)


def test_every_device_of_the_log_is_in_the_inventory() -> None:
    simulation = Simulation(scenario_named("national"), devices=5_000, days=1)
    inventory = set(np.concatenate([rows.device_id for rows in simulation.inventory()]).tolist())

    assert 5_000 == len(inventory)
    assert set(log_of(simulation).device_id.tolist()) <= inventory


@pytest.mark.parametrize(
    ("devices", "days", "seed", "place"),
    [
        (4_999, 1, 1, "--devices"),
        (5_000, 0, 1, "--days"),
        (5_000, 367, 1, "--days"),
        (5_000, 1, -1, "--seed"),
    ],
)
def test_a_size_out_of_range_names_its_option(devices: int, days: int, seed: int, place: str) -> None:
    with pytest.raises(InputError) as raised:
        Simulation(week(), devices=devices, days=days, seed=seed)

    assert [place] == [fault.where for fault in raised.value.faults]


def test_all_options_out_of_range_are_named_at_once() -> None:
    with pytest.raises(InputError) as raised:
        Simulation(week(), devices=1, days=0, seed=2**32)

    assert ["--devices", "--days", "--seed"] == [fault.where for fault in raised.value.faults]
