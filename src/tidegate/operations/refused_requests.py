"""Which Service Requests were refused and came back: known again by User and RequestID, in bounded memory."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.service_requests import ServiceRequestBatch
from tidegate.columnar.stream_table import move_unnumbered, new_streams
from tidegate.columnar.waited_for import (
    CAME_BACK,
    COUNTS,
    REFUSED,
    RETRIED,
    WAITED_FOR,
    follow,
    give_up,
    write_last_refusals,
)
from tidegate.reports.admitted import Refused

MOST_WAITED_FOR: Final = 1 << 20
"""Refused requests that are waited for; of more, those that were refused longest ago are given up."""

_FIRST_SLOTS: Final = 1 << 10


class RefusedRequests:
    """Waits for those that were refused.

    requests:   Different requests that were refused.
    came_back:  Those admitted later.
    retries:    Refusals of a request that was refused before and not admitted since.
    """

    def __init__(self, most: int = MOST_WAITED_FOR) -> None:
        self._most = most
        self._streams = new_streams(_FIRST_SLOTS)
        self._counts = np.zeros(COUNTS, np.int64)

    def receive(self, batch: ServiceRequestBatch, is_throttled: NDArray[np.bool_]) -> None:
        """The next requests, in receipt order."""
        refused = int(is_throttled.sum())
        if not refused and not self._counts[WAITED_FOR]:
            return
        self._make_room(int(self._counts[WAITED_FOR]) + refused)
        follow(batch.received_at, batch.request, batch.user, is_throttled, self._streams, self._counts)
        waited_for = int(self._counts[WAITED_FOR])
        if waited_for > self._most:
            since = np.empty(waited_for, np.int64)
            write_last_refusals(self._streams, since)
            kept_from = waited_for - self._most // 2
            give_up(int(np.partition(since, kept_from)[kept_from]), self._streams, self._counts)

    def _make_room(self, most: int) -> None:
        """No more than half of the slots are taken, so that probing stays short."""
        if 2 * most > len(self._streams):
            larger = new_streams(1 << (2 * most - 1).bit_length())
            move_unnumbered(self._streams, larger)
            self._streams = larger

    def result(self) -> Refused:
        """What became of them."""
        return Refused(*(int(self._counts[each]) for each in (REFUSED, CAME_BACK, RETRIED)))
