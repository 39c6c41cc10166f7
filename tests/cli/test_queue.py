"""`tidegate queue` on a journal, as a person uses it."""

from __future__ import annotations

import json

import pytest
from tests.commands import tidegate
from tests.engines import AUDIT, a_record, accept, incoming, journal_of, running_engine
from tests.gateways import running_gateway
from tests.receive_services import Receiver, accepts, receivers, until

from tidegate.cli import console
from tidegate.operations.delivery_book import WITHOUT_METADATA
from tidegate.operations.outgoing import DeliveryChange, DeliveryState, QueueQuery

REFUSES = "answered 400: this User's software refuses throttle metadata; set takes_throttle_metadata = false"


@pytest.fixture
def journal(tmp_path):
    """Three Alerts wait for the network, one of another code for the supplier; one is refused, one delivered."""
    path = tmp_path / "journal.db"
    with running_engine(path) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        accept(engine, *(incoming(number, device=number) for number in range(1, 6)))
        accept(engine, incoming(6, device=6, code=0x8F3F, recipient="supplier"))
        engine.settle(DeliveryChange(4, DeliveryState.FAILED_QUEUE, 1, 5, None, None, REFUSES))
        engine.settle(DeliveryChange(5, DeliveryState.DELIVERED, 1, 5, None, 9))
    return path


def queue_in(path):
    with journal_of(path) as opened:
        return opened.queue(QueueQuery())


def test_list_says_what_waits_and_why(capfd, journal):
    ran = tidegate(capfd, "queue", "list", "--journal", journal)

    assert 0 == ran.status
    assert "4 Alerts waiting, 1 on the failed queue." in ran.out
    assert "refuses throttle metadata" in " ".join(ran.out.split())
    assert "--without-metadata" in ran.err


def test_no_device_code_or_recipient_is_cut_where_there_is_little_room(capfd, journal, monkeypatch):
    for width in (60, 80, 160):
        monkeypatch.setattr(console.out, "width", width)
        ran = tidegate(capfd, "queue", "list", "--journal", journal, "--alerts")

        assert "00-00-00-00-00-00-00-04 8014 " in ran.out
        assert ("supplier" in ran.out) == (width >= 80)
        assert ("No room here for: " in ran.out) == (width < 160)


def test_list_is_narrowed_by_each_of_its_options(capfd, journal):
    def seqs(*arguments):
        ran = tidegate(capfd, "queue", "list", "--journal", journal, "--json", *arguments)
        return [row["seq"] for row in json.loads(ran.out)]

    assert [1, 2, 3, 4, 6] == seqs()
    assert [6] == seqs("--recipient", "supplier")
    assert [6] == seqs("--code", "0x8f3f")
    assert [4] == seqs("--state", "failed_queue")
    assert [2, 6] == seqs("--seq", 2, "--seq", 6)
    assert [1, 2, 3, 4, 6] == seqs("--older-than", "1d")
    assert [] == seqs("--older-than", "40000d")
    assert [1, 2] == seqs("--limit", 2)


def test_pseudonymised_a_list_names_no_device(capfd, journal, tmp_path):
    plain = json.loads(tidegate(capfd, "queue", "list", "--journal", journal, "--json").out)
    key = ("--pseudonymise", "--pseudonym-key", tmp_path / "key")
    hidden = json.loads(tidegate(capfd, "queue", "list", "--journal", journal, "--json", *key).out)

    assert not {row["device_id"] for row in plain} & {row["device_id"] for row in hidden}
    assert {"(withheld)"} == {row["response_id"] for row in hidden}
    assert [REFUSES] == [row["reason"] for row in hidden if row["reason"]]


def test_retry_without_metadata_is_written_and_audited(capfd, journal):
    arguments = ("--state", "failed_queue", "--without-metadata", "--by", "a person")
    ran = tidegate(capfd, "queue", "retry", "--journal", journal, *arguments)

    assert (0, "1 Alert is to be sent again.\n") == (ran.status, ran.out)
    again = next(alert for alert in queue_in(journal) if alert.seq == 4)
    assert (DeliveryState.WAITING, WITHOUT_METADATA, 5) == (again.state, again.reason, again.first_attempt_at)
    ran = tidegate(capfd, "audit", journal)
    assert "queue.retry" in ran.out


def test_drop_takes_off_what_is_named_and_says_why(capfd, journal):
    arguments = ("--code", "8014", "--by", "a person", "--reason", "a test Device")
    ran = tidegate(capfd, "queue", "drop", "--journal", journal, "--json", *arguments)

    assert {"action": "drop", "alerts": 4} == json.loads(ran.out)
    assert [6] == [alert.seq for alert in queue_in(journal)]
    with journal_of(journal) as opened:
        entry = opened.audit()[0]
    assert ("a person", "queue.drop", "a test Device") == (entry.who, entry.action, entry.details["reason"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("drop", "--code", "8014", "--by", "me"), "--reason"),
        (("drop", "--code", "8014", "--reason", "why"), "--by"),
        (("drop", "--by", "me", "--reason", "why"), "--all"),
        (("retry", "--all", "--code", "8014", "--by", "me"), "--all"),
        (("retry", "--code", "XYZ", "--by", "me"), "--code"),
        (("list", "--state", "lost"), "--state"),
        (("list", "--older-than", "soon"), "--older-than"),
    ],
)
def test_what_cannot_be_is_said_at_once_and_nothing_changes(capfd, journal, arguments, says):
    before = queue_in(journal)
    ran = tidegate(capfd, "queue", arguments[0], "--journal", journal, *arguments[1:])

    assert 2 == ran.status
    assert says in ran.err
    assert before == queue_in(journal)


def test_beside_an_engine_the_list_is_read_and_a_change_is_sent_to_the_server(capfd, journal):
    with running_engine(journal):
        listed = tidegate(capfd, "queue", "list", "--journal", journal)
        dropped = tidegate(
            capfd, "queue", "drop", "--all", "--journal", journal, "--by", "me", "--reason", "why"
        )

    assert 0 == listed.status
    assert 2 == dropped.status
    assert "--server URL" in dropped.err


def test_a_journal_that_is_not_there_is_not_made(capfd, tmp_path):
    for action in (("list",), ("drop", "--all", "--by", "me", "--reason", "why")):
        assert 2 == tidegate(capfd, "queue", *action, "--journal", tmp_path / "none.db").status
    assert [] == list(tmp_path.iterdir())


def test_on_a_gateway_that_runs_the_same_is_done_over_http(capfd, tmp_path):
    """Refused for its metadata an Alert is looked at, sent again, and there; what is dropped is not."""
    refuses = Receiver(lambda _body: (422, ""))
    with receivers(refuses):
        recipient = f'[[recipients]]\nuser = "network"\nurl = "{refuses.url}"\n'
        with running_gateway(tmp_path, recipient) as running:
            place = ("--server", f"http://127.0.0.1:{running.port}")
            running.gateway.opened.engine.submit([incoming(1), incoming(2, device=2)]).result(30)

            def listed():
                return json.loads(tidegate(capfd, "queue", "list", *place, "--json").out)

            assert until(lambda: [row["state"] for row in listed()] == ["failed_queue"] * 2)
            assert "refuses the document" in listed()[0]["reason"]
            assert [2] == [
                row["seq"]
                for row in json.loads(tidegate(capfd, "queue", "list", *place, "--json", "--seq", 2).out)
            ]

            refuses.manner = accepts
            sent = tidegate(capfd, "queue", "retry", *place, "--seq", 1, "--by", "Ann")
            dropped = tidegate(
                capfd, "queue", "drop", *place, "--seq", 2, "--by", "Ann", "--reason", "a test Device"
            )

            assert (0, "1 Alert is to be sent again.\n") == (sent.status, sent.out)
            assert (0, "1 Alert is dropped.\n") == (dropped.status, dropped.out)
            assert until(lambda: [b"<document 1/>"] == refuses.accepted)
            assert until(lambda: [] == listed())
            entries = json.loads(tidegate(capfd, "audit", *place, "--json").out)
            assert ["queue.drop", "queue.retry"] == [entry["action"] for entry in entries][:2]
            assert all(entry["who"].startswith("Ann (") for entry in entries[:2])


def test_over_http_too_what_cannot_be_is_said_and_nothing_changes(tmp_path):
    with running_gateway(tmp_path) as running:
        running.gateway.opened.engine.submit([incoming(1)]).result(30)
        for body in (
            b"[]",
            b"{",
            b'{"action": "lose"}',
            b'{"action": "drop", "who": "me"}',
            b'{"action":"retry","x":1}',
        ):
            assert 422 == running.post(body, {}, "/api/v1/queue:change").status
        assert 422 == running.ask("/api/v1/queue?state=lost").status
        assert 422 == running.ask("/api/v1/queue?code=XYZ").status
        assert until(lambda: 1 == len(json.loads(running.ask("/api/v1/queue").body)["alerts"]))
