"""One DUIS document: the evidence of Post Commissioning in it, or what else it is.

A Device's answer is evidence of the Service Request that it answers; what it says of
credentials is read from its GBCS payload. A response code says what the payload cannot: that
there was no answer in time. A refusal of the DCC is no evidence of the Device, which was not
asked; nor is an acknowledgement, for the answer comes later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

from tidegate.commissioning.evidence import CredentialType, Evidence, Kind, Outcome, Role
from tidegate.commissioning.told import Cell, DeviceMessage, Told, answered, fault_of_cells_read
from tidegate.duis.credential_names import ROLES, USAGES, known
from tidegate.duis.dcc_alerts import NAMESPACE
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
    optional_part,
    optional_text,
    part,
    text,
    text_of,
)
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.parsed_credentials import parsed_answer
from tidegate.duis.refusals import Reason
from tidegate.duis.requests_sent import RequestsSent
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.devices import DeviceId, format_device_id
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.service_reference_variants import published_variants
from tidegate.vocabulary.service_requests import ServiceReferenceVariant

if TYPE_CHECKING:
    from lxml import etree

TIMEOUTS: Final = frozenset({"E20", "E21", "E30"})
"""Nothing was heard of the Device: it cannot be reached, did not answer, a future-dated Command ran out of time."""

COMMISSIONS: Final = "8.1.1"
_COMMISSIONED: Final[AlertCode] = 0x8F69
_ACTIONED: Final[AlertCode] = 0x8F66
_ERROR: Final = "E"

OF_CREDENTIALS: Final = frozenset({"6.15.1", "6.15.2", "6.17", "6.21", "6.23", "6.24.1", "6.24.2"})
"""Variants whose answer must say what came of it, where it is a GBCS payload."""

_OF_A_COMMAND: Final = (Kind.SRV_RESPONSE, Kind.FUTURE_DATED_OUTCOME)
_EUI_LENGTH: Final = len("00-DB-12-34-56-78-90-A0")

_REQUEST: Final = f"{NAMESPACE}Request"
_RESPONSE: Final = f"{NAMESPACE}Response"
_PAYLOAD: Final = f"{NAMESPACE}GBCSPayload"
_VARIANT: Final = f"{NAMESPACE}ServiceReferenceVariant"
_REQUEST_ID: Final = f"{NAMESPACE}RequestID"
_RESPONSE_ID: Final = f"{NAMESPACE}ResponseID"

ReadDeviceMessage: TypeAlias = Callable[[bytes], DeviceMessage]
"""Reads a GBCS payload; raises ValueError, in plain words, where it cannot."""


@dataclass(frozen=True, slots=True)
class NoEvidence:
    """A DUIS document that is no evidence; nothing is wrong with it.

    what:        What it is: `acknowledgement I99 of 6.15.1`, `Service Request`, `Alert 8F36`.
    identifier:  Its RequestID or ResponseID; empty where it has none.
    """

    what: str
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class _Header:
    """Whom a document is of.

    user:        Who sent the Request, or whom the document goes to: EUI-64, upper case with hyphens.
    request_id:  Upper case; empty where there is none.
    identifier:  The document's own.
    """

    device_id: DeviceId
    user: str
    request_id: str
    identifier: str
    response_code: str
    at: Instant


class EvidenceReader:
    """Reads documents, and remembers of Requests what their answers do not repeat.

    read_message:  Reads the GBCS payload; it must be of the document's Device, Alert Code and service.
    """

    def __init__(self, read_message: ReadDeviceMessage) -> None:
        self._read_message = read_message
        self._sent = RequestsSent()

    def read(
        self, root: etree._Element, received_at: Instant | None = None
    ) -> Sequence[Evidence] | NoEvidence:
        """Read a parsed document.

        received_at:  Where it is known; else ResponseDateTime counts.

        Raises:
            RefusedDocument: it is no DUIS document, not whole, or its payload is not what it says.
        """
        if root.tag == _REQUEST:
            return NoEvidence("Service Request", self._sent.take(root))
        if root.tag != _RESPONSE:
            raise RefusedDocument(f"its root element is {root.tag}, not a DUIS Response", Reason.NOT_DUIS)
        parts = fields(root)
        header = _header(fields(part(parts, f"{NAMESPACE}Header")), received_at)
        body = fields(part(parts, f"{NAMESPACE}Body"))
        if len(body) != 1:
            raise RefusedDocument(f"its Body holds {len(body)} messages; it must hold one")
        tag, message = body.popitem()
        if tag == f"{NAMESPACE}ResponseMessage":
            return self._answer(header, fields(message))
        if tag == f"{NAMESPACE}DeviceAlertMessage":
            return self._alert(header, fields(message))
        if tag == f"{NAMESPACE}DCCAlertMessage":
            return _dcc_alert(header, fields(message))
        if tag == f"{NAMESPACE}SMETS1ResponseMessage":
            return self._smets1(header, fields(message))
        raise RefusedDocument(f"its Body holds {local(tag)}, which DUIS does not know")

    def _answer(self, header: _Header, message: Fields) -> Sequence[Evidence] | NoEvidence:
        srv = text(message, _VARIANT)
        later = message.get(f"{NAMESPACE}FutureDatedDeviceAlertMessage")
        if later is not None:
            return self._outcome(header, srv, fields(later))
        payload = message.get(_PAYLOAD)
        if payload is None:
            for name in ("CINMessage", "DSPScheduledMessage"):
                around = message.get(f"{NAMESPACE}{name}")
                if around is not None:
                    payload = part(fields(around), _PAYLOAD)
        if payload is None:
            return self._without_answer(header, srv, message)
        said = self._said(header, payload)
        if said.alert_code is not None:
            raise RefusedDocument("its GBCSPayload is an Alert, and no answer", Reason.PAYLOAD)
        _check_service(srv, said)
        is_error = header.response_code.startswith(_ERROR)
        return self._rows(header, srv, said.told or answered(is_success=not is_error))

    def _without_answer(self, header: _Header, srv: str, message: Fields) -> Sequence[Evidence] | NoEvidence:
        code = header.response_code
        if code in TIMEOUTS:
            return self._rows(header, srv, (Told(Kind.SRV_RESPONSE, Outcome.TIMEOUT),))
        if code.startswith(_ERROR):
            return NoEvidence(f"refusal {code} of {srv}: the Device was not asked", header.identifier)
        holds = [local(tag) for tag in message if tag not in (_VARIANT, f"{NAMESPACE}ServiceReference")]
        if holds:
            return NoEvidence(f"{holds[0]} for {srv}", header.identifier)
        return NoEvidence(f"acknowledgement {code} of {srv}", header.identifier)

    def _outcome(self, header: _Header, srv: str, message: Fields) -> Sequence[Evidence] | NoEvidence:
        """The outcome of a future-dated Command: of credentials as their Alert says, of others that there was one."""
        tag = f"{NAMESPACE}FutureDatedAlertCode"
        code = device_code(text(message, tag), tag)
        said = self._said(header, part(message, _PAYLOAD))
        _check_code(code, said)
        _check_service(srv, said)
        told = said.told or answered(is_success=code == _ACTIONED)
        return self._rows(header, srv, told)

    def _alert(self, header: _Header, message: Fields) -> Sequence[Evidence] | NoEvidence:
        tag = f"{NAMESPACE}AlertCode"
        code = device_code(text(message, tag), tag)
        said = self._said(header, part(message, _PAYLOAD))
        _check_code(code, said)
        if not said.told:
            return NoEvidence(f"Alert {format_alert_code(code)}", header.identifier)
        # The second EUI-64 of an Alert's ResponseID is who it goes to, and sent nothing.
        return self._rows(replace(header, user=""), "", said.told)

    def _smets1(self, header: _Header, message: Fields) -> Sequence[Evidence] | NoEvidence:
        response = inner_part(part(message, f"{NAMESPACE}SMETS1SignedResponse"), "SMETS1Response")
        named = inner_part(inner_part(response, "Header"), "BusinessOriginatorID")
        device = device_id(text_of(named), named.tag)
        of_device = replace(header, device_id=device)
        body = inner_part(response, "Body")
        alert = optional_part(body, "DeviceAlertMessage")
        if alert is not None:
            named = inner_part(inner_part(alert, "DeviceAlertContent"), "GBCSHexAlertCode")
            code = device_code(text_of(named), named.tag)
            if code == _COMMISSIONED:
                told: Sequence[Told] = (Told(Kind.COMMISSIONED, Outcome.NOT_SAID),)
                return self._rows(replace(of_device, user=""), "", told)
            return NoEvidence(f"Alert {format_alert_code(code)}", header.identifier)
        srv = optional_text(message, _VARIANT)
        told = parsed_answer(inner_part(body, "ResponseMessage"))
        if not srv or not told:
            return NoEvidence(f"SMETS1 Service Response {srv}".rstrip(), header.identifier)
        return self._rows(of_device, srv, told)

    def _said(self, header: _Header, payload: etree._Element) -> DeviceMessage:
        try:
            said = self._read_message(base64(text_of(payload), _PAYLOAD))
        except RefusedDocument:
            raise
        except ValueError as error:
            raise RefusedDocument(f"its GBCSPayload cannot be read: {error}", Reason.PAYLOAD) from None
        if said.originator != header.device_id:
            raise RefusedDocument(
                f"its identifier names the Device {format_device_id(header.device_id)}, "
                f"and its GBCSPayload {format_device_id(said.originator)}",
                Reason.PAYLOAD,
            )
        return said

    def _rows(
        self, header: _Header, srv: ServiceReferenceVariant, told: Sequence[Told]
    ) -> Sequence[Evidence] | NoEvidence:
        if srv and srv not in published_variants():
            raise RefusedDocument(
                f"its ServiceReferenceVariant is {srv!r}, which is not a published Service Reference Variant"
            )
        asked = self._sent.of(header.request_id, srv)
        if asked.is_cancellation:
            return NoEvidence(f"answer to the cancellation of a future-dated {srv}", header.identifier)
        rows = [
            Evidence(
                header.at,
                header.device_id,
                each.kind,
                "" if each.kind is Kind.COMMISSIONED else srv,
                each.credential_type or (asked.credential_type if of_command else CredentialType.NOT_SAID),
                each.outcome,
                each.role or (asked.role if of_command else Role.NOT_SAID),
                each.party_id,
                each.certificate_hash,
                header.user,
            )
            for each in told
            for of_command in [each.kind in _OF_A_COMMAND]
        ]
        if srv == COMMISSIONS and rows[0].outcome is Outcome.SUCCESS:
            rows.insert(0, Evidence(header.at, header.device_id, Kind.COMMISSIONED, sender=header.user))
        return rows


def _dcc_alert(header: _Header, message: Fields) -> Sequence[Evidence] | NoEvidence:
    """The DCC says that a Device's cells were updated: which certificates stand in them, not whose."""
    tag = f"{NAMESPACE}DCCAlertCode"
    code = dcc_code(text(message, tag), tag)
    contents = list(part(message, f"{NAMESPACE}DCCAlert"))
    if len(contents) != 1:
        raise RefusedDocument(f"its DCCAlert has {len(contents)} contents; it must have one")
    [content] = contents
    if content.tag != f"{NAMESPACE}SecurityCredentialsUpdated":
        return NoEvidence(f"DCC Alert {format_alert_code(code)} ({local(content.tag)})", header.identifier)
    named = inner_part(content, "DeviceID")
    device = device_id(text_of(named), named.tag)
    role = known(inner_part(content, "RemotePartyRole"), ROLES)
    cells = [
        Cell(
            role,
            known(inner_part(each, "CertificateType"), USAGES),
            is_success=True,
            certificate_hash=base64(text_of(named), named.tag).hex().upper(),
        )
        for each in content
        if local(each.tag) == "Certificates"
        for named in [inner_part(each, "CertificateHash")]
    ]
    if fault := fault_of_cells_read(cells):
        raise RefusedDocument(fault)
    return [
        Evidence(
            header.at,
            device,
            Kind.CREDENTIALS_READ,
            credential_type=cell.usage,
            role=role,
            certificate_hash=cell.certificate_hash,
        )
        for cell in cells
    ]


def _header(header: Fields, received_at: Instant | None) -> _Header:
    """An answer names its Device first in the ResponseID, or second in the RequestID."""
    response_id = optional_text(header, _RESPONSE_ID)
    request_id = optional_text(header, _REQUEST_ID)
    device, user = 0, ""
    if request_id:
        _, device, request_id = identifier(request_id, _REQUEST_ID)
        user = request_id[:_EUI_LENGTH]
    if response_id:
        device, _, response_id = identifier(response_id, _RESPONSE_ID)
        user = user or response_id[_EUI_LENGTH + 1 : 2 * _EUI_LENGTH + 1]
    if not request_id and not response_id:
        raise RefusedDocument("it has neither a RequestID nor a ResponseID")
    tag = f"{NAMESPACE}ResponseDateTime"
    sent_at = date_time(text(header, tag), tag)
    return _Header(
        device,
        user,
        request_id,
        response_id or request_id,
        text(header, f"{NAMESPACE}ResponseCode"),
        sent_at if received_at is None else received_at,
    )


def _check_code(code: AlertCode, said: DeviceMessage) -> None:
    if said.alert_code is None:
        raise RefusedDocument("its GBCSPayload is an answer, and no Alert", Reason.PAYLOAD)
    if said.alert_code != code:
        raise RefusedDocument(
            f"its AlertCode is {code:04X}, and its GBCSPayload says {said.alert_code:04X}", Reason.PAYLOAD
        )


def _check_service(srv: ServiceReferenceVariant, said: DeviceMessage) -> None:
    """The payload must be of the document's service: else it would prove what was never asked for."""
    if said.services and srv not in said.services:
        of = " or ".join(sorted(said.services))
        raise RefusedDocument(f"it is of {srv}, and its GBCSPayload of {of}", Reason.PAYLOAD)
    if not said.services and srv in OF_CREDENTIALS:
        raise RefusedDocument(f"it is of {srv}, and its GBCSPayload is not", Reason.PAYLOAD)
