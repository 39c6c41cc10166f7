"""Who had how much admitted in the period, counted beside every control, to judge it by."""

from __future__ import annotations

from collections import deque

from tidegate.vocabulary.instants import Duration, Instant


class Use:
    """Requests admitted in (t - period, t], in all and by the number of the User."""

    __slots__ = ("_admitted", "_period", "by_user", "used")

    def __init__(self, users: int, period_us: Duration) -> None:
        self._period = period_us
        self._admitted: deque[tuple[Instant, int]] = deque()
        self.used = 0
        self.by_user = [0] * users

    def move_to(self, now: Instant) -> None:
        """Let requests leave that are no longer in the period."""
        admitted, last = self._admitted, now - self._period
        while admitted and admitted[0][0] <= last:
            self.used -= 1
            self.by_user[admitted.popleft()[1]] -= 1

    def admit(self, user: int, at: Instant) -> None:
        """A request was admitted."""
        self._admitted.append((at, user))
        self.used += 1
        self.by_user[user] += 1
