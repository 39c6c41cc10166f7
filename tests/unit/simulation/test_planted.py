"""What was planted is said in the words that causes are named in, at the level of what has the fault."""

import pytest

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.catalogue import DeviceType, firmware_number, firmwares_of, of_seed
from tidegate.simulation.planted import as_truth, products_of
from tidegate.simulation.run import Simulation
from tidegate.simulation.scenarios import scenarios
from tidegate.vocabulary.products import Product


def test_one_firmware_is_the_firmware() -> None:
    assert [Product("ESME", "Maker A", "M1", "1.04")] == products_of(
        DeviceType.ESME, [firmware_number("M1 1.04")]
    )


def test_every_firmware_of_a_model_is_the_model() -> None:
    assert [Product("CHF", "Maker A", "M9", "")] == products_of(DeviceType.CHF, firmwares_of("M9"))


def test_all_but_one_firmware_of_a_model_are_each_themselves() -> None:
    *most, _ = firmwares_of("M4")

    assert [("M4", "3.00"), ("M4", "2.20")] == [each[2:] for each in products_of(DeviceType.ESME, most)]


def test_both_codes_of_a_toggle_pair_are_named_whichever_was_raised() -> None:
    below, ok = (as_truth(Kind.MURMUR, [code], [])["alert_codes"] for code in (0x8014, 0x8015))

    assert ["8014", "8015"] == below == ok


def test_a_code_without_a_partner_is_named_alone() -> None:
    assert {"kind": "shouters", "alert_codes": ["8154"], "products": []} == as_truth(
        Kind.SHOUTERS, [0x8154], []
    )


def test_the_first_seed_has_the_first_choice_and_they_go_around() -> None:
    assert [5, 7, 5, 7] == [of_seed(seed, (5, 7)) for seed in (1, 2, 3, 4)]


@pytest.mark.parametrize("name", [name for name in scenarios() if name != "national"])
def test_every_fault_of_a_scenario_is_named_with_kind_codes_and_product(name: str) -> None:
    truth = Simulation(scenarios()[name], devices=21_000, seed=5).truth()
    faults = [cause for cause in truth["causes"] if cause["kind"] in set(Kind)]

    assert all(cause["alert_codes"] for cause in faults)
    for product in (product for cause in faults for product in cause["products"]):
        assert {"device_type", "manufacturer", "model", "firmware"} == set(product)
        assert product["manufacturer"].startswith("Maker ")
    assert truth["expected_verdict"]
