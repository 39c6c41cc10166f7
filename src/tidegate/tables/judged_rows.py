"""Which rows of a file can be used, and what is wrong with each of the others; none is lost.

The first usable row of a file decides whether its instants name their zone.
A row of the other kind is not usable: half a file read in the wrong zone gives
a verdict that looks right.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.text import MALFORMED, NAIVE, ZONED
from tidegate.tables.alert_columns import Mask, ReadColumn
from tidegate.tables.bad_rows import BadRow
from tidegate.tables.given_rows import GivenRows

Judged = Sequence[tuple[str, ReadColumn]]
"""What is wrong with which row, by the column that it is wrong with."""


def usable(columns: Judged) -> Mask | None:
    """Which rows can be used, as far as their columns say; None: all."""
    keep: Mask | None = None
    for _, column in columns:
        if column.is_good is not None:
            keep = column.is_good if keep is None else keep & column.is_good
    return keep


def reasons_against(columns: Judged, row: int) -> str:
    """All that is wrong with a row; nothing where its columns are good."""
    return "; ".join(
        f"{name}: {column.why_bad(row)}"
        for name, column in columns
        if column.is_good is not None and not column.is_good[row]
    )


@dataclass(frozen=True, slots=True)
class JudgedRows:
    """Some rows, judged.

    keep:   Which can be used; None: all.
    lines:  Lines of those; None: all can be used and they stand line by line.
    bad:    The others, and those that have no columns, by line; each is described when it is asked for.
    """

    keep: Mask | None
    lines: NDArray[np.int64] | None
    bad: Iterator[BadRow]


class RowJudge:
    """Judges the rows of one file, in its order; remembers its zone.

    instant:  The column whose zone is the file's.
    zone:     NAIVE or ZONED, by the file's first usable row; None before it was met.
    """

    def __init__(self, instant: str) -> None:
        self._instant = instant
        self.zone: int | None = None

    def judge(self, given: GivenRows, columns: Judged, instants: ReadColumn) -> JudgedRows:
        """Judge some rows.

        Args:
            given:     They, as they stand in the file.
            columns:   What is wrong with them, as far as their columns say.
            instants:  The column whose zone is the file's.
        """
        keep = self._of_zone(instants, usable(columns))
        if keep is None and given.is_line_by_line:
            return JudgedRows(None, None, iter(()))
        lines = given.lines()
        bad = np.flatnonzero(~keep) if keep is not None else np.empty(0, np.int64)
        described = heapq.merge(self._described(given, columns, instants, bad, lines), given.misshapen())
        return JudgedRows(keep, lines if keep is None else lines[keep], described)

    def _described(
        self,
        given: GivenRows,
        columns: Judged,
        instants: ReadColumn,
        bad: NDArray[Any],
        lines: NDArray[np.int64],
    ) -> Iterator[BadRow]:
        for row in bad.tolist():
            reasons = reasons_against(columns, row) or self._why_not_of_zone(instants, row)
            yield int(lines[row]), reasons, given.text_of(row)

    def _of_zone(self, instants: ReadColumn, keep: Mask | None) -> Mask | None:
        """Which of the rows that can be used else are of the file's kind; None: all."""
        zone = instants.zone
        if self.zone is None:
            first = 0 if keep is None else int(np.argmax(keep)) if keep.any() else -1
            if 0 <= first < len(instants.values):
                self.zone = ZONED if zone is None else int(zone[first])
        if self.zone is None or (zone is None and self.zone == ZONED):
            return keep
        same = np.zeros(len(instants.values), np.bool_) if zone is None else zone == self.zone
        if same.all():
            return keep
        return same if keep is None else keep & same

    def _why_not_of_zone(self, instants: ReadColumn, row: int) -> str:
        """What is wrong with a row of the other kind."""
        zone = instants.zone
        assert zone is None or zone[row] != MALFORMED
        if zone is not None and zone[row] == NAIVE:
            return f"{self._instant}: names no zone, and the file's first row does: write all with Z, or none"
        return (
            f"{self._instant}: names its zone, and the file's first row does not: write all with Z, or none"
        )
