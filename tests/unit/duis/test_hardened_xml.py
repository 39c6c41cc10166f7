"""XML that was written to do harm is refused before it can."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from tests.material.duis_documents import DUIS, acknowledgement, device_alert

from tidegate.duis.documents import DuisAlert, NotAnAlert, read_document
from tidegate.duis.hardened_xml import MAX_DEPTH, MAX_DOCUMENT_OCTETS, RefusedDocument, parse
from tidegate.gbcs.alert import read_alert

LAUGHS = (
    "<!DOCTYPE lolz [<!ENTITY lol 'lol'>"
    + "".join(f"<!ENTITY lol{n} '{f'&lol{n - 1 or str()};' * 10}'>" for n in range(1, 10))
    + f"]><sr:Response xmlns:sr='{DUIS}'>&lol9;</sr:Response>"
)


def refusal_of(xml: bytes) -> str:
    with pytest.raises(RefusedDocument) as refused:
        parse(xml)
    return str(refused.value)


def nested(levels: int) -> bytes:
    return b"<a>" * levels + b"</a>" * levels


def test_a_billion_laughs_are_refused_for_their_doctype() -> None:
    assert "it has a DOCTYPE" in refusal_of(LAUGHS.encode())


def test_an_external_entity_is_refused_and_its_file_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("8F75")
    document = device_alert("8F75").replace(
        b"<sr:Response",
        f"<!DOCTYPE r [<!ENTITY code SYSTEM '{secret.as_uri()}'>]><sr:Response".encode(),
    )

    assert "it has a DOCTYPE" in refusal_of(document.replace(b">8F75<", b">&code;<"))


def test_an_entity_no_one_declared_is_refused() -> None:
    assert "not well-formed" in refusal_of(device_alert("8F75").replace(b">8F75<", b">&code;<"))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_a_doctype_does_not_hide_in_another_encoding(encoding: str) -> None:
    assert "it is not UTF-8" in refusal_of(LAUGHS.encode(encoding))


def test_a_doctype_does_not_hide_behind_a_declared_encoding() -> None:
    """In UTF-7 `+ADw-` is `<`; the declaration is not believed, so it stays what it is."""
    document = b"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE r+AD4-<r/>"

    assert "not well-formed" in refusal_of(document)


def test_a_document_of_the_greatest_depth_is_parsed_and_one_deeper_is_refused() -> None:
    assert "a" == parse(nested(MAX_DEPTH)).tag
    assert f"nested deeper than {MAX_DEPTH}" in refusal_of(nested(MAX_DEPTH + 1))


def test_an_empty_element_at_the_bottom_counts_as_a_level() -> None:
    document = b"<a>" * MAX_DEPTH + b"<a/>" + b"</a>" * MAX_DEPTH

    assert f"nested deeper than {MAX_DEPTH}" in refusal_of(document)


def test_many_elements_side_by_side_are_not_deep() -> None:
    assert 1000 == len(parse(b"<a>" + b"<b></b>" * 1000 + b"</a>"))


def test_a_hundred_thousand_levels_are_refused() -> None:
    assert refusal_of(nested(100_000))


def test_a_document_of_the_greatest_length_is_parsed_and_one_octet_more_is_refused() -> None:
    longest = b"<a>" + b" " * (MAX_DOCUMENT_OCTETS - 7) + b"</a>"

    assert "a" == parse(longest).tag
    assert f"it has {MAX_DOCUMENT_OCTETS + 1} octets" in refusal_of(longest + b" ")


def test_a_hundred_megabytes_are_refused_by_their_length_before_anything_is_parsed() -> None:
    """It is not even XML; only its length is told."""
    assert "it has 100000000 octets" in refusal_of(b"x" * 100_000_000)


@pytest.mark.parametrize(
    "xml", [b"", b" ", b"PK\x03\x04", b"<a>", b"<a/><b/>", b"<a></b>", b"\xff\xfe<\x00a"]
)
def test_what_is_no_xml_is_refused_in_plain_words(xml: bytes) -> None:
    assert refusal_of(xml).startswith("it is not")


def test_a_comment_within_a_value_does_not_change_it() -> None:
    document = device_alert("8F75").replace(b">8F75<", b">8F<!-- -->75<")

    alert = read_document(document, read_alert)

    assert isinstance(alert, DuisAlert)
    assert 0x8F75 == alert.alert_code


@given(
    document=st.sampled_from([device_alert(count=3), acknowledgement()]),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.sampled_from(b"<>&\"'/ :-A0\x00\xff\xc3"))),
    cut=st.integers(0, 5),
)
def test_any_garbled_document_is_read_or_refused_and_nothing_else(
    document: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    garbled = bytearray(document[: len(document) - cut])
    for place, octet in changes:
        garbled[place % len(garbled)] = octet

    try:
        result = read_document(bytes(garbled), read_alert)
    except RefusedDocument:
        return
    assert isinstance(result, DuisAlert | NotAnAlert)
