"""Requests of the DCC's own templates, signed by its own signer, through the gateway and back into its own parser."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.gateways import Running, running_gateway
from tests.interop.clients import (
    PASSED,
    built,
    certificates_of_the_jar,
    needs_node,
    needs_node_and_java,
    parsed,
    signed_by_java_all,
    signed_by_the_wrapper,
    verdicts,
)
from tests.material.request_policies import request_policy
from tests.material.signed_alerts import mint_party
from tidegate.duis.service_request import Service, read_service_request

CLIENT_WAITS_S = 3
"""How long the DCC Boxed client waits for an answer."""

READ, TOP_UP, DEBT, INVENTORY = "ECS17b_4.1.1_SINGLE", "CS01b_2.2", "ECS07_2.3", "8.2_READ_INVENTORY"
CAPACITY, MAXIMUM = 4, 8


class Answered(NamedTuple):
    tag: str
    document: bytes
    status: int
    headers: Mapping[str, str]
    body: bytes


@needs_node
def test_every_template_is_read_with_its_variant_its_user_and_its_device() -> None:
    templates = built()

    for tag, variant, document in templates:
        read = read_service_request(document)
        said = re.search(rb"<sr:RequestID>(.{23}):(.{23}):1000<", document)
        assert said is not None, tag
        assert (variant, *(eui.decode().upper() for eui in said.groups())) == (
            read.service_reference_variant,
            read.user,
            read.target,
        ), tag
    assert len(templates) >= 149


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> list[Answered]:
    """What a gateway with little capacity answered: four of any kind, then more than it can take."""
    folder = tmp_path_factory.mktemp("interop")
    wanted = [(READ, 1), (DEBT, 2), (INVENTORY, 3), (READ, 4), (READ, 5), (TOP_UP, 6), (READ, 7), (TOP_UP, 8)]
    made = built(wanted)
    first, *others = [document for _, _, document in made]
    documents = [signed_by_the_wrapper(first), *signed_by_java_all(others, folder)]
    with running_gateway(folder / "gateway", _configuration(folder)) as running:
        return [
            Answered(tag, document, *_post(running, document))
            for (tag, _, _), document in zip(made, documents, strict=True)
        ]


def _configuration(folder: Path) -> str:
    certificates = folder / "certificates"
    certificates.mkdir()
    for name, pem in certificates_of_the_jar().items():
        (certificates / name).write_bytes(pem)
    (folder / "own.key").write_bytes(gateway.key_pem)
    (folder / "own.pem").write_bytes(gateway.pem)
    (folder / "policy.toml").write_text(request_policy(threshold=CAPACITY, maximum=MAXIMUM))
    return f"""
[limits]
reading_processes = 0
[policy]
begin_with = "{folder}/policy.toml"
[signatures]
certificates = "{certificates}"
accept_expired = true
[signing]
key = "{folder}/own.key"
certificate = "{folder}/own.pem"
[service_requests]
sandbox = true
"""


def _post(running: Running, document: bytes) -> tuple[int, Mapping[str, str], bytes]:
    """As the DCC Boxed client does."""
    service: Service = read_service_request(document).service
    with closing(http.client.HTTPConnection("127.0.0.1", running.port, timeout=CLIENT_WAITS_S)) as connection:
        connection.request("POST", f"/api/v1/{service}", document, {"content-type": "application/xml"})
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()


gateway = mint_party()


@needs_node_and_java
def test_what_is_within_capacity_is_answered_and_repeats_the_request_id_and_the_variant(
    answered: list[Answered],
) -> None:
    within = answered[:CAPACITY]

    said = parsed([one.body for one in within])

    assert [200] * CAPACITY == [one.status for one in within]
    assert ["I99", "I0", "I99", "I99"] == [one["duis"]["header"]["responseCode"] for one in said]
    for one, answer in zip(within, said, strict=True):
        asked = read_service_request(one.document)
        header = answer["duis"]["header"]
        request_id = header["requestId"]
        assert asked.written_request_id == ":".join(
            (request_id["originatorId"], request_id["targetId"], request_id["counter"])
        )
        assert f"<sr:RequestID>{asked.written_request_id}</sr:RequestID>".encode() in one.body
        variant = answer["duis"]["body"]["ResponseMessage"]["ServiceReferenceVariant"]
        assert asked.service_reference_variant == variant


@needs_node_and_java
def test_above_capacity_they_are_told_to_come_back_and_the_prioritised_still_pass(
    answered: list[Answered],
) -> None:
    above = answered[CAPACITY:]

    assert [(READ, 503), (TOP_UP, 200), (READ, 503), (TOP_UP, 200)] == [
        (one.tag, one.status) for one in above
    ]
    for one in above:
        assert "ratelimit" in one.headers
        assert ("retry-after" in one.headers) == (one.status == 503)


@needs_node_and_java
def test_every_answer_is_read_by_the_parser_and_passes_the_validator(
    answered: list[Answered], tmp_path_factory: pytest.TempPathFactory
) -> None:
    bodies = [one.body for one in answered]

    assert ["duis"] * len(bodies) == [next(iter(read)) for read in parsed(bodies)]
    said = verdicts(bodies, tmp_path_factory.mktemp("verdicts"), gateway.pem)
    assert [True] * len(bodies) == [PASSED in words for words in said]


@needs_node_and_java
def test_every_answer_is_of_the_type_that_the_client_asks_for(answered: list[Answered]) -> None:
    assert {"application/xml"} == {one.headers["content-type"] for one in answered}
