"""The rows of offenders: all Alerts are in them, and like is held against like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.fleet_views import CODE, fleet_of, view_of

from tidegate.alert_storm.causes import Kind, examine
from tidegate.reports.offender_comparison import offenders_of
from tidegate.reports.offending import GROUPINGS, Offender, busiest_hours, patterns_in_words
from tidegate.vocabulary.products import Product

GUILTY = Product("ESME", "Maker A", "M1", "1.04")
INNOCENT = Product("ESME", "Maker A", "M1", "1.02")
FLEET = fleet_of(
    {
        GUILTY: 200, INNOCENT: 300,
        Product("ESME", "Maker B", "M2", "2.01"): 700,
        Product("GSME", "Maker B", "M7", "3.01"): 300, Product("GSME", "Maker C", "M8", "1.00"): 100,
    }
)  # fmt: skip
BY_PRODUCT = ("manufacturer", "model", "firmware")


def alerts_of_a_guilty_firmware(seed: int = 0):
    random = np.random.default_rng(seed)
    return random.poisson(np.where(FLEET.is_of(GUILTY), 70.0, 0.7))


def rows_of(alerts, by=BY_PRODUCT, stormed=None) -> list[Offender]:
    view = view_of(FLEET, {CODE: alerts}, stormed)
    return offenders_of(view, examine(view), by)


@settings(max_examples=30, deadline=None)
@given(st.sets(st.sampled_from(GROUPINGS)), st.integers(0, 20))
def test_every_alert_and_every_device_is_in_one_row_however_they_are_grouped(by, seed):
    alerts = alerts_of_a_guilty_firmware(seed)
    rows = rows_of(alerts, sorted(by, key=GROUPINGS.index))

    assert alerts.sum() == sum(row.alerts for row in rows)
    assert (alerts > 0).sum() == sum(row.devices for row in rows)
    assert len(FLEET) == sum(row.installed for row in rows)
    assert len(rows) == len({tuple(row.group.values()) for row in rows})


def test_the_guilty_come_first_and_then_those_who_raise_most_a_day():
    rows = rows_of(alerts_of_a_guilty_firmware())
    rates = [row.per_day for row in rows[1:]]

    assert (Kind.MURMUR,) == rows[0].kinds
    assert sorted(rates, reverse=True) == rates
    assert not any(row.kinds for row in rows[1:])


def test_the_row_of_a_named_product_says_what_its_cause_says():
    alerts = alerts_of_a_guilty_firmware()
    view = view_of(FLEET, {CODE: alerts})
    examined = examine(view)
    (cause,) = examined.causes
    test = offenders_of(view, examined, BY_PRODUCT)[0].murmur

    assert test is not None
    assert (cause.rate, cause.rest, cause.ratio) == pytest.approx((test.rate, test.rest, test.ratio))
    assert (cause.low, cause.high) == pytest.approx((test.low, test.high))


def test_an_innocent_firmware_is_not_held_against_its_guilty_sister():
    """Against a rest with the guilty in it, it would seem ten times better than others."""
    row = next(row for row in rows_of(alerts_of_a_guilty_firmware(seed=2)) if row.group["firmware"] == "1.02")

    assert row.murmur is not None
    assert 0.7 < row.murmur.ratio < 1.4
    assert row.murmur.p_value > 0.05


def test_a_model_of_which_one_firmware_is_guilty_is_not_guilty():
    model = next(
        row for row in rows_of(alerts_of_a_guilty_firmware(), ("model",)) if row.group["model"] == "M1"
    )

    assert () == model.kinds
    assert model.murmur is not None
    assert model.murmur.ratio > 10


def test_a_device_type_has_nothing_to_be_compared_with():
    assert all(
        row.murmur is None is row.told for row in rows_of(alerts_of_a_guilty_firmware(), ("device_type",))
    )


def test_regions_are_compared_with_each_other_within_a_device_type():
    alerts = np.where(FLEET.region == 2, 3, 1)
    rows = {row.group["csp_region"]: row for row in rows_of(alerts, ("csp_region",))}
    north, south = rows["North"].murmur, rows["South"].murmur

    assert north is not None
    assert south is not None
    assert 3.0 == pytest.approx(north.ratio)
    assert 0.5 == pytest.approx(south.ratio, rel=0.05)


def test_who_stormed_is_tested_beside_who_murmurs():
    stormed = np.zeros(len(FLEET), np.bool_)
    stormed[np.flatnonzero(FLEET.is_of(GUILTY))[:12]] = True
    row = rows_of(1 + 400 * stormed, stormed={CODE: stormed})[0]

    assert (Kind.SHOUTERS,) == row.kinds
    assert (12, 12 * 401) == (row.stormed_devices, row.stormed_alerts)
    assert row.told is row.shouters
    assert row.shouters is not None
    assert 12 / 200 == row.shouters.rate
    assert row.murmur is not None
    assert 1.0 == pytest.approx(row.murmur.ratio)


def test_what_no_inventory_knows_is_a_row_of_its_own_and_comes_last():
    view = view_of(FLEET, {CODE: alerts_of_a_guilty_firmware()}, has_inventory=False)
    (row,) = offenders_of(view, examine(view), ())

    assert not row.is_known
    assert (None, None, 0.0, 0) == (row.murmur, row.shouters, row.per_day, row.installed)


def test_one_code_may_be_asked_about():
    view = view_of(FLEET, {CODE: alerts_of_a_guilty_firmware(), 0x8014: np.ones(len(FLEET))})
    rows = offenders_of(view, examine(view), ("model",), [0x8014])

    assert {(0x8014,)} == {row.alert_codes for row in rows}


def test_hours_and_patterns_are_said_the_most_first():
    assert (2, 14, 0) == busiest_hours([3 if hour == 14 else 5 if hour == 2 else 1 for hour in range(24)])
    assert () == busiest_hours([1] * 24)
    assert "12 burst, 3 continuous" == patterns_in_words((100, 3, 0, 12, 0))
