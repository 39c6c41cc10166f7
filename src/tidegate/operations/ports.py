"""What operations need of the outside, in as few words as possible. `assembly` fits the adapters."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol, runtime_checkable

from tidegate.columnar.batches import Columns, ReadBatch, Recipients
from tidegate.operations.live_snapshot import Remembered


class AlertSource(Protocol):
    """Alerts to be read once, from start to end, in batches of bounded size."""

    @property
    def name(self) -> str:
        """What a person would call the input: its path, or `12 files in october/`."""

    @property
    def recipients(self) -> Recipients:
        """The recipients met so far; batches refer to them by number."""

    @property
    def columns(self) -> Columns:
        """Which columns were found, and how."""

    def batches(self) -> Generator[ReadBatch]:
        """Read on. Rows that cannot be used come as `RejectedRow`s; a whole file that cannot raises InputError."""


@runtime_checkable
class RemembersBefore(Protocol):
    """A source whose beginning was pruned, and that knows what was remembered there."""

    @property
    def remembered(self) -> Remembered | None:
        """What was remembered before the first Alert; None where nothing was pruned."""


class Progress(Protocol):
    """Told how far long work has come."""

    def __call__(self, done: float, rows: int) -> None:
        """`done` of 1 of the work is done, `rows` rows so far."""


def no_progress(done: float, rows: int) -> None:
    """Tell no one."""
