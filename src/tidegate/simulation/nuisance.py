"""Nuisance: Devices that raise a code now and then, some of them far more often than others.

Each Device has a rate of its own, drawn from a gamma distribution: the counts of
all are negative-binomial, which is what real fleets look like, and what a test
that takes Devices for alike would call a fault where there is none. For one
product it is murmur; for a whole fleet it is the background murmur stands out of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.estate import devices_with
from tidegate.simulation.planted import BACKGROUND, as_truth, products_of
from tidegate.simulation.traffic import Rows, Setting, To
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import DAY, Instant


@dataclass(frozen=True, slots=True)
class Nuisance:
    """Devices of a type raising one code.

    alerts_per_device_day: On average; an event is one Alert to each recipient.
    likeness:   Shape of the gamma distribution of their rates: the lower, the more unlike each other they are.
    firmwares:  Places in `catalogue.FIRMWARES` of those that do; None: all, and it is nobody's fault.
    neighbours: Only those in so many premises side by side, at a place drawn; 0: anywhere.
    """

    code: AlertCode
    device_type: DeviceType
    alerts_per_device_day: float
    likeness: float
    firmwares: Sequence[int] | None = None
    neighbours: int = 0
    to: To = To.BOTH

    def begin(self, setting: Setting) -> _Raising:
        """Put it to work."""
        return _Raising(self, setting)


class _Raising:
    def __init__(self, cause: Nuisance, setting: Setting) -> None:
        self._cause = cause
        self._setting = setting
        estate, random = setting.estate, setting.random
        devices = devices_with(estate, cause.device_type, cause.firmwares)
        if cause.neighbours:
            first = int(random.integers(0, max(1, estate.premises - cause.neighbours)))
            premises = estate.premises_of(devices)
            devices = devices[(premises >= first) & (premises < first + cause.neighbours)]
        self._devices = devices
        rates = cause.alerts_per_device_day / cause.likeness
        self._up_to = np.cumsum(rates * random.standard_gamma(cause.likeness, len(devices)))
        self._events_per_day = float(self._up_to[-1]) if len(devices) else 0.0
        self.alerts_per_day = self._events_per_day * (cause.to & setting.seen).bit_count()

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        count = int(random.poisson(self._events_per_day * (until - since) / DAY))
        at = np.sort(random.integers(since, until, count))
        drawn = random.random(count) * self._events_per_day
        who = np.minimum(np.searchsorted(self._up_to, drawn, side="right"), len(self._devices) - 1)
        return self._setting.deliver(at, self._devices[who], self._cause.code, self._cause.to)

    def truth(self) -> Mapping[str, Any]:
        cause = self._cause
        products = [] if cause.firmwares is None else products_of(cause.device_type, cause.firmwares)
        return {
            **as_truth(BACKGROUND if cause.firmwares is None else Kind.MURMUR, [cause.code], products),
            "devices_of_it": len(self._devices),
            "alerts_per_device_day": cause.alerts_per_device_day,
            "likeness": cause.likeness,
        }
