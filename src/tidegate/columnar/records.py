"""Where the records of delimited text begin and end.

A newline within quotes ends nothing. A quote quotes only at the start of a
field; doubled within quotes it is a character. Empty lines are no records. This
is how pyarrow reads CSV, and a test holds the two together.
"""

# ruff: noqa: PLR2004, PLR1714 - kernels compare bytes of ASCII: 10 and 13 end lines, 34 quotes

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.compiled import compiled
from tidegate.columnar.text import Bytes, read_only


def end_of_records(block: Bytes, delimiter: int) -> int:
    """Where the last whole record of a block of delimited text ends; 0 when none does.

    A newline within quotes ends nothing. A record ends after its line feed.
    """
    return int(_end_of_records(read_only(block), delimiter))


def record_starts(block: Bytes, delimiter: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where each record of a block begins: its byte, and its line counted from 0.

    Empty lines are no records. One entry more is added, for the end of the block.
    """
    block = read_only(block)
    count = int(_scan_records(block, delimiter, np.empty(0, np.int64), np.empty(0, np.int64)))
    starts = np.empty(count + 1, np.int64)
    lines = np.empty(count + 1, np.int64)
    _scan_records(block, delimiter, starts, lines)
    return starts, lines


def count_lines(block: Bytes) -> int:
    """How many lines a block of text is: line feeds, and carriage returns without one."""
    return int(_count_lines(read_only(block)))


@compiled
def _end_of_records(block: Any, delimiter: Any) -> Any:
    end: Any = np.uint64(0)
    i: Any = np.uint64(0)
    one, size = np.uint64(1), np.uint64(len(block))
    while i < size:
        # At the start of a field, where a quote means what it says.
        if block[i] == 34:
            i += one
            while i < size:
                if block[i] == 34:
                    # Of a doubled quote the second is a character.
                    if i + one >= size or block[i + one] != 34:
                        break
                    i += one
                i += one
        while i < size and block[i] != delimiter and block[i] != 10 and block[i] != 13:
            i += one
        if i < size and block[i] == 10:
            end = i + one
        i += one
    return np.int64(end)


@compiled
def _scan_records(block: Any, delimiter: Any, starts: Any, lines: Any) -> Any:
    """Count the records; write where they start when there is room for it."""
    count, line = 0, 0
    is_within, is_field_start, is_line_start = False, True, True
    for at in range(len(block)):
        byte = block[at]
        is_break = byte == 10 or (byte == 13 and not (at + 1 < len(block) and block[at + 1] == 10))
        if is_line_start and byte != 10 and byte != 13:
            if len(starts):
                starts[count], lines[count] = at, line
            count += 1
            is_line_start = False
        if is_within:
            is_within = byte != 34
            is_field_start = byte == 34 and at + 1 < len(block) and block[at + 1] == 34
        elif byte == 34 and is_field_start:
            is_within, is_field_start = True, False
        else:
            is_field_start = byte == delimiter or byte == 10 or byte == 13
            is_line_start = is_line_start or byte == 10 or byte == 13
        line += is_break
    if len(starts):
        starts[count], lines[count] = len(block), line
    return count


@compiled
def _count_lines(block: Any) -> Any:
    feeds, returns = 0, 0
    for at in range(len(block)):
        feeds += block[at] == 10
    for at in range(len(block)):
        returns += block[at] == 13
    if returns == 0:
        return feeds
    lines = feeds
    for at in range(len(block)):
        if block[at] == 13 and (at + 1 == len(block) or block[at + 1] != 10):
            lines += 1
    return lines
