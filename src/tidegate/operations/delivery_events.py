"""Service Management Events of delivery: one tells of many Alerts, and no Alert is told of twice.

The first Alert of a kind is told of at once; those after it together, every
quarter of an hour at most. The counts of all events add up to the Alerts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tidegate.operations.notes import ServiceEvent
from tidegate.vocabulary.instants import MINUTE, Duration, Instant, format_instant

FAILED: Final = "alerts_on_failed_queue"
REFUSED: Final = "alerts_refused"
EXPIRED: Final = "alerts_expired"
RETURNED: Final = "user_system_is_back"

TOGETHER: Final[Duration] = 15 * MINUTE


@dataclass(slots=True)
class _Told:
    next_at: Instant
    count: int = 0
    first_seq: int = 0
    last_seq: int = 0


@dataclass(slots=True)
class DeliveryEvents:
    """Gathers what is to be told of one recipient; `take` gives what is due."""

    recipient: str
    _by_reason: dict[tuple[str, str], _Told] = field(default_factory=dict)
    _now: list[ServiceEvent] = field(default_factory=list)

    def count(self, kind: str, reason: str, seq: int, now: Instant) -> None:
        """An Alert of a kind, for a reason."""
        told = self._by_reason.get((kind, reason))
        if told is None:
            told = self._by_reason[kind, reason] = _Told(now)
        if told.count == 0:
            told.first_seq = seq
        told.count += 1
        told.last_seq = seq

    def tell(self, kind: str, now: Instant, **details: object) -> None:
        """Something that is told at once."""
        self._now.append(ServiceEvent(now, kind, {"recipient": self.recipient, **details}))

    def take(self, now: Instant, *, is_last: bool = False) -> list[ServiceEvent]:
        """The events that are due; all of them, where these are the last."""
        due, self._now = self._now, []
        for (kind, reason), told in list(self._by_reason.items()):
            if not is_last and now < told.next_at:
                continue
            if told.count:
                due.append(self._event(kind, reason, told, now))
                self._by_reason[kind, reason] = _Told(now + TOGETHER)
            else:
                del self._by_reason[kind, reason]
        return due

    def next_at(self) -> Instant | None:
        """When the next event is due."""
        if self._now:
            return self._now[0].at
        return min((told.next_at for told in self._by_reason.values() if told.count), default=None)

    def _event(self, kind: str, reason: str, told: _Told, now: Instant) -> ServiceEvent:
        details = {
            "recipient": self.recipient,
            "reason": reason,
            "alerts": told.count,
            "first_seq": told.first_seq,
            "last_seq": told.last_seq,
            "told_at": format_instant(now),
        }
        return ServiceEvent(now, kind, details)
