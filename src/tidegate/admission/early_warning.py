"""Early warning: once as a User nears its allocation while the system nears its operating threshold (SECMP0067, EDF).

"Near" is a share of both, 80 % where a policy says no other. It is over when
either has fallen by an eighth of that (to 70 %), and by more than one request:
in a small allocation both shares are the same whole request. So a User that
hovers round the line is told once and not at every request. Where one request is
near already, nothing lies below it but none: then it is over for the User when it
is for the system, and for the system when nothing was used in the period. A User
without an allocation has nothing to near.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final, NamedTuple

EASES_AT: Final = Fraction(7, 8)
"""What of the warning level must be left for the warning not to be over."""

NEVER_REACHED: Final = 2**62


class WarningLevel(NamedTuple):
    """From which count one is near, and below which no more."""

    warns_at: int
    eases_below: int


def level_of_user(allocation: int, early_warning_at: Fraction) -> WarningLevel:
    """The levels of a User's use."""
    if allocation == 0:
        return WarningLevel(NEVER_REACHED, NEVER_REACHED)
    return _level(allocation, early_warning_at)


def level_of_system(operating_threshold: int, early_warning_at: Fraction) -> WarningLevel:
    """The levels of the use of all."""
    level = _level(operating_threshold, early_warning_at)
    return level._replace(eases_below=max(1, level.eases_below))


def _level(count: int, early_warning_at: Fraction) -> WarningLevel:
    warns_at = _whole(early_warning_at * count)
    return WarningLevel(warns_at, min(warns_at - 1, _whole(early_warning_at * EASES_AT * count)))


def _whole(level: Fraction) -> int:
    """The least count at or above a level."""
    return -(-level.numerator // level.denominator)
