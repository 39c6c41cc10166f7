"""The kernels of `text`: each says again, byte by byte, what the vocabulary says by a pattern."""

# ruff: noqa: PLR2004, PLR1714 - bytes of ASCII and numbers of the calendar, compared one by one

from __future__ import annotations

from typing import Any, Final

import numpy as np

from tidegate.columnar.compiled import compiled, inlined

MALFORMED: Final = 0
"""Not an instant, not an EUI-64, not a whole number."""
NAIVE: Final = 1
"""An instant that names no zone; read as UTC."""
ZONED: Final = 2
"""An instant that names its zone."""
GOOD: Final = 1
"""An EUI-64; a whole number."""
UNCLEAR: Final = 3
"""A row with a character outside ASCII, that only the vocabulary can judge."""

_HEX = np.full(256, 255, np.uint8)
for _digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
    _HEX[list(_digits)] = np.arange(16)
_ZERO, _NINE = 48, 57
_U1 = np.uint64(1)


@inlined
def _is_space(byte: Any) -> Any:
    """What `str.strip` takes for a space, in ASCII."""
    return byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31


@inlined
def _two_digits(data: Any, at: Any) -> Any:
    """The number two digits write; a hundred or more when they are none. Unsigned: below `0` is far above `9`."""
    tens, ones = np.uint64(data[at]) - np.uint64(_ZERO), np.uint64(data[at + _U1]) - np.uint64(_ZERO)
    is_number = (tens <= np.uint64(9)) & (ones <= np.uint64(9))
    return np.int64(tens * np.uint64(10) + ones) if is_number else np.int64(1_000)


@inlined
def _verdict_on_bad(data: Any, start: Any, end: Any) -> Any:
    """Malformed, or unclear when there is a character that only the vocabulary can judge."""
    for at in range(start, end):
        if data[at] >= 128:
            return np.uint8(UNCLEAR)
    return np.uint8(MALFORMED)


@inlined
def _days_in_month(year: Any, month: Any) -> Any:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31


@inlined
def _days_since_epoch(year: Any, month: Any, day: Any) -> Any:
    """Days of the Gregorian calendar, counted in years that begin in March."""
    shifted = year - (1 if month <= 2 else 0)
    era = shifted // 400
    year_of_era = shifted - era * 400
    day_of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    return era * 146_097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719_468


@compiled
def _instant(data: Any, i: Any, end: Any) -> Any:
    """One instant between two bytes, neither a space: microseconds and its status. Indices are unsigned."""
    bad = (np.int64(0), np.uint8(MALFORMED))
    if end < i + np.uint64(16):
        return bad
    century, of_century = _two_digits(data, i), _two_digits(data, i + np.uint64(2))
    month, day = _two_digits(data, i + np.uint64(5)), _two_digits(data, i + np.uint64(8))
    hour, minute = _two_digits(data, i + np.uint64(11)), _two_digits(data, i + np.uint64(14))
    middle = data[i + np.uint64(10)]
    is_shaped = (
        (data[i + np.uint64(4)] == 45) & (data[i + np.uint64(7)] == 45) & (data[i + np.uint64(13)] == 58)
    )
    is_shaped &= (middle == 84) | (middle == 32)
    is_shaped &= (century < 100) & (of_century < 100) & (month <= 12) & (month >= 1) & (day >= 1)
    year = century * 100 + of_century
    if not (is_shaped & (hour <= 23) & (minute <= 59) & (year >= 1)) or day > _days_in_month(year, month):
        return bad
    i += np.uint64(16)
    second, fraction = np.int64(0), np.int64(0)
    if i < end and data[i] == 58:
        if end < i + np.uint64(3):
            return bad
        second = _two_digits(data, i + _U1)
        if second > 59:
            return bad
        i += np.uint64(3)
        if i < end and (data[i] == 46 or data[i] == 44):
            i += _U1
            weight = np.int64(100_000)
            first = i
            while i < end and _ZERO <= data[i] <= _NINE:
                # Past the microsecond the weight is nothing: digits there are cut off.
                fraction += weight * (np.int64(data[i]) - _ZERO)
                weight //= 10
                i += _U1
            if i == first or i > first + np.uint64(9):
                return bad
    seconds = _days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
    at = seconds * 1_000_000 + fraction
    if i == end:
        return at, np.uint8(NAIVE)
    if _is_space(data[i]):
        i += _U1
    if end == i + _U1 and (data[i] == 90 or data[i] == 122):
        return at, np.uint8(ZONED)
    if end < i + np.uint64(5) or (data[i] != 43 and data[i] != 45):
        return bad
    minutes_at = i + np.uint64(3)
    if data[minutes_at] == 58:
        minutes_at += _U1
    if end != minutes_at + np.uint64(2):
        return bad
    hours, minutes = _two_digits(data, i + _U1), _two_digits(data, minutes_at)
    if hours >= 100 or minutes >= 100:
        return bad
    offset = (hours * 3_600 + minutes * 60) * 1_000_000
    return (at + offset if data[i] == 45 else at - offset), np.uint8(ZONED)


@compiled
def read_instants(offsets: Any, data: Any, at: Any, status: Any) -> None:
    """Read each row of a text column as an instant; `at` and `status` are filled."""
    for row in range(len(at)):
        start, end = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        first = start
        while first < end and _is_space(data[first]):
            first += _U1
        last = end
        while last > first and _is_space(data[last - _U1]):
            last -= _U1
        at[row], status[row] = _instant(data, first, last)
        if status[row] == MALFORMED:
            status[row] = _verdict_on_bad(data, start, end)


@compiled
def read_device_ids(offsets: Any, data: Any, device_id: Any, status: Any) -> None:
    """Read each row of a text column as an EUI-64; `device_id` and `status` are filled."""
    for row in range(len(device_id)):
        start, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        i = start
        while i < end and _is_space(data[i]):
            i += 1
        last = end
        while last > i and _is_space(data[last - 1]):
            last -= 1
        number = np.uint64(0)
        is_good = True
        for octet in range(8):
            if octet > 0 and i < last and (data[i] == 45 or data[i] == 58):
                i += 1
            if i + 2 > last:
                is_good = False
                break
            high, low = _HEX[data[i]], _HEX[data[i + 1]]
            if (high | low) > 15:
                is_good = False
                break
            number = (number << np.uint64(8)) | np.uint64((high << 4) | low)
            i += 2
        if is_good and i == last:
            device_id[row], status[row] = number, GOOD
        else:
            device_id[row], status[row] = np.uint64(0), _verdict_on_bad(data, start, end)


@compiled
def read_whole_numbers(offsets: Any, data: Any, number: Any, status: Any) -> None:
    """Read each row of a text column as a whole number; `number` and `status` are filled."""
    for row in range(len(number)):
        i, last = np.int64(offsets[row]), np.int64(offsets[row + 1])
        while i < last and _is_space(data[i]):
            i += 1
        while last > i and _is_space(data[last - 1]):
            last -= 1
        is_negative = i < last and data[i] == 45
        if i < last and (data[i] == 45 or data[i] == 43):
            i += 1
        is_good = 1 <= last - i <= 18
        total = np.int64(0)
        while is_good and i < last:
            digit = np.int64(data[i]) - _ZERO
            is_good = 0 <= digit <= 9
            total = total * 10 + digit
            i += 1
        number[row] = (-total if is_negative else total) if is_good else 0
        status[row] = GOOD if is_good else MALFORMED
