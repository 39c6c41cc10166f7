"""Sign documents with the gateway's key, so that the DCC's own validator accepts them.

That validator drops the blanks between elements before it digests, and knows a
certificate by issuer and serial number alone. So what is signed here is
written as Canonical XML without such blanks, and names its certificate so.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from tidegate.duis.certificates import load_certificate
from tidegate.duis.dcc_alerts import NAMESPACE
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.refusals import Reason
from tidegate.duis.signature_profile import (
    DECLARATION,
    as_written,
    canonical_without_signature,
    signed_info,
    written,
)
from tidegate.vocabulary.faults import Fault, InputError

# RFC 6979: what is signed again, as for an Alert that is delivered again after a restart, is the same octets.
_ALGORITHM: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
_HALF: Final = 32
_BLANKS = re.compile(rb">\s+<")
_SMETS1_SIGNED: Final = f"{NAMESPACE}SMETS1SignedResponse"


class Signer:
    """Signs documents; may be used by several threads at once.

    Raises:
        InputError: the key is not on P-256, or is not the certificate's.
    """

    def __init__(
        self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate, where: str = "key"
    ) -> None:
        if not isinstance(key.curve, ec.SECP256R1):
            raise InputError(Fault(where, "it is no private key on the curve P-256"))
        if key.public_key() != certificate.public_key():
            raise InputError(
                Fault(where, "it is not the key of the certificate", "Give the two that belong together.")
            )
        self._key = key
        self._issuer = escape(certificate.issuer.rfc4514_string()).encode()
        self._serial = certificate.serial_number

    @classmethod
    def from_files(cls, key: Path, certificate: Path, password: bytes | None = None) -> Signer:
        """A signer from its key (PEM or DER, PKCS #8 or SEC 1) and its certificate (PEM or DER).

        Raises:
            InputError: one of them cannot be read, or they do not belong together.
        """
        try:
            octets = key.read_bytes()
        except OSError as error:
            raise InputError(Fault(str(key), f"it cannot be read: {error.strerror}")) from None
        load = (
            serialization.load_pem_private_key
            if b"-----BEGIN" in octets
            else serialization.load_der_private_key
        )
        try:
            private = load(octets, password)
        except (ValueError, TypeError) as error:
            raise InputError(Fault(str(key), f"it is no private key that can be read: {error}")) from None
        if not isinstance(private, ec.EllipticCurvePrivateKey):
            raise InputError(Fault(str(key), "it is no private key on the curve P-256"))
        return cls(private, load_certificate(certificate), str(key))

    def sign(self, document: bytes) -> bytes:
        """A document with this signature in place of any it had.

        Raises:
            RefusedDocument: it is not XML, or no DUIS Response.
        """
        return self.sign_canonical(canonical(document))

    def sign_canonical(self, document: bytes) -> bytes:
        """Sign what `canonical` gave, or what was made of it and is canonical too."""
        digest = binascii.b2a_base64(hashlib.sha256(document).digest(), newline=False)
        r, s = decode_dss_signature(self._key.sign(signed_info(digest), _ALGORITHM))
        value = binascii.b2a_base64(r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big"), newline=False)
        end = document.rindex(b"</")
        signature = written(digest, value, self._issuer, self._serial)
        return b"".join((DECLARATION, document[:end], signature, document[end:]))


def canonical(document: bytes) -> bytes:
    """A Response as Canonical XML, without its signature and without blanks between elements.

    The octets of a document that was signed as they are stay as they are.

    Raises:
        RefusedDocument: it is not XML, or no DUIS Response.
    """
    if b"<!" not in document and document.find(b"<?", 5) < 0:
        signed = as_written(document)
        if signed is not None and not _BLANKS.search(signed.document):
            return signed.document
    root = parse(document)
    if root.tag != f"{NAMESPACE}Response":
        raise RefusedDocument(f"its root element is {root.tag}, not a DUIS Response", Reason.NOT_DUIS)
    _drop_blanks(root)
    return canonical_without_signature(root)


def _drop_blanks(element: etree._Element) -> None:
    """Drop blanks between elements, but within what a SMETS1 Device has signed itself."""
    if not len(element) or element.tag == _SMETS1_SIGNED:
        return
    if not (element.text or "").strip():
        element.text = None
    for child in element:
        if not (child.tail or "").strip():
            child.tail = None
        _drop_blanks(child)
