"""A file of delimited text as blocks of whole records, in bounded memory.

What a file is compressed with is seen from its first bytes, not its name. A
block ends where a record ends: a newline within quotes ends none.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from tidegate.columnar.text import end_of_records, record_starts
from tidegate.vocabulary.faults import Fault, InputError

BLOCK_BYTES: Final = 4 * 2**20
LONGEST_RECORD: Final = 16 * 2**20
SAMPLE_ROWS: Final = 200
_HEAD_BYTES: Final = 256 * 1024
_DELIMITERS: Final = (",", ";", "\t", "|")
_COMPRESSIONS: Final[dict[bytes, Literal["gzip", "zstd"]]] = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_SPREADSHEET_HINT = re.compile(rb"sep=(.)\r?\n")


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole records of a file.

    data:        The bytes, ending with a record's end.
    first_line:  Line of its first byte, from 1.
    lines:       How many lines it is, as an editor counts them.
    is_quoting:  Whether there is a quote in it.
    progress:    Share of the file read with it, 0 to 1.
    """

    data: bytes
    first_line: int
    lines: int
    is_quoting: bool
    progress: float


@dataclass(frozen=True, slots=True)
class TextHeading:
    """What the head of a file says: its columns, and the first rows to guess from."""

    delimiter: str
    names: list[str]
    sample: list[list[str]]


class EmptyFileError(Exception):
    """There is no Alert in the file; the message says what there is instead."""


class TextFile:
    """A delimited text file, plain or compressed with gzip or zstd.

    Raises:
        InputError: it cannot be read, or is no delimited text.
        EmptyFileError: it has nothing in it, or nothing but a header.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        first = next(self._pieces(), (b"", 1.0))[0]
        if not first.strip():
            raise EmptyFileError("the file is empty")
        self._refuse_what_is_no_text(first)
        self.heading, self._skip_bytes, self._skip_lines = self._read_heading(first)

    def blocks(self) -> Iterator[Block]:
        """The records after the header, in blocks.

        Raises:
            InputError: the file is cut off within its compression, or a record has no end.
        """
        delimiter, line, rest, skip = ord(self.heading.delimiter), 1 + self._skip_lines, b"", self._skip_bytes
        progress = 0.0
        for piece, progress in self._pieces():
            data = rest + piece if rest else piece[skip:]
            skip = 0
            is_quoting = b'"' in data
            end = (
                end_of_records(np.frombuffer(data, np.uint8), delimiter, is_quoting=True)
                if is_quoting
                else data.rfind(b"\n") + 1
            )
            rest = data[end:]
            if end:
                yield (block := _block(data[:end], line, progress, is_quoting=is_quoting))
                line += block.lines
            if len(rest) > LONGEST_RECORD:
                raise InputError(self._endless(line, rest))
        if rest.strip(b"\r\n"):
            if end_of_records(np.frombuffer(rest + b"\n", np.uint8), delimiter, is_quoting=True) == 0:
                raise InputError(self._endless(line, rest))
            yield _block(rest + b"\n", line, progress, is_quoting=b'"' in rest)

    def _pieces(self) -> Iterator[tuple[bytes, float]]:
        """The file's bytes, decompressed, without a byte order mark; and the share of the file read."""
        size = max(1, self.path.stat().st_size)
        try:
            with pa.OSFile(str(self.path), "rb") as raw:
                head = raw.read(4)
                compression = next(
                    (name for magic, name in _COMPRESSIONS.items() if head.startswith(magic)), None
                )
                raw.seek(0)
                stream = pa.CompressedInputStream(raw, compression) if compression else raw
                is_first = True
                while piece := stream.read(BLOCK_BYTES):
                    if is_first and piece.startswith(codecs.BOM_UTF8):
                        piece = piece[3:]
                    is_first = False
                    yield piece, raw.tell() / size
        except (OSError, pa.ArrowException) as error:
            raise InputError(
                Fault(
                    str(self.path),
                    f"cannot be read to its end: {error}",
                    "Copy or export it again; it may be cut off.",
                )
            ) from None

    def _refuse_what_is_no_text(self, first: bytes) -> None:
        what = remedy = ""
        if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            what, remedy = "is UTF-16 text", "Save it as CSV UTF-8."
        elif first.startswith(b"PK\x03\x04"):
            what, remedy = "is a spreadsheet or a zip file, not text", "Save the sheet as CSV UTF-8."
        elif first.startswith(b"PAR1"):
            what, remedy = "is a Parquet file, not text", "Give it a name that ends in .parquet."
        elif b"\x00" in first[:4096]:
            what, remedy = "is not text", "Export the Alerts as CSV or Parquet."
        elif b"\n" not in first and b"\r" in first.strip():
            what, remedy = "has lines that end with a carriage return alone", "Save it with line feeds."
        if what:
            raise InputError(Fault(str(self.path), what, remedy))

    def _read_heading(self, first: bytes) -> tuple[TextHeading, int, int]:
        """The heading, and how many bytes and lines it is."""
        hint = _SPREADSHEET_HINT.match(first)
        skipped = hint.end() if hint else 0
        body = first[skipped : skipped + _HEAD_BYTES]
        header_line = body.lstrip(b"\r\n").split(b"\n", 1)[0].decode("utf-8", "replace")
        delimiter = hint.group(1).decode("latin-1") if hint else max(_DELIMITERS, key=header_line.count)
        starts, lines = record_starts(np.frombuffer(body, np.uint8), ord(delimiter))
        records = len(starts) - 1
        if len(first) > skipped + len(body) and records > 1:
            records -= 1  # The last one may go on past what was looked at.
        sampled = body[: starts[min(records, SAMPLE_ROWS + 1)]].decode("utf-8", "replace")
        rows = [row for row in csv.reader(io.StringIO(sampled, newline=""), delimiter=delimiter) if row]
        if records < 2:  # noqa: PLR2004 - a header and a row
            raise EmptyFileError("the file has a header and no rows")
        heading = TextHeading(delimiter, _each_once([name.strip() for name in rows[0]]), rows[1:])
        return heading, skipped + int(starts[1]), (1 if hint else 0) + int(lines[1])

    def _endless(self, line: int, rest: bytes) -> Fault:
        where = f"{self.path}, line {line}"
        if b'"' in rest:
            return Fault(where, "a quoted field begins in this record and never ends", "Close the quote.")
        return Fault(where, f"is longer than {LONGEST_RECORD >> 20} MiB", "Is this a table of Alerts?")


def _block(data: bytes, first_line: int, progress: float, *, is_quoting: bool) -> Block:
    lines = data.count(b"\n")
    if b"\r" in data:
        lines += data.count(b"\r") - data.count(b"\r\n")
    return Block(data, first_line, lines, is_quoting, progress)


def _each_once(names: list[str]) -> list[str]:
    """Columns need names to be told apart: the second `code` is `code_2`, a nameless one `column_3`."""
    given: list[str] = []
    for number, name in enumerate(names, start=1):
        stem = wanted = name or f"column_{number}"
        again = 2
        while wanted in given:
            wanted, again = f"{stem}_{again}", again + 1
        given.append(wanted)
    return given
