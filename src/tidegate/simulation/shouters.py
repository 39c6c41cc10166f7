"""Shouters: a few Devices that raise one code in bursts of up to one Alert a second (`bursts.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.bursts import bursts, candidates
from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.estate import Numbers
from tidegate.simulation.planted import as_truth, products_of
from tidegate.simulation.traffic import Rows, Setting, To
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant

FASTEST_PER_HOUR: Final = 3_600
_SLOWEST_PER_HOUR: Final = 1
_PACE_RANGE: Final = 6.0
_MOST_IN_TRUTH: Final = 10_000


@dataclass(frozen=True, slots=True)
class Shouters:
    """Devices shouting one code. On/off shares and paces are invented, the totals are not.

    events_per_day: Of each on average; an event is one Alert to each recipient.
    count:          How many, whatever the size of the estate.
    per_million:    And how many for each million Devices of the estate.
    worst_share:    Part of them that raise an Alert a second while they are on.
    worst_on_share: Part of the day that those are on.
    on_share:       Part of the day that the others are on.
    pace_per_hour:  Least and most events an hour of the others while on, instead of events_per_day.
    firmwares:      Places in `catalogue.FIRMWARES` of what most of them have; empty: no product is behind it.
    firmware_share: Part of the shouters that have it (UX.md 2.6: 70 %).
    device_type:    What they are.
    supplier:       Name of the supplier that all of them have; None: any.
    """

    events_per_day: float = 0.0
    count: int = 0
    per_million: float = 0.0
    worst_share: float = 0.0
    worst_on_share: float = 0.25
    on_share: float = 0.35
    pace_per_hour: tuple[float, float] | None = None
    firmwares: Sequence[int] = ()
    firmware_share: float = 0.7
    device_type: DeviceType = DeviceType.ESME
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
        self._bursts = bursts(setting, per_hour, on_share)
        self._per_hour = per_hour

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        del random
        events = self._bursts.between(since, until)
        return self._setting.deliver(events.at, self.devices[events.who], self._cause.code, self._cause.to)

    def truth(self) -> Mapping[str, Any]:
        cause, estate = self._cause, self._setting.estate
        ids = estate.device_ids(self.devices[:_MOST_IN_TRUTH])
        per_hour = self._per_hour[:_MOST_IN_TRUTH]
        has_firmware = np.isin(estate.firmwares_of(self.devices), np.array(cause.firmwares, np.int64))
        return {
            **as_truth(Kind.SHOUTERS, [cause.code], products_of(cause.device_type, cause.firmwares)),
            "shouters": len(self.devices),
            "of_product": int(has_firmware.sum()),
            "devices": [
                {"device_id": format_device_id(int(device_id)), "per_hour_while_on": round(float(pace), 1)}
                for device_id, pace in zip(ids, per_hour, strict=True)
            ],
        }


def _choose(cause: Shouters, setting: Setting, count: int) -> Numbers:
    estate = setting.estate
    found = candidates(estate, cause.device_type, setting.random)
    if cause.supplier is not None:
        supplier = estate.recipients.number_of(cause.supplier)
        found = found[estate.suppliers_of(found) == supplier]
    if not cause.firmwares:
        return found[:count]
    has_firmware = np.isin(estate.firmwares_of(found), np.array(cause.firmwares, np.int64))
    of_it = found[has_firmware][: round(count * cause.firmware_share)]
    # An estate too small to have enough with the firmware gets the rest from others.
    return np.concatenate([of_it, found[~has_firmware]])[:count]


def _paces(
    cause: Shouters, random: np.random.Generator, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Alerts per hour while on, and the part of the day it is on, of each shouter."""
    worst = round(cause.worst_share * count)
    per_hour = np.full(count, float(FASTEST_PER_HOUR))
    on_share = np.full(count, cause.worst_on_share)
    others = count - worst
    if others and cause.pace_per_hour is not None:
        least, most = cause.pace_per_hour
        per_hour[worst:] = np.exp(random.uniform(np.log(least), np.log(most), others))
        on_share[worst:] = cause.on_share
    elif others:
        drawn = np.exp(random.uniform(0.0, np.log(_PACE_RANGE), others))
        left = cause.events_per_day * count - worst * FASTEST_PER_HOUR * 24 * cause.worst_on_share
        assert left > 0, "the worst shouters alone raise more than all are to raise"
        drawn *= left / (24 * cause.on_share) / drawn.sum()
        per_hour[worst:] = np.clip(drawn, _SLOWEST_PER_HOUR, FASTEST_PER_HOUR)
        on_share[worst:] = cause.on_share
    return per_hour, on_share
