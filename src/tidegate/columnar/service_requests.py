"""Service Requests as columns, as they are read and as kernels take them.

Every column of a batch has the same length and one row is one request:

    received_at  int64   receipt instant, microseconds UTC
    request      uint64  fingerprint of the RequestID; never 0
    user         uint32  number of the User in `Names`; never 0
    srv          uint32  number of the Service Reference Variant in `Names`; never 0
    preceding    uint64  fingerprint of the PrecedingServiceRequestID; 0: it follows none

The rule asks of RequestIDs only whether one is another of the same User. So 64
bits stand for each: that two of a User's requests of one hour are taken for the
same happens once in 2^64 / n^2 such hours; with a million of them that is one in
18 million.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import RejectedRow
from tidegate.columnar.compiled import compiled
from tidegate.columnar.text import Bytes, Offsets, read_only

# Indices are unsigned: they are not looked at whether they are negative.
_ONE: Final = np.uint64(1)
_WORD: Final = np.uint64(8)
"""Bytes that are read together; also the bits of one."""


@dataclass(frozen=True, slots=True)
class ServiceRequestBatch:
    """Some Service Requests as columns of equal length; see the module for types and units."""

    received_at: NDArray[np.int64]
    request: NDArray[np.uint64]
    user: NDArray[np.uint32]
    srv: NDArray[np.uint32]
    preceding: NDArray[np.uint64]

    def __post_init__(self) -> None:
        rows = len(self.received_at)
        assert rows == len(self.request) == len(self.user) == len(self.srv) == len(self.preceding)

    def __len__(self) -> int:
        return len(self.received_at)

    def slice(self, start: int, stop: int) -> ServiceRequestBatch:
        """Rows from start to stop; no copy is made."""
        return ServiceRequestBatch(
            self.received_at[start:stop],
            self.request[start:stop],
            self.user[start:stop],
            self.srv[start:stop],
            self.preceding[start:stop],
        )

    def take(self, rows: NDArray[Any]) -> ServiceRequestBatch:
        """The rows of the given numbers (or mask), in that order."""
        return ServiceRequestBatch(
            self.received_at[rows], self.request[rows], self.user[rows], self.srv[rows], self.preceding[rows]
        )

    @classmethod
    def concatenate(cls, batches: Sequence[ServiceRequestBatch]) -> ServiceRequestBatch:
        """One batch of many, in the order given."""
        if len(batches) == 1:
            return batches[0]
        return ServiceRequestBatch(
            np.concatenate([np.empty(0, np.int64), *(batch.received_at for batch in batches)]),
            np.concatenate([np.empty(0, np.uint64), *(batch.request for batch in batches)]),
            np.concatenate([np.empty(0, np.uint32), *(batch.user for batch in batches)]),
            np.concatenate([np.empty(0, np.uint32), *(batch.srv for batch in batches)]),
            np.concatenate([np.empty(0, np.uint64), *(batch.preceding for batch in batches)]),
        )


@dataclass(frozen=True, slots=True)
class ReadRequests:
    """What a reader hands on: Service Requests, the columns they came in, and the rows it could not use.

    As `batches.ReadBatch`, of Service Requests.
    """

    received: ServiceRequestBatch
    source: str
    rejected: Sequence[RejectedRow] = ()
    original: Any = None
    line: NDArray[np.int64] | None = None
    first_line: int = 1
    progress: float = 0.0

    def line_of(self, row: int) -> int:
        """Line in the source of the row-th request of this batch."""
        return self.first_line + row if self.line is None else int(self.line[row])


def fingerprints(offsets: Offsets, data: Bytes) -> NDArray[np.uint64]:
    """64 bits for each text, without the blanks around it; 0 for one that is empty, and for no other."""
    found = np.empty(len(offsets) - 1, np.uint64)
    _fingerprint(offsets, read_only(data), found)
    return found


def fingerprint_of(text: str) -> int:
    """The fingerprint of one text."""
    data = text.encode()
    return int(fingerprints(np.array([0, len(data)], np.int64), np.frombuffer(data, np.uint8))[0])


@compiled
def _fingerprint(offsets: Any, data: Any, found: Any) -> None:
    """Eight bytes at a time, multiplied and folded as FNV-1a does with one; the bits are mixed once more at the end."""
    prime, fold = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)
    for row in range(len(found)):
        start, stop = np.uint64(offsets[row]), np.uint64(offsets[row + 1])
        while start < stop and data[start] <= 32:  # noqa: PLR2004 - blanks of ASCII
            start += _ONE
        while start < stop and data[stop - _ONE] <= 32:  # noqa: PLR2004
            stop -= _ONE
        if start == stop:
            found[row] = np.uint64(0)
            continue
        mixed = np.uint64(0xCBF29CE484222325) ^ (np.uint64(stop - start) * prime)
        while stop - start >= _WORD:
            word = np.uint64(0)
            for place in range(_WORD):
                word |= np.uint64(data[start + place]) << (_WORD * place)
            mixed = (mixed ^ word) * prime
            mixed ^= mixed >> fold
            start += _WORD
        word = np.uint64(0)
        while start < stop:
            word = (word << _WORD) | np.uint64(data[start])
            start += _ONE
        mixed = (mixed ^ word) * prime
        mixed ^= mixed >> np.uint64(32)
        mixed *= np.uint64(0xD6E8FEB86659FD93)
        mixed ^= mixed >> np.uint64(32)
        found[row] = mixed if mixed != np.uint64(0) else np.uint64(1)
