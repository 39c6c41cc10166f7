"""Evidence of Post Commissioning out of DUIS documents: what each says, and what is none."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.material import credential_messages as minted, duis_documents as duis
from tests.material.credential_messages import (
    AGREEMENT,
    NO_TRUST_ANCHOR,
    TOP_UP,
    Cell,
    integer,
    response,
    sequence,
)
from tests.material.duis_documents import eui, identifier, write_folder
from tests.material.gbcs_alerts import (
    ESME,
    GSME,
    SUPPLIER,
    mint_alert,
)
from tests.shared_material import needs_shared, shared, shared_files

from tidegate.columnar.batches import Names
from tidegate.columnar.evidence import ReadRows
from tidegate.commissioning.evidence import CredentialType, Evidence, Kind, Outcome, Role
from tidegate.duis.evidence import EvidenceReader, NoEvidence
from tidegate.duis.evidence_source import EvidenceDocuments
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.gbcs.security_credentials import read_device_message
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import SECOND, parse_instant

NOON = parse_instant(duis.SENT_AT)
REQUEST = identifier(SUPPLIER, ESME, 1000)
ME = eui(SUPPLIER)
KEY = "44899792D196F4B8"
S, F, EMPTY, TIMEOUT = Outcome.SUCCESS, Outcome.FAILURE, Outcome.EMPTY, Outcome.TIMEOUT


def answer(
    srv: str,
    payload: bytes | None = None,
    *,
    code: str = "I0",
    inside: str = "",
    request_id: str = REQUEST,
    device: int = ESME,
    sent_at: str = duis.SENT_AT,
) -> bytes:
    """A Service Response, with a GBCS payload or without."""
    if payload is not None:
        inside = f"<sr:GBCSPayload>{base64.b64encode(payload).decode()}</sr:GBCSPayload>"
    return duis.response(
        f"<sr:ResponseMessage><sr:ServiceReference>{'.'.join(srv.split('.')[:2])}</sr:ServiceReference>"
        f"<sr:ServiceReferenceVariant>{srv}</sr:ServiceReferenceVariant>{inside}</sr:ResponseMessage>",
        request_id=request_id,
        response_id=identifier(device, SUPPLIER, 1000) if inside else "",
        response_code=code,
        sent_at=sent_at,
    )


def later(srv: str, payload: bytes, code: str = "8F66", *, sent_at: str = duis.SENT_AT) -> bytes:
    """The outcome of a future-dated Command."""
    packed = base64.b64encode(payload).decode()
    return answer(
        srv,
        inside=f"<sr:FutureDatedDeviceAlertMessage><sr:FutureDatedAlertCode>{code}</sr:FutureDatedAlertCode>"
        f"<sr:GBCSPayload>{packed}</sr:GBCSPayload><sr:InstructionNumber>1</sr:InstructionNumber>"
        "<sr:TotalCommandInstructions>1</sr:TotalCommandInstructions></sr:FutureDatedDeviceAlertMessage>",
        sent_at=sent_at,
    )


def request(body: str, request_id: str = REQUEST) -> bytes:
    """A Service Request, around what it asks for."""
    return (
        f'<sr:Request xmlns:sr="{duis.DUIS}" schemaVersion="5.4"><sr:Header><sr:RequestID>{request_id}</sr:RequestID>'
        f"</sr:Header><sr:Body>{body}</sr:Body></sr:Request>"
    ).encode()


def smets1(srv: str, said: str, *, success: str = "") -> bytes:
    """The answer of a SMETS1 Device, as the DCC parsed it."""
    return duis.smets1_alert(
        message=f"<sr:ResponseMessage><ra:SMETSData><ra:{said.partition('|')[0]}{success}>{said.partition('|')[2]}"
        f"</ra:{said.partition('|')[0]}></ra:SMETSData></sr:ResponseMessage>"
    ).replace(
        b"<sr:SMETS1ResponseMessage>",
        f"<sr:SMETS1ResponseMessage><sr:ServiceReference>{srv[:4]}</sr:ServiceReference>"
        f"<sr:ServiceReferenceVariant>{srv}</sr:ServiceReferenceVariant>".encode(),
    )


def row(kind: Kind = Kind.SRV_RESPONSE, srv: str = "", **said: Any) -> Evidence:
    return Evidence(NOON, ESME, kind, srv, **{"sender": ME, **said})


def read(*documents: bytes) -> list[Sequence[Evidence] | NoEvidence]:
    reader = EvidenceReader(read_device_message)
    return [reader.read(parse(document)) for document in documents]


def rows_of(*documents: bytes) -> list[Evidence]:
    """The rows of the last."""
    result = read(*documents)[-1]
    assert not isinstance(result, NoEvidence)
    return list(result)


def nothing_in(*documents: bytes) -> str:
    result = read(*documents)[-1]
    assert isinstance(result, NoEvidence)
    return result.what


def parts_of(*paths: Path) -> list[ReadRows]:
    return list(EvidenceDocuments(paths, Names(), read_device_message).rows())


def test_an_answer_at_once_is_a_success_or_a_failure_of_a_role_and_a_party() -> None:
    said: dict[str, Any] = {
        "role": Role.SUPPLIER,
        "credential_type": CredentialType.DIGITAL_SIGNING,
        "party_id": ME,
    }

    assert [row(srv="6.15.1", outcome=S, certificate_hash=KEY, **said)] == rows_of(
        answer("6.15.1", minted.replaced(Cell()))
    )
    assert [row(srv="6.15.1", outcome=F, certificate_hash=KEY, **said)] == rows_of(
        answer("6.15.1", minted.replaced(Cell(status=NO_TRUST_ANCHOR)))
    )


def test_an_answer_without_an_outcome_is_empty_and_the_outcome_comes_as_an_alert() -> None:
    cells = (Cell(), Cell(usage=AGREEMENT), Cell(usage=TOP_UP))

    assert [row(srv="6.15.1", outcome=EMPTY, role=Role.SUPPLIER)] == rows_of(
        answer("6.15.1", minted.accepted())
    )
    for code, outcome in ((0x8F66, S), (0x8F67, F)):
        alert = minted.replaced_later(*cells, code=code)

        assert [
            row(
                Kind.FUTURE_DATED_OUTCOME,
                "6.15.1",
                outcome=outcome,
                role=Role.SUPPLIER,
                party_id=ME,
                certificate_hash=KEY,
            )
        ] == rows_of(later("6.15.1", alert, f"{code:04X}"))


def test_a_read_is_an_answer_and_a_row_for_each_cell() -> None:
    payload = minted.credentials_read([Cell(), Cell(usage=AGREEMENT)], [Cell(minted.OPERATORS, status=25)])

    assert [
        row(srv="6.24.1", outcome=F),
        row(Kind.CREDENTIALS_READ, "6.24.1", outcome=S, role=Role.SUPPLIER, credential_type=CredentialType.DIGITAL_SIGNING,
            party_id=ME, certificate_hash=KEY),
        row(Kind.CREDENTIALS_READ, "6.24.1", outcome=S, role=Role.SUPPLIER, credential_type=CredentialType.KEY_AGREEMENT,
            party_id=ME, certificate_hash=KEY),
        row(Kind.CREDENTIALS_READ, "6.24.1", outcome=F, role=Role.NETWORK_OPERATOR),
    ] == rows_of(answer("6.24.1", payload))  # fmt: skip


@pytest.mark.parametrize("code", ["E20", "E21", "E30"])
def test_a_response_code_says_that_nothing_was_heard_in_time(code: str) -> None:
    assert [row(srv="6.17", outcome=TIMEOUT)] == rows_of(answer("6.17", code=code))


@pytest.mark.parametrize("code", ["E1", "E4", "E5", "E19", "E62", "E010101"])
def test_a_refusal_of_the_dcc_is_no_evidence_of_a_device_that_was_not_asked(code: str) -> None:
    assert f"refusal {code} of 6.17: the Device was not asked" == nothing_in(answer("6.17", code=code))


def test_any_answer_of_a_device_is_evidence_that_it_answered() -> None:
    payload = response(0x0027, b"\xda whatever DLMS says")

    assert [row(srv="4.1.1", outcome=S)] == rows_of(answer("4.1.1", payload))
    assert [row(srv="4.1.1", outcome=F)] == rows_of(answer("4.1.1", payload, code="E62"))


def test_the_outcome_of_another_future_dated_command_is_an_answer_and_replaces_nothing() -> None:
    assert [row(srv="1.1.1", outcome=S)] == rows_of(later("1.1.1", mint_alert(0x8F66, is_signed=True)))
    assert [row(srv="1.1.1", outcome=F)] == rows_of(
        later("1.1.1", mint_alert(0x8F67, is_signed=True), "8F67")
    )


def test_a_device_is_commissioned_by_its_alert_and_by_a_clock_that_was_set() -> None:
    clock = minted.der(0x18, b"20150101000000Z")
    reliable, unreliable = (response(0x007F, sequence(clock, integer(status))) for status in (0, 2))

    assert [row(Kind.COMMISSIONED, sender="")] == rows_of(duis.device_alert("8F69"))
    assert [row(Kind.COMMISSIONED), row(srv="8.1.1", outcome=S)] == rows_of(answer("8.1.1", reliable))
    assert [row(srv="8.1.1", outcome=F)] == rows_of(answer("8.1.1", unreliable))
    assert [row(srv="6.11", outcome=S)] == rows_of(answer("6.11", reliable))
    assert [row(Kind.COMMISSIONED, sender="")] == rows_of(duis.smets1_alert("8F69"))


def test_what_an_esme_says_of_its_clock_is_not_read_and_the_response_code_is_taken_for_it() -> None:
    clock = response(0x0062, b"\xda whatever DLMS says")

    assert [row(Kind.COMMISSIONED), row(srv="8.1.1", outcome=S)] == rows_of(answer("8.1.1", clock))
    assert [row(srv="8.1.1", outcome=F)] == rows_of(answer("8.1.1", clock, code="E62"))
    assert [row(srv="8.1.1", outcome=TIMEOUT)] == rows_of(answer("8.1.1", code="E20"))


def test_an_answer_to_what_the_dsp_scheduled_is_an_answer() -> None:
    packed = base64.b64encode(response(0x0027, b"\xda")).decode()
    inside = (
        f"<sr:DSPScheduledMessage><sr:GBCSPayload>{packed}</sr:GBCSPayload>"
        "<sr:DSPScheduleID>1</sr:DSPScheduleID></sr:DSPScheduledMessage>"
    )

    assert [row(srv="4.6.1", outcome=S)] == rows_of(answer("4.6.1", inside=inside))


@pytest.mark.parametrize(
    ("said", "credential_type"),
    [("Digital Signature", CredentialType.DIGITAL_SIGNING), ("Key Agreement", CredentialType.KEY_AGREEMENT)],
)
def test_the_request_says_which_credential_its_answer_is_of(
    said: str, credential_type: CredentialType
) -> None:
    asked = request(
        f"<sr:IssueSecurityCredentials><sr:CredentialType>{said}</sr:CredentialType></sr:IssueSecurityCredentials>"
    )
    certified = answer("6.17", response(0x000A, sequence(integer(7))))

    assert [row(srv="6.17", outcome=S, credential_type=credential_type)] == rows_of(asked, certified)
    assert [row(srv="6.17", outcome=TIMEOUT, credential_type=credential_type)] == rows_of(
        asked, answer("6.17", code="E21")
    )
    assert [row(srv="6.17", outcome=S)] == rows_of(certified)
    other = request(
        asked.decode().partition("<sr:Body>")[2].partition("</sr:Body>")[0], identifier(SUPPLIER, ESME, 999)
    )
    assert [row(srv="6.17", outcome=S)] == rows_of(other, certified)


def test_the_answer_to_a_cancellation_is_not_one_more_command_whose_outcome_comes_later() -> None:
    def for_the(day: str) -> bytes:
        return request(
            f"<sr:UpdateSecurityCredentialsKRP><sr:ExecutionDateTime>{day}T00:00:00.00Z</sr:ExecutionDateTime>"
            "<sr:RemotePartyRole>NetworkOperator</sr:RemotePartyRole></sr:UpdateSecurityCredentialsKRP>"
        )

    accepted = answer("6.15.1", minted.accepted())

    assert "answer to the cancellation of a future-dated 6.15.1" == nothing_in(
        for_the("3000-12-31"), accepted
    )
    assert [row(srv="6.15.1", outcome=EMPTY, role=Role.SUPPLIER)] == rows_of(for_the("3000-12-30"), accepted)
    assert [row(srv="6.15.1", outcome=TIMEOUT, role=Role.NETWORK_OPERATOR)] == rows_of(
        for_the("2030-01-15"), answer("6.15.1", code="E30")
    )


def test_the_dcc_says_which_certificates_stand_in_a_devices_cells_and_not_whose() -> None:
    alert = duis.dcc_alert(
        "N42",
        f"<sr:SecurityCredentialsUpdated><sr:DeviceID>{eui(GSME)}</sr:DeviceID>"
        "<sr:RemotePartyRole>NetworkOperator</sr:RemotePartyRole>"
        "<sr:Certificates><sr:CertificateType>KeyAgreement</sr:CertificateType>"
        "<sr:CertificateHash>RImXktGW9Lg=</sr:CertificateHash></sr:Certificates></sr:SecurityCredentialsUpdated>",
    )

    assert [
        Evidence(
            NOON,
            GSME,
            Kind.CREDENTIALS_READ,
            credential_type=CredentialType.KEY_AGREEMENT,
            role=Role.NETWORK_OPERATOR,
            certificate_hash=KEY,
        )
    ] == rows_of(alert)


STATUS = "<ra:StatusCode ResponseCode='0'><ra:ASN1Status>{}</ra:ASN1Status></ra:StatusCode>"


def outcome_of(*statuses: str) -> str:
    cells = "".join(
        f"<ra:ReplacementOutcome>{STATUS.format(status)}<ra:CertificateType>DigitalSigning</ra:CertificateType>"
        f"<ra:RemotePartyRole>Supplier</ra:RemotePartyRole><ra:NewRemotePartyID>{ME}</ra:NewRemotePartyID>"
        "<ra:NewCertificateHash>RImXktGW9Lg=</ra:NewCertificateHash></ra:ReplacementOutcome>"
        for status in statuses
    )
    return f"<ra:ExecutionOutcome>{cells}</ra:ExecutionOutcome>"


@pytest.mark.parametrize(
    ("srv", "said", "outcome"),
    [
        ("6.15.1", f"UpdateSecurityCredentialsKRPRsp|{outcome_of('success')}", S),
        ("6.15.1", f"UpdateSecurityCredentialsKRPRsp|{outcome_of('noTrustAnchor')}", F),
        ("6.15.1", "UpdateSecurityCredentialsKRPRsp|", EMPTY),
        ("6.21", f"RequestHandoverOfDCCControlledDeviceRsp|{outcome_of('success')}", S),
        ("6.21", "RequestHandoverOfDCCControlledDeviceRsp|", EMPTY),
        ("6.23", f"UpdateSecurityCredentialsCoSRsp|{outcome_of('badCertificate')}", F),
        ("6.17", "IssueSecurityCredentialsRsp|<ra:CertificationRequest>MAA=</ra:CertificationRequest>", S),
        ("6.17", "IssueSecurityCredentialsRsp|", EMPTY),
        ("6.17", "IssueSecurityCredentialsRsp|" + STATUS.format("keyPairGenerationFailed").replace("StatusCode", "IssueCredentialsResponseCode"), F),
        ("6.15.2", "UpdateSecurityCredentialsDeviceRsp|" + STATUS.format("success").replace("StatusCode", "UpdateSecurityCredentialsResponseCode"), S),
        ("6.24.1", "RetrieveDeviceSecurityCredentialsKRPRsp|", EMPTY),
        ("6.24.2", "RetrieveDeviceSecurityCredentialsDeviceRsp|<ra:Certificate>MAA=</ra:Certificate>", S),
        ("4.1.1", "ReadInstantaneousImportRegistersRsp|", S),
    ],
)  # fmt: skip
def test_what_the_dcc_has_parsed_says_the_same(srv: str, said: str, outcome: Outcome) -> None:
    [told] = rows_of(smets1(srv, said))

    assert (Kind.SRV_RESPONSE, srv, outcome, ESME) == (told.kind, told.srv, told.outcome, told.device_id)
    is_of_a_cell = "ReplacementOutcome" in said
    assert (Role.SUPPLIER if is_of_a_cell else Role.NOT_SAID, ME if is_of_a_cell else "") == (
        told.role,
        told.party_id,
    )


def test_a_parsed_answer_that_says_it_failed_did() -> None:
    assert [F] == [each.outcome for each in rows_of(smets1("6.15.1", "UpdateSecurityCredentialsKRPRsp|", success=' MessageSuccess="false"'))]  # fmt: skip


def test_a_cell_that_was_read_twice_or_a_hash_without_end_is_no_evidence() -> None:
    """Rows of evidence are kept for good: one document brings no more of them than a Device has cells."""

    def details(digits: str = "RImXktGW9Lg=") -> str:
        return (
            "<ra:RemotePartyDetails><ra:RemotePartyRole>Supplier</ra:RemotePartyRole>"
            f"<ra:CertificateUsage>KeyAgreement</ra:CertificateUsage><ra:ExistingCertificateHash>{digits}"
            "</ra:ExistingCertificateHash></ra:RemotePartyDetails>"
        )

    def certificates(count: int) -> bytes:
        each = (
            "<sr:Certificates><sr:CertificateType>KeyAgreement</sr:CertificateType>"
            "<sr:CertificateHash>RImXktGW9Lg=</sr:CertificateHash></sr:Certificates>"
        )
        return duis.dcc_alert(
            "N42",
            f"<sr:SecurityCredentialsUpdated><sr:DeviceID>{eui(GSME)}</sr:DeviceID>"
            f"<sr:RemotePartyRole>Supplier</sr:RemotePartyRole>{each * count}</sr:SecurityCredentialsUpdated>",
        )

    answered = "RetrieveDeviceSecurityCredentialsKRPRsp|"
    assert 2 == len(rows_of(smets1("6.24.1", answered + details())))
    assert 1 == len(rows_of(certificates(1)))
    for document in (
        smets1("6.24.1", answered + details() * 2),
        smets1("6.24.1", answered + details("A" * 88)),
        certificates(2),
    ):
        with pytest.raises(RefusedDocument, match=r"twice|132 digits"):
            rows_of(document)


def test_a_parsed_read_says_what_stands_in_each_cell() -> None:
    details = (
        f"<ra:RemotePartyDetails><ra:RemotePartyRole>Supplier</ra:RemotePartyRole>{STATUS.format('success')}"
        "<ra:CertificateUsage>KeyAgreementTopUp</ra:CertificateUsage>"
        f"<ra:ExistingRemotePartyID>{ME}</ra:ExistingRemotePartyID>"
        "<ra:ExistingCertificateHash>RImXktGW9Lg=</ra:ExistingCertificateHash></ra:RemotePartyDetails>"
        f"<ra:RemotePartyDetails><ra:RemotePartyRole>Recovery</ra:RemotePartyRole>{STATUS.format('trustAnchorNotFound')}"
        "</ra:RemotePartyDetails>"
    )

    assert [
        row(srv="6.24.1", outcome=F),
        row(Kind.CREDENTIALS_READ, "6.24.1", outcome=S, role=Role.SUPPLIER, credential_type=CredentialType.KEY_AGREEMENT_TOP_UP,
            party_id=ME, certificate_hash=KEY),
        row(Kind.CREDENTIALS_READ, "6.24.1", outcome=F, role=Role.RECOVERY),
    ] == rows_of(smets1("6.24.1", f"RetrieveDeviceSecurityCredentialsKRPRsp|{details}"))  # fmt: skip


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (duis.acknowledgement("I99", "6.15.1"), "acknowledgement I99 of 6.15.1"),
        (duis.device_alert("8F36"), "Alert 8F36"),
        (duis.power_outage(), "DCC Alert AD1 (PowerOutageEvent)"),
        (duis.smets1_alert("8F36"), "Alert 8F36"),
        (request("<sr:ReadInventory/>"), "Service Request"),
        (answer("6.15.1", inside="<sr:PreCommand><sr:GBCSPayload>3wkB</sr:GBCSPayload></sr:PreCommand>"), "PreCommand for 6.15.1"),
    ],
)  # fmt: skip
def test_a_document_that_is_no_evidence_is_named_for_what_it_is(document: bytes, what: str) -> None:
    assert what == nothing_in(document)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (answer("6.17", minted.replaced(Cell())), "it is of 6.17, and its GBCSPayload of 6.15.1 or 6.21 or 6.23 or 8.5"),
        (answer("4.1.1", minted.replaced(Cell())), "it is of 4.1.1, and its GBCSPayload of 6.15.1"),
        (answer("6.17", response(0x0027, b"\xda")), "it is of 6.17, and its GBCSPayload is not"),
        (answer("6.15.1", minted.replaced(Cell(), originator=GSME)), "its identifier names the Device 00-DB-12-34-56-78-90-A0, and its GBCSPayload 00-DB-12-34-56-78-90-A1"),
        (answer("6.15.1", minted.replaced_later(Cell())), "its GBCSPayload is an Alert, and no answer"),
        (later("6.15.1", minted.replaced(Cell())), "its GBCSPayload is an answer, and no Alert"),
        (later("6.15.1", minted.replaced_later(Cell()), "8F67"), "its AlertCode is 8F67, and its GBCSPayload says 8F66"),
        (answer("6.15.1", b"nothing"), "its GBCSPayload cannot be read: 6E stands at offset 0"),
        (answer("9.9.9", response(0x0027, b"\xda")), "its ServiceReferenceVariant is '9.9.9', which is not a published"),
        (duis.response("<sr:ResponseMessage/>"), "it has neither a RequestID nor a ResponseID"),
        (smets1("6.15.1", f"UpdateSecurityCredentialsKRPRsp|{outcome_of('success').replace('Supplier', 'Grocer')}"), "its RemotePartyRole is 'Grocer'"),
        (request("<sr:A/><sr:B/>"), "its Body holds 2 requests; it must hold one"),
        (b"<a/>", "its root element is a, not a DUIS Response"),
    ],
)  # fmt: skip
def test_a_document_that_contradicts_itself_or_is_not_whole_is_refused_by_name(
    document: bytes, reason: str
) -> None:
    with pytest.raises(RefusedDocument) as refused:
        read(document)

    assert reason in str(refused.value)


def test_documents_are_read_from_folders_and_what_is_no_evidence_is_told(tmp_path: Path) -> None:
    folder = write_folder(
        tmp_path / "in",
        {
            "20260301T120000.000001Z.xml": answer("6.17", response(0x000A, sequence(integer(7)))),
            "b/many.xml": answer("6.15.1", minted.accepted(), sent_at="2026-03-01T12:00:01Z")
            + b"\n"
            + duis.device_alert("8F36")
            + later("6.15.1", minted.replaced_later(Cell()), sent_at="2026-03-02T12:00:00Z"),
            "asked.xml": request(
                "<sr:IssueSecurityCredentials><sr:CredentialType>Key Agreement</sr:CredentialType></sr:IssueSecurityCredentials>"
            ),
            "broken.xml": b"<sr:Response",
        },
    )
    names = Names()

    parts = list(EvidenceDocuments([folder], names, read_device_message).rows())

    records = [
        (part.source, line, record)
        for part in parts
        for line, record in zip(part.line, part.records, strict=True)
    ]
    assert [NOON + 1, NOON + SECOND, parse_instant("2026-03-02T12:00:00Z")] == [
        each["at"] for _, _, each in records
    ]
    assert [f"4 files in {folder}", f"{folder}/b/many.xml", f"{folder}/b/many.xml"] == [
        source for source, _, _ in records
    ]
    assert [2, 5] == [line for _, line, _ in records[1:]]
    assert [CredentialType.KEY_AGREEMENT, 0, CredentialType.DIGITAL_SIGNING] == [
        each["credential_type"] for _, _, each in records
    ]
    assert [ME, ME, ME] == [names.name_of(each["sender"]) for _, _, each in records]
    assert ["", "", KEY] == [names.name_of(each["certificate"]) for _, _, each in records]
    rejected = [each for part in parts for each in part.rejected]
    assert ["no evidence: Alert 8F36", "no evidence: Service Request"] == sorted(
        each.reason for each in rejected if each.reason.startswith("no evidence")
    )
    assert [f"{folder}/broken.xml"] == [each.source for each in rejected if "no evidence" not in each.reason]
    assert 1.0 == parts[-1].progress


def test_where_no_document_is_evidence_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "alerts.xml"
    path.write_bytes(duis.device_alert("8F36") * 4)

    with pytest.raises(InputError) as refused:
        parts_of(path)

    assert "none of its 4 documents is evidence of Post Commissioning" == refused.value.faults[0].what
    assert ["no evidence: Alert 8F36"] * 3 == [fault.what for fault in refused.value.faults[1:]]


@needs_shared
def test_the_public_templates_of_requests_are_taken_note_of() -> None:
    reader = EvidenceReader(read_device_message)

    results = [reader.read(parse(path.read_bytes())) for path in shared_files("duis_requests/*.XML")]

    assert {NoEvidence} == {type(each) for each in results}
    assert 140 < len(results)
    for name, what in (("CANCELLATION", NoEvidence), ("FUTURE_DATED", list), ("IMMEDIATE", list)):
        [path] = shared("duis_requests").glob(f"*SupplierBySupplier_6.15.1_{name}*")
        request_id = parse(path.read_bytes()).findtext(".//{*}RequestID", "")
        asked_and_answered = read(
            path.read_bytes(), answer("6.15.1", minted.accepted(), request_id=request_id)
        )
        assert what is type(asked_and_answered[-1])


@needs_shared
def test_every_answer_of_the_public_test_data_is_evidence_of_its_device_or_refused_for_a_reason() -> None:
    """Wrapped as the DCC wraps them: a Device's answer under its own variant."""
    kinds: Counter[Kind] = Counter()
    paths = [path for path in shared_files("rtds/*/*_RESPONSE_GBCS.HEX") if "_NA_" not in path.name]
    for path in paths:
        srv = path.name.split("_")[1]
        payload = bytes.fromhex(path.read_text())
        device = read_device_message(payload).originator
        found = rows_of(answer(srv, payload, device=device, request_id=identifier(SUPPLIER, device, 1000)))
        assert {device} == {each.device_id for each in found}
        kinds.update(each.kind for each in found)

    assert {Kind.SRV_RESPONSE: len(paths), Kind.CREDENTIALS_READ: 13, Kind.COMMISSIONED: 1} == kinds
    assert 240 < len(paths)
