"""British local time over columns, for writing a log as an adapter does that keeps local time."""

from __future__ import annotations

import numpy as np

from tidegate.columnar.batches import Instants
from tidegate.vocabulary.days import ahead_of_utc
from tidegate.vocabulary.instants import HOUR


def offsets_of(at: Instants) -> Instants:
    """By how many microseconds local time is ahead of UTC at each instant."""
    # The clocks change on whole hours.
    hours, which = np.unique(at // HOUR, return_inverse=True)
    return np.array([ahead_of_utc(hour * HOUR) for hour in hours.tolist()], np.int64)[which]
