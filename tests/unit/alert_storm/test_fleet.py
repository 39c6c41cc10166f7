"""The fleet view's own page, example by example."""

from __future__ import annotations

import numpy as np
import pytest
from tests.fleets import SINCE, Entry, inventory_of
from tests.streams import as_batch

from tidegate.alert_storm.fleet import Fleet
from tidegate.columnar.batches import Recipients
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE
from tidegate.vocabulary.products import NOT_KNOWN, Product

OLD, NEW = Product("ESME", "Maker A", "M1", "1.03"), Product("ESME", "Maker A", "M1", "1.04")
CHANGED_AT = SINCE + 11 * DAY + 22 * HOUR + 10 * MINUTE
NO_STORM = np.empty(0, np.uint64), np.empty(0, np.uint32)


def viewed(alerts, inventory=None, stormed=NO_STORM, days=31):
    recipients = Recipients()
    fleet = Fleet(inventory)
    fleet.receive(as_batch(sorted(alerts, key=lambda alert: alert.at), recipients))
    return fleet, fleet.view(stormed, recipients, SINCE, SINCE + days * DAY)


def rows_of(view):
    """Group -> the place of its row."""
    groups = view.groups
    return {
        (int(code), view.products[product], view.regions[region]): row
        for row, (code, product, region) in enumerate(
            zip(groups["alert_code"], groups["product"], groups["region"], strict=True)
        )
    }


def test_a_device_counts_for_what_it_was():
    """Two 8014 and two 8015 before its firmware changed, and two of each after: the page's example."""
    inventory = inventory_of(Entry(1, BEFORE_ALL, firmware="1.03"), Entry(1, CHANGED_AT, firmware="1.04"))
    alerts = [Alert(SINCE + day * DAY, 1, code) for day in (1, 5, 20, 30) for code in (0x8014, 0x8015)]
    fleet, view = viewed(alerts, inventory)
    rows = rows_of(view)
    days = [view.exposure[view.products.index(product)].sum() for product in (OLD, NEW)]

    assert {(0x8014, OLD, "North"), (0x8014, NEW, "North")} == set(rows)
    for name, expected in (
        ("alerts", 4),
        ("second_alerts", 2),
        ("devices", 1),
        ("heard", 4),
        ("alternations", 3),
    ):
        assert [expected, expected] == view.groups[name].tolist(), name
    assert [11.92, 19.08] == pytest.approx(days, abs=0.01)
    assert 0 == view.missing
    assert [(1, "1.03", 4), (1, "1.04", 4)] == sorted(
        (int(it["device_id"]), view.products[it["product"]].firmware, int(it["alerts"]))
        for it in fleet.devices_of([0x8015], Product("ESME"))
    )


def test_the_instant_of_the_change_is_the_new_firmwares():
    inventory = inventory_of(Entry(1, BEFORE_ALL, firmware="1.03"), Entry(1, CHANGED_AT, firmware="1.04"))
    _, view = viewed(
        [Alert(CHANGED_AT - 1, 1, 5), Alert(CHANGED_AT, 1, 5), Alert(CHANGED_AT + 1, 1, 5)], inventory
    )
    rows = rows_of(view)

    assert [1, 2] == [view.groups["alerts"][rows[5, product, "North"]] for product in (OLD, NEW)]


def test_a_product_a_device_came_back_to_is_one_part():
    inventory = inventory_of(
        Entry(1, BEFORE_ALL, firmware="1.03"),
        Entry(1, SINCE + DAY, firmware="1.04"),
        Entry(1, SINCE + 3 * DAY, firmware="1.03"),
    )
    _, view = viewed([Alert(SINCE, 1, 5), Alert(SINCE + 4 * DAY, 1, 5)], inventory, days=10)
    place = view.products.index(OLD), view.regions.index("North")

    assert [1] == view.groups["devices"].tolist()
    assert (1, 8.0, 64.0) == (view.installed[place], view.exposure[place], view.exposure_squared[place])


def test_a_change_of_supplier_alone_makes_no_part_and_the_last_supplier_counts():
    inventory = inventory_of(
        Entry(1, BEFORE_ALL, supplier="Supplier A"),
        Entry(1, SINCE + DAY, supplier="Supplier B"),
        Entry(1, SINCE + 99 * DAY, supplier="Supplier C"),
    )
    _, view = viewed([Alert(SINCE, 1, 5), Alert(SINCE + 2 * DAY, 1, 5)], inventory)

    assert [1] == view.groups["devices"].tolist()
    assert [0, 0, 1, 0] == view.by_supplier[0].tolist()
    assert ["", "Supplier A", "Supplier B", "Supplier C"] == list(view.suppliers)


def test_devices_that_are_not_in_the_inventory_are_counted_and_said():
    _, view = viewed(
        [Alert(SINCE, 1, 5), Alert(SINCE, 2, 5), Alert(SINCE, 2, 6), Alert(SINCE, 3, 5)],
        inventory_of(Entry(1)),
    )
    row = rows_of(view)[5, NOT_KNOWN, ""]

    assert 2 == view.missing == view.groups["devices"][row]
    assert 0 == view.installed[0].sum()


def test_without_an_inventory_every_device_is_missing():
    _, view = viewed([Alert(SINCE, 1, 5), Alert(SINCE, 2**64 - 1, 5)])

    assert (2, [NOT_KNOWN]) == (view.missing, list(view.products))


def test_those_that_stormed_are_told_apart_with_either_code_of_a_pair():
    alerts = [Alert(SINCE + n * HOUR, device, 0x8014) for device in (1, 2) for n in range(device)]
    stormed = np.array([2], np.uint64), np.array([0x8015], np.uint32)
    fleet, view = viewed(alerts, stormed=stormed)

    assert (3, 2, 1) == tuple(
        view.groups[name][0] for name in ("alerts", "stormed_alerts", "stormed_devices")
    )
    assert (1.0, 31.0) == (view.groups["sum_squares"][0], view.groups["sum_exposed"][0])
    assert [(2, True), (1, False)] == [
        (int(it["device_id"]), bool(it["has_stormed"])) for it in fleet.devices_of([0x8014], NOT_KNOWN)
    ]


def test_no_more_devices_are_listed_than_were_asked_for_the_loudest_first():
    alerts = [Alert(SINCE + n * HOUR, device, 5) for device in range(1, 9) for n in range(device)]
    fleet, _ = viewed(alerts)

    assert [8, 7, 6] == fleet.devices_of([5], NOT_KNOWN, 3)["device_id"].tolist()
    assert 8 == len(fleet.devices_of([5], NOT_KNOWN))
    assert 0 == len(fleet.devices_of([6], NOT_KNOWN))
    assert 0 == len(fleet.devices_of([5], OLD))


def test_hours_and_recipients():
    alerts = [
        Alert(SINCE + 30 * HOUR, 1, 5, "network"),
        Alert(SINCE + 31 * HOUR - 1, 1, 5, "supplier"),
        Alert(SINCE + 31 * HOUR, 2, 5),
    ]
    _, view = viewed(alerts)
    hour = SINCE // HOUR % 24

    assert {(hour + 6) % 24: 2, (hour + 7) % 24: 1} == {
        h: n for h, n in enumerate(view.by_hour[0].tolist()) if n
    }
    assert [1, 1, 1] == view.by_recipient[0].tolist()
    assert ["", "network", "supplier"] == list(view.recipients)


def test_devices_are_told_of_a_period():
    fleet = Fleet(None)

    with pytest.raises(AssertionError, match="ask for a view first"):
        fleet.devices_of([5], NOT_KNOWN)
