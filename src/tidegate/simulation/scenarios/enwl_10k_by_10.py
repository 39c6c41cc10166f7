"""10,000 meters with 10 Alerts each: once within half an hour, and once spread over a day."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tidegate.simulation.areas import areas_of
from tidegate.simulation.catalogue import firmware_number, of_seed
from tidegate.simulation.code_mix import DEVICE_ALERTS
from tidegate.simulation.quiet import Quiet
from tidegate.simulation.rounds import Rounds
from tidegate.simulation.scenario import Scenario
from tidegate.simulation.traffic import Cause, To
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import HOUR, MINUTE, parse_instant
from tidegate.vocabulary.toggle_pairs import counted_as

METERS: Final = 10_000
ALERTS_EACH: Final = 10

_FIRMWARES: Final = tuple(map(firmware_number, ("M1 1.04", "M3 1.10", "M2 2.01")))
_CODE: Final = parse_alert_code("8002")


def _causes(firmware: int) -> tuple[Cause, ...]:
    at_once = Rounds(
        code=_CODE,
        firmwares=(firmware,),
        at_most=METERS,
        alerts_each=ALERTS_EACH,
        apart_us=2 * MINUTE,
        day=0,
        from_hour=14,
        within_us=10 * MINUTE,
    )
    spread = replace(at_once, apart_us=2 * HOUR + 10 * MINUTE, day=2, from_hour=0, within_us=2 * HOUR)
    # Of this code there is nothing but what ENWL's example has.
    mix = [each for each in DEVICE_ALERTS if counted_as(each.code) != _CODE]
    return (at_once, spread, Quiet(alerts_per_device_day=0.04, mix=mix))


def _of_seed(seed: int) -> Scenario:
    return replace(SCENARIO, causes=_causes(of_seed(seed, _FIRMWARES)))


SCENARIO: Final = Scenario(
    name="enwl-10k-by-10",
    summary="10,000 meters raise 10 Alerts each: on the first day within half an hour, on the third spread over it.",
    reproduces=(
        "SECMP0062 Modification Report Consultation, Electricity North West, question 1: 10,000 meters each "
        "generating 10 alerts, throttled as 1 in 10, could result in 10,000 incidents and 10,000 e-mails, "
        "dependent upon the timing and interval."
    ),
    invented=(
        "The code, the firmware that all the meters have, the timing of both days, the network operator and its "
        "quiet traffic, the date."
    ),
    expected=(
        "Murmur: 8002, one firmware; nothing is over 30 in 60 minutes. Throttled from the second Alert on as 1 in 10, "
        "the first day is 10,000 storms, incidents and e-mails, and 90,000 Alerts held back; the third is none of "
        "it with a window of an hour, and all of it with a window of a day. One cause is one problem."
    ),
    starts_at=parse_instant("2020-01-20T00:00:00Z"),
    days=3,
    devices=441_000,
    causes=_causes(_FIRMWARES[0]),
    areas=areas_of("Network E"),
    seen=To.NETWORK_OPERATOR,
    of_seed=_of_seed,
)
