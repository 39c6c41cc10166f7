"""Text columns to numbers and back, row by row without a Python object per row.

A text column is what Arrow keeps of one: `offsets` (int32 or int64, one more
than rows) into `data` (uint8, UTF-8). Row k is data[offsets[k]:offsets[k + 1]].

What counts as an instant or an EUI-64 is said in `vocabulary.instants` and
`vocabulary.devices`, and only there: a row these kernels read, they read to the
same number; a row with a character outside ASCII is given to those functions
themselves. `tests/unit/columnar` holds the two together.
"""

# ruff: noqa: PLR2004, PLR1714 - kernels compare bytes of ASCII and numbers of the calendar, one by one

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.columnar.compiled import compiled, inlined
from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.instants import has_zone, parse_instant

Offsets: TypeAlias = NDArray[np.int32] | NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Status: TypeAlias = NDArray[np.uint8]

MALFORMED: Final = 0
"""Not an instant, not an EUI-64, not a whole number."""
NAIVE: Final = 1
"""An instant that names no zone; read as UTC."""
ZONED: Final = 2
"""An instant that names its zone."""
GOOD: Final = 1
"""An EUI-64; a whole number."""
_UNCLEAR: Final = 3

DEVICE_ID_WIDTH: Final = 23
"""Characters of an EUI-64 as the Code writes it."""

_HEX = np.full(256, 255, np.uint8)
for _digits in (b"0123456789abcdef", b"0123456789ABCDEF"):
    _HEX[list(_digits)] = np.arange(16)
_HEX_OF = np.frombuffer(b"0123456789ABCDEF", np.uint8).copy()
_ZERO, _NINE = 48, 57
_YEAR_1 = -62_135_596_800_000_000
_YEAR_10000 = 253_402_300_800_000_000


def parse_instants(offsets: Offsets, data: Bytes) -> tuple[Instants, Status]:
    """Read a column of ISO 8601 instants, each as `vocabulary.instants.parse_instant` does.

    Returns:
        Microseconds UTC (0 where malformed), and MALFORMED, NAIVE or ZONED for each row.
    """
    at = np.empty(len(offsets) - 1, np.int64)
    status = np.empty(len(at), np.uint8)
    _instants(offsets, _read_only(data), at, status)

    def read(text: str) -> tuple[int, int]:
        return parse_instant(text), ZONED if has_zone(text) else NAIVE

    _ask(read, offsets, data, at, status)
    return at, status


def parse_device_ids(offsets: Offsets, data: Bytes) -> tuple[DeviceIds, Status]:
    """Read a column of EUI-64s, each as `vocabulary.devices.parse_device_id` does.

    Returns:
        The identifiers (0 where malformed), and MALFORMED or GOOD for each row.
    """
    device_id = np.empty(len(offsets) - 1, np.uint64)
    status = np.empty(len(device_id), np.uint8)
    _device_ids(offsets, _read_only(data), device_id, status)

    def read(text: str) -> tuple[int, int]:
        return parse_device_id(text), GOOD

    _ask(read, offsets, data, device_id, status)
    return device_id, status


def parse_whole_numbers(offsets: Offsets, data: Bytes) -> tuple[Instants, Status]:
    """Read a column of whole numbers of up to 18 ASCII digits, with or without a sign.

    Returns:
        The numbers (0 where malformed), and MALFORMED or GOOD for each row.
    """
    number = np.empty(len(offsets) - 1, np.int64)
    status = np.empty(len(number), np.uint8)
    _whole_numbers(offsets, _read_only(data), number, status)
    return number, status


def format_device_ids(device_ids: DeviceIds) -> Bytes:
    """Write EUI-64s as `00-DB-12-34-56-78-90-A0`: rows x 23 bytes, one after another."""
    text = np.empty((len(device_ids), DEVICE_ID_WIDTH), np.uint8)
    _write_device_ids(device_ids, text)
    return text


def format_instants(at: Instants) -> Bytes:
    """Write instants as `2026-03-01T12:00:00.000Z`: rows x 24 bytes.

    Where any of them is not on a whole millisecond, all get six decimals: rows x 27 bytes.
    """
    assert len(at) == 0 or (at.min() >= _YEAR_1 and at.max() < _YEAR_10000)
    decimals = 6 if (at % 1_000).any() else 3
    text = np.empty((len(at), 21 + decimals), np.uint8)
    _write_instants(at, text, decimals)
    return text


def end_of_records(block: Bytes, delimiter: int, *, is_quoting: bool) -> int:
    """Where the last whole record of a block of delimited text ends; 0 when none does.

    A newline within quotes ends nothing. A record ends after its line feed.
    """
    return int(_end_of_records(_read_only(block), delimiter, is_quoting))


def record_starts(block: Bytes, delimiter: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each record of a block begins: its byte, and its line counted from 0.

    Empty lines are no records. One entry more is added, for the end of the block.
    """
    block = _read_only(block)
    count = int(_scan_records(block, delimiter, np.empty(0, np.int64), np.empty(0, np.int64)))
    starts = np.empty(count + 1, np.int64)
    lines = np.empty(count + 1, np.int64)
    _scan_records(block, delimiter, starts, lines)
    return starts, lines


def _read_only(data: Bytes) -> Bytes:
    """Arrow's buffers are read-only; one type of argument means one compiled kernel."""
    view = data.view()
    view.flags.writeable = False
    return view


def _ask(
    read: Callable[[str], tuple[int, int]],
    offsets: Offsets,
    data: Bytes,
    values: NDArray[Any],
    status: Status,
) -> None:
    """Give the rows a kernel could not judge to the function that is the law."""
    for row in np.flatnonzero(status == _UNCLEAR):
        text = data[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", "replace")
        try:
            values[row], status[row] = read(text)
        except ValueError:
            values[row], status[row] = 0, MALFORMED


@inlined
def _is_space(byte: Any) -> Any:
    """What `str.strip` takes for a space, in ASCII."""
    return byte == 32 or 9 <= byte <= 13 or 28 <= byte <= 31


@inlined
def _two_digits(data: Any, at: Any) -> Any:
    """The number two digits write; far below zero when they are none."""
    tens, ones = np.int64(data[at]) - _ZERO, np.int64(data[at + 1]) - _ZERO
    if tens < 0 or tens > 9 or ones < 0 or ones > 9:
        return np.int64(-1_000_000)
    return tens * 10 + ones


@inlined
def _verdict_on_bad(data: Any, start: Any, end: Any) -> Any:
    """Malformed, or unclear when there is a character that only the vocabulary can judge."""
    for at in range(start, end):
        if data[at] >= 128:
            return np.uint8(_UNCLEAR)
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
    """One instant between two bytes, neither a space: microseconds and its status."""
    bad = (np.int64(0), np.uint8(MALFORMED))
    if end - i < 16 or data[i + 4] != 45 or data[i + 7] != 45 or data[i + 13] != 58:
        return bad
    if data[i + 10] != 84 and data[i + 10] != 32:
        return bad
    year = _two_digits(data, i) * 100 + _two_digits(data, i + 2)
    month, day = _two_digits(data, i + 5), _two_digits(data, i + 8)
    hour, minute = _two_digits(data, i + 11), _two_digits(data, i + 14)
    if year < 1 or month < 1 or month > 12 or day < 1 or hour < 0 or hour > 23 or minute < 0 or minute > 59:
        return bad
    if day > _days_in_month(year, month):
        return bad
    i += 16
    second, fraction = np.int64(0), np.int64(0)
    if i < end and data[i] == 58:
        if end - i < 3:
            return bad
        second = _two_digits(data, i + 1)
        if second < 0 or second > 59:
            return bad
        i += 3
        if i < end and (data[i] == 46 or data[i] == 44):
            i += 1
            digits = 0
            while i < end and _ZERO <= data[i] <= _NINE:
                if digits < 6:
                    fraction = fraction * 10 + np.int64(data[i]) - _ZERO
                digits += 1
                i += 1
            if digits == 0 or digits > 9:
                return bad
            for _ in range(6 - digits):
                fraction *= 10
    at = (
        (_days_since_epoch(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second) * 1_000_000
    ) + fraction
    if i == end:
        return at, np.uint8(NAIVE)
    if _is_space(data[i]):
        i += 1
    if end - i == 1 and (data[i] == 90 or data[i] == 122):
        return at, np.uint8(ZONED)
    if end - i < 5 or (data[i] != 43 and data[i] != 45):
        return bad
    minutes_at = i + 4 if data[i + 3] == 58 else i + 3
    if end - minutes_at != 2:
        return bad
    hours, minutes = _two_digits(data, i + 1), _two_digits(data, minutes_at)
    if hours < 0 or minutes < 0:
        return bad
    offset = (hours * 3_600 + minutes * 60) * 1_000_000
    return (at + offset if data[i] == 45 else at - offset), np.uint8(ZONED)


@compiled
def _instants(offsets: Any, data: Any, at: Any, status: Any) -> None:
    for row in range(len(at)):
        start, end = np.int64(offsets[row]), np.int64(offsets[row + 1])
        first = start
        while first < end and _is_space(data[first]):
            first += 1
        last = end
        while last > first and _is_space(data[last - 1]):
            last -= 1
        at[row], status[row] = _instant(data, first, last)
        if status[row] == MALFORMED:
            status[row] = _verdict_on_bad(data, start, end)


@compiled
def _device_ids(offsets: Any, data: Any, device_id: Any, status: Any) -> None:
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
def _whole_numbers(offsets: Any, data: Any, number: Any, status: Any) -> None:
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


@compiled
def _write_device_ids(device_ids: Any, text: Any) -> None:
    for row in range(len(device_ids)):
        number = device_ids[row]
        for octet in range(8):
            byte = (number >> np.uint64(56 - 8 * octet)) & np.uint64(255)
            text[row, 3 * octet] = _HEX_OF[byte >> np.uint64(4)]
            text[row, 3 * octet + 1] = _HEX_OF[byte & np.uint64(15)]
            if octet < 7:
                text[row, 3 * octet + 2] = 45


@inlined
def _write_number(text: Any, row: Any, at: Any, width: Any, number: Any) -> None:
    for place in range(width):
        text[row, at + width - 1 - place] = _ZERO + number % 10
        number //= 10


@compiled
def _write_instants(at: Any, text: Any, decimals: Any) -> None:
    for row in range(len(at)):
        seconds = at[row] // 1_000_000
        microseconds = at[row] - seconds * 1_000_000
        days = seconds // 86_400
        second = seconds - days * 86_400
        # The calendar of `_days_since_epoch`, backwards.
        days += 719_468
        era = days // 146_097
        of_era = days - era * 146_097
        year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
        of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
        shifted = (5 * of_year + 2) // 153
        month = shifted + 3 if shifted < 10 else shifted - 9
        _write_number(text, row, 0, 4, year_of_era + era * 400 + (1 if month <= 2 else 0))
        text[row, 4] = 45
        _write_number(text, row, 5, 2, month)
        text[row, 7] = 45
        _write_number(text, row, 8, 2, of_year - (153 * shifted + 2) // 5 + 1)
        text[row, 10] = 84
        _write_number(text, row, 11, 2, second // 3_600)
        text[row, 13] = 58
        _write_number(text, row, 14, 2, second // 60 % 60)
        text[row, 16] = 58
        _write_number(text, row, 17, 2, second % 60)
        text[row, 19] = 46
        _write_number(text, row, 20, decimals, microseconds if decimals == 6 else microseconds // 1_000)
        text[row, 20 + decimals] = 90


@compiled
def _end_of_records(block: Any, delimiter: Any, is_quoting: Any) -> Any:
    if not is_quoting:
        for at in range(len(block) - 1, -1, -1):
            if block[at] == 10:
                return at + 1
        return 0
    end = 0
    is_within, is_field_start = False, True
    for at in range(len(block)):
        byte = block[at]
        if is_within:
            # Of a doubled quote the second opens again what the first closed.
            is_within = byte != 34
            is_field_start = False
            if byte == 34 and at + 1 < len(block) and block[at + 1] == 34:
                is_field_start = True
        elif byte == 34 and is_field_start:
            is_within, is_field_start = True, False
        else:
            is_field_start = byte == delimiter or byte == 10 or byte == 13
            if byte == 10:
                end = at + 1
    return end


@compiled
def _scan_records(block: Any, delimiter: Any, starts: Any, lines: Any) -> Any:
    """Count the records; write where they start when there is room for it."""
    count, line = 0, 0
    is_within, is_field_start, is_line_start = False, True, True
    for at in range(len(block)):
        byte = block[at]
        is_break = byte == 10 or (byte == 13 and not (at + 1 < len(block) and block[at + 1] == 10))
        if is_line_start and byte != 10 and byte != 13:
            if len(starts):
                starts[count], lines[count] = at, line
            count += 1
            is_line_start = False
        if is_within:
            is_within = byte != 34
            is_field_start = byte == 34 and at + 1 < len(block) and block[at + 1] == 34
        elif byte == 34 and is_field_start:
            is_within, is_field_start = True, False
        else:
            is_field_start = byte == delimiter or byte == 10 or byte == 13
            is_line_start = is_line_start or byte == 10 or byte == 13
        line += is_break
    if len(starts):
        starts[count], lines[count] = len(block), line
    return count
