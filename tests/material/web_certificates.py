"""Certificates for HTTPS, of an authority that lives for one afternoon."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class KeyPair:
    """Files of a certificate and its key."""

    certificate: Path
    key: Path


class Authority:
    """Gives keys and certificates of names, in a folder; its own certificate is `root`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Invented Authority")])
        self.root = folder / "root.pem"
        self.root.write_bytes(self._issue(self._issuer, self._key.public_key(), is_authority=True))

    def give(self, name: str, organisation: str = "Invented") -> KeyPair:
        """A new key, and a certificate of a name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
        )
        given = KeyPair(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        given.certificate.write_bytes(self._issue(subject, key.public_key()))
        given.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return given

    def client(self, own: KeyPair | None = None) -> ssl.SSLContext:
        """TLS of a client that believes this authority alone; with a certificate of its own, or none."""
        context = ssl.create_default_context(cafile=str(self.root))
        if own is not None:
            context.load_cert_chain(own.certificate, own.key)
        return context

    def server(self, own: KeyPair) -> ssl.SSLContext:
        """TLS of a server that takes clients of this authority alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.certificate, own.key)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.root)
        return context

    def _issue(
        self, subject: x509.Name, public_key: ec.EllipticCurvePublicKey, *, is_authority: bool = False
    ) -> bytes:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .issuer_name(self._issuer)
            .subject_name(subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
        )
        return builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
