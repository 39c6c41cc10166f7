"""Service Requests over HTTP: answered by the sandbox or from upstream; told when to come back above their capacity."""

from __future__ import annotations

import http.client
import json
import re
from contextlib import closing

import pytest
from tests.gateways import XML, a_free_port, running_gateway, wait_until
from tests.material.duis_documents import acknowledgement, eui
from tests.material.duis_requests import (
    read_inventory,
    request,
    request_id,
    signed_pre_command,
    top_up,
    transform,
)
from tests.material.gbcs_alerts import SUPPLIER
from tests.material.request_policies import request_policy
from tests.material.signed_alerts import USER_ROLE, mint_party, signed, write_certificates
from tests.receive_services import Receiver, receivers
from tests.receivers import web_receiver

from tidegate.assembly.changing_policy import CHANGE_PATH
from tidegate.duis.service_request import read_service_request
from tidegate.vocabulary.faults import InputError

T, S, D = (f"/api/v1/service{word}" for word in "TSD")
JSON = {"content-type": "application/json"}
PROBLEM = {**XML, "accept": "application/problem+json"}
ALONE = "[limits]\nreading_processes = 0\n"


@pytest.fixture(scope="module")
def user():
    return mint_party(SUPPLIER, role=USER_ROLE)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory, user):
    """A gateway with the sandbox and much capacity; what it signs with is its own."""
    folder = tmp_path_factory.mktemp("sandbox")
    own = mint_party(0x90B3D51F30000009)
    certificates = write_certificates(folder / "certificates", user, own)
    (folder / "own.key").write_bytes(own.key_pem)
    configuration = f"""{ALONE}
[service_requests]
sandbox = true
[signatures]
certificates = "{certificates}"
[signing]
key = "{folder}/own.key"
certificate = "{certificates}/{own.eui}.pem"
"""
    with running_gateway(folder / "gateway", configuration) as running:
        yield running


@pytest.fixture(scope="module")
def in_front(tmp_path_factory, sandbox):
    """A gateway whose upstream is the other one."""
    folder = tmp_path_factory.mktemp("in_front")
    configuration = f"""{ALONE}
[service_requests]
upstream = "http://127.0.0.1:{sandbox.port}/api/v1"
upstream_seconds = 0.5
"""
    with running_gateway(folder, configuration) as running:
        yield running


@pytest.fixture
def order(sandbox):
    """Orders faults in the sandbox until the test has ended."""

    def put(*faults):
        return sandbox.put("/api/sandbox/faults", {"faults": faults})

    yield put
    put()


@pytest.fixture
def counters():
    return iter(range(COUNTERS.pop(), 10**9))


COUNTERS = [10_000 * number for number in range(1, 200)]


def code_of(answer):
    found = re.search(rb"<sr:ResponseCode>(\w+)<", answer.body)
    return found and found.group(1).decode()


@pytest.mark.parametrize(
    ("path", "build", "code", "holds"),
    [
        (S, request, "I99", b"</sr:ServiceReferenceVariant></sr:ResponseMessage>"),
        (T, transform, "I0", b"<sr:PreCommand><sr:GBCSVersion>none (Tidegate sandbox)<"),
        (S, signed_pre_command, "I99", b"</sr:ServiceReferenceVariant></sr:ResponseMessage>"),
        (D, read_inventory, "I99", b"</sr:ServiceReferenceVariant></sr:ResponseMessage>"),
        (D, lambda **it: request(command_variant="2", **it), "I0", b"<sr:LocalCommand>"),
    ],
)
def test_the_sandbox_answers_as_the_standard_has_it(sandbox, user, counters, path, build, code, holds):
    document = build(counter=next(counters))

    answer = sandbox.post(signed(document, user), path=path)

    assert (200, "application/xml", code) == (answer.status, answer.headers["content-type"], code_of(answer))
    assert holds in answer.body
    for tag in ("RequestID", "ServiceReferenceVariant"):
        element = re.search(rb"<sr:%s>.*?</sr:%s>" % (tag.encode(), tag.encode()), document)
        assert element is not None
        assert element.group() in answer.body
    assert answer.headers["ratelimit"].startswith('"fair-share";r=')
    assert '"allocation";q=' in answer.headers["ratelimit-policy"]


def test_a_request_on_the_wrong_service_is_told_so_in_duis(sandbox, user, counters):
    answer = sandbox.post(signed(request(counter=next(counters)), user), path=T)

    assert (400, "E13") == (answer.status, code_of(answer))


def test_whoever_asks_for_a_problem_is_given_one(sandbox, user, counters):
    answer = sandbox.post(signed(request(counter=next(counters)), user), PROBLEM, T)

    assert ("application/problem+json", "wrong_service", "E13") == (
        answer.headers["content-type"],
        answer.json["reason"],
        answer.json["response_code"],
    )


def test_a_replayed_request_id_is_refused(sandbox, user, counters):
    document = signed(request(counter=next(counters)), user)
    assert 200 == sandbox.post(document, path=S).status

    again = sandbox.post(document, path=S)

    assert (409, "replayed") == (again.status, again.json["reason"])


def test_the_pre_command_of_a_transform_has_its_request_id_and_is_refused_the_second_time(
    sandbox, user, counters
):
    counter = next(counters)
    statuses = [
        sandbox.post(signed(document, user), path=path).status
        for path, document in (
            (T, transform(counter)),
            (S, signed_pre_command(counter)),
            (S, signed_pre_command(counter)),
        )
    ]

    assert [200, 200, 409] == statuses


@pytest.mark.parametrize(
    ("reason", "status", "document"),
    [
        ("unsigned", 403, request(counter=1)),
        ("not_a_request", 422, acknowledgement()),
        ("not_xml", 400, b"{}"),
        ("markup", 400, request(counter=1).replace(b">4.1.1<", b">4.<!-- -->1.1<")),
        ("doctype", 400, b"<!DOCTYPE a []><a/>"),
        ("invalid", 400, request("2.2", counter=1)),
    ],
)
def test_what_is_no_request_is_refused(sandbox, reason, status, document):
    answer = sandbox.post(document, path=S)

    assert (status, reason) == (answer.status, answer.json["reason"])
    assert "ratelimit" not in answer.headers


def test_a_stranger_does_not_ask_in_a_users_name(sandbox, counters):
    answer = sandbox.post(signed(request(counter=next(counters)), mint_party(SUPPLIER)), path=S)

    assert (403, "E1") == (answer.status, code_of(answer))


def test_a_get_is_told_what_to_do(sandbox):
    assert (405, "POST") == ((answer := sandbox.ask(S)).status, answer.headers["allow"])


def test_every_outcome_is_in_the_metrics(sandbox, user, counters):
    sandbox.post(signed(request(counter=next(counters)), user), path=S)

    metrics = sandbox.ask("/metrics").body.decode()

    assert re.search(r'tidegate_service_requests_total\{held_back="no",outcome="admitted"\} [1-9]', metrics)
    assert re.search(r'tidegate_http_requests_total\{route="serviceS",status="200"\} [1-9]', metrics)


# Above capacity.


@pytest.fixture(scope="module")
def told_of_the_user():
    with web_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def full(tmp_path_factory, told_of_the_user):
    """A gateway where a User has used its three requests of the hour; five at most are taken in all."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "policy.toml").write_text(request_policy())
    configuration = f"""{ALONE}
[policy]
begin_with = "{folder}/policy.toml"
[service_requests]
sandbox = true
[service_requests.allocations]
"{eui(SUPPLIER)}" = 3
[[notices.parties]]
party = "{eui(SUPPLIER)}"
webhook = "{told_of_the_user.url}"
webhook_secret = "whsec_YSBrZXkgb2Ygc29tZSB0d2VudHktZm91ciBvY3RldHM="
"""
    with running_gateway(folder / "gateway", configuration) as running:
        assert [200] * 3 == [running.post(request(counter=counter), path=S).status for counter in range(3)]
        yield running


def test_above_its_capacity_a_user_is_told_when_to_come_back(full):
    answer = full.post(request(counter=10), PROBLEM, S)

    assert (503, "throttled", "over_share") == (answer.status, answer.json["reason"], answer.json["cause"])
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["ratelimit"].startswith('"fair-share";r=0;t=')
    assert (request_id(10), eui(SUPPLIER), 3, 3, 3, 5) == tuple(
        answer.json[name]
        for name in (
            "service_request_id",
            "user",
            "used",
            "allocation",
            "operating_threshold",
            "maximum_system_capacity",
        )
    )
    assert answer.json["retry_at"] == answer.headers["tidegate-retry-at"]


def test_who_asks_for_no_problem_is_told_in_duis_with_the_same_headers(full):
    answer = full.post(request(counter=11), path=S)

    assert (503, "application/xml", "E20") == (answer.status, answer.headers["content-type"], code_of(answer))
    assert request_id(11).encode() in answer.body
    assert {"retry-after", "ratelimit", "ratelimit-policy"} <= answer.headers.keys()


def test_the_prioritised_and_what_continues_something_still_pass(full):
    assert 200 == full.post(top_up(20), path=S).status
    preceded = request(counter=21, preceding=request_id(0))

    answer = full.post(preceded, path=S)

    assert (200, "continuation") == (answer.status, answer.headers["tidegate-outcome"])


def test_a_user_near_its_allocation_is_warned_on_every_answer(full):
    answer = full.post(request(counter=12), path=S)

    assert re.fullmatch(r"used=\d+, allocation=3", answer.headers["tidegate-early-warning"])
    assert 1 == sum(entry["event"] == "early warning" for entry in full.log.entries)


def test_a_user_that_comes_near_its_allocation_is_sent_one_notice_of_it(full, told_of_the_user):
    full.post(request(counter=14), path=S)
    wait_until(lambda: told_of_the_user.requests)

    (event,) = [json.loads(body) for _, body in told_of_the_user.requests]
    assert ("uk.tidegate.early_warning", eui(SUPPLIER)) == (event["type"], event["subject"])
    assert {
        "user": eui(SUPPLIER),
        "used": 3,
        "allocation": 3,
        "system_used": 3,
        "operating_threshold": 3,
        "period_seconds": 3600.0,
        "crossings": 1,
        "policy_version": "few",
    } == {name: value for name, value in event["data"].items() if name != "at"}


def test_a_user_is_told_how_it_stands(full):
    capacity = full.ask(f"/api/users/{eui(SUPPLIER).lower()}/capacity").json

    assert (eui(SUPPLIER), "enforced", 3, 0, "few") == tuple(
        capacity[name] for name in ("user", "mode", "allocation", "would_be_admitted", "policy_version")
    )
    assert ["2.2"] == capacity["prioritised"]
    assert capacity["system"]["state"] in ("busy", "full")
    assert 422 == full.ask("/api/users/nobody/capacity").status


def test_a_change_of_policy_is_followed_while_the_gateway_runs(full):
    """The last of its gateway: from here on it decides nothing any more."""
    assert 503 == full.post(request(counter=13), path=S).status
    document = request_policy("off", mode="off", supersedes="few")
    body = {"action": "apply", "who": "an operator", "reason": "a try", "document": document}

    changed = full.post(json.dumps(body).encode(), JSON, CHANGE_PATH)

    assert 200 == changed.status, changed.body
    wait_until(lambda: full.ask("/api/policy").json["version"] == "off")
    answer = full.post(request(counter=13), path=S)
    assert 200 == answer.status
    assert "ratelimit" not in answer.headers


# Upstream.


def test_what_is_admitted_goes_upstream_octet_for_octet_and_its_answer_comes_back(in_front, user, counters):
    answer = in_front.post(signed(request(counter=next(counters)), user), path=S)

    assert (200, "I99") == (answer.status, code_of(answer))
    assert b"<ds:Signature" in answer.body


def test_connections_to_upstream_are_kept(in_front, user, counters):
    for _ in range(3):
        assert 200 == in_front.post(signed(request(counter=next(counters)), user), path=S).status


def test_a_refusal_from_upstream_comes_back_as_it_is(in_front, counters):
    answer = in_front.post(request(counter=next(counters)), PROBLEM, S)

    assert (403, "unsigned") == (answer.status, answer.json["reason"])


@pytest.mark.parametrize(
    ("fault", "status", "is_throttled"),
    [
        ({"kind": "outage"}, 503, False),
        ({"kind": "throttled"}, 503, True),
        ({"kind": "slow", "seconds": 60}, 504, False),
        ({"kind": "dropped"}, 502, False),
        ({"kind": "error", "response_code": "E5"}, 400, True),
    ],
)
def test_what_fails_upstream_is_told_apart_from_throttling(
    in_front, order, user, counters, fault, status, is_throttled
):
    assert 200 == order(fault).status

    answer = in_front.post(signed(request(counter=next(counters)), user), path=S)

    assert (status, is_throttled) == (answer.status, "ratelimit" in answer.headers)


def test_what_did_not_reach_upstream_may_be_sent_again(in_front, order, user, counters):
    document = signed(request(counter=next(counters)), user)
    order({"kind": "outage"})
    assert 503 == in_front.post(document, path=S).status

    order()

    assert 200 == in_front.post(document, path=S).status


def test_an_upstream_that_is_not_there_is_a_502_without_a_rate_limit(tmp_path):
    configuration = f'{ALONE}[service_requests]\nupstream = "http://127.0.0.1:{a_free_port()}"\n'
    with running_gateway(tmp_path / "gateway", configuration) as running:
        answer = running.post(request(), PROBLEM, S)
        metrics = running.ask("/metrics").body.decode()

    assert (502, "upstream_unreachable", False) == (
        answer.status,
        answer.json["reason"],
        "ratelimit" in answer.headers,
    )
    assert 'tidegate_upstream_total{end="unreachable"} 1.0' in metrics


def test_without_anything_behind_it_a_gateway_takes_no_requests_and_orders_no_faults(tmp_path):
    with running_gateway(tmp_path / "gateway", ALONE) as running:
        assert (501, "no_upstream") == (
            (answer := running.post(request(), path=S)).status,
            answer.json["reason"],
        )
        assert 404 == running.ask("/api/sandbox/faults").status


# The sandbox misbehaves on demand.


def test_a_connection_is_dropped_without_an_answer_and_the_request_is_done(sandbox, order, user, counters):
    document = signed(request(counter=next(counters)), user)
    order({"kind": "dropped"})

    with closing(http.client.HTTPConnection("127.0.0.1", sandbox.port)) as connection:
        connection.request("POST", S, document, XML)
        with pytest.raises(http.client.RemoteDisconnected):
            connection.getresponse()

    order()
    assert 409 == sandbox.post(document, path=S).status


def test_one_in_two_is_refused_and_the_order_says_how_many_met_it(sandbox, order, user, counters):
    order({"kind": "outage", "one_in": 2, "srv": "2.2", "seconds": 7})
    answers = [sandbox.post(signed(top_up(next(counters)), user), path=S) for _ in range(4)]

    assert [200, 503, 200, 503] == [answer.status for answer in answers]
    assert "7" == answers[1].headers["retry-after"]
    assert [2] == [it["met"] for it in sandbox.ask("/api/sandbox/faults").json["faults"]]


def test_a_fault_that_cannot_be_is_refused(order):
    assert 422 == order({"kind": "earthquake"}).status


def test_a_service_response_follows_to_the_users_own_service(tmp_path):
    with receivers(Receiver()) as (receiver,):
        configuration = f"""{ALONE}
[service_requests]
sandbox = true
sandbox_answers_after = 0
[[recipients]]
user = "{eui(SUPPLIER)}"
url = "{receiver.url}"
"""
        with running_gateway(tmp_path / "gateway", configuration) as running:
            assert "I99" == code_of(running.post(request(counter=77), path=S))
            wait_until(lambda: receiver.accepted)

    (response,) = receiver.accepted
    asked = read_service_request(request(counter=77))
    assert f"<sr:ResponseID>{asked.target}:{asked.user}:77</sr:ResponseID>".encode() in response
    assert b"<sr:ResponseCode>I0</sr:ResponseCode>" in response


# Parties.


def test_a_party_sends_for_itself_and_sees_its_own_capacity(tmp_path):
    from tidegate.gateway.parties import Scope  # noqa: PLC0415
    from tidegate.gateway.tokens import TokenFile  # noqa: PLC0415

    tokens = TokenFile(tmp_path / "tokens.json")
    text, _ = tokens.make("theirs", eui(SUPPLIER), {Scope.SUBMIT, Scope.READ}, set(), 0, 4 * 10**15)
    bearer = {"authorization": f"Bearer {text}"}
    configuration = f"""{ALONE}
[access]
mode = "token"
tokens = "{tmp_path}/tokens.json"
[signatures]
verify = false
[service_requests]
sandbox = true
"""
    with running_gateway(tmp_path / "gateway", configuration) as running:
        own = running.post(request(), {**XML, **bearer}, S)
        others = running.post(request(user=SUPPLIER + 1), {**XML, **bearer}, S)
        capacities = [
            running.ask(f"/api/users/{eui(number)}/capacity", bearer) for number in (SUPPLIER, SUPPLIER + 1)
        ]
        order = running.ask("/api/sandbox/faults", bearer)
        nobody = running.post(request(counter=2), path=S)

    assert (200, 403, "E1") == (own.status, others.status, code_of(others))
    assert [200, 403] == [capacity.status for capacity in capacities]
    assert (403, 401) == (order.status, nobody.status)


def test_allocations_that_are_more_than_there_is_are_told_before_anyone_waits(tmp_path):
    (tmp_path / "policy.toml").write_text(request_policy(threshold=3))
    configuration = f"""{ALONE}
[policy]
begin_with = "{tmp_path}/policy.toml"
[service_requests]
sandbox = true
[service_requests.allocations]
"{eui(SUPPLIER)}" = 4
"""

    with pytest.raises(InputError) as raised, running_gateway(tmp_path / "gateway", configuration):
        pass

    (fault,) = raised.value.faults
    assert ("service_requests.allocations", "few") == (fault.where, fault.remedy.split()[-3])
