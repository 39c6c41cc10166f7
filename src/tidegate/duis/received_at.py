"""When a document was received: from a sidecar file, its name, or its own header.

The Device's clock never counts, and the document's ResponseDateTime only where
nothing better is known: it says when the DCC wrote it.
"""

from __future__ import annotations

import csv
import io
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tidegate.columnar.batches import RejectedRow
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant, parse_instant

if TYPE_CHECKING:
    from _csv import Reader

SIDECAR: Final = "received_at.csv"
"""A file of this name says when the documents beside it, and below it, were received."""

HEAD_OCTETS: Final = 8192
"""How much of a document is looked at to find its ResponseDateTime ahead of reading it."""

_COLUMNS: Final = ("file", "received_at")
_IN_NAME = re.compile(
    r"(?<![0-9])([0-9]{4})-?([0-9]{2})-?([0-9]{2})T([0-9]{2})[:-]?([0-9]{2})[:-]?([0-9]{2})"
    r"(?:[.,]([0-9]{1,9}))?(Z|\+[0-9]{2}:?[0-9]{2})?"
)
_IN_HEAD = re.compile(rb"ResponseDateTime\s*>\s*([^<\s]{1,40})")


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What a `received_at.csv` says.

    source:    The sidecar itself.
    instants:  Document, relative to the place the sidecar was found in -> receipt instant.
    rejected:  Its rows that could not be used.
    """

    source: str
    instants: Mapping[str, Instant]
    rejected: tuple[RejectedRow, ...] = ()


def read_sidecar(octets: bytes, source: str, folder: str = "") -> Sidecar:
    """Read a sidecar: CSV with the columns `file` and `received_at`, in any order, others ignored.

    folder:  Where in its place the sidecar stands; its file names are relative to that.

    Raises:
        InputError: it is not CSV in UTF-8, or a column is missing.
    """
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Fault(source, "it is not UTF-8", "Save it as CSV in UTF-8.")) from None
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        return Sidecar(source, *_rows_of(rows, source, folder))
    except csv.Error as error:
        raise InputError(Fault(f"{source}:{rows.line_num}", f"it is not CSV: {error}")) from None


def instant_in_name(name: str) -> Instant | None:
    """The ISO 8601 instant in a file's name, basic or extended; UTC where it names no zone.

    A zone west of Greenwich is not read: `-0001` after an instant is a number far more often.
    """
    match = _IN_NAME.search(name)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    text = f"{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction or 0}{zone or 'Z'}"
    try:
        return parse_instant(text)
    except ValueError:
        return None


def instant_in_head(head: bytes) -> Instant | None:
    """The first ResponseDateTime in the first octets of a file, to know what to read first."""
    match = _IN_HEAD.search(head)
    if match is None:
        return None
    try:
        return parse_instant(match.group(1).decode("utf-8", "replace"))
    except ValueError:
        return None


def _rows_of(rows: Reader, source: str, folder: str) -> tuple[dict[str, Instant], tuple[RejectedRow, ...]]:
    header = [name.strip().lower() for name in next(rows, [])]
    if missing := [name for name in _COLUMNS if name not in header]:
        what = f"it has no column {' and no column '.join(missing)}; its columns are {', '.join(header) or 'none'}"
        raise InputError(Fault(source, what, "Write the columns file,received_at in its first line."))
    file_column, instant_column = (header.index(name) for name in _COLUMNS)
    instants: dict[str, Instant] = {}
    rejected = []
    for row in rows:
        if not any(row):
            continue
        try:
            name = posixpath.normpath(posixpath.join(folder, row[file_column].strip().replace("\\", "/")))
            instants[name] = parse_instant(row[instant_column])
        except IndexError:
            rejected.append(RejectedRow(source, rows.line_num, "the row has too few fields", ",".join(row)))
        except ValueError as error:
            rejected.append(RejectedRow(source, rows.line_num, f"received_at {error}", ",".join(row)))
    return instants, tuple(rejected)
