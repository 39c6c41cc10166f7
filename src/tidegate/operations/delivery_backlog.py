"""What of one User's queue the journal alone has: when to read it, and what to do with what was read.

Only a window of each lane is in memory. The rest is read in order of `seq`
when there is room; an Alert that fails or expires unread is changed where it is.
One question at a time is asked, and the journal answers it as of what it was
told before: an Alert that changed since is passed over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tidegate.operations.delivery_book import Changed, DeliveryBook, reason_of
from tidegate.operations.delivery_events import FAILED
from tidegate.operations.delivery_lane import Held, Lane, Place
from tidegate.operations.outgoing import DeliveryState, OutgoingAlert, QueueQuery
from tidegate.operations.redelivery import DeliveryTerms, Reach
from tidegate.vocabulary.instants import MINUTE, SECOND, Duration, Instant

WAS_DOWN: Final = "the User's system has been down since before it came"

_READ_AGAIN: Final[Duration] = SECOND
_PAGE: Final = 1_000


class Purpose(Enum):
    """Why the journal is read."""

    TO_SEND = auto()
    TO_FAIL = auto()
    TO_EXPIRE = auto()


@dataclass(frozen=True, slots=True)
class Read:
    """What is asked of the journal, and why."""

    purpose: Purpose
    query: QueueQuery


class Backlog:
    """Reads the journal for a queue, by way of whoever can.

    `lanes` are the excluded and the ordinary one.
    """

    def __init__(
        self,
        recipient: str,
        lanes: tuple[Lane, Lane],
        reach: Reach,
        book: DeliveryBook,
        terms: DeliveryTerms,
        now: Instant,
    ) -> None:
        self._recipient = recipient
        self._lanes = lanes
        self._reach = reach
        self._book = book
        self._terms = terms
        self._reading: Read | None = None
        self._changed = Changed()
        self._read_at: Instant = now
        self._came: deque[tuple[Instant, int]] = deque()
        self._fails_through: tuple[Instant, int] = (now, 0)
        self._failed_through = 0
        self._expire_at: Instant = now
        self._expired_through = 0
        self._oldest_kept: Instant | None = None

    def next_read(self, now: Instant) -> Read | None:
        """What to ask of the journal now."""
        if self._reading is not None or now < self._read_at:
            return None
        self._reading = next(self._wanted(now), None)
        if self._reading is not None:
            self._changed = self._book.asks()
            if self._reading.purpose is Purpose.TO_SEND:
                lane = self._lane(is_excluded=self._reading.query.is_excluded)
                lane.was_told = lane.is_rewound = False
        return self._reading

    def has_read(self, read: Read, page: Sequence[OutgoingAlert], now: Instant) -> None:
        """What the journal answered."""
        assert read is self._reading
        self._reading = None
        is_last = len(page) < read.query.limit
        through = page[-1].seq if page else 0
        unchanged = [alert for alert in page if alert.seq not in self._changed]
        match read.purpose:
            case Purpose.TO_SEND:
                lane = self._lane(is_excluded=read.query.is_excluded)
                if not lane.is_rewound:
                    lane.read_through = max(lane.read_through, through)
                self._load(lane, unchanged, now)
                lane.is_whole = is_last and not (lane.was_told or lane.is_rewound)
                lane.is_returning = lane.is_returning and not lane.is_whole
            case Purpose.TO_FAIL:
                self._fail(unchanged, now)
                self._failed_through = self._fails_through[1] if is_last else through
            case Purpose.TO_EXPIRE:
                self._expire(unchanged, now)
                self._expired_through = 0 if is_last else through
                if is_last:
                    kept, self._oldest_kept = self._oldest_kept, None
                    hold = self._terms.hold_us
                    self._expire_at = now + hold if kept is None else max(now + MINUTE, kept + hold)
        self._book.asked(self._changed)

    def could_not_read(self, now: Instant) -> None:
        """The journal did not answer: it is asked again."""
        self._reading = None
        self._read_at = now + _READ_AGAIN
        self._book.asked(self._changed)

    def came(self, now: Instant) -> None:
        """Remember, to the second, what had come by when while the system is down."""
        through = max(lane.told_through for lane in self._lanes)
        if self._came and (now - self._came[-1][0] < SECOND or self._came[-1][1] >= through):
            return
        self._came.append((now, through))

    def went_down(self, now: Instant) -> None:
        """The system is down: what waits in the journal fails in time."""
        self._came.clear()
        self._failed_through = 0
        self._fails_through = (now, 0)
        self.came(now)

    def is_back(self) -> None:
        """The system is up: what waits in the journal is sent in time."""
        self._came.clear()
        self._failed_through = self._fails_through[1]

    def look(self, now: Instant) -> None:
        """Time has passed: what came early enough fails now."""
        if not self._reach.is_down:
            return
        self.came(now)
        while self._came and self._came[0][0] + self._terms.retry_within_us <= now:
            self._fails_through = self._came.popleft()

    @staticmethod
    def read_again(lane: Lane, seq: int) -> None:
        """An Alert that was passed over is to be sent after all."""
        lane.read_through = min(lane.read_through, seq - 1)
        lane.is_whole, lane.is_rewound = False, True

    def next_deadline(self) -> Iterator[Instant]:
        """When there is something to do."""
        if self._came:
            yield self._came[0][0] + self._terms.retry_within_us
        if self._reading is None:
            if any(map(self._wants, self._lanes)) or self._failed_through < self._fails_through[1]:
                yield self._read_at
            yield max(self._read_at, self._expires_at())

    def _wanted(self, now: Instant) -> Iterator[Read]:
        for lane in self._lanes:
            if self._wants(lane):
                room = self._terms.window - len(lane.in_memory)
                query = QueueQuery(
                    None, self._recipient, lane.read_through, room, is_excluded=lane.is_excluded
                )
                yield Read(Purpose.TO_SEND, query)
        if self._failed_through < self._fails_through[1]:
            yield Read(Purpose.TO_FAIL, self._listing(DeliveryState.WAITING, self._failed_through))
        if now >= self._expires_at():
            yield Read(Purpose.TO_EXPIRE, self._listing(DeliveryState.FAILED_QUEUE, self._expired_through))

    def _wants(self, lane: Lane) -> bool:
        return not lane.is_whole and len(lane.in_memory) <= self._terms.window // 2

    def _listing(self, state: DeliveryState, after_seq: int) -> QueueQuery:
        return QueueQuery(state, self._recipient, after_seq, _PAGE, has_documents=False)

    def _expires_at(self) -> Instant:
        failed_at = self._book.oldest_failed_at
        return self._expire_at if failed_at is None else min(self._expire_at, failed_at + self._terms.hold_us)

    def _load(self, lane: Lane, alerts: Sequence[OutgoingAlert], now: Instant) -> None:
        for alert in alerts:
            is_refused = alert.state is DeliveryState.FAILED_QUEUE and alert.next_attempt_at is None
            if not is_refused and alert.seq not in lane.in_memory:
                lane.add(Held.of(alert, now, is_paced=lane.is_returning))

    def _fail(self, alerts: Sequence[OutgoingAlert], now: Instant) -> None:
        at, through = self._fails_through
        if not self._reach.is_down:
            return
        for alert in alerts:
            if alert.seq > through or alert.seq in self._lane(is_excluded=alert.is_excluded).in_memory:
                continue
            held = Held.of(alert, now, is_paced=True)
            if held.first_attempt_at is None:
                held.first_attempt_at = at
            held.reason = reason_of(held, WAS_DOWN)
            self._book.failed(held, self._reach.asks_at, FAILED, now)

    def _expire(self, alerts: Sequence[OutgoingAlert], now: Instant) -> None:
        if self._expired_through == 0:
            self._book.oldest_failed_at = None
        for alert in alerts:
            since = alert.received_at if alert.first_attempt_at is None else alert.first_attempt_at
            lane = self._lane(is_excluded=alert.is_excluded)
            held = lane.in_memory.get(alert.seq)
            is_under_way = held is not None and held.place is Place.UNDER_WAY
            if is_under_way or since + self._terms.hold_us > now:
                self._oldest_kept = since if self._oldest_kept is None else min(self._oldest_kept, since)
                continue
            if held is not None:
                lane.remove(held)
            self._book.taken_off(alert, held, DeliveryState.EXPIRED, alert.reason, now)

    def _lane(self, *, is_excluded: bool | None) -> Lane:
        return self._lanes[0 if is_excluded else 1]
