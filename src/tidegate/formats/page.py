"""A page: findings first, then sections of pictures and tables, in one file that needs no network and no script.

Every report but the replay's own (`report_html`) is a `Page`. Meets WCAG 2.2
AA as that does: a table behind every picture, headings in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tidegate import __version__
from tidegate.formats.picture import Picture
from tidegate.reports.numerals import many, thousands
from tidegate.vocabulary.instants import Instant, format_instant

Cell: TypeAlias = str | int | float | None
"""Text as it stands, a whole number with thousands apart, a float to three figures; None is blank."""

_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page.

    columns:        Headings.
    rows:           A cell for each column.
    heading:        Over it; empty for none.
    caption:        What it shows and what it leaves out.
    is_of_devices:  Its first column are Device identifiers.
    folded:         What opens it, and is printed in its stead; empty: it stands open.
    saved_as:       Files beside the page that hold all of it.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    heading: str = ""
    caption: str = ""
    is_of_devices: bool = False
    folded: str = ""
    saved_as: Sequence[str] = ()

    @property
    def numeric(self) -> tuple[str, ...]:
        """The columns that hold numbers."""
        return tuple(
            column
            for place, column in enumerate(self.columns)
            if any(isinstance(row[place], int | float) for row in self.rows)
        )


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: paragraphs, then pictures, then tables, then commands to run."""

    heading: str
    paragraphs: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    tables: Sequence[Table] = ()
    commands: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Number:
    """A large number at the top; `more` stands small beside it. `held` and `passed` colour its edge."""

    name: str
    value: str
    more: str = ""
    kind: Literal["", "held", "passed"] = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    title:           Of the browser's tab.
    about:           One line over the headline: what was read, the period, the policy.
    headline:        The finding, as a sentence.
    numbers:         The large numbers, about five.
    sum:             The sum that shows that nothing vanished.
    findings:        What the headline rests on.
    cautions:        What a reader must know before using it.
    under_pictures:  Printed under every picture: parameters and period.
    partial:         What a banner says where it was interrupted; empty otherwise.
    """

    title: str
    about: str
    headline: str
    sections: Sequence[Section]
    numbers: Sequence[Number] = ()
    sum: str = ""
    findings: Sequence[str] = ()
    cautions: Sequence[str] = ()
    under_pictures: str = ""
    partial: str = ""


def write_page(page: Page, path: Path) -> None:
    """Write a page."""
    path.write_text(page_html(page), encoding="utf-8", errors="backslashreplace")


def page_html(page: Page) -> str:
    """A page as text."""
    made: str = environment().get_template("page.html.j2").render(page=page, tidegate=__version__)
    return made


@cache
def environment() -> Environment:
    """Where templates are found, and what they may write; everything of the input is escaped."""
    made = Environment(
        loader=PackageLoader("tidegate.formats"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["thousands"] = thousands
    made.filters["number"] = number
    made.filters["many"] = many
    made.filters["instant"] = _instant
    made.filters["clip"] = _clip
    # Drawn by charts.svg from numbers and escaped text; nothing of the input passes unescaped.
    made.filters["drawn"] = Markup
    return made


def number(value: Any) -> str:
    """A number of a table: `1,234`, `12.3`, `0.0123`."""
    if isinstance(value, float):
        return f"{value:,.3g}" if abs(value) < 1_000 else f"{value:,.0f}"  # noqa: PLR2004 - three figures
    return thousands(value)


def _instant(at: Instant) -> str:
    return format_instant(at)[:16].replace("T", " ")


def _clip(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
