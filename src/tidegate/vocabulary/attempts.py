"""One attempt of an adapter at a Service Request, and the answer it had."""

from __future__ import annotations

from typing import Final, NamedTuple

from tidegate.vocabulary.instants import Duration, Instant

NO_ANSWER: Final = 0
"""The status of an attempt that had no answer at all."""

_REFUSED: Final = 503
_FIRST_FAULT_OF_THEIRS: Final = 500


class Attempt(NamedTuple):
    """As an adapter's log has it.

    at:              When it was sent.
    status:          HTTP status of the answer; NO_ANSWER for none.
    retry_after_us:  What `Retry-After` said; None where there was no such header.
    has_rate_limit:  Whether the answer had a `RateLimit` header: of the 503s only a throttled one has.
    """

    at: Instant
    request_id: str
    srv: str
    status: int
    retry_after_us: Duration | None
    has_rate_limit: bool

    @property
    def is_taken(self) -> bool:
        """It was acknowledged."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the 2xx of HTTP

    @property
    def is_throttled(self) -> bool:
        """It was refused by traffic management."""
        return self.status == _REFUSED and self.has_rate_limit

    @property
    def is_outage(self) -> bool:
        """It met an outage: no answer, or a fault of the other side that is no throttling."""
        if self.is_throttled:
            return False
        return self.status == NO_ANSWER or self.status >= _FIRST_FAULT_OF_THEIRS
