"""What Devices say of their credentials: every such message of the public test data, and what it has not."""

from __future__ import annotations

import base64
import contextlib
import re
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given, settings, strategies as st
from tests.material import credential_messages as minted
from tests.material.credential_messages import (
    AGREEMENT,
    CERT_SIGN,
    NO_TRUST_ANCHOR,
    OPERATORS,
    TOP_UP,
    Cell,
    der,
    integer,
    response,
    sequence,
)
from tests.material.gbcs_alerts import ESME, NETWORK_OPERATOR, envelope, mint_alert
from tests.shared_material import needs_shared, shared, shared_files

from tidegate.commissioning.evidence import CredentialType, Kind, Outcome, Role
from tidegate.commissioning.told import Told
from tidegate.gbcs.octets import GbcsError
from tidegate.gbcs.security_credentials import read_device_message

S, F, EMPTY = Outcome.SUCCESS, Outcome.FAILURE, Outcome.EMPTY
RESPONSE, LATER, READ = Kind.SRV_RESPONSE, Kind.FUTURE_DATED_OUTCOME, Kind.CREDENTIALS_READ
SUPPLIER, OPERATOR, LOADS = Role.SUPPLIER, Role.NETWORK_OPERATOR, Role.LOAD_CONTROLLER
SIGN, AGREE, AGREE_TOP_UP = (
    CredentialType.DIGITAL_SIGNING,
    CredentialType.KEY_AGREEMENT,
    CredentialType.KEY_AGREEMENT_TOP_UP,
)
NO_TYPE, NO_ROLE = CredentialType.NOT_SAID, Role.NOT_SAID
ONE, TWO, GRID, DCC, LOAD = (
    "90-B3-D5-1F-30-01-00-00",
    "90-B3-D5-1F-30-03-00-00",
    "90-B3-D5-1F-30-02-00-00",
    "90-B3-D5-1F-30-00-00-02",
    "90-B3-D5-1F-30-01-00-08",
)

SUPPLIERS_CELLS = (
    Told(READ, S, SUPPLIER, SIGN, ONE, "44899792D196F4B8"),
    Told(READ, S, SUPPLIER, AGREE, ONE, "405B8C62687D8F70"),
    Told(READ, S, SUPPLIER, AGREE_TOP_UP, ONE, "41FB49221588C570"),
)
PUBLISHED = {
    "CS02aMAC_6.24.1_SUCCESS": (
        Told(RESPONSE, S),
        *SUPPLIERS_CELLS,
        Told(READ, S, OPERATOR, SIGN, GRID, "48CF97FA9F827FB5"),
        Told(READ, S, OPERATOR, AGREE, GRID, "4BC9D38D1CB49F2A"),
    ),
    "CS02aMAC_6.24.1_ERROR": (
        Told(RESPONSE, F),
        Told(READ, S, Role.ACB, AGREE, DCC, "4A9CE02C39AB910B"),
        Told(READ, F, OPERATOR),
    ),
    "CS02fMAC_6.24.1_SUCCESS": (
        Told(RESPONSE, S),
        *SUPPLIERS_CELLS,
        Told(READ, S, LOADS, SIGN, LOAD, "4694FE8205DC1ACD"),
        Told(READ, S, LOADS, AGREE, LOAD, "4C42629AFA881F7A"),
    ),
    "CS02fMAC_6.24.1_ERROR": (Told(RESPONSE, F), Told(READ, F, Role.TRANS_COS)),
    "CS02bNOByNO_6.15.1_SUCCESS": (Told(RESPONSE, S, OPERATOR, NO_TYPE, GRID),),
    "CS02bSupplierBySupplier_6.15.1_IMMEDIATE_SUCCESS": (Told(RESPONSE, S, SUPPLIER, NO_TYPE, ONE),),
    "CS02bSupplierBySupplier_6.15.1_IMMEDIATE_ERROR": (Told(RESPONSE, F, SUPPLIER, NO_TYPE, ONE),),
    "CS02bSupplierBySupplier_6.15.1_FUTURE_DATED_SUCCESS": (Told(RESPONSE, EMPTY, SUPPLIER),),
    "CS02bSupplierBySupplier_6.15.1_FUTURE_DATED_ERROR": (Told(RESPONSE, EMPTY, SUPPLIER),),
    "CS02bSupplierBySupplier_6.15.1_CANCELLATION_SUCCESS": (Told(RESPONSE, EMPTY, SUPPLIER),),
    "CS02bSupplierBySupplier_6.15.1_8F66_FUTURE_DATED_SUCCESS": (Told(LATER, S, SUPPLIER, NO_TYPE, ONE),),
    "CS02bSupplierBySupplier_6.15.1_8F67_FUTURE_DATED_ERROR": (Told(LATER, F, SUPPLIER, NO_TYPE, ONE),),
    "CS02bSupplierBySupplierHandover_6.21_SUCCESS": (Told(RESPONSE, S, SUPPLIER, NO_TYPE, ONE),),
    "CS02bSupplierByTransCoS_6.23_IMMEDIATE_SUCCESS": (Told(RESPONSE, S, SUPPLIER, NO_TYPE, TWO),),
    "CS02bSupplierByTransCoS_6.23_FUTURE_DATED_SUCCESS": (Told(RESPONSE, EMPTY, SUPPLIER),),
    "CS02bSupplierByTransCoS_6.23_CANCELLATION_SUCCESS": (Told(RESPONSE, EMPTY, SUPPLIER),),
    "CS02bSupplierByTransCoS_6.23_8F66_FUTURE_DATED_SUCCESS": (Told(LATER, S, SUPPLIER, NO_TYPE, TWO),),
    "CS02bAnyExceptAbnormalRootByRecovery_NA_SUCCESS": (
        Told(RESPONSE, S, Role.RECOVERY, SIGN, "90-B3-D5-1F-30-00-00-01", "41FACBA956F83D87"),
        Told(RESPONSE, S, SUPPLIER, NO_TYPE, ONE),
        Told(RESPONSE, S, OPERATOR, NO_TYPE, GRID),
        Told(RESPONSE, S, Role.ACB, AGREE, DCC, "4A9CE02C39AB910B"),
        Told(RESPONSE, S, Role.TRANS_COS, SIGN, "90-B3-D5-1F-30-00-00-04", "4B38EB47561D93E8"),
    ),
    "CS02gLoadControllerByLoadController_NA_IMMEDIATE_SUCCESS": (Told(RESPONSE, S, LOADS, NO_TYPE, ONE),),
    "CS02gLoadControllerByLoadController_NA_FUTURE_DATED_SUCCESS": (Told(RESPONSE, EMPTY, LOADS),),
    "CS02gLoadControllerByLoadController_NA_CANCELLATION_SUCCESS": (Told(RESPONSE, EMPTY, LOADS),),
    "CS02gLoadControllerByLoadController_NA_8F66_FUTURE_DATED_SUCCESS": (
        Told(LATER, S, LOADS, NO_TYPE, ONE),
    ),
    "GCS28Commission_8.1.1_SUCCESS": (Told(RESPONSE, S),),
    "GCS28Commission_8.1.1_ERROR": (Told(RESPONSE, F),),
}
"""Every message of the Reference Test Data Set 4.5.0 that says something of credentials or commissions a Device."""


def said_by_devices(pattern: str) -> list[Path]:
    return [path for path in shared_files(pattern) if "COMMAND" not in path.name]


def payload_of(path: Path) -> bytes:
    return bytes.fromhex(path.read_text())


def refusal_of(payload: bytes) -> str:
    with pytest.raises(GbcsError) as refused:
        read_device_message(payload)
    return str(refused.value)


@needs_shared
def test_every_public_message_about_credentials_says_what_it_is_named_for() -> None:
    paths = said_by_devices("rtds/*CS02[abcdefg]*/*.HEX") + said_by_devices("rtds/8.1.1_*/*.HEX")

    told = {
        path.name.replace("_RESPONSE_GBCS.HEX", "").replace("_ALERT_GBCS.HEX", ""): read_device_message(
            payload_of(path)
        ).told
        for path in paths
    }

    assert PUBLISHED == told
    assert 24 == len(paths)


@needs_shared
def test_the_cells_that_are_read_hold_the_certificates_of_the_published_handover() -> None:
    """The published 6.21 brings them as X.509: read here by another's reader, party and key identifier."""
    [request] = shared("duis_requests").glob("*6.21_SUCCESS*")
    sent = {}
    for name, packed in re.findall(r"<sr:(\w+)Certificate>(MII[^<]+)<", request.read_text())[:3]:
        certificate = x509.load_der_x509_certificate(base64.b64decode(packed))
        key = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
        [party] = certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
        sent[name] = (bytes(party.value)[1:].hex("-").upper(), key.hex().upper())  # type: ignore[arg-type]

    [read] = shared("rtds").glob("6.24.1_CS02aMAC/*SUCCESS_RESPONSE*")
    cells = [each for each in read_device_message(payload_of(read)).told if each.role is SUPPLIER]

    assert sent == {each.credential_type.text: (each.party_id, each.certificate_hash) for each in cells}


@needs_shared
def test_no_other_public_message_says_anything_of_them_and_every_one_is_opened() -> None:
    telling, silent = set(), 0
    for path in said_by_devices("rtds/*/*.HEX"):
        message = read_device_message(payload_of(path))
        if message.told:
            telling.add(path.name.partition("_")[0])
        else:
            silent += 1

    assert {name.partition("_")[0] for name in PUBLISHED} == telling
    assert 275 == silent


@needs_shared
def test_a_command_is_no_word_of_a_device() -> None:
    [path] = shared("rtds").glob("6.15.1_CS02bNOByNO/*SUCCESS_COMMAND_GBCS.HEX")

    assert "it is a Command: what a Device is asked, not what it says" == refusal_of(payload_of(path))


@pytest.mark.parametrize(("status", "outcome"), [(0, S), (1, F), (NO_TRUST_ANCHOR, F), (127, F)])
def test_a_replacement_succeeded_where_all_the_cells_of_its_role_did(status: int, outcome: Outcome) -> None:
    message = minted.replaced(Cell(), Cell(usage=AGREEMENT, status=status), Cell(usage=TOP_UP))

    assert (Told(RESPONSE, outcome, SUPPLIER, NO_TYPE, ONE, "44899792D196F4B8"),) == read_device_message(
        message
    ).told


def test_each_role_has_its_own_outcome() -> None:
    message = minted.replaced(Cell(status=NO_TRUST_ANCHOR), Cell(OPERATORS, party=NETWORK_OPERATOR))

    assert [(F, SUPPLIER, ONE), (S, OPERATOR, GRID)] == [
        (each.outcome, each.role, each.party_id) for each in read_device_message(message).told
    ]


def test_parties_that_differ_are_not_said() -> None:
    [told] = read_device_message(minted.replaced(Cell(), Cell(usage=AGREEMENT, party=NETWORK_OPERATOR))).told

    assert ("", SUPPLIER) == (told.party_id, told.role)


@pytest.mark.parametrize(
    ("code", "status", "outcome"),
    [(0x8F66, 0, S), (0x8F66, NO_TRUST_ANCHOR, F), (0x8F67, 0, F), (0x8F67, NO_TRUST_ANCHOR, F)],
)
def test_a_future_dated_command_succeeded_where_its_alert_code_and_its_cells_say_so(
    code: int, status: int, outcome: Outcome
) -> None:
    [told] = read_device_message(minted.replaced_later(Cell(status=status), code=code)).told

    assert (LATER, outcome, SIGN) == (told.kind, told.outcome, told.credential_type)


def test_the_alert_of_a_commissioned_device_says_so_in_every_encoding() -> None:
    for encoding in ("DLMS", "GBZ", "ASN1"):
        message = read_device_message(mint_alert(0x8F69, encoding=encoding, is_signed=True))

        assert (ESME, 0x8F69, (Told(Kind.COMMISSIONED, Outcome.NOT_SAID),)) == (
            message.originator,
            message.alert_code,
            message.told,
        )


@pytest.mark.parametrize(
    ("code", "said", "outcome"),
    [
        (0x000A, sequence(integer(7)), S),
        (0x000A, integer(1), F),
        (0x000A, integer(3), F),
        (0x000B, integer(0), S),
        (0x000B, integer(4), F),
        (0x000C, sequence(integer(7)), S),
        (0x000C, integer(2), F),
    ],
)
def test_what_the_test_data_has_no_message_of_is_read_as_gbcs_lays_it_out(
    code: int, said: bytes, outcome: Outcome
) -> None:
    assert (Told(RESPONSE, outcome),) == read_device_message(response(code, said)).told


def test_cells_of_parties_that_nobody_asks_for_are_passed_over() -> None:
    message = minted.credentials_read([Cell(minted.WAN)], [Cell(), Cell(usage=CERT_SIGN)])

    assert [NO_ROLE, SUPPLIER, SUPPLIER] == [each.role for each in read_device_message(message).told]


def test_a_length_may_have_more_octets_than_it_needs() -> None:
    """As the public messages have them; DER itself has not."""
    inside = der(0x05)

    for head in (b"\x30\x02", b"\x30\x81\x02", b"\x30\x82\x00\x02"):
        assert (Told(RESPONSE, EMPTY, SUPPLIER),) == read_device_message(response(0x0102, head + inside)).told


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (response(0x0102, b""), "it ends within the type of the response"),
        (response(0x0102, sequence()), "it ends within the type of the acceptance of the Command"),
        (response(0x0102, sequence(der(0x05, b"\0"))), "the acceptance of the Command has octets; it must have none"),
        (response(0x0102, sequence(der(0x05)) + b"\0"), "1 octets stand after the end of the response"),
        (response(0x0102, sequence(der(0x05), b"\x31\0")), "31 stands for the type of the execution outcome"),
        (response(0x0102, b"\x30\x03\x05\0"), "it ends within the response: 3 octets are due at offset 2, 2 are left"),
        (response(0x0102, b"\x30\x80\x05\0\0\0"), "the length of the response at offset 1 begins with 80"),
        (minted.replaced(), "its execution outcome has no replacement outcome"),
        (minted.replaced(Cell(9)), "its remote party role is 9"),
        (minted.replaced(Cell(usage=b"\x00\x01")), "its key usage is 01"),
        (minted.replaced(Cell(usage=b"\x07\x81")), "the key usage is 0781"),
        (minted.replaced(Cell(usage=b"\x08\x80")), "the key usage is 0880"),
        (minted.replaced(Cell(key=b"short")), "the replacing subject key identifier has 5 octets; it must have 8"),
        (minted.credentials_read([Cell(), Cell(party=7)]), "the Supplier DigitalSigning cell stands there twice"),
        (minted.credentials_read([Cell()], [Cell()]), "the Supplier DigitalSigning cell stands there twice"),
        (response(0x000B, b"\x02\x01\xff"), "the response code is below 0"),
        (response(0x000B, b"\x02\x00"), "the response code is a number of 0 octets"),
        (response(0x000B, b"\x02\x02\x00\x01"), "the response code is 0001, with an octet more than it needs"),
        (response(0x000B, b"\x02\x0a" + bytes(10)), "the response code is a number of 10 octets"),
        (response(0x000A, integer(0)), "its response code is 0; where there is one, there is no certification request"),
        (response(0x000B, integer(0) * 2), "3 octets stand after the end of the response code"),
        (minted.replaced_later(Cell(), code=0x8F75), "its Alert Code is 8F75"),
        (envelope(b"\x0c\0", cra=1), "it is a Command"),
    ],
)  # fmt: skip
def test_a_message_that_is_not_laid_out_as_it_must_be_is_refused_by_name(message: bytes, reason: str) -> None:
    assert reason in refusal_of(message)


def test_what_is_nested_deep_is_refused_at_the_first_that_does_not_belong() -> None:
    bomb = b"".join(b"\x30\x82" + count.to_bytes(2, "big") for count in range(60_000, 0, -4))

    assert "30 stands for the type of the acceptance of the Command" in refusal_of(
        response(0x0102, bomb + bytes(4))
    )


CELLS = st.builds(
    Cell,
    st.sampled_from([0, 1, 2, 3, 4, 5, 6, 7, 8, 127]),
    st.sampled_from([minted.SIGNING, AGREEMENT, TOP_UP, CERT_SIGN]),
    st.sampled_from([0, 0, 5, 10, 17, 30, 127]),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=8, max_size=8),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=8))
def test_a_role_is_told_once_and_succeeded_if_all_its_cells_did(cells: list[Cell]) -> None:
    told = read_device_message(minted.replaced(*cells)).told
    numbers = {0: "ROOT", 1: "RECOVERY", 2: "SUPPLIER", 3: "NETWORK_OPERATOR", 4: "ACB", 5: "TRANS_COS"}
    failed = {
        numbers.get(cell.role, "LOAD_CONTROLLER" if cell.role == 8 else "NOT_SAID")
        for cell in cells
        if cell.status
    }

    assert len({each.role for each in told}) == len(told)
    assert failed == {each.role.name for each in told if each.outcome is F}


@settings(max_examples=150, deadline=None)
@given(
    seed=st.sampled_from(
        [
            minted.replaced(Cell(), Cell(usage=TOP_UP)),
            minted.replaced_later(Cell()),
            minted.credentials_read([Cell(), Cell(usage=TOP_UP)], [Cell(OPERATORS, status=25)]),
            minted.accepted(),
            response(0x000A, sequence(integer(7))),
            response(0x007F, sequence(der(0x18, b"20150101000000Z"), integer(0))),
        ]
    ),
    at=st.floats(0, 1, exclude_max=True),
    octets=st.binary(max_size=4),
    cut=st.integers(0, 4),
)
def test_a_message_spoiled_anywhere_is_read_or_refused(
    seed: bytes, at: float, octets: bytes, cut: int
) -> None:
    place = int(at * len(seed))

    with contextlib.suppress(GbcsError):
        read_device_message(seed[:place] + octets + seed[place + cut :])
