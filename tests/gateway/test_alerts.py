"""One document a POST: 204 once it is durable; refused by one table; counted once however often it comes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest
from tests.gateways import XML, running_gateway
from tests.material.duis_documents import device_alert, eui
from tests.material.gbcs_alerts import ESME, SUPPLIER
from tests.material.signed_alerts import AlertMint, mint_party, signed, write_certificates


@pytest.fixture(scope="module")
def dsp():
    return mint_party()


@pytest.fixture(scope="module")
def verifying(tmp_path_factory, dsp):
    folder = tmp_path_factory.mktemp("verifying")
    certificates = write_certificates(folder / "certificates", dsp)
    with running_gateway(folder, f'[signatures]\ncertificates = "{certificates}"\n') as running:
        yield running


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    with running_gateway(tmp_path_factory.mktemp("local")) as running:
        yield running


def journal_of(running):
    with closing(sqlite3.connect(running.folder / "journal.db")) as connection:
        return connection.execute(
            "SELECT response_id, body FROM alerts JOIN documents USING (seq)"
        ).fetchall()


def test_an_alert_is_in_the_journal_octet_for_octet_when_it_is_acknowledged(local):
    document = AlertMint(None).alert(0x8F75, counter=100)

    answer = local.post(document)

    assert (204, b"") == (answer.status, answer.body)
    assert (f"{eui(ESME)}:{eui(SUPPLIER)}:100", document) in journal_of(local)


def test_devices_that_nobody_signs_for_do_not_become_parties(local):
    """Of parties there are few, in memory too; of Devices there are millions."""
    for device in range(1, 4):
        assert 204 == local.post(AlertMint(None).alert(device=device, counter=102)).status

    with closing(sqlite3.connect(local.folder / "journal.db")) as connection:
        named = {name for (name,) in connection.execute("SELECT name FROM parties")}
        originators = connection.execute("SELECT DISTINCT originator FROM decided_alerts").fetchall()
    assert not named & {eui(device) for device in range(1, 4)}
    assert [("",)] == originators


def test_a_signed_alert_is_verified_by_a_process_of_its_own(verifying, dsp):
    assert 204 == verifying.post(AlertMint(dsp).alert(counter=1)).status


def test_the_same_response_id_again_is_acknowledged_and_counted_once(local):
    document = AlertMint(None).alert(counter=101)
    assert 204 == local.post(document).status
    before = local.received()

    assert 204 == local.post(document).status

    assert before == local.received()


def test_a_document_whose_content_was_changed_is_refused(verifying, dsp):
    document = AlertMint(dsp).alert(0x8F75, counter=2).replace(b"I0", b"I1")

    answer = verifying.post(document)

    assert (403, "signature_wrong") == (answer.status, answer.json["reason"])


def test_a_signature_of_a_stranger_is_refused_with_the_code_for_it(verifying):
    answer = verifying.post(AlertMint(mint_party()).alert(counter=3))

    assert (403, "unknown_certificate", "E1") == (
        answer.status,
        answer.json["reason"],
        answer.json["response_code"],
    )


def test_an_unsigned_document_is_refused_where_signatures_are_verified(verifying):
    answer = verifying.post(AlertMint(None).alert(counter=4))

    assert (403, "unsigned") == (answer.status, answer.json["reason"])


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"<a/>", 400, "not_duis"),
        (b"not xml", 400, "not_xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', 400, "doctype"),
        (b"<a>" * 100_000, 400, "too_deep"),
        (b"<a>" * 100 + b"</a>" * 100, 400, "too_deep"),
        (AlertMint(None).alert().replace(b"<sr:GBCSPayload>", b"<sr:GBCSPayload>*"), 400, "invalid"),
        (AlertMint(None).alert(0x8F75).replace(b">8F75<", b">8F76<"), 400, "payload"),
        (b"", 400, "empty"),
    ],
)
def test_each_bad_document_is_refused_for_its_own_reason_and_counted_by_it(local, body, status, reason):
    before = local.refused().get(reason, 0)

    answer = local.post(body)

    assert (status, reason) == (answer.status, answer.json["reason"])
    assert before + 1 == local.refused()[reason]


def test_a_refusal_can_be_had_as_xml(local):
    answer = local.post(b"<a/>", {**XML, "accept": "application/xml"})

    assert "application/problem+xml" == answer.headers["content-type"]
    assert b"<reason>not_duis</reason>" in answer.body


@pytest.mark.parametrize(
    "headers", [{}, {"content-type": "application/json"}, {**XML, "content-encoding": "gzip"}]
)
def test_a_body_of_another_type_or_compressed_is_not_read(local, headers):
    assert 415 == local.post(AlertMint(None).alert(), headers).status


def test_another_method_is_told_which_there_is(local):
    answer = local.ask("/api/v1/alerts")

    assert (405, "POST") == (answer.status, answer.headers["allow"])


def test_a_request_keeps_its_id_and_is_given_one_where_it_has_none_or_a_strange_one(local):
    named = local.post(b"<a/>", {**XML, "x-request-id": "our-7"})
    strange = local.post(b"<a/>", {**XML, "x-request-id": "a b<c>"})

    assert ("our-7", "our-7") == (named.headers["x-request-id"], named.json["request_id"])
    assert strange.headers["x-request-id"] not in {"", "a b<c>"}


def test_what_is_wrong_with_a_document_is_told_to_its_sender(local):
    answer = local.post(AlertMint(None).alert().replace(b">8F75<", b">8F7<"))

    assert "its AlertCode is '8F7'; it must be four hexadecimal digits" == answer.json["detail"]


def test_dcc_alerts_and_other_documents_are_told_apart(local):
    answer = local.post(signed(device_alert("8F75"), mint_party()))

    assert 204 == answer.status


def test_a_storm_is_throttled_and_adds_up_and_is_told_of(tmp_path):
    mint = AlertMint(None)
    with running_gateway(tmp_path) as running:
        for counter in range(45):
            assert 204 == running.post(mint.alert(0x8F75, counter=counter)).status
        summary = running.ask("/api/summary").json
        storms = running.ask("/api/storms").json
        metrics = running.ask("/metrics").body.decode()

    assert (45, True, 0) == (summary["received"], summary["is_conserved"], summary["waiting"])
    assert 45 - summary["throttled"] == summary["forwarded"]
    assert 0 < summary["throttled"]
    assert [("8F75", 1)] == [(each["alert_code"], each["running"]) for each in storms["by_code"]]
    assert eui(ESME) == storms["storms"][0]["device_id"]
    assert f'tidegate_alerts_total{{outcome="throttled"}} {summary["throttled"]}.0' in metrics
    assert eui(ESME) not in metrics


def test_after_a_restart_totals_and_storms_are_what_they_were(tmp_path):
    mint = AlertMint(None)
    with running_gateway(tmp_path) as running:
        for counter in range(45):
            running.post(mint.alert(0x8F75, counter=counter))
        before = running.ask("/api/summary").json
    with running_gateway(tmp_path) as running:
        after = running.ask("/api/summary").json
        storms = running.ask("/api/storms?state=running").json

    assert (before["received"], before["throttled"]) == (after["received"], after["throttled"])
    assert 1 == storms["running"]


def test_problem_bodies_are_json(local):
    json.loads(local.ask("/api/nothing").body)
