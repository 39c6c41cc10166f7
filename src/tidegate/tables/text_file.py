"""A file of delimited text as blocks of whole records, in bounded memory.

What a file is compressed with is seen from its first bytes, not its name. A
block ends where a record ends: a newline within quotes ends none.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np
import pyarrow as pa

from tidegate.columnar.records import count_lines, end_of_records, record_starts
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
    """Some whole records of a file; the bytes are not copied out of the buffer they were read into.

    buffer:      What was read; the records are buffer[start:end], and end with a record's end.
    is_quoting:  Whether there is a quote in it.
    progress:    Share of the file read with it, 0 to 1.
    """

    buffer: bytearray
    start: int
    end: int
    is_quoting: bool
    progress: float

    def text(self) -> memoryview:
        """The records' bytes."""
        return memoryview(self.buffer)[self.start : self.end]

    def count_lines(self) -> int:
        """How many lines it is, as an editor counts them."""
        return count_lines(np.frombuffer(self.text(), np.uint8))


@dataclass(frozen=True, slots=True)
class TextHeading:
    """What the head of a file says: its columns, and the first rows to guess from.

    as_written:  The names of the columns in the file; in `names` each is once.
    """

    delimiter: str
    names: list[str]
    sample: list[list[str]]
    as_written: list[str]

    def first_values(self) -> dict[str, Sequence[object]]:
        """The first values of each column, of rows with as many fields as there are columns."""
        whole = [row for row in self.sample if len(row) == len(self.names)]
        return {name: [row[place] for row in whole] for place, name in enumerate(self.names)}


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
        self._rest = memoryview(b"")
        first = bytes(next(self._buffers(), (b"", 1.0))[0])
        if not first.strip():
            raise EmptyFileError("the file is empty")
        self._refuse_what_is_no_text(first)
        self.heading, self._skip_bytes, self._skip_lines = self._read_heading(first)

    @property
    def first_line(self) -> int:
        """Line of the first record after the header, from 1."""
        return 1 + self._skip_lines

    def blocks(self) -> Iterator[Block]:
        """The records after the header, in blocks.

        Raises:
            InputError: the file is cut off within its compression, or a record has no end.
        """
        delimiter = ord(self.heading.delimiter)
        start, done, progress = self._skip_bytes, 0, 0.0
        buffer = bytearray()
        for buffer, progress in self._buffers():
            is_quoting = buffer.find(b'"', start) >= 0
            if is_quoting:
                end = start + end_of_records(np.frombuffer(buffer, np.uint8)[start:], delimiter)
            else:
                end = max(start, buffer.rfind(b"\n") + 1)
            if end > start:
                yield Block(buffer, start, end, is_quoting, progress)
            done += end
            self._rest = memoryview(buffer)[end:]
            start = 0
            if len(self._rest) > LONGEST_RECORD:
                raise InputError(self._endless(done, self._rest))
        rest = bytearray(self._rest) + b"\n"
        if rest.strip(b"\r\n"):
            if end_of_records(np.frombuffer(rest, np.uint8), delimiter) == 0:
                raise InputError(self._endless(done, self._rest))
            yield Block(rest, 0, len(rest), b'"' in rest, progress)

    def _buffers(self) -> Iterator[tuple[bytearray, float]]:
        """The file's bytes after what is left of those before; and the share of the file read."""
        size = max(1, self.path.stat().st_size)
        self._rest = memoryview(b"")
        try:
            with pa.OSFile(str(self.path), "rb") as raw:
                head = raw.read(4)
                compression = next(
                    (name for magic, name in _COMPRESSIONS.items() if head.startswith(magic)), None
                )
                raw.seek(0)
                stream = pa.CompressedInputStream(raw, compression) if compression else raw
                is_first = True
                while True:
                    left = len(self._rest)
                    buffer = bytearray(left + BLOCK_BYTES)
                    buffer[:left] = self._rest
                    count = stream.readinto(memoryview(buffer)[left:])
                    if count == 0:
                        return
                    del buffer[left + count :]
                    if is_first and buffer.startswith(codecs.BOM_UTF8):
                        del buffer[:3]
                    is_first = False
                    yield buffer, raw.tell() / size
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
            what, remedy = "is not text", "Export it as CSV or Parquet."
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
        written = [name.strip() for name in rows[0]]
        heading = TextHeading(delimiter, _each_once(written), rows[1:], written)
        return heading, skipped + int(starts[1]), (1 if hint else 0) + int(lines[1])

    def _endless(self, start: int, rest: memoryview) -> Fault:
        """The fault of a record that begins at a byte of the text and does not end."""
        line, before = 1, start
        for buffer, _ in self._buffers():
            line += buffer.count(b"\n", 0, max(0, before))
            before -= len(buffer)
        where = f"{self.path}, line {line}"
        if b'"' in bytes(rest):
            return Fault(where, "a quoted field begins in this record and never ends", "Close the quote.")
        return Fault(where, f"is longer than {LONGEST_RECORD >> 20} MiB", "Is this a table of Alerts?")


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
