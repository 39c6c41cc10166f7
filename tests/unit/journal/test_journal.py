"""The journal: the same over SQLite and PostgreSQL, of a stated form, with one writer."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.commands import tidegate
from tests.engines import (
    AUDIT,
    StandingClock,
    a_record,
    accept,
    decided_in,
    incoming,
    journal_of,
    replayed,
    running_engine,
)

from tidegate.alert_storm.decision import Level, Storm
from tidegate.assembly.journals import is_journal
from tidegate.journal import JournalSource, open_journal, policies_of
from tidegate.operations.live import IncomingBatch, LiveStorm
from tidegate.operations.live_journal import (
    Decided,
    DecisionRow,
    Entry,
    JournalBlock,
    JournalRow,
    JournalUnavailable,
    OutboxRow,
)
from tidegate.operations.notes import AuditEntry, NoticeEntry, NoticeState, Refusals, ServiceEvent
from tidegate.operations.outgoing import DeliveryChange, DeliveryState, QueueQuery
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.faults import InputError

LARGEST = 2**64 - 1


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request, tmp_path):
    """Of a database that is empty."""
    if request.param == "SQLite":
        return str(tmp_path / "journal.db")
    return request.getfixturevalue("empty_server").url


@pytest.fixture
def journal(url):
    with journal_of(url) as journal:
        journal.state()
        yield journal


def a_row(seq, response_id=None, recipient="network", device=LARGEST):
    return JournalRow(seq, 1_000 + seq, device, 0x8014, recipient, response_id, "sender", b"<\x00\xff>")


def a_storm(ended_at=None, received=1):
    storm = Storm(Stream(LARGEST, 5, "network"), Level.RED, 1_001, ended_at, received, 1, 0, 3, 1_000)
    return LiveStorm(storm, "1", Mode.ENFORCED)


def test_a_journal_is_let_go_of_without_a_word(url, caplog):
    with journal_of(url) as journal:
        journal.state()

    assert [] == caplog.records


def test_the_last_event_of_some_kinds_is_found_however_many_came_since(journal):
    events = [ServiceEvent(at, kind, {"at": at}) for at, kind in enumerate(["a", "b", "a", *"c" * 5])]
    journal.append(Entry(1, notes=events))

    assert events[2] == journal.last_event_of({"a", "b"})
    assert journal.last_event_of({"d"}) is None


def test_a_journal_begins_empty(journal):
    state = journal.state()

    assert (0, 0, None, 0) == (state.entry, state.last_seq, state.last_at, state.decided_seq)
    assert journal.last_snapshot() is None
    assert [] == [
        *journal.after(0),
        *journal.policies(),
        *journal.queue(QueueQuery()),
        *journal.queue_lengths(),
    ]


def test_what_one_transaction_wrote_is_all_there(journal):
    journal.append(Entry(1, [a_row(1, "r1"), a_row(2, recipient="supplier", device=0)]))
    block = JournalBlock(
        3,
        np.array([1_003, 1_004], np.int64),
        np.array([LARGEST, 5], np.uint64),
        np.array([0x8F75, 0x10018], np.uint32),
        np.array([1, 0], np.uint32),
        ["", "new"],
    )
    journal.append(Entry(2, (), [block]))
    state = journal.state()
    (read,) = journal.after(0)
    (rest,) = journal.after(3)

    assert (2, 4, 1_004, 0) == (state.entry, state.last_seq, state.last_at, state.decided_seq)
    assert [1_001, 1_002, 1_003, 1_004] == read.received_at.tolist()
    assert [LARGEST, 0, LARGEST, 5] == read.device_id.tolist()
    assert [0x8014, 0x8014, 0x8F75, 0x10018] == read.alert_code.tolist()
    assert ["network", "supplier", "new", ""] == [read.recipients[number] for number in read.recipient]
    assert (4, 1) == (rest.first_seq, len(rest))
    assert {1: "network", 2: "supplier"} == journal.outgoing_after(0, 4)


def test_a_transaction_that_fails_leaves_nothing(journal):
    journal.append(Entry(1, [a_row(1, "r1")]))
    with pytest.raises(JournalUnavailable):
        journal.append(Entry(2, [a_row(2, "r2", recipient="new"), a_row(3, "r1")]))
    journal.append(Entry(2, [a_row(2, "r3", recipient="newer")]))

    assert (2, 2) == (journal.state().entry, journal.state().last_seq)
    assert {"r1", "r3"} == set(journal.known(["r1", "r2", "r3"]))
    assert ["network", "newer"] == [
        block.recipients[number] for block in journal.after(0) for number in block.recipient
    ]


def test_decisions_are_written_once_however_often_they_are_given(journal):
    journal.append(Entry(1, [a_row(n, f"r{n}") for n in range(1, 5)]))
    decided = Decided(
        3,
        [DecisionRow(2, 1, 0, 0), DecisionRow(3, 0, 1, 1)],
        [OutboxRow(1, "network"), OutboxRow(3, "network")],
        [2],
        [a_storm()],
        [(1, "1", Mode.ENFORCED)],
    )
    journal.append(Entry(2, decided=decided))
    journal.append(Entry(3, decided=decided))
    known = journal.known(["r1", "r2", "r4", "never"])

    assert {"r1": (None, True), "r2": (DecisionRow(2, 1, 0, 0), True), "r4": (None, False)} == {
        name: (it.decision, it.is_decided) for name, it in known.items()
    }
    assert ("1", Mode.ENFORCED) == (known["r2"].policy_version, known["r2"].mode)
    assert [(1, 0, b"<\x00\xff>"), (3, 1, b"<\x00\xff>")] == [
        (it.seq, it.throttled_alert_count, it.document) for it in journal.queue(QueueQuery())
    ]
    assert [b"", b""] == [it.document for it in journal.queue(QueueQuery(has_documents=False))]
    assert {1: "network", 3: "network", 4: "network"} == journal.outgoing_after(0, 4)


def test_a_delivery_is_as_it_was_last_said_to_be(journal):
    journal.append(Entry(1, [a_row(n) for n in (1, 2, 3)]))
    journal.append(Entry(2, decided=Decided(3, outbox=[OutboxRow(n, "network") for n in (1, 2, 3)])))
    journal.append(
        Entry(
            3,
            deliveries=[
                DeliveryChange(1, DeliveryState.WAITING, 1, 5, 9),
                DeliveryChange(1, DeliveryState.DELIVERED, 2, 5, None, 10),
                DeliveryChange(2, DeliveryState.FAILED_QUEUE, 2, 5, 11, None, "503"),
            ],
        )
    )
    (failed,) = journal.queue(QueueQuery(state=DeliveryState.FAILED_QUEUE))
    (delivered,) = journal.queue(QueueQuery(state=DeliveryState.DELIVERED))

    assert (2, 2, 5, 11, "503") == (
        failed.seq,
        failed.attempts,
        failed.first_attempt_at,
        failed.next_attempt_at,
        failed.reason,
    )
    assert (1, b"") == (delivered.seq, delivered.document)
    assert [(DeliveryState.WAITING, 1, 1_003), (DeliveryState.FAILED_QUEUE, 1, 1_002)] == [
        (it.state, it.count, it.oldest_received_at) for it in journal.queue_lengths()
    ]


def test_storms_stand_as_they_were_last_said_to(journal):
    journal.append(Entry(1, decided=Decided(0, storms=[a_storm()])))
    assert [a_storm()] == journal.storms_running()
    journal.append(Entry(2, decided=Decided(0, storms=[a_storm(1_021, 7)])))

    assert [] == journal.storms_running()


def test_notes_are_read_back_the_latest_first(journal):
    audit = [AuditEntry(n, "a person", "queue.drop", {"seq": n}) for n in (1, 2)]
    event = ServiceEvent(3, "delivery_failed", {"user": "£"})
    notice = NoticeEntry(4, "storm_started", "network", "problem-1", {"n": 1}, "mail", NoticeState.AVOIDED)
    journal.append(Entry(1, notes=[*audit, event, notice, Refusals(0, "xml", 2), Refusals(0, "xml", 3)]))

    assert [audit[1], audit[0]] == journal.audit()
    assert [audit[1]] == journal.audit(since=2) == journal.audit(limit=1)
    assert [event] == journal.events()
    assert [notice] == journal.notices() == journal.notices(party="network")
    assert [] == journal.notices(party="supplier")


def test_policies_are_kept_as_they_were_put(journal):
    first = journal.put_policy(a_record("1", 10), AUDIT)
    second = journal.put_policy(a_record("2", 20, 30, is_override=True), AUDIT)
    journal.end_policy(second.id, 25, AUDIT)

    assert (1, 2) == (first.id, second.id)
    assert [(first, None), (second, 25)] == [
        (type(it)(**{**_fields(it), "until": old.until}), it.until)
        for it, old in zip(journal.policies(), (first, second), strict=True)
    ]
    assert 3 == len(journal.audit())


def _fields(record):
    return {name: getattr(record, name) for name in record.__slots__}


def test_a_snapshot_counts_once_it_is_whole_and_takes_the_place_of_the_one_before(journal):
    journal.save_snapshot_part(5, 100, 0, 1, b"old")
    journal.save_snapshot_part(9, 200, 0, 2, b"ne")
    assert (5, b"old") == (journal.last_snapshot().seq, journal.last_snapshot().state)
    # Begun anew, as after a crash.
    journal.save_snapshot_part(9, 300, 0, 2, b"NE")
    journal.save_snapshot_part(9, 300, 1, 2, b"W\x00")

    assert (9, 300, b"NEW\x00") == (
        journal.last_snapshot().seq,
        journal.last_snapshot().at,
        journal.last_snapshot().state,
    )


def test_an_engine_over_it_decides_as_a_replay_of_it(url):
    clock = StandingClock()
    with running_engine(url, clock) as engine:
        engine.apply(a_record(excluded={0x8F75: "GB"}), AUDIT).result(30)
        made = []
        for number in range(40):
            clock.now += number % 4
            if number == 20:
                engine.apply(a_record("2", threshold=1), AUDIT).result(30)
                clock.now += 1
            made += accept(engine, incoming(number, number % 2, 0x8F75 if number % 7 == 0 else 0x8014))
        batch = IncomingBatch(
            np.array([LARGEST] * 4, np.uint64),
            np.full(4, 0x8014, np.uint32),
            np.zeros(4, np.uint32),
            ["network"],
        )
        block = engine.submit_batch(batch).result(30)

    rows = [(it.outcome, it.throttled_alert_sequence_id, it.throttled_alert_count) for it in made]
    rows += zip(block.outcome, block.throttled_alert_sequence_id, block.throttled_alert_count, strict=True)
    assert rows == replayed(url)
    assert {0, 1, 2} == {row[0] for row in rows}


def test_a_journal_of_a_newer_tidegate_is_not_opened(tmp_path):
    path = tmp_path / "journal.db"
    with journal_of(path):
        pass
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE schema_version SET version = version + 1")

    with pytest.raises(InputError, match="newer Tidegate"):
        open_journal(str(path))
    with pytest.raises(InputError, match="newer Tidegate"):
        JournalSource(str(path))


def test_a_second_engine_is_refused_and_a_reader_is_not(url):
    with journal_of(url) as journal:
        journal.state()
        with pytest.raises(InputError, match="another engine uses it"):
            open_journal(url)
        assert [] == policies_of(url)
    with journal_of(url) as journal:
        assert 0 == journal.state().entry


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("mysql://me:secret@host/db", "no database"),
        ("nonsense://x", "no database"),
        ("sqlite://", "no database"),
        ("no/such/folder/journal.db", "cannot be opened"),
    ],
)
def test_what_cannot_be_a_journal_is_refused_and_no_password_is_shown(url, what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=what) as refused:
        open_journal(url)

    assert "secret" not in str(refused.value)


def test_a_database_of_something_else_is_no_journal(tmp_path):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE something (a)")
    text = tmp_path / "other.csv"
    text.write_text("a,b\n")

    assert (True, False, False) == (is_journal(path), is_journal(text), is_journal(tmp_path / "none"))
    with pytest.raises(InputError, match="is not a journal"):
        JournalSource(str(path))


def test_a_file_that_was_removed_is_not_written_on(tmp_path):
    """SQLite would: the rows would be in a file that no one can open."""
    path = tmp_path / "journal.db"
    with journal_of(path) as journal:
        journal.state()
        path.rename(tmp_path / "away.db")
        with pytest.raises(JournalUnavailable, match="No such file"):
            journal.append(Entry(1, [a_row(1)]))
        assert not path.exists()
        (tmp_path / "away.db").rename(path)
        journal.append(Entry(1, [a_row(1)]))

        assert 1 == journal.state().last_seq


def test_tidegate_replay_reads_a_journal_under_the_policies_that_were_in_force(tmp_path, capfd):
    path, clock = tmp_path / "journal.db", StandingClock()
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now += 1
        accept(engine, *(incoming(number) for number in range(6)))
        engine.apply(a_record("2", excluded={0x8014: "GB"}), AUDIT).result(30)
        clock.now += 2
        accept(engine, incoming(6))
    ran = tidegate(capfd, "replay", path, "-o", tmp_path / "results", "--json")
    decisions = pq.read_table(tmp_path / "results" / "decisions.parquet").to_pydict()

    assert (0, "") == (ran.status, ran.err)
    assert {"received": 7, "throttled": 3, "excluded": 1}.items() <= json.loads(ran.out).items()
    assert decided_in(path) == list(
        zip(
            decisions["outcome"],
            decisions["throttled_alert_sequence_id"],
            decisions["throttled_alert_count"],
            strict=True,
        )
    )
    assert [1, 2, 3, 4, 5, 6, 7] == decisions["seq"]
    assert "00-00-00-00-00-00-00-01" == decisions["device_id"][0]


def test_a_journal_that_cannot_be_read_is_a_fault_with_its_name(tmp_path, capfd):
    path = tmp_path / "journal.db"
    path.write_bytes(b"SQLite format 3\0 and nothing more")
    ran = tidegate(capfd, "replay", path)

    assert 2 == ran.status
    assert "journal.db" in ran.err.replace("\n", "")
    assert "Traceback" not in ran.err
