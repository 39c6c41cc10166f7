"""Three-valued logic: what evidence shows, what it disproves, and what it cannot tell.

The numbers are ordered: of several claims together the least true decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    """Whether a claim holds. The numbers stand in columns; they do not change."""

    UNMET = 0
    CANNOT_BE_TOLD = 1
    MET = 2

    @property
    def text(self) -> str:
        """As a person says it: `cannot be told`."""
        return self.name.lower().replace("_", " ")


def all_of(truths: Iterable[Truth]) -> Truth:
    """Whether all of some claims hold; MET where there are none."""
    return min(truths, default=Truth.MET)
