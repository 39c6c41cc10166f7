"""Which Service Requests were refused and came back: known again by User and RequestID, in bounded memory."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.service_requests import ServiceRequestBatch
from tidegate.reports.admitted import Refused

MOST_WAITED_FOR: Final = 1 << 20
"""Refused requests that are waited for; of more, those that were refused longest ago are given up."""

_PLACES: Final = np.uint64((1 << 22) - 1)
"""Marks by which most requests are passed over at once."""

_SPREAD: Final = np.uint64(0x9E3779B97F4A7C15)


class RefusedRequests:
    """Waits for those that were refused.

    requests:   Different requests that were refused.
    came_back:  Those admitted later.
    retries:    Refusals of a request that was refused before and not admitted since.
    """

    def __init__(self, most: int = MOST_WAITED_FOR) -> None:
        self._most = most
        self._waited_for = np.empty(0, np.uint64)
        self._since = np.empty(0, np.int64)
        self._mark = np.zeros(int(_PLACES) + 1, np.bool_)
        self._requests = self._came_back = self._retries = 0

    def receive(self, batch: ServiceRequestBatch, is_throttled: NDArray[np.bool_]) -> None:
        """The next requests, in receipt order."""
        if not len(self._waited_for) and not is_throttled.any():
            return
        request = batch.request ^ (batch.user.astype(np.uint64) * _SPREAD)
        rows = self._possible(request, is_throttled)
        if not len(rows):
            return
        # By request, in receipt order: whatever is refused and then admitted has come back.
        rows = rows[np.argsort(request[rows], kind="stable")]
        of, throttled = request[rows], is_throttled[rows]
        is_first = np.ones(len(of), np.bool_)
        is_first[1:] = of[1:] != of[:-1]
        was_refused = np.empty(len(of), np.bool_)
        was_refused[1:] = throttled[:-1]
        was_refused[is_first] = _is_among(of[is_first], self._waited_for)
        self._requests += int((throttled & ~was_refused).sum())
        self._retries += int((throttled & was_refused).sum())
        self._came_back += int((~throttled & was_refused).sum())

        is_last = np.append(is_first[1:], True)
        settled, still = of[is_last], throttled[is_last]
        kept = ~_is_among(self._waited_for, settled)
        waited_for = np.concatenate([self._waited_for[kept], settled[still]])
        since = np.concatenate([self._since[kept], batch.received_at[rows[is_last][still]]])
        if len(waited_for) > self._most:
            half = len(since) - self._most // 2
            is_late = since >= np.partition(since, half)[half]
            waited_for, since = waited_for[is_late], since[is_late]
        # Two ordered runs, which a stable sort merges.
        order = np.argsort(waited_for, kind="stable")
        self._waited_for, self._since = waited_for[order], since[order]

    def _possible(self, request: NDArray[np.uint64], is_throttled: NDArray[np.bool_]) -> NDArray[np.intp]:
        """Rows that may be of a request that is or was refused: all that are, and a few others, which change nothing."""
        place = request & _PLACES
        marked = np.concatenate([self._waited_for & _PLACES, place[is_throttled]])
        self._mark[marked] = True
        rows = np.flatnonzero(self._mark[place])
        self._mark[marked] = False
        return rows

    def result(self) -> Refused:
        """What became of them."""
        return Refused(self._requests, self._came_back, self._retries)


def _is_among(values: NDArray[np.uint64], ordered: NDArray[np.uint64]) -> NDArray[np.bool_]:
    if not len(ordered):
        return np.zeros(len(values), np.bool_)
    places = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    found: NDArray[np.bool_] = ordered[places] == values
    return found
