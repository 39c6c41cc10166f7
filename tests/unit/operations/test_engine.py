"""The engine: durable first, then decided; a repeat counts nothing; nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from concurrent.futures import CancelledError
from contextlib import closing

import numpy as np
import pytest
from tests.engines import (
    AUDIT,
    QUICK,
    KeptOutbox,
    KeptStorms,
    StandingClock,
    a_record,
    accept,
    decided_in,
    incoming,
    replayed,
    running_engine,
)

from tidegate.alert_storm.decision import Outcome
from tidegate.commissioning.evidence import Evidence, Kind
from tidegate.operations.engine_options import EngineOptions
from tidegate.operations.live import Busy, Draining, IncomingBatch, IncomingResponse, NotDurable
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.operations.outgoing import DeliveryChange, DeliveryState, QueueQuery
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.faults import InputError


def asked(path, sql):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def counted(engine):
    it = engine.counters()
    return (it.received, it.forwarded, it.throttled, it.excluded)


def a_batch(devices, recipients=("network",)):
    count = len(devices)
    return IncomingBatch(
        np.array(devices, np.uint64),
        np.full(count, 0x8014, np.uint32),
        np.zeros(count, np.uint32),
        recipients,
        "sender",
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


@pytest.fixture
def clock():
    return StandingClock()


def test_what_is_accepted_is_in_the_journal_with_its_decision(path, clock):
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        made = [accept(engine, incoming(n))[0] for n in range(6)]

        assert [0, 0, 1, 1, 1, 0] == [it.outcome for it in made]
        assert (1, 3) == (made[5].throttled_alert_sequence_id, made[5].throttled_alert_count)
        assert [1, 2, 3, 4, 5, 6] == [it.seq for it in made]
        assert (6, 3, 3, 0) == counted(engine)
    assert decided_in(path) == replayed(path) == [(0, 0, 0)] * 2 + [(1, 0, 0)] * 3 + [(0, 1, 3)]


def test_without_a_policy_everything_goes_on(path):
    with running_engine(path) as engine:
        made = accept(engine, *(incoming(n) for n in range(5)))

        assert [(Outcome.FORWARDED, Mode.OFF)] * 5 == [(it.outcome, it.mode) for it in made]


def test_a_repeat_gets_the_same_answer_and_counts_nothing(path, clock):
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        first = accept(engine, *(incoming(n) for n in range(4)))
        again = accept(engine, incoming(3), incoming(9), incoming(9))

        assert (first[3].seq, first[3].outcome, True) == (again[0].seq, again[0].outcome, again[0].is_repeat)
        assert (5, 5, [True, False, True]) == (again[1].seq, again[2].seq, [it.is_repeat for it in again])
        assert 5 == engine.counters().received
        assert 2 == engine.counters().repeats
    with running_engine(path, clock) as engine:
        (after_restart,) = accept(engine, incoming(3))

        assert (4, Outcome.THROTTLED, "1", Mode.ENFORCED) == (
            after_restart.seq,
            after_restart.outcome,
            after_restart.policy_version,
            after_restart.mode,
        )
        assert after_restart.is_held_back
        assert 5 == engine.counters().received


def test_a_policy_in_shadow_decides_and_counts_and_holds_nothing_back(path, clock):
    outbox = KeptOutbox()
    with running_engine(path, clock, outbox=outbox) as engine:
        engine.apply(a_record(mode=Mode.SHADOW), AUDIT).result(30)
        clock.now = 1_010
        made = accept(engine, *(incoming(n) for n in range(6)))

        assert [0, 0, 1, 1, 1, 0] == [it.outcome for it in made]
        assert not any(it.is_held_back for it in made)
        assert (6, 6, 0, 0) == counted(engine)
        assert 3 == engine.counters().throttled_in_shadow
        assert [0] * 6 == [it.throttled_alert_count for it in outbox.alerts]
        assert [0] * 6 == [it.throttled_alert_count for it in engine.queued(QueueQuery()).result(30)]


def test_what_is_held_back_is_not_delivered_and_its_document_is_dropped(path, clock):
    outbox = KeptOutbox()
    with running_engine(path, clock, outbox=outbox) as engine:
        engine.apply(a_record(excluded={0x8F75: "GB"}), AUDIT).result(30)
        clock.now = 1_010
        accept(engine, *(incoming(n) for n in range(4)), incoming(4, code=0x8F75))
        waiting = engine.queued(QueueQuery()).result(30)

        assert [1, 2, 5] == [it.seq for it in outbox.alerts] == [it.seq for it in waiting]
        assert outbox.alerts == waiting
        assert [False, False, True] == [it.is_excluded for it in waiting]
        assert [(1,), (2,), (5,)] == asked(path, "SELECT seq FROM documents ORDER BY seq")


def test_a_delivery_that_is_settled_is_not_delivered_again_and_one_that_failed_is_held(path):
    with running_engine(path) as engine:
        accept(engine, incoming(0), incoming(1), incoming(2, recipient="supplier"))
        engine.settle(DeliveryChange(1, DeliveryState.DELIVERED, 1, 1_000, None, 1_001))
        engine.settle(DeliveryChange(2, DeliveryState.FAILED_QUEUE, 3, 1_000, 1_500, None, "400 Bad Request"))
        (failed,) = engine.queued(QueueQuery(state=DeliveryState.FAILED_QUEUE)).result(30)

        assert (2, 3, "400 Bad Request", b"<document 1/>") == (
            failed.seq,
            failed.attempts,
            failed.reason,
            failed.document,
        )
        assert [("network", 2, 1), ("supplier", 0, 1)] == [
            (it.recipient, it.state, it.count) for it in engine.queue_lengths().result(30)
        ]
        assert [3] == [it.seq for it in engine.queued(QueueQuery(recipient="supplier")).result(30)]
        assert [3] == [it.seq for it in engine.queued(QueueQuery(after_seq=2)).result(30)]
    assert [(2,), (3,)] == asked(path, "SELECT seq FROM documents ORDER BY seq")


def test_instants_do_not_go_back_when_the_clock_does(path, clock):
    with running_engine(path, clock) as engine:
        clock.now = 2_000
        accept(engine, incoming(0))
        clock.now = 1_500

        assert 2_000 == accept(engine, incoming(1))[0].received_at
    with running_engine(path, StandingClock(1)) as engine:
        assert 2_000 == accept(engine, incoming(2))[0].received_at


def test_a_storm_ends_without_another_alert(path, clock):
    storms = KeptStorms()
    with running_engine(path, clock, watchers=[storms]) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        accept(engine, *(incoming(n) for n in range(3)))
        assert [1_010] == [it.storm.started_at for it in storms.started]
        clock.now = 1_030
        while not storms.ended:
            engine.running().result(30)

        assert [1_030] == [it.storm.ended_at for it in storms.ended]
    assert [(1_010, 1_030, 1)] == asked(path, "SELECT started_at, ended_at, received FROM storms")


def test_a_policy_takes_force_mid_storm_and_what_was_decided_stands(path, clock):
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        accept(engine, *(incoming(n) for n in range(4)))
        record = engine.apply(a_record("2", since=5, threshold=1), AUDIT).result(30)
        clock.now = 1_012
        made = accept(engine, incoming(4), incoming(5))

        # Not before the last Alert, whatever was asked for.
        assert 1_011 <= record.effective_from <= 1_012
        assert ["2", "2"] == [it.policy_version for it in made]
        assert (1, 2) == (made[0].throttled_alert_sequence_id, made[0].throttled_alert_count)
        assert ["1", "2"] == [it.version for it in engine.policies().result(30)]
    assert decided_in(path) == replayed(path)


def test_an_override_is_over_by_itself(path, clock):
    with running_engine(path, clock) as engine:
        engine.apply(a_record(excluded={0x8F75: "GB"}), AUDIT).result(30)
        engine.apply(a_record("override", 1_100, 1_200, is_override=True), AUDIT).result(30)
        versions = []
        for number, now in enumerate((1_099, 1_100, 1_199, 1_200)):
            clock.now = now
            versions.append(accept(engine, incoming(number, code=0x8F75))[0].policy_version)

        assert ["1", "override", "override", "1"] == versions
        assert "1" == getattr(engine.in_force(), "version", None)
    assert decided_in(path) == replayed(path)


def test_an_override_can_be_ended_before_its_time(path, clock):
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        record = engine.apply(a_record("override", 1_100, 1_200, is_override=True), AUDIT).result(30)
        clock.now = 1_120
        accept(engine, incoming(0))
        assert 1_130 == engine.end_policy(record.id, 1_130, AUDIT).result(30)
        clock.now = 1_130

        assert "1" == accept(engine, incoming(1))[0].policy_version
        assert ["a person"] * 3 == [it.who for it in engine.ask(lambda journal: journal.audit()).result(30)]
    assert decided_in(path) == replayed(path)


def test_a_policy_with_faults_is_refused_and_the_one_in_force_stays(path):
    with running_engine(path) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        broken = a_record("2")
        broken = type(broken)(0, "2", broken.document.replace("threshold", "treshold"), 0)
        with pytest.raises(InputError, match="treshold"):
            engine.apply(broken, AUDIT).result(30)

        assert ["1"] == [it.version for it in engine.policies().result(30)]
        assert accept(engine, incoming(0))[0].seq == 1


def test_a_batch_is_accepted_in_columns(path, clock):
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        accept(engine, incoming(0, device=7))
        made = engine.submit_batch(a_batch([7, 2**64 - 1, 7, 7, 7])).result(30)
        none = engine.submit_batch(a_batch([])).result(30)

        assert [0, 0, 1, 1, 1] == made.outcome.tolist()
        assert (2, "1", 0) == (made.first_seq, made.policy_version, len(none.outcome))
        assert (6, 3, 3, 0) == counted(engine)
    assert decided_in(path) == replayed(path)


class Failing:
    """A journal that fails when told: before a transaction is written, or after, when only the word of it is lost."""

    def __init__(self, journal):
        self._journal = journal
        self.fails = ""

    def __getattr__(self, name):
        return getattr(self._journal, name)

    def state(self):
        self._refuse_if("before")
        return self._journal.state()

    def append(self, entry):
        self._refuse_if("before")
        self._journal.append(entry)
        if self.fails == "after":
            self.fails = "before"
            raise JournalUnavailable("the line is dead")

    def _refuse_if(self, when):
        if self.fails == when:
            raise JournalUnavailable("the disk is full")


@pytest.mark.parametrize(("when", "is_repeat"), [("before", False), ("after", True)])
def test_while_the_journal_is_gone_callers_are_told_and_it_recovers_by_itself(path, clock, when, is_repeat):
    failing = []
    outbox = KeptOutbox()

    def wrap(journal):
        failing.append(Failing(journal))
        return failing[0]

    with running_engine(path, clock, wrap=wrap, outbox=outbox) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        accept(engine, *(incoming(n) for n in range(3)))
        failing[0].fails = when
        with pytest.raises(NotDurable) as refused:
            accept(engine, incoming(3))
        assert refused.value.retry_after_s > 0
        with pytest.raises(NotDurable):
            accept(engine, incoming(4))
        while engine.is_ready:
            pass
        failing[0].fails = ""
        while not engine.is_ready:
            pass
        (made,) = accept(engine, incoming(3))

        assert (4, is_repeat, Outcome.THROTTLED) == (made.seq, made.is_repeat, made.outcome)
        assert (4, 2, 2, 0) == counted(engine)
        assert [1, 2] == [it.seq for it in outbox.alerts]
    assert decided_in(path) == replayed(path)
    assert [(0, 0, 0)] * 2 + [(1, 0, 0)] * 2 == decided_in(path)


@pytest.mark.parametrize("when", ["before", "after"])
def test_while_the_journal_is_gone_a_response_is_not_kept_and_sent_again_it_is_kept_once(path, clock, when):
    """Also where it had become durable, and only the word of it was lost."""
    failing = []

    def wrap(journal):
        failing.append(Failing(journal))
        return failing[0]

    told = [IncomingResponse("r1", [Evidence(0, 1, Kind.COMMISSIONED)])]
    with running_engine(path, clock, wrap=wrap) as engine:
        failing[0].fails = when
        with pytest.raises(NotDurable):
            engine.keep(told).result(30)
        failing[0].fails = ""
        while not engine.is_ready:
            pass
        engine.keep(told).result(30)
        (made,) = accept(engine, incoming(1))

        assert 1 == made.seq
    assert [("r1", 1_000)] == asked(path, "SELECT identifier, at FROM evidence")


class Full(Failing):
    """A journal on a full disk: it can be read, and not written."""

    def state(self):
        return self._journal.state()

    def save_snapshot_part(self, *part, **named):
        self._refuse_if("before")
        return self._journal.save_snapshot_part(*part, **named)


def test_on_a_full_disk_an_engine_ends_all_the_same_and_nothing_acknowledged_is_lost(path, clock):
    full = []

    def wrap(journal):
        full.append(Full(journal))
        return full[0]

    with running_engine(path, clock, wrap=wrap) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        accept(engine, *(incoming(n) for n in range(3)))
        full[0].fails = "before"
        assert engine.stop(30)
        assert engine.failure is None
    with running_engine(path, clock) as engine:
        assert (3, 2, 1, 0) == counted(engine)
    assert decided_in(path) == replayed(path)


class Slow:
    """A journal that waits at each transaction until it is let go."""

    def __init__(self, journal):
        self._journal = journal
        self.may_go = threading.Event()

    def __getattr__(self, name):
        return getattr(self._journal, name)

    def append(self, entry):
        assert self.may_go.wait(30)
        self._journal.append(entry)


def test_beyond_what_may_wait_callers_are_told_to_come_back(path):
    slow = []

    def wrap(journal):
        slow.append(Slow(journal))
        return slow[0]

    with running_engine(path, wrap=wrap, options=EngineOptions(most_waiting=4)) as engine:
        waiting = [engine.submit([incoming(n)]) for n in range(4)]
        assert 4 == engine.counters().waiting
        with pytest.raises(Busy):
            engine.submit([incoming(4)])
        with pytest.raises(Busy):
            engine.keep([IncomingResponse("r1", [])])
        slow[0].may_go.set()

        assert [1, 2, 3, 4] == [it.result(30)[0].seq for it in waiting]
        assert 5 == accept(engine, incoming(4))[0].seq


def test_draining_it_finishes_what_it_took_and_takes_no_more(path):
    with running_engine(path) as engine:
        taken = engine.submit([incoming(0)])
        engine.drain()
        with pytest.raises(Draining):
            engine.submit([incoming(1)])
        with pytest.raises(Draining):
            engine.keep([IncomingResponse("r1", [])])

        assert 1 == taken.result(30)[0].seq
        assert not engine.is_ready
        engine.settle(DeliveryChange(1, DeliveryState.DELIVERED, 1, 1, None, 2))
    assert [(1, 1)] == asked(path, "SELECT seq, state FROM outbox")


def test_a_caller_who_left_is_not_waited_for_and_the_others_are_answered(path):
    slow = []

    def wrap(journal):
        slow.append(Slow(journal))
        return slow[0]

    with running_engine(path, wrap=wrap) as engine:
        first, left, last = (engine.submit([incoming(n)]) for n in range(3))
        while not first.running():
            pass
        was_in_time = left.cancel()
        slow[0].may_go.set()

        assert 1 == first.result(30)[0].seq
        if was_in_time:
            with pytest.raises(CancelledError):
                left.result(30)
        assert last.result(30)[0].seq in {2, 3}
        assert last.result(30)[0].seq == engine.counters().received


def test_it_can_be_awaited(path):
    with running_engine(path) as engine:
        (made,) = asyncio.run(engine.accept([incoming(0)]))

        assert 1 == made.seq


def test_refusals_at_the_edge_are_counted_by_reason_and_hour(path, clock):
    with running_engine(path, clock) as engine:
        engine.refuse("signature")
        engine.refuse("signature", 2)
        engine.refuse("too_large")

        assert {"signature": 3, "too_large": 1} == engine.counters().refused
        assert 0 == engine.counters().received
    assert [(0, "signature", 3), (0, "too_large", 1)] == asked(
        path, "SELECT hour, reason, count FROM refusals ORDER BY reason"
    )


def test_restarted_it_decides_on_as_if_it_had_not_stopped(path, clock):
    """With a snapshot every few Alerts, and none: what is remembered comes from both."""
    options = EngineOptions(
        linger_s=QUICK.linger_s, tick_s=QUICK.tick_s, snapshot_every=5, snapshot_apart_us=1, snapshot_part=64
    )
    clock.now = 1_000
    with running_engine(path, clock, options=options) as engine:
        engine.apply(a_record(one_in=3), AUDIT).result(30)
    for start in range(0, 60, 12):
        with running_engine(path, clock, options=options) as engine:
            for number in range(start, start + 12):
                clock.now += number % 3
                accept(engine, incoming(number, device=number % 2))
        received, forwarded, throttled, _ = counted(engine)
        assert received == forwarded + throttled == start + 12

    assert decided_in(path) == replayed(path)
    assert 10 < sum(outcome for outcome, _, _ in decided_in(path))
    assert 1 == len(asked(path, "SELECT DISTINCT seq FROM snapshots"))


def test_what_was_durable_and_not_decided_when_it_died_is_decided_on_the_next_start(path, clock):
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        accept(engine, *(incoming(n) for n in range(2)))
    # As a crash right after the commit leaves it.
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript("""
            INSERT INTO alerts SELECT 3, 1011, device_id, alert_code, recipient_id, 'r3', originator_id FROM alerts
                WHERE seq = 1;
            INSERT INTO alerts SELECT 4, 1011, 9, alert_code, recipient_id, 'r4', originator_id FROM alerts
                WHERE seq = 1;
            INSERT INTO documents VALUES (3, x'01'), (4, x'02');
            UPDATE progress SET entry = entry + 1;
        """)
    storms = KeptStorms()
    with running_engine(path, clock, watchers=[storms]) as engine:
        assert (4, 3, 1, 0) == counted(engine)
        assert [1_011] == [it.storm.started_at for it in storms.started]
        assert [1, 2, 4] == [it.seq for it in engine.queued(QueueQuery()).result(30)]
    assert decided_in(path) == replayed(path) == [(0, 0, 0), (0, 0, 0), (1, 0, 0), (0, 0, 0)]
