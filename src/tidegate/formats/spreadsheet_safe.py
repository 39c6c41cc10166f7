"""Text that a spreadsheet will show and not run.

A cell that begins with one of these is taken for a formula by Excel and
LibreOffice when a CSV file is opened; an apostrophe before it makes it text
(OWASP, CSV injection).
"""

from __future__ import annotations

from typing import Final

_STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_text(value: str) -> str:
    """The value, with an apostrophe before it where a spreadsheet would read a formula."""
    return f"'{value}" if value.startswith(_STARTS_A_FORMULA) else value
