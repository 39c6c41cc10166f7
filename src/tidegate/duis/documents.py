"""One DUIS Response document: the Alert in it, or what else it is.

The schema lets pass what no Alert may be (an empty Alert Code, a missing
ResponseID, a time without a zone); it is refused here. Unknown Alert Codes
pass: manufacturers have their own. A document's signature is not verified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from tidegate.duis.dcc_alerts import DEVICES, NAMESPACE, POWER_OUTAGE, WRAPPED_ALERTS
from tidegate.duis.fields import (
    Fields,
    base64,
    date_time,
    dcc_code,
    device_code,
    device_id,
    fields,
    identifier,
    inner_part,
    local,
    optional_number,
    optional_part,
    optional_text,
    part,
    text,
    text_of,
)
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.refusals import Reason
from tidegate.vocabulary.alert_codes import DCC_ALERT, AlertCode, format_alert_code
from tidegate.vocabulary.devices import DeviceId, format_device_id
from tidegate.vocabulary.instants import Instant

if TYPE_CHECKING:
    from lxml import etree

_RESPONSE: Final = f"{NAMESPACE}Response"
_HEADER: Final = f"{NAMESPACE}Header"
_BODY: Final = f"{NAMESPACE}Body"
_RESPONSE_ID: Final = f"{NAMESPACE}ResponseID"
_RESPONSE_DATE_TIME: Final = f"{NAMESPACE}ResponseDateTime"
_ALERT_CODE: Final = f"{NAMESPACE}AlertCode"
_SEQUENCE_ID: Final = f"{NAMESPACE}ThrottledAlertSequenceId"
_COUNT: Final = f"{NAMESPACE}ThrottledAlertCount"
_PAYLOAD: Final = f"{NAMESPACE}GBCSPayload"
_FUTURE_DATED_CODE: Final = f"{NAMESPACE}FutureDatedAlertCode"
_DCC_ALERT_CODE: Final = f"{NAMESPACE}DCCAlertCode"

_FUTURE_DATED_CODES: Final = (0x8F66, 0x8F67)


class Kind(StrEnum):
    """How an Alert came."""

    DEVICE_ALERT = "DeviceAlertMessage"
    DCC_ALERT = "DCCAlertMessage"
    WRAPPED_ALERT = "DCCAlertMessage around a Device's Alert"
    SMETS1_ALERT = "SMETS1ResponseMessage"
    FUTURE_DATED_ALERT = "FutureDatedDeviceAlertMessage"
    """8F66 or 8F67: the outcome of a future-dated Command. It comes as a Service Response, which has no
    place for a ThrottledAlertCount, and is counted as an Alert of the Device all the same."""


@dataclass(frozen=True, slots=True)
class DuisAlert:
    """An Alert as a DUIS document carries it.

    device_id:     The Device; for a wrapped Alert the inner one, for a DCC Alert the one it is about.
    alert_code:    Its code; for a wrapped Alert the inner one.
    recipient:     User it goes to: the second EUI-64 of the ResponseID, upper case with hyphens.
    sent_at:       ResponseDateTime; a receipt instant only where there is no better one.
    response_id:   ResponseID, upper case.
    throttled_alert_sequence_id, throttled_alert_count:
                   What the document says already; None where it says nothing.
    dcc_alert_code: Code of the DCC Alert, wrapped or not; None for an Alert that is none.
    payload:       GBCSPayload decoded; empty where there is none.
    """

    kind: Kind
    device_id: DeviceId
    alert_code: AlertCode
    recipient: str
    sent_at: Instant
    response_id: str
    throttled_alert_sequence_id: int | None = None
    throttled_alert_count: int | None = None
    dcc_alert_code: AlertCode | None = None
    payload: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class NotAnAlert:
    """A DUIS document that carries no Alert; nothing is wrong with it.

    what:        What it is: `acknowledgement I99 of 4.1.1`, `Service Response 4.1.1`, `Service Request`.
    identifier:  Its RequestID or ResponseID; empty where it has none.
    """

    what: str
    identifier: str = ""


class PayloadHeader(Protocol):
    """What a GBCS payload says of itself, to be held against the document around it."""

    @property
    def originator(self) -> DeviceId:
        """Device that raised the Alert."""

    @property
    def alert_code(self) -> AlertCode:
        """Its Alert Code."""


DecodePayload: TypeAlias = Callable[[bytes], PayloadHeader]
"""Reads a GBCS payload; raises ValueError, in plain words, where it cannot."""


def read_document(xml: bytes, decode_payload: DecodePayload | None = None) -> DuisAlert | NotAnAlert:
    """Read one DUIS document.

    decode_payload:  Where given, the GBCSPayload's own Alert Code and originator must be the document's.

    Raises:
        RefusedDocument: it is hostile, no DUIS Response, or not whole; the message says which.
    """
    return read_response(parse(xml), decode_payload)


def read_response(
    root: etree._Element, decode_payload: DecodePayload | None = None
) -> DuisAlert | NotAnAlert:
    """Read a parsed DUIS document by its root element; see `read_document`."""
    if root.tag != _RESPONSE:
        if root.tag == f"{NAMESPACE}Request":
            return NotAnAlert("Service Request", root.findtext(f"{_HEADER}/{NAMESPACE}RequestID", ""))
        raise RefusedDocument(f"its root element is {root.tag}, not a DUIS Response", Reason.NOT_DUIS)
    parts = fields(root)
    header = fields(part(parts, _HEADER))
    body = fields(part(parts, _BODY))
    if len(body) != 1:
        raise RefusedDocument(f"its Body holds {len(body)} messages; it must hold one")
    tag, message = body.popitem()
    if tag == f"{NAMESPACE}DeviceAlertMessage":
        return _device_alert(header, fields(message), decode_payload)
    if tag == f"{NAMESPACE}DCCAlertMessage":
        return _dcc_alert(header, fields(message))
    if tag == f"{NAMESPACE}ResponseMessage":
        return _response(header, fields(message), decode_payload)
    if tag == f"{NAMESPACE}SMETS1ResponseMessage":
        return _smets1(header, fields(message))
    raise RefusedDocument(f"its Body holds {local(tag)}, which DUIS does not know")


def _device_alert(header: Fields, message: Fields, decode_payload: DecodePayload | None) -> DuisAlert:
    originator, recipient, response_id = _identity(header)
    code = device_code(text(message, _ALERT_CODE), _ALERT_CODE)
    return DuisAlert(
        kind=Kind.DEVICE_ALERT,
        device_id=originator,
        alert_code=code,
        recipient=recipient,
        sent_at=_sent_at(header),
        response_id=response_id,
        throttled_alert_sequence_id=optional_number(message, _SEQUENCE_ID),
        throttled_alert_count=optional_number(message, _COUNT),
        payload=_payload(message, code, originator, decode_payload),
    )


def _response(
    header: Fields, message: Fields, decode_payload: DecodePayload | None
) -> DuisAlert | NotAnAlert:
    future_dated = message.get(f"{NAMESPACE}FutureDatedDeviceAlertMessage")
    if future_dated is None:
        return _no_alert(header, message)
    outcome = fields(future_dated)
    originator, recipient, response_id = _identity(header)
    code = device_code(text(outcome, _FUTURE_DATED_CODE), _FUTURE_DATED_CODE)
    if code not in _FUTURE_DATED_CODES:
        raise RefusedDocument(f"its FutureDatedAlertCode is {code:04X}; it must be 8F66 or 8F67")
    return DuisAlert(
        kind=Kind.FUTURE_DATED_ALERT,
        device_id=originator,
        alert_code=code,
        recipient=recipient,
        sent_at=_sent_at(header),
        response_id=response_id,
        payload=_payload(outcome, code, originator, decode_payload),
    )


def _no_alert(header: Fields, message: Fields) -> NotAnAlert:
    variant = optional_text(message, f"{NAMESPACE}ServiceReferenceVariant")
    identifier = optional_text(header, _RESPONSE_ID) or optional_text(header, f"{NAMESPACE}RequestID")
    answers = message.keys() - {f"{NAMESPACE}ServiceReference", f"{NAMESPACE}ServiceReferenceVariant"}
    if answers:
        return NotAnAlert(f"Service Response {variant}".rstrip(), identifier)
    code = optional_text(header, f"{NAMESPACE}ResponseCode")
    return NotAnAlert(f"acknowledgement {code}".rstrip() + (f" of {variant}" if variant else ""), identifier)


def _dcc_alert(header: Fields, message: Fields) -> DuisAlert:
    device, recipient, response_id = _identity(header)
    outer = code = dcc_code(text(message, _DCC_ALERT_CODE), _DCC_ALERT_CODE)
    contents = list(part(message, f"{NAMESPACE}DCCAlert"))
    if len(contents) != 1:
        raise RefusedDocument(f"its DCCAlert has {len(contents)} contents; it must have one")
    content = contents[0]
    if (outer == DCC_ALERT) != (content.tag == POWER_OUTAGE):
        raise RefusedDocument(f"a DCC Alert {format_alert_code(outer)} does not contain {local(content.tag)}")
    kind = Kind.DCC_ALERT
    if wrapped := WRAPPED_ALERTS.get(content.tag):
        kind = Kind.WRAPPED_ALERT
        inner = fields(content)
        device = device_id(text(inner, wrapped.device), wrapped.device)
        code = device_code(text(inner, wrapped.code), wrapped.code)
    else:
        device = _device_named_in(content, device)
    return DuisAlert(
        kind=kind,
        device_id=device,
        alert_code=code,
        recipient=recipient,
        sent_at=_sent_at(header),
        response_id=response_id,
        throttled_alert_sequence_id=optional_number(message, _SEQUENCE_ID),
        throttled_alert_count=optional_number(message, _COUNT),
        dcc_alert_code=outer,
    )


def _device_named_in(content: etree._Element, otherwise: DeviceId) -> DeviceId:
    for path in DEVICES.get(content.tag, ()):
        said = (content.findtext(path) or "").strip()
        if not said:
            continue
        if path.endswith("RequestID"):
            return identifier(said, path)[1]
        return device_id(said, path)
    return otherwise


def _smets1(header: Fields, message: Fields) -> DuisAlert | NotAnAlert:
    response = inner_part(part(message, f"{NAMESPACE}SMETS1SignedResponse"), "SMETS1Response")
    said = optional_part(inner_part(response, "Body"), "DeviceAlertMessage")
    if said is None:
        variant = optional_text(message, f"{NAMESPACE}ServiceReferenceVariant")
        return NotAnAlert(f"SMETS1 Service Response {variant}".rstrip(), optional_text(header, _RESPONSE_ID))
    _, recipient, response_id = _identity(header)
    device = inner_part(inner_part(response, "Header"), "BusinessOriginatorID")
    code = inner_part(inner_part(said, "DeviceAlertContent"), "GBCSHexAlertCode")
    return DuisAlert(
        kind=Kind.SMETS1_ALERT,
        device_id=device_id(text_of(device), device.tag),
        alert_code=device_code(text_of(code), code.tag),
        recipient=recipient,
        sent_at=_sent_at(header),
        response_id=response_id,
        throttled_alert_sequence_id=optional_number(message, _SEQUENCE_ID),
        throttled_alert_count=optional_number(message, _COUNT),
    )


def _identity(header: Fields) -> tuple[DeviceId, str, str]:
    """Originator, recipient and the whole ResponseID; an Alert's has the Device first."""
    originator, _, response_id = identifier(text(header, _RESPONSE_ID), _RESPONSE_ID)
    return originator, response_id[24:47], response_id


def _sent_at(header: Fields) -> Instant:
    return date_time(text(header, _RESPONSE_DATE_TIME), _RESPONSE_DATE_TIME)


def _payload(
    message: Fields, code: AlertCode, originator: DeviceId, decode_payload: DecodePayload | None
) -> bytes:
    payload = base64(text(message, _PAYLOAD), _PAYLOAD)
    if decode_payload is None:
        return payload
    try:
        said = decode_payload(payload)
    except ValueError as error:
        raise RefusedDocument(f"its GBCSPayload is no GBCS Alert: {error}", Reason.PAYLOAD) from None
    if said.alert_code != code:
        raise RefusedDocument(
            f"its AlertCode is {code:04X}, and its GBCSPayload says {said.alert_code:04X}", Reason.PAYLOAD
        )
    if said.originator != originator:
        raise RefusedDocument(
            f"its ResponseID names the Device {format_device_id(originator)}, "
            f"and its GBCSPayload {format_device_id(said.originator)}",
            Reason.PAYLOAD,
        )
    return payload
