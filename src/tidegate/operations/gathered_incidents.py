"""The Communications Hub Functions that an Incident is raised for, or would be, gathered as Devices are assessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.inventory import numbered_together
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_incidents import (
    COMMUNICATIONS_HUB_FUNCTION,
    ProblemKey,
    incident_of_change,
)
from tidegate.reports.commissioning_status import DIMENSIONS


class IncidentsGathered:
    """Takes Devices shard by shard.

    parts:  Communications Hub Functions that either set of criteria calls failed.
    hubs:   Communications Hub Functions there are at all.
    """

    def __init__(self) -> None:
        self.parts: list[DevicesAssessed] = []
        self.hubs = 0

    def write(self, devices: DevicesAssessed) -> None:
        """Some Devices."""
        kind = devices.dimensions[DIMENSIONS.index("device_type")]
        is_hub = np.array([text.upper() == COMMUNICATIONS_HUB_FUNCTION for text in kind.texts], np.bool_)[
            kind.places
        ]
        self.hubs += int(is_hub.sum())
        is_called = np.array(
            [incident_of_change(each.step.change) is not None for each in devices.told], np.bool_
        )
        chosen = is_hub & is_called[devices.of]
        if chosen.any():
            self.parts.append(devices.where(chosen))

    def of(self, dimension: str, value: str) -> list[DevicesAssessed]:
        """Those of one value of a dimension."""
        place = DIMENSIONS.index(dimension)
        found = []
        for part in self.parts:
            said = part.dimensions[place]
            if value in said.texts:
                is_theirs = said.places == said.texts.index(value)
                if is_theirs.any():
                    found.append(part.where(is_theirs))
        return found


def problems_of(devices: DevicesAssessed, numbers: Mapping[ProblemKey, int]) -> NDArray[np.int64]:
    """The number of each one's problem.

    devices:  Some that were gathered.
    numbers:  `problem_numbers` of the report.
    """
    region = devices.dimensions[DIMENSIONS.index("csp_region")]
    columns: list[NDArray[Any]] = [devices.of, region.places]
    which, first = numbered_together(columns)
    found = []
    for of, where in zip(*(column[first].tolist() for column in columns), strict=True):
        step = devices.told[of].step
        incident = incident_of_change(step.change)
        assert incident is not None, "it is gathered"
        found.append(numbers[ProblemKey(incident, step, region.texts[where])])
    return np.array(found, np.int64)[which]
