"""DUIS Response documents written as text, by the schema's shape and without a line of the reader they try."""

from __future__ import annotations

import base64
from pathlib import Path

from tests.material.gbcs_alerts import ACCESS_CONTROL_BROKER, ESME, HUB, SUPPLIER, mint_alert

DUIS = "http://www.dccinterface.co.uk/ServiceUserGateway"
MMC = "http://www.dccinterface.co.uk/ResponseAndAlert"
SENT_AT = "2026-03-01T12:00:00.000Z"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n'


def eui(number: int) -> str:
    """An EUI-64 as DUIS writes it."""
    return number.to_bytes(8, "big").hex("-").upper()


def response(
    body: str,
    *,
    response_id: str = "",
    request_id: str = "",
    response_code: str = "I0",
    sent_at: str = SENT_AT,
    declaration: str = DECLARATION,
) -> bytes:
    """A Response document around the inside of its Body."""
    header = ""
    if request_id:
        header += f"<sr:RequestID>{request_id}</sr:RequestID>"
    if response_id:
        header += f"<sr:ResponseID>{response_id}</sr:ResponseID>"
    header += f"<sr:ResponseCode>{response_code}</sr:ResponseCode>"
    header += f"<sr:ResponseDateTime>{sent_at}</sr:ResponseDateTime>"
    return (
        f'{declaration}<sr:Response xmlns:sr="{DUIS}" schemaVersion="5.4">'
        f"<sr:Header>{header}</sr:Header><sr:Body>{body}</sr:Body></sr:Response>"
    ).encode()


def identifier(originator: int = ESME, recipient: int = SUPPLIER, counter: int = 2000) -> str:
    """A ResponseID of an Alert: who raised it, who it goes to, its counter."""
    return f"{eui(originator)}:{eui(recipient)}:{counter}"


def throttling(sequence_id: int | str | None, count: int | str | None) -> str:
    """The two optional elements of Alert Storm Protection."""
    said = (
        ""
        if sequence_id is None
        else f"<sr:ThrottledAlertSequenceId>{sequence_id}</sr:ThrottledAlertSequenceId>"
    )
    return said + ("" if count is None else f"<sr:ThrottledAlertCount>{count}</sr:ThrottledAlertCount>")


def device_alert(
    code: str = "8F75",
    *,
    originator: int = ESME,
    recipient: int = SUPPLIER,
    counter: int = 2000,
    sent_at: str = SENT_AT,
    payload: bytes | str | None = None,
    sequence_id: int | str | None = None,
    count: int | str | None = None,
    response_id: str | None = None,
    declaration: str = DECLARATION,
) -> bytes:
    """A DeviceAlertMessage; its payload is minted to match where none is given."""
    if payload is None:
        payload = mint_alert(int(code, 16), originator=originator, recipient=recipient, counter=counter)
    packed = payload if isinstance(payload, str) else base64.b64encode(payload).decode()
    return response(
        f"<sr:DeviceAlertMessage><sr:AlertCode>{code}</sr:AlertCode>{throttling(sequence_id, count)}"
        f"<sr:GBCSPayload>{packed}</sr:GBCSPayload></sr:DeviceAlertMessage>",
        response_id=identifier(originator, recipient, counter) if response_id is None else response_id,
        sent_at=sent_at,
        declaration=declaration,
    )


def future_dated_alert(
    code: str = "8F66",
    *,
    originator: int = ESME,
    recipient: int = SUPPLIER,
    payload: bytes | None = None,
    variant: str = "1.1.1",
) -> bytes:
    """The outcome of a future-dated Command, which comes as a Service Response."""
    if payload is None:
        payload = mint_alert(int(code, 16), originator=originator, recipient=recipient, is_signed=True)
    packed = base64.b64encode(payload).decode()
    return response(
        f"<sr:ResponseMessage><sr:ServiceReference>{variant.rpartition('.')[0]}</sr:ServiceReference>"
        f"<sr:ServiceReferenceVariant>{variant}</sr:ServiceReferenceVariant><sr:FutureDatedDeviceAlertMessage>"
        f"<sr:FutureDatedAlertCode>{code}</sr:FutureDatedAlertCode><sr:GBCSPayload>{packed}</sr:GBCSPayload>"
        "<sr:InstructionNumber>1</sr:InstructionNumber>"
        "<sr:TotalCommandInstructions>6</sr:TotalCommandInstructions>"
        "</sr:FutureDatedDeviceAlertMessage></sr:ResponseMessage>",
        request_id=identifier(recipient, originator, 1000),
        response_id=identifier(originator, recipient),
    )


def dcc_alert(
    code: str,
    content: str,
    *,
    originator: int = ACCESS_CONTROL_BROKER,
    recipient: int = SUPPLIER,
    sequence_id: int | None = None,
    count: int | None = None,
) -> bytes:
    """A DCCAlertMessage around its content, given as XML with the prefix `sr`."""
    return response(
        f"<sr:DCCAlertMessage><sr:DCCAlertCode>{code}</sr:DCCAlertCode>{throttling(sequence_id, count)}"
        f"<sr:DCCAlert>{content}</sr:DCCAlert></sr:DCCAlertMessage>",
        response_id=identifier(originator, recipient, 1001),
    )


def power_outage(hub: int = HUB) -> bytes:
    """A DCC Alert AD1."""
    return dcc_alert(
        "AD1",
        f"<sr:PowerOutageEvent><sr:CommsHubDeviceID>{eui(hub)}</sr:CommsHubDeviceID>"
        f"<sr:StartDateTime>{SENT_AT}</sr:StartDateTime><sr:MPxN>1234567890123</sr:MPxN></sr:PowerOutageEvent>",
    )


def smets1_alert(
    code: str = "8F75",
    *,
    originator: int = ESME,
    recipient: int = SUPPLIER,
    sequence_id: int | None = None,
    count: int | None = None,
    message: str | None = None,
) -> bytes:
    """A SMETS1ResponseMessage with the Alert of a SMETS1 Device; `message` in place of that Alert."""
    if message is None:
        named = f"<ra:GBCSHexAlertCode>{code}</ra:GBCSHexAlertCode>" if code else ""
        message = (
            f"<sr:DeviceAlertMessage><ra:DeviceAlertContent>{named}"
            "<ra:AlertDescription>Invented</ra:AlertDescription>"
            f"<ra:Timestamp>{SENT_AT}</ra:Timestamp></ra:DeviceAlertContent></sr:DeviceAlertMessage>"
        )
    return response(
        f'<sr:SMETS1ResponseMessage>{throttling(sequence_id, count)}<sr:SMETS1SignedResponse xmlns:ra="{MMC}" '
        f'schemaVersion="5.4"><sr:SMETS1Response><sr:Header><ra:BusinessOriginatorID>{eui(originator)}'
        f"</ra:BusinessOriginatorID><ra:BusinessTargetID>{eui(recipient)}</ra:BusinessTargetID>"
        "<ra:OriginatorCounter>1</ra:OriginatorCounter></sr:Header>"
        f"<sr:Body>{message}</sr:Body></sr:SMETS1Response></sr:SMETS1SignedResponse></sr:SMETS1ResponseMessage>",
        response_id=identifier(originator, recipient),
    )


def acknowledgement(code: str = "I99", variant: str = "4.1.1") -> bytes:
    """What the DCC answers at once to a Service Request; no Alert."""
    return response(
        f"<sr:ResponseMessage><sr:ServiceReference>{variant[:3]}</sr:ServiceReference>"
        f"<sr:ServiceReferenceVariant>{variant}</sr:ServiceReferenceVariant></sr:ResponseMessage>",
        request_id=identifier(SUPPLIER, ESME, 1000),
        response_code=code,
    )


def service_response(variant: str = "4.1.1", payload: bytes = b"\xdf\x09\x02") -> bytes:
    """A Service Response with a GBCS payload; no Alert."""
    packed = base64.b64encode(payload).decode()
    return response(
        f"<sr:ResponseMessage><sr:ServiceReference>{variant[:3]}</sr:ServiceReference>"
        f"<sr:ServiceReferenceVariant>{variant}</sr:ServiceReferenceVariant>"
        f"<sr:GBCSPayload>{packed}</sr:GBCSPayload></sr:ResponseMessage>",
        request_id=identifier(SUPPLIER, ESME, 1000),
        response_id=identifier(ESME, SUPPLIER, 1000),
    )


def document_of(alert: bytes) -> bytes:
    """A GBCS Alert in the document the DCC would wrap it in: 8F66 and 8F67 as a Service Response.

    The envelope is read at its fixed offsets (after the DF: originator at 12, recipient at 21), the
    code by the first octet of the content; no reader of the product has a part in it.
    """
    start = alert.index(b"\xdf\x09\x03") if alert[0] == 0xDD else 0
    counter, originator, recipient = (
        int.from_bytes(alert[start + at : start + at + 8], "big") for at in (3, 12, 21)
    )
    content = start + 31 + alert[start + 30]
    content += {0x81: 2, 0x82: 3}.get(alert[content], 1)
    first = alert[content]
    at = content + (
        9 if first == 0x0F else 3 if first == 0x01 else alert.index(b"\x02\x03\0", content) + 3 - content
    )
    code = alert[at : at + 2].hex().upper()
    if code in ("8F66", "8F67"):
        return future_dated_alert(code, originator=originator, recipient=recipient, payload=alert)
    return device_alert(code, originator=originator, recipient=recipient, counter=counter, payload=alert)


def write_folder(folder: Path, documents: dict[str, bytes]) -> Path:
    """Write documents under their names, with the folders those have; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in documents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(document)
    return folder
