"""What is written of one User's deliveries: counters, changes for the journal, Service Management Events.

Every change goes through here, so that counters, journal and events agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tidegate.operations.delivery_events import EXPIRED, DeliveryEvents
from tidegate.operations.delivery_lane import Held
from tidegate.operations.outgoing import DeliveryChange, DeliveryState, OutgoingAlert
from tidegate.vocabulary.instants import Instant

WITHOUT_METADATA: Final = "to be sent without throttle metadata"
"""The reason of an Alert begins so that is not to carry `ThrottledAlertCount` though there is one to tell."""


IT_SAYS: Final = "; it says: "
"""In a reason, what follows is another's words, which may name a Device."""


class Changed(set[int]):
    """Numbers of Alerts that changed since the journal was asked: what it says of them is out of date."""


@dataclass(slots=True)
class DeliveryCounters:
    """One User's Alerts: those that wait and those on the failed queue now, the others since the start.

    attempts:  POSTs begun.     retried: those that were not an Alert's first.
    failed:    Put on the failed queue, those refused among them.
    """

    waiting: int = 0
    on_failed_queue: int = 0
    attempts: int = 0
    retried: int = 0
    delivered: int = 0
    failed: int = 0
    refused: int = 0
    expired: int = 0
    dropped: int = 0


@dataclass(slots=True)
class DeliveryBook:
    """Counters, changes and events of one User.

    oldest_failed_at: First attempt of the oldest Alert put on the failed queue since it was set anew; None: of none.
    """

    events: DeliveryEvents
    counters: DeliveryCounters = field(default_factory=DeliveryCounters)
    changes: list[DeliveryChange] = field(default_factory=list)
    oldest_failed_at: Instant | None = None
    _questions: list[Changed] = field(default_factory=list)

    def asks(self) -> Changed:
        """The journal is asked something from now on; the numbers of those changed before `asked` are gathered."""
        changed = Changed()
        self._questions.append(changed)
        return changed

    def asked(self, changed: Changed) -> None:
        """What it answered is dealt with."""
        self._questions = [each for each in self._questions if each is not changed]

    def take_changes(self) -> list[DeliveryChange]:
        """What has changed since it was last asked."""
        changes, self.changes = self.changes, []
        return changes

    def stands(self, held: Held, next_at: Instant | None) -> None:
        """How an Alert stands now that is not settled."""
        self._write(
            DeliveryChange(
                held.seq, held.state, held.attempts, held.first_attempt_at, next_at, None, held.reason
            )
        )

    def delivered(self, held: Held, now: Instant) -> None:
        """It was accepted."""
        self._count_out(held.state)
        self.counters.delivered += 1
        self._write(
            DeliveryChange(
                held.seq, DeliveryState.DELIVERED, held.attempts, held.first_attempt_at, settled_at=now
            )
        )

    def failed(self, held: Held, next_at: Instant | None, kind: str, now: Instant) -> None:
        """It is on the failed queue from now on; `next_at` None: until a person has it sent again."""
        self.counters.failed += held.state is DeliveryState.WAITING
        self._count_out(held.state)
        self.counters.on_failed_queue += 1
        held.state = DeliveryState.FAILED_QUEUE
        self.stands(held, next_at)
        self.events.count(kind, held.reason, held.seq, now)
        since = held.first_attempt_at
        if since is not None and (self.oldest_failed_at is None or since < self.oldest_failed_at):
            self.oldest_failed_at = since

    def waits_again(self, held: Held, now: Instant) -> None:
        """A person has it sent again."""
        self._count_out(held.state)
        self.counters.waiting += 1
        held.state = DeliveryState.WAITING
        self.stands(held, now)

    def taken_off(
        self, alert: OutgoingAlert, held: Held | None, state: DeliveryState, reason: str, now: Instant
    ) -> None:
        """It is expired, or a person dropped it; `held` where it was in memory."""
        self._count_out(alert.state if held is None else held.state)
        attempts = alert.attempts if held is None else held.attempts
        first = alert.first_attempt_at if held is None else held.first_attempt_at
        self._write(DeliveryChange(alert.seq, state, attempts, first, None, now, reason))
        if state is DeliveryState.EXPIRED:
            self.counters.expired += 1
            self.events.count(EXPIRED, reason, alert.seq, now)
        else:
            self.counters.dropped += 1

    def _write(self, change: DeliveryChange) -> None:
        for changed in self._questions:
            changed.add(change.seq)
        self.changes.append(change)

    def _count_out(self, state: DeliveryState) -> None:
        if state is DeliveryState.WAITING:
            self.counters.waiting -= 1
        else:
            self.counters.on_failed_queue -= 1


def reason_of(held: Held, reason: str) -> str:
    """A reason, for an Alert that may be sent without metadata: that stays known."""
    return f"{WITHOUT_METADATA}; {reason}" if held.reason.startswith(WITHOUT_METADATA) else reason
