"""One Service Request by the kernel: a batch of one row, without the cost of a call that hands over all it needs.

It is decided by `kernel.decide` itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tidegate.admission.kernel import (
    BOOKED,
    OFFERED_AT,
    REQUEST,
    SEQUENCE,
    USER,
    Columns,
    Decided,
    Rules,
    Tables,
    decide,
)
from tidegate.columnar.compiled import entry_of, finding
from tidegate.columnar.places import places_of, row_at, table_at, tables_at
from tidegate.columnar.stream_table import STREAM


class OneByOne:
    """The kernel over some tables, a request at a time; another is made when a table has moved."""

    def __init__(self, rules: Rules, tables: Tables) -> None:
        row = (
            np.zeros(1, np.int64),
            np.zeros(1, np.uint32),
            np.zeros(1, np.bool_),
            *np.zeros((2, 1), np.uint64),
        )
        decided = *np.zeros((2, 1), np.uint8), np.zeros(1, np.int64), *np.zeros((2, 1), np.bool_)
        self._kept = [*tables, np.array(rules, np.int64), *row, *decided]
        self.places = places_of(self._kept)
        self.decide = entry_of(_decide_one, self.places, 0, 0, False, 0, 0)


@finding
def _decide_one(places: Any, at: Any, user: Any, is_prioritised: Any, request: Any, preceding: Any) -> Any:
    """The row of `Decided`; nothing where the kernel stopped for want of room."""
    tables = Tables(
        row_at(places, 0, USER),
        row_at(places, 1, np.int64),
        table_at(places, 2, np.int64),
        tables_at(places, 3, BOOKED),
        row_at(places, 4, OFFERED_AT),
        row_at(places, 5, REQUEST),
        row_at(places, 6, np.int32),
        row_at(places, 7, np.int32),
        row_at(places, 8, SEQUENCE),
        row_at(places, 9, np.int32),
        row_at(places, 10, STREAM),
        row_at(places, 11, np.int64),
    )
    of = row_at(places, 12, np.int64)
    rules = Rules(
        of[0] != 0, of[1], of[2], of[3], of[4], of[5], of[6], of[7], of[8], of[9], of[10], of[11]
    )  # fmt: skip
    columns = Columns(
        row_at(places, 13, np.int64),
        row_at(places, 14, np.uint32),
        row_at(places, 15, np.bool_),
        row_at(places, 16, np.uint64),
        row_at(places, 17, np.uint64),
    )
    decided = Decided(
        row_at(places, 18, np.uint8),
        row_at(places, 19, np.uint8),
        row_at(places, 20, np.int64),
        row_at(places, 21, np.bool_),
        row_at(places, 22, np.bool_),
    )
    columns.received_at[0] = at
    columns.user[0] = user
    columns.is_prioritised[0] = is_prioritised
    columns.request[0] = request
    columns.preceding[0] = preceding
    if decide(columns, 0, 1, rules, tables, decided) == 0:
        return None
    return (
        decided.outcome[0],
        decided.reason[0],
        decided.retry_at[0],
        decided.is_booked[0],
        decided.early_warning[0],
    )
