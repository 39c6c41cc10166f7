"""What we sign: no blanks, one profile, the key and the certificate that belong together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from lxml import etree
from tests.material.duis_documents import acknowledgement, device_alert, power_outage, smets1_alert
from tests.material.signed_alerts import mint_party, signature, signed

from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.certificates import CertificateStore, party_certificate
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.signature import Verifier
from tidegate.duis.signature_profile import as_parsed, as_written
from tidegate.duis.signing_keys import Signer, canonical
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")

dsp, gateway = mint_party(), mint_party()
signer = Signer(gateway.key, gateway.certificate)
verifier = Verifier(CertificateStore([party_certificate(gateway.certificate)]))


def indented(document: bytes) -> bytes:
    root = etree.fromstring(document)
    etree.indent(root, "\t")
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


@pytest.mark.parametrize("document", [device_alert(), power_outage()])
@pytest.mark.parametrize("given_as", ["unsigned", "signed by another", "with blanks"])
def test_what_we_sign_verifies_and_has_no_blanks(document: bytes, given_as: str) -> None:
    given = {
        "unsigned": document,
        "signed by another": signed(document, dsp),
        "with blanks": indented(document),
    }

    ours = signer.sign(given[given_as])

    assert gateway.eui == verifier.verify(read_alert_document(ours), NOON).party
    assert not re.search(rb">\s|\s<", ours)
    assert 1 == ours.count(b"<ds:Signature ")


def test_our_signature_names_the_certificate_by_issuer_and_serial_number_alone() -> None:
    root = etree.fromstring(signer.sign(device_alert()))

    data = root.find(".//{*}X509Data")
    assert data is not None
    assert ["X509IssuerSerial"] == [etree.QName(child).localname for child in data]
    assert [gateway.certificate.issuer.rfc4514_string(), str(gateway.certificate.serial_number)] == [
        child.text for child in data[0]
    ]


def test_our_signature_is_read_as_it_is_written_and_as_it_is_parsed() -> None:
    ours = signer.sign(device_alert())

    assert as_written(ours) is not None
    assert as_written(ours) == as_parsed(read_alert_document(ours).root)


def test_an_issuer_with_characters_that_xml_and_names_escape_is_named_all_the_same() -> None:
    party = mint_party(issuer="Grid & <Wires>, Ltd")
    check = Verifier(CertificateStore([party_certificate(party.certificate)]))

    ours = Signer(party.key, party.certificate).sign(device_alert())

    assert party.eui == check.verify(read_alert_document(ours), NOON).party


def test_the_octets_of_a_signed_document_stay_as_they_are() -> None:
    document = signed(device_alert("8F75"), dsp)

    assert document[document.index(b"<sr:Response") : document.index(b"<ds:Signature")] in signer.sign(
        document
    )


def test_blanks_that_another_has_signed_go_when_we_sign() -> None:
    """Rightly signed, and octet for octet what was signed; the DCC's validator would refuse them all the same."""
    document = signed(device_alert("8F75").replace(b"</sr:Header>", b"</sr:Header>\n  "), dsp)

    assert as_written(document) is not None
    assert not re.search(rb">\s", signer.sign(document))


def test_blanks_within_a_value_stay() -> None:
    document = device_alert("8F75", sent_at=" 2026-03-01T12:00:00Z ")

    assert b"> 2026-03-01T12:00:00Z <" in signer.sign(document)


def test_blanks_that_a_smets1_device_has_signed_stay() -> None:
    document = smets1_alert().replace(b"<sr:SMETS1Response>", b"\n <sr:SMETS1Response>\n ")

    assert b"\n <sr:SMETS1Response>\n " in signer.sign(
        document.replace(b"<sr:Body><sr:SM", b"<sr:Body>\n<sr:SM")
    )


def test_the_signature_of_a_smets1_device_stays() -> None:
    inner = signature(b"<x></x>", dsp)
    document = smets1_alert().replace(b"</sr:SMETS1SignedResponse>", inner + b"</sr:SMETS1SignedResponse>")

    ours = signer.sign(signed(document, dsp))

    assert inner in ours
    assert gateway.eui == verifier.verify(read_alert_document(ours), NOON).party


def test_any_response_can_be_signed_and_nothing_else() -> None:
    assert as_written(signer.sign(acknowledgement())) is not None
    for document in (b"", b"<a/>", b"<sr:Response>", b"<!DOCTYPE a><a/>"):
        with pytest.raises(RefusedDocument):
            signer.sign(document)


def test_a_document_that_is_canonical_in_name_only_is_made_canonical() -> None:
    document = signed(device_alert("8F75"), dsp).replace(b' schemaVersion="5.4"', b" schemaVersion='5.4'")

    assert b' schemaVersion="5.4"' in canonical(document)


@pytest.mark.parametrize("form", ["pem", "der", "sec1", "encrypted"])
def test_a_key_is_read_in_every_usual_form(tmp_path: Path, form: str) -> None:
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    certificate.write_bytes(gateway.der)
    password = b"correct horse" if form == "encrypted" else None
    encrypted = gateway.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"correct horse"),
    )
    sec1 = gateway.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    key.write_bytes(
        {"pem": gateway.key_pem, "der": gateway.key_der, "sec1": sec1, "encrypted": encrypted}[form]
    )

    ours = Signer.from_files(key, certificate, password).sign(device_alert())

    assert gateway.eui == verifier.verify(read_alert_document(ours), NOON).party


def test_keys_that_cannot_be_used_are_faults(tmp_path: Path) -> None:
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(gateway.pem)
    unencrypted = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    keys = {
        "it is not the key of the certificate": dsp.key_pem,
        "it is no private key that can be read": b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        "no private key on the curve P-256": rsa.generate_private_key(65537, 2048).private_bytes(
            pem, pkcs8, unencrypted
        ),
        "on the curve P-256": ec.generate_private_key(ec.SECP384R1()).private_bytes(pem, pkcs8, unencrypted),
        "no private key that can be read: ": gateway.key.private_bytes(
            pem, pkcs8, serialization.BestAvailableEncryption(b"secret")
        ),
    }

    for words, octets in keys.items():
        key = tmp_path / "key"
        key.write_bytes(octets)
        with pytest.raises(InputError, match=words):
            Signer.from_files(key, certificate)
    with pytest.raises(InputError, match="cannot be read"):
        Signer.from_files(tmp_path / "none", certificate)
    key.write_bytes(gateway.key_pem)
    with pytest.raises(InputError, match="cannot be read"):
        Signer.from_files(key, tmp_path / "none")
