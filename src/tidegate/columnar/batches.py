"""Alerts as columns, as they are read and as kernels take them.

Every column of a batch has the same length and one row is one Alert:

    received_at   int64   receipt instant, microseconds UTC
    device_id     uint64  EUI-64
    alert_code    uint32  number of the code (`vocabulary.alert_codes`)
    recipient     uint32  number of the recipient in `Recipients`; 0 is "not known"
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Instants: TypeAlias = NDArray[np.int64]
DeviceIds: TypeAlias = NDArray[np.uint64]
AlertCodes: TypeAlias = NDArray[np.uint32]
RecipientNumbers: TypeAlias = NDArray[np.uint32]


class Names:
    """The names met so far, numbered in the order they were met; 0 is the empty name."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        self._names = [""]
        self._numbers = {"": 0}
        for name in names:
            self.number_of(name)

    def number_of(self, name: str) -> int:
        """The number of a name, a new one if it was not met before."""
        number = self._numbers.get(name)
        if number is None:
            number = len(self._names)
            self._numbers[name] = number
            self._names.append(name)
        return number

    def name_of(self, number: int) -> str:
        """A name that was met."""
        return self._names[number]

    def __len__(self) -> int:
        return len(self._names)


class Recipients(Names):
    """The recipients met so far."""


@dataclass(frozen=True, slots=True)
class AlertBatch:
    """Some Alerts as columns of equal length; see the module for types and units."""

    received_at: Instants
    device_id: DeviceIds
    alert_code: AlertCodes
    recipient: RecipientNumbers

    def __post_init__(self) -> None:
        assert len(self.received_at) == len(self.device_id) == len(self.alert_code) == len(self.recipient)

    def __len__(self) -> int:
        return len(self.received_at)

    def slice(self, start: int, stop: int) -> AlertBatch:
        """Rows from start to stop; no copy is made."""
        return AlertBatch(
            self.received_at[start:stop],
            self.device_id[start:stop],
            self.alert_code[start:stop],
            self.recipient[start:stop],
        )

    def take(self, rows: NDArray[Any]) -> AlertBatch:
        """The rows of the given numbers (or mask), in that order."""
        return AlertBatch(
            self.received_at[rows], self.device_id[rows], self.alert_code[rows], self.recipient[rows]
        )

    @classmethod
    def concatenate(cls, batches: Sequence[AlertBatch]) -> AlertBatch:
        """One batch of many, in the order given."""
        if len(batches) == 1:
            return batches[0]
        return AlertBatch(
            np.concatenate([np.empty(0, np.int64), *(batch.received_at for batch in batches)]),
            np.concatenate([np.empty(0, np.uint64), *(batch.device_id for batch in batches)]),
            np.concatenate([np.empty(0, np.uint32), *(batch.alert_code for batch in batches)]),
            np.concatenate([np.empty(0, np.uint32), *(batch.recipient for batch in batches)]),
        )


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that could not be used: kept, counted and shown, never dropped.

    source:  File it stands in.
    line:    Its line in a text file, or its row in a Parquet file; both count from 1. 0: the whole file.
    reason:  What is wrong, and what to write instead.
    text:    The row as it was read, as far as that can be shown.
    """

    source: str
    line: int
    reason: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """What a reader hands on: Alerts, the columns they came in, and the rows it could not use.

    alerts:    The usable rows, in the order of the input.
    original:  The columns as they were read, same rows as `alerts`; opaque here, handed back to the
               writer of the same adapter. None when no one asked for them.
    source:    File the rows came from.
    line:      Line (or row) in `source` of each Alert, counted from 1; None: from `first_line` on, one each.
    first_line: Line of the first Alert when `line` is None.
    progress:  Share of the whole input read so far, 0 to 1.
    """

    alerts: AlertBatch
    source: str
    rejected: Sequence[RejectedRow] = ()
    original: Any = None
    line: NDArray[np.int64] | None = None
    first_line: int = 1
    progress: float = 0.0

    @property
    def received(self) -> AlertBatch:
        """What was received: the Alerts."""
        return self.alerts

    def line_of(self, row: int) -> int:
        """Line in the source of the row-th Alert of this batch."""
        return self.first_line + row if self.line is None else int(self.line[row])


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of an input mean what, and how that was found out.

    mapping:  Our name -> the input's name, for each column found.
    guessed:  Our names that were found by guessing, not by being equal or mapped.
    missing:  Our names that the input lacks; `recipient` may be missing.
    ignored:  The input's columns that mean nothing to us; kept in decisions.
    """

    mapping: dict[str, str]
    guessed: Sequence[str] = ()
    missing: Sequence[str] = ()
    ignored: Sequence[str] = field(default=())
