"""What is answered to a Service Request: it repeats the request, fits the schema, and is signed as it is written."""

from __future__ import annotations

import re

import pytest
from tests.material.duis_documents import eui
from tests.material.duis_requests import read_inventory, request, request_id, transform
from tests.material.gbcs_alerts import ESME, SUPPLIER
from tests.material.signed_alerts import mint_party
from tests.shared_material import needs_shared, shared

from tidegate.duis.documents import NotAnAlert, read_document
from tidegate.duis.envelope import DuisSchema
from tidegate.duis.hardened_xml import parse
from tidegate.duis.refusals import ANSWERS
from tidegate.duis.service_request import read_service_request
from tidegate.duis.service_response import THROTTLED, ResponseWriter
from tidegate.duis.signature_profile import as_parsed, as_written
from tidegate.duis.signing_keys import Signer
from tidegate.gbcs.stand_in import COMMAND, GBCS_VERSION, LABEL, RESPONSE, stand_in
from tidegate.vocabulary.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")

gateway = mint_party()
plain, signing = ResponseWriter(), ResponseWriter(Signer(gateway.key, gateway.certificate))
asked = read_service_request(request("4.1.1", counter=2**64 - 1))
critical = read_service_request(transform(7))
command = stand_in(COMMAND, SUPPLIER, ESME, 7, 0x001E)


def answers(writer: ResponseWriter) -> dict[str, bytes]:
    return {
        "acknowledgement": writer.acknowledgement(asked, NOON),
        "throttled": writer.error(asked, NOON, THROTTLED),
        "pre-command": writer.pre_command(critical, NOON, GBCS_VERSION, command),
        "local command": writer.local_command(asked, NOON, command),
        "response": writer.service_response(asked, NOON, stand_in(RESPONSE, ESME, SUPPLIER, 7)),
    }


@pytest.mark.parametrize("kind", answers(plain))
def test_every_answer_repeats_the_request_id_and_the_variant(kind: str) -> None:
    request_ = critical if kind == "pre-command" else asked

    answer = answers(plain)[kind]

    assert f"<sr:RequestID>{request_.request_id}</sr:RequestID>".encode() in answer
    variant = request_.service_reference_variant
    assert f"<sr:ServiceReferenceVariant>{variant}</sr:ServiceReferenceVariant>".encode() in answer


def test_a_request_id_is_repeated_letter_for_letter() -> None:
    lower = request_id(3).lower()

    answer = plain.acknowledgement(read_service_request(request(named=lower)), NOON)

    assert f"<sr:RequestID>{lower}</sr:RequestID>".encode() in answer


@pytest.mark.parametrize(
    ("kind", "code"),
    [("acknowledgement", "I99"), ("throttled", "E20"), ("pre-command", "I0"), ("response", "I0")],
)
def test_each_answer_has_its_response_code(kind: str, code: str) -> None:
    assert f"<sr:ResponseCode>{code}</sr:ResponseCode>".encode() in answers(plain)[kind]


def test_a_response_of_the_device_changes_the_two_over_and_keeps_the_counter() -> None:
    answer = answers(plain)["response"]

    response_id = f"{eui(ESME)}:{eui(SUPPLIER)}:{2**64 - 1}"
    assert f"<sr:ResponseID>{response_id}</sr:ResponseID>".encode() in answer
    assert NotAnAlert("Service Response 4.1.1", response_id) == read_document(answer)


def test_an_acknowledgement_has_no_response_id_and_is_known_for_one() -> None:
    said = read_document(plain.acknowledgement(asked, NOON))

    assert NotAnAlert("acknowledgement I99 of 4.1.1", request_id(2**64 - 1)) == said


@pytest.mark.parametrize("kind", answers(plain))
def test_what_is_signed_is_what_is_written(kind: str) -> None:
    signed = answers(signing)[kind]

    verified = as_written(signed)

    assert verified == as_parsed(parse(signed))
    assert re.sub(rb"<ds:Signature.*</ds:Signature>", b"", signed) == answers(plain)[kind]
    assert not re.search(rb">\s+<", signed)


@pytest.mark.parametrize("cra", [COMMAND, RESPONSE])
def test_a_stand_in_says_that_it_is_one(cra: int) -> None:
    assert LABEL in stand_in(cra, SUPPLIER, ESME, 1)


@needs_shared
@pytest.mark.parametrize("writer", [plain, signing])
def test_every_answer_fits_the_schema(writer: ResponseWriter) -> None:
    schema = DuisSchema(shared("schemas/v5.4/DUIS_5.4.xsd"))

    for answer in answers(writer).values():
        schema.check(parse(answer))
    for response_code in {it.response_code for it in ANSWERS.values()} - {""}:
        schema.check(parse(writer.error(read_service_request(read_inventory()), NOON, response_code)))
