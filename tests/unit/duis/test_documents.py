"""One DUIS document: which Alert it carries, what else it is, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from tests.material.duis_documents import (
    DUIS,
    acknowledgement,
    dcc_alert,
    device_alert,
    document_of,
    eui,
    future_dated_alert,
    identifier,
    power_outage,
    response,
    service_response,
    smets1_alert,
)
from tests.material.gbcs_alerts import ACCESS_CONTROL_BROKER, ESME, GSME, HUB, SUPPLIER, mint_alert
from tests.shared_material import needs_shared, shared, shared_files

from tidegate.duis.documents import DuisAlert, Kind, NotAnAlert, read_document
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.gbcs.alert import read_alert
from tidegate.vocabulary.alert_codes import DCC_ALERT, format_alert_code
from tidegate.vocabulary.instants import SECOND, parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")
PPMID = 0x00DB1234567890A5

samples = shared_files("samples/*.xml")
public_alerts = shared_files("rtds/*/*ALERT*.HEX")


def alert_in(document: bytes) -> DuisAlert:
    alert = read_document(document, read_alert)
    assert isinstance(alert, DuisAlert)
    return alert


def refusal_of(document: bytes) -> str:
    with pytest.raises(RefusedDocument) as refused:
        read_document(document, read_alert)
    return str(refused.value)


def test_a_device_alert_gives_its_device_its_code_and_its_recipient() -> None:
    payload = mint_alert(0x8F75)

    assert DuisAlert(
        kind=Kind.DEVICE_ALERT,
        device_id=ESME,
        alert_code=0x8F75,
        recipient="90-B3-D5-1F-30-01-00-00",
        sent_at=NOON,
        response_id="00-DB-12-34-56-78-90-A0:90-B3-D5-1F-30-01-00-00:2000",
        payload=payload,
    ) == alert_in(device_alert("8F75", payload=payload))


def test_what_the_document_says_of_throttling_already_is_kept() -> None:
    alert = alert_in(device_alert(sequence_id=7, count=0))

    assert (7, 0) == (alert.throttled_alert_sequence_id, alert.throttled_alert_count)


def test_each_of_the_two_throttling_elements_may_stand_alone() -> None:
    alert = alert_in(device_alert(count=2**32 - 1))

    assert (None, 2**32 - 1) == (alert.throttled_alert_sequence_id, alert.throttled_alert_count)


def test_identifiers_and_codes_in_lower_case_are_the_same_alert() -> None:
    lower = device_alert("8f75", response_id=identifier().lower())

    assert alert_in(device_alert("8F75")) == alert_in(lower)


def test_an_unknown_alert_code_passes() -> None:
    assert 0x0001 == alert_in(device_alert("0001")).alert_code


def test_blanks_within_base64_and_around_a_time_are_legal() -> None:
    packed = """3QAAAAAAAE0RAAAAAN8JAwAAAAAAABI0CADbEjRWeJCgCJCz1R8wAQAA

         AAIQARkPIAASNAACAhKPdQkMB+oDAf8LOzoAgAD/AEslGe9syezAhQWy5Q=="""

    alert = alert_in(device_alert("8F75", payload=packed, sent_at="\n 2026-03-01T12:00:00.5+01:00 "))

    assert NOON - 3600 * SECOND + SECOND // 2 == alert.sent_at


def test_an_alert_without_a_payload_reader_is_read_all_the_same() -> None:
    alert = read_document(device_alert("8F75", payload=b"no GBCS at all"))

    assert isinstance(alert, DuisAlert)
    assert b"no GBCS at all" == alert.payload


@pytest.mark.parametrize("code", ["8F66", "8F67"])
def test_a_future_dated_outcome_is_an_alert_of_the_device(code: str) -> None:
    alert = alert_in(future_dated_alert(code))

    assert (alert.kind, alert.device_id, format_alert_code(alert.alert_code)) == (
        Kind.FUTURE_DATED_ALERT,
        ESME,
        code,
    )
    assert eui(SUPPLIER) == alert.recipient


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (f"<sr:PPMIDAlert><sr:DeviceID>{eui(PPMID)}</sr:DeviceID><sr:DeviceAlertCode>8F1D</sr:DeviceAlertCode></sr:PPMIDAlert>", 0x8F1D),
        (f"<sr:DualBandCHAlert><sr:CHFDeviceID>{eui(PPMID)}</sr:CHFDeviceID><sr:DeviceAlertCode>8f20</sr:DeviceAlertCode></sr:DualBandCHAlert>", 0x8F20),
        (f"<sr:CommsHubAlert><sr:CommsHubDeviceID>{eui(PPMID)}</sr:CommsHubDeviceID><sr:AlertCode>8F8A</sr:AlertCode></sr:CommsHubAlert>", 0x8F8A),
    ],
    ids=["PPMIDAlert", "DualBandCHAlert", "CommsHubAlert"],
)  # fmt: skip
def test_an_alert_wrapped_in_a_dcc_alert_is_that_of_the_inner_device(content: str, code: int) -> None:
    alert = alert_in(dcc_alert("N41", content, sequence_id=3, count=4))

    assert (alert.kind, alert.device_id, alert.alert_code) == (Kind.WRAPPED_ALERT, PPMID, code)
    assert DCC_ALERT + 41 == alert.dcc_alert_code
    assert (3, 4) == (alert.throttled_alert_sequence_id, alert.throttled_alert_count)


def test_a_power_outage_is_an_alert_of_the_communications_hub() -> None:
    alert = alert_in(power_outage(HUB))

    assert (
        Kind.DCC_ALERT,
        HUB,
        DCC_ALERT,
        DCC_ALERT,
    ) == (alert.kind, alert.device_id, alert.alert_code, alert.dcc_alert_code)


@pytest.mark.parametrize(
    ("content", "device"),
    [
        (f"<sr:CommandFailure><sr:CommandRequestID>{identifier(SUPPLIER, ESME)}</sr:CommandRequestID><sr:DeviceID>{eui(GSME)}</sr:DeviceID></sr:CommandFailure>", GSME),
        (f"<sr:UpdateHANDeviceLogResult><sr:UpdateHANDeviceLogServiceRequestID>{identifier(SUPPLIER, HUB)}</sr:UpdateHANDeviceLogServiceRequestID></sr:UpdateHANDeviceLogResult>", HUB),
        (f"<sr:ChangeOfSupplier><sr:ChangeOfSupplierServiceRequestID>{identifier(SUPPLIER, GSME)}</sr:ChangeOfSupplierServiceRequestID></sr:ChangeOfSupplier>", GSME),
        (f"<sr:ChangeOfSupplier><sr:DeviceChangeOfSupplier><sr:DeviceID>{eui(GSME)}</sr:DeviceID></sr:DeviceChangeOfSupplier></sr:ChangeOfSupplier>", GSME),
        (f"<sr:QuarantinedRequest><sr:ADDCCThresholdBreach><sr:RequestID>{identifier(SUPPLIER, GSME)}</sr:RequestID></sr:ADDCCThresholdBreach></sr:QuarantinedRequest>", GSME),
        (f"<sr:S1SPAlertDSP><sr:S1SPAlert schemaVersion='5.4'><sr:DeviceID>{eui(GSME)}</sr:DeviceID></sr:S1SPAlert></sr:S1SPAlertDSP>", GSME),
        (f"<sr:FirmwareUpgradeRequested><sr:DeviceType>ESME</sr:DeviceType><sr:DeviceList>{eui(ESME)},{eui(GSME)}</sr:DeviceList></sr:FirmwareUpgradeRequested>", ACCESS_CONTROL_BROKER),
        (f"<sr:OfALaterVersion><sr:DeviceID>{eui(ESME)}</sr:DeviceID></sr:OfALaterVersion>", ACCESS_CONTROL_BROKER),
    ],
)  # fmt: skip
def test_a_dcc_alert_is_about_the_device_its_content_names(content: str, device: int) -> None:
    alert = alert_in(dcc_alert("N13", content))

    assert (Kind.DCC_ALERT, device, DCC_ALERT + 13) == (alert.kind, alert.device_id, alert.alert_code)


def test_a_smets1_alert_is_that_of_the_smets1_device() -> None:
    alert = alert_in(smets1_alert("8F75", originator=GSME, sequence_id=1, count=2))

    assert (Kind.SMETS1_ALERT, GSME, 0x8F75) == (alert.kind, alert.device_id, alert.alert_code)
    assert (1, 2) == (alert.throttled_alert_sequence_id, alert.throttled_alert_count)
    assert eui(SUPPLIER) == alert.recipient


@pytest.mark.parametrize(
    ("document", "what"),
    [
        (acknowledgement("I99", "4.1.1"), "acknowledgement I99 of 4.1.1"),
        (service_response("4.1.1"), "Service Response 4.1.1"),
        (smets1_alert(message="<sr:ResponseMessage/>"), "SMETS1 Service Response"),
        (f'<sr:Request xmlns:sr="{DUIS}" schemaVersion="5.4"/>'.encode(), "Service Request"),
    ],
)
def test_a_document_that_carries_no_alert_is_named_for_what_it_is(document: bytes, what: str) -> None:
    result = read_document(document)

    assert isinstance(result, NotAnAlert)
    assert what == result.what


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (device_alert("8F75", payload=mint_alert(0x8F76)), "its AlertCode is 8F75, and its GBCSPayload says 8F76"),
        (
            device_alert(payload=mint_alert(originator=GSME)),
            f"its ResponseID names the Device {eui(ESME)}, and its GBCSPayload {eui(GSME)}",
        ),
        (device_alert(payload=b"\xe0" + bytes(30)), "its GBCSPayload is no GBCS Alert: it is a General-Block-Tr"),
        (future_dated_alert("8F66", payload=mint_alert(0x8F67)), "its AlertCode is 8F66, and its GBCSPayload"),
        (future_dated_alert("8F65"), "its FutureDatedAlertCode is 8F65; it must be 8F66 or 8F67"),
        (device_alert("8F75", payload=""), "its GBCSPayload is empty"),
        (device_alert("8F75", payload="3QAA-"), "its GBCSPayload is not base64"),
        (device_alert("8F75", payload="3QAA="), "its GBCSPayload is not base64"),
        (device_alert("8F75", payload="3QB="), "its GBCSPayload is not base64"),
        (device_alert("8F75", payload="3Q==3Q=="), "its GBCSPayload is not base64"),
        (device_alert("8F75", payload="3Qé="), "its GBCSPayload is not base64"),
        (device_alert(response_id=""), "it has no ResponseID"),
        (device_alert(response_id="00-DB-12-34-56-78-90-A0:1"), "it must be originator:target:counter"),
        (device_alert(response_id=identifier(counter=2**64)), "it must be originator:target:counter"),
        (device_alert(response_id=f"{eui(ESME)}:{eui(SUPPLIER)}:007"), "it must be originator:target:counter"),
        (device_alert(sent_at="2026-03-01T12:00:00"), "names no zone"),
        (device_alert(sent_at="yesterday"), "its ResponseDateTime 'yesterday' is not an instant"),
        (device_alert(sent_at=""), "its ResponseDateTime is empty"),
        (device_alert(sequence_id=-1), "its ThrottledAlertSequenceId is '-1'"),
        (device_alert(count=2**32), "its ThrottledAlertCount is '4294967296'"),
        (dcc_alert("8F75", "<sr:CommandFailure/>"), "it must be AD1, or N and a number"),
        (dcc_alert("N0", "<sr:CommandFailure/>"), "it must be AD1, or N and a number"),
        (dcc_alert("AD1", "<sr:CommandFailure/>"), "a DCC Alert AD1 does not contain CommandFailure"),
        (dcc_alert("N13", "<sr:PowerOutageEvent/>"), "a DCC Alert N13 does not contain PowerOutageEvent"),
        (dcc_alert("N13", ""), "its DCCAlert has 0 contents"),
        (dcc_alert("N13", "<sr:CommandFailure/><sr:CommandFailure/>"), "its DCCAlert has 2 contents"),
        (dcc_alert("N13", "<sr:PPMIDAlert><sr:DeviceID>1.2E+15</sr:DeviceID></sr:PPMIDAlert>"), "its DeviceID"),
        (dcc_alert("N13", "<sr:CommandFailure><sr:DeviceID>x</sr:DeviceID></sr:CommandFailure>"), "its DeviceID 'x'"),
        (smets1_alert(""), "its DeviceAlertContent has no GBCSHexAlertCode"),
        (response("", response_id=identifier()), "its Body holds 0 messages"),
        (response("<sr:Surprise/>", response_id=identifier()), "its Body holds Surprise"),
        (b"<html/>", "its root element is html, not a DUIS Response"),
        (b"<Response/>", "its root element is Response, not a DUIS Response"),
        (f'<Response xmlns="{DUIS}"/>'.encode(), "it has no Header"),
        (
            response(
                "<sr:DeviceAlertMessage><sr:AlertCode>8F75</sr:AlertCode><sr:AlertCode>8014</sr:AlertCode>"
                "<sr:GBCSPayload>3Q==</sr:GBCSPayload></sr:DeviceAlertMessage>",
                response_id=identifier(),
            ),
            "its DeviceAlertMessage has an element twice",
        ),
    ],
)  # fmt: skip
def test_a_document_with_a_fault_is_refused_by_name(document: bytes, reason: str) -> None:
    assert reason in refusal_of(document)


@pytest.mark.parametrize(
    "code", ["", "8F", "8F7", "8F755", "0x8F75", "8G75", "N24", "\uff18\uff26\uff17\uff15"]
)
def test_an_alert_code_that_is_not_two_octets_is_refused_though_the_schema_lets_some_pass(code: str) -> None:
    document = device_alert("8F75").replace(b">8F75<", f">{code}<".encode())

    assert "its AlertCode is" in refusal_of(document)


@needs_shared
@pytest.mark.parametrize("path", samples, ids=lambda path: path.stem)
def test_every_sample_is_read_as_its_name_says(path: Path) -> None:
    result = read_document(path.read_bytes(), read_alert)

    if isinstance(result, NotAnAlert):
        assert path.stem.startswith(("acknowledgement", "response_4"))
    else:
        code = result.dcc_alert_code or result.alert_code
        assert format_alert_code(code) in path.stem
        assert ("throttled" in path.stem or "minted" in path.stem or "AD1" in path.stem) == (
            result.throttled_alert_count is not None
        )


@needs_shared
def test_all_sixteen_samples_are_here() -> None:
    assert 16 == len(samples)


@needs_shared
@pytest.mark.parametrize("path", public_alerts, ids=lambda path: path.stem)
def test_every_alert_of_the_public_test_data_is_read_out_of_its_document(path: Path) -> None:
    payload = bytes.fromhex(path.read_text())

    alert = alert_in(document_of(payload))

    said = read_alert(payload)
    assert (said.originator, said.alert_code, payload) == (alert.device_id, alert.alert_code, alert.payload)
    assert eui(said.recipient) == alert.recipient
    assert ("8F66" in path.name or "8F67" in path.name) == (alert.kind == Kind.FUTURE_DATED_ALERT)


@needs_shared
def test_the_documents_tests_mint_are_documents_of_the_schema() -> None:
    """What these tests feed the reader is what DUIS 5.4 allows; a test on invented XML would prove nothing."""
    parser = etree.XMLParser(no_network=True)
    schema = etree.XMLSchema(etree.parse(shared("schemas/v5.4/DUIS_5.4.xsd"), parser))

    for document in (
        device_alert(sequence_id=1, count=2),
        future_dated_alert(),
        power_outage(),
        acknowledgement(),
        service_response(),
        dcc_alert("N41", f"<sr:PPMIDAlert><sr:DeviceID>{eui(PPMID)}</sr:DeviceID><sr:DeviceAlertCode>8F1D</sr:DeviceAlertCode></sr:PPMIDAlert>"),
    ):  # fmt: skip
        schema.assertValid(etree.fromstring(document))
