"""The DCC System: so many requests a period, a queue before it, and times in which it answers nobody.

It serves in the order of arrival. What finds more work waiting than the queue
holds gets no answer. It cannot know who still waits: a request is served even
if its User has given it up, and that service is wasted.
"""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.vocabulary.instants import Duration, Instant


class DccSystem:
    """Serves; instants do not go back."""

    def __init__(
        self,
        capacity: int,
        period_us: Duration,
        queue_us: Duration,
        outages: Sequence[tuple[Instant, Instant]],
    ) -> None:
        self._capacity = capacity
        self._period = period_us
        self._queue = queue_us * capacity
        self._outages = outages
        # In microseconds times the capacity, so that a service is a whole number of them.
        self._free_at = 0

    def is_out(self, at: Instant) -> bool:
        """Whether it answers nobody then."""
        return any(since <= at < until for since, until in self._outages)

    def serve(self, at: Instant) -> Instant | None:
        """Take a request; when it is served, or None: it is lost."""
        arrived = at * self._capacity
        starts = max(arrived, self._free_at)
        if starts - arrived > self._queue:
            return None
        self._free_at = starts + self._period
        return -(-self._free_at // self._capacity)
