"""The journal over SQL: `operations.live_journal.Journal`.

One thread writes it. A transaction that failed has left nothing, unless it was
lost sight of at the very end: `progress.entry` says which (`JournalState.entry`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update

from tidegate.journal import reading, schema
from tidegate.journal.database import Database
from tidegate.operations.live import LiveStorm, PolicyRecord
from tidegate.operations.live_journal import (
    Decided,
    Entry,
    EvidenceRow,
    JournalBlock,
    JournalRow,
    JournalState,
    Known,
    Snapshot,
)
from tidegate.operations.notes import AuditEntry, Note, NoticeEntry, Refusals, ServiceEvent
from tidegate.operations.outgoing import DeliveryChange, OutgoingAlert, QueueLength, QueueQuery
from tidegate.vocabulary.instants import Instant

_UPSERT_STORM: Final = """
INSERT INTO storms (device_id, alert_code, recipient, level, started_at, ended_at, received, forwarded,
    throttled, peak_count, counting_since, policy_version, mode)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (device_id, alert_code, recipient, level, started_at) DO UPDATE SET ended_at = excluded.ended_at,
    received = excluded.received, forwarded = excluded.forwarded, throttled = excluded.throttled,
    peak_count = excluded.peak_count, counting_since = excluded.counting_since
"""
_PROGRESS: Final = """
UPDATE progress SET entry = ?, decided_seq = COALESCE(CAST(? AS BIGINT), decided_seq)
"""
_SETTLE: Final = """
UPDATE outbox SET state = ?, attempts = ?, first_attempt_at = ?, next_attempt_at = ?, settled_at = ?, reason = ?
WHERE seq = ?
"""
_REFUSE: Final = """
INSERT INTO refusals (hour, reason, count) VALUES (?, ?, ?)
ON CONFLICT (hour, reason) DO UPDATE SET count = refusals.count + excluded.count
"""


def open_journal(url: str) -> SqlJournal:
    """The journal of a file name, or of a URL (`sqlite:///journal.db`, `postgresql://user@host/database`).

    Its tables are made where there are none.

    Raises:
        InputError: it cannot be opened, another engine uses it, or it is of a newer Tidegate.
        JournalUnavailable: it cannot be reached.
    """
    database = Database(url)
    database.create()
    return SqlJournal(database)


class SqlJournal:
    """A journal in a database; see `operations.live_journal.Journal` for what each method promises."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._parties: dict[str, int] = {}
        self._evidence_id = 0

    @property
    def name(self) -> str:
        """What a person calls it; without its password."""
        return self._database.name

    def tell_commits(self, committed_after: Callable[[float], object]) -> None:
        """Have someone told, in the engine's thread, how many seconds each commit took."""
        self._database.committed_after = committed_after

    def state(self) -> JournalState:
        """How far it is. What was known of its parties and its evidence is looked up anew: it may be another one now."""
        with self._database.connected() as connection:
            self._parties = {
                row.name: row.id
                for row in connection.execute(select(schema.parties.c.id, schema.parties.c.name))
            }
            self._evidence_id = reading.last_evidence(connection)
            return reading.state(connection)

    def append(self, entry: Entry) -> None:
        """Write one transaction; it is durable when this returns."""
        added: dict[str, int] = {}
        with self._database.transaction() as connection:
            for row in entry.rows:
                self._add_party(row.recipient, added)
                self._add_party(row.originator, added)
            for block in entry.blocks:
                for name in (*block.recipients, block.originator):
                    self._add_party(name, added)
            for seen in entry.evidence:
                self._add_party(seen.said.party_id, added)
                self._add_party(seen.said.sender, added)
            parties = [(number, name) for name, number in added.items()]
            self._database.insert(connection, schema.parties, parties)
            number_of = {**self._parties, **added} if added else self._parties
            self._add_rows(connection, entry.rows, number_of)
            for block in entry.blocks:
                self._add_block(connection, block, number_of)
            self._add_evidence(connection, entry.evidence, number_of)
            decided_seq = None
            if entry.decided is not None:
                decided_seq = entry.decided.through_seq
                self._add_decided(connection, entry.decided, number_of)
            self._add_deliveries(connection, entry.deliveries)
            for note in entry.notes:
                self._add_note(connection, note)
            self._database.many(connection, _PROGRESS, [(entry.number, decided_seq)])
        self._parties.update(added)
        self._evidence_id += len(entry.evidence)

    def known(self, response_ids: Collection[str]) -> Mapping[str, Known]:
        """Those of some ResponseIDs that were accepted before."""
        with self._database.connected() as connection:
            return reading.known(self._database, connection, response_ids)

    def after(self, seq: int) -> Iterator[JournalBlock]:
        """The Alerts after one, in order, in pieces of bounded size."""
        return reading.blocks_after(self._database, seq)

    def outgoing_after(self, seq: int, through_seq: int) -> Mapping[int, str]:
        """Number and recipient of the Alerts of a range that have a document."""
        with self._database.connected() as connection:
            return reading.outgoing_after(connection, seq, through_seq)

    def queue(self, query: QueueQuery) -> Sequence[OutgoingAlert]:
        """Alerts to be delivered."""
        with self._database.connected() as connection:
            return reading.queue(connection, query)

    def queue_lengths(self) -> Sequence[QueueLength]:
        """How many Alerts wait or are on the failed queue, by recipient."""
        with self._database.connected() as connection:
            return reading.queue_lengths(connection)

    def storms_running(self) -> Sequence[LiveStorm]:
        """The storms that had started and not ended by `state().decided_seq`."""
        with self._database.connected() as connection:
            return reading.storms_running(connection)

    def save_snapshot_part(
        self, seq: int, at: Instant, part: int, parts: int, body: bytes, keep: Collection[int] = ()
    ) -> None:
        """Write a part of a snapshot; with the last those before go, but those to `keep`."""
        table = schema.snapshots
        with self._database.transaction() as connection:
            if part == 0:
                # One of the same Alert that was begun before a crash, or taken after time had passed.
                connection.execute(table.delete().where(table.c.seq == seq))
            connection.execute(insert(table).values(seq=seq, part=part, parts=parts, at=at, body=body))
            if part == parts - 1:
                connection.execute(table.delete().where(table.c.seq.not_in({seq, *keep})))

    def last_snapshot(self) -> Snapshot | None:
        """The last snapshot that is whole."""
        with self._database.connected() as connection:
            return reading.last_snapshot(connection)

    def snapshots(self) -> Sequence[tuple[int, Instant]]:
        """Alert and instant of each snapshot that is whole, in order."""
        with self._database.connected() as connection:
            return reading.snapshots(connection)

    def first_open(self) -> int | None:
        """Number of the first Alert that is to be delivered yet; None: none is."""
        with self._database.connected() as connection:
            return reading.first_open(connection)

    def prune(self, through_seq: int, most: int) -> bool:
        """Let go of the first `most` Alerts up to a snapshot's, and of snapshots before it; whether there are more."""
        with self._database.transaction() as connection:
            first = reading.first_seq(connection)
            if first is None or first > through_seq:
                return False
            last = min(through_seq, first + most - 1)
            connection.execute(delete(schema.snapshots).where(schema.snapshots.c.seq < through_seq))
            for table in (schema.alerts, schema.decisions, schema.outbox, schema.documents):
                connection.execute(delete(table).where(table.c.seq <= last))
            # Which policy decides the first that stays is said by the last row before it.
            begins = schema.deciding.c.first_seq
            decides = select(func.max(begins)).where(begins <= last + 1).scalar_subquery()
            connection.execute(delete(schema.deciding).where(begins < decides))
        return last < through_seq

    def policies(self) -> Sequence[PolicyRecord]:
        """Every policy ever put in force, in the order they were recorded."""
        with self._database.connected() as connection:
            return reading.policies(connection)

    def put_policy(self, record: PolicyRecord, audit: AuditEntry) -> PolicyRecord:
        """Record a policy; it comes back with its number."""
        with self._database.transaction() as connection:
            number = (
                1 + connection.execute(select(func.coalesce(func.max(schema.policies.c.id), 0))).scalar_one()
            )
            values = {name: getattr(record, name) for name in schema.policies.c.keys()}  # noqa: SIM118 - not a dict
            connection.execute(insert(schema.policies).values({**values, "id": number}))
            self._add_note(connection, audit)
        return PolicyRecord(**{**values, "id": number})

    def end_policy(self, number: int, until: Instant, audit: AuditEntry) -> None:
        """A policy is in force no longer than until an instant."""
        with self._database.transaction() as connection:
            connection.execute(
                update(schema.policies).where(schema.policies.c.id == number).values(until=until)
            )
            self._add_note(connection, audit)

    def audit(self, *, since: Instant = 0, limit: int = 1_000) -> Sequence[AuditEntry]:
        """Who did what, the latest first."""
        with self._database.connected() as connection:
            return reading.audit(connection, since, limit)

    def events(self, *, since: Instant = 0, limit: int = 1_000) -> Sequence[ServiceEvent]:
        """Service Management Events, the latest first."""
        with self._database.connected() as connection:
            return reading.events(connection, since, limit)

    def last_event_of(self, kinds: Collection[str]) -> ServiceEvent | None:
        """The last Service Management Event of some kinds."""
        with self._database.connected() as connection:
            return reading.last_event_of(connection, kinds)

    def notices(self, *, party: str | None = None, limit: int = 1_000) -> Sequence[NoticeEntry]:
        """Notices, the latest first."""
        with self._database.connected() as connection:
            return reading.notices(connection, party, limit)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _add_party(self, name: str, added: dict[str, int]) -> None:
        if name not in self._parties and name not in added:
            # Numbers count up without a gap: one writer, and nobody is ever taken out.
            added[name] = len(self._parties) + len(added) + 1

    def _add_rows(
        self, connection: Connection, rows: Sequence[JournalRow], number_of: Mapping[str, int]
    ) -> None:
        self._database.insert(
            connection,
            schema.alerts,
            [
                (
                    row.seq,
                    row.received_at,
                    reading.signed(row.device_id),
                    row.alert_code,
                    number_of[row.recipient],
                    row.response_id,
                    number_of[row.originator],
                )
                for row in rows
            ],
        )
        documents = [(row.seq, row.document) for row in rows if row.document is not None]
        self._database.insert(connection, schema.documents, documents)

    def _add_block(self, connection: Connection, block: JournalBlock, number_of: Mapping[str, int]) -> None:
        count = len(block)
        numbers = [number_of[name] for name in block.recipients]
        self._database.insert(
            connection,
            schema.alerts,
            list(
                zip(
                    range(block.first_seq, block.first_seq + count),
                    block.received_at.tolist(),
                    block.device_id.view("int64").tolist(),
                    block.alert_code.tolist(),
                    [numbers[number] for number in block.recipient.tolist()],
                    [None] * count,
                    [number_of[block.originator]] * count,
                    strict=True,
                )
            ),
        )

    def _add_evidence(
        self, connection: Connection, rows: Sequence[EvidenceRow], number_of: Mapping[str, int]
    ) -> None:
        self._database.insert(
            connection,
            schema.evidence,
            [
                (
                    number,
                    said.at,
                    reading.signed(said.device_id),
                    int(said.kind),
                    said.srv,
                    int(said.credential_type),
                    int(said.outcome),
                    int(said.role),
                    number_of[said.party_id],
                    said.certificate_hash,
                    number_of[said.sender],
                    identifier,
                    place,
                )
                for number, (identifier, place, said) in enumerate(rows, self._evidence_id + 1)
            ],
            or_leave="identifier, kind, place",
        )

    def _add_decided(self, connection: Connection, decided: Decided, number_of: Mapping[str, int]) -> None:
        database = self._database
        database.insert(connection, schema.decisions, decided.rows, or_leave="seq")
        rows = [(row.seq, number_of[row.recipient], 0, 0, None, None, None, "") for row in decided.outbox]
        database.insert(connection, schema.outbox, rows, or_leave="seq")
        deciding = [(seq, version, mode.value) for seq, version, mode in decided.versions]
        database.insert(connection, schema.deciding, deciding, or_leave="first_seq")
        self._drop_documents(connection, decided.without_document)
        database.many(connection, _UPSERT_STORM, [_storm_row(it) for it in decided.storms])

    def _add_deliveries(self, connection: Connection, deliveries: Sequence[DeliveryChange]) -> None:
        last = {it.seq: it for it in deliveries}
        rows = [
            (
                it.state.value,
                it.attempts,
                it.first_attempt_at,
                it.next_attempt_at,
                it.settled_at,
                it.reason,
                it.seq,
            )
            for it in last.values()
        ]
        self._database.many(connection, _SETTLE, rows)
        self._drop_documents(connection, [it.seq for it in last.values() if it.state.is_settled])

    def _drop_documents(self, connection: Connection, numbers: Sequence[int]) -> None:
        self._database.many(
            connection, "DELETE FROM documents WHERE seq = ?", [(number,) for number in numbers]
        )

    def _add_note(self, connection: Connection, note: Note) -> None:
        match note:
            case AuditEntry():
                values = {"who": note.who, "action": note.action, "details": _json(note.details)}
                connection.execute(insert(schema.audit).values(at=note.at, **values))
            case ServiceEvent():
                details = _json(note.details)
                connection.execute(insert(schema.events).values(at=note.at, kind=note.kind, details=details))
            case NoticeEntry():
                texts = {name: getattr(note, name) for name in ("kind", "party", "subject", "channel")}
                connection.execute(
                    insert(schema.notices).values(
                        at=note.at, **texts, body=_json(note.body), state=note.state.value
                    )
                )
            case Refusals():
                self._database.many(connection, _REFUSE, [(note.hour, note.reason, note.count)])


def _json(value: Mapping[str, object]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _storm_row(it: LiveStorm) -> tuple[Any, ...]:
    storm = it.storm
    return (
        reading.signed(storm.stream.device_id),
        storm.stream.alert_code,
        storm.stream.recipient,
        storm.level.value,
        storm.started_at,
        storm.ended_at,
        storm.received,
        storm.forwarded,
        storm.throttled,
        storm.peak_count,
        storm.counting_since,
        it.policy_version,
        it.mode.value,
    )
