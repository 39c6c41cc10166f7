"""Some rows as their file gave them: where each stands, and what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidegate.tables.alert_columns import ArrowArray, shown
from tidegate.tables.bad_rows import BadRow
from tidegate.tables.parsed_block import ParsedBlock


@dataclass(frozen=True, slots=True)
class GivenRows:
    """Some rows of one table.

    rows:        How many.
    first_line:  Line of the first, or of what the text begins with, from 1; in a typed table, its row.
    source:      The text they were parsed from; None in a typed table.
    columns:     Those of a typed table that are ours, to show a row by.
    progress:    Share of the table read with them, 0 to 1.
    """

    rows: int
    first_line: int
    source: ParsedBlock | None
    columns: Sequence[ArrowArray]
    progress: float

    @property
    def is_line_by_line(self) -> bool:
        """Whether each stands on the line after the one before it, and nothing stands between."""
        return self.source is None or self.source.is_line_by_line

    def lines(self) -> NDArray[np.int64]:
        """The line of each row."""
        if self.source is None or self.source.is_line_by_line:
            return np.arange(self.first_line, self.first_line + self.rows)
        return self.source.lines_of_rows(self.first_line)

    def text_of(self, row: int) -> str:
        """A row as it was given."""
        if self.source is not None:
            return self.source.text_of(row)
        return ", ".join(shown(column[row].as_py()) for column in self.columns)

    def misshapen(self) -> Iterator[BadRow]:
        """Records that have no columns at all, by line."""
        return iter(()) if self.source is None else self.source.misshapen_rows(self.first_line)
