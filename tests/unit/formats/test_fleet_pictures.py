"""The pictures of a fleet: what they say is found in their data, and one that would show nothing is left out."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from tests.fleet_views import CODE, fleet_of, view_of

from tidegate.alert_storm.causes import find_causes
from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.formats.fleet_pictures import fleet_pictures
from tidegate.reports.fleet_findings import where_it_is
from tidegate.reports.fleet_totals import tiles
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import HOUR
from tidegate.vocabulary.products import Product

GUILTY = Product("ESME", "Maker A", "M1", "1.04")
FLEET = fleet_of(
    {GUILTY: 200, **{Product("ESME", "Maker B", "M2", f"2.{n:02d}"): 100 for n in range(20)}},
)
PARAMETERS = AlertStormParameters(threshold=30, window_us=HOUR, forward_one_in=10)
QUIET = np.random.default_rng(1).poisson(0.7, len(FLEET))


def drawn(view) -> dict[str, str]:
    """The titles of the pictures of a view, by their names."""
    return {picture.name: picture.title for picture in fleet_pictures(view, PARAMETERS, find_causes(view))}


def test_murmur_says_who_it_is_and_that_no_threshold_reaches_it():
    titles = drawn(view_of(FLEET, {CODE: QUIET + 70 * FLEET.is_of(GUILTY)}))

    assert titles["offenders"].startswith("Maker A M1 1.04 is behind 90.")
    assert titles["offenders"].endswith("of the Alerts, with 9.1% of the ESMEs")
    assert (
        "No Device stormed: all of the Alerts pass under the threshold, and throttling reaches none"
        == titles["kinds"]
    )
    assert titles["where"].startswith("No CSP region is shown to stand out")


def test_shouters_say_that_throttling_reaches_them():
    stormed = np.zeros(len(FLEET), np.bool_)
    stormed[np.flatnonzero(FLEET.is_of(GUILTY))[:10]] = True
    titles = drawn(view_of(FLEET, {CODE: QUIET + 5_000 * stormed}, {CODE: stormed}))

    assert titles["kinds"].startswith("10 Devices that stormed raised 97.")


def test_weather_in_one_region_is_said_to_be_weather():
    code = parse_alert_code("8F36")
    lost_supply = (FLEET.region == 2) | (np.arange(len(FLEET)) % 8 == 0)
    titles = drawn(view_of(FLEET, {CODE: QUIET, code: lost_supply}))

    assert "8F36 is 7.8 times as frequent in North as elsewhere: weather, or a network" == titles["where"]


def test_a_code_of_one_region_alone_is_a_matter_of_place():
    code = parse_alert_code("8F36")
    titles = drawn(view_of(FLEET, {CODE: QUIET, code: FLEET.region == 2}))

    assert "8F36 comes from North alone: weather, or a network" == titles["where"]


@pytest.mark.parametrize(("devices", "says"), [(9, "No CSP region is shown"), (10, "8F36 comes from North")])
def test_a_few_devices_are_of_no_place(devices, says):
    few = np.zeros(len(FLEET), np.int64)
    few[np.flatnonzero(FLEET.region == 2)[:devices]] = 9
    found = tiles(view_of(FLEET, {CODE: QUIET, parse_alert_code("8F36"): few}), 8)

    assert where_it_is(found, 1_000).startswith(says)


def test_a_few_shouters_in_one_region_do_not_make_it_stand_out():
    stormed = np.zeros(len(FLEET), np.bool_)
    stormed[np.flatnonzero(FLEET.region == 2)[:3]] = True
    titles = drawn(view_of(FLEET, {CODE: QUIET + 5_000 * stormed}, {CODE: stormed}))

    assert titles["where"].startswith("No CSP region is shown to stand out")


def test_the_data_behind_a_picture_add_up_and_nothing_is_left_out_of_it():
    view = view_of(FLEET, {CODE: QUIET + 70 * FLEET.is_of(GUILTY), 0x8014: QUIET})
    pictures = {picture.name: picture for picture in fleet_pictures(view, PARAMETERS)}
    alerts = int(view.groups["alerts"].sum())

    def total(name: str, column: str) -> int:
        picture = pictures[name]
        return sum(int(row[picture.columns.index(column)]) for row in picture.rows)

    assert alerts == total("offenders", "alerts") == total("kinds", "alerts") == total("where", "alerts")
    assert len(FLEET) == total("offenders", "installed")
    assert 21 == len(pictures["offenders"].rows)


@pytest.mark.parametrize("name", ["offenders", "kinds", "where"])
def test_a_picture_is_well_formed_and_says_how_to_read_it(name):
    view = view_of(FLEET, {CODE: QUIET + 70 * FLEET.is_of(GUILTY)})
    picture = next(picture for picture in fleet_pictures(view, PARAMETERS) if picture.name == name)

    assert "svg" in ET.fromstring(picture.svg).tag  # noqa: S314 -- drawn by ourselves
    assert picture.subtitle.endswith(".")


def test_names_of_an_inventory_are_text_in_a_picture_whatever_they_hold():
    hostile = Product("ESME", "<script>alert(1)</script>", "&M1", "1")
    fleet = fleet_of({hostile: 50, GUILTY: 50})
    view = view_of(fleet, {CODE: np.ones(len(fleet), np.int64)})

    assert not any("<script>" in picture.svg for picture in fleet_pictures(view, PARAMETERS))


def test_without_an_inventory_only_the_kinds_can_be_shown():
    assert ["kinds"] == list(drawn(view_of(FLEET, {CODE: QUIET + 1}, has_inventory=False)))


def test_of_no_alerts_there_is_no_picture():
    assert {} == drawn(view_of(FLEET, {}))
