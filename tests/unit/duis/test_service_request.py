"""A Service Request at the door: who asks what of which Device, and what no Request may be."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from tests.material.duis_documents import acknowledgement, device_alert, eui
from tests.material.duis_requests import (
    ENABLE_SUPPLY,
    READ_REGISTERS,
    SIGNED_PRE_COMMAND,
    TOP_UP,
    UPDATE_DEBT,
    read_inventory,
    request,
    request_id,
    signed_pre_command,
    top_up,
    transform,
)
from tests.material.gbcs_alerts import ACCESS_CONTROL_BROKER, ESME, SUPPLIER
from tests.material.signed_alerts import USER_ROLE, mint_party, signed
from tests.shared_material import needs_shared, shared, shared_files

from tidegate.duis.certificates import CertificateStore, party_certificate
from tidegate.duis.envelope import DuisSchema
from tidegate.duis.hardened_xml import MAX_DEPTH, RefusedDocument
from tidegate.duis.refusals import Reason
from tidegate.duis.request_bodies import request_bodies, variant_of_body
from tidegate.duis.service_request import SERVICE_OF, Service, read_service_request
from tidegate.duis.signature import Verifier
from tidegate.vocabulary.instants import parse_instant
from tidegate.vocabulary.service_reference_variants import published_variants

NOON = parse_instant("2026-03-01T12:00:00Z")
TEMPLATES = shared_files("duis_requests/*.XML")

user = mint_party(SUPPLIER, role=USER_ROLE)
verifier = Verifier(CertificateStore([party_certificate(user.certificate)]), dcc_roles=())


def refusal_of(body: bytes) -> Reason:
    with pytest.raises(RefusedDocument) as refused:
        read_service_request(body)
    return refused.value.reason


def test_a_request_is_of_its_user_for_its_device() -> None:
    read = read_service_request(request("4.1.1", counter=7))

    assert (request_id(7), eui(SUPPLIER), eui(ESME), ESME, 7) == (
        read.request_id,
        read.user,
        read.target,
        read.device_id,
        read.counter,
    )
    assert ("4.1", "4.1.1", "1", "5.4") == (
        read.service_reference,
        read.service_reference_variant,
        read.command_variant,
        read.schema_version,
    )


def test_the_second_step_of_a_critical_request_has_the_request_id_of_the_first() -> None:
    first, second = read_service_request(transform(5)), read_service_request(signed_pre_command(5))

    assert first.request_id == second.request_id
    assert (False, Service.TRANSFORM) == (first.is_signed_pre_command, first.service)
    assert (True, Service.SEND_COMMAND) == (second.is_signed_pre_command, second.service)


def test_a_sequence_names_what_went_before() -> None:
    first = read_service_request(request(first="true", counter=1))
    second = read_service_request(request(preceding=request_id(1).lower(), counter=2))

    assert (True, "") == (first.is_first_in_sequence, first.preceding_request_id)
    assert (False, first.request_id) == (second.is_first_in_sequence, second.preceding_request_id)


@given(counter=st.sampled_from([0, 1, 2**63 - 1, 2**63, 2**64 - 1]))
def test_a_counter_is_an_unsigned_number_of_64_bits(counter: int) -> None:
    assert counter == read_service_request(request(counter=counter)).counter


@pytest.mark.parametrize("counter", ["18446744073709551616", "01", "-1", "1.0", " ", "1e3", "\u0661"])
def test_another_counter_is_refused(counter: str) -> None:
    assert Reason.INVALID == refusal_of(request(named=f"{eui(SUPPLIER)}:{eui(ESME)}:{counter}"))


@pytest.mark.parametrize(
    ("reason", "body"),
    [
        (Reason.NOT_XML, request()[:-1]),
        (Reason.DOCTYPE, request().replace(b"<sr:Request", b"<!DOCTYPE sr:Request><sr:Request", 1)),
        (Reason.TOO_DEEP, b"<a>" * (MAX_DEPTH + 1) + b"</a>" * (MAX_DEPTH + 1)),
        (Reason.MARKUP, request().replace(b">4.1.1<", b">4.<!-- -->1.1<")),
        (Reason.MARKUP, request().replace(b">4.1.1<", b"><![CDATA[4.1.1]]><")),
        (Reason.MARKUP, request().replace(b"<sr:Body>", b"<sr:Body>" + b"<!-- -->" * 33)),
        (Reason.MARKUP, request().replace(b"<sr:Body>", b"<sr:Body><?x?>")),
        (Reason.NOT_DUIS, b"<a/>"),
        (Reason.NOT_A_REQUEST, acknowledgement()),
        (Reason.NOT_A_REQUEST, device_alert()),
        (Reason.INVALID, request(named="")),
        (Reason.INVALID, request(named="A0:90-B3-D5-1F-30-01-00-00:1")),
        (Reason.INVALID, request(preceding="1000")),
        (Reason.INVALID, request(first="yes")),
        (Reason.INVALID, request(command_variant="9")),
        (Reason.INVALID, request(command_variant="01")),
        (Reason.INVALID, request("four")),
        (Reason.INVALID, request("4.1.1", reference="4.2")),
        (Reason.INVALID, request("4.1.1", READ_REGISTERS * 2)),
        (Reason.INVALID, request("4.1.1", "")),
        (Reason.INVALID, request().replace(b' schemaVersion="5.4"', b"")),
        (Reason.INVALID, request().replace(b"</sr:Body>", b"</sr:Body><sr:Body/>")),
        (Reason.INVALID, request("2.3", SIGNED_PRE_COMMAND.replace("3wkB", "3wkB-"), command_variant="5")),
        (Reason.INVALID, request("2.3", SIGNED_PRE_COMMAND.replace("3wkB", ""), command_variant="5")),
        (Reason.INVALID, request("2.2", SIGNED_PRE_COMMAND, command_variant="5")),
        (Reason.COMMAND_VARIANT, request("2.3", SIGNED_PRE_COMMAND, command_variant="1")),
        (Reason.COMMAND_VARIANT, request("2.3", SIGNED_PRE_COMMAND, command_variant="4")),
        (Reason.COMMAND_VARIANT, request("4.1.1", command_variant="5")),
    ],
    ids=lambda value: value.value if isinstance(value, Reason) else "",
)
def test_what_is_refused_has_its_reason(reason: Reason, body: bytes) -> None:
    assert reason == refusal_of(body)


@pytest.mark.parametrize("srv", ["2.2", "7.4", "99.9"])
def test_nobody_has_the_priority_of_a_variant_by_naming_it(srv: str) -> None:
    """The Body is what is done; under the name of another variant, published or not, it is refused."""
    assert Reason.INVALID == refusal_of(request(srv, UPDATE_DEBT, command_variant="4"))


def test_a_variant_of_a_later_version_is_read_with_a_body_of_its_own() -> None:
    read = read_service_request(request("15.1", "<sr:SomethingNew></sr:SomethingNew>"))

    assert "15.1" == read.service_reference_variant


def test_comments_between_elements_are_dropped_and_the_rest_stays() -> None:
    document = signed(request(), user)
    commented = document.replace(b"<sr:Body>", b"<!-- one --><!-- two <sr:x> --><sr:Body>")

    read = read_service_request(commented)

    assert document == read.body
    assert user.eui == verifier.verify(read, NOON).party


def test_blanks_around_a_comment_stay_as_they_were_signed() -> None:
    body = request().replace(b"<sr:Body>", b"\n <sr:Body>").replace(b"</sr:Body>", b" </sr:Body>\n")

    read = read_service_request(body.replace(b"\n <sr:Body>", b"\n<!-- here --> <sr:Body>"))

    assert body == read.body


@pytest.mark.parametrize(
    "document", [request(), top_up(2), transform(), signed_pre_command(), read_inventory()]
)
def test_a_request_signed_by_its_user_verifies(document: bytes) -> None:
    assert user.eui == verifier.verify(read_service_request(signed(document, user)), NOON).party


def test_the_dcc_does_not_sign_for_a_user() -> None:
    dsp = mint_party(ACCESS_CONTROL_BROKER)
    strict = Verifier(CertificateStore([party_certificate(dsp.certificate)]), dcc_roles=())

    with pytest.raises(RefusedDocument) as refused:
        strict.verify(read_service_request(signed(request(), dsp)), NOON)

    assert Reason.SIGNER_NOT_ALLOWED == refused.value.reason


def test_a_request_that_was_changed_does_not_verify() -> None:
    document = signed(top_up(1), user).replace(b"73950067887105178605", b"73950067887105178606")

    with pytest.raises(RefusedDocument) as refused:
        verifier.verify(read_service_request(document), NOON)

    assert Reason.SIGNATURE_WRONG == refused.value.reason


def test_every_command_variant_has_its_service() -> None:
    assert {"4"} == {variant for variant, service in SERVICE_OF.items() if service is Service.TRANSFORM}
    assert {"2", "6", "8"} == {
        variant for variant, service in SERVICE_OF.items() if service is Service.NON_DEVICE
    }


def test_every_published_variant_has_one_body_that_no_other_has() -> None:
    assert list(published_variants()) == list(request_bodies())
    assert len(request_bodies()) == len(variant_of_body())


@given(st.data())
def test_a_body_is_read_under_its_own_variant_alone(data: st.DataObject) -> None:
    srv, other = (data.draw(st.sampled_from(list(request_bodies()))) for _ in range(2))
    element = request_bodies()[other].element
    body = request(srv, f"<sr:{element}></sr:{element}>")

    if srv == other:
        assert srv == read_service_request(body).service_reference_variant
    else:
        assert Reason.INVALID == refusal_of(body)


@given(st.binary(max_size=60), st.integers(0, 700))
def test_whatever_is_put_into_a_request_is_read_or_refused(octets: bytes, at: int) -> None:
    document = request()

    with suppress(RefusedDocument):
        assert eui(SUPPLIER) == read_service_request(document[:at] + octets + document[at:]).user


def test_a_request_for_enabling_supply_is_no_top_up() -> None:
    assert Reason.INVALID == refusal_of(request("2.2", ENABLE_SUPPLY))
    assert Reason.INVALID == refusal_of(request("7.1", TOP_UP))


@needs_shared
@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_published_template_is_read_with_its_variant_its_user_and_its_device(template: Path) -> None:
    octets = template.read_bytes()
    said = re.search(rb"<sr:RequestID>(.{23}):(.{23}):(\d+)<", octets)
    assert said is not None

    read = read_service_request(octets)

    assert re.search(rf"(?:^|_){re.escape(read.service_reference_variant)}_", template.name)
    assert said.groups() == (read.user.encode(), read.target.encode(), str(read.counter).encode())
    assert read.is_signed


@needs_shared
def test_all_149_templates_are_there_and_fit_the_schema_but_for_their_signatures() -> None:
    schema = DuisSchema(shared("schemas/v5.4/DUIS_5.4.xsd"))
    unsigned = [
        re.sub(rb"<ds:Signature.*</ds:Signature>", b"", one.read_bytes(), flags=re.DOTALL)
        for one in TEMPLATES
    ]

    assert 149 == len([read_service_request(octets, schema) for octets in unsigned])


@needs_shared
@pytest.mark.parametrize(
    "document",
    [request(), top_up(2), signed_pre_command(), read_inventory(), request(preceding=request_id(1))],
)
def test_what_the_tests_build_fits_the_schema(document: bytes) -> None:
    schema = DuisSchema(shared("schemas/v5.4/DUIS_5.4.xsd"))

    assert read_service_request(document, schema).request_id in document.decode()
