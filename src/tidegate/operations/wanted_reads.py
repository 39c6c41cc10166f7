"""The Devices that a read would settle, gathered as they are assessed: by the User that is to read each."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.next_action import NextAction
from tidegate.operations.plan_reads import WantedReads
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_status import DIMENSIONS

READERS: Final = ("supplier", "network_operator")
"""Who may send 6.24.1, the first that is registered: a Communications Hub Function has neither (DUIS, `srv_list`)."""


class WantedReadsGathered:
    """Takes Devices shard by shard; of a User's, arrays."""

    def __init__(self) -> None:
        self._parts: dict[str, list[WantedReads]] = {}

    def write(self, devices: DevicesAssessed) -> None:
        """Some Devices."""
        is_wanted = np.array([each.action == NextAction.READ.text for each in devices.told], np.bool_)
        is_untold = np.array([each.verdicts[-1] is Verdict.UNDETERMINED for each in devices.told], np.bool_)[
            devices.of
        ]
        chosen = np.flatnonzero(is_wanted[devices.of])
        if not len(chosen):
            return
        texts, reader = _readers(devices, chosen)
        for place in np.unique(reader).tolist():
            theirs = chosen[reader == place]
            part = WantedReads(devices.device_id[theirs], is_untold[theirs], devices.months_open[theirs])
            self._parts.setdefault(texts[place], []).append(part)

    def by_user(self) -> dict[str, WantedReads]:
        """All of them; empty: a Device that no User is known to be registered for."""
        return {
            user: WantedReads(
                np.concatenate([each.device_id for each in parts]),
                np.concatenate([each.is_untold for each in parts]),
                np.concatenate([each.months_open for each in parts]),
            )
            for user, parts in self._parts.items()
        }


def _readers(devices: DevicesAssessed, chosen: NDArray[np.int64]) -> tuple[list[str], NDArray[np.int64]]:
    """Who is to read some Devices: names, and the place in them of each Device's."""
    texts = [""]
    reader = np.zeros(len(chosen), np.int64)
    for name in reversed(READERS):
        said = devices.dimensions[DIMENSIONS.index(name)]
        places = said.places[chosen].astype(np.int64)
        is_said = np.array([bool(text) for text in said.texts], np.bool_)[places]
        reader = np.where(is_said, places + len(texts), reader)
        texts += said.texts
    return texts, reader
