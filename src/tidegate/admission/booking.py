"""Return times: when a refused caller is admitted if it comes back.

What is promised ahead must be kept whatever others do in the meantime. So a
booking is made from a User's allocation, never from the spare, which may be
another's by then: the allocations come to the operating threshold at most, and so
do all bookings of a period. What is spare, the fair limit in every answer tells.

The next free slot of a User is the earliest instant

    1. at least a tick from now, and after its last booked one;
    2. with fewer than its allocation of requests in the period that ends there,
       counting what was admitted and what is booked. (A slot that is due and was
       not claimed yet counts as now.)

So it is told to come back just when what it used leaves the period. A slot holds
no room while it waits for its caller: any request of the User may have the room
by the rule itself. Who comes back within the grace is admitted all the same.
Whoever does not has lost the slot, and nothing was set aside for it. No two
slots are at one instant: else as many fresh requests could come between.

What is booked is admitted whatever comes, and so are the prioritised below the
maximum: both must find room. So while n prioritised requests come in a period and
leave less than the operating threshold, M - n < O, a User's slots lie apart, by
P * O / (allocation * (M - n)) at least; those of all Users come to M - n in a
period. While n >= M nothing is booked. Of each User no more than its share of the
maximum counts in n: what it sends beyond that takes no return time from another.

A prioritised request refused at the maximum is booked for itself, from the User's
share of the maximum, and waits behind no ordinary one. An ordinary one does wait
behind those: over any length of time no more is promised than the maximum.

Beyond the horizon nothing is promised: callers are sent away for as long again
as the horizon at most, spread evenly.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple

from tidegate.vocabulary.instants import Duration, Instant

GOLDEN: Final = (618_034, 1_000_000)
"""Steps of this part of a length, wrapped round it, lie evenly however many there are."""


def spread_step(horizon: Duration) -> Duration:
    """From one instant beyond the horizon to the next, wrapped round its length."""
    part, whole = GOLDEN
    return max(1, horizon * part // whole)


class ReturnTime(NamedTuple):
    """When to come back, and whether that is booked."""

    at: Instant
    is_booked: bool


class Lane:
    """The booked slots of one User and kind, oldest first, and whose they are."""

    __slots__ = ("holder_of", "slots")

    def __init__(self) -> None:
        self.slots: list[Instant] = []
        self.holder_of: dict[Instant, str] = {}

    def next_free(
        self,
        now: Instant,
        earliest: Instant,
        admitted: Sequence[Instant],
        share: int,
        period: Duration,
        apart: Duration,
    ) -> Instant:
        """The next free slot for `share` >= 1 requests in a period, given what was admitted in this one."""
        slots = self.slots
        if slots:
            earliest = max(earliest, slots[-1] + apart)
        room = share - len(slots)
        if room <= 0:
            return max(earliest, max(slots[-share], now) + period)
        if room <= len(admitted):
            return max(earliest, admitted[-room] + period)
        return earliest


class Bookings:
    """What one User was told: by RequestID, in an ordinary lane and a prioritised one; and how far its spread has come."""

    __slots__ = ("by_request", "ordinary", "prioritised", "spread")

    def __init__(self) -> None:
        self.by_request: dict[str, tuple[Instant, Lane]] = {}
        self.ordinary = Lane()
        self.prioritised = Lane()
        self.spread = 0

    def book(self, request_id: str, slot: Instant, lane: Lane) -> None:
        """Give a request a slot that is after any other of its lane."""
        lane.slots.append(slot)
        lane.holder_of[slot] = request_id
        self.by_request[request_id] = slot, lane

    def release(self, request_id: str) -> None:
        """If it has a slot, it needs it no more: it was admitted."""
        if (booked := self.by_request.pop(request_id, None)) is not None:
            slot, lane = booked
            del lane.slots[bisect_left(lane.slots, slot)], lane.holder_of[slot]

    def expire(self, before: Instant) -> None:
        """Forget slots before an instant: their grace is over."""
        for lane in (self.ordinary, self.prioritised):
            slots = lane.slots
            while slots and slots[0] < before:
                del self.by_request[lane.holder_of.pop(slots.pop(0))]

    def spread_beyond(self, now: Instant, horizon: Duration) -> ReturnTime:
        """An instant beyond the horizon, nothing booked."""
        self.spread = (self.spread + spread_step(horizon)) % horizon
        return ReturnTime(now + horizon + 1 + self.spread, is_booked=False)
