"""One stream, many documents: however they are put together and wherever the stream is cut."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, strategies as st
from tests.material.duis_documents import DECLARATION, DUIS, acknowledgement, device_alert, power_outage

from tidegate.duis.hardened_xml import MAX_DOCUMENT_OCTETS, parse
from tidegate.duis.many_documents import Piece, documents_in

ALERTS = [device_alert(counter=n, declaration="") for n in range(3)]
DECLARED = [device_alert(counter=n) for n in range(3)]


class InChunks(io.RawIOBase):
    """A stream that gives its octets a few at a time."""

    def __init__(self, octets: bytes, size: int) -> None:
        super().__init__()
        self._stream = io.BytesIO(octets)
        self._size = size

    def read(self, _size: int = -1) -> bytes:
        return self._stream.read(self._size)


def pieces_of(octets: bytes, size: int = 1 << 20) -> list[Piece]:
    return list(documents_in(InChunks(octets, size)))  # type: ignore[arg-type]


def documents(pieces: list[Piece]) -> list[bytes]:
    assert not [piece.refusal for piece in pieces if piece.refusal]
    return [piece.xml for piece in pieces]


def test_a_stream_of_one_document_gives_that_document() -> None:
    assert [ALERTS[0]] == documents(pieces_of(DECLARED[0]))


def test_documents_end_to_end_are_told_apart_with_and_without_declarations() -> None:
    assert ALERTS == documents(pieces_of(b"".join(ALERTS)))
    assert ALERTS == documents(pieces_of(b"\n\n".join(DECLARED) + b"\n"))


@given(size=st.integers(1, 3000), joint=st.sampled_from([b"", b"\n", b"<!-- <sr:Response> -->", b"<?x y?>"]))
def test_it_does_not_matter_where_the_stream_is_cut(size: int, joint: bytes) -> None:
    stream = joint.join([*DECLARED, acknowledgement(), power_outage()])

    assert pieces_of(stream) == pieces_of(stream, size)
    assert 5 == len(documents(pieces_of(stream, size)))


@given(size=st.integers(1, 3000))
def test_documents_within_other_elements_are_found_wherever_the_stream_is_cut(size: int) -> None:
    inside = b"".join(b"<entry n='" + str(n).encode() + b"'>" + ALERTS[n] + b"</entry>\n" for n in range(3))
    stream = (
        b"<?xml version='1.0'?>\n<!-- mine --><log><day a=\">\" b='/>'>\n" + inside + b"<empty/></day></log>"
    )

    pieces = pieces_of(stream, size)

    assert [3, 3, 3] == [piece.wrappers for piece in pieces]
    assert [3, 4, 5] == [piece.line for piece in pieces]
    assert (
        b"<log><day a=\">\" b='/>'><entry n='2'>" + ALERTS[2] + b"</entry></day></log>"
        == documents(pieces)[2]
    )


def test_a_prefix_declared_on_the_root_holds_for_the_documents_within() -> None:
    bare = ALERTS[0].replace(f' xmlns:sr="{DUIS}"'.encode(), b"")

    (piece,) = pieces_of(f'<all xmlns:sr="{DUIS}">'.encode() + bare + b"</all>")

    assert f"{{{DUIS}}}Response" == parse(piece.xml)[0].tag


def test_each_document_knows_the_line_it_begins_at() -> None:
    stream = b"\n".join([DECLARED[0], DECLARED[1], ALERTS[2].replace(b"><", b">\n<")])

    assert [2, 4, 5] == [piece.line for piece in pieces_of(stream)]


def test_a_document_cut_short_takes_none_of_the_others_along() -> None:
    first, second, third = pieces_of(ALERTS[0] + DECLARED[1][:-30] + DECLARED[2])

    assert ("", "") == (first.refusal, third.refusal)
    assert "it is cut short: another document begins within it" == second.refusal
    assert ALERTS[2] == third.xml


def test_a_document_cut_short_at_the_end_of_the_stream_is_still_told() -> None:
    _, last = pieces_of(ALERTS[0] + ALERTS[1][:-30])

    assert ALERTS[1][:-30] == last.xml


def test_the_end_of_a_document_without_its_beginning_is_told() -> None:
    end, whole = pieces_of(ALERTS[0][-300:] + ALERTS[1])

    assert "it is the end of a document without its beginning" == end.refusal
    assert ALERTS[1] == whole.xml


def test_a_doctype_is_refused_for_its_own_document_only() -> None:
    stream = DECLARED[0] + DECLARATION.encode() + b"<!DOCTYPE r [<!ENTITY e 'x'>]>" + ALERTS[1] + DECLARED[2]

    assert [False, True, False] == [bool(piece.refusal) for piece in pieces_of(stream)]
    assert "it has a DOCTYPE" in pieces_of(stream)[1].refusal


def test_a_doctype_before_a_wrapping_root_is_refused_for_all_within() -> None:
    stream = b"<!DOCTYPE r><log>" + ALERTS[0] + ALERTS[1] + b"</log>" + ALERTS[2]

    assert [True, True, False] == [bool(piece.refusal) for piece in pieces_of(stream)]


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_document_in_a_comment_is_no_document(size: int) -> None:
    stream = ALERTS[0] + b"<!-- old: " + ALERTS[1] + b" -->" + ALERTS[2]

    assert [ALERTS[0], ALERTS[2]] == documents(pieces_of(stream, size))


@given(
    size=st.integers(1, 100), filling=st.sampled_from([b"", b"< b", b"<b>", b"-- >", b"<!--", b"?>", b"<?x"])
)
def test_a_comment_ends_where_it_ends_wherever_the_stream_is_cut(size: int, filling: bytes) -> None:
    stream = b"<log><!-- a " + filling + b" -->" + ALERTS[0] + b"<!--" + filling + b"--></log>" + ALERTS[1]

    assert [ALERTS[1]] == documents(pieces_of(stream, size))[1:]
    assert [1, 0] == [piece.wrappers for piece in pieces_of(stream, size)]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 1 << 20])
def test_an_xml_declaration_begins_anew_whatever_was_left_open(size: int) -> None:
    stream = b"<log><day>" + ALERTS[0] + DECLARED[1]

    assert [2, 0] == [piece.wrappers for piece in pieces_of(stream, size)]


def test_a_comment_longer_than_anything_kept_still_hides_its_documents() -> None:
    stream = b"<!--" + b"x" * 3_000_000 + ALERTS[0] + b"-" * 2_000_000 + b"-->" + ALERTS[1]

    assert [ALERTS[1]] == documents(pieces_of(stream, 1000))


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_comment_that_never_ends_is_told_for_it_hides_what_follows(size: int) -> None:
    first, last = pieces_of(ALERTS[0] + b"\n<!-- old: " + ALERTS[1], size)

    assert ALERTS[0] == first.xml
    assert "never ends" in last.refusal


def test_a_request_within_a_request_is_part_of_it() -> None:
    request = (
        f'<sr:Request xmlns:sr="{DUIS}"><sr:Body><sr:Request></sr:Request></sr:Body></sr:Request>'.encode()
    )

    assert documents(pieces_of(request + ALERTS[0])) == [request, ALERTS[0]]


def test_a_document_too_long_is_refused_and_the_next_one_is_read() -> None:
    long = ALERTS[0][:-200] + b" " * (MAX_DOCUMENT_OCTETS + 600_000) + ALERTS[0][-200:]

    pieces = pieces_of(long + ALERTS[1], 256 * 1024)

    assert "it has more than" in pieces[0].refusal
    assert [ALERTS[1]] == documents(pieces[1:])


@pytest.mark.parametrize("size", [1000, 1 << 20])
@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"PK\x03\x04" + bytes(3000),
        b"<html><body/></html>",
        b"<" * 100_000,
        b"<a '" * 100_000,
        b"<a>" * 100_000,
        ALERTS[0].decode().encode("utf-16"),
    ],
    ids=["nothing", "a zip", "html", "<<<", "<a '", "<a>", "UTF-16"],
)
def test_a_stream_without_documents_is_told_so_once(octets: bytes, size: int) -> None:
    (piece,) = pieces_of(octets, size)

    assert "it holds no DUIS Response (in UTF-8)" == piece.refusal


def test_documents_within_too_many_elements_are_refused() -> None:
    (piece,) = pieces_of(b"<a>" * 17 + ALERTS[0] + b"</a>" * 17)

    assert "it stands within more than 16 elements" in piece.refusal
    assert documents(pieces_of(b"<a>" * 16 + ALERTS[0] + b"</a>" * 16))


@given(
    parts=st.lists(
        st.sampled_from(
            [
                *ALERTS,
                ALERTS[0][:90],
                ALERTS[0][-90:],
                b"<a>",
                b"</a>",
                b"<!--",
                b"-->",
                b"<![CDATA[",
                b"\n",
                b"<?xml",
            ]
        ),
        max_size=12,
    ),
    size=st.integers(1, 700),
)
def test_any_heap_of_parts_is_cut_the_same_way_wherever_the_stream_is_cut(
    parts: list[bytes], size: int
) -> None:
    heap = b"".join(parts)

    pieces = pieces_of(heap, size)

    assert pieces_of(heap) == pieces
    if not {b"<!--", b"<![CDATA[", b"<?xml"} & set(parts):
        assert len(pieces) >= len([part for part in parts if part in ALERTS])
