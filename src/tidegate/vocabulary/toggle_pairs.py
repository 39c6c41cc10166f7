"""Toggle pairs: two Alert Codes of which each takes back what the other says.

A Device that goes to and fro between the two raises both, in turn, and is one
trouble, not two. So a fleet is counted by pairs (a policy counts codes for
itself, or by its own groups: GBCS knows of no pairs).

The pairs are read from the published names (`alert_codes.tsv`); only those that
no other reading fits stand here. Left out on purpose: 8F35 and 8F36 (both say
that supply is restored, after a short outage or a long one), outcomes of
Commands (8154 and 8155, 8F66 and 8F67: neither takes the other back), and the
Supply Outage of one phase (8F58), which two codes take back.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from tidegate.vocabulary.alert_codes import AlertCode


class TogglePair(NamedTuple):
    """Two codes of one state.

    first:   Says that the state, which is the trouble, has begun.
    second:  Says that it is over.
    why:     What the state is; hence why the two are a pair.
    """

    first: AlertCode
    second: AlertCode
    why: str


_PHASES: Final = ("", " on phase 1", " on phase 2", " on phase 3")

TOGGLE_PAIRS: Final[tuple[TogglePair, ...]] = (
    TogglePair(0x8014, 0x8015, "power factor below its threshold, and OK again"),
    *(
        TogglePair(first + phase, second + phase, f"{state}{where}, and back")
        for first, second, state in (
            (0x8002, 0x8085, "average RMS voltage above the over-voltage threshold"),
            (0x8006, 0x8089, "average RMS voltage below the under-voltage threshold"),
            (0x8020, 0x808D, "RMS voltage above the extreme over-voltage threshold"),
            (0x8024, 0x8091, "RMS voltage above the swell threshold"),
            (0x8028, 0x8095, "RMS voltage below the extreme under-voltage threshold"),
            (0x802C, 0x8099, "RMS voltage below the sag threshold"),
        )
        for phase, where in enumerate(_PHASES)
    ),
    TogglePair(0x8F75, 0x81BC, "a strong magnetic field, and the field removed"),
    TogglePair(0x8F73, 0x81A1, "battery cover removed, and closed"),
    TogglePair(0x8F74, 0x81B9, "meter cover removed, and closed"),
    TogglePair(0x8F76, 0x81C1, "terminal cover removed, and closed"),
    TogglePair(0x81C3, 0x81C2, "tilt tamper, and tilt tamper ended"),
    TogglePair(0x81A3, 0x81A2, "Communications Hub disconnected from the ESME, and connected"),
    TogglePair(0x8F20, 0x8F21, "limited duty cycle, and the duty cycle below its threshold again"),
    TogglePair(0x8F22, 0x8F23, "critical duty cycle, and the duty cycle below its threshold again"),
    TogglePair(0x8F24, 0x8F25, "regulated duty cycle, and the duty cycle below its threshold again"),
)
"""Every pair; a code is in one at most."""


@cache
def _by_code() -> Mapping[AlertCode, TogglePair]:
    return {code: pair for pair in TOGGLE_PAIRS for code in (pair.first, pair.second)}


def toggle_pair_of(code: AlertCode) -> TogglePair | None:
    """The pair a code is in, if it is in one."""
    return _by_code().get(code)


def counted_as(code: AlertCode) -> AlertCode:
    """The code that a fleet counts it as: the first of its pair, or itself."""
    pair = _by_code().get(code)
    return code if pair is None else pair.first


def codes_counted_as(code: AlertCode) -> tuple[AlertCode, ...]:
    """Every code that is counted as the same one, in ascending order: both of a pair, or the code alone."""
    pair = _by_code().get(code)
    return (code,) if pair is None else (min(pair[:2]), max(pair[:2]))
