"""Evidence and registrations as columns, as they are read and as the kernel of Post Commissioning takes them.

Every column of a batch has the same length. Of evidence, one row is one thing seen:

    at               int64   instant, microseconds UTC
    device_id        uint64  EUI-64
    kind             uint8   number of the kind
    srv              uint8   place of the Service Reference Variant among the published ones, from 1; 0: not said
    credential_type  uint8   number of the credential type; 0: not said
    outcome          uint8   number of the outcome; 0: not said
    role             uint8   number of the Remote Party Role; 0: not said
    party            uint32  number of the party in `Names`; 0: not said
    certificate      uint32  number of the certificate's hash in the same `Names`; 0: not said
    sender           uint32  number of the sender in the same `Names`; 0: not said

Of registrations, one row is one party in one role, from an instant on: `device_id`,
`role`, `party` as above, `since` int64.

Both are kept as records, so that a Device's are beside one another once they are sorted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import RejectedRow
from tidegate.vocabulary.service_reference_variants import published_variants

EVIDENCE: Final = np.dtype(
    [
        ("at", np.int64),
        ("device_id", np.uint64),
        ("certificate", np.uint32),
        ("party", np.uint32),
        ("sender", np.uint32),
        ("kind", np.uint8),
        ("srv", np.uint8),
        ("credential_type", np.uint8),
        ("outcome", np.uint8),
        ("role", np.uint8),
    ],
    align=True,
)

REGISTRATION: Final = np.dtype(
    [("since", np.int64), ("device_id", np.uint64), ("party", np.uint32), ("role", np.uint8)], align=True
)


def whole(records: NDArray[Any]) -> NDArray[Any]:
    """The same records, each as so many bytes: taken and joined field by field they take three times as long."""
    return records.view(np.dtype((np.void, records.itemsize)))


@cache
def srv_numbers() -> Mapping[str, int]:
    """The number of each published Service Reference Variant."""
    numbers = {srv: number for number, srv in enumerate(published_variants(), start=1)}
    assert len(numbers) <= np.iinfo(np.uint8).max
    return numbers


@dataclass(frozen=True, slots=True)
class ReadRows:
    """What a reader hands on: records, and the rows it could not use.

    records:   Of EVIDENCE or REGISTRATION, in the order of the input.
    line:      Line (or row) in `source` of each record, from 1.
    progress:  Share of the whole input read so far, 0 to 1.
    """

    records: NDArray[Any]
    source: str
    rejected: Sequence[RejectedRow]
    line: NDArray[np.int64]
    progress: float


class RecordSource(Protocol):
    """Evidence, or registrations, of whatever kind; to be read once."""

    def rows(self) -> Iterator[ReadRows]:
        """Read on."""
