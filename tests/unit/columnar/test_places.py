"""Compiled code finds arrays again where they lie, and writes to them there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tidegate.columnar.compiled import entry_of, finding
from tidegate.columnar.places import places_of, row_at, table_at, tables_at

PAIR = np.dtype([("one", np.int64), ("other", np.uint8)])


@finding
def last_of_each(places: Any) -> Any:
    row, table, tables = (
        row_at(places, 0, PAIR),
        table_at(places, 1, np.int32),
        tables_at(places, 2, np.int64),
    )
    row[len(row) - 1].other += 1
    return row[len(row) - 1].other, table[1, 2], tables[1, 1, 2]


def test_arrays_are_found_with_their_lengths_and_written_to_where_they_lie():
    row, table = np.zeros(5, PAIR), np.arange(6, dtype=np.int32).reshape(2, 3)
    tables = np.arange(12, dtype=np.int64).reshape(2, 2, 3)
    places = places_of([row, table, tables])

    assert (1, 5, 11) == last_of_each(places)
    assert (2, 5, 11) == entry_of(last_of_each, places)(places)
    assert 2 == row[-1]["other"]


def test_an_array_that_does_not_lie_in_one_piece_has_no_place():
    with pytest.raises(AssertionError):
        places_of([np.zeros((4, 4))[:, 1]])
