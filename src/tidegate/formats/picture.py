"""One picture: the finding, how to read it, the drawing, and the data behind it."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import vl_convert

from tidegate.formats.spreadsheet_safe import as_text

_SCALE: Final = 2.0
"""Twice the size on screen: sharp in a printed reply."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture with all that is needed to check it.

    name:      Name of its data when saved.
    title:     The finding, as a sentence.
    subtitle:  How to read it.
    columns, rows:  Its data: numbers as numbers, instants as ISO 8601 in UTC.
    """

    name: str
    title: str
    subtitle: str
    svg: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float, ...], ...]

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that hold numbers."""
        return tuple(
            column
            for place, column in enumerate(self.columns)
            if self.rows and not isinstance(self.rows[0][place], str)
        )

    @property
    def data_link(self) -> str:
        """The data as a CSV file within a link; opens without a network."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(self.columns)
        for row in self.rows:
            writer.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])
        return "data:text/csv;charset=utf-8," + quote(text.getvalue(), safe=",-:_./")


def write_png(picture: Picture, path: Path) -> None:
    """Write the drawing as a PNG on white, for a document that takes no SVG."""
    on_white = picture.svg.replace(">", '><rect width="100%" height="100%" fill="#ffffff"/>', 1)
    path.write_bytes(vl_convert.svg_to_png(on_white, scale=_SCALE))
