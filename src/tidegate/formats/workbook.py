"""A workbook whose sheets are tables: headings in sight, with filters, numbers as numbers, text as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

Cell: TypeAlias = str | int | float
"""A float is a share, shown in per cent, unless it is a `Rate`."""


class Rate(float):
    """A number that is no share: a rate, a ratio, a chance; shown to three figures."""


MOST_ROWS: Final = 1_048_576
"""Rows of a sheet, in Excel and LibreOffice; its first row is the heading."""

_WIDEST = 60


class Book:
    """A workbook being written, sheet by sheet; no sheet has more than `most_rows` rows."""

    def __init__(self, workbook: Any, most_rows: int) -> None:
        self._workbook = workbook
        self._most_rows = most_rows
        self.heading = workbook.add_format(
            {"bold": True, "bg_color": "#E4E7EB", "bottom": 1, "valign": "top"}
        )
        self.large = workbook.add_format({"bold": True, "font_size": 14, "text_wrap": True, "valign": "top"})
        self.wrapped = workbook.add_format({"text_wrap": True, "valign": "top"})
        self.number = workbook.add_format({"num_format": "#,##0"})
        self.number_at_left = workbook.add_format({"num_format": "#,##0", "align": "left"})
        self.share = workbook.add_format({"num_format": "0.0%"})
        self.rate = workbook.add_format({"num_format": "[=0]0;[<0.001]0.0E+00;#,##0.000"})

    def sheet(self, name: str) -> Any:
        """An empty sheet that prints on as many pages as it is long and one wide."""
        sheet = self._workbook.add_worksheet(name)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def table(
        self,
        name: str,
        columns: Sequence[tuple[str, int]],
        rows: Iterable[Sequence[Cell | None]],
        *,
        count: int,
        most: int = MOST_ROWS,
        note: str = "",
    ) -> None:
        """A sheet that is one table; `columns` are names and widths, `count` is how many rows there are.

        A float is a share. Where there are more than `most`, or than fit, a last row says so and `note`.
        """
        sheet = self.sheet(name)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        for at, (column, width) in enumerate(columns):
            sheet.set_column(at, at, min(width, _WIDEST))
            sheet.write_string(0, at, column, self.heading)
        fits = self._most_rows - 1
        shown = count if count <= min(fits, most) else min(fits - 1, most)
        for at, row in enumerate(rows):
            if at == shown:
                break
            self._row(sheet, at + 1, row)
        if shown:
            sheet.autofilter(0, 0, shown, len(columns) - 1)
        if shown < count:
            sheet.write_string(shown + 1, 0, f"The first {shown:,} of {count:,}. {note}".strip())

    def _row(self, sheet: Any, at: int, row: Sequence[Cell | None]) -> None:
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                sheet.write_string(at, column, cell)
            elif isinstance(cell, Rate):
                sheet.write_number(at, column, cell, self.rate)
            elif isinstance(cell, float):
                sheet.write_number(at, column, cell, self.share)
            elif cell is not None:
                sheet.write_number(at, column, cell, self.number)
