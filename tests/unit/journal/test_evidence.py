"""Evidence in the journal: kept with the Alert that said it, once, for good, and read as a table of it is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engines import AUDIT, StandingClock, a_record, accept, incoming, journal_of, running_engine

from tidegate.assembly.opening_evidence import open_evidence
from tidegate.columnar.batches import Names
from tidegate.commissioning.columns import rows_of
from tidegate.commissioning.evidence import CredentialType, Evidence, Kind, Outcome, Role
from tidegate.journal import JournalEvidence, evidence as journal_evidence
from tidegate.operations.live import Incoming, IncomingResponse
from tidegate.operations.live_journal import Entry, EvidenceRow, JournalUnavailable
from tidegate.vocabulary.faults import InputError

LARGEST = 2**64 - 1
READ = Evidence(
    0,
    LARGEST,
    Kind.CREDENTIALS_READ,
    "6.24.1",
    CredentialType.KEY_AGREEMENT,
    Outcome.SUCCESS,
    Role.NETWORK_OPERATOR,
    "operator",
    "44899792D196F4B8",
    "supplier",
)
ACCEPTED = Evidence(0, 1, Kind.SRV_RESPONSE, "6.15.1", outcome=Outcome.EMPTY, role=Role.SUPPLIER)
ACTIONED = Evidence(0, 1, Kind.FUTURE_DATED_OUTCOME, "6.15.1", outcome=Outcome.SUCCESS)
COMMISSIONED = Evidence(0, 1, Kind.COMMISSIONED)


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database that is empty."""
    if request.param == "SQLite":
        return str(tmp_path / "journal.db")
    return str(request.getfixturevalue("empty_server").url)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    some = journal_evidence._AFTER.replace(str(journal_evidence.ROWS_AT_ONCE), "2")
    monkeypatch.setattr(journal_evidence, "_AFTER", some)


def told_of(url: object) -> list[Evidence]:
    names = Names(["a party that registrations named first"])
    parts = open_evidence([Path(str(url))], names).rows()
    return [row for part in parts for row in rows_of(part.records, names)]


def asked(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def rows(identifier: str, *said: Evidence) -> list[EvidenceRow]:
    return [EvidenceRow(identifier, place, each) for place, each in enumerate(said)]


def saying(alert: Incoming, *said: Evidence) -> Incoming:
    return replace(alert, evidence=said)


@pytest.mark.usefixtures("small_parts")
def test_evidence_is_read_back_as_it_was_written_part_by_part(url: str) -> None:
    said = [READ, ACCEPTED, COMMISSIONED, ACTIONED, READ._replace(device_id=2)]
    with journal_of(url) as journal:
        journal.state()
        journal.append(Entry(1, evidence=rows("r1", *said)))

        parts = list(JournalEvidence(url, names := Names()).rows())

    assert said == [row for part in parts for row in rows_of(part.records, names)]
    assert [[1, 2], [3, 4], [5]] == [part.line.tolist() for part in parts]
    assert [0.4, 0.8, 1.0] == [part.progress for part in parts]


def test_what_a_document_says_is_kept_once_however_often_it_comes(url: str) -> None:
    """An 8F66 may have the ResponseID of the Response before it: they are of two kinds."""
    with journal_of(url) as journal:
        journal.state()
        journal.append(Entry(1, evidence=rows("r1", ACCEPTED, READ)))
        journal.append(Entry(2, evidence=[*rows("r1", ACCEPTED._replace(at=9), READ), *rows("r1", ACTIONED)]))
        journal.append(Entry(3, evidence=rows("r2", ACCEPTED)))

    assert [ACCEPTED, READ, ACTIONED, ACCEPTED] == told_of(url)


def test_a_transaction_that_fails_leaves_no_evidence_and_the_next_one_is_whole(url: str) -> None:
    with journal_of(url) as journal:
        journal.state()
        journal.append(Entry(1, evidence=rows("r1", ACCEPTED)))
        with pytest.raises(JournalUnavailable):
            journal.append(Entry(2, evidence=[EvidenceRow("r2", 0, READ._replace(srv=None))]))  # type: ignore[arg-type]
        journal.append(Entry(2, evidence=rows("r3", READ)))

    assert [ACCEPTED, READ] == told_of(url)


def test_numbers_go_on_after_a_restart(url: str) -> None:
    for number in (1, 2):
        with journal_of(url) as journal:
            journal.state()
            journal.append(Entry(number, evidence=rows(f"r{number}", ACCEPTED)))

    assert [[1, 2]] == [part.line.tolist() for part in JournalEvidence(url, Names()).rows()]


def test_an_alert_and_what_it_says_are_one_transaction_received_at_one_instant(path: Path) -> None:
    clock = StandingClock(1_000)
    with running_engine(path, clock) as engine:
        accept(engine, saying(incoming(1), ACTIONED, COMMISSIONED), incoming(2))
        clock.now = 2_000
        accept(engine, saying(incoming(1), ACTIONED, COMMISSIONED))
        assert 1 == engine.counters().repeats

    assert [ACTIONED._replace(at=1_000), COMMISSIONED._replace(at=1_000)] == told_of(path)
    assert [(1_000,), (1_000,)] == asked(path, "SELECT received_at FROM alerts")


def test_a_response_is_no_alert_and_what_it_says_is_durable_when_it_is_answered(path: Path) -> None:
    clock = StandingClock(1_000)
    with running_engine(path, clock) as engine:
        engine.keep([IncomingResponse("r1", [ACCEPTED]), IncomingResponse("r2", [READ])]).result(30)
        clock.now = 2_000
        engine.keep([IncomingResponse("r1", [ACCEPTED])]).result(30)

        assert [ACCEPTED._replace(at=1_000), READ._replace(at=1_000)] == told_of(path)
        assert (0, 0) == (engine.counters().received, engine.counters().waiting)


def test_an_alert_that_is_throttled_is_evidence_all_the_same(path: Path) -> None:
    clock = StandingClock()
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now = 1_010
        made = [accept(engine, saying(incoming(n), ACTIONED))[0] for n in range(4)]

    assert [False, False, True, True] == [it.is_held_back for it in made]
    assert 4 == len(told_of(path))


def test_evidence_stays_when_the_alerts_that_said_it_are_let_go_of(path: Path) -> None:
    with running_engine(path) as engine:
        accept(engine, saying(incoming(1), ACTIONED), incoming(2))
    with journal_of(path) as journal:
        journal.prune(1, 10)

    assert [(2,)] == asked(path, "SELECT seq FROM alerts")
    assert [ACTIONED] == [row._replace(at=0) for row in told_of(path)]


def test_in_words_it_is_the_evidence_table(path: Path) -> None:
    with journal_of(path) as journal:
        journal.state()
        journal.append(Entry(1, evidence=rows("r1", READ._replace(at=5), COMMISSIONED)))

    said = (
        "credentials_read 6.24.1 KeyAgreement success NetworkOperator operator 44899792D196F4B8 supplier r1"
    )
    assert [(1, 5, -1, *said.split()), (2, 0, 1, "commissioned", *[""] * 7, "r1")] == asked(
        path, "SELECT * FROM evidence_in_words ORDER BY id"
    )


def to_the_first_form() -> Iterator[str]:
    yield "DROP VIEW evidence_in_words"
    yield "DROP TABLE evidence"
    yield "UPDATE schema_version SET version = 1"


def test_a_journal_of_the_first_form_is_brought_up_by_an_engine_and_loses_nothing(path: Path) -> None:
    with running_engine(path) as engine:
        accept(engine, incoming(1))
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in to_the_first_form():
            connection.execute(statement)
    with pytest.raises(InputError, match="an older Tidegate wrote it"):
        JournalEvidence(str(path), Names())

    with running_engine(path) as engine:
        accept(engine, saying(incoming(2), ACTIONED))
        assert 2 == engine.counters().received

    assert [(2,)] == asked(path, "SELECT version FROM schema_version")
    assert [ACTIONED._replace(at=1_000)] == told_of(path)


def test_a_journal_without_evidence_is_a_fault_that_says_so(path: Path) -> None:
    with running_engine(path) as engine:
        accept(engine, incoming(1))

    with pytest.raises(InputError, match="said anything of credentials"):
        told_of(path)


def test_a_service_that_is_not_published_any_more_is_a_rejected_row_by_its_number(path: Path) -> None:
    said: Sequence[Evidence] = [ACCEPTED, ACCEPTED._replace(srv="99.1")]
    with journal_of(path) as journal:
        journal.state()
        journal.append(Entry(1, evidence=rows("r1", *said)))

    (part,) = JournalEvidence(str(path), Names()).rows()

    assert ([1], [(2, "srv: 99.1 is not a published Service Reference Variant")]) == (
        part.line.tolist(),
        [(each.line, each.reason) for each in part.rejected],
    )
