"""The certificates that are trusted, and whose they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from tests.material.gbcs_alerts import SUPPLIER
from tests.material.signed_alerts import DSP, mint_party, write_certificates

from tidegate.duis.certificates import PARTIES, CertificateStore, load_certificate, party_certificate
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import parse_instant

dsp = mint_party()
supplier = mint_party(SUPPLIER, role="87")


def faults_of(folder: Path) -> list[str]:
    with pytest.raises(InputError) as raised:
        CertificateStore.from_folder(folder)
    return [str(fault) for fault in raised.value.faults]


def test_a_certificate_names_its_party_its_role_and_its_validity() -> None:
    one = party_certificate(dsp.certificate)

    assert ("90-B3-D5-1F-30-00-00-02", "89", "CN=Invented Issuer,OU=07") == (one.party, one.role, one.issuer)
    assert parse_instant("2020-01-01T00:00:00Z") == one.valid_from
    assert parse_instant("2099-01-01T00:00:00Z") == one.valid_until


def test_a_folder_holds_pem_and_der_and_other_files(tmp_path: Path) -> None:
    write_certificates(tmp_path, dsp)
    (tmp_path / "supplier.CER").write_bytes(supplier.der)
    (tmp_path / "README.txt").write_text("not a certificate")

    assert {dsp.eui, supplier.eui} == {one.party for one in CertificateStore.from_folder(tmp_path)}


def test_a_certificate_is_found_by_issuer_and_serial_number_however_the_name_is_spaced() -> None:
    store = CertificateStore([party_certificate(dsp.certificate)])
    serial = dsp.certificate.serial_number

    for issuer in (
        "CN=Invented Issuer,OU=07",
        "cn=Invented Issuer, ou=07",
        " CN = Invented Issuer , OU = 07",
    ):
        assert store.find(issuer, serial) is not None
    for issuer in ("OU=07,CN=Invented Issuer", "CN=invented issuer,OU=07", "CN=InventedIssuer,OU=07", ""):
        assert store.find(issuer, serial) is None
    assert store.find("CN=Invented Issuer,OU=07", serial + 1) is None


def test_a_renewed_certificate_stands_beside_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "old.pem").write_bytes(mint_party().pem)
    (tmp_path / "new.pem").write_bytes(mint_party().pem)

    assert 2 == len(CertificateStore.from_folder(tmp_path))


def test_the_same_certificate_twice_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_bytes(dsp.pem)
    (tmp_path / "b.der").write_bytes(dsp.der)

    assert 1 == len(CertificateStore.from_folder(tmp_path))


def test_a_certificate_without_a_party_is_bound_by_the_mapping_file(tmp_path: Path) -> None:
    (tmp_path / "ours.pem").write_bytes(mint_party(is_named=False, role="").pem)
    (tmp_path / PARTIES).write_text("file,party,role\nours.pem,90b3d51f30000002,89\n")

    (one,) = CertificateStore.from_folder(tmp_path)

    assert (dsp.eui, "89") == (one.party, one.role)


def test_every_fault_of_a_folder_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (tmp_path / "b.der").write_bytes(b"")
    (tmp_path / "c.pem").write_bytes(mint_party(is_named=False).pem)
    (tmp_path / "d.pem").write_bytes(mint_party(signs=False).pem)
    (tmp_path / "e.pem").write_bytes(dsp.pem)
    (tmp_path / "f.pem").write_bytes(mint_party(SUPPLIER, serial=dsp.certificate.serial_number).pem)
    (tmp_path / "g.pem").write_bytes(supplier.pem)
    (tmp_path / PARTIES).write_text(
        "file,party\ng.pem,90-B3-D5-1F-30-00-00-02\nnone.pem,90-B3-D5-1F-30-00-00-02\nb.der,nobody\n"
    )

    told = "\n".join(faults_of(tmp_path))

    for words in (
        "a.pem: it is no X.509 certificate",
        "b.der: it is no X.509 certificate",
        "c.pem: its subject has no x500UniqueIdentifier",
        "d.pem: its key usage does not allow digital signatures",
        "f.pem: it has the issuer and serial number of e.pem",
        "g.pem: its subject names 90-B3-D5-1F-30-01-00-00, and parties.csv 90-B3-D5-1F-30-00-00-02",
        "there is no certificate none.pem beside it",
        "parties.csv:4: its party 'nobody' is not an EUI-64",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("certificate,eui\n", "it has no columns file and party"),
        ("file,party\ne.pem,90B3D51F30000002\ne.pem,90B3D51F30000002\n", "e.pem has a row before this one"),
        ("file,party\n\xff\xff", "e.pem: its subject"),
    ],
)
def test_a_mapping_file_that_cannot_be_used_is_a_fault(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "e.pem").write_bytes(mint_party(is_named=False).pem)
    (tmp_path / PARTIES).write_bytes(text.encode("latin-1"))

    assert words in "\n".join(faults_of(tmp_path))


def test_an_empty_folder_and_one_that_is_not_there_are_faults(tmp_path: Path) -> None:
    assert ["it holds no certificate" in fault for fault in faults_of(tmp_path)] == [True]
    assert "cannot be read" in faults_of(tmp_path / "none")[0]


def test_a_key_on_another_curve_is_a_fault() -> None:
    with pytest.raises(InputError, match="P-256"):
        party_certificate(mint_party(key=ec.generate_private_key(ec.SECP384R1())).certificate)


def test_a_certificate_without_key_usage_may_sign() -> None:
    assert dsp.eui == party_certificate(mint_party(DSP, signs=None).certificate).party


def test_a_file_that_is_not_there_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_certificate(tmp_path / "none.pem")
