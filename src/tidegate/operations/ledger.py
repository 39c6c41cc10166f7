"""The ledger of decisions: made in receipt order, written in the order of the input.

Late Alerts are decided in their place, so decisions come back in another order
than the rows were read. The ledger waits until every row of a batch has its
decision and hands the batch on as it was read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.sharded import Decisions

UNDECIDED: Final = 255
LEFT_OUT: Final = 254


class DecisionLedger:
    """Matches decisions to the rows they are about; rows are counted over the whole input, from 0."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Any]] = deque()
        self._first = 0
        self._outcome = np.empty(0, np.uint8)
        self._sequence_id = np.empty(0, np.uint32)
        self._count = np.empty(0, np.uint32)

    def expect(self, rows: int, original: Any) -> None:
        """The next rows of the input, and the columns they came in."""
        self._waiting.append((rows, original))
        self._outcome = np.concatenate([self._outcome, np.full(rows, UNDECIDED, np.uint8)])
        self._sequence_id = np.concatenate([self._sequence_id, np.zeros(rows, np.uint32)])
        self._count = np.concatenate([self._count, np.zeros(rows, np.uint32)])

    def leave_out(self, rows: NDArray[np.int64]) -> None:
        """These rows are not decided: they were rejected, or are outside the period."""
        self._outcome[rows - self._first] = LEFT_OUT

    def decide(self, rows: NDArray[np.int64], decisions: Decisions) -> None:
        """The decisions on these rows."""
        at = rows - self._first
        self._outcome[at] = decisions.outcome
        self._sequence_id[at] = decisions.throttled_alert_sequence_id
        self._count[at] = decisions.throttled_alert_count

    def complete(self) -> Iterator[tuple[Any, NDArray[np.bool_], Decisions]]:
        """Batches whose rows all have their decision: columns as read, which rows are kept, and theirs."""
        while self._waiting:
            rows, original = self._waiting[0]
            outcome = self._outcome[:rows]
            if (outcome == UNDECIDED).any():
                return
            kept = outcome != LEFT_OUT
            yield (
                original,
                kept,
                Decisions(outcome[kept], self._sequence_id[:rows][kept], self._count[:rows][kept]),
            )
            self._waiting.popleft()
            self._first += rows
            self._outcome = self._outcome[rows:]
            self._sequence_id = self._sequence_id[rows:]
            self._count = self._count[rows:]
