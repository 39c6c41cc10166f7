"""The certificates documents are verified with, each bound to the party it was given to.

A folder of them is the whole of what is trusted: a certificate is in it, or
its holder is a stranger. No chain is followed and nothing is fetched; who puts
a file into the folder has checked it, and takes it out when it is revoked.

A certificate of the Smart Metering Key Infrastructure names its holder by
EUI-64 in the subject (x500UniqueIdentifier) and its role by number
(organizationalUnitName). Others are bound by `parties.csv` in the same folder.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tidegate.vocabulary.devices import format_device_id, parse_device_id
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import SECOND, Instant

PARTIES: Final = "parties.csv"
"""A file of this name in the folder binds certificates to parties: the columns `file`, `party` and, may be, `role`."""

_SUFFIXES: Final = frozenset({".pem", ".crt", ".cer", ".der"})
_EUI_OCTETS: Final = 8
_AROUND_SEPARATORS = re.compile(r"\s*([,+=])\s*")
_ATTRIBUTE_TYPE = re.compile(r"(?:^|(?<=[,+]))[A-Za-z]+(?==)")


@dataclass(frozen=True, slots=True)
class PartyCertificate:
    """A certificate to verify with, and whose it is.

    party:   EUI-64 of its holder, upper case with hyphens.
    role:    Its holder's role as the certificate has it, as `89`; empty where nothing says one.
    issuer, serial: What a signature names it by.
    valid_from, valid_until: Instants, both within its validity.
    """

    party: str
    role: str
    issuer: str
    serial: int
    valid_from: Instant
    valid_until: Instant
    public_key: ec.EllipticCurvePublicKey = field(repr=False, compare=False)

    def is_valid_at(self, at: Instant) -> bool:
        """Say whether an instant is within its validity."""
        return self.valid_from <= at <= self.valid_until


class CertificateStore:
    """Certificates by issuer and serial number."""

    def __init__(self, certificates: Iterable[PartyCertificate]) -> None:
        self._by_name = {(_plain(one.issuer), one.serial): one for one in certificates}

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[PartyCertificate]:
        return iter(self._by_name.values())

    def find(self, issuer: str, serial: int) -> PartyCertificate | None:
        """The certificate a signature names; None where it is not in the store.

        issuer:  As RFC 4514 has it; blanks around separators and the case of attribute types do not count.
        """
        found = self._by_name.get((issuer, serial))
        return self._by_name.get((_plain(issuer), serial)) if found is None else found

    @classmethod
    def from_folder(cls, folder: Path) -> CertificateStore:
        """Every certificate in a folder: files ending in .pem, .crt, .cer or .der; others are passed over.

        Raises:
            InputError: with every fault found: a file that is no certificate, a key that is not P-256, a holder nobody
                names, two certificates of one name, a row of `parties.csv` that cannot be used, none at all.
        """
        faults: list[Fault] = []
        certificates: dict[tuple[str, int], tuple[Path, PartyCertificate]] = {}
        try:
            paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
            bound = _read_parties(folder / PARTIES, faults)
        except OSError as error:
            raise InputError(Fault(str(folder), f"it cannot be read: {error.strerror}")) from None
        for path in paths:
            try:
                one = party_certificate(
                    load_certificate(path), *bound.pop(path.name, ("", "")), where=str(path)
                )
            except InputError as error:
                faults += error.faults
                continue
            key = (_plain(one.issuer), one.serial)
            before = certificates.setdefault(key, (path, one))
            if before[1] != one:
                what = f"it has the issuer and serial number of {before[0].name} and another holder"
                faults.append(Fault(str(path), what, "Keep one of the two."))
        faults += [
            Fault(str(folder / PARTIES), f"there is no certificate {name} beside it")
            for name in sorted(bound)
        ]
        if not paths:
            faults.append(Fault(str(folder), "it holds no certificate", "Put PEM or DER files into it."))
        if faults:
            raise InputError(*faults)
        return cls(one for _, one in certificates.values())


def load_certificate(path: Path) -> x509.Certificate:
    """One certificate, PEM or DER.

    Raises:
        InputError: the file cannot be read, or holds none.
    """
    try:
        octets = path.read_bytes()
    except OSError as error:
        raise InputError(Fault(str(path), f"it cannot be read: {error.strerror}")) from None
    try:
        if b"-----BEGIN" in octets:
            return x509.load_pem_x509_certificate(octets)
        return x509.load_der_x509_certificate(octets)
    except (ValueError, TypeError) as error:
        raise InputError(Fault(str(path), f"it is no X.509 certificate: {error}")) from None


def party_certificate(
    certificate: x509.Certificate, party: str = "", role: str = "", where: str = "certificate"
) -> PartyCertificate:
    """A certificate bound to its holder: the one its subject names, or the `party` given.

    Raises:
        InputError: its key is not P-256 or not for signing; nobody names its holder, or two name different ones.
    """
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputError(
            Fault(
                where, "its key is not on the curve P-256", "DUIS documents are signed with ECDSA on P-256."
            )
        )
    if not _is_for_signing(certificate, where):
        raise InputError(Fault(where, "its key usage does not allow digital signatures"))
    named = _eui_in_subject(certificate, where)
    if party and named and party != named:
        raise InputError(Fault(where, f"its subject names {named}, and {PARTIES} {party}", "Mend the row."))
    if not (party or named):
        remedy = f"Add a row to {PARTIES} beside it: the file's name and the party's EUI-64."
        raise InputError(
            Fault(where, "its subject has no x500UniqueIdentifier, so that nobody knows whose it is", remedy)
        )
    return PartyCertificate(
        party=named or party,
        role=role or _text_of(certificate.subject, NameOID.ORGANIZATIONAL_UNIT_NAME),
        issuer=certificate.issuer.rfc4514_string(),
        serial=certificate.serial_number,
        valid_from=int(certificate.not_valid_before_utc.timestamp()) * SECOND,
        valid_until=int(certificate.not_valid_after_utc.timestamp()) * SECOND,
        public_key=key,
    )


def _is_for_signing(certificate: x509.Certificate, where: str) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature
    except x509.ExtensionNotFound:
        return True
    except (ValueError, x509.DuplicateExtension) as error:
        raise InputError(Fault(where, f"its extensions cannot be read: {error}")) from None


def _eui_in_subject(certificate: x509.Certificate, where: str) -> str:
    """The bit string of 64 bits; in DER the number of unused bits, 0, stands before them."""
    values = certificate.subject.get_attributes_for_oid(NameOID.X500_UNIQUE_IDENTIFIER)
    if not values:
        return ""
    value = values[0].value
    octets = value if isinstance(value, bytes) else b""
    if len(octets) == _EUI_OCTETS + 1 and octets[0] == 0:
        octets = octets[1:]
    if len(octets) != _EUI_OCTETS:
        raise InputError(Fault(where, "its x500UniqueIdentifier is not an EUI-64, 64 bits"))
    return format_device_id(int.from_bytes(octets, "big"))


def _text_of(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    for attribute in name.get_attributes_for_oid(oid):
        return str(attribute.value)
    return ""


def _read_parties(path: Path, faults: list[Fault]) -> dict[str, tuple[str, str]]:
    """File name -> party and role. Faulty rows are told with the other faults."""
    if not path.exists():
        return {}
    bound: dict[str, tuple[str, str]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream, restval="")
            if not {"file", "party"} <= set(rows.fieldnames or ()):
                faults.append(
                    Fault(
                        str(path),
                        "it has no columns file and party",
                        "Write file,party,role in its first line.",
                    )
                )
                return {}
            for row in rows:
                _read_party(row, f"{path}:{rows.line_num}", bound, faults)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        faults.append(Fault(str(path), f"it cannot be read as CSV in UTF-8: {error}"))
    return bound


def _read_party(
    row: Mapping[str, str], where: str, bound: dict[str, tuple[str, str]], faults: list[Fault]
) -> None:
    name = row["file"].strip()
    try:
        party = format_device_id(parse_device_id(row["party"]))
    except ValueError as error:
        faults.append(Fault(where, f"its party {error}"))
        return
    if name in bound:
        faults.append(Fault(where, f"{name} has a row before this one", "Keep one of the two."))
        return
    bound[name] = (party, (row.get("role") or "").strip())


def _plain(issuer: str) -> str:
    """A name as it is compared: no blanks around separators, attribute types in upper case."""
    return _ATTRIBUTE_TYPE.sub(
        lambda match: match.group().upper(), _AROUND_SEPARATORS.sub(r"\1", issuer.strip())
    )
