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

A prioritised request refused at the maximum is booked for itself, from the User's
share of the maximum, and waits behind no ordinary one. An ordinary one does wait
behind those: over any length of time no more is promised than the maximum.

Beyond the horizon nothing is promised: callers are sent away for as long again
as the horizon at most, spread evenly.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict
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
    """The booked slots of one User and kind, in order, and whose they are."""

    def __init__(self) -> None:
        self.slots: list[Instant] = []
        self._slot_of: OrderedDict[str, Instant] = OrderedDict()

    def slot_of(self, request_id: str) -> Instant | None:
        """The slot of a request, if it has one."""
        return self._slot_of.get(request_id)

    def book(self, request_id: str, slot: Instant) -> None:
        """Give a request a slot that is not before any other."""
        self.slots.append(slot)
        self._slot_of[request_id] = slot

    def release(self, request_id: str) -> None:
        """Its caller was admitted, at its slot or before."""
        del self.slots[bisect_left(self.slots, self._slot_of.pop(request_id))]

    def expire(self, before: Instant) -> None:
        """Forget slots before an instant: their grace is over."""
        while self.slots and self.slots[0] < before:
            self.slots.pop(0)
            self._slot_of.popitem(last=False)

    def next_free(
        self, now: Instant, earliest: Instant, admitted: Sequence[Instant], share: int, period: Duration
    ) -> Instant:
        """The next free slot for `share` >= 1 requests in a period, given what was admitted in this one."""
        slots = self.slots
        if slots:
            earliest = max(earliest, slots[-1] + 1)
        room = share - len(slots)
        if room <= 0:
            return max(earliest, max(slots[-share], now) + period)
        if room <= len(admitted):
            return max(earliest, admitted[-room] + period)
        return earliest


class Bookings:
    """What one User was told: an ordinary lane, a prioritised one, and how far its spread has come."""

    __slots__ = ("ordinary", "prioritised", "spread")

    def __init__(self) -> None:
        self.ordinary = Lane()
        self.prioritised = Lane()
        self.spread = 0

    @property
    def is_any(self) -> bool:
        """Whether a return time is booked."""
        return bool(self.ordinary.slots or self.prioritised.slots)

    def expire(self, before: Instant) -> None:
        """Forget slots before an instant: their grace is over."""
        self.ordinary.expire(before)
        self.prioritised.expire(before)

    def lane_of(self, request_id: str) -> tuple[Lane, Instant] | None:
        """Where a request is booked, and when."""
        for lane in (self.ordinary, self.prioritised):
            if (slot := lane.slot_of(request_id)) is not None:
                return lane, slot
        return None

    def spread_beyond(self, now: Instant, horizon: Duration) -> ReturnTime:
        """An instant beyond the horizon, nothing booked."""
        self.spread = (self.spread + spread_step(horizon)) % horizon
        return ReturnTime(now + horizon + 1 + self.spread, is_booked=False)
