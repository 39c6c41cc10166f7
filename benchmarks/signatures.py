"""What reading, verifying and signing one DUIS document costs, on one core.

    ./run python -m benchmarks.signatures

Processor time, so that a busy machine tells nearly the same as a quiet one; the best of several rounds.
The peers (xmlsec, signxml) are measured where they are installed; they are no dependencies of anything.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from lxml import etree
from tests.material.duis_documents import device_alert
from tests.material.gbcs_alerts import mint_alert
from tests.material.signed_alerts import Party, mint_party, signed

from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.certificates import CertificateStore, party_certificate
from tidegate.duis.hardened_xml import parse
from tidegate.duis.signature import Verifier
from tidegate.duis.signing_keys import Signer
from tidegate.duis.throttle_metadata import with_throttle_metadata
from tidegate.gbcs.alert import read_alert
from tidegate.vocabulary.instants import parse_instant

ROUNDS: Final = 7
SECONDS: Final = 0.3
NOON: Final = parse_instant("2026-03-01T12:00:00Z")


def main() -> None:
    """Measure everything and print one line each."""
    party = mint_party()
    payload = mint_alert(0x8F36, is_signed=True, body=bytes(28))
    document = signed(device_alert("8F36", payload=payload), party)
    # The same document, written so that its octets are not canonical: a blank within a tag.
    otherwise = document.replace(b'schemaVersion="5.4"', b'schemaVersion="5.4" ')
    verifier = Verifier(CertificateStore([party_certificate(party.certificate)]))
    signer = Signer(party.key, party.certificate)
    read, read_otherwise = read_alert_document(document), read_alert_document(otherwise)
    print(f"{len(document)} octets; load {os.getloadavg()[0]:.1f}; a second of processor time:")
    _tell("read", lambda: read_alert_document(document))
    _tell("read, GBCS payload too", lambda: read_alert_document(document, read_alert))
    _tell("verify, octets as signed", lambda: verifier.verify(read, NOON))
    _tell("verify, by Canonical XML", lambda: verifier.verify(read_otherwise, NOON))
    _tell("read and verify", lambda: verifier.verify(read_alert_document(document), NOON))
    _tell("read and verify, by Canonical XML", lambda: verifier.verify(read_alert_document(otherwise), NOON))
    _tell("metadata in, signed", lambda: with_throttle_metadata(document, 7, 9, signer))
    _tell("metadata in, signed, by Canonical XML", lambda: with_throttle_metadata(otherwise, 7, 9, signer))
    _bare(party)
    _tell("parse and verify: octets as signed", lambda: (parse(document), verifier.verify(read, NOON)))
    _tell(
        "parse and verify: by Canonical XML",
        lambda: (parse(otherwise), verifier.verify(read_otherwise, NOON)),
    )
    for peer in (_xmlsec, _signxml):
        try:
            _tell(f"parse and verify: {peer.__name__[1:]}", peer(document, party))
        except ImportError:
            print(f"  {peer.__name__[1:]} is not installed")


def _bare(party: Party) -> None:
    algorithm, said, key = ec.ECDSA(hashes.SHA256()), bytes(800), party.key.public_key()
    value = party.key.sign(said, algorithm)
    _tell("ECDSA alone: verify", lambda: key.verify(value, said, algorithm))
    _tell("ECDSA alone: sign", lambda: party.key.sign(said, algorithm))


def _xmlsec(document: bytes, party: Party) -> Callable[[], object]:
    xmlsec: Any = import_module("xmlsec")
    public = party.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = xmlsec.Key.from_memory(public, xmlsec.constants.KeyDataFormatPem)

    def verify() -> None:
        context = xmlsec.SignatureContext()
        context.key = key
        context.verify(etree.fromstring(document)[-1])

    return verify


def _signxml(document: bytes, party: Party) -> Callable[[], object]:
    signxml: Any = import_module("signxml")
    pem = party.pem.decode()
    return lambda: signxml.XMLVerifier().verify(document, x509_cert=pem)


def _tell(what: str, call: Callable[[], object]) -> None:
    call()
    best = 0.0
    for _ in range(ROUNDS):
        count, start = 0, time.process_time()
        while (spent := time.process_time() - start) < SECONDS:
            for _ in range(50):
                call()
            count += 50
        best = max(best, count / spent)
    print(f"  {what:40}{best:9,.0f}")


if __name__ == "__main__":
    main()
