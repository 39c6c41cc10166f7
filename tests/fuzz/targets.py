"""What strangers send, and what reads it: each reader may refuse, and may raise nothing but what it says it does."""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyarrow as pa

from tests.material import credential_messages as minted, duis_documents as duis
from tests.material.gbcs_alerts import mint_alert
from tests.material.signed_alerts import DSP, DSP_ROLE, Party, mint_party, signed
from tests.shared_material import shared_files
from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.certificates import CertificateStore
from tidegate.duis.documents import read_document
from tidegate.duis.evidence import EvidenceReader
from tidegate.duis.hardened_xml import RefusedDocument, parse
from tidegate.duis.signature import Verifier
from tidegate.duis.signing_keys import Signer
from tidegate.duis.throttle_metadata import with_throttle_metadata
from tidegate.gateway.settings_reading import read_settings
from tidegate.gbcs.alert import read_alert
from tidegate.gbcs.octets import GbcsError
from tidegate.gbcs.security_credentials import read_device_message
from tidegate.policy_files import find_policy, parse_policy, published_names, write_policy
from tidegate.tables.posted_batch import ARROW, NDJSON, UnreadableBatchError, read_posted
from tidegate.vocabulary.faults import InputError


@dataclass(frozen=True)
class Target:
    """A reader.

    read:      Reads; raises nothing but `refuses` where it keeps its promise.
    seeds:     Bodies that are good or nearly so, to be spoiled.
    words:     What its bodies are made of, to be put where it does not belong.
    """

    name: str
    read: Callable[[bytes], object]
    refuses: tuple[type[Exception], ...]
    seeds: Callable[[], Sequence[bytes]]
    words: Sequence[bytes]

    def try_it(self, body: bytes) -> None:
        """Read it; what it may not raise comes through."""
        try:
            self.read(body)
        except self.refuses:
            return


ANY_WORDS = (
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b"-1",
    b"9" * 5_000,
    b"1e999",
    b"\xf0\x9f\x8c\x8a",
    b"\r\n",
    b"",
)
XML_WORDS = (
    b"<a>", b"</a>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"<?x ?>", b"&amp;", b"&#0;", b"&#x110000;", b"&x;",
    b'xmlns=""', b'xmlns:ds="x"', b'Id="a"', b"<ds:Signature>", b"<sr:Body>", b"8F75", b"N24", b"=", b"<" * 300,
    b"2024-13-45T99:99:99Z", b"0000-00-00T00:00:00Z", b"<a>" * 300,
)  # fmt: skip
JSON_WORDS = (
    b"null", b"true", b"[" * 2_000, b"{", b"}", b'"', b"\\ud800", b"\\u0000", b"1.5", b"NaN", b'"device_id"',
    b'"alert_code"', b'"recipient"', b"18446744073709551616", b"\n", b"\xe2\x80\xa8",
)  # fmt: skip
TOML_WORDS = (
    b"[", b"[[", b"]", b"=", b"'''", b'"""', b"\\u0000", b"inf", b"nan", b"1979-05-27T07:32:00Z", b"07:32:00", b"0x",
    b"{", b"[alert_storm]", b"[alert_storm.codes]", b"threshold", b"true", b"[" * 2_000, b".", b"\n", b"#", b'"1h"',
)  # fmt: skip
OCTETS = (
    b"\x80",
    b"\x82\xff\xff",
    b"\x83\xff\xff\xff",
    b"\xdf\x09",
    b"\xdd",
    b"\x30\x84",
    b"\x02\x09",
    b"\x01\x09",
)


@cache
def documents() -> tuple[bytes, ...]:
    """Documents of every kind that is read, and the public samples where they are."""
    made = (
        duis.device_alert("8F75"),
        duis.future_dated_alert(),
        duis.power_outage(),
        duis.smets1_alert(),
        duis.acknowledgement(),
        duis.service_response(),
    )
    return (*made, *(file.read_bytes() for file in shared_files("samples/*.xml")))


@cache
def credential_messages() -> tuple[bytes, ...]:
    """Messages about credentials, minted and public."""
    cells = (minted.Cell(), minted.Cell(usage=minted.AGREEMENT), minted.Cell(usage=minted.TOP_UP))
    made = (
        minted.replaced(*cells),
        minted.replaced_later(*cells),
        minted.credentials_read(cells, [minted.Cell(minted.OPERATORS, status=25)]),
        minted.accepted(),
    )
    public = (path for path in shared_files("rtds/*CS02*/*.HEX") if "COMMAND" not in path.name)
    return (*made, *(bytes.fromhex(path.read_text()) for path in public))


@cache
def evidence_documents() -> tuple[bytes, ...]:
    """Documents that are evidence, and those that Alerts come in."""
    replaced, later, read, accepted = credential_messages()[:4]
    return (
        duis.service_response("6.15.1", replaced),
        duis.service_response("6.15.1", accepted),
        duis.service_response("6.24.1", read),
        duis.future_dated_alert(payload=later, variant="6.15.1"),
        duis.device_alert("8F69"),
        *documents()[:6],
    )


@cache
def _dsp() -> Party:
    return mint_party(DSP, role=DSP_ROLE)


@cache
def _verifier() -> Verifier:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "dsp.pem").write_bytes(_dsp().pem)
        return Verifier(CertificateStore.from_folder(Path(folder)))


@cache
def signed_documents() -> tuple[bytes, ...]:
    return tuple(signed(document, _dsp()) for document in documents()[:2])


def verify(body: bytes) -> object:
    """As the gateway reads one: parsed, held to its payload, its signature verified."""
    document = read_alert_document(body, read_alert)
    return _verifier().verify(document, 1_700_000_000_000_000)


def add_metadata(body: bytes) -> object:
    """What is read is given its metadata, and is the same Alert when it is read again."""
    document = read_alert_document(body)
    written = with_throttle_metadata(body, 1, 2, Signer(_dsp().key, _dsp().certificate))
    try:
        again = read_alert_document(written)
    except RefusedDocument as refused:
        raise AssertionError(f"what we wrote is refused: {refused}") from refused
    alert, before = again.alert, document.alert
    assert (before.response_id, before.alert_code, before.device_id) == (
        alert.response_id,
        alert.alert_code,
        alert.device_id,
    )
    return again


def arrow_body(*columns: object, names: Sequence[str] = ("device_id", "alert_code", "recipient")) -> bytes:
    batch = pa.record_batch(list(columns), names=list(names))
    to = io.BytesIO()
    with pa.ipc.new_stream(to, batch.schema) as stream:
        stream.write_batch(batch)
    return to.getvalue()


def arrow_bodies() -> Sequence[bytes]:
    numbers = pa.array([1, 2, None], pa.uint64())
    texts = pa.array(["00-DB-12-34-56-78-90-A0", "x", None])
    codes = pa.array(["8F75", "N24", "zz"])
    return (
        arrow_body(numbers, pa.array([1, 2, 3], pa.uint16()), texts),
        arrow_body(texts, codes, pa.array(["a", "b", "a"]).dictionary_encode()),
        arrow_body(texts.cast(pa.large_string()), codes.cast(pa.string_view()), texts),
    )


def ndjson_bodies() -> Sequence[bytes]:
    row = {
        "device_id": "00-DB-12-34-56-78-90-A0",
        "alert_code": "8F75",
        "recipient": "90-B3-D5-1F-30-01-00-00",
    }
    rows = [row, {**row, "alert_code": 36725}, {"DEVICE_ID ": 1, "Alert_Code": "N24"}, {}]
    return ("\n".join(map(json.dumps, rows)).encode(), json.dumps(row).encode())


def read_configuration(body: bytes) -> object:
    """As `tidegate serve` reads its file; the environment of this machine is left out of it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tidegate-serve.toml"
        file.write_bytes(body)
        before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("TIDEGATE_")}
        try:
            return read_settings(file)
        finally:
            os.environ.update(before)


CONFIGURATION = b"""
listen = "0.0.0.0:8443"
[journal]
url = "postgresql://tidegate@db.example/tidegate"
[access]
mode = "proxy"
proxies = ["127.0.0.1"]
[signatures]
verify = false
dcc_roles = ["89"]
[[parties]]
name = "adapter"
party = "90-B3-D5-1F-30-01-00-00"
subject = "CN=adapter,O=Invented"
scopes = ["submit", "read"]
submits_for = ["any"]
[[recipients]]
user = "90-B3-D5-1F-30-01-00-00"
role = "ES"
url = "http://127.0.0.1:9000/receive"
[excluded_codes]
capacity_per_second = 270
[limits]
document_bytes = 1048576
[[notices.parties]]
party = "*"
digest_at = "07:00"
addresses = ["mailto://host?to=a@b.example"]
"""

TARGETS = {
    it.name: it
    for it in (
        Target(
            "duis", lambda body: read_document(body, read_alert), (RefusedDocument,), documents, XML_WORDS
        ),
        Target("signed", verify, (RefusedDocument,), signed_documents, XML_WORDS),
        Target("metadata", add_metadata, (RefusedDocument,), documents, XML_WORDS),
        Target(
            "gbcs",
            read_alert,
            (GbcsError,),
            lambda: [mint_alert(encoding=it) for it in ("DLMS", "GBZ", "ASN1")],
            OCTETS,
        ),
        Target("credentials", read_device_message, (GbcsError,), credential_messages, OCTETS),
        Target(
            "evidence",
            lambda body: EvidenceReader(read_device_message).read(parse(body)),
            (RefusedDocument,),
            evidence_documents,
            XML_WORDS,
        ),
        Target(
            "ndjson",
            lambda body: read_posted(body, NDJSON, 1_000),
            (UnreadableBatchError,),
            ndjson_bodies,
            JSON_WORDS,
        ),
        Target(
            "arrow",
            lambda body: read_posted(body, ARROW, 1_000),
            (UnreadableBatchError,),
            arrow_bodies,
            OCTETS,
        ),
        Target(
            "policy",
            lambda body: parse_policy(body.decode("utf-8", "replace"), "fuzz.toml"),
            (InputError,),
            lambda: [write_policy(find_policy(name)).encode() for name in published_names()],
            TOML_WORDS,
        ),
        Target("configuration", read_configuration, (InputError,), lambda: [CONFIGURATION], TOML_WORDS),
    )
}
