"""Each scenario reproduces the public figures it is named for (tables of volumes; UX.md 2)."""

import numpy as np
import pytest

from tidegate.alert_storm.decision import Outcome
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.columnar.batches import AlertBatch
from tidegate.simulation.run import Simulation
from tidegate.simulation.scenarios import scenario_named, scenarios
from tidegate.vocabulary.alert_codes import DCC_ALERT, parse_alert_code
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR

MAGNET = parse_alert_code("8F75")
BELOW, OK = parse_alert_code("8014"), parse_alert_code("8015")
SECONDS_OF_JULY = 31 * 86_400


def log_of(simulation: Simulation) -> AlertBatch:
    return AlertBatch.concatenate(list(simulation.batches()))


def test_the_first_four_scenarios_are_there() -> None:
    assert {"58-devices-8f75", "wpd-2m-a-day", "national", "one-operator-week"} <= set(scenarios())


@pytest.mark.parametrize("name", list(scenarios()))
def test_a_scenario_says_what_it_reproduces_and_what_is_invented(name: str) -> None:
    scenario = scenarios()[name]

    assert name == scenario.name
    assert all((scenario.summary, scenario.reproduces, scenario.invented))
    assert "\n" not in scenario.summary


def test_an_unknown_scenario_is_told_which_there_are_and_which_is_meant() -> None:
    with pytest.raises(InputError) as raised:
        scenario_named("58-devices")

    (fault,) = raised.value.faults
    assert "SCENARIO" == fault.where
    assert fault.remedy.startswith("Did you mean 58-devices-8f75? There are: ")
    assert all(name in fault.remedy for name in scenarios())


def test_a_name_unlike_any_is_not_guessed() -> None:
    with pytest.raises(InputError, match="There are: 58-devices-8f75") as raised:
        scenario_named("zzz")

    assert "Did you mean" not in str(raised.value)


# 58-devices-8f75: DCC conclusions on 0x8F75, paragraphs 6 and 12


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fewer_than_sixty_devices_raise_over_100_000_8f75_in_a_day_to_one_supplier(seed: int) -> None:
    simulation = Simulation(scenario_named("58-devices-8f75"), seed=seed)
    log = log_of(simulation)
    supplier = simulation.recipients.number_of("Supplier 1")
    to_supplier = log.take((log.alert_code == MAGNET) & (log.recipient == supplier))
    devices, alerts = np.unique(to_supplier.device_id, return_counts=True)
    shouting = alerts > 10

    assert 58 == int(shouting.sum())
    assert alerts[shouting].sum() > 100_000
    assert 100_000 / 60 < alerts[shouting].mean()
    loudest = to_supplier.received_at[to_supplier.device_id == devices[np.argmax(alerts)]]
    assert 1.0 == pytest.approx(float(np.median(np.diff(loudest))) / 1e6, rel=0.1)


def test_each_8f75_goes_to_the_supplier_and_to_the_network_operator() -> None:
    simulation = Simulation(scenario_named("58-devices-8f75"))
    log = log_of(simulation)
    magnet = log.take(log.alert_code == MAGNET)
    names = np.array([simulation.recipients.name_of(number) for number in range(len(simulation.recipients))])
    to_supplier = np.char.startswith(names[magnet.recipient], "Supplier")

    assert 1.0 == pytest.approx(to_supplier.sum() / (~to_supplier).sum(), abs=0.001)
    assert set(magnet.device_id[to_supplier].tolist()) == set(magnet.device_id[~to_supplier].tolist())


# wpd-2m-a-day: SECMP0062 responses, WPD question 2


def test_one_network_operator_receives_over_two_million_8014_and_8015_a_day() -> None:
    simulation = Simulation(scenario_named("wpd-2m-a-day"))
    received = {"rows": 0}
    recipients = set()
    for batch in simulation.batches():
        received["rows"] += int(((batch.alert_code == BELOW) | (batch.alert_code == OK)).sum())
        recipients |= set(np.unique(batch.recipient).tolist())

    assert 2_000_000 < received["rows"] < 2_500_000
    assert {simulation.recipients.number_of("Network B")} == recipients


@pytest.mark.parametrize("seed", [1, 2])
def test_no_stream_of_it_has_more_than_30_alerts_in_60_minutes(seed: int) -> None:
    log = log_of(Simulation(scenario_named("wpd-2m-a-day"), devices=210_000, days=2, seed=seed))
    # Both codes as one: a policy may group them (SSEN), and even then nothing is over.
    order = np.lexsort((log.received_at, log.device_id))
    device, at = log.device_id[order], log.received_at[order]
    thirty_before = at[30:] - at[:-30]
    same = device[30:] == device[:-30]

    assert 0 < int(same.sum())
    assert HOUR <= int(thirty_before[same].min())


def test_the_rule_at_30_in_60_minutes_holds_back_none_of_it() -> None:
    # The readable rule, on a small estate: it is the specification, and takes its time.
    rules = AlertStormRules(AlertStormParameters(threshold=30, window_us=HOUR, forward_one_in=10))
    protection = AlertStormProtection(rules)
    log = log_of(Simulation(scenario_named("wpd-2m-a-day"), devices=10_500))
    alerts = [
        Alert(at, device_id, code)
        for at, device_id, code in zip(
            log.received_at.tolist(), log.device_id.tolist(), log.alert_code.tolist(), strict=True
        )
    ]

    assert len(alerts) > 10_000
    assert {Outcome.FORWARDED} == {protection.receive(alert).outcome for alert in alerts}


def test_the_same_rule_holds_back_most_of_what_58_devices_shout() -> None:
    rules = AlertStormRules(AlertStormParameters(threshold=30, window_us=HOUR, forward_one_in=10))
    protection = AlertStormProtection(rules)
    log = log_of(Simulation(scenario_named("58-devices-8f75"), devices=5_000))
    is_magnet = (log.alert_code == MAGNET) & (log.received_at < log.received_at[0] + HOUR * 6)
    magnet = log.take(is_magnet)
    outcomes = [
        protection.receive(Alert(at, device_id, MAGNET, str(recipient))).outcome
        for at, device_id, recipient in zip(
            magnet.received_at.tolist(), magnet.device_id.tolist(), magnet.recipient.tolist(), strict=True
        )
    ]

    assert 0.5 < outcomes.count(Outcome.THROTTLED) / len(outcomes) <= 0.9


# national: July 2022


def test_the_nation_has_the_rates_of_july_2022_per_device() -> None:
    devices = 1_050_000
    log = log_of(Simulation(scenario_named("national"), devices=devices))
    is_dcc_alert = log.alert_code >= DCC_ALERT
    per_device_day = 1.6e9 / 31 / 54e6
    dcc_per_device_day = 86e6 / 31 / 54e6

    assert per_device_day == pytest.approx(int((~is_dcc_alert).sum()) / devices, rel=0.02)
    assert dcc_per_device_day == pytest.approx(int(is_dcc_alert.sum()) / devices, rel=0.03)


def test_the_whole_nation_is_597_device_alerts_and_32_dcc_alerts_a_second() -> None:
    scenario = scenario_named("national")
    at_hand = 1_050_000
    simulation = Simulation(scenario, devices=at_hand)

    expected = (1.6e9 + 86e6) / SECONDS_OF_JULY
    assert expected == pytest.approx(
        simulation.alerts_per_day / 86_400 * scenario.devices / at_hand, rel=0.02
    )
    assert 54_000_000 == scenario.devices


# one-operator-week


def test_the_week_is_about_two_million_alerts_of_one_operator_and_mostly_murmur() -> None:
    simulation = Simulation(scenario_named("one-operator-week"))
    received = sum(len(batch) for batch in simulation.batches())
    causes = {cause["kind"]: cause for cause in simulation.truth()["causes"]}

    assert 2_000_000 == pytest.approx(received, rel=0.05)
    # Unknown codes are part of the mess that a reader must bear.
    assert {"8FE1", "81F7"} <= set(simulation.truth()["by_code"])
    assert 0.6 < causes["murmur"]["alerts"] / received < 0.85
    assert 58 == causes["shouters"]["shouters"]
    assert causes["weather"]["alerts"] > 10_000
