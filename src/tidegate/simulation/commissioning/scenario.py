"""A scenario of Post Commissioning: how many Devices are installed, and what befalls which part of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.commissioning.causes import Cause
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import DAY, Duration, Instant

LEAST_DEVICES: Final = 100
MOST_DEVICES: Final = 100_000_000
MOST_DAYS: Final = 1_000
LATEST: Final = 6 * DAY
"""A Command for a later date is carried out within this."""

SETTLED: Final = 8 * DAY
"""From so long after it was commissioned on, all that was first sent to a Device has come about: then it may be read."""


class Share(NamedTuple):
    """What befalls a part of the Devices that it can befall, 0 to 1.

    known:  How that is known, with its tag: [S] a source says so, [I] inferred, [U] nobody published it.
    """

    cause: Cause
    share: float
    known: str


@dataclass(frozen=True, slots=True)
class CommissioningScenario:
    """Months of installs; valid once built.

    summary:          One line that says what it shows.
    reproduces:       What was said, and by whom.
    invented:         What in it nobody published.
    expected:         What it should find, in a sentence or two; tests hold it to that.
    starts_at, days:  When installs begin, and how long they go on; the report is as at their end.
    devices:          How many, unless asked otherwise.
    causes:           What befalls them; each Device has one at most.
    read, read_of_suspects:
                      Of the Devices, and of those that something befell, whose cells are read.
    read_types:       The types that are read.
    changes_of_supplier:
                      Of those that are securely commissioned, whose Supplier changes later.
    changes_for_later, changes_not_told:
                      Of the 6.23 then sent, those for a later date; and of these, whose 8F66 never comes.
    carried_out_every: What is for a later date is carried out when so much time is full; None: at any time.

    Raises:
        ValueError: parts are more than the whole, or a time is out of its range.
    """

    name: str
    summary: str
    reproduces: str
    invented: str
    expected: str
    starts_at: Instant
    days: int
    devices: int
    causes: Sequence[Share] = ()
    read: float = 0.0
    read_of_suspects: float = 0.0
    read_types: frozenset[DeviceType] = frozenset({DeviceType.ESME, DeviceType.GPF, DeviceType.GSME})
    changes_of_supplier: float = 0.0
    changes_for_later: float = 0.0
    changes_not_told: float = 0.0
    carried_out_every: Duration | None = None

    def __post_init__(self) -> None:
        if sum(each.share for each in self.causes) > 1:
            raise ValueError("causes are more than all Devices together: write shares that sum to 1 at most")
        named = [each.cause for each in self.causes]
        if twice := [cause for cause in dict.fromkeys(named) if named.count(cause) > 1]:
            raise ValueError(f"causes has {twice[0].text} twice: write it once")
        if self.carried_out_every is not None and not 0 < self.carried_out_every <= LATEST:
            raise ValueError("carried_out_every is not within 6 days: write 5d")
        for fault in _faults_of_size(self.devices, self.days):
            raise ValueError(f"{fault.where.removeprefix('--')}: {fault.what}: {fault.remedy}")


def check_size(devices: int, days: int, seed: int) -> None:
    """See that a scenario can be made in a size.

    Raises:
        InputError: it cannot; names every option at fault and its range.
    """
    faults = _faults_of_size(devices, days)
    if not 0 <= seed < 2**32:
        faults.append(Fault("--seed", f"{seed} is not a seed", "Write 0 to 4294967295."))
    if faults:
        raise InputError(*faults)


def _faults_of_size(devices: int, days: int) -> list[Fault]:
    faults = []
    if not LEAST_DEVICES <= devices <= MOST_DEVICES:
        what = f"{devices:,} Devices are too {'few' if devices < LEAST_DEVICES else 'many'}"
        faults.append(Fault("--devices", what, f"Write {LEAST_DEVICES} to {MOST_DEVICES:,}."))
    if not 1 <= days <= MOST_DAYS:
        faults.append(Fault("--days", f"{days} is no length of installs", f"Write 1 to {MOST_DAYS:,}."))
    return faults
