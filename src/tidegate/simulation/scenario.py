"""A scenario: an estate, what is wrong with it, and which argument of the industry it replays.

A scenario is data. To add one, add a module to `scenarios/` with a `SCENARIO` in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tidegate.simulation.areas import AREAS, Area
from tidegate.simulation.delivery import AdapterOutage, Imperfections
from tidegate.simulation.traffic import Cause, To
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

MOST_DEVICES: Final = 1_000_000_000
MOST_DAYS: Final = 366


@dataclass(frozen=True, slots=True)
class Scenario:
    """An estate and its traffic.

    summary:          One line that says what it shows.
    reproduces:       The paragraph or remark it reproduces, and its source.
    invented:         What in it nobody published.
    starts_at:        Start of the log; whole days follow.
    days, devices:    Length and size unless asked otherwise.
    minimum_devices:  The smallest estate it makes sense for.
    areas:            The licence areas of the estate.
    seen:             Whose Alerts the log shows.
    """

    name: str
    summary: str
    reproduces: str
    invented: str
    starts_at: Instant
    days: int
    devices: int
    causes: Sequence[Cause]
    minimum_devices: int = 2_100
    areas: Sequence[Area] = AREAS
    seen: To = To.BOTH
    adapter_outages: Sequence[AdapterOutage] = ()
    imperfections: Imperfections = Imperfections()  # noqa: RUF009 -- frozen

    def check(self, devices: int, days: int, seed: int) -> None:
        """See that the scenario can be made in this size.

        Raises:
            InputError: it cannot; names every option at fault and its range.
        """
        faults = []
        if not self.minimum_devices <= devices <= MOST_DEVICES:
            what = f"{devices:,} Devices are too {'few' if devices < self.minimum_devices else 'many'}"
            remedy = f"{self.name} takes {self.minimum_devices:,} to {MOST_DEVICES:,}."
            faults.append(Fault("--devices", what, remedy))
        if not 1 <= days <= MOST_DAYS:
            faults.append(Fault("--days", f"{days} is no length for a log", f"Write 1 to {MOST_DAYS}."))
        if not 0 <= seed < 2**32:
            faults.append(Fault("--seed", f"{seed} is not a seed", "Write 0 to 4294967295."))
        if faults:
            raise InputError(*faults)
