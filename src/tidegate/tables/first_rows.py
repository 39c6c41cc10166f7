"""What the first rows of a column tell about the rest of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import HOUR, MINUTE, Instant, has_zone, parse_instant

_WHOLE_NUMBER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)

# Whole numbers that are years 2017 to 2036 in another unit than ours.
_LOOKS_LIKE: Final = {
    "seconds": (1_483_228_800, 2_114_380_800, "1,000,000"),
    "milliseconds": (1_483_228_800_000, 2_114_380_800_000, "1,000"),
}


def has_whole_numbers(values: Sequence[object]) -> bool:
    """Say whether a column holds whole numbers, by the first value that is an instant or one."""
    for value in values:
        if isinstance(value, int) or _WHOLE_NUMBER.fullmatch(str(value)):
            return True
        if _instant_or_none(value) is not None:
            return False
    return False


def first_instant_of(values: Sequence[object]) -> Instant | None:
    """The first of some values that is an instant; None when none is."""
    is_whole_numbers = has_whole_numbers(values)
    for value in values:
        if is_whole_numbers and (isinstance(value, int) or _WHOLE_NUMBER.fullmatch(str(value))):
            return int(str(value))
        if not is_whole_numbers and (at := _instant_or_none(value)) is not None:
            return at
    return None


def are_microseconds(where: str, values: Sequence[object]) -> bool:
    """Say whether a column of instants holds whole numbers: then they are microseconds.

    Whole numbers that are seconds or milliseconds, read as microseconds, would make every Device storm.

    Raises:
        InputError: all of them are plausible in another unit.
    """
    if not has_whole_numbers(values):
        return False
    numbers = [int(str(value)) for value in values if _WHOLE_NUMBER.fullmatch(str(value))]
    for unit, (earliest, latest, factor) in _LOOKS_LIKE.items():
        if all(earliest <= number < latest for number in numbers):
            what = f"holds whole numbers such as {numbers[0]}, which are {unit}"
            remedy = (
                f"Multiply them by {factor}: whole numbers are microseconds. Or write 2026-03-01T12:00:00Z."
            )
            raise InputError(Fault(where, what, remedy))
    return True


def refuse_a_row_for_a_header(where: str, row: str, names: Sequence[str], wanted: Sequence[str]) -> None:
    """Refuse a file that begins with a row.

    Args:
        where:   The file, for the faults.
        row:     What a row of it is: `an Alert`.
        names:   What is read where the names of the columns should be.
        wanted:  The names of the columns.

    Raises:
        InputError: one of the names is an instant.
    """
    if first_instant_of(names) is not None and not has_whole_numbers(names):
        what = f"is {row} where the names of the columns should be"
        raise InputError(Fault(f"{where}, line 1", what, f"Add a first line: {','.join(wanted)}"))


def hours_apart(values: Sequence[object], others: Sequence[object]) -> int | None:
    """By how many whole hours some instants are after others, row by row, when all are by the same; else None.

    A Device's clock that is a whole hour from the receipt is a clock in another
    zone. Two minutes of delay are allowed either way.
    """
    hours = set()
    for value, other in zip(values, others, strict=True):
        at, at_other = _instant_or_none(value), _instant_or_none(other)
        if at is None or at_other is None:
            continue
        whole, rest = divmod(at - at_other + HOUR // 2, HOUR)
        if abs(rest - HOUR // 2) > 2 * MINUTE:
            return None
        hours.add(whole)
    return hours.pop() if len(hours) == 1 else None


def names_zone(values: Sequence[object]) -> bool | None:
    """Say whether the first instant of some names its zone; None when there is no instant."""
    return next((has_zone(str(value)) for value in values if _instant_or_none(value) is not None), None)


def _instant_or_none(value: object) -> Instant | None:
    try:
        return None if value is None else parse_instant(str(value))
    except ValueError:
        return None
