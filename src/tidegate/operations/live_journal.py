"""What the engine writes into the journal, what it reads back, and the journal itself as it sees it.

Everything of an `Entry` is durable together. `tidegate.journal` keeps it, in SQLite or PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from tidegate.columnar.batches import (
    AlertCodes,
    DeviceIds,
    Instants,
    RecipientNumbers,
)
from tidegate.commissioning.evidence import Evidence
from tidegate.operations.live import LiveStorm, PolicyRecord
from tidegate.operations.notes import AuditEntry, Note, NoticeEntry, ServiceEvent
from tidegate.operations.outgoing import DeliveryChange, OutgoingAlert, QueueLength, QueueQuery
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An Alert as the journal keeps it; fields as `Incoming` and `Accepted`."""

    seq: int
    received_at: Instant
    device_id: DeviceId
    alert_code: AlertCode
    recipient: str
    response_id: str | None
    originator: str
    document: bytes | None


@dataclass(frozen=True, slots=True)
class JournalBlock:
    """Alerts as the journal keeps them, in columns; `seq` counts on from `first_seq`."""

    first_seq: int
    received_at: Instants
    device_id: DeviceIds
    alert_code: AlertCodes
    recipient: RecipientNumbers
    recipients: Sequence[str]
    originator: str = ""

    def __len__(self) -> int:
        return len(self.received_at)


class DecisionRow(NamedTuple):
    """A decision that is not plainly "forwarded": only these have a row of their own."""

    seq: int
    outcome: int
    throttled_alert_sequence_id: int
    throttled_alert_count: int


class EvidenceRow(NamedTuple):
    """A row of evidence, and where it is from; of one document each kind has its rows once.

    identifier:  ResponseID of its document; the RequestID it answers, where it has none.
    place:       Which row of its document it is, from 0.
    """

    identifier: str
    place: int
    said: Evidence


class OutboxRow(NamedTuple):
    """An Alert that is to be delivered from now on."""

    seq: int
    recipient: str


@dataclass(slots=True)
class Decided:
    """What was decided since it was last written; all of it may be written twice and then counts once.

    through_seq:  Every Alert up to this number is decided.
    rows:         Those decisions that are not plainly "forwarded".
    outbox:       Those that go on, with a document.
    without_document: Those whose document is not needed: they are held back.
    storms:       Storms that started or ended, as they stand.
    versions:     (first seq, version, mode): which policy decides from an Alert on.
    """

    through_seq: int = 0
    rows: list[DecisionRow] = field(default_factory=list)
    outbox: list[OutboxRow] = field(default_factory=list)
    without_document: list[int] = field(default_factory=list)
    storms: list[LiveStorm] = field(default_factory=list)
    versions: list[tuple[int, str, Mode]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """One transaction: all of it is durable, or none.

    number:  Counts the transactions, so that one whose end was not seen can be told from one that never was.
    """

    number: int
    rows: Sequence[JournalRow] = ()
    blocks: Sequence[JournalBlock] = ()
    decided: Decided | None = None
    deliveries: Sequence[DeliveryChange] = ()
    notes: Sequence[Note] = ()
    evidence: Sequence[EvidenceRow] = ()


@dataclass(frozen=True, slots=True)
class JournalState:
    """How far the journal is.

    entry:        Number of the last transaction; 0: none yet.
    last_seq:     Number of the last Alert; 0: none yet.
    last_at:      Its receipt instant; None: none yet.
    decided_seq:  Every Alert up to this number has its decision in the journal.
    """

    entry: int
    last_seq: int
    last_at: Instant | None
    decided_seq: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the rule remembered once Alert `seq` was decided, as octets; see `live_protection`."""

    seq: int
    at: Instant
    state: bytes


@dataclass(frozen=True, slots=True)
class Known:
    """An Alert accepted before: its answer, as far as the journal has it. `decision` is None where plainly forwarded.

    is_decided:  False: it is among those decided since the last transaction.
    """

    seq: int
    received_at: Instant
    decision: DecisionRow | None
    policy_version: str
    mode: Mode
    is_decided: bool


class JournalUnavailable(Exception):  # noqa: N818 - it names what happened
    """The journal cannot be reached or written. Whether a transaction under way became durable is not known."""


class Journal(Protocol):
    """Where it all is kept (`tidegate.journal`). One thread uses it: the engine's.

    Every method but `close` raises JournalUnavailable where the database cannot be reached or written, and
    works again once it can: it reconnects by itself.
    """

    def state(self) -> JournalState:
        """How far it is."""

    def append(self, entry: Entry) -> None:
        """Write one transaction; it is durable when this returns."""

    def known(self, response_ids: Collection[str]) -> Mapping[str, Known]:
        """Those of some ResponseIDs that were accepted before."""

    def after(self, seq: int) -> Iterator[JournalBlock]:
        """The Alerts after one, in order, to be decided again; in pieces of bounded size."""

    def outgoing_after(self, seq: int, through_seq: int) -> Mapping[int, str]:
        """Number and recipient of the Alerts of a range that have a document."""

    def queue(self, query: QueueQuery) -> Sequence[OutgoingAlert]:
        """Alerts to be delivered."""

    def queue_lengths(self) -> Sequence[QueueLength]:
        """How many Alerts wait or are on the failed queue, by recipient."""

    def storms_running(self) -> Sequence[LiveStorm]:
        """The storms that had started and not ended by `state().decided_seq`."""

    def save_snapshot_part(
        self, seq: int, at: Instant, part: int, parts: int, body: bytes, keep: Collection[int] = ()
    ) -> None:
        """Write a part of a snapshot, counted from 0.

        With the last of its `parts` it takes the place of all before, but those of the Alerts `keep`.
        """

    def last_snapshot(self) -> Snapshot | None:
        """The last snapshot that is whole."""

    def snapshots(self) -> Sequence[tuple[int, Instant]]:
        """Alert and instant of each snapshot that is whole, in order."""

    def first_open(self) -> int | None:
        """Number of the first Alert that is to be delivered yet; None: none is."""

    def prune(self, through_seq: int, most: int) -> bool:
        """Let go of the first `most` Alerts up to a snapshot's, and of snapshots before it; whether there are more.

        None of them may be to be delivered yet; the last Alert of all must stay.
        """

    def policies(self) -> Sequence[PolicyRecord]:
        """Every policy ever put in force, in the order they were recorded."""

    def put_policy(self, record: PolicyRecord, audit: AuditEntry) -> PolicyRecord:
        """Record a policy, durable when this returns; it comes back with its number."""

    def end_policy(self, number: int, until: Instant, audit: AuditEntry) -> None:
        """A policy is in force no longer than until an instant; durable when this returns."""

    def audit(self, *, since: Instant = 0, limit: int = 1_000) -> Sequence[AuditEntry]:
        """Who did what, the latest first."""

    def events(self, *, since: Instant = 0, limit: int = 1_000) -> Sequence[ServiceEvent]:
        """Service Management Events, the latest first."""

    def notices(self, *, party: str | None = None, limit: int = 1_000) -> Sequence[NoticeEntry]:
        """Notices, the latest first; one party's or everyone's."""

    def close(self) -> None:
        """Let go of the database."""
