"""Rounds: many Devices that each raise the same number of Alerts, at even distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.estate import devices_with
from tidegate.simulation.mixing import fractions, mixed
from tidegate.simulation.planted import as_truth, products_of
from tidegate.simulation.traffic import Rows, Setting, To
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import DAY, HOUR, Duration, Instant


@dataclass(frozen=True, slots=True)
class Rounds:
    """Devices of some firmwares, each raising so many Alerts on one day.

    firmwares:   Places in `catalogue.FIRMWARES`.
    at_most:     Of the Devices that have them, no more than so many raise any; the same ones in every round.
    alerts_each: Alerts of each Device, to each recipient.
    apart_us:    From one Alert of a Device to its next, give or take a tenth.
    day, from_hour: When the first Devices begin: day of the log, and hour.
    within_us:   All have begun after so long.
    """

    code: AlertCode
    firmwares: Sequence[int]
    at_most: int
    alerts_each: int
    apart_us: Duration
    day: int
    from_hour: int
    within_us: Duration
    device_type: DeviceType = DeviceType.ESME
    to: To = To.NETWORK_OPERATOR

    def begin(self, setting: Setting) -> _Going:
        """Put it to work."""
        return _Going(self, setting)


class _Going:
    def __init__(self, cause: Rounds, setting: Setting) -> None:
        self._cause = cause
        found = devices_with(setting.estate, cause.device_type, cause.firmwares)
        # Identifiers are scattered: the first of them are anywhere, and the same ones in every round.
        scattered = found[np.argsort(setting.estate.device_ids(found))]
        self._devices = np.sort(scattered[: cause.at_most])
        begins = setting.since + cause.day * DAY + cause.from_hour * HOUR
        first = begins + setting.random.integers(0, cause.within_us, len(self._devices))
        # The first of each is on time, so that a whole number of Alerts lies within a known time.
        number = np.arange(cause.alerts_each)
        of_each = self._devices[:, None] * cause.alerts_each + number
        jitter = (fractions(mixed(of_each, setting.seed)) * 0.1 * (number > 0) * cause.apart_us).astype(
            np.int64
        )
        at = (first[:, None] + number * cause.apart_us + jitter).ravel()
        device = np.repeat(self._devices, cause.alerts_each)
        inside = at < setting.until
        rows = setting.deliver(at[inside], device[inside], cause.code, cause.to)
        self._rows = rows.take(np.argsort(rows.at, kind="stable"))
        self.alerts_per_day = len(rows) / max(1.0, (setting.until - setting.since) / DAY)

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        del random
        first, last = np.searchsorted(self._rows.at, (since, until))
        return self._rows.take(np.arange(first, last))

    def truth(self) -> Mapping[str, Any]:
        cause = self._cause
        return {
            **as_truth(Kind.MURMUR, [cause.code], products_of(cause.device_type, cause.firmwares)),
            "devices_of_it": len(self._devices),
            "alerts_each": cause.alerts_each,
        }
