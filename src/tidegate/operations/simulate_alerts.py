"""Write a simulated log: the Alerts, the Inventory, and what the simulator knows about both.

Everything written says that it is synthetic. The truth is written last: a folder
with a `truth.json` is complete. Whatever ends a simulation before leaves the folder
as it was, an earlier simulation in it whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from tidegate.columnar.batches import AlertBatch, DeviceIds, Recipients
from tidegate.columnar.inventory import Attribute
from tidegate.operations.made_folders import make_folder, remove_empty
from tidegate.operations.ports import Progress, no_progress
from tidegate.vocabulary.faults import Fault, InputError

TRUTH: Final = "truth.json"
README: Final = "README.txt"


@dataclass(frozen=True, slots=True)
class InventoryRows:
    """Some rows of an Inventory as columns of equal length; `attributes` by column name, in order."""

    device_id: DeviceIds
    attributes: Mapping[str, Attribute]

    def __len__(self) -> int:
        return len(self.device_id)


class Traffic(Protocol):
    """An estate and the Alerts it raises over a period; `simulation.run` makes one."""

    @property
    def recipients(self) -> Recipients:
        """The recipients that batches refer to by number."""

    @property
    def done(self) -> float:
        """How much of the period has been handed on, 0 to 1."""

    def batches(self) -> Iterator[AlertBatch]:
        """The Alerts, in the order they are written to the log."""

    def unreadable_after(self, rows: int) -> Sequence[str]:
        """Lines to put into the log after so many more rows, that nobody can read; mostly none."""

    def inventory(self) -> Iterator[InventoryRows]:
        """The estate's Inventory."""

    def truth(self) -> Mapping[str, Any]:
        """The causes and totals of the Alerts handed on so far, fit for JSON."""

    def readme(self) -> str:
        """What this is, what it reproduces and what of it is invented, for a person."""


class AlertsSink(Protocol):
    """Where Alerts are written."""

    def write(self, batch: AlertBatch, /) -> None:
        """Write some more."""

    def write_lines(self, lines: Sequence[str], /) -> None:
        """Write lines as they are, whether they are Alerts or not."""


class InventorySink(Protocol):
    """Where an Inventory is written."""

    def write(self, rows: InventoryRows, /) -> None:
        """Write some more."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """What was written: how many Alerts and Devices, and the truth as it stands in `truth.json`."""

    alerts: int
    devices: int
    truth: Mapping[str, Any]


def simulate_alerts(
    traffic: Traffic,
    folder: Path,
    alerts: Callable[[], AbstractContextManager[AlertsSink]],
    inventory: Callable[[], AbstractContextManager[InventorySink]],
    progress: Progress = no_progress,
) -> Simulated:
    """Write all of a simulation to a folder, which is made if need be.

    Raises:
        InputError: the folder cannot be made or written to.
        KeyboardInterrupt: it was interrupted.
    """
    made: Sequence[Path] = ()
    try:
        made = make_folder(folder)
        devices = written = 0
        # Both have their names only at the end of both: half of a simulation is none.
        with inventory() as inventory_sink, alerts() as alerts_sink:
            for rows in traffic.inventory():
                inventory_sink.write(rows)
                devices += len(rows)
            for batch in traffic.batches():
                alerts_sink.write(batch)
                written += len(batch)
                if lines := traffic.unreadable_after(len(batch)):
                    alerts_sink.write_lines(lines)
                progress(traffic.done, written)
            (folder / TRUTH).unlink(missing_ok=True)
        truth = traffic.truth()
        _write(folder / README, traffic.readme())
        _write(folder / TRUTH, json.dumps(truth, indent=2) + "\n")
    except (KeyboardInterrupt, InputError):
        remove_empty(made)
        raise
    except OSError as error:
        remove_empty(made)
        remedy = "Give a folder that can be written to, with room enough, with -o."
        raise InputError(
            Fault(str(folder), f"cannot be written: {error.strerror or error}", remedy)
        ) from error
    return Simulated(written, devices, truth)


def _write(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
