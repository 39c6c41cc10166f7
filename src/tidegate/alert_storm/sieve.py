"""The sieve: an exact way to pass over Alerts that cannot have to do with any storm.

Nearly all streams are quiet. Streams are hashed to cells, and Alerts counted by
cell in clock windows as long as the rule's. What a stream receives in any
window of the rule lies within two neighbouring clock windows, so

    a storm can start in clock window k only where S[k-1] + S[k] > threshold,
    and go on there only where                     S[k-1] + S[k] > clear threshold,

S[k] being the count of its cell. Where neither holds, no Alert of clock window
k can start, be in or count towards a storm, and the kernel need not see it: it
is forwarded. Streams that share a cell only make more Alerts pass the sieve,
never fewer.

What a sieve cannot say is which forwarded Alert tells of those throttled before
it, so it is used where no decisions are kept; totals, storms and amber spells
are exactly those of the kernel alone (`tests/equivalence/test_sieve.py`).

An Alert of clock window k is judged when S[k+1] is known: two windows are held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm import kernel
from tidegate.alert_storm.plan import NONE, KernelPolicy, lanes_of
from tidegate.alert_storm.shard import columns_of, plan_of
from tidegate.alert_storm.suppressions import Scope
from tidegate.columnar.batches import AlertBatch
from tidegate.columnar.compiled import compiled
from tidegate.columnar.stream_table import hash_of
from tidegate.vocabulary.instants import HOUR

CELLS: Final = 1 << 20
"""One octet each: a clock window's counts fit the cache."""

MOST: Final = 255
"""Where a cell stops counting; a threshold must lie below it."""

LONGEST_WINDOW: Final = 2 * HOUR
"""Two windows of Alerts are held: of a nation's, ten million in this long."""

_MASK = np.uint64(CELLS - 1)


@dataclass(slots=True)
class _Held:
    """A piece of a batch within one clock window, waiting for the next window's counts."""

    batch: Any
    alerts: AlertBatch
    cells: NDArray[np.uint32]


class Sieve:
    """Says of each Alert whether it may have to do with a storm; see `sieve_for`.

    window_us:  The window of every code under every policy.
    over:       The least threshold, amber included, of any code under any policy.
    clear:      The least count at which a storm or amber spell is still over.
    """

    def __init__(self, plan: kernel.Plan, window_us: int, over: int, clear: int) -> None:
        self._plan = plan
        self._window_us = window_us
        self._over = over
        self._clear = clear
        self._held: deque[tuple[int, list[_Held]]] = deque()
        # Of the clock windows before those held: the last one's counts, and where it passed.
        self._last: int | None = None
        self._before = np.zeros(CELLS, np.uint8)
        self._passed_before = np.zeros(CELLS, np.bool_)
        self._counts: dict[int, NDArray[np.uint8]] = {}

    def push(self, alerts: AlertBatch, batch: Any) -> Iterator[tuple[Any, AlertBatch, NDArray[np.bool_]]]:
        """Take the next Alerts, in receipt order, and give back earlier ones that can be judged now.

        `batch` stands for the whole of `alerts` and comes back in pieces (`batch[start:stop]`), each with
        its Alerts and a mask: False where an Alert has to do with no storm.
        """
        start = 0
        while start < len(alerts):
            window = int(alerts.received_at[start]) // self._window_us
            stop = int(np.searchsorted(alerts.received_at, (window + 1) * self._window_us))
            if not self._held or self._held[-1][0] != window:
                yield from self._release(before=window - 1)
                self._held.append((window, []))
                self._counts[window] = np.zeros(CELLS, np.uint8)
            piece = alerts.slice(start, stop)
            cells = np.empty(len(piece), np.uint32)
            _count(columns_of(piece), self._plan, cells, self._counts[window])
            self._held[-1][1].append(_Held(batch[start:stop], piece, cells))
            start = stop

    def finish(self) -> Iterator[tuple[Any, AlertBatch, NDArray[np.bool_]]]:
        """Give back what is held: no more will come."""
        yield from self._release(before=None)

    def _release(self, before: int | None) -> Iterator[tuple[Any, AlertBatch, NDArray[np.bool_]]]:
        while self._held and (before is None or self._held[0][0] < before):
            window, pieces = self._held.popleft()
            passes = self._judge(window)
            for held in pieces:
                yield held.batch, held.alerts, passes[held.cells]

    def _judge(self, window: int) -> NDArray[np.bool_]:
        """Which cells pass in a clock window; its counts are then those before."""
        here = self._counts.pop(window)
        nothing = np.zeros(CELLS, np.uint8)
        is_next = self._last == window - 1
        before = self._before if is_next else nothing
        after = self._counts.get(window + 1, nothing)
        here_and_before = here.astype(np.uint16) + before
        passes = here_and_before > self._over
        passes |= here.astype(np.uint16) + after > self._over
        if is_next:
            passes |= self._passed_before & (here_and_before > self._clear)
        self._last, self._before, self._passed_before = window, here, passes
        return passes


def sieve_for(policies: Sequence[KernelPolicy], scopes: Sequence[Scope] = ()) -> Sieve | None:
    """The sieve for policies decided one after another or together; None where none would be exact.

    There is none where they do not all count alike over one window, where that is too long to hold two of
    it, and where a threshold is too high for a cell.
    """
    lanes = lanes_of(policies, scopes)
    if len(lanes) != 1 or len(lanes[0].windows_us) != 1:
        return None
    limits = lanes[0].limits[~lanes[0].limits["is_excluded"]]
    if limits.size == 0:
        return None
    has_amber = limits["amber"] != NONE
    over = int(np.where(has_amber, limits["amber"], limits["threshold"]).min())
    clear = int(np.where(has_amber, limits["amber_clears_at"], limits["clears_at"]).min())
    if over >= MOST or lanes[0].windows_us[0] > LONGEST_WINDOW:
        return None
    return Sieve(
        plan_of(lanes[0]), int(lanes[0].windows_us[0]), over, min(clear, int(limits["clears_at"].min()))
    )


@compiled
def _count(alerts: Any, plan: Any, cells: Any, counts: Any) -> None:
    """Find the cell of each Alert, and count those that any policy counts."""
    for i in range(len(cells)):
        code = alerts.alert_code[i]
        to = alerts.recipient[i] if plan.by_recipient else np.uint32(0)
        cell = hash_of(alerts.device_id[i], plan.counted_as[code], to) & _MASK
        cells[i] = cell
        count = counts[cell]
        counts[cell] = count + (plan.class_of[code] != NONE and count < MOST)
