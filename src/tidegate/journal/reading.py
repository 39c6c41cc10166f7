"""What is asked of the journal: rows back to values."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final, cast

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, text

from tidegate.alert_storm.decision import Level, Outcome, Storm
from tidegate.journal import schema
from tidegate.journal.database import Database
from tidegate.operations.live import LiveStorm, PolicyRecord
from tidegate.operations.live_journal import DecisionRow, JournalBlock, JournalState, Known, Snapshot
from tidegate.operations.notes import AuditEntry, NoticeEntry, NoticeState, ServiceEvent
from tidegate.operations.outgoing import DeliveryState, OutgoingAlert, QueueLength, QueueQuery
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant

ROWS_AT_ONCE: Final = 1 << 17

# Word for word what the index of them is of: a database does not look into parameters.
_IS_OPEN: Final = text("outbox.state IN (0, 2)")

_KNOWN: Final = """
SELECT alerts.response_id, alerts.seq, alerts.received_at, decisions.outcome,
    decisions.throttled_alert_sequence_id, decisions.throttled_alert_count,
    (SELECT policy_version FROM deciding WHERE first_seq <= alerts.seq ORDER BY first_seq DESC LIMIT 1),
    (SELECT mode FROM deciding WHERE first_seq <= alerts.seq ORDER BY first_seq DESC LIMIT 1),
    (SELECT decided_seq FROM progress)
FROM alerts LEFT JOIN decisions ON decisions.seq = alerts.seq
WHERE alerts.response_id IN
"""


def signed(device_id: DeviceId) -> int:
    """An EUI-64 as databases keep it."""
    return device_id - (1 << 64) if device_id >> 63 else device_id


def unsigned(number: int) -> DeviceId:
    """An EUI-64 as it was."""
    return number & (1 << 64) - 1


def state(connection: Connection) -> JournalState:
    """How far the journal is."""
    progress = connection.execute(select(schema.progress)).one()
    table = schema.alerts
    last = connection.execute(
        select(table.c.seq, table.c.received_at).order_by(table.c.seq.desc()).limit(1)
    ).one_or_none()
    seq, at = (0, None) if last is None else (int(last.seq), int(last.received_at))
    return JournalState(progress.entry, seq, at, progress.decided_seq)


def last_evidence(connection: Connection) -> int:
    """Number of the last row of evidence; 0: there is none."""
    found: int = connection.execute(select(func.coalesce(func.max(schema.evidence.c.id), 0))).scalar_one()
    return found


def known(database: Database, connection: Connection, response_ids: Collection[str]) -> dict[str, Known]:
    """Those of some ResponseIDs that were accepted before."""
    if not response_ids:
        return {}
    if database.is_sqlite:
        rows = connection.exec_driver_sql(
            f"{_KNOWN} (SELECT value FROM json_each(?))",  # noqa: S608 - both ours
            (json.dumps(list(response_ids)),),
        )
    else:
        # = ANY, as IN over a list would be another statement for each length.
        sql = _KNOWN.replace("alerts.response_id IN", "alerts.response_id = ANY(CAST(%s AS text[]))")
        rows = connection.exec_driver_sql(sql, (list(response_ids),))
    found = {}
    for response_id, seq, at, outcome, sequence_id, count, version, mode, decided_seq in rows:
        decision = None if outcome is None else DecisionRow(seq, outcome, sequence_id, count)
        is_decided = seq <= decided_seq
        found[response_id] = Known(
            seq, at, decision, version or "", Mode(mode) if mode else Mode.OFF, is_decided
        )
    return found


def blocks_after(
    database: Database, seq: int, columns: Sequence[str] = ("received_at", "device_id", "alert_code")
) -> Iterator[JournalBlock]:
    """The Alerts after one, in order; the connection is let go of between two pieces."""
    sql = database.sql(
        f"SELECT seq, {', '.join(columns)}, recipient_id FROM alerts WHERE seq > ? ORDER BY seq LIMIT {ROWS_AT_ONCE}"  # noqa: S608
    )
    while True:
        with database.connected() as connection:
            names = party_names(connection)
            result = connection.exec_driver_sql(sql, (seq,))
            # Plain tuples, past the library's rows: a restart waits for this.
            rows = cast("Any", result.cursor).fetchall()
            result.close()
        if not rows:
            return
        # Without a gap: one writer, which counts.
        width = len(columns) + 2
        numbers = np.fromiter(chain.from_iterable(rows), np.int64, len(rows) * width).reshape(-1, width)
        seq = int(numbers[-1, 0])
        yield JournalBlock(
            int(numbers[0, 0]),
            numbers[:, 1].copy(),
            numbers[:, 2].copy().view(np.uint64),
            numbers[:, 3].astype(np.uint32),
            numbers[:, 4].astype(np.uint32),
            names,
        )


def party_names(connection: Connection) -> Sequence[str]:
    """Every party's name, by its number; 0 is nobody's."""
    parties = connection.execute(select(schema.parties.c.id, schema.parties.c.name)).all()
    names = [""] * (1 + max((row.id for row in parties), default=0))
    for row in parties:
        names[row.id] = row.name
    return names


def outgoing_after(connection: Connection, seq: int, through_seq: int) -> dict[int, str]:
    """Number and recipient of the Alerts of a range that have a document."""
    alerts, documents, parties = schema.alerts, schema.documents, schema.parties
    rows = connection.execute(
        select(documents.c.seq, parties.c.name)
        .join(alerts, alerts.c.seq == documents.c.seq)
        .join(parties, parties.c.id == alerts.c.recipient_id)
        .where(documents.c.seq > seq, documents.c.seq <= through_seq)
    )
    return {number: name for number, name in rows}  # noqa: C416 - rows are not pairs to the type checker


def queue(connection: Connection, query: QueueQuery) -> list[OutgoingAlert]:
    """Alerts to be delivered, in order."""
    alerts, decisions, outbox = schema.alerts, schema.decisions, schema.outbox
    recipients, originators = schema.parties.alias("recipients"), schema.parties.alias("originators")
    columns: list[Any] = [
        alerts,
        decisions.c.outcome,
        decisions.c.throttled_alert_sequence_id,
        decisions.c.throttled_alert_count,
        outbox.c.state,
        outbox.c.attempts,
        outbox.c.first_attempt_at,
        outbox.c.next_attempt_at,
        outbox.c.reason,
        recipients.c.name.label("recipient"),
        originators.c.name.label("originator"),
        _mode_of(alerts.c.seq).label("mode"),
    ]
    source = (
        outbox.join(alerts, alerts.c.seq == outbox.c.seq)
        .join(recipients, recipients.c.id == outbox.c.recipient_id)
        .join(originators, originators.c.id == alerts.c.originator_id)
        .outerjoin(decisions, decisions.c.seq == outbox.c.seq)
    )
    if query.has_documents:
        source = source.outerjoin(schema.documents, schema.documents.c.seq == outbox.c.seq)
        columns.append(schema.documents.c.body)
    chosen = select(*columns).select_from(source).where(outbox.c.seq > query.after_seq)
    if query.state is None:
        chosen = chosen.where(_IS_OPEN)
    else:
        chosen = chosen.where(outbox.c.state == query.state.value)
    if query.recipient is not None:
        chosen = chosen.where(recipients.c.name == query.recipient)
    if query.is_excluded is not None:
        is_excluded = func.coalesce(decisions.c.outcome, 0) == Outcome.EXCLUDED.value
        chosen = chosen.where(is_excluded if query.is_excluded else ~is_excluded)
    return [_outgoing(row) for row in connection.execute(chosen.order_by(outbox.c.seq).limit(query.limit))]


def _mode_of(seq: Any) -> Any:
    table = schema.deciding
    return (
        select(table.c.mode)
        .where(table.c.first_seq <= seq)
        .order_by(table.c.first_seq.desc())
        .limit(1)
        .scalar_subquery()
    )


def _outgoing(row: Row[Any]) -> OutgoingAlert:
    # In shadow nothing was held back: there is nothing to tell.
    tells = row.outcome is not None and row.mode != Mode.SHADOW
    return OutgoingAlert(
        seq=row.seq,
        received_at=row.received_at,
        device_id=unsigned(row.device_id),
        alert_code=row.alert_code,
        recipient=row.recipient,
        response_id=row.response_id,
        originator=row.originator,
        outcome=Outcome(row.outcome or 0),
        throttled_alert_sequence_id=row.throttled_alert_sequence_id if tells else 0,
        throttled_alert_count=row.throttled_alert_count if tells else 0,
        document=bytes(getattr(row, "body", None) or b""),
        state=DeliveryState(row.state),
        attempts=row.attempts,
        first_attempt_at=row.first_attempt_at,
        next_attempt_at=row.next_attempt_at,
        reason=row.reason,
    )


def queue_lengths(connection: Connection) -> list[QueueLength]:
    """How many Alerts wait or are on the failed queue, by recipient."""
    outbox, alerts, parties = schema.outbox, schema.alerts, schema.parties
    rows = connection.execute(
        select(parties.c.name, outbox.c.state, func.count(), func.min(alerts.c.received_at))
        .select_from(outbox)
        .join(alerts, alerts.c.seq == outbox.c.seq)
        .join(parties, parties.c.id == outbox.c.recipient_id)
        .where(_IS_OPEN)
        .group_by(parties.c.name, outbox.c.state)
        .order_by(parties.c.name, outbox.c.state)
    )
    return [QueueLength(name, DeliveryState(number), count, oldest) for name, number, count, oldest in rows]


def storms_running(connection: Connection) -> list[LiveStorm]:
    """The storms that have not ended, in order of their start."""
    return _storms(connection, schema.storms.c.ended_at.is_(None))


def storms_since(connection: Connection, since: Instant) -> list[LiveStorm]:
    """The storms that run, or ended at an instant or later, in order of their start."""
    ended_at = schema.storms.c.ended_at
    return _storms(connection, or_(ended_at.is_(None), ended_at >= since))


def _storms(connection: Connection, are_asked: ColumnElement[bool]) -> list[LiveStorm]:
    table = schema.storms
    rows = connection.execute(select(table).where(are_asked).order_by(table.c.started_at))
    return [
        LiveStorm(
            Storm(
                Stream(unsigned(row.device_id), row.alert_code, row.recipient),
                Level(row.level),
                row.started_at,
                row.ended_at,
                row.received,
                row.forwarded,
                row.throttled,
                row.peak_count,
                row.counting_since,
            ),
            row.policy_version,
            Mode(row.mode),
        )
        for row in rows
    ]


def last_snapshot(connection: Connection) -> Snapshot | None:
    """The last snapshot that is whole."""
    whole = snapshots(connection)
    if not whole:
        return None
    seq, at = whole[-1]
    return Snapshot(seq, at, _snapshot_of(connection, seq))


def _snapshot_of(connection: Connection, seq: int) -> bytes:
    table = schema.snapshots
    parts = connection.execute(select(table.c.body).where(table.c.seq == seq).order_by(table.c.part))
    return b"".join(bytes(part) for (part,) in parts)


def snapshots(connection: Connection) -> list[tuple[int, Instant]]:
    """Alert and instant of each snapshot that is whole, in order."""
    table = schema.snapshots
    rows = connection.execute(
        select(table.c.seq, func.max(table.c.at))
        .group_by(table.c.seq)
        .having(func.count() == func.max(table.c.parts))
        .order_by(table.c.seq)
    )
    return [(seq, at) for seq, at in rows]


def beginning(connection: Connection) -> Snapshot | None:
    """The snapshot that what is kept begins after; None where all is kept, from the first Alert on."""
    first = first_seq(connection)
    if first is None or first == 1:
        return None
    found = next(((seq, at) for seq, at in snapshots(connection) if seq >= first - 1), None)
    return None if found is None else Snapshot(*found, _snapshot_of(connection, found[0]))


def first_seq(connection: Connection) -> int | None:
    """Number of the first Alert that is kept."""
    return connection.execute(select(func.min(schema.alerts.c.seq))).scalar_one_or_none()


def first_open(connection: Connection) -> int | None:
    """Number of the first Alert that is to be delivered yet."""
    return connection.execute(select(func.min(schema.outbox.c.seq)).where(_IS_OPEN)).scalar_one_or_none()


def policies(connection: Connection) -> list[PolicyRecord]:
    """Every policy ever put in force, in the order they were recorded."""
    rows = connection.execute(select(schema.policies).order_by(schema.policies.c.id))
    return [PolicyRecord(**row._mapping) for row in rows]  # noqa: SLF001 - the documented name of a row's columns


def audit(connection: Connection, since: Instant, limit: int) -> list[AuditEntry]:
    """Who did what, the latest first."""
    table = schema.audit
    rows = connection.execute(
        select(table).where(table.c.at >= since).order_by(table.c.id.desc()).limit(limit)
    )
    return [AuditEntry(row.at, row.who, row.action, _plain(row.details)) for row in rows]


def events(connection: Connection, since: Instant, limit: int) -> list[ServiceEvent]:
    """Service Management Events, the latest first."""
    table = schema.events
    rows = connection.execute(
        select(table).where(table.c.at >= since).order_by(table.c.id.desc()).limit(limit)
    )
    return [ServiceEvent(row.at, row.kind, _plain(row.details)) for row in rows]


def last_event_of(connection: Connection, kinds: Collection[str]) -> ServiceEvent | None:
    """The last Service Management Event of some kinds."""
    table = schema.events
    asked = select(table).where(table.c.kind.in_(kinds)).order_by(table.c.id.desc()).limit(1)
    row = connection.execute(asked).one_or_none()
    return None if row is None else ServiceEvent(row.at, row.kind, _plain(row.details))


def notices(connection: Connection, party: str | None, limit: int) -> list[NoticeEntry]:
    """Notices, the latest first."""
    table = schema.notices
    chosen = select(table) if party is None else select(table).where(table.c.party == party)
    return [
        NoticeEntry(
            row.at, row.kind, row.party, row.subject, _plain(row.body), row.channel, NoticeState(row.state)
        )
        for row in connection.execute(chosen.order_by(table.c.id.desc()).limit(limit))
    ]


def _plain(text: str) -> Mapping[str, object]:
    value: Mapping[str, object] = json.loads(text)
    return value
