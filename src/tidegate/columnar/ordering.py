"""Receipt order: late rows are put in their place, within a bounded look-back.

A log must be in receipt order. In a real one an Alert or a Service Request may
stand a little after a younger one. Such a row is late; it is put in order when it
is no more than `look_back_us` older than the youngest before it, and given back
otherwise.

Nothing is copied while the log is in order: batches are held until no late
row can come before them, then let go as they came.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from tidegate.vocabulary.instants import Duration, Instant

BEFORE_ALL: Instant = -(2**62)


class Received(Protocol):
    """Columns of equal length, a row for each thing received: an `AlertBatch`, a `ServiceRequestBatch`."""

    @property
    def received_at(self) -> NDArray[np.int64]:
        """Receipt instants."""

    def __len__(self) -> int:
        """How many rows there are."""

    def take(self, rows: NDArray[Any]) -> Self:
        """The rows of the given numbers (or mask), in that order."""

    @classmethod
    def concatenate(cls, batches: Sequence[Self]) -> Self:
        """One batch of many, in the order given."""


Batch = TypeVar("Batch", bound=Received)


@dataclass(frozen=True, slots=True)
class OrderedBatch(Generic[Batch]):
    """What was received, in receipt order, and where each row stood in the input.

    row:  Position in the input of each; unless said otherwise, counted over all rows pushed, from 0.
    """

    received: Batch
    row: NDArray[np.int64]


class ReceiptOrder(Generic[Batch]):
    """Puts batches in receipt order; ties keep the order of the input.

    late:     Rows so far that came after a younger one and were put in order.
    too_late: Rows so far that came too late for that, and were given back.
    """

    def __init__(self, look_back_us: Duration) -> None:
        assert look_back_us >= 0
        self.late = 0
        self.too_late = 0
        self._look_back = look_back_us
        self._held: deque[OrderedBatch[Batch]] = deque()
        self._youngest: Instant = BEFORE_ALL
        self._pushed = 0

    @property
    def youngest(self) -> Instant:
        """The youngest receipt instant seen so far."""
        return self._youngest

    def push(self, received: Batch, rows: NDArray[np.int64] | None = None) -> NDArray[np.int64]:
        """Take the next batch of the input; returns which of its rows (from 0) came too late.

        `rows` are their positions in the input, where not every row of it is pushed.
        """
        if rows is None:
            rows = np.arange(self._pushed, self._pushed + len(received), dtype=np.int64)
        self._pushed += len(received)
        if len(received) == 0:
            return rows
        at = received.received_at
        if at[0] >= self._youngest and (at[1:] >= at[:-1]).all():
            self._youngest = int(at[-1])
            self._held.append(OrderedBatch(received, rows))
            return rows[:0]
        before = np.maximum.accumulate(at)
        before = np.concatenate((np.array([self._youngest]), np.maximum(before[:-1], self._youngest)))
        is_late = at < before
        is_too_late = before - at > self._look_back
        is_too_late &= is_late
        too_late = np.flatnonzero(is_too_late)
        self.late += int(is_late.sum()) - len(too_late)
        self.too_late += len(too_late)
        self._youngest = max(self._youngest, int(at.max()))
        if len(too_late):
            received, rows = received.take(~is_too_late), rows[~is_too_late]
        if len(received):
            self._merge(OrderedBatch(received, rows))
        return too_late

    def release(self) -> Iterator[OrderedBatch[Batch]]:
        """Let go of what no late row can come before any more."""
        settled = self._youngest - self._look_back
        while self._held and self._held[0].received.received_at[-1] <= settled:
            yield self._held.popleft()

    def release_all(self) -> Iterator[OrderedBatch[Batch]]:
        """Let go of everything: the input is at its end."""
        while self._held:
            yield self._held.popleft()

    def _merge(self, batch: OrderedBatch[Batch]) -> None:
        overlapping = [batch]
        oldest = batch.received.received_at.min()
        while self._held and self._held[-1].received.received_at[-1] > oldest:
            overlapping.append(self._held.pop())
        overlapping.reverse()
        received = type(batch.received).concatenate([part.received for part in overlapping])
        order = np.argsort(received.received_at, kind="stable")
        rows = np.concatenate([part.row for part in overlapping])
        self._held.append(OrderedBatch(received.take(order), rows[order]))
