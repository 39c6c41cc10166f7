"""Alerts to recipients that no one has configured: on the failed queue at once, each kept for its two days.

Once the recipient is configured they go on by themselves: their next attempt
is due. Nothing of them is in memory.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from tidegate.operations.delivering import Answer
from tidegate.operations.delivery_backlog import Purpose, Read
from tidegate.operations.delivery_book import Changed, DeliveryBook, DeliveryCounters
from tidegate.operations.delivery_events import FAILED, DeliveryEvents
from tidegate.operations.delivery_lane import Held
from tidegate.operations.outgoing import DeliveryState, OutgoingAlert, QueueQuery
from tidegate.operations.redelivery import DeliveryTerms
from tidegate.vocabulary.instants import HOUR, SECOND, Instant

NO_ADDRESS: Final = "the configuration has no address for this User: add it to [[recipients]]"

_PAGE: Final = 1_000


class Nowhere:
    """The queue of all recipients that are not configured; used as a `RecipientQueue` is.

    configured:       Recipients that have queues of their own.
    counted_through:  Alerts up to this `seq` are in the counters it begins with.
    """

    is_down = True

    def __init__(
        self,
        configured: Collection[str],
        terms: DeliveryTerms,
        now: Instant,
        counters: DeliveryCounters,
        counted_through: int = 0,
    ) -> None:
        self._configured = frozenset(configured)
        self._terms = terms
        self.book = DeliveryBook(DeliveryEvents("not configured"), counters)
        self._read_at = now
        self._after = 0
        self._is_reading = False
        self._changed = Changed()
        self._counted_through = counted_through
        self._seen_through = 0

    def put(self, alerts: Sequence[OutgoingAlert], now: Instant) -> None:
        """These come to be delivered, and cannot be."""
        for alert in alerts:
            self.book.counters.waiting += alert.seq > self._counted_through
            if alert.seq > self._seen_through:
                self._seen_through = alert.seq
                self._fail(alert, now)

    def put_unseen(self, count: int, _through_seq: int, now: Instant) -> None:
        """As many came that nobody kept: the journal has them."""
        self.book.counters.waiting += count
        self._read_at = min(self._read_at, now)

    def due(self, _now: Instant) -> list[Held]:
        """Nothing is ever sent."""
        return []

    def answered(self, held: Held, answer: Answer, now: Instant) -> None:
        """Nothing was sent."""
        raise AssertionError(held, answer, now)

    def next_read(self, now: Instant) -> Read | None:
        """All of the queue is looked through every hour: few Alerts stand there that are not configured."""
        if self._is_reading or now < self._read_at:
            return None
        self._is_reading = True
        self._changed = self.book.asks()
        return Read(Purpose.TO_EXPIRE, QueueQuery(None, None, self._after, _PAGE, has_documents=False))

    def has_read(self, read: Read, page: Sequence[OutgoingAlert], now: Instant) -> None:
        """What the journal answered."""
        if page:
            self._seen_through = max(self._seen_through, page[-1].seq)
        for alert in page:
            if alert.recipient in self._configured or alert.seq in self._changed:
                continue
            since = alert.received_at if alert.first_attempt_at is None else alert.first_attempt_at
            if since + self._terms.hold_us <= now:
                self.book.taken_off(alert, None, DeliveryState.EXPIRED, alert.reason or NO_ADDRESS, now)
            elif alert.state is DeliveryState.WAITING:
                self._fail(alert, now)
        is_last = len(page) < read.query.limit
        self._after = 0 if is_last else page[-1].seq
        self._read_at = now + HOUR if is_last else now
        self._is_reading = False
        self.book.asked(self._changed)

    def could_not_read(self, now: Instant) -> None:
        """The journal did not answer."""
        self._read_at = now + SECOND
        self._is_reading = False
        self.book.asked(self._changed)

    def retry(
        self,
        _alerts: Sequence[OutgoingAlert],
        _changed: Changed,
        _now: Instant,
        *,
        without_metadata: bool = False,
    ) -> int:
        """There is still no address: nothing is done."""
        del without_metadata
        return 0

    def drop(self, alerts: Sequence[OutgoingAlert], changed: Changed, reason: str, now: Instant) -> int:
        """Take these off the queue; says how many it did."""
        left = [alert for alert in alerts if alert.seq not in changed]
        for alert in left:
            self.book.taken_off(alert, None, DeliveryState.DROPPED, reason, now)
        return len(left)

    def next_deadline(self, now: Instant) -> Instant:
        """When to look again."""
        times = [self.book.events.next_at(), now + HOUR if self._is_reading else self._read_at]
        return min(time for time in times if time is not None)

    def oldest_received_at(self) -> Instant | None:
        """Not known: none is in memory."""
        return None

    def _fail(self, alert: OutgoingAlert, now: Instant) -> None:
        held = Held.of(alert, now, is_paced=True)
        held.first_attempt_at = now if held.first_attempt_at is None else held.first_attempt_at
        held.reason = NO_ADDRESS
        self.book.failed(held, now, FAILED, now)
