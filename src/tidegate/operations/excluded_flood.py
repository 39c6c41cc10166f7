"""When Alerts of excluded codes alone are more than can be carried: a flood, who is in it, when it is over.

An excluded code is never throttled, however many Alerts of it come
(WPD, A33). So nothing here holds an Alert back: it counts, and says once when a
flood begins and once when it has ended. What can be done stands in
`override_exclusion`. No I/O, no clock.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.decision import Outcome
from tidegate.columnar.batches import AlertBatch, Recipients
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import SECOND, Duration, Instant

MOST_DEVICES: Final = 1_000
"""Devices of a code told apart in a part of the period; of more, "at least"."""

_PARTS: Final = 60
"""Of the period: what is counted is right to one of these."""


@dataclass(frozen=True, slots=True)
class ExcludedCapacity:
    """What can be carried of excluded codes: so many Alerts in any period, and no more.

    alerts:  More than these are a flood.
    period:  Microseconds.
    """

    alerts: int
    period: Duration

    def __post_init__(self) -> None:
        assert self.alerts >= 1
        assert self.period >= _PARTS

    @classmethod
    def of(cls, per_second: float, period: Duration) -> ExcludedCapacity:
        """So many a second, taken over a period."""
        return cls(max(1, int(per_second * period / SECOND)), period)

    @property
    def clears_at(self) -> int:
        """A flood ends when no more than this came in a whole period: four fifths, so that it does not flicker."""
        return self.alerts * 4 // 5


@dataclass(frozen=True, slots=True)
class CodeInFlood:
    """An excluded code over the last period.

    devices:     How many raised it; at least so many where `has_more_devices`.
    recipients:  Alerts to each.
    """

    code: AlertCode
    alerts: int
    devices: int
    has_more_devices: bool
    recipients: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ExcludedLoad:
    """How much there is: Alerts in the last period, and since when a flood runs."""

    capacity: ExcludedCapacity
    alerts: int
    since: Instant | None


@dataclass(frozen=True, slots=True)
class ExcludedNow:
    """How it is with excluded codes at an instant.

    alerts:   In the period that ends now.
    since:    When the flood began that is running; None: there is none.
    received: Alerts of excluded codes since then, and those of the period that made it one.
    peak:     The most in any period since then.
    codes:    Those of the period, the one with most Alerts first.
    """

    at: Instant
    capacity: ExcludedCapacity
    alerts: int
    since: Instant | None
    received: int
    peak: int
    codes: Sequence[CodeInFlood]

    @property
    def over(self) -> int:
        """How many Alerts of the period are too many."""
        return max(0, self.alerts - self.capacity.alerts)


@dataclass(frozen=True, slots=True)
class FloodChange:
    """A flood has begun, or has ended; `now.since` says when it had begun."""

    has_begun: bool
    now: ExcludedNow


class ExcludedFlood:
    """Watches excluded codes.

    running_since:  A flood began then, and runs as far as is known; None: none does.
    """

    def __init__(
        self, capacity: ExcludedCapacity, now: Instant = BEFORE_ALL, running_since: Instant | None = None
    ) -> None:
        self._capacity = capacity
        self._part_us = capacity.period // _PARTS
        self._now = now
        self._since = running_since
        # What came before it began to watch is not known: a flood ends after a whole period that was seen.
        self._seen_whole_from = now + capacity.period
        self._parts: deque[_Part] = deque()
        self._alerts = 0
        self._received = 0
        self._peak = 0

    def decided(
        self, alerts: AlertBatch, outcome: NDArray[np.uint8], recipients: Recipients
    ) -> FloodChange | None:
        """These Alerts were decided, at the receipt instant of the last; what has changed by them."""
        self._let_pass(int(alerts.received_at[-1]))
        is_excluded = outcome == Outcome.EXCLUDED
        if is_excluded.any():
            self._count(alerts.take(is_excluded), recipients)
        return self._judged()

    def advance_to(self, at: Instant) -> FloodChange | None:
        """Time has come to an instant without another Alert; what has changed by that."""
        self._let_pass(at)
        return self._judged()

    def load(self) -> ExcludedLoad:
        """How much there is; `now` says of what."""
        return ExcludedLoad(self._capacity, self._alerts, self._since)

    def now(self) -> ExcludedNow:
        """How it is."""
        return ExcludedNow(
            self._now, self._capacity, self._alerts, self._since, self._received, self._peak, self._codes()
        )

    def _let_pass(self, at: Instant) -> None:
        # A journal that takes the place of one that was lost may be behind: time stands still then.
        self._now = max(self._now, at)
        while self._parts and self._parts[0].since <= self._now - self._capacity.period:
            self._alerts -= self._parts.popleft().alerts

    def _judged(self) -> FloodChange | None:
        if self._since is None:
            if self._alerts <= self._capacity.alerts:
                return None
            self._since = self._now
            self._received = self._peak = self._alerts
            return FloodChange(has_begun=True, now=self.now())
        if self._now < self._seen_whole_from or self._alerts > self._capacity.clears_at:
            return None
        ended = FloodChange(has_begun=False, now=self.now())
        self._since, self._received, self._peak = None, 0, 0
        return ended

    def _count(self, alerts: AlertBatch, recipients: Recipients) -> None:
        since = self._now // self._part_us * self._part_us
        if not self._parts or self._parts[-1].since != since:
            self._parts.append(_Part(since))
        self._parts[-1].count(alerts, recipients)
        self._alerts += len(alerts)
        if self._since is not None:
            self._received += len(alerts)
            self._peak = max(self._peak, self._alerts)

    def _codes(self) -> Sequence[CodeInFlood]:
        to: dict[AlertCode, Counter[str]] = defaultdict(Counter)
        devices: dict[AlertCode, set[int]] = defaultdict(set)
        has_more: set[AlertCode] = set()
        for part in self._parts:
            for (code, recipient), count in part.recipients.items():
                to[code][recipient] += count
            for code, some in part.devices.items():
                devices[code] |= some
                if len(some) >= MOST_DEVICES:
                    has_more.add(code)
        found = [
            CodeInFlood(code, its.total(), len(devices[code]), code in has_more, dict(its.most_common()))
            for code, its in to.items()
        ]
        return sorted(found, key=lambda it: (-it.alerts, it.code))


@dataclass(slots=True)
class _Part:
    """What came in a part of the period, from an instant on."""

    since: Instant
    alerts: int = 0
    recipients: Counter[tuple[AlertCode, str]] = field(default_factory=Counter)
    devices: dict[AlertCode, set[int]] = field(default_factory=lambda: defaultdict(set))

    def count(self, alerts: AlertBatch, recipients: Recipients) -> None:
        self.alerts += len(alerts)
        for code in np.unique(alerts.alert_code).tolist():
            of_code = alerts.alert_code == code
            numbers, counts = np.unique(alerts.recipient[of_code], return_counts=True)
            for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
                self.recipients[code, recipients.name_of(number)] += count
            devices = self.devices[code]
            if (room := MOST_DEVICES - len(devices)) > 0:
                new = set(np.unique(alerts.device_id[of_code]).tolist()) - devices
                devices.update(sorted(new)[:room])
