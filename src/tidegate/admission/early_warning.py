"""Early warning: once as a User nears its allocation while the system nears its operating threshold (SECMP0067, EDF).

"Near" is a share of both, 80 % where a policy says no other. It is over when
either has fallen by an eighth of that (to 70 %), so that a User that hovers round
the line is told once and not at every request. A User without an allocation has
nothing to near.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

EASES_AT: Final = Fraction(7, 8)
"""What of the warning level must be left for the warning to be over."""

NEVER_REACHED: Final = 2**62


class WarningLevel(NamedTuple):
    """From which count one is near, and below which no more."""

    warns_at: int
    eases_below: int


def warning_level(count: int, early_warning_at: Fraction) -> WarningLevel:
    """The levels for an allocation or an operating threshold."""
    if count == 0:
        return WarningLevel(NEVER_REACHED, NEVER_REACHED)
    return WarningLevel(_whole(early_warning_at * count), _whole(early_warning_at * EASES_AT * count))


def _whole(level: Fraction) -> int:
    """The least count at or above a level."""
    return -(-level.numerator // level.denominator)
