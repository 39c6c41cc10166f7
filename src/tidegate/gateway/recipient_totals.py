"""What went to each recipient since the gateway was started: a User is told its own totals, not everyone's.

The journal has totals over all time; these are kept beside it because a User
asks often, and counting a journal of a billion Alerts takes long.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tidegate.alert_storm.decision import Outcome
from tidegate.operations.live import Accepted, AcceptedBatch, IncomingBatch
from tidegate.policy.mechanism import Mode

MOST_RECIPIENTS: Final = 10_000
"""Users are some hundreds. Whoever invents more finds the others' totals in none."""

_KINDS: Final = 4
_IN_SHADOW: Final = 3


@dataclass(frozen=True, slots=True)
class Totals:
    """received = forwarded + throttled + excluded. What a policy in shadow would have held back is among the forwarded."""

    forwarded: int = 0
    throttled: int = 0
    excluded: int = 0
    throttled_in_shadow: int = 0

    @property
    def received(self) -> int:
        """All of them."""
        return self.forwarded + self.throttled + self.excluded


class RecipientTotals:
    """Totals by recipient; any thread may add."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, list[int]] = {}

    def of(self, recipient: str) -> Totals:
        """One recipient's."""
        with self._lock:
            forwarded, throttled, excluded, in_shadow = self._counts.get(recipient, [0] * _KINDS)
        return Totals(forwarded + in_shadow, throttled, excluded, in_shadow)

    def add(self, recipients: Sequence[str], accepted: Sequence[Accepted]) -> None:
        """Alerts that were accepted, and whom each was for; repeats are not counted again."""
        with self._lock:
            for recipient, one in zip(recipients, accepted, strict=True):
                if not one.is_repeat:
                    counts = self._counts_of(recipient)
                    in_shadow = one.outcome is Outcome.THROTTLED and not one.is_held_back
                    counts[_IN_SHADOW if in_shadow else one.outcome] += 1

    def add_batch(self, batch: IncomingBatch, accepted: AcceptedBatch) -> None:
        """A batch that was accepted."""
        kind = accepted.outcome.astype(np.int64)
        if accepted.mode is not Mode.ENFORCED:
            kind[kind == Outcome.THROTTLED] = _IN_SHADOW
        number = batch.recipient.astype(np.int64) * _KINDS + kind
        table = np.bincount(number, minlength=len(batch.recipients) * _KINDS).reshape(-1, _KINDS)
        with self._lock:
            for recipient in np.flatnonzero(table.any(axis=1)).tolist():
                counts = self._counts_of(batch.recipients[recipient])
                for each, more in enumerate(table[recipient].tolist()):
                    counts[each] += more

    def _counts_of(self, recipient: str) -> list[int]:
        counts = self._counts.get(recipient)
        if counts is None:
            counts = [0] * _KINDS
            if len(self._counts) < MOST_RECIPIENTS:
                self._counts[recipient] = counts
        return counts
