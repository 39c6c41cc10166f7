"""Arrow columns of any fitting type become the numbers of an `AlertBatch`.

A row that cannot be used is marked here and described only when someone asks:
most files have none, and a hostile one may have nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.batches import Names
from tidegate.columnar.text import (
    MALFORMED,
    NAIVE,
    ZONED,
    parse_device_ids,
    parse_instants,
    parse_whole_numbers,
)
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, parse_alert_code
from tidegate.vocabulary.devices import format_device_id, parse_device_id
from tidegate.vocabulary.instants import parse_instant

Mask: TypeAlias = NDArray[np.bool_]

ArrowArray: TypeAlias = Any
"""An Arrow array of whatever type; the stubs know fewer of its methods than it has."""

_TICKS_PER_SECOND: Final = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_NO_CODE: Final = 2**32 - 1
_LONGEST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """One column of ours.

    values:   As `AlertBatch` wants it; anything where the row is not good.
    is_good:  Which rows can be used; None: all.
    why_bad:  What is wrong with the row of a number, and what to write instead.
    zone:     NAIVE or ZONED for each row of an instants column; None where all are ZONED.
    """

    values: NDArray[Any]
    is_good: Mask | None
    why_bad: Callable[[int], str]
    zone: NDArray[np.uint8] | None = None


@dataclass(frozen=True, slots=True)
class NamedColumn:
    """Recipients before they have numbers: a name for each value, and the value of each row."""

    names: Sequence[str]
    index: NDArray[np.int32]


def read_received_at(array: ArrowArray, *, is_whole_numbers: bool) -> ReadColumn:
    """Receipt instants from timestamps of any unit, whole microseconds, or text.

    Args:
        array:             timestamp, integer, text, or a dictionary of text.
        is_whole_numbers:  The text is whole microseconds, not ISO 8601.
    """
    array = _plain(array)
    valid = _valid(array)
    if pa.types.is_timestamp(array.type):
        at, in_range = _to_microseconds(_numbers(array, np.int64), array.type.unit)
        zone = None if array.type.tz else np.full(len(at), NAIVE, np.uint8)
        return ReadColumn(
            at, _both(valid, in_range), lambda row: _empty_or(array, row, "is out of range"), zone
        )
    if pa.types.is_integer(array.type):
        return ReadColumn(_integers(array), valid, lambda row: _empty_or(array, row, "is out of range"))
    offsets, data = text_buffers(array)
    if is_whole_numbers:
        at, status = parse_whole_numbers(offsets, data)
        zone = None
    else:
        at, status = parse_instants(offsets, data)
        zone = None if (status == ZONED).all() else status
    return ReadColumn(
        at, _both(valid, _good(status)), lambda row: _why(_reader(is_whole_numbers), array, row), zone
    )


def read_device_id(array: ArrowArray) -> ReadColumn:
    """Devices from uint64, from int64 (the same 64 bits, as engines without uint64 keep them), or text."""
    if pa.types.is_dictionary(array.type):
        return _taken(read_device_id(array.dictionary), array)
    valid = _valid(array)
    if pa.types.is_integer(array.type):
        values = _numbers(array, np.int64).view(np.uint64)
        return ReadColumn(values, valid, lambda row: _empty_or(array, row, "is not an EUI-64"))
    values, status = parse_device_ids(*text_buffers(array))
    return ReadColumn(values, _both(valid, _good(status)), lambda row: _why(parse_device_id, array, row))


def read_alert_code(array: ArrowArray) -> ReadColumn:
    """Alert Codes from text, a dictionary of text, or numbers of `vocabulary.alert_codes`."""
    if pa.types.is_integer(array.type):
        numbers = _integers(array)
        is_code = (numbers >= 0) & (numbers < NUMBER_OF_CODES)
        is_good = _both(_valid(array), None if is_code.all() else is_code)
        return ReadColumn(
            numbers.astype(np.uint32), is_good, lambda row: _empty_or(array, row, "is not an Alert Code")
        )
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = np.array([_code_or_none(each) for each in _texts(encoded.dictionary)] or [_NO_CODE], np.uint32)
    values = codes[_indices(encoded)]
    is_good = None if encoded.null_count == 0 and _NO_CODE not in codes else values != _NO_CODE
    if encoded.null_count:
        is_good = _both(is_good, _valid(encoded))
    return ReadColumn(values, is_good, lambda row: _why(parse_alert_code, encoded, row))


def read_recipient(array: ArrowArray) -> NamedColumn:
    """Recipients from text, a dictionary of text, or uint64 EUI-64s; empty where there is none."""
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    if pa.types.is_integer(encoded.dictionary.type):
        names = [format_device_id(each % 2**64) for each in encoded.dictionary.to_pylist()]
    else:
        names = [recipient_name(each) for each in _texts(encoded.dictionary)]
    return named_column(names, encoded)


def named_column(names: Sequence[str], encoded: ArrowArray) -> NamedColumn:
    """A name for each value of a dictionary array; where it has none, the empty one."""
    index = encoded.indices.cast(pa.int32())
    if index.null_count:
        index, names = index.fill_null(len(names)), [*names, ""]
    return NamedColumn(names, index.to_numpy(zero_copy_only=False))


def recipient_name(text: str) -> str:
    """One name for one User: an EUI-64 is written one way, whatever way it was given."""
    try:
        return format_device_id(parse_device_id(text))
    except ValueError:
        return text.strip()


def numbered(names: Names, named: NamedColumn) -> NDArray[np.uint32]:
    """The number of the name in each row."""
    if not named.names:
        return np.zeros(len(named.index), np.uint32)
    numbers: NDArray[np.uint32] = np.array([names.number_of(name) for name in named.names], np.uint32)
    return numbers[named.index]


def can_read(ours: str, kind: pa.DataType) -> bool:
    """Say whether a column of a type can be one of ours; a type without room for the values cannot."""
    if pa.types.is_dictionary(kind):
        return can_read(ours, kind.value_type) and not pa.types.is_timestamp(kind.value_type)
    if _is_text(kind):
        return True
    if ours == "received_at":
        return pa.types.is_timestamp(kind) or pa.types.is_int64(kind) or pa.types.is_uint64(kind)
    if ours == "alert_code":
        return bool(pa.types.is_integer(kind))
    return pa.types.is_uint64(kind) or pa.types.is_int64(kind)


def text_buffers(array: ArrowArray) -> tuple[Any, NDArray[np.uint8]]:
    """Offsets and bytes of a text column, no copy made where Arrow already keeps it so."""
    kind = array.type
    if not (pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_string(kind)):
        array = array.cast(pa.large_binary())
    is_large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    _, offsets, data = array.buffers()
    if len(array) == 0 or offsets is None:
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    # A buffer that came from elsewhere may end in the middle of a number that nobody needs.
    last = array.offset + len(array) + 1
    numbers = np.frombuffer(offsets, np.int64 if is_large else np.int32, last)
    return (
        numbers[array.offset :],
        np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8),
    )


def fixed_width_texts(text: NDArray[np.uint8]) -> ArrowArray:
    """Rows x width bytes of ASCII as an Arrow column of text; the bytes are not copied."""
    rows, width = text.shape
    offsets: Any = np.arange(0, rows + 1, dtype=np.int32) * np.int32(width)
    data: Any = text
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(data))


def shown(value: object) -> str:
    """A value as a person can be shown it, however long it is."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "..."


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
    )


def _plain(array: ArrowArray) -> ArrowArray:
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _numbers(array: ArrowArray, dtype: type[np.generic]) -> NDArray[Any]:
    """The values of a 64-bit column as they lie in memory, nulls being anything."""
    data = array.buffers()[1]
    if data is None or len(array) == 0:
        return np.zeros(len(array), dtype)
    return np.frombuffer(data, dtype, array.offset + len(array))[array.offset :]


def _integers(array: ArrowArray) -> NDArray[np.int64]:
    if not pa.types.is_int64(array.type):
        array = array.cast(pa.int64(), safe=False)
    return _numbers(array, np.int64)


def _to_microseconds(ticks: NDArray[np.int64], unit: str) -> tuple[NDArray[np.int64], Mask | None]:
    per_second = _TICKS_PER_SECOND[unit]
    if unit == "us":
        return ticks, None
    if unit == "ns":
        # Cut off, never rounded up: an Alert is not received before it was.
        return ticks // 1_000, None
    factor = 1_000_000 // per_second
    in_range = np.abs(ticks) < 2**62 // factor
    return ticks * factor, None if in_range.all() else in_range


def _valid(array: ArrowArray) -> Mask | None:
    return None if array.null_count == 0 else array.is_valid().to_numpy(zero_copy_only=False)


def _good(status: NDArray[np.uint8]) -> Mask | None:
    is_good = status != MALFORMED
    return None if is_good.all() else is_good


def _both(one: Mask | None, other: Mask | None) -> Mask | None:
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _indices(encoded: ArrowArray) -> NDArray[np.int32]:
    indices = encoded.indices
    if indices.null_count:
        indices = indices.fill_null(0)
    return indices.to_numpy(zero_copy_only=False)  # type: ignore[no-any-return]


def _taken(column: ReadColumn, array: ArrowArray) -> ReadColumn:
    """A column read from its dictionary, a value for each row."""
    index = _indices(array)
    if len(array.dictionary) == 0:
        column = ReadColumn(np.zeros(1, column.values.dtype), np.zeros(1, np.bool_), column.why_bad)
    is_good = None if column.is_good is None else column.is_good[index]
    is_good = _both(is_good, _valid(array))
    return ReadColumn(
        column.values[index],
        is_good,
        lambda row: column.why_bad(int(index[row])) if array[row].is_valid else "is empty",
    )


def _texts(array: ArrowArray) -> list[str]:
    return ["" if each is None else shown_whole(each) for each in array.to_pylist()]


def shown_whole(value: str | bytes) -> str:
    """Text as it was given; bytes that are no UTF-8 stand as replacement characters."""
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _code_or_none(text: str) -> int:
    try:
        return parse_alert_code(text)
    except ValueError:
        return _NO_CODE


def _reader(is_whole_numbers: bool) -> Callable[[str], int]:  # noqa: FBT001
    def read_whole_number(text: str) -> int:
        raise ValueError(f"{text!r} is not a whole number of microseconds, as the file's first rows are")

    return read_whole_number if is_whole_numbers else parse_instant


def _why(read: Callable[[str], int], array: ArrowArray, row: int) -> str:
    value = array[row].as_py()
    if value is None or not str(text := shown_whole(value)).strip():
        return "is empty"
    try:
        read(shown(text))
    except ValueError as error:
        return str(error)
    return f"{shown(text)!r} cannot be read"


def _empty_or(array: ArrowArray, row: int, what: str) -> str:
    value = array[row]
    if not value.is_valid:
        return "is empty"
    return f"{shown(value.cast(pa.string()).as_py())!r} {what}"
