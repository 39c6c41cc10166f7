"""One lane of a User's queue: the Alerts of it that are in memory, and which may go now.

What must stay true: of a stream (Device, Alert Code) one Alert at a time is
under way, the one of lowest `seq` first; a stream that waits to be tried again
keeps no other stream waiting. An Alert that is tried for days while its User's
system takes all others stands aside, and its stream goes on without it.

Heaps hold numbers that may be out of date; an Alert's `place` says what holds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from heapq import heappop, heappush
from operator import attrgetter
from typing import TypeAlias

from tidegate.operations.outgoing import DeliveryState, OutgoingAlert
from tidegate.operations.redelivery import DeliveryTerms, Pace
from tidegate.vocabulary.instants import Instant


class Place(Enum):
    """Where an Alert in memory stands."""

    BEHIND = auto()
    """Another Alert of its stream is before it."""

    READY = auto()
    LATER = auto()
    """It failed, and has an instant from which it may go."""

    UNDER_WAY = auto()
    GONE = auto()


@dataclass(slots=True, eq=False)
class Held:
    """An Alert in memory, and how its delivery stands.

    alert:     As the engine or the journal gave it.
    joined_at: When it came to be delivered.
    is_paced:  It was held, and goes on at the lane's pace.
    is_aside:  Its stream does not wait for it.
    started_at: When its attempt under way was started.
    asked:     How often the system was down after all when this one asked, and answered.
    body:      What is sent, once it was made: always the same octets.
    """

    alert: OutgoingAlert
    joined_at: Instant
    state: DeliveryState
    attempts: int
    first_attempt_at: Instant | None
    next_at: Instant
    reason: str
    is_paced: bool
    is_aside: bool = False
    place: Place = Place.BEHIND
    started_at: Instant = 0
    asked: int = 0
    body: bytes | None = None

    @classmethod
    def of(cls, alert: OutgoingAlert, now: Instant, *, is_paced: bool) -> Held:
        """An Alert as it comes to be delivered."""
        was_held = alert.state is DeliveryState.FAILED_QUEUE
        return cls(
            alert,
            now,
            alert.state,
            alert.attempts,
            alert.first_attempt_at,
            alert.next_attempt_at or 0,
            alert.reason,
            is_paced or was_held,
        )

    @property
    def seq(self) -> int:
        """Its number in the journal."""
        return self.alert.seq


_Key: TypeAlias = tuple[int, int, int]


def _key(held: Held) -> _Key:
    return (held.alert.device_id, held.alert.alert_code, held.seq if held.is_aside else 0)


@dataclass(slots=True)
class Lane:
    """Alerts of one lane.

    at_once:      Attempts at one time.
    in_memory:    By `seq`; those under way too.
    read_through: Every Alert of the lane up to this `seq` is in memory or has been.
    told_through: The highest `seq` it was ever told of; above `read_through`: the journal has more.
    was_told:     It was told of more since the journal was last asked.
    is_rewound:   Since then it is to be read again from further back.
    is_returning: What is read now from the journal was held.
    is_whole:     Nothing of the lane is in the journal alone.
    """

    terms: DeliveryTerms
    at_once: int
    is_excluded: bool
    pace: Pace
    in_memory: dict[int, Held] = field(default_factory=dict)
    read_through: int = 0
    told_through: int = 0
    was_told: bool = False
    is_rewound: bool = False
    is_whole: bool = False
    is_returning: bool = True
    under_way: int = 0
    _streams: dict[_Key, deque[Held]] = field(default_factory=dict)
    _fresh: list[int] = field(default_factory=list)
    _paced: list[int] = field(default_factory=list)
    _later: list[tuple[Instant, int]] = field(default_factory=list)
    _tried_once: set[int] = field(default_factory=set)

    @property
    def has_room(self) -> bool:
        """Another Alert may be kept in memory."""
        return len(self.in_memory) < self.terms.window

    def add(self, held: Held) -> None:
        """Keep an Alert in memory, in its place in its stream."""
        assert held.seq not in self.in_memory
        self.in_memory[held.seq] = held
        if held.attempts == 1:
            self._tried_once.add(held.seq)
        stream = self._streams.setdefault(_key(held), deque())
        at = len(stream)
        if stream and held.seq < stream[-1].seq:
            at = bisect_left(stream, held.seq, key=attrgetter("seq"))
            # What was tried already is not overtaken.
            at = max(at, 1 if stream[0].attempts or stream[0].place is Place.UNDER_WAY else 0)
        stream.insert(at, held)
        if at:
            return
        if len(stream) > 1:
            stream[1].place = Place.BEHIND
        self._make_ready(held)

    def remove(self, held: Held) -> None:
        """It is settled, or the journal alone has it from now on: the next one of its stream may go."""
        del self.in_memory[held.seq]
        self._tried_once.discard(held.seq)
        self._leave(held)
        held.place = Place.GONE

    def take(self, now: Instant) -> Held | None:
        """The next one to be sent while the User's system is up; None: none may go now."""
        if self.under_way >= self.at_once:
            return None
        self._ripen(now)
        if self.pace.may_go(now):
            held = self._pop(self._paced, is_paced=True)
            if held is not None:
                self.pace.gone(now)
                return self.start(held, now)
        held = self._pop(self._fresh, is_paced=False)
        return None if held is None else self.start(held, now)

    def take_second_try(self, now: Instant) -> Held | None:
        """The next one whose second attempt is due, for that is owed to it even while the system is down."""
        if self.under_way >= self.at_once:
            return None
        due = (held for held in self._owed() if held.place is Place.READY or held.next_at <= now)
        held = min(due, key=attrgetter("seq"), default=None)
        return None if held is None else self.start(held, now)

    def to_ask(self) -> Held | None:
        """The one that would ask whether the User's system is back: the oldest of those that asked least often."""
        heads = (stream[0] for stream in self._streams.values())
        able = (head for head in heads if head.place is not Place.UNDER_WAY)
        # Answered with a 5xx it is this Alert perhaps, not the system: the next time another one asks.
        return min(able, key=lambda head: (head.asked, head.seq), default=None)

    def start(self, held: Held, now: Instant) -> Held:
        """An attempt begins."""
        held.place = Place.UNDER_WAY
        held.started_at = now
        held.attempts += 1
        self._tried_once.discard(held.seq)
        if held.first_attempt_at is None:
            held.first_attempt_at = now
        self.under_way += 1
        return held

    def failed(self, held: Held, next_at: Instant) -> None:
        """It is to be tried again from an instant on."""
        self.under_way -= 1
        held.place = Place.LATER
        held.next_at = next_at
        heappush(self._later, (next_at, held.seq))
        if held.attempts == 1:
            self._tried_once.add(held.seq)

    def settled(self, held: Held) -> None:
        """Its attempt was the last one."""
        self.under_way -= 1
        self.remove(held)

    def stand_aside(self, held: Held) -> None:
        """Its stream goes on without it."""
        if not held.is_aside:
            place = held.place
            self._leave(held)
            held.is_aside = True
            self._streams[_key(held)] = deque([held])
            held.place = place

    def release(self, now: Instant) -> None:
        """The User's system is back: all that was held goes on, at the lane's pace, in order."""
        self.pace.start(now)
        self.is_returning = True
        for held in self.in_memory.values():
            self.hold_to_pace(held)

    def hold_to_pace(self, held: Held) -> None:
        """It was held: when it goes on, it does at the lane's pace. If it was to be tried later, that is now."""
        held.is_paced = True
        if held.place in {Place.READY, Place.LATER}:
            self._make_ready(held)

    def bring_forward(self, held: Held) -> None:
        """Whatever it waited for, it may go now if it is first in its stream."""
        if held.place is Place.LATER:
            self._make_ready(held)

    def next_at(self, now: Instant) -> Instant | None:
        """When the next Alert may go, as far as it is known now; None: when something comes, or an attempt ends."""
        if self.under_way >= self.at_once:
            return None
        self._ripen(now)
        if self._peek(self._fresh, is_paced=False) is not None:
            return now
        times = [self._later[0][0]] if self._later else []
        if self._peek(self._paced, is_paced=True) is not None:
            times.append(max(now, self.pace.next_at))
        return min(times, default=None)

    def next_second_try(self, now: Instant) -> Instant | None:
        """When the next second attempt is due."""
        if self.under_way >= self.at_once:
            return None
        times = (now if held.place is Place.READY else held.next_at for held in self._owed())
        return min(times, default=None)

    def _owed(self) -> Iterator[Held]:
        """Those tried once that are first in their streams: as many at most as were under way at one time."""
        held = (self.in_memory[seq] for seq in self._tried_once)
        return (each for each in held if each.place in {Place.READY, Place.LATER})

    def _make_ready(self, held: Held) -> None:
        held.place = Place.READY
        heappush(self._paced if held.is_paced else self._fresh, held.seq)

    def _leave(self, held: Held) -> None:
        key = _key(held)
        stream = self._streams[key]
        was_head = stream[0] is held
        stream.remove(held)
        if not stream:
            del self._streams[key]
        elif was_head:
            self._make_ready(stream[0])

    def _ripen(self, now: Instant) -> None:
        while self._later and self._later[0][0] <= now:
            at, seq = heappop(self._later)
            held = self.in_memory.get(seq)
            if held is not None and held.place is Place.LATER and held.next_at == at:
                self._make_ready(held)

    def _peek(self, heap: list[int], *, is_paced: bool) -> Held | None:
        while heap:
            held = self.in_memory.get(heap[0])
            if held is not None and held.place is Place.READY and held.is_paced is is_paced:
                return held
            heappop(heap)
        return None

    def _pop(self, heap: list[int], *, is_paced: bool) -> Held | None:
        held = self._peek(heap, is_paced=is_paced)
        if held is not None:
            heappop(heap)
        return held
