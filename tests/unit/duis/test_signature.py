"""Who signed a document: verified to the letter of one profile, and nothing but that profile."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, strategies as st
from lxml import etree
from tests.material.duis_documents import (
    acknowledgement,
    dcc_alert,
    device_alert,
    future_dated_alert,
    power_outage,
    smets1_alert,
)
from tests.material.gbcs_alerts import ESME, SUPPLIER
from tests.material.signed_alerts import DSP, USER_ROLE, AlertMint, Party, mint_party, signature, signed

from tidegate.duis.alert_document import AlertDocument, read_alert_document
from tidegate.duis.certificates import CertificateStore, party_certificate
from tidegate.duis.hardened_xml import RefusedDocument
from tidegate.duis.refusals import Reason
from tidegate.duis.signature import Verifier
from tidegate.duis.signature_profile import as_parsed, as_written
from tidegate.vocabulary.instants import SECOND, parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")

dsp = mint_party()
stranger = mint_party(serial=dsp.certificate.serial_number)  # the same name, another key

KINDS = {
    "device alert": device_alert("8F75"),
    "throttled already": device_alert("8F75", sequence_id=3, count=9),
    "power outage": power_outage(),
    "wrapped": dcc_alert(
        "N42",
        "<sr:PPMIDAlert><sr:DeviceID>00-DB-12-34-56-78-90-A5</sr:DeviceID>"
        "<sr:DeviceAlertCode>8F1D</sr:DeviceAlertCode></sr:PPMIDAlert>",
    ),
    "future dated": future_dated_alert(),
    "SMETS1": smets1_alert(),
}


def store_of(*parties: Party) -> CertificateStore:
    return CertificateStore(party_certificate(party.certificate) for party in parties)


def verifier(*parties: Party) -> Verifier:
    return Verifier(store_of(*(parties or (dsp,))))


def signer_of(document: bytes, *parties: Party) -> str:
    return verifier(*parties).verify(read_alert_document(document), NOON).party


def refusal_of(document: bytes, check: Verifier | None = None, at: int = NOON) -> Reason:
    with pytest.raises(RefusedDocument) as refused:
        (check or verifier()).verify(read_alert_document(document), at)
    return refused.value.reason


def signed_tree(document: bytes, party: Party, *, indent: str = "  ", prefix: str | None = "ds") -> bytes:
    """A document signed by way of lxml's Canonical XML, blanks between all its elements, the Signature's too."""
    root = etree.fromstring(document)
    etree.indent(root, indent)
    digest = hashlib.sha256(etree.tostring(root, method="c14n")).digest()
    whole = signature(b"", party)
    node = etree.fromstring(whole)
    if prefix != "ds":
        node = etree.fromstring(whole.replace(b"ds:", b"").replace(b"xmlns:ds", b"xmlns"))
    etree.indent(node, indent)
    node[0][2][2].text = base64.b64encode(digest).decode()
    root.append(node)
    info = etree.tostring(node[0], method="c14n", exclusive=True)
    r, s = decode_dss_signature(party.key.sign(info, ec.ECDSA(hashes.SHA256())))
    packed = base64.b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).decode()
    node[1].text = f"{packed[:76]}\r\n{packed[76:]}"  # as Java writes it, and lxml then as &#13;
    # The Signature has been put before nothing: the blank that ends the root stands before it, as signed.
    return etree.tostring(root)


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_document_of_every_kind_verifies(kind: str) -> None:
    assert dsp.eui == signer_of(signed(KINDS[kind], dsp))


@pytest.mark.parametrize("kind", KINDS)
def test_both_ways_to_what_was_signed_lead_to_the_same(kind: str) -> None:
    document = read_alert_document(signed(KINDS[kind], dsp))

    assert as_parsed(document.root) == as_written(document.body)


def test_minted_alerts_verify_and_are_themselves() -> None:
    document = read_alert_document(
        AlertMint(dsp).alert(0x8F36, device=ESME + 7, recipient=SUPPLIER, counter=9)
    )

    assert dsp.eui == verifier().verify(document, NOON).party
    assert (0x8F36, ESME + 7) == (document.alert.alert_code, document.alert.device_id)


@pytest.mark.parametrize("prefix", ["ds", None])
@pytest.mark.parametrize("kind", ["device alert", "power outage"])
def test_a_signature_over_a_document_with_blanks_verifies_however_it_is_written(
    kind: str, prefix: str | None
) -> None:
    document = signed_tree(KINDS[kind], dsp, prefix=prefix)

    assert as_written(document) is None
    assert dsp.eui == signer_of(document)


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [
        (b"<ds:Signature ", b"<ds:Signature  "),
        (b'xml-exc-c14n#"/>', b'xml-exc-c14n#"></ds:CanonicalizationMethod>'),
        (b"<ds:KeyInfo>", b"<ds:KeyInfo>\n  "),
        (b"CN=Invented Issuer,OU=07", b"cn = Invented Issuer, ou=07"),
        (b' schemaVersion="5.4"', b" schemaVersion='5.4'"),
        (b"</sr:Response>", b"</sr:Response >\n"),
        (b"<sr:AlertCode>8F75", b"<sr:AlertCode>8F7&#53;"),
        (b' standalone="no"', b""),
    ],
)
def test_what_canonical_xml_does_not_tell_apart_may_be_written_either_way(
    written: bytes, otherwise: bytes
) -> None:
    document = signed(device_alert("8F75"), dsp)
    changed = document.replace(written, otherwise)

    assert changed != document
    assert dsp.eui == signer_of(changed)


def test_a_document_without_a_signature_is_refused() -> None:
    assert Reason.UNSIGNED == refusal_of(device_alert("8F75"))


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b">8F75<", b">8F74<"),
        (b":2000<", b":2001<"),
        (b'schemaVersion="5.4"', b'schemaVersion="5.1"'),
        (b"<sr:GBCSPayload>3Q", b"<sr:GBCSPayload>3g"),
        (b"</sr:Header>", b"</sr:Header>\n"),
        (b"</sr:Body>", b"</sr:Body> "),
        (b"</ds:Signature>", b"</ds:Signature> "),
        (
            b"<sr:GBCSPayload>",
            b"<sr:ThrottledAlertCount>9</sr:ThrottledAlertCount><sr:GBCSPayload>",
        ),
    ],
)
def test_a_change_after_signing_is_refused(was: bytes, becomes: bytes) -> None:
    document = signed(device_alert("8F75"), dsp)

    assert Reason.SIGNATURE_WRONG == refusal_of(document.replace(was, becomes))


def test_a_signature_by_another_key_of_the_same_name_is_refused() -> None:
    assert Reason.SIGNATURE_WRONG == refusal_of(signed(device_alert(), stranger))


def test_the_signature_of_another_document_is_refused() -> None:
    first, second = (signed(device_alert(code), dsp) for code in ("8F75", "8F76"))
    cut = first.index(b"<ds:Signature")

    assert Reason.SIGNATURE_WRONG == refusal_of(first[:cut] + second[second.index(b"<ds:Signature") :])


def test_a_digest_put_right_after_a_change_does_not_help() -> None:
    """The SignedInfo is no longer what was signed."""
    document = signed(device_alert("8F75"), dsp)
    changed = signed(device_alert("8F76"), dsp)
    digest = changed[changed.index(b"<ds:DigestValue>") : changed.index(b"</ds:DigestValue>")]
    old = document[document.index(b"<ds:DigestValue>") : document.index(b"</ds:DigestValue>")]
    forged = document.replace(b">8F75<", b">8F76<").replace(old, digest)
    forged = forged.replace(
        document[document.index(b"<sr:GBCSPayload>") : document.index(b"</sr:GBCSPayload>")],
        changed[changed.index(b"<sr:GBCSPayload>") : changed.index(b"</sr:GBCSPayload>")],
    )

    assert Reason.SIGNATURE_WRONG == refusal_of(forged)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"),
        ("http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"),
        ("xmldsig-more#ecdsa-sha256", "xmldsig-more#ecdsa-sha1"),
        (
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
            "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
        ),
        ("xmlenc#sha256", "xmlenc#sha512"),
        ('URI=""', 'URI="#body"'),
        ('URI=""', 'URI="file:///etc/passwd"'),
        ('URI=""', 'URI="" Type="http://www.w3.org/2000/09/xmldsig#Object"'),
        (' URI=""', ""),
        (
            "<ds:Transforms>",
            '<ds:Transforms><ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"></ds:Transform>',
        ),
        (
            "</ds:Transforms>",
            '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform></ds:Transforms>',
        ),
        ("#enveloped-signature", "#base64"),
        (
            "</ds:Reference>",
            '</ds:Reference><ds:Reference URI="#other"><ds:DigestValue>AAAA</ds:DigestValue></ds:Reference>',
        ),
        ("<ds:SignatureMethod", "spoken<ds:SignatureMethod"),
    ],
)
def test_any_other_profile_is_refused_though_its_signature_is_right(old: str, new: str) -> None:
    assert Reason.SIGNATURE_PROFILE == refusal_of(signed(device_alert(), dsp, old=old, new=new))


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"</ds:KeyInfo>", b"</ds:KeyInfo><ds:Object>8F75</ds:Object>"),
        (b"<ds:X509IssuerSerial>", b"<ds:X509Certificate>AAAA</ds:X509Certificate><ds:X509IssuerSerial>"),
        (b"<ds:X509Data>", b"<ds:KeyName>dsp</ds:KeyName><ds:X509Data>"),
        (b"<ds:SignedInfo>", b'<ds:SignedInfo Id="signed">'),
        (b"<ds:KeyInfo>", b"<ds:KeyInfo>by the way"),
        (b"==</ds:SignatureValue>", b"=</ds:SignatureValue>"),
        (b"<ds:SignatureValue>", b"<ds:SignatureValue>AAAA"),
        (b"<ds:X509SerialNumber>", b"<ds:X509SerialNumber>-"),
        (b"<ds:X509SerialNumber>", b"<ds:X509SerialNumber>" + b"9" * 5000),
        (b"<ds:X509IssuerName>", b"<ds:X509IssuerName>" + b"A" * 1001),
    ],
)
def test_anything_more_or_less_in_the_signature_is_refused(was: bytes, becomes: bytes) -> None:
    document = signed(device_alert(), dsp)

    assert Reason.SIGNATURE_PROFILE == refusal_of(document.replace(was, becomes))


def test_a_signature_without_its_key_info_is_refused() -> None:
    document = signed(device_alert(), dsp)
    cut = document.index(b"<ds:KeyInfo>"), document.index(b"</ds:Signature>")

    assert Reason.SIGNATURE_PROFILE == refusal_of(document[: cut[0]] + document[cut[1] :])


@pytest.mark.parametrize(
    "place",
    [b"<sr:Header>", b"</sr:Header>", b"<sr:DeviceAlertMessage>", b"<sr:AlertCode>8F75"],
)
def test_a_signature_anywhere_but_at_the_end_of_the_root_is_refused(place: bytes) -> None:
    document = signed(device_alert("8F75"), dsp)
    start, end = document.index(b"<ds:Signature "), document.index(b"</sr:Response>")
    moved = document[:start] + document[end:]
    at = moved.index(place) + len(place)

    with pytest.raises(RefusedDocument):
        verifier().verify(read_alert_document(moved[:at] + document[start:end] + moved[at:]), NOON)


def test_two_signatures_are_refused() -> None:
    once = signed(device_alert(), dsp)

    with pytest.raises(RefusedDocument, match="twice"):
        read_alert_document(once.replace(b"</sr:Response>", signature(b"", dsp) + b"</sr:Response>"))


def test_a_second_signature_within_the_body_is_refused_though_the_outer_one_is_right() -> None:
    """A recipient that takes the first it finds would look at the inner one."""
    inner = signature(b"<x></x>", stranger).decode()
    document = dcc_alert("N13", f"<sr:CommandFailure>{inner}</sr:CommandFailure>")

    assert Reason.SIGNATURE_PROFILE == refusal_of(signed(document, dsp))


def test_a_signed_document_wrapped_in_another_is_refused() -> None:
    """The classic wrapping: the signed content is carried along, and other content stands in its place."""
    good = signed(device_alert("8F75"), dsp)
    inner = good[good.index(b"<sr:Response") :]
    evil = device_alert("8F76").replace(b"</sr:Body>", inner + b"</sr:Body>")
    start, end = good.index(b"<ds:Signature "), good.index(b"</sr:Response>")
    borrowed = device_alert("8F76").replace(b"</sr:Response>", good[start:end] + b"</sr:Response>")

    for document in (evil, borrowed, evil.replace(b"</sr:Header>", inner + b"</sr:Header>")):
        with pytest.raises(RefusedDocument):
            verifier().verify(read_alert_document(document), NOON)


def test_a_smets1_answer_has_the_signature_of_its_device_within() -> None:
    inner = signature(b"<x></x>", stranger).decode()
    document = smets1_alert().replace(
        b"</sr:SMETS1SignedResponse>", f"{inner}</sr:SMETS1SignedResponse>".encode()
    )

    assert dsp.eui == signer_of(signed(document, dsp))
    assert Reason.UNSIGNED == refusal_of(document)


def test_a_certificate_that_is_not_in_the_store_is_refused() -> None:
    assert Reason.UNKNOWN_CERTIFICATE == refusal_of(signed(device_alert(), mint_party()))
    assert Reason.UNKNOWN_CERTIFICATE == refusal_of(signed(device_alert(), dsp, serial="7"))
    assert Reason.UNKNOWN_CERTIFICATE == refusal_of(signed(device_alert(), dsp, issuer="CN=Another"))


def test_a_certificate_counts_from_its_first_second_to_its_last() -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    party = mint_party(valid_from=start, valid_until=start + timedelta(seconds=60))
    check, document = verifier(party), signed(device_alert(), party)

    for at in (NOON, NOON + 60 * SECOND):
        assert party.eui == check.verify(read_alert_document(document), at).party
    for at in (NOON - 1, NOON + 60 * SECOND + 1):
        assert Reason.CERTIFICATE_EXPIRED == refusal_of(document, check, at)


def test_an_expired_certificate_counts_where_that_is_asked_for() -> None:
    party = mint_party(valid_until=datetime(2021, 1, 1, tzinfo=UTC))
    check = Verifier(store_of(party), accept_expired=True)

    assert party.eui == check.verify(read_alert_document(signed(device_alert(), party)), NOON).party


def test_a_user_does_not_sign_for_devices() -> None:
    user = mint_party(SUPPLIER, role=USER_ROLE)

    assert Reason.SIGNER_NOT_ALLOWED == refusal_of(signed(device_alert(), user), verifier(user))


def test_a_party_of_any_role_signs_for_itself() -> None:
    user = mint_party(SUPPLIER, role=USER_ROLE)

    assert user.eui == signer_of(signed(device_alert(originator=SUPPLIER), user), user)
    assert dsp.eui == signer_of(signed(power_outage(), mint := mint_party(DSP, role=USER_ROLE)), mint)


def test_a_party_named_in_the_configuration_signs_for_all() -> None:
    user = mint_party(SUPPLIER, role=USER_ROLE)
    check = Verifier(store_of(user), dcc_parties=[user.eui])

    assert user.eui == check.verify(read_alert_document(signed(device_alert(), user)), NOON).party


def test_no_role_signs_for_all_where_none_is_configured() -> None:
    check = Verifier(store_of(dsp), dcc_roles=())

    assert Reason.SIGNER_NOT_ALLOWED == refusal_of(signed(device_alert(), dsp), check)


def meaning_of(document: AlertDocument) -> tuple[object, ...]:
    return document.alert, document.schema_version, as_parsed(document.root).document


@given(
    kind=st.sampled_from(sorted(KINDS)),
    changes=st.lists(
        st.tuples(st.integers(0, 3000), st.one_of(st.sampled_from(b"<>&\"'/ =:-A0\n"), st.integers(0, 255))),
        min_size=1,
        max_size=3,
    ),
    cut=st.integers(0, 2),
)
def test_mutated_octets_never_verify_as_another_alert(
    kind: str, changes: list[tuple[int, int]], cut: int
) -> None:
    """What still verifies is the same document written otherwise, as a blank within a tag."""
    original = signed(KINDS[kind], dsp)
    mutated = bytearray(original[: len(original) - cut])
    for place, octet in changes:
        mutated[place % len(mutated)] = octet

    try:
        document = read_alert_document(bytes(mutated))
        verifier().verify(document, NOON)
    except RefusedDocument:
        return
    assert meaning_of(read_alert_document(original)) == meaning_of(document)


@given(start=st.integers(0, 2000), length=st.integers(1, 200), to=st.integers(0, 2000))
def test_moved_and_doubled_pieces_never_verify_as_another_alert(start: int, length: int, to: int) -> None:
    original = signed(KINDS["device alert"], dsp)
    piece = original[start : start + length]
    for rest in (original, original[:start] + original[start + length :]):
        mutated = rest[:to] + piece + rest[to:]
        try:
            document = read_alert_document(mutated)
            verifier().verify(document, NOON)
        except RefusedDocument:
            continue
        assert meaning_of(read_alert_document(original)) == meaning_of(document)


def test_an_acknowledgement_is_refused_before_its_signature_is_looked_at() -> None:
    assert Reason.NOT_AN_ALERT == refusal_of(signed(acknowledgement(), stranger))
