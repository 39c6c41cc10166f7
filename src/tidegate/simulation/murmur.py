"""Murmur: many meters of one firmware that chatter, each of them under any threshold.

A meter goes to and fro between "power factor below" (8014) and "power factor OK"
(8015): a toggle pair. How long it stays is log-normal, and never less than
`SHORTEST_STAY`, so that no meter raises more than 30 Alerts in an hour, both codes
together. That is the traffic the consulted parameters would not have touched
(Western Power Distribution's response to SECMP0062).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.estate import Numbers, devices_with
from tidegate.simulation.planted import BACKGROUND, as_truth, products_of
from tidegate.simulation.traffic import Rows, Setting, To
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import DAY, SECOND, Duration, Instant

SHORTEST_STAY: Final[Duration] = 125 * SECOND
"""28 stays of this length fit into an hour, hence at most 29 Alerts in any window of one."""

_BELOW_SHARE: Final = 0.15
"""Part of the time a chattering meter's power factor is below its threshold. Invented."""

_SPREAD: Final = 0.8
"""Sigma of the log-normal stays; also invented is how unlike each other the meters are:"""
_METER_SPREAD: Final = 0.4

_BELOW, _OK = parse_alert_code("8014"), parse_alert_code("8015")


@dataclass(frozen=True, slots=True)
class Murmur:
    """Meters of some firmwares chattering.

    firmwares:             Places in `catalogue.FIRMWARES`.
    alerts_per_meter_day:  8014 and 8015 together, on average over the meters.
    is_background:         What meters do with nothing wrong: the truth calls it no cause.
    """

    firmwares: Sequence[int]
    alerts_per_meter_day: float
    is_background: bool = False

    def begin(self, setting: Setting) -> _Murmuring:
        """Put it to work."""
        return _Murmuring(self, setting)


class _Murmuring:
    def __init__(self, cause: Murmur, setting: Setting) -> None:
        self._cause = cause
        self._setting = setting
        shown = bool(setting.seen & To.NETWORK_OPERATOR)
        self._meters = np.empty(0, np.int64)
        if shown:
            self._meters = devices_with(setting.estate, DeviceType.ESME, cause.firmwares)
        self._recipient = setting.estate.network_operators_of(self._meters)
        random, meters = setting.random, len(self._meters)
        rate = cause.alerts_per_meter_day * random.lognormal(-(_METER_SPREAD**2) / 2, _METER_SPREAD, meters)
        pair = np.maximum(2 * DAY / rate, 1.5 * SHORTEST_STAY / _BELOW_SHARE)
        self.alerts_per_day = float((2 * DAY / pair).sum())
        self._mean_stay = np.stack([pair * (1 - _BELOW_SHARE), pair * _BELOW_SHARE])
        self._is_below = random.random(meters) < _BELOW_SHARE
        # The stay a meter is found in is likelier to be a long one, and it is found anywhere in it.
        found = self._stays(np.arange(meters), random, _SPREAD**2 / 2)
        self._next_at = setting.since + (random.random(meters) * found).astype(np.int64)

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        assert since >= self._setting.since
        parts: list[Rows] = []
        due = np.flatnonzero(self._next_at < until)
        while len(due):
            at = self._next_at[due]
            # What is told at the end of a stay is the state it gives way to.
            self._is_below[due] ^= True
            code = np.where(self._is_below[due], np.uint32(_BELOW), np.uint32(_OK))
            parts.append(Rows(at, self._meters[due], code, self._recipient[due]))
            self._next_at[due] = at + self._stays(due, random, -(_SPREAD**2) / 2).astype(np.int64)
            due = due[self._next_at[due] < until]
        return Rows.concatenate(parts)

    def truth(self) -> Mapping[str, Any]:
        cause = self._cause
        products = [] if cause.is_background else products_of(DeviceType.ESME, cause.firmwares)
        return {
            **as_truth(BACKGROUND if cause.is_background else Kind.MURMUR, [_BELOW, _OK], products),
            "meters": len(self._meters),
            "alerts_per_meter_day": cause.alerts_per_meter_day,
        }

    def _stays(self, which: Numbers, random: np.random.Generator, log_mean: float) -> NDArray[np.float64]:
        """How long some meters stay in the state they are in, in microseconds."""
        mean = self._mean_stay[self._is_below[which].astype(np.intp), which]
        drawn: NDArray[np.float64] = random.lognormal(log_mean, _SPREAD, len(which))
        return SHORTEST_STAY + (mean - SHORTEST_STAY) * drawn
