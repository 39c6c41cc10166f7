"""One DUIS Request at the gateway's door: who asks what of which Device, and the document itself, to go on.

Held to as much as an Alert is (`envelope`), and to what the schema lets pass:
the Service Reference Variant is the one of its Service Reference and of what
stands in the Body, and the Command Variant is one for such a Body. So nobody has
the priority of a variant by naming it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tidegate.duis.dcc_alerts import NAMESPACE
from tidegate.duis.envelope import (
    DuisSchema,
    check_children,
    is_signed,
    refuse_what_could_hide,
    schema_version,
    without_comments_between_elements,
)
from tidegate.duis.fields import Fields, base64, fields, identifier, local, optional_text, part, text
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.refusals import Reason
from tidegate.duis.request_bodies import SIGNED_PRE_COMMAND, request_bodies, variant_of_body
from tidegate.vocabulary.devices import DeviceId

if TYPE_CHECKING:
    from lxml import etree

_REQUEST: Final = f"{NAMESPACE}Request"
_REQUEST_ID: Final = f"{NAMESPACE}RequestID"
_PRECEDING: Final = f"{NAMESPACE}PrecedingServiceRequestID"
_FIRST: Final = f"{NAMESPACE}FirstInSequence"
_VARIANT: Final = f"{NAMESPACE}CommandVariant"
_REFERENCE: Final = f"{NAMESPACE}ServiceReference"
_REFERENCE_VARIANT: Final = f"{NAMESPACE}ServiceReferenceVariant"

_EUI_LENGTH: Final = len("00-DB-12-34-56-78-90-A0")
_SRV = re.compile(r"([1-9][0-9]?\.[0-9]{1,2})(?:\.[0-9]{1,2})?")
_BOOLEANS: Final = {"": False, "false": False, "0": False, "true": True, "1": True}


class Service(StrEnum):
    """The web services of DUIS that take Requests, by the last word of their path."""

    TRANSFORM = "serviceT"
    SEND_COMMAND = "serviceS"
    NON_DEVICE = "serviceD"


SERVICE_OF: Final = {
    "1": Service.SEND_COMMAND,
    "2": Service.NON_DEVICE,
    "3": Service.SEND_COMMAND,
    "4": Service.TRANSFORM,
    "5": Service.SEND_COMMAND,
    "6": Service.NON_DEVICE,
    "7": Service.SEND_COMMAND,
    "8": Service.NON_DEVICE,
}
"""Each Command Variant's service: 4 asks for a Pre-Command, 5 to 7 bring it back signed, 2 and 6 are for local delivery."""

_OF_SIGNED_PRE_COMMANDS: Final = frozenset("567")


@dataclass(frozen=True, slots=True)
class RequestDocument:
    """A DUIS Request, read and checked; its signature is not verified by that.

    body:                  The octets as they came, but for comments between elements.
    request_id:            RequestID, upper case: User, target and counter.
    written_request_id:    The same as it was written, for the answer.
    user:                  Who asks: EUI-64, upper case with hyphens.
    target:                Whom: a Device, or the DCC where no Device is asked (Non-Device requests).
    device_id:             The target as a number.
    counter:               Originator counter, below 2^64.
    service_reference, service_reference_variant: as `8.7` and `8.7.1`.
    command_variant:       `1` to `8`.
    is_signed_pre_command: It is the second step of a Critical request, under the RequestID of the first.
    preceding_request_id:  The request that this one follows in a sequence, upper case; empty where none is named.
    is_first_in_sequence:  It says that others will follow it.
    schema_version:        DUIS version the document says it is of, as `5.4`.
    root:                  Its root element; not to be changed.
    """

    body: bytes = field(repr=False)
    request_id: str
    written_request_id: str
    user: str
    target: str
    device_id: DeviceId
    counter: int
    service_reference: str
    service_reference_variant: str
    command_variant: str
    is_signed_pre_command: bool
    preceding_request_id: str
    is_first_in_sequence: bool
    schema_version: str
    root: etree._Element = field(repr=False, compare=False)

    @property
    def originator(self) -> str:
        """EUI-64 the document is from: the User."""
        return self.user

    @property
    def is_signed(self) -> bool:
        """Say whether it has a signature, right or wrong."""
        return is_signed(self.root)

    @property
    def service(self) -> Service:
        """The web service it belongs to."""
        return SERVICE_OF[self.command_variant]


def read_service_request(body: bytes, schema: DuisSchema | None = None) -> RequestDocument:
    """Read one DUIS Request.

    schema:  Where given, the document must fit it, besides all that is checked here.

    Raises:
        RefusedDocument: with the reason; see `refusals.ANSWERS` for what its sender is told.
    """
    body = without_comments_between_elements(body)
    refuse_what_could_hide(body)
    root = parse(body)
    if root.tag != _REQUEST:
        is_response = root.tag == f"{NAMESPACE}Response"
        raise RefusedDocument(
            f"its root element is {root.tag}, not a DUIS Request",
            Reason.NOT_A_REQUEST if is_response else Reason.NOT_DUIS,
        )
    if schema is not None:
        schema.check(root)
    check_children(root)
    parts = fields(root)
    header = fields(part(parts, f"{NAMESPACE}Header"))
    written_request_id = text(header, _REQUEST_ID)
    _, device_id, request_id = identifier(written_request_id, _REQUEST_ID)
    reference, variant = _service_reference(header)
    command_variant = text(header, _VARIANT)
    return RequestDocument(
        body=body,
        request_id=request_id,
        written_request_id=written_request_id,
        user=request_id[:_EUI_LENGTH],
        target=request_id[_EUI_LENGTH + 1 : 2 * _EUI_LENGTH + 1],
        device_id=device_id,
        counter=int(request_id.rpartition(":")[2]),
        service_reference=reference,
        service_reference_variant=variant,
        command_variant=command_variant,
        is_signed_pre_command=_is_signed_pre_command(
            part(parts, f"{NAMESPACE}Body"), variant, command_variant
        ),
        preceding_request_id=_preceding(header),
        is_first_in_sequence=_is_first(header),
        schema_version=schema_version(root),
        root=root,
    )


def _service_reference(header: Fields) -> tuple[str, str]:
    reference, variant = text(header, _REFERENCE), text(header, _REFERENCE_VARIANT)
    match = _SRV.fullmatch(variant)
    if match is None:
        raise RefusedDocument(f"its ServiceReferenceVariant is {variant!r}; it must be as 4.1.1")
    if match.group(1) != reference:
        raise RefusedDocument(
            f"its ServiceReference is {reference!r}, and its ServiceReferenceVariant {variant}"
        )
    return reference, variant


def _is_signed_pre_command(body: etree._Element, variant: str, command_variant: str) -> bool:
    """Hold the Body to what the header says of it."""
    if command_variant not in SERVICE_OF:
        raise RefusedDocument(f"its CommandVariant is {command_variant!r}; it must be from 1 to 8")
    if len(body) != 1:
        raise RefusedDocument(f"its Body holds {len(body)} requests; it must hold one")
    element = str(body[0].tag)
    named = local(element) if element.startswith(NAMESPACE) else element
    published = request_bodies().get(variant)
    is_signed_pre_command = named == SIGNED_PRE_COMMAND
    if is_signed_pre_command:
        payload = f"{NAMESPACE}GBCSPayload"
        base64(text(fields(body[0]), payload), payload)
        if published is not None and not published.is_signed:
            raise RefusedDocument(
                f"its ServiceReferenceVariant is {variant}, which is not Critical and has no signed pre-command"
            )
    else:
        expected = named if published is None else published.element
        # A variant that is not published may have any body but another variant's.
        if named != expected or variant_of_body().get(named, variant) != variant:
            raise RefusedDocument(
                f"its ServiceReferenceVariant is {variant}, and its Body holds {named}, which is not of it"
            )
    if is_signed_pre_command != (command_variant in _OF_SIGNED_PRE_COMMANDS):
        raise RefusedDocument(
            f"its CommandVariant is {command_variant}, which is not for {named}", Reason.COMMAND_VARIANT
        )
    return is_signed_pre_command


def _preceding(header: Fields) -> str:
    said = optional_text(header, _PRECEDING)
    return identifier(said, _PRECEDING)[2] if said else ""


def _is_first(header: Fields) -> bool:
    said = optional_text(header, _FIRST)
    if said not in _BOOLEANS:
        raise RefusedDocument(f"its FirstInSequence is {said!r}; it must be true or false")
    return _BOOLEANS[said]
