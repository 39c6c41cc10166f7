"""Who offends, found straight from Alerts in memory: what is judged, and what is only told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.fleets import SINCE, Entry, inventory_of
from tests.logs import LogInMemory

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.operations.find_offenders import OffenderOptions, find_offenders
from tidegate.operations.replay import always
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.offending import Offending
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY, HOUR, SECOND

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
