"""A toggle pair: 8014 and 8015 take turns, each under the threshold, both together over it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.catalogue import firmware_number, of_seed
from tidegate.simulation.chatter import Chatter
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import Cause, To
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import parse_instant

_FIRMWARES: Final = tuple(map(firmware_number, ("M3 1.08", "M4 2.20", "M1 1.04")))
_PAIR: Final = (parse_alert_code("8014"), parse_alert_code("8015"))

PACE_PER_HOUR: Final = (40.0, 56.0)
"""Both codes together. At 56 an hour the two take turns at least 64 s apart: at most 29 of either in 60 minutes."""


def _causes(firmware: int) -> tuple[Cause, ...]:
    return (
        Chatter(firmwares=(firmware,), codes=_PAIR, pace_per_hour=PACE_PER_HOUR, on_share=0.25),
        Quiet(alerts_per_device_day=0.08),
    )


def _of_seed(seed: int) -> Scenario:
    return replace(SCENARIO, causes=_causes(of_seed(seed, _FIRMWARES)))


SCENARIO: Final = Scenario(
    name="ssen-8014-8015",
    summary="A toggle pair in bouts: 8014 and 8015 take turns, each under the threshold, both together over it.",
    reproduces=(
        "SECMP0062 Modification Report Consultation, SSEN, question 1: no worked scenario covers 8014 and 8015 "
        "traffic, and the proposed parameters for phase 1 would still let 100 % of SSEN's through."
    ),
    invented=(
        "The pace (40 to 56 an hour, both codes together), the bouts (a quarter of the day, in three), how many meters "
        "and their firmware, the network operator and its quiet traffic, the date. SSEN published no volumes."
    ),
    expected=(
        "Murmur: 8014 and 8015, one firmware. Counted each for itself no code is over 30 in 60 minutes and 100 % "
        "passes. Counted as one code, every such meter storms, and most of what it raises is held back."
    ),
    starts_at=parse_instant("2020-01-15T00:00:00Z"),
    days=1,
    devices=105_000,
    causes=_causes(_FIRMWARES[0]),
    areas=areas_of("Network F"),
    seen=To.NETWORK_OPERATOR,
    of_seed=_of_seed,
)
