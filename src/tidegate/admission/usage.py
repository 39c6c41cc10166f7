"""Who used what in the period: sliding counts, per User and in all.

A request received at r is counted at t while t - P < r <= t: one that is exactly
a period old has left.
"""

from __future__ import annotations

from collections import deque

from tidegate.admission.booking import Bookings
from tidegate.vocabulary.instants import Duration, Instant


class UserUsage:
    """One User's part of it.

    offered, prioritised:
                 Its requests in the period, and what of them was on the Prioritised Service Requests List when it came.
    admitted:    Receipt instants of those that were admitted, oldest first.
    allocation, share_of_maximum:
                 What it may use of the operating threshold and of the maximum, whatever others do.
    warns_at, eases_below:
                 Its use from which it is near its allocation, and below which it no longer is.
    is_warned:   Whether it was near it, and the system near its threshold, when it was last heard.
    bookings:    The return times it was told.
    """

    __slots__ = (
        "admitted",
        "allocation",
        "bookings",
        "eases_below",
        "is_warned",
        "name",
        "offered",
        "prioritised",
        "share_of_maximum",
        "warns_at",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.offered = self.prioritised = 0
        self.admitted: deque[Instant] = deque()
        self.allocation = self.share_of_maximum = 0
        self.warns_at = self.eases_below = 0
        self.is_warned = False
        self.bookings = Bookings()


class Usage:
    """All requests of the period.

    offered, used:  Those of every User, and what was admitted of them.
    prioritised:    Each User's, counted up to its share of the maximum.
    """

    def __init__(self) -> None:
        self.offered = 0
        self.used = 0
        self.prioritised = 0
        self._in_period: deque[tuple[Instant, UserUsage, bool, bool]] = deque()

    def offer(self, user: UserUsage, *, is_prioritised: bool) -> None:
        """A request came; `decided` is to follow."""
        self.offered += 1
        user.offered += 1
        if is_prioritised:
            user.prioritised += 1
            self.prioritised += user.prioritised <= user.share_of_maximum

    def decided(self, user: UserUsage, at: Instant, *, is_prioritised: bool, is_admitted: bool) -> None:
        """The request that was offered was admitted, or not."""
        if is_admitted:
            self.used += 1
            user.admitted.append(at)
        self._in_period.append((at, user, is_prioritised, is_admitted))

    def leave(self, now: Instant, period: Duration) -> list[UserUsage]:
        """Let requests leave that are no longer in the period; the Users that have none left in it."""
        in_period, last = self._in_period, now - period
        gone: list[UserUsage] = []
        while in_period and in_period[0][0] <= last:
            _, user, is_prioritised, is_admitted = in_period.popleft()
            self.offered -= 1
            user.offered -= 1
            if is_prioritised:
                self.prioritised -= user.prioritised <= user.share_of_maximum
                user.prioritised -= 1
            if is_admitted:
                self.used -= 1
                user.admitted.popleft()
            if user.offered == 0:
                gone.append(user)
        return gone
