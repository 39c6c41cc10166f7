"""What a User does when it is refused, or hears nothing.

None of these is published. SSE says that each Service Request has a time after
which its systems give it up and trigger it anew, E.ON that every Supplier has a
strategy of its own. These stand for them, and are illustrative.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.vocabulary.instants import SECOND, Duration, Instant


class Backoff(StrEnum):
    """How long a User waits before it sends again."""

    NEVER = "never"
    """It does not send again."""

    FIXED = "fixed"
    """Always as long."""

    EXPONENTIAL = "exponential"
    """Any time up to twice as long as before, up to a longest: full jitter."""


@dataclass(frozen=True, slots=True)
class RetryStrategy:
    """How a User tries again.

    says:               In words.
    backoff:            How its own waits grow.
    first_us, longest_us:
                        The first wait and the longest.
    obeys_retry_after:  It comes back when it is told to, with the same RequestID, where it is told.
    answer_within_us:   How long it waits for an answer before it takes the request as lost.
    """

    says: str
    backoff: Backoff
    first_us: Duration = 2 * SECOND
    longest_us: Duration = 120 * SECOND
    obeys_retry_after: bool = False
    answer_within_us: Duration = 30 * SECOND

    def wait(self, tries: int, chance: random.Random) -> Duration | None:
        """How long it waits of itself after so many tries, from 1; None: it does not try again."""
        if self.backoff is Backoff.NEVER:
            return None
        if self.backoff is Backoff.FIXED:
            return self.first_us
        most = min(self.longest_us, self.first_us << min(tries - 1, 32))
        return 1 + int(chance.random() * most)

    def comes_back(
        self, now: Instant, tries: int, retry_at: Instant | None, chance: random.Random
    ) -> Instant | None:
        """When it sends again what was refused at `now`; None: it does not."""
        if self.obeys_retry_after and retry_at is not None:
            # Retry-After is in whole seconds.
            return now - (now - retry_at) // SECOND * SECOND
        wait = self.wait(tries, chance)
        return None if wait is None else now + wait


RETRY_STRATEGIES: Final[Mapping[str, RetryStrategy]] = {
    "never": RetryStrategy("does not try again", Backoff.NEVER),
    "fixed": RetryStrategy(
        "tries again every 30 s, and waits 10 s for an answer",
        Backoff.FIXED,
        first_us=30 * SECOND,
        answer_within_us=10 * SECOND,
    ),
    "insistent": RetryStrategy(
        "tries again every 2 s, and waits 5 s for an answer",
        Backoff.FIXED,
        first_us=2 * SECOND,
        answer_within_us=5 * SECOND,
    ),
    "exponential": RetryStrategy(
        "tries again after up to 2, 4, 8 ... 120 s, and is not told when", Backoff.EXPONENTIAL
    ),
    "obeys": RetryStrategy(
        "comes back when Retry-After says, else as exponential", Backoff.EXPONENTIAL, obeys_retry_after=True
    ),
}
"""Every strategy, by the name scenarios give it."""
