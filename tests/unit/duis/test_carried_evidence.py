"""What a gateway keeps of the documents it carries: rows of what is said of credentials, and nothing of the rest."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.material import credential_messages as minted, duis_documents as duis
from tests.material.credential_messages import Cell
from tests.material.duis_documents import eui, identifier
from tests.material.gbcs_alerts import ESME, GSME, SUPPLIER, mint_alert
from tests.unit.duis.test_evidence_source import answer, later

from tidegate.commissioning.evidence import Evidence, Kind, Outcome, Role
from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.carried_evidence import CarriedEvidence
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.refusals import Reason
from tidegate.duis.response_document import ResponseDocument, read_response_document
from tidegate.gbcs.security_credentials import read_device_message

AT = 1_000
CARRIED = CarriedEvidence(read_device_message)
UPDATED = (
    f"<sr:SecurityCredentialsUpdated><sr:DeviceID>{eui(ESME)}</sr:DeviceID>"
    "<sr:RemotePartyRole>Supplier</sr:RemotePartyRole><sr:Certificates>"
    "<sr:CertificateType>DigitalSigning</sr:CertificateType><sr:CertificateHash>RImXktGW9Lg=</sr:CertificateHash>"
    "</sr:Certificates></sr:SecurityCredentialsUpdated>"
)


def of_alert(document: bytes) -> Sequence[Evidence]:
    return CARRIED.of_alert(read_alert_document(document), AT)


def of_response(document: bytes) -> Sequence[Evidence]:
    return CARRIED.of_response(read_response_document(document), AT)


def refusal_of(document: bytes) -> str:
    with pytest.raises(RefusedDocument) as refused:
        read_response_document(document)
    return refused.value.reason


def test_an_alert_that_says_something_of_credentials_is_rows_received_when_it_was() -> None:
    (outcome,) = of_alert(later("6.15.1", minted.replaced_later(Cell())))
    (commissioned,) = of_alert(duis.device_alert("8F69"))
    (updated,) = of_alert(duis.dcc_alert("N42", UPDATED))

    assert (AT, Kind.FUTURE_DATED_OUTCOME, Outcome.SUCCESS, "6.15.1") == (
        outcome.at,
        outcome.kind,
        outcome.outcome,
        outcome.srv,
    )
    assert (AT, Kind.COMMISSIONED) == (commissioned.at, commissioned.kind)
    assert (Kind.CREDENTIALS_READ, Role.SUPPLIER, "44899792D196F4B8") == (
        updated.kind,
        updated.role,
        updated.certificate_hash,
    )


@pytest.mark.parametrize(
    "document",
    [
        duis.device_alert("8F75"),
        duis.device_alert("8F66", payload=mint_alert(0x8F66)),
        duis.future_dated_alert(),
        duis.power_outage(),
        duis.smets1_alert(),
    ],
)
def test_an_alert_of_anything_else_is_no_row(document: bytes) -> None:
    """Nor is the outcome of a future-dated Command that is of no credentials."""
    assert [] == list(of_alert(document))


def test_a_response_about_credentials_is_rows_and_any_other_is_none() -> None:
    replaced = of_response(answer("6.15.1", minted.replaced(Cell())))
    silent = of_response(answer("6.15.1", code="E20"))

    assert [(Kind.SRV_RESPONSE, Outcome.SUCCESS, eui(SUPPLIER))] == [
        (row.kind, row.outcome, row.party_id) for row in replaced
    ]
    assert [Outcome.TIMEOUT] == [row.outcome for row in silent]
    assert [] == list(of_response(answer("6.15.1", code="I99")))
    assert [] == list(of_response(answer("4.1.1", code="E20")))
    assert [] == list(of_response(duis.service_response("4.1.1", b"nothing that is read")))


def test_a_response_is_told_apart_by_its_response_id_and_without_one_by_the_request_it_answers() -> None:
    answered = read_response_document(answer("6.15.1", minted.replaced(Cell())).replace(b"00-DB", b"00-db"))
    silent = read_response_document(answer("6.15.1", code="E20"))

    def named(document: ResponseDocument) -> tuple[str, str]:
        return document.identifier, document.originator

    assert (identifier(ESME, SUPPLIER, 1000), eui(ESME)) == named(answered)
    assert (identifier(SUPPLIER, ESME, 1000), eui(ESME)) == named(silent)


def test_a_payload_of_another_device_or_service_is_refused() -> None:
    """Else it would prove what was never done."""
    for document in (
        answer("6.15.1", minted.replaced(Cell(), originator=GSME)),
        answer("6.24.1", minted.replaced(Cell())),
        answer("6.15.1", b"no GBCS at all"),
    ):
        with pytest.raises(RefusedDocument) as refused:
            of_response(document)
        assert Reason.PAYLOAD == refused.value.reason


@pytest.mark.parametrize(
    ("reason", "document"),
    [
        (Reason.NOT_A_RESPONSE, duis.device_alert()),
        (Reason.NOT_A_RESPONSE, duis.future_dated_alert()),
        (Reason.NOT_A_RESPONSE, duis.power_outage()),
        (Reason.NOT_A_RESPONSE, f"<sr:Request xmlns:sr='{duis.DUIS}'/>".encode()),
        (Reason.NOT_DUIS, b"<a/>"),
        (Reason.INVALID, answer("6.15.1", code="I99", request_id="")),
        (Reason.INVALID, answer("6.15.1", code="I99", request_id="ours")),
        (Reason.INVALID, answer("6.15.1", code="I99").replace(b"</sr:Body>", b"</sr:Body><sr:Else/>")),
        (Reason.INVALID, answer("6.15.1", code="I99").replace(b'"5.4"', b'"-7"')),
        (Reason.MARKUP, answer("6.15.1", code="I99").replace(b">I99<", b">I<!-- -->99<")),
    ],
)
def test_what_is_no_response_is_refused_and_an_alert_is_none(reason: Reason, document: bytes) -> None:
    """8F66 comes in a ResponseMessage and is an Alert all the same: it is counted, and delivered."""
    assert reason == refusal_of(document)
