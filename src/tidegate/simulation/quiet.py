"""Quiet traffic: Devices with nothing wrong, each raising an Alert now and then.

Alerts come as a Poisson process whose rate follows the hours of the day. Which
Device raises one is drawn anew each time, so that nearly every Alert of a large
estate belongs to a stream of its own: what a nation's log looks like.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.code_mix import DEVICE_ALERTS, HOURS, CodeShare
from tidegate.simulation.mixing import lookup
from tidegate.simulation.planted import as_truth
from tidegate.simulation.traffic import Rows, Setting
from tidegate.vocabulary.instants import DAY, HOUR, Instant


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet traffic of an estate.

    alerts_per_device_day:  Rows in the log per Device of the estate and day, on average.
    mix:                    The codes and their shares; those the log does not show are left out.
    """

    alerts_per_device_day: float
    mix: Sequence[CodeShare] = DEVICE_ALERTS
    kind: str = "quiet"

    def begin(self, setting: Setting) -> _QuietTraffic:
        """Put it to work."""
        return _QuietTraffic(self, setting)


class _QuietTraffic:
    def __init__(self, cause: Quiet, setting: Setting) -> None:
        self._cause = cause
        self._setting = setting
        estate = setting.estate
        mix = [share for share in cause.mix if share.to & setting.seen and estate.count(share.device_type)]
        weights = np.array([share.weight for share in mix])
        self._choice = lookup(weights)
        shares = np.bincount(self._choice, minlength=len(mix)) / len(self._choice)
        rows_per_event = float(shares @ [(share.to & setting.seen).bit_count() for share in mix])
        self.alerts_per_day = cause.alerts_per_device_day * estate.devices
        self._events_per_day = self.alerts_per_day / rows_per_event
        self._codes = np.array([share.code for share in mix], np.uint32)
        self._to = np.array([share.to for share in mix], np.uint8)
        self._types = np.array([share.device_type for share in mix])
        self._counts = np.array([estate.count(kind) for kind in DeviceType], np.uint64)

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        hour = HOURS[since // HOUR % 24]
        count = int(random.poisson(self._events_per_day * hour * (until - since) / DAY))
        # Sums of exponential gaps, scaled to the slice, are uniform instants already in order.
        steps = np.cumsum(random.standard_exponential(count + 1))
        at = since + (steps[:-1] * ((until - since) / steps[-1])).astype(np.int64)
        chosen = self._choice[random.integers(0, 1 << 16, count, np.uint16)]
        types = self._types[chosen]
        drawn = random.integers(0, 1 << 32, count, np.uint32).astype(np.uint64)
        ordinals = ((drawn * self._counts[types]) >> np.uint64(32)).astype(np.int64)
        device = np.empty(count, np.int64)
        for kind in DeviceType:
            of_kind = np.flatnonzero(types == kind)
            device[of_kind] = self._setting.estate.of_type(kind, ordinals[of_kind])
        return self._setting.deliver(at, device, self._codes[chosen], self._to[chosen])

    def truth(self) -> Mapping[str, Any]:
        return {
            **as_truth(self._cause.kind, [], []),
            "alerts_per_device_day": self._cause.alerts_per_device_day,
        }
