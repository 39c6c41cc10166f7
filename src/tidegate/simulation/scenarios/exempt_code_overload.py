"""An excluded code alone is more than there is room for, on a day with weather."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.catalogue import firmware_number
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.rounds import Rounds
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import To
from tidegate.simulation.weather import Weather
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import MINUTE, SECOND, parse_instant

CAPACITY_PER_SECOND: Final = 270
"""The one capacity figure in public, "e.g. 270" without a unit, for Service Requests; it stands for one here."""

METERS: Final = 1_000
APART_US: Final = 6 * SECOND
ALERTS_EACH: Final = 600

SCENARIO: Final = Scenario(
    name="exempt-code-overload",
    summary="An excluded code alone is more than the capacity: 1,000 meters, an Alert every 6 seconds, for an hour.",
    reproduces=(
        "SECMP0062 Modification Report Consultation, Western Power Distribution, question 2: how the solution will "
        "protect the DSP if its capacity is breached and Devices are continuing to send Exempted Alert Codes."
    ),
    invented=(
        "The code (8F76, terminal cover removed, is on the illustrative exclusion list), the firmware, how many meters "
        "and their pace, the weather, the estate and its quiet traffic, the date. Of the capacity only "
        '"e.g. 270" is public, without a unit and for Service Requests.'
    ),
    expected=(
        "All of it passes: an excluded code is never held back, and for an hour 8F76 alone is 333 Alerts a second, more "
        "than 270. The rule cannot help by design. With 8F76 taken off the exclusion list the same meters storm and nine in "
        "ten of what they raise are held back; every outage Alert still passes."
    ),
    starts_at=parse_instant("2026-01-14T00:00:00Z"),
    days=1,
    devices=210_000,
    causes=(
        Rounds(
            code=parse_alert_code("8F76"),
            firmwares=(firmware_number("M4 3.00"),),
            at_most=METERS,
            alerts_each=ALERTS_EACH,
            apart_us=APART_US,
            day=0,
            from_hour=15,
            within_us=5 * MINUTE,
            to=To.BOTH,
        ),
        Weather(day=0, from_hour=13, hours=8, premises_share=0.05),
        Quiet(alerts_per_device_day=0.1),
    ),
)
