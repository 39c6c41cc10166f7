"""A storm of wind in one area: outage Alerts that must never wait, and that no product is to blame for."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import To
from tidegate.simulation.weather import Weather
from tidegate.vocabulary.instants import parse_instant

SCENARIO: Final = Scenario(
    name="weather-day",
    summary="Wind takes supply from 40 % of one area: AD1, 8F35 and 8F36, none of which may wait, no product at fault.",
    reproduces=(
        "The outage Alerts that network operators act on: a power outage (AD1) and supply restored (8F35, and 8F36 "
        "after 3 minutes or more). No respondent asked for a weather day; a mechanism that held one of them would "
        "not be let near a control room."
    ),
    invented=(
        "The area, the share of its homes, the number and length of faults, that the North has other "
        "Communications Hubs than the South, the quiet traffic, the date."
    ),
    expected=(
        "Quiet: no storm, nothing held back; every AD1, 8F35 and 8F36 passes as excluded. No product is named, though "
        "the hubs common in the area that is struck raise far more Alerts than others."
    ),
    starts_at=parse_instant("2026-01-28T00:00:00Z"),
    days=1,
    devices=420_000,
    causes=(
        Weather(day=0, from_hour=10, hours=12, premises_share=0.4, area="North Scotland"),
        Quiet(alerts_per_device_day=0.06),
    ),
    areas=areas_of("Network F"),
    seen=To.NETWORK_OPERATOR,
    hubs_by_region=True,
)
