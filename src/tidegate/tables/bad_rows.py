"""Rows that cannot be used, as a person is shown them: the line, the reason, and what stands there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tidegate.columnar.batches import RejectedRow

LONGEST_TEXT: Final = 300
"""Characters of a rejected row that are kept."""

BadRow = tuple[int, str, str]
"""Line, reason and text of a row that cannot be used."""


def rejected_rows(source: str, bad: Iterable[BadRow]) -> list[RejectedRow]:
    """Bad rows of an input; of a long one the beginning."""
    return [
        RejectedRow(source, line, reason, text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}...")
        for line, reason, text in bad
    ]
