"""Who offends, in words: nothing is said that was not shown."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.fleets import SINCE, Entry
from tests.unit.operations.test_find_offenders import METERS_HERE, POLICY, each, of, offending, quiet

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.reports.fleet_findings import what_a_threshold_reaches, who_raises_most
from tidegate.reports.fleet_totals import dots, product_totals
from tidegate.reports.offending_words import (
    codes_label,
    group_in_words,
    offending_verdict,
    ratio_in_words,
    unknown_in_words,
)
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import HOUR, SECOND

EXCLUDING = replace(POLICY, exclusion_list=ExclusionList({0x8F3E: "it tells of a theft"}))
SHOUTING = [*quiet(), *each([1], SECOND, 200)]


def bare(entry: Entry) -> Entry:
    """A Device of which no product is said."""
    return entry._replace(device_type="", manufacturer="", model="", firmware="")


def said(found) -> str:
    verdict = offending_verdict(found)
    return " ".join([verdict.headline, *verdict.findings, *verdict.cautions])


def test_a_flood_of_an_excluded_code_is_no_murmur_and_asks_for_no_threshold() -> None:
    flood = offending([*quiet(), *each(of("1.04"), HOUR, 24)], EXCLUDING)

    assert "Flood of excluded codes: Maker A M1 1.04: 60 of its 60 Devices" in said(flood)
    assert "The exclusion list lets them all pass. Remedy: the root cause" in said(flood)
    assert "override 8F3E" in said(flood)
    assert "urmur" not in said(flood)
    assert "No threshold reaches" not in said(flood)


def test_a_picture_of_excluded_codes_says_that_no_threshold_applies() -> None:
    flood = offending([*quiet(), *each(of("1.04"), HOUR, 24)], EXCLUDING)
    title = what_a_threshold_reaches(dots(flood.view), flood.replayed.excluded_codes)

    assert title.endswith(
        "of the Alerts are of excluded codes: the exclusion list lets them pass, and no threshold applies"
    )
    assert "No Device stormed" in what_a_threshold_reaches(dots(flood.view))


def test_one_device_that_shouts_shows_nothing_of_its_product() -> None:
    headline = offending_verdict(offending(SHOUTING)).headline

    assert headline.startswith("No product is shown to be behind it: 1 Device shouts (")
    assert headline.endswith("; one Device shows nothing of its product.")


def test_of_an_inventory_of_one_product_there_is_nothing_to_compare_with() -> None:
    alike = [entry._replace(firmware="1.04") for entry in METERS_HERE]
    found = offending([*SHOUTING, *each([2], SECOND, 200)], entries=alike)

    assert "2 Devices shout (" in offending_verdict(found).headline
    assert "every Device of a type is of one product" in offending_verdict(found).headline


def test_a_few_devices_of_one_product_are_said_to_be_too_few() -> None:
    """Two of one firmware storm: by chance every fourth time."""
    headline = offending_verdict(offending([*quiet(), *each(of("1.04")[:2], SECOND, 200)])).headline

    assert "all 2 Devices at 8F3E are of Maker A M1 1.04, too few to tell from chance" in headline
    assert "nothing in common" not in headline


def test_devices_of_two_products_are_not_said_to_be_of_none() -> None:
    headline = offending_verdict(offending([*quiet(), *each([0, 1], SECOND, 200)])).headline

    assert headline.endswith("the test finds none that raises more than chance and a little more.")


def test_an_inventory_of_identifiers_alone_has_the_devices_and_names_no_products() -> None:
    found = offending(SHOUTING, entries=list(map(bare, METERS_HERE)))

    assert {"product not said"} == {group_in_words(found, row) for row in found.offenders}
    assert "the Inventory names no products" in offending_verdict(found).headline
    assert "The Inventory names no products: it says no manufacturer, model or firmware" in said(found)
    assert "Not in the Inventory" not in said(found)


@pytest.mark.parametrize(
    ("word", "known", "unsaid"),
    [("not in the Inventory", 100, 0), ("product not said", 120, 20), ("product not known", 100, 20)],
)
def test_devices_of_no_known_product_are_told_by_why_it_is_not_known(
    word: str, known: int, unsaid: int
) -> None:
    entries = [bare(entry) if at < unsaid else entry for at, entry in enumerate(METERS_HERE[:known])]
    found = offending(quiet(), entries=entries)

    assert found.inventory is not None
    assert word == unknown_in_words(found.view, found.inventory.unsaid)
    assert ("No product said: 20 Devices of the Inventory" in said(found)) == (unsaid > 0)


@pytest.mark.parametrize(("alerts", "is_told"), [(12, False), (14, True)])
def test_a_loud_device_under_every_threshold_is_told(alerts: int, *, is_told: bool) -> None:
    """Of 121 others: a tenth of all is 13.4."""
    log = [*quiet(), *(Alert(SINCE + n * HOUR, 7, 0x8F3E) for n in range(alerts))]
    headline = offending_verdict(offending(log)).headline

    assert is_told == (
        "one Device raised 10.4% of the Alerts: 00-00-00-00-00-00-00-07, with 8F3E" in headline
    )
    assert is_told != headline.startswith("Nobody stands out")


def test_a_picture_accuses_no_product_that_the_test_does_not_name() -> None:
    wild = offending([*quiet(), *each([1], 20 * SECOND, 4_000)])
    title = who_raises_most(wild.view, product_totals(wild.view), wild.alerts, ())

    assert (
        "No product is shown to be behind the Alerts: what stands out may be chance, or a few Devices"
        == title
    )


def test_an_interval_over_a_thousand_is_told_once() -> None:
    (cause,) = offending([*quiet(), *each(of("1.04"), HOUR, 24)]).causes

    assert "over 1,000 times" == ratio_in_words(replace(cause, ratio=2e6, low=1e6, high=3e6))


def test_a_row_is_labelled_by_every_code_it_counts() -> None:
    """8F75 and 81BC are a toggle pair; one Alert in two hundred is not named as a cause, and is counted."""
    found = offending(
        [*quiet(), *each([1], HOUR, 1, 0x81BC), *each([1], SECOND, 200, 0x8F75), *each([2], HOUR, 2, 0x8F75)]
    )
    labels = {
        row.group["firmware"]: codes_label(row.alert_codes)
        for row in found.offenders
        if row.alert_codes != (0x8154,)
    }

    assert {"1.02": "8F75", "1.04": "81BC+8F75"} == labels


def test_storms_after_a_silence_are_cautioned_about() -> None:
    flush = [*quiet(), *each([1], SECOND, 90, since=5 * HOUR)]

    assert "After a silence: 1 of 1 storm began in the hour that ended" in said(offending(flush))
