"""The journal's tables, and the number of their form.

What comes in by the thousand a second is only ever added, never changed: an
Alert is one row of `alerts`, and a row of `decisions` where it was not plainly
forwarded. `decided_alerts` shows the two as one. Instants are integer
microseconds UTC; EUI-64s are signed, as databases have no unsigned 64 bits.

`docs/reference/journal.md` has every column. A change of form is a new VERSION,
with what it adds in `ADDED`: an engine adds it to a journal of an older form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from tidegate.commissioning.evidence import CredentialType, Kind, Outcome, Role

VERSION: Final = 2
"""Of the form of the tables. A journal of a higher one was written by a newer Tidegate."""

metadata = MetaData()

# SQLite numbers rows itself where the key is just an Integer.
_Number = BigInteger().with_variant(Integer, "sqlite")


def _key(name: str) -> Column[int]:
    return Column(name, _Number, primary_key=True, autoincrement=False)


schema_version = Table("schema_version", metadata, _key("version"))

progress = Table(
    "progress",
    metadata,
    _key("id"),
    Column("entry", BigInteger, nullable=False),
    Column("decided_seq", BigInteger, nullable=False),
)

parties = Table("parties", metadata, _key("id"), Column("name", Text, nullable=False, unique=True))

alerts = Table(
    "alerts",
    metadata,
    _key("seq"),
    Column("received_at", BigInteger, nullable=False),
    Column("device_id", BigInteger, nullable=False),
    Column("alert_code", Integer, nullable=False),
    Column("recipient_id", Integer, nullable=False),
    Column("response_id", Text),
    Column("originator_id", Integer, nullable=False),
)
_HAS_RESPONSE_ID = text("response_id IS NOT NULL")
Index(
    "alerts_response_id",
    alerts.c.response_id,
    unique=True,
    sqlite_where=_HAS_RESPONSE_ID,
    postgresql_where=_HAS_RESPONSE_ID,
)

decisions = Table(
    "decisions",
    metadata,
    _key("seq"),
    Column("outcome", Integer, nullable=False),
    Column("throttled_alert_sequence_id", BigInteger, nullable=False),
    Column("throttled_alert_count", BigInteger, nullable=False),
)

deciding = Table(
    "deciding",
    metadata,
    _key("first_seq"),
    Column("policy_version", Text, nullable=False),
    Column("mode", Text, nullable=False),
)

documents = Table("documents", metadata, _key("seq"), Column("body", LargeBinary, nullable=False))

outbox = Table(
    "outbox",
    metadata,
    _key("seq"),
    Column("recipient_id", Integer, nullable=False),
    Column("state", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("first_attempt_at", BigInteger),
    Column("next_attempt_at", BigInteger),
    Column("settled_at", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
)
_IS_OPEN = text("state IN (0, 2)")
Index(
    "outbox_open",
    outbox.c.recipient_id,
    outbox.c.seq,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)

storms = Table(
    "storms",
    metadata,
    Column("device_id", BigInteger, nullable=False),
    Column("alert_code", Integer, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("level", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("received", BigInteger, nullable=False),
    Column("forwarded", BigInteger, nullable=False),
    Column("throttled", BigInteger, nullable=False),
    Column("peak_count", BigInteger, nullable=False),
    Column("counting_since", BigInteger, nullable=False),
    Column("policy_version", Text, nullable=False),
    Column("mode", Text, nullable=False),
    PrimaryKeyConstraint("device_id", "alert_code", "recipient", "level", "started_at"),
)
_IS_RUNNING = text("ended_at IS NULL")
Index("storms_running", storms.c.started_at, sqlite_where=_IS_RUNNING, postgresql_where=_IS_RUNNING)

policies = Table(
    "policies",
    metadata,
    _key("id"),
    Column("version", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("effective_from", BigInteger, nullable=False),
    Column("until", BigInteger),
    Column("is_override", Boolean, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("approval", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
)


def _numbered(name: str, *columns: Column[str]) -> Table:
    number: Column[int] = Column("id", _Number, primary_key=True, autoincrement=True)
    return Table(name, metadata, number, Column("at", BigInteger, nullable=False), *columns)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


audit = _numbered("audit", _text("who"), _text("action"), _text("details"))
events = _numbered("events", _text("kind"), _text("details"))
notices = _numbered(
    "notices",
    _text("kind"),
    _text("party"),
    _text("subject"),
    _text("body"),
    _text("channel"),
    _text("state"),
)

refusals = Table(
    "refusals",
    metadata,
    Column("hour", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    PrimaryKeyConstraint("hour", "reason"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("seq", BigInteger, nullable=False),
    Column("part", Integer, nullable=False),
    Column("parts", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    PrimaryKeyConstraint("seq", "part"),
)

evidence = Table(
    "evidence",
    metadata,
    _key("id"),
    Column("at", BigInteger, nullable=False),
    Column("device_id", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("srv", Text, nullable=False),
    Column("credential_type", Integer, nullable=False),
    Column("outcome", Integer, nullable=False),
    Column("role", Integer, nullable=False),
    Column("party_id", Integer, nullable=False),
    Column("certificate_hash", Text, nullable=False),
    Column("sender_id", Integer, nullable=False),
    Column("identifier", Text, nullable=False),
    Column("place", Integer, nullable=False),
    UniqueConstraint("identifier", "kind", "place"),
)

DECIDED_ALERTS: Final = """
CREATE VIEW decided_alerts AS
SELECT alerts.seq, alerts.received_at, alerts.device_id, alerts.alert_code, recipient.name AS recipient,
    alerts.response_id, originator.name AS originator,
    CASE WHEN alerts.seq <= progress.decided_seq THEN COALESCE(decisions.outcome, 0) END AS outcome,
    COALESCE(decisions.throttled_alert_sequence_id, 0) AS throttled_alert_sequence_id,
    COALESCE(decisions.throttled_alert_count, 0) AS throttled_alert_count,
    (SELECT policy_version FROM deciding WHERE first_seq <= alerts.seq ORDER BY first_seq DESC LIMIT 1)
        AS policy_version
FROM alerts
JOIN parties AS recipient ON recipient.id = alerts.recipient_id
JOIN parties AS originator ON originator.id = alerts.originator_id
JOIN progress ON progress.id = 1
LEFT JOIN decisions ON decisions.seq = alerts.seq
"""
"""Every Alert with its decision; `outcome` is NULL where it is not in the journal yet."""


def _in_words(column: str, words: Iterable[tuple[IntEnum, str]]) -> str:
    told = " ".join(f"WHEN {int(number)} THEN '{word}'" for number, word in words)
    return f"CASE evidence.{column} {told} END AS {column}"


EVIDENCE_IN_WORDS: Final = f"""
CREATE VIEW evidence_in_words AS
SELECT evidence.id, evidence.at, evidence.device_id, {_in_words("kind", ((it, it.text) for it in Kind))}, evidence.srv,
    {_in_words("credential_type", ((it, it.text) for it in CredentialType))},
    {_in_words("outcome", ((it, it.text) for it in Outcome))}, {_in_words("role", ((it, it.text) for it in Role))},
    party.name AS party_id, evidence.certificate_hash, sender.name AS sender, evidence.identifier
FROM evidence
JOIN parties AS party ON party.id = evidence.party_id
JOIN parties AS sender ON sender.id = evidence.sender_id
"""  # noqa: S608 - words of our own
"""Every row of evidence in the words and under the names of the evidence table."""

VIEWS: Final = (DECIDED_ALERTS, EVIDENCE_IN_WORDS)
ADDED: Final[Mapping[int, tuple[Sequence[Table], Sequence[str]]]] = {2: ((evidence,), (EVIDENCE_IN_WORDS,))}
"""The tables and views that each VERSION after the first has and the one before had not."""
