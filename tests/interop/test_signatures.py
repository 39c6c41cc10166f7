"""The DCC's Java tool accepts what we sign, and we accept what it signs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.interop.clients import (
    PASSED,
    certificates_of_the_jar,
    keys_of_the_jar,
    needs_java,
    needs_node_and_java,
    signed_by_java,
    signed_by_the_wrapper,
    verdicts,
)
from tests.material.duis_documents import (
    dcc_alert,
    device_alert,
    future_dated_alert,
    power_outage,
    smets1_alert,
)
from tests.material.gbcs_alerts import SUPPLIER
from tests.material.signed_alerts import AlertMint, mint_party, signature, signed
from tests.shared_material import needs_shared, shared_files
from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.certificates import CertificateStore, party_certificate
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.refusals import Reason
from tidegate.duis.signature import Verifier
from tidegate.duis.signature_profile import as_parsed
from tidegate.duis.signing_keys import Signer
from tidegate.duis.throttle_metadata import with_throttle_metadata
from tidegate.vocabulary.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")
DSP_CERTIFICATE = "dsp-xml-sign-90B3D51F30000002-ds"

dsp, gateway = mint_party(), mint_party()
signer = Signer(gateway.key, gateway.certificate)

KINDS = {
    "device alert": device_alert("8F75"),
    "power outage": power_outage(),
    "wrapped": dcc_alert(
        "N42",
        "<sr:PPMIDAlert><sr:DeviceID>00-DB-12-34-56-78-90-A5</sr:DeviceID>"
        "<sr:DeviceAlertCode>8F1D</sr:DeviceAlertCode></sr:PPMIDAlert>",
    ),
    "future dated": future_dated_alert(),
}


@pytest.fixture
def store_of_the_jar(tmp_path: Path) -> CertificateStore:
    folder = tmp_path / "certificates"
    folder.mkdir()
    for name, pem in certificates_of_the_jar().items():
        (folder / name).write_bytes(pem)
    return CertificateStore.from_folder(folder)


@needs_java
def test_the_validator_accepts_what_we_sign_of_every_kind(tmp_path: Path) -> None:
    unsigned = list(KINDS.values())
    documents = [signer.sign(document) for document in unsigned]
    documents += [with_throttle_metadata(document, 7, 9, signer) for document in unsigned[:3]]
    documents += [with_throttle_metadata(signed(document, dsp), 7, 9, signer) for document in unsigned[:3]]
    documents += [signer.sign(device_alert().replace(b"><", b">\n  <"))]

    said = verdicts(documents, tmp_path, gateway.pem)

    assert [True] * len(documents) == [PASSED in words for words in said]


@needs_java
def test_the_validator_accepts_what_the_load_tests_mint(tmp_path: Path) -> None:
    documents = [AlertMint(dsp).alert(counter=counter) for counter in range(3)]

    assert [True] * 3 == [PASSED in words for words in verdicts(documents, tmp_path, dsp.pem)]


@needs_java
def test_the_validator_knows_a_certificate_of_its_own_by_issuer_and_serial_number(tmp_path: Path) -> None:
    """With its public test key our signature is the DSP's; nobody hands it a certificate."""
    key, certificate = tmp_path / "dsp.key", tmp_path / "dsp.pem"
    key.write_bytes(keys_of_the_jar()[f"{DSP_CERTIFICATE}.key"])
    certificate.write_bytes(certificates_of_the_jar()[f"{DSP_CERTIFICATE}.pem"])
    documents = [Signer.from_files(key, certificate).sign(document) for document in KINDS.values()]

    assert [True] * len(documents) == [PASSED in words for words in verdicts(documents, tmp_path)]


@needs_java
def test_the_validator_refuses_what_we_refuse(tmp_path: Path) -> None:
    """So that its passing means something."""
    document = signer.sign(device_alert("8F75"))
    documents = [
        document.replace(b">8F75<", b">8F74<"),
        signed(device_alert("8F75"), dsp),
        device_alert("8F75"),
    ]

    assert [False] * 3 == [PASSED in words for words in verdicts(documents, tmp_path, gateway.pem)]


@needs_java
def test_the_validator_does_not_look_at_a_document_with_two_signatures(tmp_path: Path) -> None:
    """A SMETS1 Device signs its answer within; the tool then says that there is no signature."""
    end = b"</sr:SMETS1SignedResponse>"
    document = signer.sign(smets1_alert().replace(end, signature(b"<x></x>", dsp) + end))

    (said,) = verdicts([document], tmp_path, gateway.pem)

    assert "response without signature, validation check skipped" in said


@needs_java
@pytest.mark.parametrize("kind", KINDS)
def test_we_verify_what_the_java_tool_signs(tmp_path: Path, kind: str) -> None:
    theirs = signed_by_java(KINDS[kind], tmp_path, dsp.key_pem, dsp.pem)

    check = Verifier(CertificateStore([party_certificate(dsp.certificate)]))

    assert dsp.eui == check.verify(read_alert_document(theirs), NOON).party


@needs_java
def test_we_verify_what_the_java_tool_signs_with_its_own_key(
    tmp_path: Path, store_of_the_jar: CertificateStore
) -> None:
    key = tmp_path / "dsp.key"
    key.write_bytes(keys_of_the_jar()[f"{DSP_CERTIFICATE}.key"])
    certificate = tmp_path / "dsp.pem"
    certificate.write_bytes(certificates_of_the_jar()[f"{DSP_CERTIFICATE}.pem"])
    ours = Signer.from_files(key, certificate).sign(device_alert("8F75"))

    assert (
        "90-B3-D5-1F-30-00-00-02" == Verifier(store_of_the_jar).verify(read_alert_document(ours), NOON).party
    )


@needs_node_and_java
def test_we_read_the_signature_of_the_wrapper_and_a_user_does_not_sign_for_a_device(
    store_of_the_jar: CertificateStore,
) -> None:
    """The wrapper finds its key by the RequestID's originator, a User: right to the octet, and not for an Alert."""
    theirs = signed_by_the_wrapper(future_dated_alert())

    document = read_alert_document(theirs)
    named = as_parsed(parse(theirs))

    certificate = store_of_the_jar.find(named.issuer, named.serial)
    assert certificate is not None
    assert document.alert.recipient == certificate.party
    with pytest.raises(RefusedDocument) as refused:
        Verifier(store_of_the_jar, accept_expired=True).verify(document, NOON)
    assert Reason.SIGNER_NOT_ALLOWED == refused.value.reason
    check = Verifier(store_of_the_jar, dcc_parties=[certificate.party], accept_expired=True)
    assert SUPPLIER.to_bytes(8, "big").hex("-").upper() == check.verify(document, NOON).party


@needs_java
@needs_shared
@pytest.mark.parametrize(
    "sample",
    shared_files("samples/*alert*.signed.xml") + shared_files("samples/*8F66.signed.xml"),
    ids=lambda path: path.name,
)
def test_the_signed_samples_verify(sample: Path, store_of_the_jar: CertificateStore) -> None:
    document = read_alert_document(sample.read_bytes())

    assert "90-B3-D5-1F-30-00-00-02" == Verifier(store_of_the_jar).verify(document, NOON).party


@needs_java
def test_most_test_certificates_have_expired_and_the_signing_ones_run_on(
    store_of_the_jar: CertificateStore,
) -> None:
    later = parse_instant("2026-02-01T00:00:00Z")

    assert {"87", "89", "137"} == {one.role for one in store_of_the_jar if one.is_valid_at(later)}
    assert 13 == sum(not one.is_valid_at(later) for one in store_of_the_jar)
