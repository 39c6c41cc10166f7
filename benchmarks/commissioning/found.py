"""What a benchmark of Post Commissioning compares: which Devices have which verdict, as a few numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.commissioning.assessment import Verdict


@dataclass(frozen=True)
class Found:
    """By verdict: how many Devices, and what their identifiers give when they are added and when they are combined bit by bit.

    Two that differ in one Device differ in all three, or in the last two.
    """

    of: Mapping[str, tuple[int, int, int]]

    @property
    def devices(self) -> int:
        """All of them."""
        return sum(count for count, _, _ in self.of.values())

    def __add__(self, other: Found) -> Found:
        names = {**self.of, **other.of}
        nothing = (0, 0, 0)
        return Found(
            {
                name: (a[0] + b[0], (a[1] + b[1]) % 2**64, a[2] ^ b[2])
                for name in names
                for a, b in [(self.of.get(name, nothing), other.of.get(name, nothing))]
            }
        )


def found_of(device_id: NDArray[np.uint64], verdict: NDArray[np.uint8]) -> Found:
    """What was found, by columns."""
    ids = {each.name: device_id[verdict == each] for each in Verdict}
    return Found(
        {
            name: (len(each), int(each.sum(dtype=np.uint64)), int(np.bitwise_xor.reduce(each)))
            for name, each in ids.items()
            if len(each)
        }
    )


def found_as(of: Mapping[str, Sequence[Any]]) -> Found:
    """What was found, as it was kept in JSON."""
    return Found({name: (int(each[0]), int(each[1]), int(each[2])) for name, each in of.items()})
