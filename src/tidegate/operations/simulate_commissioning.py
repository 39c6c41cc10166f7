"""Write simulated Post Commissioning: the evidence, who is registered, the Inventory, and the truth of every Device.

Everything written says that it is synthetic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Names
from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.simulate_alerts import InventoryRows
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class TruthRows:
    """What is true of some Devices, as at the date of the report; columns of equal length.

    is_secure:  Its cells hold what they should, and it has keys of its own.
    cause:      Place in `Installs.causes`.
    was_read:   Whether its cells were read before.
    """

    device_id: DeviceIds
    is_secure: NDArray[np.bool_]
    cause: NDArray[np.uint8]
    was_read: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.device_id)

    def by_device(self) -> TruthRows:
        """The same rows, by `device_id` ascending."""
        order = np.argsort(self.device_id, kind="stable")
        return TruthRows(*(column[order] for column in self.columns))

    @property
    def columns(self) -> Sequence[NDArray[Any]]:
        """All of them, in the order above."""
        return self.device_id, self.is_secure, self.cause, self.was_read

    @classmethod
    def concatenate(cls, parts: Sequence[TruthRows]) -> TruthRows:
        """The rows of one part after another; one at least."""
        return cls(*map(np.concatenate, zip(*(part.columns for part in parts), strict=True)))


@dataclass(frozen=True, slots=True)
class InstalledSlice:
    """Devices that were installed in a slice of time, and the evidence that was received in it.

    evidence:       Records of EVIDENCE, by instant; also of Devices of slices before.
    registrations:  Records of REGISTRATION, of the Devices installed.
    done:           How much of the simulation is handed on with it, 0 to 1.
    """

    evidence: NDArray[Any]
    registrations: NDArray[Any]
    inventory: InventoryRows
    truth: TruthRows
    done: float


class Installs(Protocol):
    """Months of installs; `simulation.commissioning.run` makes them."""

    @property
    def names(self) -> Names:
        """Of parties and certificates, by the numbers that records carry."""

    @property
    def causes(self) -> Sequence[str]:
        """What may befall a Device, by its number."""

    @property
    def until(self) -> Instant:
        """The date of the report: nothing is seen from it on."""

    def slices(self) -> Iterator[InstalledSlice]:
        """All of it, in order of time."""


@dataclass(frozen=True, slots=True)
class CommissioningSimulated:
    """What was written: rows of each table, and the truth of all Devices by `device_id` ascending."""

    evidence: int
    registrations: int
    truth: TruthRows


def simulate_commissioning(
    installs: Installs,
    evidence: Callable[[NDArray[Any]], None],
    registrations: Callable[[NDArray[Any]], None],
    inventory: Callable[[InventoryRows], None],
    truth: Callable[[TruthRows], None],
    progress: Progress = no_progress,
) -> CommissioningSimulated:
    """Write all of a simulation; each of the four is given some more rows, again and again.

    Raises:
        InputError: it cannot be written.
        KeyboardInterrupt: it was interrupted.
    """
    rows = registered = 0
    known: list[TruthRows] = []
    for part in installs.slices():
        evidence(part.evidence)
        registrations(part.registrations)
        inventory(part.inventory)
        truth(part.truth)
        known.append(part.truth)
        rows += len(part.evidence)
        registered += len(part.registrations)
        progress(part.done, rows)
    return CommissioningSimulated(rows, registered, TruthRows.concatenate(known).by_device())
