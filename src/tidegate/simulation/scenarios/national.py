"""The whole of Great Britain, in the shape of July 2022."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.catalogue import firmware_number
from tidegate.simulation.code_mix import DCC_ALERTS
from tidegate.simulation.murmur import Murmur
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.shouters import Shouters
from tidegate.simulation.weather import Weather
from tidegate.vocabulary.instants import parse_instant

SCENARIO: Final = Scenario(
    name="national",
    summary="All of Great Britain: 54 million Devices, 597 Device Alerts a second, and 32 DCC Alerts.",
    reproduces=(
        'The DCC\'s figures for July 2022 ("Operating at scale"): 54 million Devices in 13 million homes, 1.6 '
        "billion Device Alerts (597 a second, 0.96 per Device and day) and 86 million DCC Alerts (32 a second) in "
        "the month."
    ),
    invented=(
        "The split by code and by cause (half quiet, over a third murmur, the rest shouters and weather): none "
        "is public. An Alert to two recipients is counted as two. Everything shrinks with --devices."
    ),
    expected=(
        "Both: murmur of 8014 and 8015 by Maker A M1 1.04, out of the reach of throttling, and a few hundred shouters "
        "of 8F75, most of them of the same firmware, nine in ten of whose Alerts are held back. The weather is nobody's."
    ),
    starts_at=parse_instant("2022-07-01T00:00:00Z"),
    days=1,
    devices=54_000_000,
    causes=(
        Quiet(alerts_per_device_day=0.545),
        Murmur(firmwares=(firmware_number("M1 1.04"),), alerts_per_meter_day=16.0),
        Shouters(
            per_million=8.0, worst_share=0.05, events_per_day=2_100, firmwares=(firmware_number("M1 1.04"),)
        ),
        Weather(day=0, from_hour=13, hours=9, premises_share=0.004),
        Quiet(alerts_per_device_day=0.0514, mix=DCC_ALERTS, kind="dcc alerts"),
    ),
)
