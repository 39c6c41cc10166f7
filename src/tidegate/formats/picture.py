"""One picture: the finding, how to read it, the drawing, and the data behind it."""

from __future__ import annotations

import csv
import io
import re
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

import vl_convert

from tidegate.formats.drawable import drawable
from tidegate.formats.spreadsheet_safe import as_text

_SCALE: Final = 2.0
"""Twice the size on screen: sharp in a printed reply."""

_MARGIN: Final = 18
_GAP: Final = 12
_LEADING: Final = 1.35
_WIDTH_OF_LETTER: Final = 0.54
_SIZE: Final = re.compile(r'<svg[^>]*?\bwidth="(?P<width>[\d.]+)"[^>]*?\bheight="(?P<height>[\d.]+)"')


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


def write_png(picture: Picture, path: Path, under: str = "") -> None:
    """Write the picture as a PNG on white, its finding over it and `under` (parameters, period) below.

    For a document that takes no SVG: there it stands alone, and must say what it shows.
    """
    path.write_bytes(vl_convert.svg_to_png(_framed(picture, under), scale=_SCALE))


def _framed(picture: Picture, under: str) -> str:
    """The drawing as SVG within its words, on white."""
    size = _SIZE.search(picture.svg)
    assert size is not None, "a drawing has a width and a height"
    width, height = float(size["width"]), float(size["height"])
    lines = [
        *((text, 17, "bold", "#1b1f24") for text in _wrapped(picture.title, width, 17)),
        *((text, 12, "normal", "#4d5761") for text in _wrapped(picture.subtitle, width, 12)),
    ]
    words, top = _written(lines, _MARGIN)
    below, bottom = _written(
        [(text, 11, "normal", "#4d5761") for text in _wrapped(under, width, 11)], top + height
    )
    across = width + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{bottom + _MARGIN}">'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{words}'
        f'<g transform="translate({_MARGIN},{top})">{picture.svg}</g>{below}</svg>'
    )


def _wrapped(text: str, width: float, size: int) -> list[str]:
    """The lines of a text in Arial: a letter is half as wide as high, a little more where it is bold."""
    return textwrap.wrap(text, max(20, int(width / (_WIDTH_OF_LETTER * size))))


def _written(lines: list[tuple[str, int, str, str]], top: float) -> tuple[str, float]:
    """Lines of text from `top` down as SVG, and where they end."""
    made = []
    for text, size, weight, colour in lines:
        top += size * _LEADING
        made.append(
            f'<text x="{_MARGIN}" y="{top:.1f}" font-family="Arial, Helvetica, sans-serif" font-size="{size}" '
            f'font-weight="{weight}" fill="{colour}">{escape(drawable(text))}</text>'
        )
    return "".join(made), top + (_GAP if lines else 0)
