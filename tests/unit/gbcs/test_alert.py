"""GBCS Alerts from octets: what is read, and what is refused."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st
from tests.material.gbcs_alerts import (
    ESME,
    GSME,
    MADE_AT,
    NETWORK_OPERATOR,
    SUPPLIER,
    Encoding,
    content,
    cosem_time,
    envelope,
    mint_alert,
)
from tests.shared_material import needs_shared, shared, shared_files

from tidegate.gbcs.alert import GbcsAlert, read_alert
from tidegate.gbcs.octets import GbcsError
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import SECOND, parse_instant

ENCODINGS: tuple[Encoding, ...] = ("DLMS", "GBZ", "ASN1")
EDGE_CODES = (0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0x8F75, 0xFFFF)

# The public examples, octet for octet: Reference Test Data Set 4.5.0, generic Alerts.
PUBLIC_CRITICAL_DLMS = bytes.fromhex(
    "DF090300000000000007D00800DB1234567890A00890B3D51F3001000000021000190F200007D0000202128F30090C07DF0101FF"
    "000000008000FF4037DF02944805650FCECE8B3F9A0CD53BC9CDAB4A72015283E8D1DDD393EAB645BC38D9B9D2135DCF6A83E470"
    "A2A9B4C8306EBC28649639D6F2B15CB03C28D21F"
)
PUBLIC_NON_CRITICAL_GBZ = bytes.fromhex(
    "DD0000000000003D1100000000DF09030000000000000BB80800DB1234567890A10890B3D51F300100000002100109010900810E"
    "1C374A8000E98AEAF368B0BD02D9AA5592"
)
PUBLIC_CRITICAL_ASN1 = bytes.fromhex(
    "DF090300000000000007D00800DB1234567890A00890B3D51F30010000000200CA2730250203008F66180F323033303031313530"
    "39303030305A020203E9300902010004040123ABCF4009C5C95B94127D5AB179D360740D983FCCE7856A35AC7C6E472394BD5EA4"
    "40ED96F6432363D59E2CFED71B58053961931E783916D341F74665DD261CF218B19D"
)
PUBLIC_SUPPLEMENTARY = bytes.fromhex(
    "DF090300000000000007D30800DB1234567890A00890B3D51F30010000000A012390B3D51F30010008510F200007D30002031"
    "28F88090C07DF0101FF000000008000FF0C367B226F75747075745374617465223A22313030222C22696E7075745374617465223"
    "A2230222C226F746865722D64617461223A22227D4000E24414B3FB720669BB59996E666653DEBA6EDA5EB663B0EA80E80E991F61"
    "C1E9C63980C98A5E6059154880D0F9A5D029FD627A35E58B18BAA6685CC9CCBA52"
)

public_alerts = shared_files("rtds/*/*ALERT*.HEX")
other_public_messages = [path for path in shared_files("rtds/*/*.HEX") if "ALERT" not in path.name]


def test_a_public_critical_alert_in_dlms_is_read_whole() -> None:
    alert = read_alert(PUBLIC_CRITICAL_DLMS)

    assert (
        GbcsAlert(
            originator=ESME,
            recipient=SUPPLIER,
            counter=2000,
            message_code=0x1000,
            alert_code=0x8F30,
            at=parse_instant("2015-01-01T00:00:00Z"),
            encoding=alert.encoding,
            is_signed=True,
            supplementary_party=None,
            supplementary_party_counter=None,
            supplementary_originator_counter=None,
            content=PUBLIC_CRITICAL_DLMS[34:59],
            protection=PUBLIC_CRITICAL_DLMS[60:],
        )
        == alert
    )
    assert "DLMS" == alert.encoding


def test_a_public_non_critical_alert_in_gbz_is_read() -> None:
    alert = read_alert(PUBLIC_NON_CRITICAL_GBZ)

    assert (GSME, 3000, 0x1001, 0x810E) == (
        alert.originator,
        alert.counter,
        alert.message_code,
        alert.alert_code,
    )
    assert ("GBZ", False, parse_instant("2015-01-01T00:00:00Z")) == (
        alert.encoding,
        alert.is_signed,
        alert.at,
    )
    assert bytes.fromhex("E98AEAF368B0BD02D9AA5592") == alert.protection


def test_a_public_critical_alert_in_asn1_is_read() -> None:
    alert = read_alert(PUBLIC_CRITICAL_ASN1)

    assert ("ASN1", 0x8F66, 0xCA) == (alert.encoding, alert.alert_code, alert.message_code)
    assert parse_instant("2030-01-15T09:00:00Z") == alert.at


def test_the_supplementary_remote_party_is_read() -> None:
    alert = read_alert(PUBLIC_SUPPLEMENTARY)

    assert 0x90B3D51F30010008 == alert.supplementary_party
    assert (None, None) == (alert.supplementary_party_counter, alert.supplementary_originator_counter)


@needs_shared
@pytest.mark.parametrize("path", public_alerts, ids=lambda path: path.stem)
def test_every_alert_of_the_public_test_data_is_read_as_its_name_says(path: Path) -> None:
    alert = read_alert(bytes.fromhex(path.read_text()))

    code = next(part for part in path.stem.split("_") if part.startswith(("8F", "80", "81")))
    assert code == format_alert_code(alert.alert_code)
    assert alert.originator in range(0x00DB1234567890A0, 0x00DB1234567890B0)
    assert 0x90B3D51F30 == alert.recipient >> 24
    assert alert.at is not None


@needs_shared
def test_the_public_test_data_is_all_here() -> None:
    assert 48 == len(public_alerts)
    assert len(other_public_messages) > 500


@needs_shared
def test_no_command_or_response_of_the_public_test_data_is_taken_for_an_alert() -> None:
    for path in other_public_messages:
        with pytest.raises(GbcsError):
            read_alert(bytes.fromhex(path.read_text()))


@needs_shared
@pytest.mark.parametrize(("kind", "name"), [("a Command", "COMMAND"), ("a Response", "RESPONSE")])
def test_a_public_command_or_response_is_named_for_what_it_is(kind: str, name: str) -> None:
    reasons = []
    for path in sorted(shared("rtds").glob(f"*/*{name}_GBCS.HEX"))[:40]:
        with pytest.raises(GbcsError) as refused:
            read_alert(bytes.fromhex(path.read_text()))
        reasons.append(str(refused.value))

    assert f"it is {kind}, not an Alert" in reasons


@given(
    code=st.sampled_from(EDGE_CODES),
    encoding=st.sampled_from(ENCODINGS),
    is_signed=st.booleans(),
    length_octets=st.sampled_from((0, 2, 3)),
    body=st.sampled_from((b"", b"\0", b"\x8f\x75" * 20, bytes(200), bytes(700))),
    seconds=st.sampled_from((946_684_800, MADE_AT, 1_709_164_799, 1_709_251_199)),
    counter=st.sampled_from((0, 1, 2**32, 2**64 - 1)),
)
def test_what_was_minted_is_what_is_read(
    code: int,
    encoding: Encoding,
    is_signed: bool,
    length_octets: int,
    body: bytes,
    seconds: int,
    counter: int,
) -> None:
    said = content(code, encoding, seconds, body)
    message = envelope(
        said,
        originator=GSME,
        recipient=NETWORK_OPERATOR,
        counter=counter,
        is_signed=is_signed,
        length_octets=length_octets,
    )

    alert = read_alert(message)

    assert (code, encoding, is_signed) == (alert.alert_code, alert.encoding, alert.is_signed)
    assert (GSME, NETWORK_OPERATOR, counter) == (alert.originator, alert.recipient, alert.counter)
    assert seconds * SECOND == alert.at
    assert said == alert.content


@pytest.mark.parametrize(
    ("supplementary", "party", "party_counter", "originator_counter"),
    [
        (b"", None, None, None),
        (SUPPLIER.to_bytes(8, "big"), SUPPLIER, None, None),
        (SUPPLIER.to_bytes(8, "big") + (7).to_bytes(8, "big"), SUPPLIER, 7, None),
        (SUPPLIER.to_bytes(8, "big") + (7).to_bytes(8, "big") + (9).to_bytes(8, "big"), SUPPLIER, 7, 9),
        (SUPPLIER.to_bytes(8, "big") + (7).to_bytes(8, "big") + bytes(9), SUPPLIER, 7, None),
        (SUPPLIER.to_bytes(8, "big") + (7).to_bytes(8, "big") + bytes(300), SUPPLIER, 7, None),
    ],
    ids=["none", "party", "party and counter", "three", "a short certificate", "a certificate"],
)
def test_other_information_of_every_length_is_read(
    supplementary: bytes, party: int | None, party_counter: int | None, originator_counter: int | None
) -> None:
    alert = read_alert(envelope(content(0x8F75), supplementary=supplementary))

    assert (party, party_counter, originator_counter) == (
        alert.supplementary_party,
        alert.supplementary_party_counter,
        alert.supplementary_originator_counter,
    )


@pytest.mark.parametrize("count", [1, 7, 9, 15])
def test_other_information_that_ends_within_a_field_is_refused(count: int) -> None:
    with pytest.raises(GbcsError, match="it ends within the supplementary"):
        read_alert(envelope(content(0x8F75), supplementary=bytes(count)))


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (cosem_time(MADE_AT), MADE_AT * SECOND),
        (cosem_time(MADE_AT, hundredths=50), MADE_AT * SECOND + SECOND // 2),
        (cosem_time(MADE_AT, hundredths=0xFF), MADE_AT * SECOND),
        (cosem_time(MADE_AT, deviation=-60), (MADE_AT - 3600) * SECOND),
        (cosem_time(MADE_AT, deviation=721), None),
        (b"\xff" * 12, None),
        (bytes.fromhex("07DF021DFF000000008000FF"), None),
    ],
    ids=[
        "UTC",
        "half a second",
        "no hundredths",
        "an hour east",
        "no deviation",
        "not specified",
        "29 February 2015",
    ],
)
def test_the_clock_of_a_device_in_dlms_is_read_or_left_out(time: bytes, expected: int | None) -> None:
    assert expected == read_alert(envelope(content(0x8F75, time=time))).at


def test_a_gas_device_without_a_clock_gives_no_time() -> None:
    assert read_alert(envelope(content(0x8F75, "GBZ", time=b"\xff" * 4))).at is None


def test_a_device_with_an_impossible_date_in_asn1_gives_no_time() -> None:
    assert read_alert(envelope(content(0x8F75, "ASN1", time=b"20150229000000Z"))).at is None


def test_a_code_that_stands_in_the_body_by_chance_is_not_read() -> None:
    assert 0x8014 == read_alert(mint_alert(0x8014, body=b"\x12\x8f\x75" * 9)).alert_code


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"", "it ends within the first tag"),
        (b"\xe0" + bytes(40), "General-Block-Transfer"),
        (b"\xdd\x01" + bytes(40), "General-Block-Transfer"),
        (b"\x30" + bytes(40), "30 stands at offset 0; a GBCS message has DF or DD there"),
        (mint_alert()[:-1], "its MAC header announces 77 octets and 76 follow"),
        (mint_alert() + b"\0", "its MAC header announces 77 octets and 78 follow"),
        (mint_alert(is_signed=True) + b"\0", "1 octets stand after its end"),
        (mint_alert(is_signed=True)[:-1], "it ends within the signature"),
        (mint_alert(is_signed=True)[:-65] + b"\0", "it is neither signed nor has it a MAC"),
        (mint_alert(is_signed=True)[:-65] + b"\x3f" + bytes(63), "the signature has 63 octets"),
        (envelope(content(0x8F75), cra=1), "it is a Command, not an Alert"),
        (envelope(content(0x8F75), cra=2), "it is a Response, not an Alert"),
        (envelope(content(0x8F75), cra=4), "its CRA flag is 04"),
        (envelope(b""), "it ends within the content"),
        (envelope(b"\x99" * 30), "its content begins with 99"),
        (envelope(content(0x8F75)[:-1]), "it ends within the time"),
        (envelope(content(0x8F75, "GBZ")[:-1]), "it ends within the time"),
        (envelope(content(0x8F75, "ASN1")[:-1]), "its SEQUENCE announces"),
        (envelope(content(0x8F75, "ASN1", time=b"2015010100000ZZ")), "it must be yyyymmddhhmmssZ"),
        (envelope(b"\x30\x16\x02\x03\xff\x8f\x66\x18\x0f20150101000000Z"), "its Alert Code is -28826"),
        (envelope(b"\x30\x17\x02\x04\0\0\x8f\x66\x18\x0f20150101000000Z"), "an INTEGER of 4 octets"),
        (envelope(b"\x30\x83" + bytes(30)), "begins with 83"),
        (
            envelope(content(0x8F75).replace(b"\0\x02\x02\x12", b"\0\x02\x01\x12")),
            "its structure has 1 elements",
        ),
    ],
)
def test_octets_that_are_no_alert_are_refused_in_plain_words(message: bytes, reason: str) -> None:
    with pytest.raises(GbcsError) as refused:
        read_alert(message)

    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "message",
    [mint_alert(encoding=encoding, is_signed=signed) for encoding in ENCODINGS for signed in (False, True)],
)
def test_a_message_cut_off_anywhere_is_refused(message: bytes) -> None:
    for end in range(len(message)):
        with pytest.raises(GbcsError):
            read_alert(message[:end])


@given(st.binary(max_size=200))
@example(b"\xdf")
def test_any_octets_are_read_or_refused_and_nothing_else(octets: bytes) -> None:
    assert_read_or_refused(octets)


@given(
    message=st.sampled_from(
        [
            PUBLIC_CRITICAL_DLMS,
            PUBLIC_NON_CRITICAL_GBZ,
            PUBLIC_CRITICAL_ASN1,
            PUBLIC_SUPPLEMENTARY,
            mint_alert(),
        ]
    ),
    changes=st.lists(st.tuples(st.integers(0, 200), st.sampled_from((0, 1, 0x7F, 0x80, 0x81, 0x82, 0xFF)))),
    cut=st.integers(0, 3),
)
def test_any_garbled_alert_is_read_or_refused_and_nothing_else(
    message: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    garbled = bytearray(message[: len(message) - cut])
    for place, octet in changes:
        garbled[place % len(garbled)] = octet

    assert_read_or_refused(bytes(garbled))


def assert_read_or_refused(octets: bytes) -> None:
    with contextlib.suppress(GbcsError):
        assert 0 <= read_alert(octets).alert_code <= 0xFFFF
