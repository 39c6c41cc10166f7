"""An estate is a function of its seed and size, and has the published proportions."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tidegate.simulation.areas import AREAS, areas_of
from tidegate.simulation.catalogue import FIRMWARES, MAKERS, MODELS, DeviceType, Product, firmware_number
from tidegate.simulation.estate import Estate
from tidegate.simulation.mixing import lookup, serial_numbers

HOMES = 13_000_000
DEVICES = 54_000_000
METERS = 21_000_000


def test_there_are_five_makers_fourteen_models_and_forty_firmwares() -> None:
    assert (5, 14, 40) == (len(MAKERS), len(MODELS), len(FIRMWARES))


def test_the_firmwares_of_a_product_share_it_out() -> None:
    for product in Product:
        assert 1.0 == pytest.approx(sum(each.share for each in FIRMWARES if each.product == product))


def test_homes_and_meters_are_in_the_proportion_of_july_2022() -> None:
    estate = Estate(DEVICES, AREAS, seed=1)
    meters = estate.count(DeviceType.ESME) + estate.count(DeviceType.GSME)

    assert HOMES == pytest.approx(estate.premises, rel=0.02)
    assert METERS == pytest.approx(meters, rel=0.03)


@given(st.integers(1, 200), st.integers(0, 5))
def test_every_device_is_found_by_its_type_and_ordinal(devices: int, seed: int) -> None:
    estate = Estate(devices, AREAS, seed)
    found = [estate.of_type(kind, np.arange(estate.count(kind))) for kind in DeviceType]

    assert list(range(devices)) == sorted(np.concatenate(found).tolist())
    for kind, numbers in zip(DeviceType, found, strict=True):
        assert all(estate.types_of(numbers) == kind)


@given(st.integers(1, 200))
def test_the_premises_are_those_that_devices_stand_in(devices: int) -> None:
    estate = Estate(devices, AREAS, seed=1)
    premises = estate.premises_of(np.arange(devices))

    assert list(range(estate.premises)) == np.unique(premises).tolist()


def test_what_stands_in_a_premises_is_the_device_of_that_type() -> None:
    estate = Estate(2_100, AREAS, seed=1)
    premises = np.arange(estate.premises)
    for kind in (DeviceType.ESME, DeviceType.CHF, DeviceType.GPF):
        devices = estate.in_premises(kind, premises)

        assert all(estate.types_of(devices) == kind)
        assert premises.tolist() == estate.premises_of(devices).tolist()


def test_no_two_devices_share_an_eui() -> None:
    estate = Estate(210_000, AREAS, seed=3)

    assert estate.devices == len(np.unique(estate.device_ids(np.arange(estate.devices))))


@given(st.lists(st.integers(0, 2**40 - 1), unique=True), st.integers(0, 2**32))
def test_no_two_numbers_share_a_serial_number(numbers: list[int], salt: int) -> None:
    assert len(numbers) == len(np.unique(serial_numbers(np.array(numbers, np.int64), salt)))


def test_every_eui_is_locally_administered_and_names_its_invented_maker() -> None:
    estate = Estate(2_100, AREAS, seed=1)
    rows = next(estate.inventory())
    octets = np.unique((rows.device_id >> np.uint64(40)).astype(np.int64))

    assert {0x027D00 + maker for maker in range(1, 6)} == set(octets.tolist())
    makers = (rows.device_id >> np.uint64(40)) & np.uint64(0xFF)
    assert (makers - np.uint64(1)).tolist() == rows.attributes["manufacturer"].places.tolist()


def test_what_a_device_is_does_not_depend_on_what_else_is_asked() -> None:
    estate = Estate(42_000, AREAS, seed=1)
    whole = next(estate.inventory(rows=42_000))
    parts = list(estate.inventory(rows=999))

    assert whole.device_id.tolist() == np.concatenate([part.device_id for part in parts]).tolist()
    for name, attribute in whole.attributes.items():
        places = np.concatenate([part.attributes[name].places for part in parts])
        assert attribute.places.tolist() == places.tolist()


def test_another_seed_is_another_estate() -> None:
    first, second = (Estate(2_100, AREAS, seed=seed) for seed in (1, 2))
    devices = np.arange(2_100)

    assert not set(first.device_ids(devices).tolist()) & set(second.device_ids(devices).tolist())
    assert first.firmwares_of(devices).tolist() != second.firmwares_of(devices).tolist()


def test_the_inventory_has_the_columns_of_the_contract() -> None:
    rows = next(Estate(2_100, AREAS, seed=1).inventory())

    expected = [
        "device_type",
        "manufacturer",
        "model",
        "firmware",
        "supplier",
        "network_operator",
        "csp_region",
    ]
    assert expected == list(rows.attributes)


def test_the_murmuring_firmware_has_just_under_a_tenth_of_the_meters() -> None:
    estate = Estate(1_050_000, AREAS, seed=1)
    meters = estate.of_type(DeviceType.ESME, np.arange(estate.count(DeviceType.ESME)))
    share = np.mean(estate.firmwares_of(meters) == firmware_number("M1 1.04"))

    assert share == pytest.approx(0.0986, abs=0.003)


def test_a_hub_has_one_firmware_for_both_its_devices() -> None:
    estate = Estate(2_100, AREAS, seed=1)
    premises = np.arange(estate.premises)
    chf, gpf = (
        estate.firmwares_of(estate.in_premises(kind, premises)) for kind in (DeviceType.CHF, DeviceType.GPF)
    )

    assert chf.tolist() == gpf.tolist()


def test_a_home_has_one_supplier() -> None:
    estate = Estate(2_100, AREAS, seed=1)
    devices = np.arange(2_100)
    by_home = {
        (home, supplier)
        for home, supplier in zip(estate.premises_of(devices), estate.suppliers_of(devices), strict=True)
    }

    assert estate.premises == len(by_home)


def test_areas_are_as_large_as_their_smart_premises() -> None:
    estate = Estate(2_100_000, AREAS, seed=1)
    total = sum(area.weight for area in AREAS)
    covered = []
    for number, area in enumerate(AREAS):
        premises = estate.premises_in(number)
        covered.extend([premises.start, premises.stop])

        assert area.weight / total == pytest.approx(len(premises) / estate.premises, abs=1e-5)
        meter = estate.in_premises(DeviceType.ESME, np.array([premises.start, premises.stop - 1]))
        operators = [estate.recipients.name_of(int(each)) for each in estate.network_operators_of(meter)]
        assert [area.network_operator] * 2 == operators
    assert sorted(covered) == covered
    assert (0, estate.premises) == (covered[0], covered[-1])


def test_an_estate_of_one_operator_has_no_other() -> None:
    estate = Estate(2_100, areas_of("Network B"), seed=1)

    operators = set(estate.network_operators_of(np.arange(2_100)).tolist())
    assert {estate.recipients.number_of("Network B")} == operators


def test_a_lookup_has_each_share_to_one_in_65536() -> None:
    shares = np.array([0.5, 0.3, 0.1999, 0.0001])
    counts = np.bincount(lookup(shares), minlength=4) / (1 << 16)

    assert shares.tolist() == pytest.approx(counts.tolist(), abs=1 / (1 << 16))
