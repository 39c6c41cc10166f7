"""Numbers as a person reads them; the same on the screen, in the report and in the workbook.

A share that is not nothing is never written 0%, and one that is not all is
never written 100%.
"""

from __future__ import annotations

import math
from typing import Final

from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, Duration

MANY_TIMES: Final = 1_000
"""A ratio from here on is not told to the last figure."""

_ALL = 1_000
"""Tenths of a per cent in the whole."""

_UNITS = ((DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s"))


def thousands(number: int) -> str:
    """A whole number with thousands separators: `2,104,118`."""
    return f"{number:,}"


def many(number: int, one: str, several: str = "") -> str:
    """A number of things: `1 Device`, `58 Devices`."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"


def percent(part: int, whole: int) -> str:
    """A share to one decimal: `11.2%`, `<0.1%`, `>99.9%`, `0%`, `100%`."""
    if whole == 0 or part == 0:
        return "0%"
    if part == whole:
        return "100%"
    tenths = (2 * _ALL * part + whole) // (2 * whole)
    if tenths == 0:
        return "<0.1%"
    if tenths >= _ALL and part < whole:
        return ">99.9%"
    return f"{tenths // 10}.{tenths % 10}%"


def times_in_words(ratio: float) -> str:
    """A ratio: `423`, `2.4`, `over 1,000`; `many` where it is to nothing."""
    if math.isinf(ratio):
        return "many"
    if ratio >= MANY_TIMES:
        return f"over {MANY_TIMES:,}"
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.1f}"  # noqa: PLR2004 - two figures


def length(duration: Duration) -> str:
    """How long something lasted, in its two largest units: `6 d 4 h`, `3 h 20 min`, `12 s`, `<1 s`."""
    assert duration >= 0
    for place, (unit, name) in enumerate(_UNITS):
        if duration >= unit:
            whole, rest = divmod(duration, unit)
            smaller, smaller_name = _UNITS[min(place + 1, len(_UNITS) - 1)]
            also = rest // smaller
            return f"{whole} {name} {also} {smaller_name}" if also else f"{whole} {name}"
    return "<1 s" if duration else "0 s"
