"""The ledger of decisions: made in receipt order, written in the order of the input.

Late rows are decided in their place, so decisions come back in another order
than the rows were read. The ledger waits until every row of a batch has its
decision and hands the batch on as it was read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

UNDECIDED: Final = 255
LEFT_OUT: Final = 254


class Complete(NamedTuple):
    """A batch whose rows all have their decision.

    original:  Its columns as they were read.
    kept:      Which of its rows were decided.
    outcome:   Theirs.
    beside:    The other columns of their decisions, in the order the ledger was given them.
    """

    original: Any
    kept: NDArray[np.bool_]
    outcome: NDArray[np.uint8]
    beside: Sequence[NDArray[Any]]


class DecisionLedger:
    """Matches decisions to the rows they are about; rows are counted over the whole input, from 0.

    A decision is an outcome (uint8, less than LEFT_OUT) and a value of each of the types it is made with.
    """

    def __init__(self, *beside: type[np.generic]) -> None:
        self._waiting: deque[tuple[int, Any]] = deque()
        self._first = 0
        self._outcome = np.empty(0, np.uint8)
        self._beside: list[NDArray[Any]] = [np.empty(0, kind) for kind in beside]

    def expect(self, rows: int, original: Any) -> None:
        """The next rows of the input, and the columns they came in."""
        self._waiting.append((rows, original))
        self._outcome = np.concatenate([self._outcome, np.full(rows, UNDECIDED, np.uint8)])
        self._beside = [np.concatenate([each, np.zeros(rows, each.dtype)]) for each in self._beside]

    def leave_out(self, rows: NDArray[np.int64]) -> None:
        """These rows are not decided: they were rejected, or are outside the period."""
        self._outcome[rows - self._first] = LEFT_OUT

    def decide(self, rows: NDArray[np.int64], outcome: NDArray[np.uint8], *beside: NDArray[Any]) -> None:
        """The decisions on these rows."""
        at = rows - self._first
        self._outcome[at] = outcome
        for column, values in zip(self._beside, beside, strict=True):
            column[at] = values

    def complete(self) -> Iterator[Complete]:
        """Batches whose rows all have their decision, in the order of the input."""
        while self._waiting:
            rows, original = self._waiting[0]
            outcome = self._outcome[:rows]
            if (outcome == UNDECIDED).any():
                return
            kept = outcome != LEFT_OUT
            yield Complete(original, kept, outcome[kept], [each[:rows][kept] for each in self._beside])
            self._waiting.popleft()
            self._first += rows
            self._outcome = self._outcome[rows:]
            self._beside = [each[rows:] for each in self._beside]
