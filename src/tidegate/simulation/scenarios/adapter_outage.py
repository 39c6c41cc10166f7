"""An adapter is out overnight; what waited comes at once, and looks like a storm."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.catalogue import DeviceType, firmware_number
from tidegate.simulation.delivery import AdapterOutage
from tidegate.simulation.nuisance import Nuisance
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import To
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import parse_instant

SCENARIO: Final = Scenario(
    name="adapter-outage",
    summary="An adapter is out for 12 hours; what waited is given back at 500 a second and looks like a storm.",
    reproduces=(
        'SEC glossary, "Device Alert": undelivered Device Alerts wait on the failed queue, for up to 2 days, and are '
        "delivered again once the User's connection is restored."
    ),
    invented=(
        "When and how long the adapter is out, the pace of the replay (500 a second), the meters that raise about 4 "
        "Alerts an hour, the network operator and its quiet traffic, the date."
    ),
    expected=(
        "By receipt time over a thousand meters storm, all of them within an hour of the adapter's return: artefacts, "
        "for none raises more than a few an hour. Without the outage there is no storm. The murmur of 8002 by "
        "Maker A M1 1.04 is real."
    ),
    starts_at=parse_instant("2026-02-10T00:00:00Z"),
    days=2,
    devices=63_000,
    causes=(
        Nuisance(
            code=parse_alert_code("8002"),
            device_type=DeviceType.ESME,
            alerts_per_device_day=90.0,
            likeness=30.0,
            firmwares=(firmware_number("M1 1.04"),),
            to=To.NETWORK_OPERATOR,
        ),
        Quiet(alerts_per_device_day=0.3),
    ),
    areas=areas_of("Network D"),
    seen=To.NETWORK_OPERATOR,
    adapter_outages=(AdapterOutage("Network D", day=0, from_hour=20, minutes=720, replay_per_second=500),),
)
