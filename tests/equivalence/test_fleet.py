"""The fleet kernel sees what the readable fleet view sees, however its input is cut and dealt."""

from __future__ import annotations

from itertools import pairwise
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.fleets import CODES, DEVICES, SINCE, every, fleet_logs, inventories
from tests.streams import as_batch

from tidegate.alert_storm import fleet as fleet_module, fleet_streams
from tidegate.alert_storm.fleet import Fleet, FleetView
from tidegate.alert_storm.fleet_by_hand import activities_of, fleet_view_of, installed_of
from tidegate.columnar.batches import Recipients
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND
from tidegate.vocabulary.products import NOT_KNOWN, Product
from tidegate.vocabulary.toggle_pairs import counted_as


def counted(alerts, inventory, cuts=(), shards=2):
    """The fleet that has received the Alerts, cut into batches, and the recipients' numbers."""
    recipients = Recipients()
    edges = sorted({0, len(alerts), *(cut for cut in cuts if cut < len(alerts))})
    fleet = Fleet(inventory, shards=shards)
    with patch.object(fleet_module, "ROWS_AT_ONCE", 1):
        for start, stop in pairwise(edges):
            fleet.receive(as_batch(alerts[start:stop], recipients))
    return fleet, recipients


def columns(stormed):
    return (
        np.array([device_id for device_id, _ in stormed], np.uint64),
        np.array([code for _, code in stormed], np.uint32),
    )


def end_of(alerts):
    """Just after the last Alert."""
    return alerts[-1].at + 1 if alerts else SINCE + 1


def assert_same(expected: FleetView, view: FleetView) -> None:
    for name in ("since", "until", "missing"):
        assert getattr(expected, name) == getattr(view, name), name
    for name in ("products", "regions", "suppliers", "recipients"):
        assert list(getattr(expected, name)) == list(getattr(view, name)), name
    for name in ("alert_code", "where", "how", "devices"):
        one, other = getattr(expected.changed, name), getattr(view.changed, name)
        assert (one.dtype, one.tolist()) == (other.dtype, other.tolist()), name
    for name in ("installed", "patterns", "by_hour", "by_recipient", "by_supplier"):
        assert getattr(expected, name).tolist() == getattr(view, name).tolist(), name
    np.testing.assert_allclose(expected.exposure, view.exposure)
    np.testing.assert_allclose(expected.exposure_squared, view.exposure_squared)
    assert list(expected.groups) == list(view.groups)
    for name, column in expected.groups.items():
        assert column.dtype == view.groups[name].dtype, name
        np.testing.assert_allclose(column, view.groups[name], rtol=1e-12, err_msg=name)


silence_after = st.sampled_from([0, HOUR, 5 * DAY])
stormers = st.lists(st.tuples(st.sampled_from(DEVICES), st.sampled_from(CODES)), max_size=4)
cutting = st.lists(st.integers(0, 100), max_size=4)


@settings(max_examples=300)
@given(
    fleet_logs(), st.none() | inventories(), stormers, cutting, st.integers(1, 3), silence_after, st.data()
)
def test_the_view_is_that_made_by_hand(alerts, inventory, stormed, cuts, shards, silence, data):
    fleet, recipients = counted(alerts, inventory, cuts, shards)
    each = st.lists(st.booleans(), min_size=len(stormed), max_size=len(stormed))
    set_aside = data.draw(st.none() | each.map(np.array).map(lambda asides: asides.astype(np.bool_)))
    asked = columns(stormed), recipients, SINCE, end_of(alerts) + silence, set_aside
    view = fleet.view(*asked)
    expected = fleet_view_of(alerts, inventory, *asked)

    assert_same(expected, view)


@settings(max_examples=200)
@given(
    fleet_logs(), st.none() | inventories(), stormers, st.integers(1, 3),
    st.sampled_from([NOT_KNOWN, Product("ESME"), Product("ESME", firmware="2.00")]),
    st.none() | st.integers(1, 4),
)  # fmt: skip
def test_the_devices_are_those_found_by_hand(alerts, inventory, stormed, shards, product, most):
    fleet, recipients = counted(alerts, inventory, shards=shards)
    until = end_of(alerts)
    fleet.view(columns(stormed), recipients, SINCE, until)
    devices = fleet.devices_of([0x8014, 0x8F75], product, most)
    days = installed_of(inventory, SINCE, until).days
    shouting = {(device_id, counted_as(code)) for device_id, code in stormed}
    period = (until - SINCE) / DAY
    expected = [
        (
            part.device_id, code, part.product, it.alerts, it.alerts - it.by_code.get(code, 0), it.first_at,
            it.last_at, it.hours_active, days.get(part, period), it.chatter_index, it.pattern(days.get(part, period)),
            *[(part.device_id, code) in shouting] * 2,
        )
        for (code, part), it in activities_of(alerts, inventory).items()
        if code in (0x8014, 0x8F75) and product.includes(part.product)
    ]  # fmt: skip
    products = [NOT_KNOWN] if inventory is None else inventory.products
    told = [(*it[:2], products[it[2]], *it[3:-1]) for it in devices.tolist()]

    assert (len(expected) if most is None else min(most, len(expected))) == len(told)
    assert sorted((each[3] for each in expected), reverse=True)[:most] == [each[3] for each in told]
    assert set(told) <= set(expected)
    for it in devices:
        known = None if it["row"] < 0 else inventory.product_numbers[it["row"]]
        assert known is None or it["product"] == known


@pytest.mark.parametrize(("period", "patterns"), [(8 * HOUR, [1, 3, 3, 2, 2]), (DAY, [1, 0, 6, 2, 2])])
def test_patterns_are_those_told_by_hand_at_their_edges(period, patterns):
    """Few; 4, 6, 7 and 8 hours of the 6 that make 8 continuous; even gaps, and not quite; clusters, and not quite."""
    gaps = [
        [10 * MINUTE] * 8,
        [20 * MINUTE] * 9,
        [25 * MINUTE] * 9,
        [30 * MINUTE] * 10,
        [40 * MINUTE] * 9,
        [2 * SECOND, 4 * SECOND] * 6,
        [2 * SECOND, 5 * SECOND] * 6,
        [10 * SECOND] * 9 + [5 * HOUR] + [10 * SECOND] * 9,
        [10 * SECOND] * 4 + [5 * HOUR] + [10 * SECOND] * 4,
        [10 * SECOND, 100 * SECOND] * 6 + [200 * SECOND],
        [HOUR // 2] * 15,
    ]
    alerts = sorted(
        (
            Alert(SINCE + sum(each[:n]), device, 0x8F35)
            for device, each in enumerate(gaps)
            for n in range(len(each) + 1)
        ),
        key=lambda alert: alert.at,
    )
    fleet, recipients = counted(alerts, None)
    view = fleet.view(columns([]), recipients, SINCE, SINCE + period)

    assert_same(fleet_view_of(alerts, None, columns([]), recipients, SINCE, SINCE + period), view)
    assert patterns == view.patterns[0].tolist()


@pytest.mark.parametrize("waiting", [1, 7_000, 100_000])
def test_tables_grow_and_are_split_and_lose_nothing(waiting):
    """Far more Devices, codes and recipients than any table begins with, or may hold."""
    alerts = [
        alert
        for n in range(3)
        for device in range(20_000)
        for alert in every(7 * HOUR * (n + 1), 1, device, (0x8000 + device % 600,), f"user {device % 37}")
        if n == 0 or device % 5 == 0
    ]
    with patch.object(fleet_streams, "LARGEST", 1 << 11), patch.object(fleet_streams, "WAITING", waiting):
        fleet, recipients = counted(alerts, None, cuts=(10_000, 25_000), shards=2)
        view = fleet.view(columns([]), recipients, SINCE, SINCE + DAY)

    assert_same(fleet_view_of(alerts, None, columns([]), recipients, SINCE, SINCE + DAY), view)
    assert 20_000 == view.missing == fleet.streams


def test_where_the_directory_ends_tables_grow_on():
    """What cannot be split is made larger than any table that can."""
    cannot = patch.object(fleet_streams._Partition, "is_to_be_split", False)
    with patch.object(fleet_streams, "LARGEST", 1 << 11), cannot:
        alerts = [alert for device in range(5_000) for alert in every(0, 1, device)]
        fleet, recipients = counted(alerts, None, shards=1)

        assert 5_000 == fleet.view(columns([]), recipients, SINCE, SINCE + DAY).missing


def test_small_batches_wait_and_are_counted_all_the_same():
    alerts = every(HOUR, 12)
    recipients = Recipients()
    fleet = Fleet(None, shards=1)
    for alert in alerts:
        fleet.receive(as_batch([alert], recipients))
    view = fleet.view(columns([]), recipients, SINCE, SINCE + DAY)

    assert [12] == view.groups["alerts"].tolist()
    assert 1 == fleet.streams


def test_nothing_received_is_an_empty_view():
    fleet, recipients = counted([], None)
    view = fleet.view(columns([]), recipients, SINCE, SINCE + DAY)

    assert_same(fleet_view_of([], None, columns([]), recipients, SINCE, SINCE + DAY), view)
    assert 0 == len(fleet.devices_of([0x8014], NOT_KNOWN))
