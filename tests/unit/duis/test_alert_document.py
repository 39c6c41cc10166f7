"""One document at the gateway's door: the Alert in it, or the reason it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from tests.material.duis_documents import (
    DUIS,
    acknowledgement,
    dcc_alert,
    device_alert,
    future_dated_alert,
    identifier,
    power_outage,
    response,
    service_response,
    smets1_alert,
)
from tests.material.gbcs_alerts import ESME, GSME, mint_alert
from tests.material.signed_alerts import mint_party, signed
from tests.shared_material import needs_shared, shared, shared_files

from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.certificates import CertificateStore, party_certificate
from tidegate.duis.documents import Kind
from tidegate.duis.envelope import MAX_ATTRIBUTES, DuisSchema
from tidegate.duis.hardened_xml import MAX_DEPTH, MAX_DOCUMENT_OCTETS, RefusedDocument
from tidegate.duis.refusals import ANSWERS, Reason
from tidegate.duis.signature import Verifier
from tidegate.gbcs.alert import read_alert
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")

dsp = mint_party()
verifier = Verifier(CertificateStore([party_certificate(dsp.certificate)]))


def refusal_of(body: bytes, schema: DuisSchema | None = None) -> Reason:
    with pytest.raises(RefusedDocument) as refused:
        read_alert_document(body, read_alert, schema)
    assert str(refused.value)
    return refused.value.reason


def test_a_document_gives_its_alert_its_originator_and_its_recipient() -> None:
    document = read_alert_document(device_alert("8F75"), read_alert)

    assert "00-DB-12-34-56-78-90-A0" == document.originator
    assert "90-B3-D5-1F-30-01-00-00" == document.alert.recipient
    assert (ESME, 0x8F75, "5.4") == (
        document.alert.device_id,
        document.alert.alert_code,
        document.schema_version,
    )
    assert not document.is_signed


def test_the_originator_of_a_dcc_alert_is_the_dcc_and_its_device_the_one_it_is_about() -> None:
    document = read_alert_document(power_outage())

    assert ("90-B3-D5-1F-30-00-00-02", Kind.DCC_ALERT) == (document.originator, document.alert.kind)
    assert 0x00DB1234567890A2 == document.alert.device_id


def test_the_octets_are_kept_as_they_came() -> None:
    body = signed(device_alert("8f75", response_id=identifier().lower()), dsp)

    document = read_alert_document(body)

    assert body is document.body
    assert document.is_signed
    assert "00-DB-12-34-56-78-90-A0" == document.originator


@pytest.mark.parametrize(
    ("document", "has_place"),
    [(device_alert(), True), (power_outage(), True), (smets1_alert(), True), (future_dated_alert(), False)],
)
def test_every_kind_but_a_future_dated_outcome_has_a_place_for_a_count(
    document: bytes, has_place: bool
) -> None:
    assert has_place == read_alert_document(document).has_place_for_metadata


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        (Reason.TOO_LONG, b"x" * (MAX_DOCUMENT_OCTETS + 1)),
        (Reason.DOCTYPE, device_alert().replace(b"<sr:Response", b"<!DOCTYPE sr:Response><sr:Response")),
        (Reason.DOCTYPE, b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        (Reason.NOT_XML, b""),
        (Reason.NOT_XML, b"{}"),
        (Reason.NOT_XML, device_alert()[:-1]),
        (Reason.NOT_XML, device_alert().replace(b">8F75<", b">&code;<")),
        (Reason.NOT_XML, device_alert().decode().encode("utf-16")),
        (Reason.NOT_XML, device_alert().replace(b"UTF-8", b"ISO-8859-1")),
        (Reason.NOT_XML, device_alert().replace(b"UTF-8", b"UTF-7")),
        (Reason.TOO_DEEP, b"<a>" * 100_000 + b"</a>" * 100_000),
        (Reason.TOO_DEEP, b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1)),
        (Reason.MARKUP, device_alert().replace(b">8F75<", b">8F<!-- -->75<")),
        (Reason.MARKUP, device_alert().replace(b">8F75<", b"><![CDATA[8F75]]><")),
        (Reason.MARKUP, device_alert() + b"<?and more?>"),
        (Reason.MARKUP, device_alert().replace(b"<sr:Body>", b"<sr:Body><?stylesheet x?>")),
        (
            Reason.MARKUP,
            b"<a " + b" ".join(b'a%d=""' % number for number in range(MAX_ATTRIBUTES + 1)) + b"/>",
        ),
        (Reason.NOT_DUIS, b"<a/>"),
        (Reason.NOT_DUIS, device_alert().replace(DUIS.encode(), b"urn:else")),
        (Reason.NOT_AN_ALERT, acknowledgement()),
        (Reason.NOT_AN_ALERT, service_response()),
        (Reason.NOT_AN_ALERT, f"<sr:Request xmlns:sr='{DUIS}'/>".encode()),
        (Reason.INVALID, response("")),
        (Reason.INVALID, device_alert("8F75").replace(b">8F75<", b"><")),
        (Reason.INVALID, device_alert("8F75").replace(b">8F75<", b">8F<")),
        (Reason.INVALID, device_alert(payload="")),
        (Reason.INVALID, device_alert(payload="3QAAAAAAAE0RAAAAAN8J-")),
        (Reason.INVALID, device_alert(payload="3QAAA$==")),
        (Reason.INVALID, device_alert(response_id="")),
        (Reason.INVALID, device_alert(response_id="00-DB-12-34-56-78-90-A0:90-B3-D5-1F-30-01-00-00:01")),
        (Reason.INVALID, device_alert(sent_at="2026-03-01T12:00:00")),
        (Reason.INVALID, dcc_alert("AD1", "<sr:CommandFailure/>")),
        (Reason.INVALID, device_alert().replace(b' schemaVersion="5.4"', b"")),
        (Reason.INVALID, device_alert().replace(b'"5.4"', b'"-7"')),
        (Reason.INVALID, device_alert().replace(b'"5.4"', b'"1000000.5"')),
        (Reason.INVALID, device_alert().replace(b"</sr:Body>", b"</sr:Body><sr:Else/>")),
        (Reason.INVALID, device_alert().replace(b"<sr:Header>", b"<sr:Else/><sr:Header>")),
        (Reason.INVALID, device_alert().replace(b"</sr:Body>", b"</sr:Body><sr:Body/>")),
        (Reason.PAYLOAD, device_alert("8F76", payload=mint_alert(0x8F75))),
        (Reason.PAYLOAD, device_alert(payload=mint_alert(0x8F75, originator=GSME))),
        (Reason.PAYLOAD, device_alert(payload=b"no GBCS at all")),
    ],
    ids=lambda value: value.value if isinstance(value, Reason) else "",
)
def test_what_is_refused_has_its_reason(reason: Reason, body: bytes) -> None:
    assert reason == refusal_of(body)


def test_what_a_refusal_quotes_is_cut() -> None:
    with pytest.raises(RefusedDocument) as refused:
        read_alert_document(device_alert("8F75").replace(b">8F75<", b">" + b"A" * 1_000_000 + b"<"))

    assert len(str(refused.value)) < 600


def test_attributes_as_many_as_may_be_are_read() -> None:
    document = device_alert()
    spare = MAX_ATTRIBUTES - document[document.index(b"<sr:Response") :].split(b">")[0].count(b"=")
    attributes = b" ".join(b'a%d=""' % number for number in range(spare))

    most = document.replace(b" schemaVersion", b" " + attributes + b" schemaVersion")

    assert "5.4" == read_alert_document(most).schema_version
    assert Reason.MARKUP == refusal_of(
        document.replace(b" schemaVersion", b" " + attributes + b' more="" schemaVersion')
    )


def test_a_huge_attribute_is_read_as_what_it_is() -> None:
    huge = b' note="' + b"A" * 3_000_000 + b'" schemaVersion'

    assert "5.4" == read_alert_document(device_alert().replace(b" schemaVersion", huge)).schema_version


def test_every_reason_has_one_answer_that_puts_it_to_the_sender() -> None:
    assert set(Reason) == set(ANSWERS)
    assert all(400 <= answer.status < 500 for answer in ANSWERS.values())


def test_the_page_of_the_wire_has_every_reason_and_its_answer() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "duis-wire.md"
    rows = [
        f"| `{reason}` | {answer.status} | {answer.response_code} | {answer.meaning} |".replace("|  |", "| |")
        for reason, answer in ANSWERS.items()
    ]

    assert "\n".join(rows) in page.read_text(encoding="utf-8")


@needs_shared
def test_every_response_code_given_is_one_of_duis() -> None:
    known = {line.split("\t")[0] for line in shared("tables/response_codes.tsv").read_text().splitlines()[1:]}

    assert {answer.response_code for answer in ANSWERS.values()} - {""} <= known


@needs_shared
@pytest.mark.parametrize("sample", shared_files("samples/*alert*.xml"), ids=lambda path: path.name)
def test_the_samples_are_read_and_fit_the_schema(sample: Path) -> None:
    schema = DuisSchema(shared("schemas/v5.4/DUIS_5.4.xsd"))

    document = read_alert_document(sample.read_bytes(), read_alert, schema)

    assert sample.name.endswith(".signed.xml") == document.is_signed


@needs_shared
def test_with_a_schema_a_document_must_fit_it() -> None:
    schema = DuisSchema(shared("schemas/v5.4/DUIS_5.4.xsd"))
    document = device_alert().replace(b"<sr:ResponseCode>I0", b"<sr:ResponseCode>I17")

    assert "5.4" == read_alert_document(document).schema_version
    assert Reason.SCHEMA == refusal_of(document, schema)


@pytest.mark.parametrize("content", ["", "<a/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "not XML"])
def test_a_file_that_is_no_schema_is_a_fault(tmp_path: Path, content: str) -> None:
    path = tmp_path / "schema.xsd"
    path.write_text(content)

    with pytest.raises(InputError, match="no XML schema"):
        DuisSchema(path)
    with pytest.raises(InputError, match="no XML schema"):
        DuisSchema(tmp_path / "none.xsd")


@given(
    document=st.sampled_from(
        [signed(device_alert(count=3), dsp), signed(power_outage(), dsp), signed(smets1_alert(), dsp)]
    ),
    changes=st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(b"<>&\"'/ :-=A0!?\x00\xff\xc3"))),
    piece=st.binary(max_size=8),
    at=st.integers(0, 3000),
)
def test_any_garbled_document_is_read_or_refused_and_nothing_else(
    document: bytes, changes: list[tuple[int, int]], piece: bytes, at: int
) -> None:
    garbled = bytearray(document)
    for place, octet in changes:
        garbled[place % len(garbled)] = octet
    garbled[at:at] = piece

    try:
        read = read_alert_document(bytes(garbled), read_alert)
        verifier.verify(read, NOON)
    except RefusedDocument:
        return
    assert read_alert_document(document).alert == read.alert
