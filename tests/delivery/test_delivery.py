"""Delivery as it runs: a real engine over a real journal, real HTTP to receivers that behave well, badly or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace

import pytest
from tests.engines import AUDIT, StandingClock, a_record, accept, incoming, running_engine
from tests.receive_services import Receiver, accepts, never_answers, receivers, until

from tidegate.assembly.clock import clock
from tidegate.delivery import Delivery, Recipient
from tidegate.delivery.delivery import NOT_CONFIGURED
from tidegate.operations.engine import Engine
from tidegate.operations.outgoing import DeliveryState, OutgoingAlert, QueueQuery
from tidegate.operations.queue_requests import QueueAction, QueueRequest, QueueSelection
from tidegate.operations.redelivery import DeliveryTerms
from tidegate.vocabulary.instants import SECOND

TERMS = DeliveryTerms(
    timeout_us=SECOND,
    backoff_us=SECOND // 50,
    most_backoff_us=SECOND // 10,
    window=50,
    pace_per_s=500,
    most_pace_per_s=1_000,
)


def as_it_came(alert: OutgoingAlert, recipient: Recipient) -> bytes:
    """The document; with metadata where it is wanted."""
    if recipient.takes_throttle_metadata and alert.throttled_alert_count:
        return alert.document + b" count=%d" % alert.throttled_alert_count
    return alert.document


class PassingClock(StandingClock):
    def __call__(self) -> int:
        return clock()


@dataclass
class Running:
    engine: Engine
    delivery: Delivery

    def left(self, state: DeliveryState | None = None) -> list[OutgoingAlert]:
        return list(self.engine.queued(QueueQuery(state)).result(30))

    def of(self, recipient: str):
        return next(each for each in self.delivery.status() if each.recipient == recipient)


@contextmanager
def running(
    path, *recipients: Recipient, terms: DeliveryTerms = TERMS, excluded: dict[int, str] | None = None
) -> Iterator[Running]:
    delivery = Delivery(recipients, as_it_came, clock, terms=terms)
    with running_engine(path, PassingClock(), outbox=delivery) as engine:
        if not engine.policies().result(30):
            engine.apply(a_record(excluded=excluded), AUDIT).result(30)
        delivery.start(engine)
        assert until(lambda: bool(delivery.status()))
        try:
            yield Running(engine, delivery)
        finally:
            delivery.stop(0.1)


def documents(first: int, last: int) -> list[bytes]:
    return [f"<document {number}/>".encode() for number in range(first, last + 1)]


def test_a_document_goes_on_octet_for_octet_and_is_not_kept(tmp_path):
    with (
        receivers(Receiver()) as (network,),
        running(tmp_path / "j.db", Recipient("network", network.url)) as run,
    ):
        accept(run.engine, *(incoming(number, device=number) for number in range(1, 21)))

        assert until(lambda: len(network.bodies) == 20)
        assert documents(1, 20) == sorted(network.bodies, key=documents(1, 20).index)
        assert all(b"\r\nContent-Type: application/xml\r\n" in head for head in network.heads)
        assert all(head.startswith(b"POST /receive HTTP/1.1\r\n") for head in network.heads)
        assert until(lambda: not run.left())
    with closing(sqlite3.connect(tmp_path / "j.db")) as connection:
        assert [(20,)] == connection.execute("SELECT COUNT(*) FROM outbox WHERE state = 1").fetchall()


def test_a_recipient_that_never_answers_delays_no_other(tmp_path):
    """More to it than its connections and its window hold: the other has all of its own meanwhile."""
    patient = replace(TERMS, timeout_us=60 * SECOND, most_backoff_us=SECOND)
    with (
        receivers(Receiver(never_answers), Receiver()) as (dead, live),
        running(
            tmp_path / "j.db", Recipient("dead", dead.url), Recipient("live", live.url), terms=patient
        ) as run,
    ):
        for number in range(1, 400, 2):
            accept(
                run.engine,
                incoming(number, device=number, recipient="dead"),
                incoming(number + 1, device=number, recipient="live"),
            )

        assert until(lambda: len(live.accepted) == 200)
        assert until(lambda: run.of("live").counters.waiting == 0)
        assert 200 == run.of("dead").counters.waiting
        assert TERMS.at_once == len(dead.bodies)
        assert [] == dead.accepted


def test_a_recipient_that_refuses_connections_delays_no_other_and_is_asked_by_one_alert_at_a_time(tmp_path):
    with (
        receivers(Receiver()) as (live,),
        running(
            tmp_path / "j.db", Recipient("dead", "http://127.0.0.1:1/receive"), Recipient("live", live.url)
        ) as run,
    ):
        for number in range(1, 101):
            accept(
                run.engine,
                incoming(2 * number, device=number, recipient="dead"),
                incoming(2 * number + 1, device=number, recipient="live"),
            )

        assert until(lambda: len(live.accepted) == 100)
        assert until(lambda: run.of("dead").is_down)
        assert 100 == run.of("dead").counters.waiting
        dead = run.of("dead").counters
        assert dead.attempts - dead.retried <= TERMS.at_once + TERMS.excluded_at_once + 1


def test_the_order_of_a_stream_is_kept_over_a_restart_of_ours_and_an_outage_of_theirs(tmp_path):
    network = Receiver(lambda _body: (503, "Retry-After: 0\r\n"))
    with receivers(network):
        with running(tmp_path / "j.db", Recipient("network", network.url)) as run:
            accept(run.engine, *(incoming(number, device=number % 3) for number in range(1, 7)))
            assert until(lambda: run.of("network").is_down)
        network.manner = accepts
        with running(tmp_path / "j.db", Recipient("network", network.url)) as run:
            accept(run.engine, *(incoming(number, device=100 + number) for number in range(7, 151)))
            assert until(lambda: len(network.accepted) == 150)
            assert until(lambda: not run.left())

    assert sorted(documents(1, 150)) == sorted(network.accepted)
    for device in range(3):
        its = [document for document in network.accepted if document in documents(1, 6)[device::3]]
        assert documents(1, 6)[device::3] == its


def test_software_that_refuses_throttle_metadata_loses_nothing(tmp_path):
    """As the DCC's own client does: the reason says what to set, and a retry without metadata delivers."""
    strict = Receiver(lambda body: (400, "") if b"count=" in body else (204, ""))
    with (
        receivers(strict),
        running(tmp_path / "j.db", Recipient("network", strict.url, takes_throttle_metadata=True)) as run,
    ):
        accept(run.engine, *(incoming(number) for number in range(1, 8)))
        assert until(lambda: len(run.left(DeliveryState.FAILED_QUEUE)) == 1)
        (refused,) = run.left(DeliveryState.FAILED_QUEUE)

        assert refused.throttled_alert_count > 0
        assert (
            "answered 400: this User's software refuses throttle metadata; set takes_throttle_metadata = false"
            == refused.reason
        )
        assert 1 == sum(
            event.kind == "alerts_refused" for event in run.engine.ask(lambda it: it.events()).result(9)
        )

        request = QueueRequest(QueueAction.RETRY, QueueSelection(), "a person", "", without_metadata=True)
        assert 1 == run.delivery.carry_out(request).result(30)
        assert until(lambda: refused.document in strict.accepted)
        assert until(lambda: not run.left())
        assert "queue.retry" == run.engine.ask(lambda it: it.audit()).result(9)[0].action


def test_a_restart_remembers_that_an_alert_goes_without_metadata(tmp_path):
    strict = Receiver(lambda body: (400, "") if b"count=" in body else (503, ""))
    network = Recipient("network", "", takes_throttle_metadata=True)
    with receivers(strict):
        network = replace(network, url=strict.url)
        with running(tmp_path / "j.db", network) as run:
            accept(run.engine, *(incoming(number) for number in range(1, 8)))
            strict.manner = lambda body: (400, "") if b"count=" in body else (204, "")
            assert until(lambda: len(run.left()) == 1 and run.left()[0].state is DeliveryState.FAILED_QUEUE)
            strict.manner = lambda _body: (503, "")
            request = QueueRequest(QueueAction.RETRY, QueueSelection(), "a person", "", without_metadata=True)
            assert 1 == run.delivery.carry_out(request).result(30)
            assert until(lambda: run.left()[0].attempts > 1)
        strict.manner = lambda body: (400, "") if b"count=" in body else (204, "")
        with running(tmp_path / "j.db", network) as run:
            assert until(lambda: not run.left())


def test_an_excluded_alert_waits_behind_nothing(tmp_path):
    """Every attempt there is for ordinary Alerts hangs, and hundreds wait; the excluded one is there at once."""
    receiver = Receiver(lambda body: (204, "") if body == b"<document 1000/>" else None)
    patient = replace(TERMS, timeout_us=60 * SECOND, most_backoff_us=SECOND)
    with (
        receivers(receiver),
        running(
            tmp_path / "j.db", Recipient("network", receiver.url), terms=patient, excluded={0x8F3F: "supply"}
        ) as run,
    ):
        accept(run.engine, *(incoming(number, device=number) for number in range(1, 301)))
        assert until(lambda: len(receiver.bodies) == TERMS.at_once)
        accept(run.engine, incoming(1_000, device=7, code=0x8F3F))

        assert until(lambda: [b"<document 1000/>"] == receiver.accepted)
        assert 300 == run.of("network").counters.waiting


def test_the_flush_after_an_outage_is_no_storm(tmp_path):
    """It is delivery, not receipt: nothing is counted again, and no storm starts by it."""
    network = Receiver(lambda _body: (503, ""))
    with receivers(network), running(tmp_path / "j.db", Recipient("network", network.url)) as run:
        accept(run.engine, *(incoming(number, device=1 + number // 2) for number in range(200)))
        assert until(lambda: run.of("network").is_down)
        network.manner = accepts
        assert until(lambda: len(network.accepted) == 200)

        assert 200 == run.engine.counters().received
        assert 200 == run.engine.counters().forwarded
        assert () == run.engine.running().result(30)
        kinds = [event.kind for event in run.engine.ask(lambda it: it.events()).result(30)]
        assert until(lambda: not run.left())
        assert 1 == kinds.count("user_system_is_back")


def test_a_recipient_nobody_configured_keeps_its_alerts_until_it_is(tmp_path):
    with running(tmp_path / "j.db") as run:
        accept(run.engine, incoming(1))
        assert until(lambda: [DeliveryState.FAILED_QUEUE] == [alert.state for alert in run.left()])

        assert "no address for this User" in run.left()[0].reason
        assert 1 == run.of(NOT_CONFIGURED).counters.on_failed_queue
    with (
        receivers(Receiver()) as (network,),
        running(tmp_path / "j.db", Recipient("network", network.url)) as run,
    ):
        assert until(lambda: documents(1, 1) == network.accepted)
        assert until(lambda: not run.left())


def test_connections_are_kept_and_one_that_was_closed_meanwhile_is_no_failure(tmp_path):
    with (
        receivers(Receiver(closes_every=3)) as (network,),
        running(tmp_path / "j.db", Recipient("network", network.url)) as run,
    ):
        for number in range(1, 31):
            accept(run.engine, incoming(number))
            run.engine.counters()
        assert until(lambda: run.of("network").counters.waiting == 0)
        assert 0 == run.of("network").counters.on_failed_queue
        assert not run.of("network").is_down


def test_dropped_by_a_person_an_alert_is_gone_and_the_audit_log_says_why(tmp_path):
    with (
        receivers(Receiver(lambda _body: (422, ""))) as (network,),
        running(tmp_path / "j.db", Recipient("network", network.url)) as run,
    ):
        accept(run.engine, incoming(1, code=0x8014), incoming(2, code=0x8015, device=2))
        assert until(lambda: len(run.left(DeliveryState.FAILED_QUEUE)) == 2)
        chosen = QueueSelection(code="8015")
        assert 1 == run.delivery.carry_out(
            QueueRequest(QueueAction.DROP, chosen, "a person", "a test Device")
        ).result(30)

        assert [0x8014] == [alert.alert_code for alert in run.left()]
        entry = run.engine.ask(lambda it: it.audit()).result(30)[0]
        assert ("a person", "queue.drop") == (entry.who, entry.action)
        assert {"alerts": 1, "reason": "a test Device", "selection": {"code": "8015"}} == entry.details


def test_what_is_under_way_at_the_end_is_finished(tmp_path):
    with receivers(Receiver()) as (network,):
        with running(tmp_path / "j.db", Recipient("network", network.url)) as run:
            accept(run.engine, *(incoming(number, device=number) for number in range(1, 101)))
        with closing(sqlite3.connect(tmp_path / "j.db")) as connection:
            states = dict(connection.execute("SELECT state, COUNT(*) FROM outbox GROUP BY state").fetchall())

    assert len(network.accepted) == states.get(1, 0)
    assert 100 == sum(states.values())


@pytest.mark.parametrize("status", [301, 401, 404])
def test_turned_away_by_the_way_alerts_are_on_the_failed_queue_at_once_and_go_on_when_it_is_mended(
    tmp_path, status
):
    network = Receiver(lambda _body: (status, "Location: /elsewhere\r\n"))
    with receivers(network), running(tmp_path / "j.db", Recipient("network", network.url)) as run:
        accept(run.engine, incoming(1))
        assert until(lambda: [DeliveryState.FAILED_QUEUE] == [alert.state for alert in run.left()])
        assert f"answered {status}" in run.left()[0].reason
        network.manner = accepts
        assert until(lambda: documents(1, 1) == network.accepted)
