"""The one signature that DUIS documents have, octet for octet.

Enveloped XML signature at the end of the root element. One Reference, to the
whole document (URI=""), with the enveloped-signature transform alone, so that
what is digested (SHA-256) is inclusive Canonical XML 1.0. SignedInfo in
exclusive Canonical XML; ECDSA on P-256 with SHA-256; the certificate named by
issuer and serial number. There is no choice of algorithms here, so none can be
forced on anyone: a signature is of this shape or refused.

Two ways lead to what was signed. `as_written` reads a signature that is
written exactly as here, and takes the document's own octets for canonical:
whether they are is told by the digest, which no other octets have.
`as_parsed` reads any way of writing the same profile, by lxml's Canonical XML.
Where the first gives an answer the second gives the same (tests hold them
together); the first is the faster by a third.
"""

from __future__ import annotations

import binascii
import hashlib
import re
from copy import deepcopy
from typing import TYPE_CHECKING, Final, NamedTuple

from lxml import etree

from tidegate.duis.envelope import SIGNATURE
from tidegate.duis.fields import base64, text_of
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.refusals import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"

DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8" standalone="no"?>'
"""How the documents we write begin."""

_SIGNED_INFO: Final = (
    f'<ds:CanonicalizationMethod Algorithm="{EXCLUSIVE_C14N}"/>'
    f'<ds:SignatureMethod Algorithm="{ECDSA_SHA256}"/>'
    f'<ds:Reference URI=""><ds:Transforms><ds:Transform Algorithm="{ENVELOPED}"/></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{SHA256}"/><ds:DigestValue>%s</ds:DigestValue></ds:Reference></ds:SignedInfo>'
)
_WRITTEN: Final = (
    f'<ds:Signature xmlns:ds="{DS}"><ds:SignedInfo>{_SIGNED_INFO}'
    "<ds:SignatureValue>%s</ds:SignatureValue>"
    "<ds:KeyInfo><ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>%s</ds:X509IssuerName>"
    "<ds:X509SerialNumber>%s</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data></ds:KeyInfo></ds:Signature>"
)
_WRITTEN_OCTETS: Final = _WRITTEN.encode()
# Exclusive Canonical XML of SignedInfo: it brings its namespace along, and no element is written as empty.
_CANONICAL_OCTETS: Final = (
    f'<ds:SignedInfo xmlns:ds="{DS}">' + re.sub(r"<(ds:\w+)([^<>]*)/>", r"<\1\2></\1>", _SIGNED_INFO)
).encode()

_SIGNATURE_OCTETS: Final = 64
_LONGEST_ISSUER: Final = 1000
_ISSUER: Final = rf"([^<>&\r]{{1,{_LONGEST_ISSUER}}})"
_SERIAL: Final = r"([0-9]{1,49})"  # 20 octets at most (RFC 5280)
_SIGNATURE_AS_WRITTEN = re.compile(
    (
        re.escape(_WRITTEN)
        .replace("%s", "{}")
        .format("([A-Za-z0-9+/]{43}=)", "([A-Za-z0-9+/]{86}==)", _ISSUER, _SERIAL)
        + r"(</[^<>\s]{1,100}>)\s*"
    ).encode()
)
_OPENING = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml[^<>]*\?>)?\s*")

_CHILDREN: Final[Mapping[str, Sequence[str]]] = {
    "Signature": ("SignedInfo", "SignatureValue", "KeyInfo"),
    "SignedInfo": ("CanonicalizationMethod", "SignatureMethod", "Reference"),
    "Reference": ("Transforms", "DigestMethod", "DigestValue"),
    "Transforms": ("Transform",),
    "KeyInfo": ("X509Data",),
    "X509Data": ("X509IssuerSerial",),
    "X509IssuerSerial": ("X509IssuerName", "X509SerialNumber"),
}
_ATTRIBUTES: Final[Mapping[str, Mapping[str, str]]] = {
    "CanonicalizationMethod": {"Algorithm": EXCLUSIVE_C14N},
    "SignatureMethod": {"Algorithm": ECDSA_SHA256},
    "Reference": {"URI": ""},
    "Transform": {"Algorithm": ENVELOPED},
    "DigestMethod": {"Algorithm": SHA256},
}
_TEXTS: Final = frozenset({"DigestValue", "SignatureValue", "X509IssuerName", "X509SerialNumber"})


class Signed(NamedTuple):
    """A signature of the profile, and what it is over.

    document:     Canonical octets of the document without it.
    digest:       What its Reference says their SHA-256 is; whether it is, is for the verifier to see.
    signed_info:  Canonical octets of its SignedInfo.
    value:        r and s, 32 octets each, over `signed_info`.
    issuer:       Name of the issuer of the signer's certificate (RFC 4514).
    serial:       Serial number of that certificate.
    """

    document: bytes
    digest: bytes
    signed_info: bytes
    value: bytes
    issuer: str
    serial: int


def signed_info(digest: bytes) -> bytes:
    """The canonical SignedInfo for a digest, given in base64: what a signature is made over."""
    return _CANONICAL_OCTETS % digest


def written(digest: bytes, value: bytes, issuer: bytes, serial: int) -> bytes:
    """The Signature element: digest and value in base64, the issuer's name escaped for XML."""
    return _WRITTEN_OCTETS % (digest, value, issuer, b"%d" % serial)


def as_written(body: bytes) -> Signed | None:
    """The signature of a document whose own octets are what was signed; None where they are not.

    The body is well-formed, and free of comments, CDATA and processing instructions: `<ds:Signature` is an element
    there, and the pattern holds all that is in it and the one end tag after it, the root's. So the octets
    without it are the document without it. They have the digest, so they are the octets the signer digested.
    """
    start = body.rfind(b"<ds:Signature ")
    match = _SIGNATURE_AS_WRITTEN.fullmatch(body, start) if start >= 0 else None
    opening = _OPENING.match(body)
    if match is None or opening is None:
        return None
    said, value, issuer, serial, end = match.groups()
    document = body[opening.end() : start] + end
    digest = hashlib.sha256(document).digest()
    octets = binascii.a2b_base64(value)
    if _packed(digest) != said or _packed(octets) != value:
        return None
    try:
        name = issuer.decode()
    except UnicodeDecodeError:
        return None
    return Signed(document, digest, signed_info(said), octets, name, int(serial))


def as_parsed(root: etree._Element) -> Signed:
    """The signature at the end of a parsed document.

    Raises:
        RefusedDocument: there is none, or it is not of the profile.
    """
    if not len(root) or root[-1].tag != SIGNATURE:
        raise RefusedDocument("it is not signed", Reason.UNSIGNED)
    signature = root[-1]
    texts: dict[str, str] = {}
    _hold_to_profile(signature, "Signature", texts)
    value = _octets(texts, "SignatureValue", _SIGNATURE_OCTETS)
    digest = _octets(texts, "DigestValue", hashlib.sha256().digest_size)
    issuer, serial = texts["X509IssuerName"], texts["X509SerialNumber"]
    if not (0 < len(issuer) <= _LONGEST_ISSUER and re.fullmatch(_SERIAL, serial)):
        raise _no_profile("its X509IssuerSerial names no certificate")
    return Signed(
        canonical_without_signature(root),
        digest,
        etree.tostring(signature[0], method="c14n", exclusive=True),
        value,
        issuer,
        int(serial),
    )


def canonical_without_signature(root: etree._Element) -> bytes:
    """Inclusive Canonical XML 1.0 of a document, without the signature at its end; the document stays as it is.

    Raises:
        RefusedDocument: it has no canonical form, for a namespace of it is no absolute URI.
    """
    if len(root) and root[-1].tag == SIGNATURE:
        root = deepcopy(root)
        before = root[-2] if len(root) > 1 else None
        tail = root[-1].tail or ""
        root.remove(root[-1])  # and with it, in lxml, the text after it, which is the root's
        if tail and before is not None:
            before.tail = (before.tail or "") + tail
    try:
        return etree.tostring(root, method="c14n")
    except etree.C14NError:
        raise RefusedDocument(
            "it cannot be written as Canonical XML: a namespace of it is no absolute URI", Reason.MARKUP
        ) from None


def _hold_to_profile(element: etree._Element, name: str, texts: dict[str, str]) -> None:
    """Hold an element to its children, attributes and text; gather the texts that are values."""
    if dict(element.items()) != _ATTRIBUTES.get(name, {}):
        raise _no_profile(f"its {name} has other attributes than the profile's")
    children = _CHILDREN.get(name, ())
    if [child.tag for child in element] != [f"{{{DS}}}{child}" for child in children]:
        raise _no_profile(f"its {name} does not hold {', '.join(children) or 'text'} and nothing else")
    if name in _TEXTS:
        texts[name] = text_of(element)
    elif text_of(element) or any((child.tail or "").strip() for child in element):
        raise _no_profile(f"its {name} has text in it")
    for child, child_name in zip(element, children, strict=True):
        _hold_to_profile(child, child_name, texts)


def _octets(texts: Mapping[str, str], name: str, count: int) -> bytes:
    try:
        octets = base64(texts[name], name)
    except RefusedDocument as error:
        raise _no_profile(str(error)) from None
    if len(octets) != count:
        raise _no_profile(f"its {name} has {len(octets)} octets; it must have {count}")
    return octets


def _no_profile(what: str) -> RefusedDocument:
    return RefusedDocument(f"its signature is not of the DUIS profile: {what}", Reason.SIGNATURE_PROFILE)


def _packed(octets: bytes) -> bytes:
    return binascii.b2a_base64(octets, newline=False)
