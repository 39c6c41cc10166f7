"""Parties with keys and certificates, and documents signed by them, made without a line of the product.

A signature here is written out as text and signed octet by octet. That holds
for documents that are canonical already but for their declaration, and every
document of `duis_documents` is. Thousands a second, for load.

    dsp = mint_party(DSP, role=DSP_ROLE)
    write_certificates(folder, dsp)
    document = signed(device_alert("8F75"), dsp)

    mint = AlertMint(dsp)                 # much faster for many
    document = mint.alert(0x8F75, device=ESME, recipient=SUPPLIER, counter=7)
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.x509.oid import NameOID

from tests.material.duis_documents import DUIS, SENT_AT, eui
from tests.material.gbcs_alerts import ACCESS_CONTROL_BROKER, ESME, SUPPLIER, mint_alert

DSP = ACCESS_CONTROL_BROKER
DSP_ROLE = "89"
USER_ROLE = "87"

VALID_FROM = datetime(2020, 1, 1, tzinfo=UTC)
VALID_UNTIL = datetime(2099, 1, 1, tzinfo=UTC)

_SIGNED_INFO = (
    '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"{0}'
    '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"{1}'
    '<ds:Reference URI=""><ds:Transforms>'
    '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"{2}</ds:Transforms>'
    '<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"{3}'
    "<ds:DigestValue>{4}</ds:DigestValue></ds:Reference></ds:SignedInfo>"
)
_NAMES = ("CanonicalizationMethod", "SignatureMethod", "Transform", "DigestMethod")
_DS = 'xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'
_ALGORITHM = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True)
class Party:
    """Who signs: an EUI-64, a key, a certificate."""

    number: int
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def eui(self) -> str:
        return eui(self.number)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def mint_party(
    number: int = DSP,
    *,
    role: str = DSP_ROLE,
    is_named: bool = True,
    valid_from: datetime = VALID_FROM,
    valid_until: datetime = VALID_UNTIL,
    serial: int | None = None,
    issuer: str = "Invented Issuer",
    signs: bool | None = True,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> Party:
    """A party with a new key and a certificate as the Smart Metering Key Infrastructure writes it.

    is_named:  Its subject has the EUI-64, as a bit string; otherwise only the role.
    signs:     What its key usage says; None for no key usage.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "07"),
            x509.NameAttribute(NameOID.COMMON_NAME, issuer),
        ]
    )
    subject = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, role)]
    if is_named:
        octets: Any = b"\0" + number.to_bytes(8, "big")  # the stubs know of texts only
        subject.append(
            x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, octets, _type=x509.name._ASN1Type.BitString)
        )
    builder = (
        x509.CertificateBuilder()
        .issuer_name(authority)
        .subject_name(x509.Name(subject))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number() if serial is None else serial)
        .not_valid_before(valid_from)
        .not_valid_after(valid_until)
    )
    if signs is not None:
        usage = x509.KeyUsage(
            digital_signature=signs,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=not signs,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    return Party(number, key, builder.sign(key, hashes.SHA256()))


def write_certificates(folder: Path, *parties: Party) -> Path:
    """A folder of certificates, named by their parties; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for party in parties:
        (folder / f"{party.eui}.pem").write_bytes(party.pem)
    return folder


def signed(document: bytes, party: Party, **changes: str) -> bytes:
    """A canonical document (its declaration aside) with the party's signature at its end."""
    opening, octets = _without_declaration(document)
    end = octets.rindex(b"</")
    return opening + octets[:end] + signature(octets, party, **changes) + octets[end:]


def signature(
    octets: bytes, party: Party, *, issuer: str = "", serial: str = "", old: str = "", new: str = ""
) -> bytes:
    """The Signature element over canonical octets.

    issuer, serial:  Named in place of the certificate's.
    old, new:        A replacement in SignedInfo before it is signed, so that the signature is right and the profile is not.
    """
    digest = base64.b64encode(hashlib.sha256(octets).digest()).decode()
    canonical_info = _SIGNED_INFO.format(*(f"></ds:{name}>" for name in _NAMES), digest).replace(
        old or "\0", new
    )
    r, s = decode_dss_signature(party.key.sign(f"<ds:SignedInfo {_DS}>{canonical_info}".encode(), _ALGORITHM))
    value = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    return (
        f"<ds:Signature {_DS}><ds:SignedInfo>"
        + _SIGNED_INFO.format(*("/>" for _ in _NAMES), digest).replace(old or "\0", new)
        + f"<ds:SignatureValue>{value}</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509IssuerSerial>"
        f"<ds:X509IssuerName>{issuer or party.certificate.issuer.rfc4514_string()}</ds:X509IssuerName>"
        f"<ds:X509SerialNumber>{serial or party.certificate.serial_number}</ds:X509SerialNumber>"
        "</ds:X509IssuerSerial></ds:X509Data></ds:KeyInfo></ds:Signature>"
    ).encode()


class AlertMint:
    """Signed DeviceAlertMessages in great number: everything that stays the same is written once."""

    def __init__(self, party: Party | None, *, schema_version: str = "5.4") -> None:
        self._party = party
        self._open = (
            f'<sr:Response xmlns:sr="{DUIS}" schemaVersion="{schema_version}"><sr:Header><sr:ResponseID>'
        )

    def alert(
        self,
        code: int = 0x8F75,
        *,
        device: int = ESME,
        recipient: int = SUPPLIER,
        counter: int = 1,
        sent_at: str = SENT_AT,
    ) -> bytes:
        """One document; unsigned where there is no party."""
        payload = base64.b64encode(
            mint_alert(code, originator=device, recipient=recipient, counter=counter)
        ).decode()
        octets = (
            f"{self._open}{eui(device)}:{eui(recipient)}:{counter}</sr:ResponseID>"
            f"<sr:ResponseCode>I0</sr:ResponseCode><sr:ResponseDateTime>{sent_at}</sr:ResponseDateTime></sr:Header>"
            f"<sr:Body><sr:DeviceAlertMessage><sr:AlertCode>{code:04X}</sr:AlertCode>"
            f"<sr:GBCSPayload>{payload}</sr:GBCSPayload></sr:DeviceAlertMessage></sr:Body></sr:Response>"
        ).encode()
        if self._party is None:
            return octets
        end = len(octets) - len(b"</sr:Response>")
        return octets[:end] + signature(octets, self._party) + octets[end:]


def _without_declaration(document: bytes) -> tuple[bytes, bytes]:
    start = document.index(b"<sr:")
    return document[:start], document[start:]
