"""The median of durations: of an even number, half way between the two in the middle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tidegate.vocabulary.instants import Duration


def median_of(durations: NDArray[np.int64]) -> Duration:
    """The median, to the microsecond below; of one duration at least."""
    assert len(durations), "nothing has no median"
    lower, upper = (len(durations) - 1) // 2, len(durations) // 2
    ordered = np.partition(durations, (lower, upper))
    return (int(ordered[lower]) + int(ordered[upper])) // 2
