"""When an Alert that was not delivered is tried again; integers and instants only, no clock and no chance of its own.

An Alert is tried again at least once within 300 s of its first attempt, with a
backoff that grows and is spread. While a User's system is down one Alert at a
time asks whether it is back; when it is, what was held goes on at a pace that
starts low and doubles, so that the flush harms nobody.

`delivering.py` has a User's queue; this module has the terms, the backoff, the
state of the way to a User and the pace. Source: DUIS on undelivered Device
Alerts (300 s, failed queue, 2 days); readings.md#32.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tidegate.vocabulary.instants import DAY, MINUTE, SECOND, Duration, Instant

Draw = Callable[[int], int]
"""A whole number from 0 to below another one, by chance: `random.randrange`, or a test's choice."""


@dataclass(frozen=True, slots=True)
class DeliveryTerms:
    """How Alerts are delivered to a User; valid once built.

    timeout_us:            How long an attempt may take.
    retry_within_us:       A second attempt starts within it of the first; after it, the failed queue.
    hold_us:               How long from the first attempt an Alert is held on the failed queue.
    backoff_us, most_backoff_us: what is waited after a first failure, and at most.
    at_once:               Attempts at one time, of ordinary Alerts.
    excluded_at_once:      Attempts at one time of excluded Alerts: theirs alone.
    window:                Alerts of each of the two lanes that are kept in memory.
    failures_until_down:   Failures in a row, by which a User's system is known to be down.
    pace_per_s, most_pace_per_s: Alerts a second at which held ones go on: at first, and at most.
    pace_doubles_every_us: How long it takes to double while all are accepted.
    """

    timeout_us: Duration = 10 * SECOND
    retry_within_us: Duration = 300 * SECOND
    hold_us: Duration = 2 * DAY
    backoff_us: Duration = SECOND
    most_backoff_us: Duration = MINUTE
    at_once: int = 16
    excluded_at_once: int = 4
    window: int = 500
    failures_until_down: int = 3
    pace_per_s: int = 50
    most_pace_per_s: int = 1_000
    pace_doubles_every_us: Duration = 10 * SECOND

    def __post_init__(self) -> None:
        assert 0 < self.backoff_us <= self.most_backoff_us
        assert 0 < 2 * (self.timeout_us + self.most_backoff_us) <= self.retry_within_us < self.hold_us
        assert min(self.at_once, self.excluded_at_once, self.failures_until_down) >= 1
        assert self.window >= self.at_once
        assert self.window >= self.excluded_at_once
        assert 1 <= self.pace_per_s <= self.most_pace_per_s
        assert self.pace_doubles_every_us > 0


def backoff(failures: int, terms: DeliveryTerms, draw: Draw) -> Duration:
    """How long to wait after so many failures, at least 1: twice as long each time, and spread over its upper half."""
    longest = min(terms.backoff_us << min(failures - 1, 40), terms.most_backoff_us)
    return longest - draw(longest // 2 + 1)


def asked_to_wait(asked: Duration, terms: DeliveryTerms) -> Duration:
    """What of a Retry-After is kept to: never so much that the second attempt is late."""
    return max(0, min(asked, terms.most_backoff_us))


@dataclass(slots=True)
class Reach:
    """Whether a User's system can be reached, from what became of attempts.

    down_since:  The start of the first failure of those in a row; None: it is up.
    asked:       How often one asked in vain.
    asks_at:     While it is down: when the next Alert is to ask whether it is back.
    """

    terms: DeliveryTerms
    failures: int = 0
    asked: int = 0
    failing_since: Instant | None = None
    down_since: Instant | None = None
    asks_at: Instant = 0

    @property
    def is_down(self) -> bool:
        """Nothing is sent but to ask."""
        return self.down_since is not None

    def failed(self, started_at: Instant, now: Instant, draw: Draw, *, has_asked: bool) -> bool:
        """An attempt failed, `has_asked`: one that asked; says whether the system is known to be down only now."""
        self.failures += 1
        if self.failing_since is None:
            self.failing_since = started_at
        went_down = self.down_since is None and self.failures >= self.terms.failures_until_down
        if went_down:
            self.down_since = self.failing_since
        if went_down or has_asked:
            # Those that were under way as it went down say nothing new.
            self.asked += 1
            self.asks_at = now + backoff(self.asked, self.terms, draw)
        return went_down

    def reached(self) -> bool:
        """An attempt was answered; says whether the system was down."""
        was_down = self.down_since is not None
        self.failures = self.asked = 0
        self.failing_since = self.down_since = None
        return was_down

    def ask_soon(self, now: Instant) -> None:
        """Ask again now, and sparingly once more: someone says that it is back, or an excluded Alert has come."""
        self.asks_at = min(self.asks_at, now)


@dataclass(slots=True)
class Pace:
    """How fast held Alerts go on once a User is back: so many a second, doubled while all is well, halved by a failure.

    `next_at` is the instant from which the next one may go.
    """

    terms: DeliveryTerms
    per_s: int = 0
    next_at: Instant = 0
    doubled_at: Instant = 0

    def start(self, now: Instant) -> None:
        """From the beginning: a User is back, or we are."""
        self.per_s = self.terms.pace_per_s
        self.next_at = self.doubled_at = now

    def may_go(self, now: Instant) -> bool:
        """One may go now."""
        return now >= self.next_at

    def gone(self, now: Instant) -> None:
        """One has gone. What was not used in time is lost: there is no burst after a lull."""
        if now - self.doubled_at >= self.terms.pace_doubles_every_us:
            self.per_s = min(2 * self.per_s, self.terms.most_pace_per_s)
            self.doubled_at = now
        self.next_at = max(self.next_at, now - SECOND // 20) + SECOND // self.per_s

    def failed(self, now: Instant) -> None:
        """One was not accepted: half as fast, and a while before it is doubled."""
        self.per_s = max(1, self.per_s // 2)
        self.doubled_at = now
