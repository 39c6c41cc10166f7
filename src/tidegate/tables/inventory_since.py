"""From when a row of an Inventory holds: an instant, a day, or whole microseconds.

A day begins at midnight UTC. Where nothing is said the row holds from the first.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import pyarrow as pa

from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.tables.alert_columns import ArrowArray, ReadColumn, read_received_at, shown_whole
from tidegate.vocabulary.instants import DAY, parse_instant

_DAY_ALONE: Final = re.compile(r"\d{4}-\d\d-\d\d")


def read_since(array: ArrowArray, *, is_whole_numbers: bool) -> ReadColumn:
    """Instants as int64 microseconds UTC, BEFORE_ALL where empty.

    Args:
        array:             timestamp, date, integer (microseconds), text, or a dictionary of text.
        is_whole_numbers:  The text is whole microseconds, not ISO 8601.
    """
    if pa.types.is_dictionary(array.type):
        return _of_dictionary(array, is_whole_numbers=is_whole_numbers)
    if pa.types.is_date(array.type):
        days = array.cast(pa.date32()).cast(pa.int32()).fill_null(0).to_numpy(zero_copy_only=False)
        return _with_empty(ReadColumn(days.astype(np.int64) * DAY, None, str), array)
    if pa.types.is_timestamp(array.type) or pa.types.is_integer(array.type):
        return _with_empty(read_received_at(array, is_whole_numbers=is_whole_numbers), array)
    return _of_dictionary(array.dictionary_encode(), is_whole_numbers=is_whole_numbers)


def _of_dictionary(array: ArrowArray, *, is_whole_numbers: bool) -> ReadColumn:
    texts = ["" if each is None else shown_whole(each).strip() for each in array.dictionary.to_pylist()]
    values = np.full(len(texts) + 1, BEFORE_ALL, np.int64)
    is_good = np.ones(len(texts) + 1, np.bool_)
    reasons: dict[int, str] = {}
    for place, text in enumerate(texts):
        if not text:
            continue
        try:
            values[place] = _parse(text, is_whole_numbers=is_whole_numbers)
        except ValueError as error:
            is_good[place] = False
            reasons[place] = str(error)
    # One more place: what is null says nothing.
    index = array.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
    good = is_good[index]
    return ReadColumn(values[index], None if good.all() else good, lambda row: reasons[int(index[row])])


def _parse(text: str, *, is_whole_numbers: bool) -> int:
    if is_whole_numbers:
        if not re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII):
            raise ValueError(f"{text!r} is not a whole number of microseconds, as the file's first rows are")
        return int(text)
    return parse_instant(f"{text}T00:00:00Z" if _DAY_ALONE.fullmatch(text) else text)


def _with_empty(column: ReadColumn, array: ArrowArray) -> ReadColumn:
    """The same column, good and BEFORE_ALL where nothing stands."""
    if array.null_count == 0:
        return column
    is_empty = array.is_null().to_numpy(zero_copy_only=False)
    is_good = None if column.is_good is None else column.is_good | is_empty
    return ReadColumn(
        np.where(is_empty, BEFORE_ALL, column.values),
        None if is_good is None or is_good.all() else is_good,
        column.why_bad,
    )
