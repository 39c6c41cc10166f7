"""A weather day: faults on the network take supply from whole neighbourhoods.

A hub that loses supply says so (AD1, a DCC Alert). When supply is back the meter
says so: 8F35 after a short interruption, 8F36 after 3 minutes or more. All of it
goes to the network operator, which must never wait for any of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.estate import Numbers
from tidegate.simulation.planted import as_truth
from tidegate.simulation.traffic import Rows, Setting, To
from tidegate.vocabulary.alert_codes import parse_alert_code
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, Instant, format_instant

OUTAGE: Final = parse_alert_code("AD1")
RESTORED: Final = parse_alert_code("8F35")
RESTORED_LATE: Final = parse_alert_code("8F36")

LONG_OUTAGE_US: Final = 3 * MINUTE
"""From here on it is 8F36, "Outage >= 3 minutes"."""

# Invented: how large faults are, how long they last, how much of the window sees new ones, how many
# hubs get their last word out, and how spread out the messages of one fault are.
_PREMISES_OF_A_FAULT: Final = 80.0
_FAULT_SPREAD: Final = 0.9
_LARGEST_FAULT: Final = 2_000
_SHORT_SHARE: Final = 0.2
_TYPICAL_OUTAGE_US: Final = 50 * MINUTE
_ONSET_SHARE: Final = 0.6
_LAST_WORD_SHARE: Final = 0.8
_JITTER_US: Final = 60 * SECOND


@dataclass(frozen=True, slots=True)
class Weather:
    """Weather that takes supply from a share of all premises, in a window of time.

    day:             Day of the log, from 0; the last day of a log that is shorter.
    from_hour:       Hour of that day at which the first faults may come.
    hours:           Length of the window; every Alert of the weather lies in it.
    premises_share:  Premises that lose supply (some twice), 0 to 1, of those it strikes.
    area:            Name of the licence area it strikes; None: all of them.
    """

    day: int
    from_hour: int
    hours: int
    premises_share: float
    area: str | None = None

    def begin(self, setting: Setting) -> _Stormy:
        """Put it to work."""
        return _Stormy(self, setting)


class _Stormy:
    def __init__(self, cause: Weather, setting: Setting) -> None:
        last_day = (setting.until - setting.since - 1) // DAY
        self._since = setting.since + min(cause.day, last_day) * DAY + cause.from_hour * HOUR
        self._until = self._since + cause.hours * HOUR
        self._faults = self._affected = 0
        rows = self._events(cause, setting) if setting.seen & To.NETWORK_OPERATOR else Rows.concatenate([])
        self._rows = rows.take(np.argsort(rows.at, kind="stable"))
        days = max(1.0, (setting.until - setting.since) / DAY)
        self.alerts_per_day = len(rows) / days

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        del random
        first, last = np.searchsorted(self._rows.at, (since, until))
        return self._rows.take(np.arange(first, last))

    def truth(self) -> Mapping[str, Any]:
        return {
            **as_truth("weather", [OUTAGE, RESTORED, RESTORED_LATE], []),
            "from": format_instant(self._since),
            "until": format_instant(self._until),
            "faults": self._faults,
            "premises": self._affected,
        }

    def _events(self, cause: Weather, setting: Setting) -> Rows:
        random, estate = setting.random, setting.estate
        window = self._until - self._since
        struck = range(estate.premises)
        if cause.area is not None:
            struck = estate.premises_in([area.name for area in estate.areas].index(cause.area))
        wanted = round(cause.premises_share * len(struck))
        largest = min(_LARGEST_FAULT, max(1, len(struck) // 20))
        chosen: list[int] = []
        while sum(chosen) < wanted:
            drawn = int(random.lognormal(np.log(_PREMISES_OF_A_FAULT), _FAULT_SPREAD))
            chosen.append(min(max(1, drawn), largest, wanted - sum(chosen)))
        self._faults, self._affected = len(chosen), sum(chosen)
        size = np.array(chosen, np.int64)
        faults = len(size)
        lost_at = self._since + (random.triangular(0, 0.4, 1, faults) * _ONSET_SHARE * window).astype(
            np.int64
        )
        # Supply is back a little before the window closes, so that every message lies in it.
        longest = self._until - 2 * _JITTER_US - lost_at
        is_short = random.random(faults) < _SHORT_SHARE
        short = random.uniform(2 * SECOND, LONG_OUTAGE_US, faults)
        long = LONG_OUTAGE_US + random.lognormal(np.log(_TYPICAL_OUTAGE_US), 0.8, faults)
        lasted = np.minimum(np.where(is_short, short, long).astype(np.int64), longest)
        first = struck.start + (random.random(faults) * (len(struck) - size + 1)).astype(np.int64)
        return self._messages(setting, first, size, lost_at, lasted)

    def _messages(
        self, setting: Setting, first: Numbers, size: Numbers, lost_at: Numbers, lasted: Numbers
    ) -> Rows:
        random, estate = setting.random, setting.estate
        of = np.repeat(np.arange(len(size)), size)
        premises = first[of] + np.arange(len(of)) - np.repeat(np.cumsum(size) - size, size)
        told_at = lost_at[of] + random.integers(0, _JITTER_US, len(of))
        speaks = random.random(len(of)) < _LAST_WORD_SHARE
        back_at = lost_at[of] + lasted[of] + random.integers(0, _JITTER_US, len(of))
        code = np.where(lasted[of] < LONG_OUTAGE_US, np.uint32(RESTORED), np.uint32(RESTORED_LATE))
        hubs, meters = (estate.in_premises(kind, premises) for kind in (DeviceType.CHF, DeviceType.ESME))
        has_hub, has_meter = hubs < estate.devices, meters < estate.devices
        hub_speaks = speaks & has_hub
        return Rows.concatenate(
            [
                setting.deliver(told_at[hub_speaks], hubs[hub_speaks], OUTAGE, To.NETWORK_OPERATOR),
                setting.deliver(back_at[has_meter], meters[has_meter], code[has_meter], To.NETWORK_OPERATOR),
            ]
        )
