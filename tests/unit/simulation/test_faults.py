"""Chatter, nuisance, rounds and drawn fleets raise what they say they do."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.unit.simulation.simulated import log_of, most_in_a_window, simulation_of, streams_of

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.catalogue import DeviceType, firmware_number
from tidegate.simulation.chatter import Chatter
from tidegate.simulation.drawing import LEAST_SHARE
from tidegate.simulation.estate import devices_with
from tidegate.simulation.nuisance import Nuisance
from tidegate.simulation.rounds import Rounds
from tidegate.simulation.run import Simulation
from tidegate.simulation.scenarios import scenario_named
from tidegate.simulation.traffic import To
from tidegate.vocabulary.instants import HOUR, MINUTE

BELOW, OK = 0x8014, 0x8015
FIRMWARE = firmware_number("M1 1.04")

CHATTER = Chatter(firmwares=(FIRMWARE,), codes=(BELOW, OK), pace_per_hour=(40.0, 56.0), on_share=0.25)
NUISANCE = Nuisance(0x8154, DeviceType.ESME, 2.0, 1.0, to=To.SUPPLIER)
ROUNDS = Rounds(
    code=0x8002,
    firmwares=(FIRMWARE,),
    at_most=30,
    alerts_each=10,
    apart_us=2 * MINUTE,
    day=0,
    from_hour=14,
    within_us=10 * MINUTE,
)


# Chatter


def test_in_chatter_the_two_codes_take_turns_within_a_bout() -> None:
    log = log_of(simulation_of(CHATTER))
    by_device: dict[int, list[tuple[int, int]]] = {}
    for at, device, code in zip(
        log.received_at.tolist(), log.device_id.tolist(), log.alert_code.tolist(), strict=True
    ):
        by_device.setdefault(device, []).append((at, code))
    close = [
        (one[1], two[1])
        for events in by_device.values()
        for one, two in pairwise(events)
        if two[0] - one[0] < 2 * MINUTE
    ]

    assert {(BELOW, OK), (OK, BELOW)} == set(close)


def test_chatter_at_56_an_hour_is_at_most_30_of_either_code_and_more_than_30_of_both() -> None:
    log = log_of(simulation_of(CHATTER))
    of_a_code = max(most_in_a_window(each, HOUR) for each in streams_of(log).values())
    devices: dict[int, list[int]] = {}
    for at, device in zip(log.received_at.tolist(), log.device_id.tolist(), strict=True):
        devices.setdefault(device, []).append(at)

    assert of_a_code <= 30
    assert 30 < min(most_in_a_window(sorted(each), HOUR) for each in devices.values())


# Nuisance


@pytest.mark.parametrize("likeness", [0.2, 1.0, 10.0])
def test_nuisance_has_its_rate_however_unlike_the_devices_are(likeness: float) -> None:
    simulation = simulation_of(replace(NUISANCE, likeness=likeness), devices=105_000)
    meters = simulation.estate.count(DeviceType.ESME)

    assert 2.0 == pytest.approx(len(log_of(simulation)) / meters, rel=0.1)


def test_the_less_alike_the_devices_the_fewer_of_them_raise_most() -> None:
    def share_of_the_top_tenth(likeness: float) -> float:
        log = log_of(simulation_of(replace(NUISANCE, likeness=likeness), devices=105_000))
        counts = sorted(Counter(log.device_id.tolist()).values(), reverse=True)
        return sum(counts[:2_500]) / len(log)

    assert share_of_the_top_tenth(10.0) < 0.35
    assert share_of_the_top_tenth(0.2) > 0.65


def test_nuisance_of_a_firmware_is_raised_by_its_devices_alone() -> None:
    simulation = simulation_of(replace(NUISANCE, alerts_per_device_day=20.0, firmwares=(FIRMWARE,)))
    meters = devices_with(simulation.estate, DeviceType.ESME, (FIRMWARE,))

    assert set(log_of(simulation).device_id.tolist()) <= set(simulation.estate.device_ids(meters).tolist())
    (cause,) = simulation.truth()["causes"]
    assert (str(Kind.MURMUR), "1.04") == (cause["kind"], cause["products"][0]["firmware"])


def test_nuisance_of_neighbours_is_that_of_premises_side_by_side_and_of_no_product() -> None:
    simulation = simulation_of(replace(NUISANCE, alerts_per_device_day=20.0, neighbours=50))
    everywhere = np.arange(simulation.estate.devices)
    ids = simulation.estate.device_ids(everywhere)
    raised = np.isin(ids, log_of(simulation).device_id)
    premises = simulation.estate.premises_of(everywhere[raised])

    assert 45 <= len(premises) <= 50
    assert premises.max() - premises.min() < 50
    (cause,) = simulation.truth()["causes"]
    assert ("background", []) == (cause["kind"], cause["products"])


# Rounds


def test_each_device_of_a_round_raises_as_many_as_all_others() -> None:
    log = log_of(simulation_of(ROUNDS, devices=21_000))

    assert {10: 30} == Counter(Counter(log.device_id.tolist()).values())


def test_a_round_begins_when_it_says_and_keeps_its_distance() -> None:
    simulation = simulation_of(ROUNDS, devices=21_000)
    for instants in streams_of(log_of(simulation)).values():
        begins = simulation.since + 14 * HOUR
        assert begins <= instants[0] < begins + 10 * MINUTE
        gaps = np.diff(instants)
        assert 1.8 * MINUTE <= gaps.min()
        assert gaps.max() <= 2.2 * MINUTE


def test_a_round_after_the_end_of_the_log_is_not_in_it() -> None:
    assert 0 == len(log_of(simulation_of(replace(ROUNDS, day=1), devices=21_000, days=1)))


# Drawn fleets


@pytest.mark.parametrize("seed", range(1, 13))
def test_a_drawn_cause_is_at_least_a_fiftieth_of_the_log(seed: int) -> None:
    simulation = Simulation(scenario_named("random-cause"), seed=seed)
    rows = sum(len(batch) for batch in simulation.batches())
    planted = [cause for cause in simulation.truth()["causes"] if cause["products"]]

    assert planted
    for cause in planted:
        # Drawn on expected rows, of which a log has more or fewer.
        assert 0.75 * LEAST_SHARE * rows <= cause["alerts"]


def test_seeds_draw_each_kind_and_both_levels() -> None:
    planted = [
        cause
        for seed in range(30)
        for cause in Simulation(scenario_named("random-cause"), seed=seed).truth()["causes"]
        if cause["products"]
    ]

    assert {Kind.SHOUTERS, Kind.MURMUR} == {cause["kind"] for cause in planted}
    assert {True, False} == {bool(product["firmware"]) for cause in planted for product in cause["products"]}
    assert len({tuple(cause["alert_codes"]) for cause in planted}) > 8
    assert 1 == max(len(cause["products"]) for cause in planted)


@pytest.mark.parametrize("seed", range(5))
def test_a_quiet_fleet_has_no_product_at_fault(seed: int) -> None:
    causes = Simulation(scenario_named("quiet"), seed=seed).truth()["causes"]

    assert [] == [cause for cause in causes if cause.get("products")]
    assert Kind.MURMUR not in {cause["kind"] for cause in causes}


def test_quiet_and_random_cause_of_one_seed_are_different_fleets() -> None:
    quiet, other = (Simulation(scenario_named(name), seed=3) for name in ("quiet", "random-cause"))

    assert quiet.estate.devices != other.estate.devices


# Regions


def test_hubs_by_region_turn_those_of_the_north_around_and_no_other_product() -> None:
    weather = Simulation(scenario_named("weather-day"))
    plain = Simulation(replace(scenario_named("weather-day"), hubs_by_region=False))
    devices = np.arange(weather.estate.devices)
    differ = weather.estate.firmwares_of(devices) != plain.estate.firmwares_of(devices)
    types = weather.estate.types_of(devices[differ])
    north = weather.estate.premises_in(0)

    assert {DeviceType.CHF, DeviceType.GPF} == set(types.tolist())
    assert weather.estate.premises_of(devices[differ]).max() < north.stop
