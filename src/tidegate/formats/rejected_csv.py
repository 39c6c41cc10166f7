"""rejected.csv: every row that could not be used, with its place and the reason. Written as they come."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tidegate.columnar.batches import RejectedRow
from tidegate.formats.pseudonyms import withheld
from tidegate.formats.spreadsheet_safe import as_text

COLUMNS: Final = ("source", "line", "reason", "text")


class RejectedWriter:
    """Writes rejected rows one by one; a context manager, or `close` it.

    UTF-8, RFC 4180; text that a spreadsheet would run as a formula has an apostrophe
    before it. What is not text in UTF-8 is written as escapes. Under pseudonyms the row itself and the
    values in the reason are withheld, for they may name a Device.
    """

    def __init__(self, path: Path, *, is_pseudonymised: bool = False) -> None:
        self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(COLUMNS)
        self._is_pseudonymised = is_pseudonymised
        self.rows = 0

    def write(self, row: RejectedRow) -> None:
        """Write one row."""
        shown = withheld(row) if self._is_pseudonymised else row
        # NUL is the end of a cell to some readers.
        cells = (as_text(cell.replace("\0", "\\0")) for cell in (shown.reason, shown.text))
        self._csv.writerow((as_text(row.source), row.line, *cells))
        self.rows += 1

    def close(self) -> None:
        """No more rows come."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
