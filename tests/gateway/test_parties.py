"""Who may come, what they may, and what they are told: by token, by certificate, by a proxy's word."""

from __future__ import annotations

import http.client
import json
import ssl
from contextlib import closing

import pytest
from tests.gateways import NDJSON, XML, running_gateway
from tests.material.duis_documents import eui
from tests.material.gbcs_alerts import ESME, SUPPLIER
from tests.material.signed_alerts import DSP, AlertMint, mint_party, write_certificates
from tests.material.web_certificates import Authority

from tidegate.assembly.asking_gateway import Credentials, ask_gateway
from tidegate.assembly.clock import clock
from tidegate.gateway.parties import Scope
from tidegate.gateway.tokens import TokenFile
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY

ANOTHER = 0x90B3D51F30009999


@pytest.fixture(scope="module")
def dsp():
    return mint_party()


@pytest.fixture(scope="module")
def running(tmp_path_factory, dsp):
    folder = tmp_path_factory.mktemp("tokens")
    certificates = write_certificates(folder / "certificates", dsp)
    configuration = f'[access]\nmode = "token"\ntokens = "{folder}/tokens.json"\n[signatures]\ncertificates = "{certificates}"\n'
    with running_gateway(folder, configuration) as it:
        yield it


@pytest.fixture(scope="module")
def tokens(running):
    return TokenFile(running.folder / "tokens.json")


@pytest.fixture(scope="module")
def bearer(tokens):
    """Headers of a new token; the gateway looks for new ones once a second, so all are made before the first test."""
    now = clock()

    def make(name, party, *scopes, submits_for=(), until=now + DAY):
        text, token = tokens.make(name, party, scopes, submits_for, now, until)
        return {"authorization": f"Bearer {text}", "id": token.token_id}

    its = {
        "dcc": make("the DCC", eui(DSP), Scope.SUBMIT, submits_for={"any"}),
        "signer": make("signer", eui(DSP), Scope.SUBMIT),
        "stranger": make("stranger", eui(ANOTHER), Scope.SUBMIT, Scope.READ),
        "supplier": make("supplier", eui(SUPPLIER), Scope.READ),
        "another": make("another", eui(ANOTHER), Scope.READ),
        "operator": make("operator", "", Scope.OPERATE),
        "expired": make("expired", "", Scope.OPERATE, until=now),
        "revoked": make("revoked", "", Scope.OPERATE),
    }
    tokens.revoke(its["revoked"]["id"], now)
    return its


@pytest.fixture(scope="module")
def storm(running, bearer, dsp):
    """A storm of the supplier's."""
    mint = AlertMint(dsp)
    for counter in range(45):
        assert 204 == running.post(mint.alert(counter=counter), {**XML, **bearer["dcc"]}).status


@pytest.mark.parametrize(
    ("who", "reason"),
    [("expired", "credentials_expired"), ("revoked", "credentials")],
)
def test_a_token_past_its_time_or_revoked_is_refused(running, bearer, who, reason):
    answer = running.ask("/api/summary", bearer[who])

    assert (401, reason) == (answer.status, answer.json["reason"])
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["", "Basic x", "Bearer", "Bearer tg_000000000000_" + "a" * 43, "Bearer \xe9"]
)
def test_who_brings_no_token_that_is_known_is_refused(running, bearer, header):
    assert bearer
    assert 401 == running.ask("/api/storms", {"authorization": header}).status


def test_a_secret_of_another_token_proves_nothing(running, bearer):
    secret = bearer["operator"]["authorization"][-43:]
    forged = bearer["supplier"]["authorization"][:-43] + secret

    assert 401 == running.ask("/api/summary", {"authorization": forged}).status


def test_no_secret_stands_in_the_file_or_in_the_log(running, bearer):
    told = (running.folder / "tokens.json").read_text() + json.dumps(running.log.entries, default=str)

    assert not [each for each in bearer.values() if each["authorization"][-43:] in told]


def test_who_may_only_read_may_not_submit(running, bearer, dsp):
    answer = running.post(AlertMint(dsp).alert(counter=500), {**XML, **bearer["supplier"]})

    assert (403, "scope") == (answer.status, answer.json["reason"])


def test_who_may_only_submit_may_not_read(running, bearer):
    assert 403 == running.ask("/api/storms", bearer["dcc"]).status


def test_the_signer_may_submit_what_it_signed(running, bearer, dsp):
    assert 204 == running.post(AlertMint(dsp).alert(counter=501), {**XML, **bearer["signer"]}).status


def test_who_is_neither_originator_nor_signer_may_not_submit(running, bearer, dsp):
    answer = running.post(AlertMint(dsp).alert(counter=502), {**XML, **bearer["stranger"]})

    assert (403, "not_theirs") == (answer.status, answer.json["reason"])


def test_rows_of_a_batch_of_others_devices_come_back(running, bearer):
    rows = [{"device_id": device, "alert_code": "8014"} for device in (eui(ANOTHER), eui(ESME))]
    body = "\n".join(map(json.dumps, rows)).encode()

    answer = running.batch(body, {**NDJSON, **bearer["stranger"]}).json

    assert (1, [2]) == (answer["received"], [each["row"] for each in answer["rejected_rows"]])


@pytest.mark.usefixtures("storm")
def test_the_recipient_of_a_storm_is_told_of_it(running, bearer):
    told = running.ask("/api/storms", bearer["supplier"]).json

    assert [eui(SUPPLIER)] == [each["recipient"] for each in told["storms"]]


@pytest.mark.usefixtures("storm")
def test_another_user_is_told_of_no_storm_problem_or_total_that_is_not_its_own(running, bearer):
    assert [] == running.ask("/api/storms", bearer["another"]).json["storms"]
    assert [] == running.ask("/api/problems", bearer["another"]).json["problems"]
    assert 0 == running.ask("/api/summary", bearer["another"]).json["received"]


@pytest.mark.usefixtures("storm")
def test_a_users_totals_are_its_own_and_add_up(running, bearer):
    own = running.ask("/api/summary", bearer["supplier"]).json

    assert (eui(SUPPLIER), True) == (own["of"], own["is_conserved"])
    assert own["received"] >= 45
    assert own["by_code"] is None


@pytest.mark.usefixtures("storm")
def test_an_operator_is_told_of_everything(running, bearer):
    assert 1 == len(running.ask("/api/storms", bearer["operator"]).json["storms"])
    assert "everyone" == running.ask("/api/summary", bearer["operator"]).json["of"]


def test_health_is_told_to_everyone(running):
    assert [200, 200, 200] == [running.ask(path).status for path in ("/healthz", "/readyz", "/metrics")]


def test_a_party_is_known_by_its_certificate_and_a_stranger_is_not(tmp_path):
    authority = Authority(tmp_path)
    server, adapter = authority.give("localhost"), authority.give("adapter", "Northern, Invented")
    stranger = authority.give("stranger")
    configuration = f"""
[access]
mode = "certificate"
[tls]
certificate = "{server.certificate}"
key = "{server.key}"
client_authorities = "{authority.root}"
[signatures]
verify = false
[[parties]]
name = "adapter"
subject = 'CN=adapter, O=Northern\\, Invented'
scopes = ["operate"]
"""

    def ask(running, own=None):
        context = authority.client(own)
        with closing(http.client.HTTPSConnection("localhost", running.port, context=context)) as connection:
            connection.request("GET", "/api/summary")
            return connection.getresponse().status

    with running_gateway(tmp_path / "gateway", configuration) as running:
        assert 200 == ask(running, adapter)
        assert 401 == ask(running, stranger)
        with pytest.raises((ssl.SSLError, ConnectionError)):
            ask(running)

        # The same from the command line: its certificate, and those who issued the gateway's.
        at, root = f"https://localhost:{running.port}", authority.root
        own = Credentials(certificate=adapter.certificate, key=adapter.key, authorities=root)
        assert "everyone" == ask_gateway(at, own, "/api/summary")["of"]
        with pytest.raises(InputError, match="TIDEGATE_AUTHORITIES"):
            ask_gateway(at, Credentials(certificate=adapter.certificate, key=adapter.key), "/api/summary")
        with pytest.raises(InputError, match="TIDEGATE_CERTIFICATE"):
            ask_gateway(at, Credentials(authorities=root), "/api/summary")
        with pytest.raises(InputError, match="cannot be used"):
            ask_gateway(at, Credentials(certificate=adapter.certificate, key=server.key), "/api/summary")


PARTY = """
[[parties]]
name = "supplier"
party = "00-DB-12-34-56-78-90-A0"
subject = "CN=supplier"
scopes = ["read"]
"""


def test_a_proxy_that_is_trusted_says_who_comes(tmp_path):
    configuration = f'[access]\nmode = "proxy"\n[signatures]\nverify = false\n{PARTY}'
    with running_gateway(tmp_path, configuration) as running:
        assert 200 == running.ask("/api/storms", {"x-client-subject": "CN=supplier"}).status
        assert 401 == running.ask("/api/storms", {"x-client-subject": "CN=nobody"}).status
        assert 401 == running.ask("/api/storms").status


def test_nobody_beside_the_proxy_is_believed(tmp_path):
    configuration = (
        f'[access]\nmode = "proxy"\nproxies = ["192.0.2.1"]\n[signatures]\nverify = false\n{PARTY}'
    )
    with running_gateway(tmp_path, configuration) as running:
        assert 401 == running.ask("/api/storms", {"x-client-subject": "CN=supplier"}).status
