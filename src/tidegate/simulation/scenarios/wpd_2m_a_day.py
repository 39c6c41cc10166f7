"""More than two million power factor Alerts a day to one network operator, none of which throttling stops."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.catalogue import firmwares_of
from tidegate.simulation.murmur import Murmur
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import To
from tidegate.vocabulary.instants import parse_instant

SCENARIO: Final = Scenario(
    name="wpd-2m-a-day",
    summary="Murmur: over 2 million 8014 and 8015 a day to one network operator, every meter under the threshold.",
    reproduces=(
        "SECMP0062 Modification Report Consultation, Western Power Distribution, question 2: in excess of "
        "2,000,000 nuisance 8014 and 8015 Alerts a day, of which the consulted parameters would have suppressed "
        "none; SSEN said the same of its own."
    ),
    invented=(
        "How many meters there were and which (233,000 of two models, 9.6 Alerts a day each: the dossier "
        "reckons with 4 to 20), the length of their stays, the network operator and its quiet traffic, the date."
    ),
    expected=(
        "Murmur: 8014 and 8015, every firmware of Maker A M1 and of Maker B M2. No storm, nothing held back, and no "
        "threshold on one Device that would hold back most of it and spare the rest; the firmware wants mending."
    ),
    starts_at=parse_instant("2020-01-13T00:00:00Z"),
    days=1,
    devices=1_575_000,
    causes=(
        Murmur(firmwares=(*firmwares_of("M2"), *firmwares_of("M1")), alerts_per_meter_day=9.6),
        Quiet(alerts_per_device_day=0.08),
    ),
    areas=areas_of("Network B"),
    seen=To.NETWORK_OPERATOR,
)
