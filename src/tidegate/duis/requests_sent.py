"""What Service Requests about credentials asked for, as far as their answers do not repeat it.

A Request has no time of its own, so it is no evidence. But it says which credential a 6.17 or
6.15.2 is for, whose cells are to be replaced, and whether a future-dated Command is to be
cancelled: its answer, which has its RequestID, says none of that.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from cryptography import x509

from tidegate.commissioning.evidence import CredentialType, Role
from tidegate.duis.credential_names import CREDENTIAL_TYPES, ROLES
from tidegate.duis.dcc_alerts import NAMESPACE
from tidegate.duis.fields import (
    Fields,
    base64,
    date_time,
    fields,
    identifier,
    optional_text,
    part,
    text,
    text_of,
)
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.request_bodies import variant_of_body
from tidegate.vocabulary.instants import SECOND, Instant
from tidegate.vocabulary.service_requests import ServiceReferenceVariant

if TYPE_CHECKING:
    from lxml import etree

_CANCELS_FROM: Final[Instant] = int(datetime(3000, 12, 31, tzinfo=UTC).timestamp()) * SECOND
"""A future-dated Command for the end of the year 3000 cancels the one before it (GBCS; readings.md#42)."""

_CHANGES_SUPPLIER: Final = "6.23"
_OF_CREDENTIALS: Final = frozenset({"6.15.1", "6.15.2", "6.17", "6.21", _CHANGES_SUPPLIER, "6.24.2"})


class Asked(NamedTuple):
    """What one Request asked for."""

    credential_type: CredentialType = CredentialType.NOT_SAID
    role: Role = Role.NOT_SAID
    is_cancellation: bool = False


_NOTHING_KNOWN: Final = Asked()


class RequestsSent:
    """What the Requests seen so far asked for; those that are not of credentials are not kept."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, ServiceReferenceVariant], Asked] = {}

    def take(self, root: etree._Element) -> str:
        """Take note of a Request; returns its RequestID, upper case.

        Raises:
            RefusedDocument: it is not whole.
        """
        parts = fields(root)
        header = fields(part(parts, f"{NAMESPACE}Header"))
        tag = f"{NAMESPACE}RequestID"
        _, _, request_id = identifier(text(header, tag), tag)
        body = part(parts, f"{NAMESPACE}Body")
        if len(body) != 1:
            raise RefusedDocument(f"its Body holds {len(body)} requests; it must hold one")
        srv = variant_of_body().get(str(body[0].tag).removeprefix(NAMESPACE), "")
        if srv in _OF_CREDENTIALS:
            self._asked[request_id, srv] = _asked(srv, body[0])
        return request_id

    def of(self, request_id: str, srv: ServiceReferenceVariant) -> Asked:
        """What the Request of an answer asked for, as far as is known."""
        return self._asked.get((request_id, srv), _NOTHING_KNOWN)


def _asked(srv: ServiceReferenceVariant, request: etree._Element) -> Asked:
    found = fields(request)
    executes = optional_text(found, f"{NAMESPACE}ExecutionDateTime")
    role = ROLES.get(optional_text(found, f"{NAMESPACE}RemotePartyRole"), Role.NOT_SAID)
    return Asked(
        _credential_type(found),
        Role.SUPPLIER if srv == _CHANGES_SUPPLIER else role,
        bool(executes) and date_time(executes, f"{NAMESPACE}ExecutionDateTime") >= _CANCELS_FROM,
    )


def _credential_type(found: Fields) -> CredentialType:
    if said := optional_text(found, f"{NAMESPACE}CredentialType"):
        return CREDENTIAL_TYPES.get(said, CredentialType.NOT_SAID)
    certificate = found.get(f"{NAMESPACE}DeviceCertificate")
    if certificate is None:
        return CredentialType.NOT_SAID
    return _usage_of(base64(text_of(certificate), certificate.tag))


def _usage_of(certificate: bytes) -> CredentialType:
    """What a Device's certificate is for, where it can be told."""
    try:
        usage = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(x509.KeyUsage)
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return CredentialType.NOT_SAID
    if usage.value.digital_signature:
        return CredentialType.DIGITAL_SIGNING
    return CredentialType.KEY_AGREEMENT if usage.value.key_agreement else CredentialType.NOT_SAID
