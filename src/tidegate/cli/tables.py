"""Tables that fit the terminal: texts give way first, then whole columns; a number is shown whole or not at all.

A number that lost a figure would be another number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli.screen import say


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    heading:    Its first line or lines.
    is_text:    Its cells are words, from the left; otherwise numbers, to the right.
    least:      Columns that its cells may be shortened to; None: to none but their own.
    wraps:      What is shortened goes on in further lines: of words the cells, of numbers the heading alone.
    gives_way:  0: always shown. The greatest of the others goes first where there is no room.
    """

    heading: str
    is_text: bool = False
    least: int | None = None
    wraps: bool = False
    gives_way: int = 0


NAMES_A_USER: Final = len("90-B3-D5-1F-30-01-00-00")
"""What a User's name is shortened to at most: the EUI-64s of one party begin alike, and each must be told from the others."""


def show_table(
    to: Console,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    width: int,
    *,
    gap: int = 1,
    styles: Sequence[str] = (),
) -> None:
    """Print a table; numbers for which there was no room are named under it.

    Args:
        to:      Where to.
        columns: Its columns.
        rows:    A cell for each column.
        width:   Of the terminal.
        gap:     Blanks between columns.
        styles:  Of each row; none where left out.
    """
    natural = [_natural(column, at, rows) for at, column in enumerate(columns)]
    least = [_least(column, at, rows, natural[at]) for at, column in enumerate(columns)]
    kept = _kept(columns, least, width, gap)
    widths = _shortened({at: natural[at] for at in kept}, least, width - gap * len(kept))
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold underline")
    for at in kept:
        column = columns[at]
        table.add_column(
            column.heading,
            justify="left" if column.is_text else "right",
            no_wrap=not column.wraps and column.is_text,
            overflow="ellipsis" if column.is_text and not column.wraps else "fold",
            width=widths[at],
        )
    for place, row in enumerate(rows):
        table.add_row(*(Text(row[at]) for at in kept), style=styles[place] if styles else None)
    to.print(table, width=max(width, sum(widths.values()) + gap * len(kept)))
    left_out = [
        " ".join(column.heading.split())
        for at, column in enumerate(columns)
        if at not in kept and not column.is_text and any(row[at] for row in rows)
    ]
    if left_out:
        say(to, Text(f"No room here for: {', '.join(left_out)}.", style="dim"), width)


def _natural(column: Column, at: int, rows: Sequence[Sequence[str]]) -> int:
    return max(map(cell_len, [*column.heading.split("\n"), *(row[at] for row in rows)]))


def _least(column: Column, at: int, rows: Sequence[Sequence[str]], natural: int) -> int:
    if column.is_text:
        return natural if column.least is None else min(natural, column.least)
    if not column.wraps:
        return natural
    return max([1, *(cell_len(row[at]) for row in rows)])


def _kept(columns: Sequence[Column], least: Sequence[int], width: int, gap: int) -> list[int]:
    """The columns there is room for, once all that can is shortened."""
    kept = list(range(len(columns)))
    while sum(least[at] + gap for at in kept) > width:
        first = max(kept, key=lambda at: (columns[at].gives_way, at))
        if columns[first].gives_way == 0:
            break
        kept.remove(first)
    return kept


def _shortened(widths: dict[int, int], least: Sequence[int], room: int) -> dict[int, int]:
    """The widest of those that can be shortened, one after another, until all fit."""
    widths = dict(widths)
    while sum(widths.values()) > room:
        able = [at for at in widths if widths[at] > least[at]]
        if not able:
            break
        widest = max(able, key=lambda at: widths[at])
        widths[widest] -= 1
    return widths
