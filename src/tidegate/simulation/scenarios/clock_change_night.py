"""The night the clocks go back, in a log that is written in local time."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.catalogue import firmware_number
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.rounds import Rounds
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import To
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import MINUTE, parse_instant

METERS: Final = 40
APART_US: Final = 3 * MINUTE

SCENARIO: Final = Scenario(
    name="clock-change-night",
    summary="The clocks go back: local time with its offset, the hour from 01:00 twice, and nothing counted twice.",
    reproduces=(
        "UX.md 2.6 asks for it: a log that spans 2025-10-26 01:00 UTC, when British clocks go back from 02:00 to 01:00, "
        "as an adapter writes it that keeps local time."
    ),
    invented="Everything in it: 40 meters with an Alert every 3 minutes, the network operator and its quiet traffic.",
    expected=(
        "No storm: 20 an hour is under 30, before, in and after the hour that comes twice. No row is late. The same log "
        "without its offsets has that hour's Alerts twice over: 40 an hour, every one of the 40 meters storms, and "
        "none of it happened."
    ),
    starts_at=parse_instant("2025-10-25T00:00:00Z"),
    days=2,
    devices=21_000,
    causes=(
        Rounds(
            code=parse_alert_code("8002"),
            firmwares=(firmware_number("M2 1.97"),),
            at_most=METERS,
            alerts_each=960,
            apart_us=APART_US,
            day=0,
            from_hour=0,
            within_us=APART_US,
        ),
        Quiet(alerts_per_device_day=0.1),
    ),
    areas=areas_of("Network C"),
    seen=To.NETWORK_OPERATOR,
    in_local_time=True,
    file_format="csv",
)
