"""How many retries a class of Service Requests may send, so that a system in trouble is not sent more for it.

Every request that is sent for the first time adds a part of a retry. However few
are sent, one retry may go now and then. What nobody has asked for in a while is
not saved up for long: ten at most.
"""

from __future__ import annotations

from typing import Final

from tidegate.client.terms import THOUSAND
from tidegate.vocabulary.instants import Duration, Instant

_MOST: Final = 10 * THOUSAND


class RetryBudget:
    """The retries of one class.

    per_thousand:  Retries for every thousand requests sent for the first time.
    trickle_us:    One retry in so long in any case.
    """

    def __init__(self, per_thousand: int, trickle_us: Duration) -> None:
        self._part = per_thousand
        self._trickle_us = trickle_us
        self._left = 0
        self._free_at: Instant = 0

    def sent_first(self) -> None:
        """A request was sent for the first time."""
        self._left = min(_MOST, self._left + self._part)

    def may_go_at(self, now: Instant) -> Instant:
        """When a retry may go."""
        return now if self._left >= THOUSAND else max(now, self._free_at)

    def sent_again(self, now: Instant) -> None:
        """A retry goes."""
        if self._left >= THOUSAND:
            self._left -= THOUSAND
        else:
            self._free_at = now + self._trickle_us
