"""What the live parts say to one another: the engine, the journal, delivery, the gateway, notices.

The engine (`operations.engine`) makes an Alert durable first and decides it
then, in one thread. All the others give it values from here and get values
from here; none of them touches the journal's database.

Decisions are a function of the journal: Alerts in order of `seq`, and the
periods of its policies. Whatever was lost in a crash is decided again, the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.decision import Outcome, Storm
from tidegate.columnar.batches import (
    AlertBatch,
    AlertCodes,
    DeviceIds,
    Instants,
    RecipientNumbers,
    Recipients,
)
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant

# What comes in, and what became of it.


@dataclass(frozen=True, slots=True)
class Incoming:
    """One Alert as it came in, checked and verified.

    recipient:    EUI-64 text of the User it goes to, or a name.
    response_id:  ResponseID of its document, by which a repeat is known; None for an Alert without one.
    originator:   Who sent it (EUI-64 text), as authenticated; empty where nobody was. Of these there are few.
    document:     The document as received, octet for octet; None where there is none: nothing is delivered then.
    """

    device_id: DeviceId
    alert_code: AlertCode
    recipient: str
    response_id: str | None = None
    originator: str = ""
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an Alert that is durable.

    seq:             Its number in the journal, from 1 on; the order of decisions.
    received_at:     Its receipt instant, given by the engine; never before that of a lower `seq`.
    outcome:         What the policy decided.
    throttled_alert_sequence_id, throttled_alert_count: what it tells of those throttled before; 0: nothing.
    policy_version:  The version that decided.
    mode:            Its mode then. In shadow a throttled Alert goes on all the same (`is_held_back`).
    is_repeat:       An Alert with the same ResponseID was accepted before: this is its answer, and nothing
                     was counted.
    """

    seq: int
    received_at: Instant
    outcome: Outcome
    throttled_alert_sequence_id: int = 0
    throttled_alert_count: int = 0
    policy_version: str = ""
    mode: Mode = Mode.ENFORCED
    is_repeat: bool = False

    @property
    def is_held_back(self) -> bool:
        """It does not go on: throttled, by a policy that is enforced."""
        return self.outcome is Outcome.THROTTLED and self.mode is Mode.ENFORCED


@dataclass(frozen=True, slots=True)
class IncomingBatch:
    """Alerts without documents as columns of equal length: the way of 200,000 a second.

    recipient:   Number of each Alert's recipient in `recipients`.
    originator:  Who sent them all.
    """

    device_id: DeviceIds
    alert_code: AlertCodes
    recipient: RecipientNumbers
    recipients: Sequence[str]
    originator: str = ""

    def __post_init__(self) -> None:
        assert len(self.device_id) == len(self.alert_code) == len(self.recipient)

    def __len__(self) -> int:
        return len(self.device_id)


@dataclass(frozen=True, slots=True)
class AcceptedBatch:
    """What became of the Alerts of an `IncomingBatch`; arrays as long as it.

    first_seq:    Number of the first; the others follow one by one.
    received_at:  int64, receipt instants.
    outcome:      uint8, `Outcome`.
    throttled_alert_sequence_id, throttled_alert_count: uint32.
    policy_version, mode: what decided them all.
    """

    first_seq: int
    received_at: Instants
    outcome: NDArray[np.uint8]
    throttled_alert_sequence_id: NDArray[np.uint32]
    throttled_alert_count: NDArray[np.uint32]
    policy_version: str
    mode: Mode


class NotAccepted(Exception):  # noqa: N818 - it names what happened, as InputError does
    """An Alert was not accepted, and nothing of it was kept: a 503 with Retry-After.

    retry_after_s:  When to come back, in seconds.
    reason:         One word for counting.
    """

    reason = "not_accepted"

    def __init__(self, what: str, retry_after_s: int) -> None:
        super().__init__(what)
        self.retry_after_s = retry_after_s


class Busy(NotAccepted):
    """As many Alerts wait as may."""

    reason = "busy"


class NotDurable(NotAccepted):
    """The journal cannot be written: its disk is full, or its database is gone."""

    reason = "not_durable"


class Draining(NotAccepted):
    """The engine is stopping: what it took it finishes, and it takes no more."""

    reason = "draining"


# What goes on.


class DeliveryState(IntEnum):
    """Where an Alert stands that is to be delivered. The numbers stand in the journal; they do not change."""

    WAITING = 0
    DELIVERED = 1
    FAILED_QUEUE = 2
    """Not delivered within 300 s, or refused: held until the User is back, for two days at most."""

    EXPIRED = 3
    DROPPED = 4
    """Taken off the queue by a person."""

    @property
    def is_settled(self) -> bool:
        """Nothing more happens to it; its document is not kept."""
        return self in (DeliveryState.DELIVERED, DeliveryState.EXPIRED, DeliveryState.DROPPED)


@dataclass(frozen=True, slots=True)
class OutgoingAlert:
    """An Alert to be delivered: forwarded or excluded (or any, where the policy is off or in shadow), with a document.

    document:   As it was received.
    throttled_alert_sequence_id, throttled_alert_count: metadata it is to carry where its recipient takes any;
                0: none. In shadow always none.
    state, attempts, first_attempt_at, next_attempt_at, reason: how its delivery stands.
    """

    seq: int
    received_at: Instant
    device_id: DeviceId
    alert_code: AlertCode
    recipient: str
    response_id: str | None
    originator: str
    outcome: Outcome
    throttled_alert_sequence_id: int
    throttled_alert_count: int
    document: bytes
    state: DeliveryState = DeliveryState.WAITING
    attempts: int = 0
    first_attempt_at: Instant | None = None
    next_attempt_at: Instant | None = None
    reason: str = ""

    @property
    def is_excluded(self) -> bool:
        """Its code is on the exclusion list: it waits behind nothing."""
        return self.outcome is Outcome.EXCLUDED


@dataclass(frozen=True, slots=True)
class DeliveryChange:
    """How the delivery of an Alert stands now; every field takes the place of what was.

    reason:  Why it failed, in a few plain words; empty where it did not.
    """

    seq: int
    state: DeliveryState
    attempts: int
    first_attempt_at: Instant | None = None
    next_attempt_at: Instant | None = None
    settled_at: Instant | None = None
    reason: str = ""


class Outbox(Protocol):
    """Takes what is to be delivered."""

    def put(self, alerts: Sequence[OutgoingAlert]) -> None:
        """These go on, in order of `seq`. Called in the engine's thread: it must not wait, nor raise.

        Alerts accepted before the engine was started do not come here: ask `Engine.queued` for them.
        """


class NoOutbox:
    """Delivers nothing: decisions are all that is wanted."""

    def put(self, alerts: Sequence[OutgoingAlert]) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class QueueQuery:
    """Which Alerts to be delivered are asked for; those asked for come in order of `seq`.

    state:      Only these; None: WAITING and FAILED_QUEUE.
    recipient:  Only this User's; None: everyone's.
    after_seq:  Only those with a higher number: the last one of the page before.
    limit:      At most so many.
    is_excluded: Only those whose code is on the exclusion list, or only the others; None: all.
    has_documents: False: without their documents (b""), for a listing.
    """

    state: DeliveryState | None = None
    recipient: str | None = None
    after_seq: int = 0
    limit: int = 1_000
    is_excluded: bool | None = None
    has_documents: bool = True


@dataclass(frozen=True, slots=True)
class QueueLength:
    """How many Alerts to a recipient are in a state, and since when the oldest."""

    recipient: str
    state: DeliveryState
    count: int
    oldest_received_at: Instant


# Storms as they happen.


@dataclass(frozen=True, slots=True)
class LiveStorm:
    """A storm (or amber spell) as it started, runs or ended; `storm.ended_at` says which.

    As it starts, `storm.counting_since` is not known yet: it is `storm.started_at` then.
    """

    storm: Storm
    policy_version: str
    mode: Mode


class StormWatcher(Protocol):
    """Hears of storms as they start and end. Called in the engine's thread: it must not wait, nor raise."""

    def storms(self, started: Sequence[LiveStorm], ended: Sequence[LiveStorm]) -> None:
        """These have started, these have ended, each in order. Told once; after a crash perhaps again."""


class DecisionWatcher(Protocol):
    """Hears of every Alert as it is decided. Called in the engine's thread: it must not wait, nor raise."""

    def decided(self, alerts: AlertBatch, outcome: NDArray[np.uint8], recipients: Recipients) -> None:
        """These were decided, for the first time; what is decided again after a crash is not told."""

    def advance_to(self, now: Instant) -> None:
        """Time has passed without an Alert."""


# Policies in force.


@dataclass(frozen=True, slots=True)
class PolicyRecord:
    """A policy put in force, as the journal keeps it.

    id:              Its number in the journal, from 1 on; 0 until it has one.
    version:         The version's name.
    document:        The policy file, TOML.
    effective_from:  Instant from which it is in force.
    until:           Instant from which it is not; None: until a later one.
    is_override:     It stands above the others while it lasts (an emergency override), and they return after it.
    who, reason, approval: who put it in force, why, and the reference of the approval.
    recorded_at:     When it was recorded.
    """

    id: int
    version: str
    document: str
    effective_from: Instant
    until: Instant | None = None
    is_override: bool = False
    who: str = ""
    reason: str = ""
    approval: str = ""
    recorded_at: Instant = 0


class PolicyReader(Protocol):
    """Reads a policy file's text: `policy_files.parse_policy`."""

    def __call__(self, text: str, source: str, /) -> MechanismDocument:
        """The policy of a text; InputError with every fault where it has any."""


# What is noted in the journal beside Alerts.


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what, when. `details` is plain data (JSON)."""

    at: Instant
    who: str
    action: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ServiceEvent:
    """A Service Management Event: something a person should know of. `details` is plain data (JSON)."""

    at: Instant
    kind: str
    details: Mapping[str, object] = field(default_factory=dict)


class NoticeState(StrEnum):
    """What became of a notice."""

    SENT = "sent"
    FAILED = "failed"
    AVOIDED = "avoided"
    """Not sent, for another says it too; counted."""


@dataclass(frozen=True, slots=True)
class NoticeEntry:
    """A message to a party, sent or avoided.

    party:    Whom it is for.      subject:  What it is about, such as a problem's id.
    body:     Plain data (JSON).   channel:  How it was sent; empty where it was not.
    """

    at: Instant
    kind: str
    party: str
    subject: str
    body: Mapping[str, object]
    channel: str = ""
    state: NoticeState = NoticeState.SENT


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many messages were refused at the edge in an hour, for one reason; added to what is there.

    hour:  The instant the hour begins.
    """

    hour: Instant
    reason: str
    count: int


Note: TypeAlias = AuditEntry | ServiceEvent | NoticeEntry | Refusals
"""Something to be recorded with the next transaction."""


# The journal.


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


@dataclass(frozen=True, slots=True)
class Counters:
    """Totals over all that the journal holds, as the engine counts them; received = forwarded + throttled + excluded.

    throttled:    Held back. Under a policy in shadow nothing is: what it would have held back is in
                  `throttled_in_shadow` and among the forwarded.
    repeats:      Alerts that came again with the same ResponseID, since the engine was started; not received again.
    refused:      Refused at the edge, by reason, since the engine was started; not received.
    waiting:      Alerts taken and not durable yet.
    """

    received: int
    forwarded: int
    throttled: int
    excluded: int
    throttled_in_shadow: int
    repeats: int
    refused: Mapping[str, int]
    waiting: int
