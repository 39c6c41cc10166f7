"""What one Device did with one code: readable, one Alert at a time.

`fleet_kernel.py` states the same over columns; `tests/equivalence/test_fleet.py`
holds the two together. Change them together. In words, with worked examples:
docs/explanation/fleet-view.md.

Both codes of a toggle pair are one code here. Of an Alert that is delivered
several times only one copy is heard (readings.md#23). Gaps, alternations and
the chatter index are of what is heard; Alerts are counted as they are received.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from math import sqrt
from typing import Final

from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import HOUR, SECOND, Duration, Instant

COPY_WITHIN: Final[Duration] = HOUR
"""An Alert to another recipient less than this after the same one was heard is a copy of it."""

SAME_ALERT_WITHIN: Final[Duration] = SECOND
"""An Alert less than this after the same one was heard is the same, whoever it is for."""

CHATTERING: Final = 0.05
"""Chatter index from which a Device is chattering: three a minute (Kondaveeti and others, 2013)."""

PER_SECOND: Final = 1_000_000_000
"""Sums of 1 / r are kept in whole parts of so many: a gap of 20 s is then exactly three a minute."""

MURMUR_RATE: Final = 3
"""Alerts of a code a day, from which a Device that is no shouter murmurs. Ours (readings.md#19): weather, a restart,
a failed Command make one or two."""

FEWEST: Final = 10
"""Activations below which neither a pattern nor chattering is told."""

CONTINUOUS_SHARE: Final = 0.75
"""Share of the period's hours with an Alert from which a Device is continuous."""

CONTINUOUS_HOURS: Final = 4
"""And at least so many hours: in a log of one hour everything fills it."""

PERIODIC_BELOW: Final = -0.5
"""Burstiness at or below which gaps are even: they spread by a third of their mean at most."""

BURST_ABOVE: Final = 0.3
"""Burstiness at or above which gaps are clustered: they spread by 1.86 of their mean at least."""


class Pattern(IntEnum):
    """How a Device raised an Alert Code over the period. Where several hold, the first named counts."""

    FEW = 0
    """Too few activations to tell."""

    CONTINUOUS = 1
    """In most hours of the period."""

    PERIODIC = 2
    """At even distances."""

    BURST = 3
    """In clusters, with long silence between."""

    IRREGULAR = 4
    """None of these: as if by chance."""


@dataclass(slots=True)
class Activity:
    """The Alerts of one Device with one code, or with both of a toggle pair.

    alerts:         All, every copy counted.
    by_code:        The same by code.
    hours_active:   Hours of the clock (UTC) with one or more.
    heard:          Those that are no copies.
    alternations:   Heard with another code than the one heard before.
    activations:    Heard with the code that was heard first: of a toggle pair, how often the state came round.
    sum_squares:    Of the gaps between activations, in seconds: the sum of their squares,
    sum_inverse:    and of PER_SECOND // r, r being the gap's whole seconds.
    """

    first_at: Instant = 0
    last_at: Instant = 0
    alerts: int = 0
    by_code: dict[AlertCode, int] = field(default_factory=dict)
    hours_active: int = 0
    heard: int = 0
    alternations: int = 0
    activations: int = 0
    sum_squares: float = 0.0
    sum_inverse: int = 0
    last_activation_at: Instant = 0
    _leading: AlertCode | None = None
    _heard_last: AlertCode | None = None
    _heard: dict[AlertCode, tuple[Instant, str]] = field(default_factory=dict)

    def receive(self, alert: Alert) -> None:
        """The next Alert of this Device and code, in receipt order."""
        if self.alerts == 0:
            self.first_at = alert.at
        if self.alerts == 0 or alert.at // HOUR != self.last_at // HOUR:
            self.hours_active += 1
        self.alerts += 1
        self.by_code[alert.alert_code] = self.by_code.get(alert.alert_code, 0) + 1
        self.last_at = alert.at
        if not self._is_copy(alert):
            self._hear(alert)

    @property
    def chatter_index(self) -> float:
        """The mean of 1 / r over the gaps between activations (Kondaveeti's sum of P_r / r), per second."""
        return self.sum_inverse / PER_SECOND / (self.activations - 1) if self.activations > 1 else 0.0

    @property
    def is_chattering(self) -> bool:
        """Whether it came and went three times a minute or faster."""
        gaps = self.activations - 1
        return self.activations >= FEWEST and self.sum_inverse >= CHATTERING * PER_SECOND * gaps

    @property
    def burstiness(self) -> float:
        """(s - m) / (s + m), m the mean and s the spread of the gaps between activations (Goh and Barabasi, 2008).

        -1 for gaps all alike, 0 for gaps as chance makes them, towards 1 for clusters with long silence between.
        """
        if self.activations <= 1:
            return 0.0
        gaps = self.activations - 1
        mean = (self.last_activation_at - self.first_at) / SECOND / gaps
        spread = sqrt(max(0.0, self.sum_squares / gaps - mean * mean))
        return (spread - mean) / (spread + mean)

    def pattern(self, days: float) -> Pattern:
        """How it was raised, by a Device that was there for some days of the period."""
        if self.activations < FEWEST:
            return Pattern.FEW
        if self.hours_active >= max(CONTINUOUS_HOURS, CONTINUOUS_SHARE * 24 * days):
            return Pattern.CONTINUOUS
        if self.burstiness <= PERIODIC_BELOW:
            return Pattern.PERIODIC
        return Pattern.BURST if self.burstiness >= BURST_ABOVE else Pattern.IRREGULAR

    def _is_copy(self, alert: Alert) -> bool:
        if alert.alert_code not in self._heard:
            return False
        before, recipient = self._heard[alert.alert_code]
        within = SAME_ALERT_WITHIN if alert.recipient == recipient else COPY_WITHIN
        return alert.at - before < within

    def _hear(self, alert: Alert) -> None:
        if self._heard_last not in (None, alert.alert_code):
            self.alternations += 1
        if self._leading is None:
            self._leading = alert.alert_code
        if alert.alert_code == self._leading:
            if self.activations > 0:
                gap = alert.at - self.last_activation_at
                self.sum_squares += (gap / SECOND) * (gap / SECOND)
                self.sum_inverse += PER_SECOND // (gap // SECOND)
            self.activations += 1
            self.last_activation_at = alert.at
        self.heard += 1
        self._heard_last = alert.alert_code
        self._heard[alert.alert_code] = alert.at, alert.recipient
