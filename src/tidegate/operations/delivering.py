"""What is sent next to one User, and what becomes of it: a queue without a clock, a socket or a database.

The caller says what time it is, sends what `due` gives, tells how it ended
(`answered`), reads from the journal what `next_read` asks for, and hands
on what its book gives. What must stay true:

* nothing is forgotten: an Alert is in memory, or the journal has it and it is read in time;
* of a stream one Alert at a time is under way, in order of `seq` (`delivery_lane.py`);
* excluded Alerts have attempts of their own, which no other Alert can take;
* an Alert is tried a second time within 300 s of the first; then it is on the failed queue until its User's
  system is back, for two days at most.

An Alert that arrives while the system is known to be down is not tried itself: one that asks is tried for all
of them (readings.md#32).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from tidegate.operations.delivery_backlog import WAS_DOWN, Backlog, Read
from tidegate.operations.delivery_book import (
    WITHOUT_METADATA,
    Changed,
    DeliveryBook,
    DeliveryCounters,
    reason_of,
)
from tidegate.operations.delivery_events import FAILED, REFUSED, RETURNED, DeliveryEvents
from tidegate.operations.delivery_lane import Held, Lane, Place
from tidegate.operations.outgoing import DeliveryState, OutgoingAlert
from tidegate.operations.redelivery import DeliveryTerms, Draw, Pace, Reach, asked_to_wait, backoff
from tidegate.vocabulary.instants import SECOND, Duration, Instant, format_instant

_NEVER: Final[Instant] = 1 << 62


class Ending(Enum):
    """How an attempt ended."""

    ACCEPTED = auto()
    REFUSED = auto()
    """This Alert is not wanted so: only a person has it sent again."""

    TURNED_AWAY = auto()
    """Answered with a 4xx that speaks of the way, not of the Alert (401, 404): it is on the failed queue at once."""

    FAILED = auto()
    """Answered that it went wrong there (5xx)."""

    NO_ANSWER = auto()


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended, why in a few plain words, and how long the other side asks to be left alone."""

    ending: Ending
    reason: str = ""
    retry_after_us: Duration = 0


class RecipientQueue:
    """A User's Alerts that are to be delivered.

    book:            What is written of them.
    counted_through: Alerts up to this `seq` are in the counters it begins with.
    """

    def __init__(
        self,
        recipient: str,
        terms: DeliveryTerms,
        draw: Draw,
        now: Instant,
        counters: DeliveryCounters | None = None,
        counted_through: int = 0,
    ) -> None:
        self.recipient = recipient
        self.reach = Reach(terms)
        self.excluded = Lane(terms, terms.excluded_at_once, True, Pace(terms))
        self.ordinary = Lane(terms, terms.at_once, False, Pace(terms))
        self._lanes = (self.excluded, self.ordinary)
        for lane in self._lanes:
            lane.pace.start(now)
            lane.told_through = counted_through
        self._terms = terms
        self._draw = draw
        self.book = DeliveryBook(DeliveryEvents(recipient), counters or DeliveryCounters())
        self._backlog = Backlog(recipient, self._lanes, self.reach, self.book, terms, now)
        self._counted_through = counted_through
        self._asking: Held | None = None
        self._asked_at: Instant = now - SECOND
        self._look_at: Instant = now

    # What comes to be delivered.

    def put(self, alerts: Sequence[OutgoingAlert], now: Instant) -> None:
        """These come to be delivered, in order of `seq`; what finds no room is read from the journal later."""
        for alert in alerts:
            lane = self._lane(alert)
            self.book.counters.waiting += alert.seq > self._counted_through
            if alert.seq <= lane.read_through:
                continue
            lane.told_through = alert.seq
            if not (lane.is_whole and lane.has_room):
                lane.is_whole, lane.was_told = False, True
                continue
            lane.read_through = alert.seq
            lane.add(Held.of(alert, now, is_paced=False))
            if alert.is_excluded and self.reach.is_down:
                self.reach.ask_soon(max(now, self._asked_at + SECOND))
        if self.reach.is_down:
            self._look_at = min(self._look_at, now + self._terms.retry_within_us)
            self._backlog.came(now)

    def put_unseen(self, count: int, through_seq: int, now: Instant) -> None:
        """As many came that nobody kept: the journal has them."""
        self.book.counters.waiting += count
        for lane in self._lanes:
            lane.told_through = max(lane.told_through, through_seq)
            lane.is_whole, lane.was_told = False, True
        if self.reach.is_down:
            self._backlog.came(now)

    # What is sent, and how it ended.

    def due(self, now: Instant) -> list[Held]:
        """Those to be sent now; how each ended is told to `answered`."""
        self._look(now)
        started = self._due_while_down(now) if self.reach.is_down else self._due_while_up(now)
        self.book.counters.attempts += len(started)
        self.book.counters.retried += sum(held.attempts > 1 for held in started)
        return started

    def answered(self, held: Held, answer: Answer, now: Instant) -> None:
        """An attempt has ended."""
        has_asked = held is self._asking
        if has_asked:
            self._asking = None
        lane = self._lane(held.alert)
        match answer.ending:
            case Ending.ACCEPTED:
                lane.settled(held)
                self.book.delivered(held, now)
                self._reached(now)
            case Ending.REFUSED:
                lane.settled(held)
                self.book.counters.refused += 1
                held.reason = reason_of(held, answer.reason)
                self.book.failed(held, None, REFUSED, now)
                self._reached(now)
            case Ending.TURNED_AWAY | Ending.FAILED | Ending.NO_ANSWER:
                self._failed(lane, held, answer, now, has_asked=has_asked)

    def _due_while_up(self, now: Instant) -> list[Held]:
        started = []
        for lane in self._lanes:
            while (held := lane.take(now)) is not None:
                started.append(held)
        return started

    def _due_while_down(self, now: Instant) -> list[Held]:
        started = []
        for lane in self._lanes:
            while (held := lane.take_second_try(now)) is not None:
                started.append(held)
        if self._asking is None and now >= self.reach.asks_at:
            asking = self._next_to_ask()
            if asking is not None:
                self._asking = self._lane(asking.alert).start(asking, now)
                self._asked_at = now
                started.append(asking)
        return started

    def _next_to_ask(self) -> Held | None:
        able = [held for lane in self._lanes if (held := lane.to_ask()) is not None]
        # Of two that asked as often, the excluded one.
        return min(able, key=lambda held: held.asked, default=None)

    def _failed(self, lane: Lane, held: Held, answer: Answer, now: Instant, *, has_asked: bool) -> None:
        went_down = self.reach.failed(held.started_at, now, self._draw, has_asked=has_asked)
        if answer.ending is not Ending.NO_ANSWER and self.reach.is_down:
            held.asked += 1
        if held.is_paced:
            lane.pace.failed(now)
        wait = backoff(held.attempts, self._terms, self._draw)
        held.reason = reason_of(held, answer.reason)
        lane.failed(held, now + max(wait, asked_to_wait(answer.retry_after_us, self._terms)))
        fails_at = self._fails_at(held)
        assert fails_at is not None
        is_turned_away = answer.ending is Ending.TURNED_AWAY
        is_late = held.attempts > 1 and fails_at <= now
        if held.state is DeliveryState.WAITING and (is_late or is_turned_away):
            self.book.failed(held, held.next_at, FAILED, now)
            held.is_paced = True
        else:
            self.book.stands(held, held.next_at)
            self._look_at = min(self._look_at, max(fails_at, now))
        # The system takes others, or it may be this Alert that it cannot take: its stream does not wait for it.
        is_alone = not self.reach.is_down or answer.ending is Ending.FAILED
        if is_alone and not is_turned_away and held.state is DeliveryState.FAILED_QUEUE:
            lane.stand_aside(held)
        if went_down:
            self._look_at = now
            self._backlog.went_down(now)

    def _reached(self, now: Instant) -> None:
        since = self.reach.down_since
        if not self.reach.reached():
            return
        assert since is not None
        self._backlog.is_back()
        for lane in self._lanes:
            lane.release(now)
        self.book.events.tell(
            RETURNED,
            now,
            down_since=format_instant(since),
            waiting=self.book.counters.waiting,
            on_failed_queue=self.book.counters.on_failed_queue,
        )

    # Time that passes.

    def next_deadline(self, now: Instant) -> Instant:
        """When to look again at the latest, if nothing comes and no attempt ends before."""
        times: list[Instant | None] = [self._look_at, self.book.events.next_at()]
        times += self._backlog.next_deadline()
        if self.reach.is_down:
            times += [lane.next_second_try(now) for lane in self._lanes]
            if self._asking is None and self._next_to_ask() is not None:
                times.append(self.reach.asks_at)
        else:
            times += [lane.next_at(now) for lane in self._lanes]
        return min(time for time in times if time is not None)

    def _look(self, now: Instant) -> None:
        """What was not delivered within its 300 s is on the failed queue."""
        self._backlog.look(now)
        if now < self._look_at:
            return
        next_look = _NEVER
        for lane in self._lanes:
            for held in lane.in_memory.values():
                fails_at = self._fails_at(held)
                if held.state is not DeliveryState.WAITING or fails_at is None:
                    continue
                if fails_at > now:
                    next_look = min(next_look, fails_at)
                elif held.place is Place.BEHIND or (held.place is not Place.UNDER_WAY and held.attempts != 1):
                    self._fail_waiting(lane, held, fails_at, now)
                else:
                    # Its second attempt comes, and says what becomes of it.
                    next_look = min(next_look, now + SECOND)
        self._look_at = max(next_look, now + SECOND)

    def _fail_waiting(self, lane: Lane, held: Held, fails_at: Instant, now: Instant) -> None:
        if held.first_attempt_at is None:
            held.first_attempt_at = fails_at - self._terms.retry_within_us
            held.reason = reason_of(held, WAS_DOWN)
        self.book.failed(held, max(held.next_at, self.reach.asks_at), FAILED, now)
        lane.hold_to_pace(held)

    def _fails_at(self, held: Held) -> Instant | None:
        """When it goes on the failed queue, if it is not delivered before; None: not by the passing of time."""
        if held.first_attempt_at is not None:
            return held.first_attempt_at + self._terms.retry_within_us
        if self.reach.down_since is None:
            return None
        return max(held.joined_at, self.reach.down_since) + self._terms.retry_within_us

    # What the journal has.

    def next_read(self, now: Instant) -> Read | None:
        """What to ask of the journal now, one question at a time; its answer is told to `has_read`."""
        return self._backlog.next_read(now)

    def has_read(self, read: Read, page: Sequence[OutgoingAlert], now: Instant) -> None:
        """What the journal answered."""
        self._backlog.has_read(read, page, now)
        self._look_at = min(self._look_at, now)

    def could_not_read(self, now: Instant) -> None:
        """The journal did not answer."""
        self._backlog.could_not_read(now)

    # What a person wants. Between asking the journal and telling here, the book watches what changes.

    def retry(
        self,
        alerts: Sequence[OutgoingAlert],
        changed: Changed,
        now: Instant,
        *,
        without_metadata: bool = False,
    ) -> int:
        """Send these again as soon as may be, those too that were refused; says how many it is done for.

        `alerts` are as the journal has them, `changed` what changed since it was asked. Those under way, or settled meanwhile, are left alone.
        """
        retried = 0
        for alert in alerts:
            lane = self._lane(alert)
            held = lane.in_memory.get(alert.seq)
            if alert.seq in changed and held is None:
                continue
            if held is not None and held.place is Place.UNDER_WAY:
                continue
            retried += 1
            if held is None:
                again = Held.of(alert, now, is_paced=True)
                again.reason = WITHOUT_METADATA if without_metadata else ""
                self.book.waits_again(again, now)
                self._backlog.read_again(lane, alert.seq)
                continue
            if without_metadata:
                held.reason, held.body = WITHOUT_METADATA, None
            lane.bring_forward(held)
            self.book.stands(held, now)
        self.reach.ask_soon(now)
        return retried

    def drop(self, alerts: Sequence[OutgoingAlert], changed: Changed, reason: str, now: Instant) -> int:
        """Take these off the queue; says how many it did. One that is under way is left alone, or settled meanwhile."""
        dropped = 0
        for alert in alerts:
            lane = self._lane(alert)
            held = lane.in_memory.get(alert.seq)
            if alert.seq in changed and held is None:
                continue
            if held is not None and held.place is Place.UNDER_WAY:
                continue
            if held is not None:
                lane.remove(held)
            dropped += 1
            self.book.taken_off(alert, held, DeliveryState.DROPPED, reason, now)
        return dropped

    # What is handed on.

    @property
    def is_down(self) -> bool:
        """The User's system is known to be down."""
        return self.reach.is_down

    def oldest_received_at(self) -> Instant | None:
        """Receipt instant of the oldest Alert in memory, which is to be delivered yet; any thread may ask."""
        held = (held for lane in self._lanes for held in tuple(lane.in_memory.values()))
        return min((each.alert.received_at for each in held), default=None)

    def _lane(self, alert: OutgoingAlert) -> Lane:
        return self.excluded if alert.is_excluded else self.ordinary
