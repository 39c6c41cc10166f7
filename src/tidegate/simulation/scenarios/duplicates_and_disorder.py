"""A log as exports leave it: doubled, out of order, with rows nobody can read."""

from __future__ import annotations

from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.catalogue import firmware_number
from tidegate.simulation.delivery import Imperfections
from tidegate.simulation.murmur import Murmur
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.shouters import Shouters
from tidegate.simulation.traffic import To
from tidegate.vocabulary.instants import parse_instant

SCENARIO: Final = Scenario(
    name="duplicates-and-disorder",
    summary="A log as exports leave it: rows twice, rows late, rows too late, unknown codes, rows nobody can read.",
    reproduces=(
        "UX.md 2.6 asks for it. MP090: Users received Alert Codes with no contextual information, so that unknown codes "
        "must be borne. Spreadsheets that make numbers of EUI-64s are everyday."
    ),
    invented="All of it.",
    expected=(
        "Both, as without the mess: murmur of 8014 and 8015 by Maker A M1 1.04, and 20 shouters of 8F75, most of them of it too. Every row is "
        "accounted for: the late are put in order; the too late and the unreadable are rejected, each with its line and "
        "reason; the doubled count twice, and check says how many they are."
    ),
    starts_at=parse_instant("2026-03-02T00:00:00Z"),
    days=2,
    devices=105_000,
    causes=(
        Murmur(firmwares=(firmware_number("M1 1.04"),), alerts_per_meter_day=14.0),
        Shouters(count=20, events_per_day=1_000, firmwares=(firmware_number("M1 1.04"),)),
        Quiet(alerts_per_device_day=0.1),
    ),
    areas=areas_of("Network B"),
    seen=To.NETWORK_OPERATOR,
    imperfections=Imperfections(duplicates=0.01, late=0.002, too_late=0.000_5, unreadable=0.000_2),
    file_format="csv",
)
