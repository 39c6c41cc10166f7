"""58 Devices, more than 100,000 8F75 in a day."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.catalogue import firmware_number
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.shouters import Shouters
from tidegate.vocabulary.instants import parse_instant

SCENARIO: Final = Scenario(
    name="58-devices-8f75",
    summary="58 shouters: fewer than 60 Devices raise more than 100,000 strong magnetic field Alerts in a day.",
    reproduces=(
        "DCC conclusions on removing Alert Code 0x8F75 from the exclusion list, paragraph 12: one respondent "
        "received over 100,000 0x8F75 in one day from fewer than 60 Devices, and a few Devices raised about one "
        "a second; paragraph 6: an ESME sends one to its Supplier and one to its Network Operator."
    ),
    invented=(
        "The exact number (58), the hours and paces of the bursts, that 70 % share a firmware, the estate "
        "around them and its quiet traffic, the date."
    ),
    expected=(
        "Shouters: 58 Devices, 8F75, most of them Maker A M1 1.04. With 8F75 excluded everything passes; under the "
        "illustrative parameters nine in ten of what storms are held back."
    ),
    starts_at=parse_instant("2023-09-04T00:00:00Z"),
    days=1,
    devices=105_000,
    causes=(
        Quiet(alerts_per_device_day=0.96),
        Shouters(
            count=58,
            worst_share=0.05,
            events_per_day=2_100,
            firmwares=(firmware_number("M1 1.04"),),
            supplier="Supplier 1",
        ),
    ),
    minimum_devices=5_000,
)
