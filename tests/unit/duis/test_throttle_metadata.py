"""ThrottledAlertSequenceId and ThrottledAlertCount: at their place, and nothing else is changed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, strategies as st
from lxml import etree
from tests.material.duis_documents import (
    acknowledgement,
    dcc_alert,
    device_alert,
    future_dated_alert,
    power_outage,
    service_response,
    smets1_alert,
)
from tests.material.signed_alerts import mint_party, signature, signed
from tests.shared_material import needs_shared, shared, shared_files

from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.certificates import CertificateStore, party_certificate
from tidegate.duis.envelope import DuisSchema
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.signature import Verifier
from tidegate.duis.signing_keys import Signer
from tidegate.duis.throttle_metadata import (
    LARGEST_NUMBER,
    with_throttle_metadata,
    without_throttle_metadata,
)
from tidegate.vocabulary.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")

dsp, gateway = mint_party(), mint_party()
signer = Signer(gateway.key, gateway.certificate)
verifier = Verifier(CertificateStore([party_certificate(gateway.certificate)]))

wrapped = dcc_alert(
    "N42",
    "<sr:PPMIDAlert><sr:DeviceID>00-DB-12-34-56-78-90-A5</sr:DeviceID>"
    "<sr:DeviceAlertCode>8F1D</sr:DeviceAlertCode></sr:PPMIDAlert>",
)
smets1_with_references = smets1_alert().replace(
    b"<sr:SMETS1ResponseMessage>",
    b"<sr:SMETS1ResponseMessage><sr:ServiceReference>6.22</sr:ServiceReference>"
    b"<sr:ServiceReferenceVariant>6.22</sr:ServiceReferenceVariant><sr:DSPScheduleID>1</sr:DSPScheduleID>",
)
KINDS = {
    "device alert": device_alert("8F75"),
    "power outage": power_outage(),
    "wrapped": wrapped,
    "SMETS1": smets1_alert(),
    "SMETS1 with references": smets1_with_references,
}
METADATA = b"<sr:ThrottledAlertSequenceId>%d</sr:ThrottledAlertSequenceId><sr:ThrottledAlertCount>%d</sr:ThrottledAlertCount>"


def unprefixed(document: bytes) -> bytes:
    """The same with DUIS as the default namespace."""
    return document.replace(b"sr:", b"").replace(b"xmlns:sr", b"xmlns")


def declared_twice(document: bytes) -> bytes:
    """The same with another prefix for the message, declared at the message."""
    tag = b"<sr:AlertCode>" if b"<sr:AlertCode>" in document else b"<sr:DCCAlertCode>"
    name = tag[4:-1]
    duis = b' xmlns:du="http://www.dccinterface.co.uk/ServiceUserGateway"'
    return document.replace(tag, b"<du:" + name + duis + b">").replace(
        b"</sr:" + name + b">", b"</du:" + name + b">"
    )


WRITTEN = {
    "as it came, signed": lambda document: signed(document, dsp),
    "unsigned": lambda document: document,
    "as the default namespace": unprefixed,
}


def said_in(document: bytes) -> tuple[int | None, int | None]:
    read = read_alert_document(document)
    assert gateway.eui == verifier.verify(read, NOON).party
    return read.alert.throttled_alert_sequence_id, read.alert.throttled_alert_count


@pytest.mark.parametrize("written", WRITTEN)
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_alert_says_what_was_withheld_and_is_signed_by_us(kind: str, written: str) -> None:
    document = WRITTEN[written](KINDS[kind])

    assert (7, 9) == said_in(with_throttle_metadata(document, 7, 9, signer))


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("device alert", b"<sr:AlertCode>8F75</sr:AlertCode>", b"<sr:GBCSPayload>"),
        ("power outage", b"<sr:DCCAlertCode>AD1</sr:DCCAlertCode>", b"<sr:DCCAlert>"),
        ("SMETS1", b"<sr:SMETS1ResponseMessage>", b"<sr:SMETS1SignedResponse "),
        ("SMETS1 with references", b"</sr:DSPScheduleID>", b"<sr:SMETS1SignedResponse "),
    ],
)
@pytest.mark.parametrize("is_signed", [True, False])
def test_the_two_stand_where_the_schema_has_them_and_nothing_else_is_changed(
    kind: str, before: bytes, after: bytes, is_signed: bool
) -> None:
    document = signed(KINDS[kind], dsp) if is_signed else KINDS[kind]
    content = KINDS[kind][KINDS[kind].index(b"<sr:Response") : -len(b"</sr:Response>")]

    ours = with_throttle_metadata(document, 7, 9, signer)

    assert content.replace(before + after, before + METADATA % (7, 9) + after) in ours


def test_a_document_with_other_prefixes_is_taken_as_well() -> None:
    for document in (declared_twice(device_alert("8F75")), declared_twice(power_outage())):
        ours = with_throttle_metadata(document, 7, 9, signer)

        assert (7, 9) == said_in(ours)
        message = etree.fromstring(ours)[1][0]
        assert ["ThrottledAlertSequenceId", "ThrottledAlertCount"] == [
            etree.QName(child).localname for child in list(message)[1:3]
        ]


@pytest.mark.parametrize("write", [lambda document: signed(document, dsp), declared_twice])
@pytest.mark.parametrize(
    ("sequence_id", "count", "expected"),
    [(3, 4, 13), (None, 4, 13), (3, None, 9), (3, LARGEST_NUMBER, LARGEST_NUMBER)],
)
def test_what_someone_before_us_withheld_is_added(write, sequence_id, count, expected) -> None:
    document = write(device_alert("8F75", sequence_id=sequence_id, count=count))

    assert (7, expected) == said_in(with_throttle_metadata(document, 7, 9, signer))


@given(payload=st.binary(min_size=1, max_size=200), is_signed=st.booleans())
def test_the_payload_stays_byte_for_byte(payload: bytes, is_signed: bool) -> None:
    document = device_alert("8F75", payload=payload)

    ours = with_throttle_metadata(signed(document, dsp) if is_signed else document, 1, 9, signer)

    assert payload == read_alert_document(ours).alert.payload
    assert b"<sr:GBCSPayload>" + base64.b64encode(payload) + b"</sr:GBCSPayload>" in ours


def test_line_breaks_within_a_payload_stay() -> None:
    packed = base64.b64encode(bytes(range(100))).decode()
    broken = f"{packed[:76]}\n{packed[76:]}"

    ours = with_throttle_metadata(device_alert("8F75", payload=broken), 1, 9, signer)

    assert f">{broken}<".encode() in ours


@pytest.mark.parametrize("is_signed", [True, False])
def test_the_outcome_of_a_future_dated_command_comes_back_as_it_is(is_signed: bool) -> None:
    document = signed(future_dated_alert(), dsp) if is_signed else future_dated_alert()

    assert document == with_throttle_metadata(document, 1, 9, signer)
    assert not read_alert_document(document).has_place_for_metadata


@pytest.mark.parametrize("document", [acknowledgement(), service_response(), b"<a/>", b""])
def test_what_carries_no_alert_is_refused(document: bytes) -> None:
    with pytest.raises(RefusedDocument):
        with_throttle_metadata(document, 1, 9, signer)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("write", [lambda document: document, unprefixed])
def test_what_was_put_in_can_be_taken_out(kind: str, write) -> None:
    document = write(KINDS[kind])

    ours = without_throttle_metadata(with_throttle_metadata(document, 7, 9, signer), signer)

    assert (None, None) == said_in(ours)
    assert document[document.index(b"Response ") : document.rindex(b"</")] in ours


def test_the_two_are_taken_out_of_a_document_with_other_prefixes() -> None:
    document = declared_twice(device_alert("8F75", sequence_id=1, count=2))

    assert (None, None) == said_in(without_throttle_metadata(document, signer))


def test_a_document_that_says_nothing_keeps_its_signature() -> None:
    document = signed(device_alert("8F75"), dsp)

    assert document is without_throttle_metadata(document, signer)


@needs_shared
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", ["v5.4/DUIS_5.4.xsd", "v5.1/DUIS_5.1.xsd"])
def test_what_we_write_fits_the_schema(kind: str, version: str) -> None:
    """A SMETS1 Device signs its answer, and the schema asks for that."""
    end = b"</sr:SMETS1SignedResponse>"
    document = KINDS[kind].replace(end, signature(b"<x></x>", dsp) + end)
    schema = DuisSchema(shared("schemas") / version)

    schema.check(etree.fromstring(with_throttle_metadata(document, 7, 9, signer)))


@needs_shared
@pytest.mark.parametrize("sample", shared_files("samples/*alert*.xml"), ids=lambda path: path.name)
def test_the_samples_with_more_metadata_fit_the_schema(sample) -> None:
    document = sample.read_bytes()
    before = read_alert_document(document).alert

    ours = with_throttle_metadata(document, 7, 9, signer)

    DuisSchema(shared("schemas/v5.4/DUIS_5.4.xsd")).check(etree.fromstring(ours))
    assert (7, 9 + (before.throttled_alert_count or 0)) == said_in(ours)
    assert before.payload == read_alert_document(ours).alert.payload


def test_a_document_without_a_canonical_form_is_refused_and_goes_as_it_came():
    """A namespace that is no absolute URI; what delivers sends it without metadata then (found by tests.fuzz)."""
    document = device_alert("8F75").replace(b"<sr:Body>", b'<sr:Body xmlns:x="relative">')

    assert read_alert_document(document).alert.alert_code == 0x8F75
    with pytest.raises(RefusedDocument, match="no absolute URI"):
        with_throttle_metadata(document, 1, 2, signer)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_namespace_with_an_ampersand_is_refused_at_the_door_for_no_canonical_form_of_it_can_be_read(quote):
    """Written canonically by libxml2 it is no XML (found by tests.fuzz)."""
    namespace = f"<sr:Body xmlns:x={quote}http://a.example/?b&amp;c{quote}>".encode()

    with pytest.raises(RefusedDocument, match="a namespace of it has an &"):
        read_alert_document(device_alert("8F75").replace(b"<sr:Body>", namespace))
