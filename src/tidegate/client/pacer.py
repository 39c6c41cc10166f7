"""What an adapter sends next, and when. Sans I/O and clock.

    pacer = Pacer(terms, random.Random())
    held = pacer.submit(request, now)         # Full: hold on until something has ended
    held = pacer.next(now)                    # to be sent now; None: nothing, until `wakes_at`
    ended = pacer.answered(held, answer, now) # None: it will be sent again
    given_up = pacer.give_up(now)

What holds, and what tests hold it to:

    1. Requests go by class, those that a customer waits for first (install and
       commission before all); within a class in the order they were handed in.
    2. What waits for the User's share goes no faster than it (`pace`). What the
       system admits whatever the share does not wait for it: prioritised requests,
       what continues an admitted one, and a return at the time that was told.
    3. After throttling no request goes that waits for the share until there is some;
       the one that was refused goes at the time it was told, never before.
    4. In an outage nothing goes but one request now and then, at random times up to
       twice as far apart as before. Afterwards the rate rises from a tenth.
    5. What may have been accepted goes again under its RequestID alone, or not at all.
       The answer that it was taken before is then the answer that it was accepted.
    6. Retries that nobody asked for are held to a budget of their class.
    7. No class holds more than `most_waiting`, so that who hands in can be made to wait.

The instants may be those of any clock that does not go back.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush
from itertools import count
from typing import Final

from tidegate.client.answers import Answer, Meaning
from tidegate.client.pace import Pace
from tidegate.client.requests import Request
from tidegate.client.retry_budget import RetryBudget
from tidegate.client.terms import Terms
from tidegate.vocabulary.instants import Duration, Instant
from tidegate.vocabulary.service_request_classes import ServiceRequestClass, class_of

_MOST_DOUBLINGS: Final = 32


class Full(Exception):  # noqa: N818 - nothing failed
    """As much of a class is held as may be; hand it in again when something has ended."""


class Ending(Enum):
    """How it ended with a request."""

    ACCEPTED = "accepted"
    """The answer says so, or that this RequestID, of which an answer was lost, was taken."""

    REFUSED = "refused"
    """For what it says."""

    GIVEN_UP = "given up"
    """It was no longer of use. Nothing was kept of it."""

    UNKNOWN = "unknown"
    """It may have been taken, or not."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a request: how, the last answer (None: it was never sent), and how often it was sent."""

    ending: Ending
    answer: Answer | None
    tries: int


@dataclass(slots=True, eq=False)
class Held:
    """A request that a pacer holds."""

    request: Request
    of: ServiceRequestClass
    until: Instant
    passes: bool
    tries: int = 0
    is_on_the_way: bool = False
    may_be_taken: bool = False
    last: Answer | None = None
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How a pacer stands: requests held, and of these on the way; the most it sends in a window (None: not known)."""

    held: int
    on_the_way: int
    limit: int | None
    is_out: bool


_Later = list[tuple[Instant, int, Held]]


class _Lane:
    """The requests of one class.

    passing, waiting:  For the first time: those that pass, and those that wait for the share.
    promised:          Those that come back when they were told to.
    again:             Those that are sent again of ourselves.
    """

    def __init__(self, budget: RetryBudget) -> None:
        self.budget = budget
        self.passing: deque[Held] = deque()
        self.waiting: deque[Held] = deque()
        self.promised: _Later = []
        self.again: _Later = []

    def clear(self) -> None:
        """Let go of what is over and stands first."""
        for queue in (self.passing, self.waiting):
            while queue and queue[0].is_over:
                queue.popleft()
        for later in (self.promised, self.again):
            while later and later[0][2].is_over:
                heappop(later)


class Pacer:
    """Decides. One thread at a time; instants must not go back.

    chance:  For waits that must not be the same for everyone.
    """

    def __init__(self, terms: Terms, chance: random.Random) -> None:
        self._terms = terms
        self._chance = chance
        self._pace = Pace(terms.aim)
        self._lanes = {
            of: _Lane(RetryBudget(terms.retries_of(of), terms.trickle_us)) for of in ServiceRequestClass
        }
        self._held: Counter[ServiceRequestClass] = Counter()
        self._deadlines: _Later = []
        self._order = count()
        self._on_the_way = 0
        self._is_heard = False
        self._unheard = 0
        self._no_share_until: Instant = 0
        self._is_out = False
        self._asks_at: Instant = 0
        self._asked = 0

    def has_room(self, request: Request) -> bool:
        """Whether a request could be handed in now."""
        return self._held[class_of(request.srv)] < self._terms.most_waiting

    def submit(self, request: Request, now: Instant) -> Held:
        """Take a request in.

        Raises:
            Full: there are as many of its class as may be.
        """
        of = class_of(request.srv)
        if not self.has_room(request):
            raise Full(f"{self._terms.most_waiting} requests are held of the class {of.value}")
        useful = self._terms.useful_for_us if request.useful_for_us is None else request.useful_for_us
        held = Held(request, of, now + useful, request.continues or request.srv in self._terms.prioritised)
        self._held[of] += 1
        self._put(self._deadlines, held.until, held)
        lane = self._lanes[of]
        (lane.passing if held.passes else lane.waiting).append(held)
        return held

    def withdraw(self, held: Held) -> None:
        """Whoever handed it in wants it no more. If it is on the way it stays so until it is answered."""
        self._end(held)

    def next(self, now: Instant) -> Held | None:
        """The request to be sent now, which is on the way from here on."""
        if not self._may_send() or (self._is_out and now < self._asks_at):
            return None
        for lane in self._lanes.values():
            held = self._first_of(lane, now)
            if held is not None:
                self._on_the_way += 1
                held.is_on_the_way = True
                held.tries += 1
                self._pace.sent(now)
                return held
        return None

    def wakes_at(self, now: Instant) -> Instant | None:
        """When to ask again, if nothing is answered or handed in before; None: not before that."""
        while self._deadlines and (self._deadlines[0][2].is_over or self._deadlines[0][2].is_on_the_way):
            heappop(self._deadlines)
        instants = [self._deadlines[0][0]] if self._deadlines else []
        if self._may_send():
            instants += (at for lane in self._lanes.values() for at in self._due_of(lane, now))
        return min(instants, default=None)

    def give_up(self, now: Instant) -> list[tuple[Held, Ended]]:
        """Those that are no longer of use, and how they ended. What is on the way is left to its answer."""
        given_up = []
        while self._deadlines and self._deadlines[0][0] <= now:
            _, _, held = heappop(self._deadlines)
            if not held.is_over and not held.is_on_the_way:
                given_up.append((held, self._given_up(held)))
        return given_up

    def answered(self, held: Held, answer: Answer, now: Instant) -> Ended | None:
        """A request was answered, or it is known that it will not be; None: it will be sent again."""
        assert held.is_on_the_way
        self._on_the_way -= 1
        held.is_on_the_way = False
        held.last = answer
        self._learn(answer, now)
        if held.is_over:
            return None
        ending = self._ending_of(held, answer)
        if ending is not None:
            self._end(held)
            return Ended(ending, answer, held.tries)
        if now >= held.until:
            return self._given_up(held)
        self._put(self._deadlines, held.until, held)
        self._again(held, answer, now)
        return None

    def standing(self) -> Standing:
        """How it stands."""
        return Standing(self._held.total(), self._on_the_way, self._pace.limit, self._is_out)

    def _may_send(self) -> bool:
        """Whether one more may be on the way; until the system was heard, and while it is out, one asks for all."""
        most = self._terms.at_once if self._is_heard and not self._is_out else 1
        return self._on_the_way < most

    def _first_of(self, lane: _Lane, now: Instant) -> Held | None:
        """What goes first of a class, if anything may go: it is taken out."""
        lane.clear()
        has_share = self._is_out or self._share_at(now) <= now
        if lane.passing:
            lane.budget.sent_first()
            return lane.passing.popleft()
        if lane.promised and lane.promised[0][0] <= now:
            return heappop(lane.promised)[2]
        if lane.again and lane.again[0][0] <= now and (has_share or lane.again[0][2].passes):
            # Whether the system is back is asked for all, and is no retry of one class.
            if self._is_out:
                return heappop(lane.again)[2]
            if lane.budget.may_go_at(now) <= now:
                lane.budget.sent_again(now)
                return heappop(lane.again)[2]
        if lane.waiting and has_share:
            lane.budget.sent_first()
            return lane.waiting.popleft()
        return None

    def _due_of(self, lane: _Lane, now: Instant) -> Iterator[Instant]:
        """When something of a class may go, if nothing happens before."""
        lane.clear()
        earliest = max(now, self._asks_at) if self._is_out else now
        share_at = earliest if self._is_out else self._share_at(now)
        if lane.passing:
            yield earliest
        if lane.promised:
            yield max(earliest, lane.promised[0][0])
        if lane.again:
            at, _, held = lane.again[0]
            budget_at = earliest if self._is_out else lane.budget.may_go_at(now)
            yield max(earliest, at, budget_at, now if held.passes else share_at)
        if lane.waiting:
            yield share_at

    def _share_at(self, now: Instant) -> Instant:
        return max(self._no_share_until, self._pace.may_go_at(now))

    def _learn(self, answer: Answer, now: Instant) -> None:
        """What an answer says of the system and of the share."""
        self._is_heard = self._is_heard or answer.status > 0
        if answer.meaning in {Meaning.OUTAGE, Meaning.UNKNOWN}:
            self._unheard += 1
            if answer.meaning is Meaning.OUTAGE or self._unheard >= self._terms.outage_after or self._is_out:
                self._go_out(answer, now)
            return
        self._unheard = 0
        if self._is_out:
            self._is_out = False
            self._pace.resume(now, self._terms.resume_over_us)
        is_throttled = answer.meaning is Meaning.THROTTLED
        self._pace.told(answer.share, now, is_throttled=is_throttled)
        if is_throttled:
            wait = self._terms.first_wait_us if answer.retry_after_us is None else answer.retry_after_us
            if answer.share is not None:
                wait = min(wait, answer.share.window_us)
            self._no_share_until = max(self._no_share_until, now + wait)

    def _go_out(self, answer: Answer, now: Instant) -> None:
        if not self._is_out:
            self._is_out, self._asked = True, 0
        elif now < self._asks_at:
            return  # it was on the way when the outage began
        else:
            self._asked += 1
        told = answer.retry_after_us or 0
        self._asks_at = now + max(self._wait(self._asked), told + int(self._chance.random() * told))

    def _ending_of(self, held: Held, answer: Answer) -> Ending | None:
        """How it ended, if it did."""
        match answer.meaning:
            case Meaning.ACCEPTED:
                return Ending.ACCEPTED
            case Meaning.REFUSED:
                return Ending.REFUSED
            case Meaning.REPEATED:
                return Ending.ACCEPTED if held.may_be_taken else Ending.REFUSED
            case Meaning.UNKNOWN:
                held.may_be_taken = True
                return None if self._terms.repeats_unknown else Ending.UNKNOWN
            case _:
                return None

    def _again(self, held: Held, answer: Answer, now: Instant) -> None:
        lane = self._lanes[held.of]
        if answer.meaning is Meaning.THROTTLED and answer.retry_after_us is not None:
            self._put(lane.promised, now + answer.retry_after_us, held)
        elif answer.meaning is Meaning.OUTAGE:
            self._put(lane.again, now, held)  # as soon as it is back
        else:
            self._put(lane.again, now + self._wait(held.tries - 1), held)

    def _wait(self, doublings: int) -> Duration:
        """Any time up to the first wait, doubled so often, or the longest."""
        most = min(self._terms.longest_wait_us, self._terms.first_wait_us << min(doublings, _MOST_DOUBLINGS))
        return 1 + int(self._chance.random() * most)

    def _put(self, later: _Later, at: Instant, held: Held) -> None:
        heappush(later, (at, next(self._order), held))

    def _given_up(self, held: Held) -> Ended:
        self._end(held)
        ending = Ending.UNKNOWN if held.may_be_taken else Ending.GIVEN_UP
        return Ended(ending, held.last, held.tries)

    def _end(self, held: Held) -> None:
        if not held.is_over:
            held.is_over = True
            self._held[held.of] -= 1
