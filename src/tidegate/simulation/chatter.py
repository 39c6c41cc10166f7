"""Chatter: meters whose toggle pair goes to and fro in bouts (ISA-18.2 calls such an alarm chattering).

In a bout the two codes take turns at a steady pace (`bursts.py`). Neither code
need be over a threshold that both together are over: which of the two is counted
is a matter of the policy's code groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from tidegate.alert_storm.causes import Kind
from tidegate.simulation.bursts import bursts
from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.estate import devices_with
from tidegate.simulation.planted import as_truth, products_of
from tidegate.simulation.traffic import Rows, Setting, To
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant

_MOST_IN_TRUTH: Final = 1_000


@dataclass(frozen=True, slots=True)
class Chatter:
    """All meters of some firmwares chattering for a part of each day.

    firmwares:     Places in `catalogue.FIRMWARES`.
    codes:         The two of the pair; a bout begins with the first.
    pace_per_hour: Least and most Alerts an hour in a bout, both codes together; a meter keeps its pace.
    on_share:      Part of the day that a meter is in a bout.
    """

    firmwares: Sequence[int]
    codes: tuple[AlertCode, AlertCode]
    pace_per_hour: tuple[float, float]
    on_share: float
    to: To = To.NETWORK_OPERATOR

    def begin(self, setting: Setting) -> _Chattering:
        """Put it to work."""
        return _Chattering(self, setting)


class _Chattering:
    def __init__(self, cause: Chatter, setting: Setting) -> None:
        self._cause = cause
        self._setting = setting
        self._meters = devices_with(setting.estate, DeviceType.ESME, cause.firmwares)
        self._per_hour = per_hour = setting.random.uniform(*cause.pace_per_hour, len(self._meters))
        self._bursts = bursts(setting, per_hour, np.full(len(per_hour), cause.on_share))
        self.alerts_per_day = (
            float(per_hour.sum()) * 24 * cause.on_share * (cause.to & setting.seen).bit_count()
        )

    def alerts(self, since: Instant, until: Instant, random: np.random.Generator) -> Rows:
        del random
        events = self._bursts.between(since, until)
        code = np.array(self._cause.codes, np.uint32)[events.number % 2]
        return self._setting.deliver(events.at, self._meters[events.who], code, self._cause.to)

    def truth(self) -> Mapping[str, Any]:
        ids = self._setting.estate.device_ids(self._meters[:_MOST_IN_TRUTH])
        return {
            **as_truth(Kind.MURMUR, self._cause.codes, products_of(DeviceType.ESME, self._cause.firmwares)),
            "meters": len(self._meters),
            "pace_per_hour": list(self._cause.pace_per_hour),
            "devices": [
                {"device_id": format_device_id(int(device_id)), "per_hour_while_on": round(float(pace), 1)}
                for device_id, pace in zip(ids, self._per_hour[: len(ids)], strict=True)
            ],
        }
