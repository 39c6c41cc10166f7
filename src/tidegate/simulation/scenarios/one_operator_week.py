"""The demo: a week of one invented network operator."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.catalogue import firmware_number
from tidegate.simulation.delivery import AdapterOutage, Imperfections
from tidegate.simulation.murmur import Murmur
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.shouters import Shouters
from tidegate.simulation.traffic import To
from tidegate.simulation.weather import Weather
from tidegate.vocabulary.instants import parse_instant

SCENARIO: Final = Scenario(
    name="one-operator-week",
    summary="A week of one network operator: one firmware murmurs, 58 Devices shout, and one day has weather.",
    reproduces=(
        "No single document: the murmur of the SECMP0062 consultation (Western Power Distribution, SSEN), the "
        "shouters of the 0x8F75 conclusions, and the outage Alerts that network operators said must never wait, "
        "together as one operator would meet them."
    ),
    invented=(
        "The operator, the firmware, all sizes and times. The log is as imperfect as a real one: 1 % of the rows "
        "stand in it twice, 1 in 5,000 is out of place, two codes are unknown, and for 40 minutes the operator's "
        "adapter was out."
    ),
    expected=(
        "Both: murmur of 8014 and 8015 by Maker A M1 1.04, which is most of the Alerts and out of the reach of "
        "throttling, and 58 shouters of 8F75, most of them of the same firmware. No outage Alert is held back."
    ),
    starts_at=parse_instant("2026-03-02T00:00:00Z"),
    days=7,
    devices=630_000,
    causes=(
        Murmur(firmwares=(firmware_number("M1 1.04"),), alerts_per_meter_day=14.0),
        Shouters(
            count=58,
            events_per_day=1_000,
            worst_share=0.035,
            worst_on_share=0.08,
            firmwares=(firmware_number("M1 1.04"),),
        ),
        Weather(day=3, from_hour=14, hours=12, premises_share=0.08),
        Quiet(alerts_per_device_day=0.04),
    ),
    minimum_devices=5_000,
    areas=areas_of("Network B"),
    seen=To.NETWORK_OPERATOR,
    adapter_outages=(AdapterOutage("Network B", day=5, from_hour=2, minutes=40),),
    imperfections=Imperfections(duplicates=0.01, late=0.000_2),
)
