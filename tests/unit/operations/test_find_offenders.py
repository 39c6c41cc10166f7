"""Who offends, found straight from Alerts in memory: what is judged, and what is only told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.fleets import SINCE, Entry, inventory_of
from tests.logs import LogInMemory

from tidegate.alert_storm.causes import Kind
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.suppressions import Suppression
from tidegate.operations.find_offenders import OffenderOptions, find_offenders
from tidegate.operations.replay import always
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy.suppressions import FixStatus, RegisterEntry
from tidegate.reports.offending import Offending
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY, HOUR, SECOND
from tidegate.vocabulary.products import NOT_KNOWN, Product

OWN = AlertStormParameters(threshold=30, window_us=HOUR, forward_one_in=10, clear_threshold=15)
POLICY = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(OWN))
FIRMWARES = ("1.02", "1.04")
METERS = 120
"""Half of each firmware, a third of each region."""

METERS_HERE = [
    Entry(number, firmware=FIRMWARES[number % 2], csp_region=("Central", "North", "South")[number // 2 % 3])
    for number in range(METERS)
]


def of(firmware: str) -> list[int]:
    return [number for number in range(METERS) if FIRMWARES[number % 2] == firmware]


def each(devices: Sequence[int], gap: int, count: int, code: int = 0x8F3E, since: int = 0) -> list[Alert]:
    """Alerts of some Devices at even distances, each Device a second after the one before."""
    return [
        Alert(SINCE + since + n * gap + device * SECOND, device, code)
        for device in devices
        for n in range(count)
    ]


def quiet(days: int = 1) -> list[Alert]:
    """An Alert of another code of every meter, and one at the end of the last day."""
    return [*each(range(METERS), DAY, 1, 0x8154), Alert(SINCE + days * DAY - 1, 0, 0x8154)]


def offending(
    alerts: Sequence[Alert],
    policy: MechanismDocument = POLICY,
    entries: Sequence[Entry] | None = METERS_HERE,
    **asked,
) -> Offending:
    log = LogInMemory(sorted(alerts, key=lambda alert: alert.at))
    inventory = None if entries is None else inventory_of(*entries)
    return find_offenders(log, always(policy), inventory, OffenderOptions(shards=1, **asked))


def test_a_flood_of_an_excluded_code_is_known_to_be_one() -> None:
    alerts = [*quiet(), *each(of("1.04"), HOUR, 24)]
    excluded = replace(POLICY, exclusion_list=ExclusionList({0x8F3E: "it tells of a theft"}))
    (counted,) = offending(alerts).causes
    (flood,) = offending(alerts, excluded).causes

    assert (False, True) == (counted.is_excluded, flood.is_excluded)
    assert counted == replace(flood, is_excluded=False)


def test_a_code_that_is_asked_about_and_absent_is_refused_with_those_that_came() -> None:
    """8002 and 8085 are a toggle pair, of which one came."""
    alerts = [*each([1], HOUR, 2, 0x8002), *each([1], HOUR, 2, 0x81BC)]
    with pytest.raises(InputError) as refused:
        offending(alerts, code=0x8F3E)

    assert "It has: 8002, 81BC." in str(refused.value)
    assert [(0x81BC,)] == [row.alert_codes for row in offending(alerts, code=0x8F75).offenders]


def updated(devices: Sequence[int], at: int = DAY // 2) -> list[Entry]:
    """Meters that are of firmware 1.02 and, some of them, of 1.04 from an instant on."""
    return [
        replaced
        for number in range(METERS)
        for replaced in (
            METERS_HERE[number]._replace(firmware="1.02"),
            *([METERS_HERE[number]._replace(firmware="1.04", since=SINCE + at)] if number in devices else []),
        )
    ]


def test_a_device_whose_firmware_changed_is_one_device_of_its_model_and_one_of_each_firmware() -> None:
    changed = range(40)
    alerts = each(range(60), HOUR, 24)
    by_model = offending(alerts, entries=updated(changed), by=("manufacturer", "model")).offenders
    by_firmware = offending(alerts, entries=updated(changed), by=("firmware",)).offenders
    by_region = offending(alerts, entries=updated(changed), by=("csp_region",)).offenders

    assert [(60, METERS)] == [(row.devices, row.installed) for row in by_model]
    assert {"1.02": (60, METERS), "1.04": (40, 40)} == {
        row.group["firmware"]: (row.devices, row.installed) for row in by_firmware
    }
    assert [(20, 40)] * 3 == [(row.devices, row.installed) for row in by_region]


def test_a_device_that_stormed_and_changed_is_one_device_that_stormed() -> None:
    changed = range(2)
    alerts = [*quiet(), *each(changed, 10 * SECOND, 200), *each(changed, 10 * SECOND, 200, since=DAY // 2)]
    found = offending(alerts, entries=updated(changed), by=("model",))
    (row,) = (row for row in found.offenders if row.alert_codes == (0x8F3E,))
    (cause,) = found.causes

    assert (2, 2) == (row.stormed_devices, row.devices)
    assert 2 == cause.devices
    assert METERS == found.installed_of_type("ESME")


SUPPRESSED = Suppression("S-1", (0x8F3E,), (Product("ESME", "Maker A", "M1", "1.04"),), 2**62, threshold=3)


def under(suppression: Suppression) -> MechanismDocument:
    entry = RegisterEntry("why", FixStatus.NOT_FIXABLE)
    return replace(
        POLICY,
        alert_storm=AlertStormRules(OWN, suppressions=(suppression,)),
        register={suppression.id: entry},
    )


def test_a_suppression_makes_no_product_the_cause() -> None:
    """Both firmwares raise five an hour; one of them is throttled from the fourth on."""
    alerts = each(range(METERS), HOUR // 5, 24 * 5)
    found = offending(alerts, under(SUPPRESSED))
    (before,), (cause,) = offending(alerts).causes, found.causes

    assert 60 == found.replayed.devices_stormed
    assert (Kind.MURMUR, NOT_KNOWN, METERS) == (cause.kind, cause.product, cause.devices)
    assert (0, 60) == (before.stormed, cause.stormed)
    assert before == replace(cause, stormed=0)


def test_a_device_under_a_suppression_that_goes_over_the_codes_own_threshold_is_a_shouter() -> None:
    for count, kinds in ((30, []), (31, [Kind.SHOUTERS])):
        alerts = [*quiet(), *each([1], SECOND, count)]
        (*causes,) = offending(alerts, under(SUPPRESSED)).causes

        assert kinds == [cause.kind for cause in causes]


def with_an_outage(devices: Sequence[int], waited: int) -> list[Alert]:
    """Three an hour from ten in the morning on were not delivered; at two in the afternoon they came at once."""
    return [
        *each(devices, HOUR // 3, 30, 0x8002),
        *each(devices, SECOND, waited, 0x8002, since=14 * HOUR),
        *each(devices, HOUR // 3, 29, 0x8002, since=14 * HOUR + HOUR // 3),
        *each(of("1.02"), DAY, 1, 0x8085),
    ]


def test_what_waited_for_an_adapter_is_the_murmur_that_it_was() -> None:
    found = offending(with_an_outage(of("1.04"), 40))
    (cause,) = found.causes

    assert 60 == found.replayed.devices_stormed == sum(row.stormed_devices for row in found.offenders)
    assert (Kind.MURMUR, "1.04", (0x8002,)) == (cause.kind, cause.product.firmware, cause.alert_codes)
    assert (60, 60, 60, 99) == (cause.devices, cause.installed, cause.stormed, cause.alerts // 60)
    assert 60 == (found.devices.of_cause == 0).sum()


def test_shouters_stormed_with_the_codes_that_they_stormed_with() -> None:
    """A third of what they raise is the other code of the pair, and none stormed with it."""
    shouting = of("1.04")[:20]
    alerts = [*quiet(), *each(shouting, SECOND, 40, 0x8002), *each(shouting, HOUR, 20, 0x8085)]
    (cause,) = offending(alerts).causes

    assert (Kind.SHOUTERS, (0x8002,)) == (cause.kind, cause.alert_codes)
