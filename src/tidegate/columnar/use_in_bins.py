"""Use over time, counted in bins: of each User, of all, and of each class of Service Reference Variant."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.compiled import compiled


class UseInBins(NamedTuple):
    """int64, bins x Users, bins, or bins x classes.

    most_used:         The most each User had admitted in a period that ends in the bin.
    spare_used:        What each had admitted from the spare.
    throttled:         What of it was refused.
    system_used, system_offered:  The most of all Users in a period that ends in the bin.
    class_used, class_throttled:  What was admitted, and refused.
    """

    most_used: NDArray[np.int64]
    spare_used: NDArray[np.int64]
    throttled: NDArray[np.int64]
    system_used: NDArray[np.int64]
    system_offered: NDArray[np.int64]
    class_used: NDArray[np.int64]
    class_throttled: NDArray[np.int64]


class UseOfRequests(NamedTuple):
    """Requests as columns of equal length.

    offered, used, user_used: of the period that ends with each, it included.
    """

    received_at: NDArray[np.int64]
    user: NDArray[np.uint32]
    of_class: NDArray[np.int64]
    is_throttled: NDArray[np.bool_]
    offered: NDArray[np.int64]
    used: NDArray[np.int64]
    user_used: NDArray[np.int64]
    is_of_spare: NDArray[np.bool_]


@compiled
def count_use(requests: Any, first: Any, width: Any, bins: Any) -> None:
    """Count requests in receipt order; bin 0 is the `first` of that width since the epoch, and there is one for each."""
    place, ends = -1, np.int64(0)
    for row in range(len(requests.received_at)):
        at, user, kind = requests.received_at[row], requests.user[row], requests.of_class[row]
        if place < 0 or at >= ends:
            place = at // width - first
            ends = (first + place + 1) * width
        bins.system_offered[place] = max(bins.system_offered[place], requests.offered[row])
        if requests.is_throttled[row]:
            bins.throttled[place, user] += 1
            bins.class_throttled[place, kind] += 1
            continue
        bins.system_used[place] = max(bins.system_used[place], requests.used[row])
        bins.most_used[place, user] = max(bins.most_used[place, user], requests.user_used[row])
        bins.spare_used[place, user] += requests.is_of_spare[row]
        bins.class_used[place, kind] += 1
