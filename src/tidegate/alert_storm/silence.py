"""What waited somewhere comes at once, and by receipt it is a storm.

While an adapter is out, what Devices raise waits; on its return it is given
back within minutes. A log cannot prove that. It shows hours without a single
Alert, and as they end a great many Devices that storm, briefly.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.vocabulary.instants import HOUR, Duration, Instant

SHORTEST_SILENCE: Final = 2 * HOUR
"""Whole hours without any Alert that are told as a silence. Our choice."""

MANY_AT_ONCE: Final = 20
"""Devices that begin to storm as a silence ends, from which it is taken for what had waited (readings.md#19)."""


class Silence(NamedTuple):
    """Whole hours without any Alert."""

    ended: Instant
    length: Duration


def silences_in(hours: Iterable[Instant]) -> list[Silence]:
    """The silences between hours of UTC with Alerts, each hour given by the instant it begins."""
    heard = sorted(set(hours))
    gaps = [Silence(after, after - before - HOUR) for before, after in pairwise(heard)]
    return [silence for silence in gaps if silence.length >= SHORTEST_SILENCE]


def had_waited(
    device_id: DeviceIds, started_at: Instants, ended_at: Instants, hours: Iterable[Instant]
) -> NDArray[np.bool_]:
    """Which storms are of what had waited: begun in the hour in which a silence ended, and no longer than it was.

    Only where they are `MANY_AT_ONCE` Devices: one that storms after a quiet night is a Device that storms.
    """
    waited = np.zeros(len(started_at), np.bool_)
    for silence in silences_in(hours):
        of_it = (started_at >= silence.ended) & (started_at < silence.ended + HOUR)
        of_it &= ended_at - started_at <= silence.length
        if len(np.unique(device_id[of_it])) >= MANY_AT_ONCE:
            waited |= of_it
    return waited
