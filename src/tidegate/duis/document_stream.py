"""Documents wherever they lie, one by one, in the order they were received.

Receipt instant, first that is known: sidecar; file name (both only for a file of one document);
ResponseDateTime, which only who reads the document knows. Files are read in order of it, then
of their names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.columnar.batches import RejectedRow
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.many_documents import Piece, documents_in
from tidegate.duis.places import READ_ERRORS, Member, find_documents
from tidegate.duis.received_at import HEAD_OCTETS, SIDECAR, instant_in_head
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from lxml import etree

_SHOWN: Final = 200


@dataclass(frozen=True, slots=True)
class Document:
    """A document on its way.

    file:         What a person would call the file it is in.
    source, line: Where it stands: its file and line in a file of many documents, else all of the input and
                  the number of the document in the order it was read, from 1.
    received_at:  Where a sidecar or the file's name says so.
    progress:     Share of the octets read before its file, 0 to 1.
    """

    file: str
    source: str
    line: int
    received_at: Instant | None
    progress: float
    piece: Piece

    def root(self) -> etree._Element:
        """Its root element.

        Raises:
            RefusedDocument: it cannot be read, or not safely.
        """
        if self.piece.refusal:
            raise RefusedDocument(self.piece.refusal)
        root = parse(self.piece.xml)
        for _ in range(self.piece.wrappers):
            root = root[0]
        return root

    def refused(self, error: RefusedDocument) -> RejectedRow:
        """The row that says why it was not read."""
        shown = self.piece.xml[:_SHOWN].decode("utf-8", "replace")
        return RejectedRow(self.file, self.piece.line, str(error), " ".join(shown.split()))

    def passed_over(self, reason: str, identifier: str) -> RejectedRow:
        """The row that says what else it is."""
        return RejectedRow(self.file, self.piece.line, reason, identifier)


class Documents:
    """Files (.xml, of one document or many), folders (with the folders in them), zips; read once.

    sidecar:   A `received_at.csv` for all of them; each folder and zip may also have its own.

    Raises:
        InputError: see `places.find_documents`.
    """

    def __init__(self, paths: Sequence[Path], sidecar: Path | None = None) -> None:
        self._places = find_documents(paths, sidecar)
        self._where = ", ".join(str(path) for path in paths)
        self.count = 0
        """How many were met so far."""

    @property
    def name(self) -> str:
        """The path, and how many files where there are several."""
        files = len(self._places.members)
        return self._where if files == 1 else f"{files:,} files in {self._where}"

    @property
    def rejected(self) -> Sequence[RejectedRow]:
        """What was found and will not be read; rows of sidecars without use."""
        return self._places.rejected

    def __iter__(self) -> Iterator[Document]:
        octets = 0
        total = sum(member.size for member in self._places.members) or 1
        for member in sorted(self._places.members, key=_reading_order):
            yield from self._documents_of(member, octets / total)
            octets += member.size

    def _documents_of(self, member: Member, progress: float) -> Iterator[Document]:
        """The documents of a file; one that cannot be read (any further) ends in a refusal."""
        pieces = _until_unreadable(member)
        first = list(islice(pieces, 2))
        is_one = len(first) == 1
        if not is_one and member.is_in_sidecar:
            reason = (
                f"{SIDECAR} gives one instant to a file of several documents: each has its ResponseDateTime"
            )
            first.insert(0, Piece(0, b"", refusal=reason))
        for piece in chain(first, pieces):
            self.count += piece.line > 0
            if is_one:
                yield Document(member.name, self.name, self.count, member.received_at, progress, piece)
            else:
                yield Document(member.name, member.name, piece.line, None, progress, piece)


def _reading_order(member: Member) -> tuple[Instant, str]:
    at = member.received_at
    if at is None:
        try:
            with member.open() as stream:
                at = instant_in_head(stream.read(HEAD_OCTETS))
        except READ_ERRORS:
            at = None  # the reason is told when the file's turn comes
    return (0 if at is None else at, member.name)


def _until_unreadable(member: Member) -> Iterator[Piece]:
    try:
        with member.open() as stream:
            yield from documents_in(stream)
    except READ_ERRORS as error:
        yield Piece(0, b"", refusal=f"it cannot be read: {getattr(error, 'strerror', None) or error}")
