"""Instants and durations.

An `Instant` is a whole number of microseconds since 1970-01-01T00:00:00Z. The
core takes nothing else: it knows no zone, no calendar and no clock. Text
becomes an Instant here and nowhere else (over columns: `columnar.text`, which
is held to these functions by a test).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

Instant: TypeAlias = int
Duration: TypeAlias = int

MICROSECOND: Final[Duration] = 1
SECOND: Final[Duration] = 1_000_000
MINUTE: Final[Duration] = 60 * SECOND
HOUR: Final[Duration] = 60 * MINUTE
DAY: Final[Duration] = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|z|[+-]\d\d:?\d\d)?"
)
_DURATION = re.compile(r"(\d+)\s*(us|ms|s|m|h|d)")
_UNITS = {"us": 1, "ms": 1_000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def parse_instant(text: str) -> Instant:
    """Read ISO 8601, to the microsecond; without a zone it is UTC.

    Digits past the microsecond are cut off, never rounded: an Alert is not
    received before it was.

    Raises:
        ValueError: the text is not an instant; the message says what to write.
    """
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an instant: write 2026-03-01T12:00:00Z")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        at = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0), tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"{text!r} is not an instant: {error}") from None
    microseconds = (at - _EPOCH) // timedelta(microseconds=1) + int((fraction or "0").ljust(6, "0")[:6])
    return microseconds - _offset(zone)


def has_zone(text: str) -> bool:
    """Say whether an instant's text names its zone."""
    match = _INSTANT.fullmatch(text.strip())
    return match is not None and match.group(8) is not None


def format_instant(at: Instant) -> str:
    """Write an instant as ISO 8601 in UTC, with as many decimals as it needs (0, 3 or 6)."""
    seconds, microseconds = divmod(at, SECOND)
    text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    if microseconds == 0:
        return f"{text}Z"
    if microseconds % 1_000 == 0:
        return f"{text}.{microseconds // 1_000:03d}Z"
    return f"{text}.{microseconds:06d}Z"


def parse_duration(text: str) -> Duration:
    """Read a duration such as `60m`, `90s`, `1h` or `2d`.

    Raises:
        ValueError: the text is not a duration; the message says what to write.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write a whole number and us, ms, s, m, h or d, as 60m")
    return int(match.group(1)) * _UNITS[match.group(2)]


def format_duration(duration: Duration) -> str:
    """Write a duration in the largest unit that divides it: `60m` is `1h`, `90s` is `90s`."""
    for unit in ("d", "h", "m", "s", "ms"):
        if duration and duration % _UNITS[unit] == 0:
            return f"{duration // _UNITS[unit]}{unit}"
    return f"{duration}us" if duration else "0s"


def _offset(zone: str | None) -> Duration:
    if zone is None or zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "")
    offset = int(digits[:2]) * HOUR + int(digits[2:]) * MINUTE
    return -offset if zone[0] == "-" else offset
