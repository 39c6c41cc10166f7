"""Bursts: Devices that are on for a part of each day, and raise Alerts at a steady pace while they are.

Each day a Device has three bursts, of different lengths and at different times,
which fill a fixed part of the day. Within a burst it raises Alerts at even
distances with a little jitter. An event of a burst is worked out from its number,
so nothing is remembered from slice to slice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.estate import Estate, Numbers
from tidegate.simulation.mixing import fractions, mixed
from tidegate.simulation.traffic import Setting
from tidegate.vocabulary.instants import DAY, HOUR, Instant

_BURSTS_A_DAY: Final = 3
_CANDIDATES: Final = 200_000


@dataclass(frozen=True, slots=True)
class Events:
    """Events as columns of equal length: when, whose (its place among those that burst), and its place in the burst."""

    at: Numbers
    who: Numbers
    number: Numbers


@dataclass(frozen=True, slots=True)
class Bursts:
    """Bursts as columns: whose, from when to when, microseconds from event to event, how many events."""

    who: Numbers
    start: Numbers
    end: Numbers
    gap: Numbers
    events: Numbers
    seed: int

    def between(self, since: Instant, until: Instant) -> Events:
        """The events with since <= at < until, burst by burst."""
        on = np.flatnonzero((self.start < until) & (self.end > since))
        start, gap, events = self.start[on], self.gap[on], self.events[on]
        # Jitter keeps an event within its gap; those at the edges are sorted out below.
        first = np.clip((since - start) // gap, 0, events)
        count = np.clip((until - start) // gap + 1, first, events) - first
        of = np.repeat(np.arange(len(on)), count)
        number = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + first[of]
        jitter = fractions(mixed((on[of] << 32) + number, self.seed))
        at = start[of] + ((number + jitter) * gap[of]).astype(np.int64)
        inside = (at >= since) & (at < until)
        return Events(at[inside], self.who[on[of[inside]]], number[inside])


def bursts(setting: Setting, per_hour: NDArray[np.float64], on_share: NDArray[np.float64]) -> Bursts:
    """Bursts for the period of a setting.

    Args:
        setting:  Where and when.
        per_hour: Events per hour of each Device while it is on.
        on_share: The part of each day that each is on, 0 to 1.
    """
    days, devices = -(-(setting.until - setting.since) // DAY), len(per_hour)
    # A day is off, on, off, on, off, on, off: the parts are drawn and scaled to fill it.
    on = setting.random.standard_gamma(2.0, (days, devices, _BURSTS_A_DAY))
    off = setting.random.standard_gamma(2.0, (days, devices, _BURSTS_A_DAY + 1))
    on *= (on_share * DAY / on.sum(axis=2))[..., None]
    off *= ((1 - on_share) * DAY / off.sum(axis=2))[..., None]
    start = np.cumsum(off[..., :-1], axis=2) + np.cumsum(on, axis=2) - on
    start += setting.since + np.arange(days)[:, None, None] * DAY
    gap = np.broadcast_to((HOUR / per_hour)[:, None], on.shape).astype(np.int64)
    return Bursts(
        np.broadcast_to(np.arange(devices)[:, None], on.shape).ravel(),
        start.astype(np.int64).ravel(),
        (start + on).astype(np.int64).ravel(),
        gap.ravel(),
        np.maximum(1, on.astype(np.int64) // gap).ravel(),
        setting.seed,
    )


def candidates(estate: Estate, kind: DeviceType, random: np.random.Generator) -> Numbers:
    """Devices of a type in random order: all of them, or some of many."""
    there = estate.count(kind)
    if there <= _CANDIDATES:
        ordinals = random.permutation(there)
    else:
        ordinals = random.permutation(np.unique(random.integers(0, there, _CANDIDATES)))
    return estate.of_type(kind, ordinals)
