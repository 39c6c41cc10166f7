"""Two Devices, about one Alert a second each, for a week."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.shouters import Shouters
from tidegate.simulation.traffic import To
from tidegate.vocabulary.instants import parse_instant

SCENARIO: Final = Scenario(
    name="one-per-second",
    summary="Two Devices raise nearly 900,000 strong magnetic field Alerts in a week: about one a second.",
    reproduces=(
        "DCC conclusions on removing Alert Code 0x8F75 from the exclusion list, paragraph 12: another respondent "
        'received "nearly 900,00 in one week" (taken to be 900,000), of which some Devices averaged around one a '
        "second."
    ),
    invented=(
        "That there are two of them, each one a second for 74 % of the day in three bursts; the network operator, its "
        "estate and quiet traffic, the date."
    ),
    expected=(
        "Shouters: two Devices, 8F75; two are too few to name a product. Excluded, as it was, all of it passes. Not "
        "excluded, nine in ten are held back."
    ),
    starts_at=parse_instant("2023-09-11T00:00:00Z"),
    days=7,
    devices=105_000,
    causes=(Quiet(alerts_per_device_day=0.05), Shouters(count=2, worst_share=1.0, worst_on_share=0.74)),
    areas=areas_of("Network A"),
    seen=To.NETWORK_OPERATOR,
)
