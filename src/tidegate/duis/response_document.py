"""One DUIS document at the gateway's door: a Service Response on its way to a User.

An answer of a Device, an acknowledgement, or a code that says why there is no answer. An Alert is none of these,
8F66 and 8F67 included, though they come in a ResponseMessage: they are counted and delivered as Alerts. What
holds for every document at the door holds here too (`envelope.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tidegate.duis.dcc_alerts import NAMESPACE
from tidegate.duis.documents import DuisAlert, read_response
from tidegate.duis.envelope import DuisSchema, check_children, refuse_what_could_hide, schema_version
from tidegate.duis.fields import fields, identifier, optional_text, part
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.refusals import Reason
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.service_requests import ServiceReferenceVariant

if TYPE_CHECKING:
    from lxml import etree

_REQUEST: Final = f"{NAMESPACE}Request"
_RESPONSE_ID: Final = f"{NAMESPACE}ResponseID"
_REQUEST_ID: Final = f"{NAMESPACE}RequestID"
_EUI_LENGTH: Final = len("00-DB-12-34-56-78-90-A0")


@dataclass(frozen=True, slots=True)
class ResponseDocument:
    """A Service Response, read and checked; its signature is not verified by that.

    body:             The octets as they came.
    identifier:       Its ResponseID; the RequestID it answers, where it has none. Upper case.
    originator:       EUI-64 it is from: the first of its ResponseID, or whom the Request was for.
    service_reference_variant: Of what it answers; empty where it does not say.
    root:             Its root element; not to be changed.
    """

    body: bytes = field(repr=False)
    identifier: str
    originator: str
    service_reference_variant: ServiceReferenceVariant
    schema_version: str
    root: etree._Element = field(repr=False, compare=False)


def read_response_document(body: bytes, schema: DuisSchema | None = None) -> ResponseDocument:
    """Read one DUIS document that is a Service Response.

    schema:  Where given, the document must fit it, besides all that is checked here.

    Raises:
        RefusedDocument: with the reason; see `refusals.ANSWERS` for what its sender is told.
    """
    refuse_what_could_hide(body)
    root = parse(body)
    if schema is not None:
        schema.check(root)
    if root.tag == _REQUEST:
        raise RefusedDocument("it is a Service Request, and no answer to one", Reason.NOT_A_RESPONSE)
    said = read_response(root)
    if isinstance(said, DuisAlert):
        raise RefusedDocument(f"it carries Alert {format_alert_code(said.alert_code)}", Reason.NOT_A_RESPONSE)
    check_children(root)
    parts = fields(root)
    originator, named = _named(fields(part(parts, f"{NAMESPACE}Header")))
    [message] = part(parts, f"{NAMESPACE}Body")
    variant = optional_text(fields(message), f"{NAMESPACE}ServiceReferenceVariant")
    return ResponseDocument(body, named, originator, variant, schema_version(root), root)


def _named(header: dict[str, etree._Element]) -> tuple[str, str]:
    """Whom it is from, and its identifier."""
    if response_id := optional_text(header, _RESPONSE_ID):
        _, _, response_id = identifier(response_id, _RESPONSE_ID)
        return response_id[:_EUI_LENGTH], response_id
    if request_id := optional_text(header, _REQUEST_ID):
        _, _, request_id = identifier(request_id, _REQUEST_ID)
        return request_id[_EUI_LENGTH + 1 : 2 * _EUI_LENGTH + 1], request_id
    raise RefusedDocument("it has neither a RequestID nor a ResponseID")
