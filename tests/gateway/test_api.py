"""The API is what its description says: tried by schemathesis, and read without an internet."""

from __future__ import annotations

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance
from tests.gateways import running_gateway


@schemathesis.serializer("application/x-ndjson", "application/vnd.apache.arrow.stream")
def as_it_is(_context, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


# A description can say that a document is text; that it is a whole and true Alert, it cannot.
TRUE_ALERTS_ONLY = [positive_data_acceptance]


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with running_gateway(tmp_path_factory.mktemp("api"), "[limits]\nrequest_seconds = 5\n") as it:
        yield it


@pytest.fixture(scope="module")
def api(running):
    return schemathesis.openapi.from_dict(running.ask("/openapi.json").json)


OPERATIONS = (
    "POST /api/v1/alerts",
    "POST /api/v1/responses",
    "POST /api/v1/alerts:batch",
    "GET /api/storms",
    "GET /api/problems",
    "GET /api/policy",
    "GET /api/summary",
    "GET /metrics",
    "GET /healthz",
    "GET /readyz",
)


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_answer_is_as_described(running, api, label):
    operation = next(it.ok() for it in api.get_all_operations() if it.ok().label == label)

    @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE))
    def every_answer_is_as_described(case):
        case.call_and_validate(
            base_url=f"http://127.0.0.1:{running.port}",
            excluded_checks=TRUE_ALERTS_ONLY if label.startswith("POST") else [],
        )

    every_answer_is_as_described()


def test_it_is_described_as_openapi_3_1_with_every_route(running):
    document = running.ask("/openapi.json").json

    assert document["openapi"].startswith("3.1")
    assert {
        "/api/v1/alerts",
        "/api/v1/responses",
        "/api/v1/alerts:batch",
        "/api/storms",
        "/api/problems",
        "/api/policy",
        "/api/summary",
        "/metrics",
        "/healthz",
        "/readyz",
    } <= set(document["paths"])


def test_the_page_needs_nothing_from_a_network(running):
    page = running.ask("/docs").body.decode()

    assert "POST" in page
    assert not re.findall(r"(?:src|href)=\"(?:https?:)?//", page)
    assert "<script" not in page


def test_the_policy_in_force_is_told(running):
    told = running.ask("/api/policy").json

    assert "illustrative-2" == told["version"]
    assert "exclusion_list" in told["document"]


@pytest.mark.parametrize("question", ["alert_code=zz", "limit=0", "limit=x", "state=no"])
def test_a_question_that_cannot_be_read_is_refused_by_the_same_table(running, question):
    answer = running.ask(f"/api/storms?{question}")

    assert (422, "query") == (answer.status, answer.json["reason"])
    assert "application/problem+json" == answer.headers["content-type"]


def test_what_is_not_there_is_refused_by_the_same_table(running):
    assert (404, "not_found") == (running.ask("/x").status, running.ask("/x").json["reason"])
    assert 405 == running.ask("/api/summary", method="DELETE").status
