"""Verify the signature of a document: who signed it, and whether they may.

What is verified is the whole document that was read, without the signature at
its end; there is no Reference to follow to some other place, so no other
content can be put in front of the signed one. An element ds:Signature anywhere
but at the end of the root is refused, but for that of a SMETS1 Device's answer,
which is its own and not verified here.

Alerts are signed by the DCC, not by the Device they are from: a Device signs
its GBCS payload. A signer is allowed who is the document's originator, who has
a role that signs for the DCC, or whom the configuration names. A Request is
signed by the User it is from: for those a verifier is made without such roles.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from typing import TYPE_CHECKING, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from tidegate.duis.certificates import CertificateStore, PartyCertificate
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.refusals import Reason
from tidegate.duis.signature_profile import Signed, as_parsed, as_written
from tidegate.vocabulary.instants import Instant, format_instant

if TYPE_CHECKING:
    from lxml import etree

DCC_ROLES: Final = frozenset({"89", "137"})
"""Role of the DCC Data Systems' signing certificates, 137, as hexadecimal or decimal (both are about): readings.md#27."""

_ALGORITHM: Final = ec.ECDSA(hashes.SHA256())
_HALF: Final = 32


class SignedDocument(Protocol):
    """A document that was read: an `AlertDocument`, a `RequestDocument`."""

    @property
    def body(self) -> bytes:
        """Its octets, free of comments, CDATA sections and processing instructions."""

    @property
    def root(self) -> etree._Element:
        """Its root element."""

    @property
    def originator(self) -> str:
        """EUI-64 it is from."""


class Verifier:
    """Verifies documents against a store of certificates; may be used by several threads at once.

    certificates:    What is trusted.
    dcc_roles:       Roles of certificates whose holders sign documents of any originator.
    dcc_parties:     EUI-64s (upper case with hyphens) of parties who may do the same, whatever their role.
    accept_expired:  Take certificates outside of their validity: for test material, most of which has expired.
    """

    def __init__(
        self,
        certificates: CertificateStore,
        *,
        dcc_roles: Collection[str] = DCC_ROLES,
        dcc_parties: Collection[str] = (),
        accept_expired: bool = False,
    ) -> None:
        self._certificates = certificates
        self._dcc_roles = frozenset(dcc_roles)
        self._dcc_parties = frozenset(dcc_parties)
        self._accept_expired = accept_expired

    def verify(self, document: SignedDocument, at: Instant) -> PartyCertificate:
        """Who signed a document: the certificate, with its party.

        at:  When it was received; the certificate must be valid then.

        Raises:
            RefusedDocument: it is not signed, or by a stranger, or by one who may not, or the signature is wrong.
        """
        signed = as_written(document.body) or as_parsed(document.root)
        certificate = self._certificates.find(signed.issuer, signed.serial)
        if certificate is None:
            raise RefusedDocument(
                f"its signature names certificate {signed.serial} of {signed.issuer}, which is not known",
                Reason.UNKNOWN_CERTIFICATE,
            )
        if not (self._accept_expired or certificate.is_valid_at(at)):
            period = f"{format_instant(certificate.valid_from)} to {format_instant(certificate.valid_until)}"
            raise RefusedDocument(
                f"the certificate of its signer {certificate.party} is valid from {period} only",
                Reason.CERTIFICATE_EXPIRED,
            )
        if not self._signs_for(certificate, document.originator):
            raise RefusedDocument(
                f"its signer {certificate.party} does not sign for its originator {document.originator}",
                Reason.SIGNER_NOT_ALLOWED,
            )
        _check(signed, certificate)
        return certificate

    def _signs_for(self, certificate: PartyCertificate, originator: str) -> bool:
        return (
            certificate.party == originator
            or certificate.role in self._dcc_roles
            or certificate.party in self._dcc_parties
        )


def _check(signed: Signed, certificate: PartyCertificate) -> None:
    if not hmac.compare_digest(hashlib.sha256(signed.document).digest(), signed.digest):
        raise RefusedDocument(
            "its content is not what was signed: the digest differs", Reason.SIGNATURE_WRONG
        )
    r, s = (int.from_bytes(half, "big") for half in (signed.value[:_HALF], signed.value[_HALF:]))
    try:
        certificate.public_key.verify(encode_dss_signature(r, s), signed.signed_info, _ALGORITHM)
    except InvalidSignature:
        what = f"its signature does not verify with the certificate of {certificate.party}"
        raise RefusedDocument(what, Reason.SIGNATURE_WRONG) from None
