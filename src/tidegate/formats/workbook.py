"""A workbook whose sheets are tables: headings in sight, with filters, numbers as numbers, text as text."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence, Sized
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeAlias

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError

from tidegate.reports.verdict import Verdict
from tidegate.vocabulary.instants import SECOND, Instant

Cell: TypeAlias = str | int | float
"""A float is a share, shown in per cent, unless it is a `Rate`."""


class Rate(float):
    """A number that is no share: a rate, a ratio, a chance; shown to three figures."""


MOST_ROWS: Final = 1_048_576
"""Rows of a sheet, in Excel and LibreOffice; its first row is the heading."""

_WIDEST = 60


@contextmanager
def open_book(
    to: Path | io.BytesIO,
    title: str,
    at: Instant | None,
    *,
    most_rows: int = MOST_ROWS,
    is_long: bool = False,
) -> Iterator[Book]:
    """A workbook, written as the block ends; text in it is never a formula, a link or a number.

    Args:
        to:         Where it is written; temporary files are made beside a file.
        title:      What it is called.
        at:         When it counts as made: no clock is read, so that the same contents make the same file.
        most_rows:  Rows a sheet may have.
        is_long:    Rows are kept on disk until it is written, not in memory.

    Raises:
        OSError: it cannot be written.
    """
    where = {"tmpdir": str(to.parent)} if isinstance(to, Path) else {"in_memory": True}
    as_given = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(
        str(to) if isinstance(to, Path) else to, {"constant_memory": is_long, **where, **as_given}
    )
    created = datetime.fromtimestamp((at or 0) // SECOND, UTC).replace(tzinfo=None)
    workbook.set_properties({"title": title, "author": "tidegate", "created": created})
    yield Book(workbook, most_rows)
    try:
        workbook.close()
    except FileCreateError as error:
        if isinstance(error.args[0], OSError):
            raise error.args[0] from error
        raise


def said_rows(said: Verdict, headline: str) -> list[tuple[str, str]]:
    """What a report says, its first sentence under a name."""
    return [
        (headline, said.headline),
        *(("Found", each) for each in said.findings),
        *(("Before you use this", each) for each in said.cautions),
    ]


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

    def front(self, said: Verdict, *more: str) -> None:
        """A sheet of what is said, a line for each."""
        sheet = self.sheet("summary")
        sheet.set_column(0, 0, 110)
        lines = [*said.findings, *(f"! {caution}" for caution in said.cautions), *more]
        sheet.write_string(0, 0, said.headline, self.large)
        for at, line in enumerate(lines, start=1):
            sheet.write_string(at, 0, line, self.wrapped)

    def table(
        self,
        name: str,
        columns: Sequence[tuple[str, int]],
        rows: Iterable[Sequence[Cell | None]],
        *,
        count: int | None = None,
        most: int = MOST_ROWS,
        note: str = "",
    ) -> None:
        """A sheet that is one table.

        Args:
            name:     What the sheet is called.
            columns:  Names and widths.
            rows:     A float in one is a share.
            count:    How many rows there are; only rows that are made as they are written have to be told.
            most:     Where there are more, or than fit, a last row says so.
            note:     What it says besides.
        """
        if count is None:
            assert isinstance(rows, Sized)
            count = len(rows)
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
