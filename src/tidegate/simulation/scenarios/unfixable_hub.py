"""A Communications Hub that tells of every change of its log, and whose firmware cannot be mended."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tidegate.simulation.catalogue import DeviceType, firmware_number, of_seed
from tidegate.simulation.nuisance import Nuisance
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import Cause, To
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import parse_instant

_FIRMWARES: Final = tuple(map(firmware_number, ("M10 2.10", "M9 3.90", "M11 1.06")))


def _causes(firmware: int) -> tuple[Cause, ...]:
    return (
        Nuisance(
            code=parse_alert_code("8F12"),
            device_type=DeviceType.CHF,
            alerts_per_device_day=120.0,
            likeness=20.0,
            firmwares=(firmware,),
            to=To.SUPPLIER,
        ),
        Quiet(alerts_per_device_day=0.3),
    )


def _of_seed(seed: int) -> Scenario:
    return replace(SCENARIO, causes=_causes(of_seed(seed, _FIRMWARES)))


SCENARIO: Final = Scenario(
    name="unfixable-hub",
    summary="One Communications Hub firmware raises 8F12 five times an hour and cannot be mended.",
    reproduces=(
        "SECMP0062 Modification Report Consultation, Centrica, question 2: nuisance alerts of Communications Hubs want "
        "firmware fixes, or the ability to suppress them if they are not fixable via firmware."
    ),
    invented=(
        "The code, its rate, the firmware, that it cannot be mended, the estate and its quiet traffic, the date."
    ),
    expected=(
        "Murmur: 8F12 of the Communications Hubs of one firmware, out of the reach of 30 in 60 minutes. A suppression "
        "for that model and firmware alone holds most of it back and touches no other hub."
    ),
    starts_at=parse_instant("2026-02-16T00:00:00Z"),
    days=2,
    devices=63_000,
    causes=_causes(_FIRMWARES[0]),
    of_seed=_of_seed,
)
