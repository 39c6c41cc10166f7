"""One stream of octets, many documents: one after another, or within other elements.

A log of DUIS documents is often one file: documents put end to end, or wrapped
in a root element of someone's own, to any depth. It may be larger than memory,
so it is cut, not parsed: from `<Response` or `<Request` to its end tag. Each
piece is parsed by itself afterwards; what a wrapper declares (a prefix, a
DOCTYPE) holds for the pieces within it. A document cut short takes none of
those after it along.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Final

from tidegate.duis.hardened_xml import MAX_DOCUMENT_OCTETS

_CHUNK: Final = 256 * 1024
_LONGEST_GAP: Final = 1024 * 1024
_LONGEST_TAG: Final = 4096
_MOST_WRAPPERS: Final = 16
_SHOWN: Final = 200
_LONGEST_MARK: Final = 256

_MARK = re.compile(rb"<(/?)(?:[\w.-]+:)?(Response|Request)(?=[\s/>])")
_START_TAG = re.compile(rb"<([^\s<>/!?\"'=]+)(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>")
_ENCLOSED: Final = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?xml", b"?>"), (b"<?", b"?>"))
_OPENINGS: Final = tuple(begin for begin, _ in _ENCLOSED)


@dataclass(frozen=True, slots=True)
class Piece:
    """One document of a stream.

    line:      Line it begins at, from 1.
    xml:       The document, within the elements around it.
    wrappers:  How many elements are around it.
    refusal:   Why it cannot be read at all; empty where it can be tried.
    """

    line: int
    xml: bytes
    wrappers: int = 0
    refusal: str = ""


def documents_in(stream: IO[bytes]) -> Iterator[Piece]:
    """Cut a stream into its documents, in bounded memory; a stream without any gives one refusal."""
    cutter = _Cutter()
    found = False
    while chunk := stream.read(_CHUNK):
        for piece in cutter.feed(chunk):
            found = True
            yield piece
    for piece in cutter.finish():
        found = True
        yield piece
    if not found:
        yield Piece(1, cutter.beginning, refusal="it holds no DUIS Response (in UTF-8)")


@dataclass(slots=True)
class _Wrappers:
    """The elements open around the next document."""

    tags: list[tuple[bytes, bytes]] = field(default_factory=list)
    has_doctype: bool = False
    fault: str = ""
    awaited: bytes = b""
    """The end of the comment (or the like) that is open; empty outside of them."""

    def see(self, gap: bytes) -> int:
        """Take note of what stands between documents; returns how much of it is done with."""
        at = 0
        while True:
            if self.awaited:
                stop = gap.find(self.awaited, at)
                if stop < 0:
                    return max(at, len(gap) - len(self.awaited))
                at = stop + len(self.awaited)
                self.awaited = b""
            at = gap.find(b"<", at)
            if at < 0:
                return len(gap)
            for begin, end in _ENCLOSED:
                if gap.startswith(begin, at):
                    self.awaited = end
                    if gap.startswith(b"<?xml", at):
                        self._begin_anew()
                    break
            else:
                self._see_tag(gap, at)
            at += 1

    def around(self, document: bytes, line: int) -> Piece:
        """The document within what is around it."""
        if self.has_doctype:
            return Piece(
                line, document, refusal="it has a DOCTYPE; a DUIS document has none, and none is read"
            )
        if self.fault:
            return Piece(line, document, refusal=self.fault)
        if not self.tags:
            return Piece(line, document)
        before = b"".join(tag for tag, _ in self.tags)
        after = b"".join(b"</" + name + b">" for _, name in reversed(self.tags))
        return Piece(line, before + document + after, wrappers=len(self.tags))

    def _see_tag(self, gap: bytes, at: int) -> None:
        if gap.startswith(b"<!DOCTYPE", at):
            self.has_doctype = True
        elif gap.startswith(b"</", at):
            name = gap[at + 2 : at + _LONGEST_TAG].split(b">", 1)[0].strip()
            names = [open_name for _, open_name in self.tags]
            if name in names:
                del self.tags[len(names) - 1 - names[::-1].index(name) :]
            if not self.tags:
                self._begin_anew()
        elif (tag := _START_TAG.match(gap, at)) and not tag.group().endswith(b"/>"):
            if len(self.tags) == _MOST_WRAPPERS or len(tag.group()) > _LONGEST_TAG:
                self.fault = (
                    f"it stands within more than {_MOST_WRAPPERS} elements, or within a very long one"
                )
            else:
                self.tags.append((tag.group(), tag.group(1)))

    def _begin_anew(self) -> None:
        self.tags.clear()
        self.has_doctype = False
        self.fault = ""


class _Cutter:
    """Finds where documents begin and end, over chunks cut anywhere.

    `_buffer[_start:]` is not accounted for yet; no mark before `_scan` is to be found any more.
    """

    def __init__(self) -> None:
        self.beginning = b""
        self._wrappers = _Wrappers()
        self._buffer = b""
        self._start = 0
        self._scan = 0
        self._line = 1
        self._name = b""
        """Of the document being read: Response or Request; empty between documents."""
        self._nested = 0
        self._is_skipping = False
        """After a document that was too long, until its end."""

    def feed(self, chunk: bytes) -> Iterator[Piece]:
        """Take the next octets; yields the documents that end in them."""
        self.beginning += chunk[: _SHOWN - len(self.beginning)]
        self._buffer = self._buffer[self._start :] + chunk
        self._scan -= self._start
        self._start = 0
        while mark := _MARK.search(self._buffer, self._scan):
            self._scan = mark.end()
            if not mark.group(1):
                yield from self._begin(mark.start(), mark.group(2))
                continue
            end = self._buffer.find(b">", mark.end()) + 1
            if not end:
                self._scan = mark.start()
                break
            yield from self._end(mark.start(), end, mark.group(2))
        else:
            self._scan = max(self._scan, len(self._buffer) - _LONGEST_MARK)
        if not self._name:
            self._pass_gap()
        elif len(self._buffer) - self._start > MAX_DOCUMENT_OCTETS:
            line, document = self._take(len(self._buffer))
            reason = f"it has more than {MAX_DOCUMENT_OCTETS} octets; no such document is parsed"
            yield Piece(line, document[:_SHOWN], refusal=reason)
            self._name, self._is_skipping = b"", True

    def finish(self) -> Iterator[Piece]:
        """The stream is at its end; yields the document that was cut short, if one was."""
        if self._name:
            yield self._wrappers.around(self._buffer[self._start :], self._line)
            return
        self._see_gap(len(self._buffer))
        if self._wrappers.awaited:
            yield Piece(
                self._line, b"", refusal="a comment, or the like, never ends; what is in it is not read"
            )

    def _begin(self, start: int, name: bytes) -> Iterator[Piece]:
        if self._name == name == b"Request":  # a Request may hold one of its own (RequestWANMatrix)
            self._nested += 1
            return
        if self._name:
            line, before = self._take(start)
            yield Piece(line, before, refusal="it is cut short: another document begins within it")
        else:
            self._see_gap(start)
            if self._wrappers.awaited:  # within a comment
                return
        self._name, self._nested, self._is_skipping = name, 1, False

    def _end(self, start: int, end: int, name: bytes) -> Iterator[Piece]:
        if self._name:
            self._nested -= name == self._name
            if self._nested == 0:
                line, document = self._take(end)
                self._name = b""
                yield self._wrappers.around(document, line)
            return
        self._see_gap(start)
        if self._wrappers.awaited:
            return
        line, tag = self._take(end)
        if not self._is_skipping:
            yield Piece(line, tag, refusal="it is the end of a document without its beginning")
        self._is_skipping = False

    def _see_gap(self, stop: int) -> None:
        _, gap = self._take(stop)
        if gap and not self._is_skipping:
            self._wrappers.see(gap)

    def _pass_gap(self) -> None:
        """Let go of what stands between documents, as far as it is done with."""
        gap = self._buffer[self._start :]
        comment = 0
        if awaited := self._wrappers.awaited:
            comment = gap.find(awaited)
            if comment < 0:
                self._take(self._start + max(0, len(gap) - len(awaited)))
                return
        # A tag is seen when the next one begins, for only then it is whole whatever its quotes hold.
        last = gap.rfind(b"<")
        is_tag = last >= comment and (len(gap) - last < len(b"<?xml") or not gap.startswith(_OPENINGS, last))
        done = last if is_tag and last >= 0 else len(gap)
        if not self._is_skipping:
            done = min(done, self._wrappers.see(gap[:done]))
        self._take(self._start + (len(gap) if len(gap) - done > _LONGEST_GAP else done))

    def _take(self, stop: int) -> tuple[int, bytes]:
        """The octets up to `stop`, and the line they begin at."""
        line, taken = self._line, self._buffer[self._start : stop]
        self._start = stop
        self._line += taken.count(b"\n")
        return line, taken
