"""Alerts as their Device raises them: the copies that go to two recipients are one event.

A log has a row for each recipient. At the Communications Hub and the CSP the
rule is asked about the event: a storm is one Device repeating one code, whoever
is told, and what is decided holds for all copies. Were the copies counted one
by one, a code with two recipients would reach its threshold twice as fast, and
with an even "one in n" every forwarded copy could go to the same recipient.

No published code has more than two recipients, so at most two rows are one event.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch
from tidegate.vocabulary.instants import Duration


class EventPairs:
    """Finds the second copy of each event; batches may be cut anywhere.

    A row is a copy of the row before it of the same Device and code when that
    one goes to another recipient, is no copy itself, and was received no more
    than `within_us` before.
    """

    def __init__(self, within_us: Duration) -> None:
        assert within_us >= 0
        self._within = within_us
        self._carried = AlertBatch.concatenate([])
        self._carried_is_copy = np.empty(0, np.bool_)

    @property
    def carried(self) -> int:
        """Rows of earlier batches that the next one may hold copies of."""
        return len(self._carried)

    def push(self, alerts: AlertBatch) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Pair the next Alerts, in receipt order.

        Returns:
            For each row carried and then each of these the row that holds its event (itself where it is no
            copy), counted over both; and which of both are carried on to the next batch, in their order.
        """
        carried = len(self._carried)
        both = AlertBatch.concatenate([self._carried, alerts])
        order = np.lexsort((both.alert_code, both.device_id))
        device, code = both.device_id[order], both.alert_code[order]
        to, at = both.recipient[order], both.received_at[order]
        may_be_copy = np.zeros(len(both), np.bool_)
        may_be_copy[1:] = (device[1:] == device[:-1]) & (code[1:] == code[:-1]) & (to[1:] != to[:-1])
        may_be_copy[1:] &= at[1:] - at[:-1] <= self._within
        is_known = order < carried
        known = np.zeros(len(both), np.bool_)
        known[is_known] = self._carried_is_copy[order[is_known]]
        # From a row that is known to be one or not, every other one is, as long as each may be.
        places = np.arange(len(both))
        from_place = np.maximum.accumulate(np.where(is_known | ~may_be_copy, places, 0))
        is_copy = (known[from_place] + places - from_place) % 2 == 1
        event = np.arange(len(both))
        copies = np.flatnonzero(is_copy)
        # The event of a copy that was carried may be gone; what was decided on it stands with the copy.
        copies = copies[order[copies] >= carried]
        event[order[copies]] = order[copies - 1]
        is_copy_in_order = np.empty(len(both), np.bool_)
        is_copy_in_order[order] = is_copy
        is_kept = (
            both.received_at >= both.received_at[-1] - self._within if len(both) else np.zeros(0, np.bool_)
        )
        self._carried, self._carried_is_copy = both.take(is_kept), is_copy_in_order[is_kept]
        return event, is_kept
