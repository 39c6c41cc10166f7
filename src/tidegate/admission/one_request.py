"""One Service Request by the kernel: a batch of one row, without the cost of a call that hands over all it needs.

`kernel.decide_one` finds tables and row by the places that are written down here, and hands them to `kernel.decide`.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from tidegate.admission.kernel import (
    BOOKED,
    OFFERED_AT,
    REQUEST,
    SEQUENCE,
    USER,
    Rules,
    Tables,
    decide_one,
)
from tidegate.columnar.compiled import entry_of
from tidegate.columnar.places import places_of
from tidegate.columnar.stream_table import STREAM

KINDS: Final = (USER, BOOKED, OFFERED_AT, REQUEST, SEQUENCE, STREAM)


class OneByOne:
    """The kernel over some tables, a request at a time; another is made when a table has moved."""

    def __init__(self, rules: Rules, tables: Tables) -> None:
        row = (
            np.zeros(1, np.int64),
            np.zeros(1, np.uint32),
            np.zeros(1, np.bool_),
            *np.zeros((2, 1), np.uint64),
        )
        decided = (
            *np.zeros((2, 1), np.uint8),
            np.zeros(1, np.int64),
            *np.zeros((2, 1), np.bool_),
            *np.zeros((3, 1), np.int64),
            np.zeros(1, np.bool_),
        )
        self._kept = [*tables, np.array(rules, np.int64), *row, *decided]
        self.places = places_of(self._kept)
        self.decide = entry_of(decide_one, self.places, KINDS, 0, 0, False, 0, 0)
