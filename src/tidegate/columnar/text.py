"""Text columns to numbers and back, row by row without a Python object per row.

A text column is what Arrow keeps of one: `offsets` (int32 or int64, one more
than rows) into `data` (uint8, UTF-8). Row k is data[offsets[k]:offsets[k + 1]].

What counts as an instant or an EUI-64 is said in `vocabulary.instants` and
`vocabulary.devices`, and only there: a row these kernels read, they read to the
same number; a row with a character outside ASCII is given to those functions
themselves. `tests/unit/columnar` holds the two together.
"""

# ruff: noqa: PLR2004 - numbers of the calendar

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.columnar.compiled import compiled, inlined
from tidegate.columnar.text_kernels import (
    GOOD,
    MALFORMED,
    NAIVE,
    UNCLEAR,
    ZONED,
    read_device_ids,
    read_instants,
    read_whole_numbers,
)
from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.instants import has_zone, parse_instant

Offsets: TypeAlias = NDArray[np.int32] | NDArray[np.int64]
Bytes: TypeAlias = NDArray[np.uint8]
Status: TypeAlias = NDArray[np.uint8]

__all__ = [
    "DEVICE_ID_WIDTH",
    "GOOD",
    "MALFORMED",
    "NAIVE",
    "ZONED",
    "Bytes",
    "Offsets",
    "Status",
    "format_device_ids",
    "format_instants",
    "parse_device_ids",
    "parse_instants",
    "parse_whole_numbers",
    "read_only",
]

DEVICE_ID_WIDTH: Final = 23
"""Characters of an EUI-64 as the Code writes it."""

_HEX_OF = np.frombuffer(b"0123456789ABCDEF", np.uint8).copy()
_ZERO = 48
_YEAR_1 = -62_135_596_800_000_000
_YEAR_10000 = 253_402_300_800_000_000


def parse_instants(offsets: Offsets, data: Bytes) -> tuple[Instants, Status]:
    """Read a column of ISO 8601 instants, each as `vocabulary.instants.parse_instant` does.

    Returns:
        Microseconds UTC (0 where malformed), and MALFORMED, NAIVE or ZONED for each row.
    """
    at = np.empty(len(offsets) - 1, np.int64)
    status = np.empty(len(at), np.uint8)
    read_instants(offsets, read_only(data), at, status)

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
    read_device_ids(offsets, read_only(data), device_id, status)

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
    read_whole_numbers(offsets, read_only(data), number, status)
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


def read_only(data: Bytes) -> Bytes:
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
    for row in np.flatnonzero(status == UNCLEAR):
        text = data[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", "replace")
        try:
            values[row], status[row] = read(text)
        except ValueError:
            values[row], status[row] = 0, MALFORMED


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
