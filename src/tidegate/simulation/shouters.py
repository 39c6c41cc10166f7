"""Shouters: a few Devices that raise one code in bursts of up to one Alert a second.

Each day a shouter has three bursts, of different lengths and at different times,
which fill a fixed part of the day. Within a burst it raises Alerts at a steady
pace with a little jitter. An event of a burst is worked out from its number, so
nothing is remembered from slice to slice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.simulation.catalogue import FIRMWARES, DeviceType
from tidegate.simulation.estate import Numbers
from tidegate.simulation.mixing import fractions, mixed
from tidegate.simulation.traffic import Rows, Setting, To
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, parse_alert_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import DAY, HOUR, Instant

FASTEST_PER_HOUR: Final = 3_600
_SLOWEST_PER_HOUR: Final = 1
_BURSTS_A_DAY: Final = 3
_ON_SHARE: Final = 0.35
_PACE_RANGE: Final = 6.0
_CANDIDATES: Final = 200_000
_MOST_IN_TRUTH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Shouters:
    """Devices shouting one code. On/off shares and paces are invented, the totals are not.

    count:          How many, whatever the size of the estate; all of them ESMEs.
    per_million:    And how many for each million Devices of the estate.
    events_per_day: Of each on average; an event is one Alert to each recipient.
    worst_share:    Part of them that raise an Alert a second while they are on.
    worst_on_share: Part of the day that those are on.
    firmware:       Place in `catalogue.FIRMWARES` of the firmware that most of them have.
    firmware_share: Part of the shouters that have it (UX.md 2.6: 70 %).
    supplier:       Name of the supplier that all of them have; None: any.
    """

    events_per_day: float
    firmware: int
    count: int = 0
    per_million: float = 0.0
    worst_share: float = 0.0
    worst_on_share: float = 0.25
    firmware_share: float = 0.7
    supplier: str | None = None
    code: AlertCode = parse_alert_code("8F75")  # noqa: RUF009 -- a pure function of a literal
    to: To = To.BOTH

    def begin(self, setting: Setting) -> _Shouting:
        """Put it to work."""
        return _Shouting(self, setting)


class _Shouting:
    def __init__(self, cause: Shouters, setting: Setting) -> None:
        self._cause = cause
        self._setting = setting
        count = cause.count + round(cause.per_million * setting.estate.devices / 1e6)
        self.devices = _choose(cause, setting, count)
        per_hour, on_share = _paces(cause, setting.random, len(self.devices))
        self.alerts_per_day = float((per_hour * 24 * on_share).sum()) * (cause.to & setting.seen).bit_count()
        self._bursts = _bursts(setting, per_hour, on_share)
        self._per_hour = per_hour

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        del random
        bursts = self._bursts
        on = np.flatnonzero((bursts.start < until) & (bursts.end > since))
        start, gap, events = bursts.start[on], bursts.gap[on], bursts.events[on]
        # Jitter keeps an event within its gap; those at the edges are sorted out below.
        first = np.clip((since - start) // gap, 0, events)
        count = np.clip((until - start) // gap + 1, first, events) - first
        of = np.repeat(np.arange(len(on)), count)
        number = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count) + first[of]
        jitter = fractions(mixed((on[of] << 32) + number, self._setting.seed))
        at = start[of] + ((number + jitter) * gap[of]).astype(np.int64)
        inside = (at >= since) & (at < until)
        device = self.devices[bursts.shouter[on[of[inside]]]]
        return self._setting.deliver(at[inside], device, self._cause.code, self._cause.to)

    def truth(self) -> Mapping[str, Any]:
        firmware = FIRMWARES[self._cause.firmware]
        ids = self._setting.estate.device_ids(self.devices[:_MOST_IN_TRUTH])
        per_hour = self._per_hour[:_MOST_IN_TRUTH]
        return {
            "kind": "shouters",
            "codes": [format_alert_code(self._cause.code)],
            "shouters": len(self.devices),
            "of_firmware": int(
                (self._setting.estate.firmwares_of(self.devices) == self._cause.firmware).sum()
            ),
            "firmwares": [
                {
                    "manufacturer": firmware.manufacturer,
                    "model": firmware.model,
                    "firmware": firmware.version,
                }
            ],
            "devices": [
                {"device_id": format_device_id(int(device_id)), "per_hour_while_on": round(float(pace), 1)}
                for device_id, pace in zip(ids, per_hour, strict=True)
            ],
        }


@dataclass(frozen=True, slots=True)
class _Bursts:
    """Bursts as columns: whose, from when to when, microseconds from event to event, how many events."""

    shouter: Numbers
    start: Numbers
    end: Numbers
    gap: Numbers
    events: Numbers


def _choose(cause: Shouters, setting: Setting, count: int) -> Numbers:
    estate, random = setting.estate, setting.random
    esmes = estate.count(DeviceType.ESME)
    if esmes <= _CANDIDATES:
        ordinals = random.permutation(esmes)
    else:
        ordinals = random.permutation(np.unique(random.integers(0, esmes, _CANDIDATES)))
    candidates = estate.of_type(DeviceType.ESME, ordinals)
    if cause.supplier is not None:
        supplier = estate.recipients.number_of(cause.supplier)
        candidates = candidates[estate.suppliers_of(candidates) == supplier]
    has_firmware = estate.firmwares_of(candidates) == cause.firmware
    of_it = candidates[has_firmware][: round(count * cause.firmware_share)]
    # An estate too small to have enough with the firmware gets the rest from others.
    return np.concatenate([of_it, candidates[~has_firmware]])[:count]


def _paces(
    cause: Shouters, random: np.random.Generator, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Alerts per hour while on, and the part of the day it is on, of each shouter."""
    worst = round(cause.worst_share * count)
    per_hour = np.full(count, float(FASTEST_PER_HOUR))
    on_share = np.full(count, cause.worst_on_share)
    others = count - worst
    if others:
        drawn = np.exp(random.uniform(0.0, np.log(_PACE_RANGE), others))
        left = cause.events_per_day * count - worst * FASTEST_PER_HOUR * 24 * cause.worst_on_share
        assert left > 0, "the worst shouters alone raise more than all are to raise"
        drawn *= left / (24 * _ON_SHARE) / drawn.sum()
        per_hour[worst:] = np.clip(drawn, _SLOWEST_PER_HOUR, FASTEST_PER_HOUR)
        on_share[worst:] = _ON_SHARE
    return per_hour, on_share


def _bursts(setting: Setting, per_hour: NDArray[np.float64], on_share: NDArray[np.float64]) -> _Bursts:
    days, shouters = -(-(setting.until - setting.since) // DAY), len(per_hour)
    # A day is off, on, off, on, off, on, off: the parts are drawn and scaled to fill it.
    on = setting.random.standard_gamma(2.0, (days, shouters, _BURSTS_A_DAY))
    off = setting.random.standard_gamma(2.0, (days, shouters, _BURSTS_A_DAY + 1))
    on *= (on_share * DAY / on.sum(axis=2))[..., None]
    off *= ((1 - on_share) * DAY / off.sum(axis=2))[..., None]
    start = np.cumsum(off[..., :-1], axis=2) + np.cumsum(on, axis=2) - on
    start += setting.since + np.arange(days)[:, None, None] * DAY
    gap = np.broadcast_to((HOUR / per_hour)[:, None], on.shape).astype(np.int64)
    return _Bursts(
        np.broadcast_to(np.arange(shouters)[:, None], on.shape).ravel(),
        start.astype(np.int64).ravel(),
        (start + on).astype(np.int64).ravel(),
        gap.ravel(),
        np.maximum(1, on.astype(np.int64) // gap).ravel(),
    )
