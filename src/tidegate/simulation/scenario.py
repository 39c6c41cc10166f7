"""A scenario: an estate, what is wrong with it, and which argument of the industry it replays.

A scenario is data. To add one, add a module to `scenarios/` with a `SCENARIO` in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

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
    expected:         The verdict it should get, in a sentence or two; tests/scenarios hold it to that.
    starts_at:        Start of the log; whole days follow.
    days, devices:    Length and size unless asked otherwise.
    minimum_devices:  The smallest estate it makes sense for.
    areas:            The licence areas of the estate.
    seen:             Whose Alerts the log shows.
    hubs_by_region:   Whether the CSP regions have different Communications Hubs (`Estate`).
    in_local_time:    Whether instants are written in British local time, with their offset from UTC.
    file_format:      How it must be written, where what it shows is about how; None: either way.
    of_seed:          Gives the scenario of a seed, where seeds differ in more than chance; None: they do not.
    """

    name: str
    summary: str
    reproduces: str
    invented: str
    starts_at: Instant
    days: int
    devices: int
    expected: str
    causes: Sequence[Cause]
    minimum_devices: int = 2_100
    areas: Sequence[Area] = AREAS
    seen: To = To.BOTH
    adapter_outages: Sequence[AdapterOutage] = ()
    imperfections: Imperfections = Imperfections()  # noqa: RUF009 -- frozen
    hubs_by_region: bool = False
    in_local_time: bool = False
    file_format: Literal["csv"] | None = None
    of_seed: Callable[[int], Scenario] | None = None

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

    def format_of(self, asked: str | None) -> str:
        """How its tables are written: as asked, or its own way.

        Raises:
            InputError: it must be written another way.
        """
        if self.file_format is None or asked in (None, self.file_format):
            return asked or self.file_format or "parquet"
        what = f"{self.name} is about how a {self.file_format} is written"
        raise InputError(Fault("--format", what, f"Write --format {self.file_format}, or leave it out."))
