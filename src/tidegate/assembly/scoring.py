"""The score card of an adapter's retry log."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tidegate.columnar.batches import RejectedRow
from tidegate.reports.adapter_score import ScoreCard, score


def score_adapter(log: Path) -> tuple[ScoreCard, Sequence[RejectedRow]]:
    """Read a log and score it; with the rows that could not be used.

    Raises:
        InputError: it cannot be read.
    """
    from tidegate.tables.attempts import read_attempts  # noqa: PLC0415 - --help does not wait

    read = read_attempts(log)
    return score(read.attempts), read.rejected
