"""What the live parts say to one another: the engine, the journal, delivery, the gateway, notices.

The engine (`operations.engine`) makes an Alert durable first and decides it
then, in one thread. All the others give it values from here and get values
from here; none of them touches the journal's database. What is to be delivered
stands in `outgoing`, what is noted beside Alerts in `notes`, the journal in
`live_journal`.

Decisions are a function of the journal: Alerts in order of `seq`, and the
periods of its policies. Whatever was lost in a crash is decided again, the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

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
from tidegate.commissioning.evidence import Evidence
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
    evidence:     What its document says of credentials; `at` of each row is given by the engine. Needs a ResponseID.
    """

    device_id: DeviceId
    alert_code: AlertCode
    recipient: str
    response_id: str | None = None
    originator: str = ""
    document: bytes | None = None
    evidence: Sequence[Evidence] = ()


@dataclass(frozen=True, slots=True)
class IncomingResponse:
    """What one Service Response says of credentials, checked and verified.

    identifier:  Its ResponseID, or the RequestID it answers: what it says is kept once.
    evidence:    `at` of each row is given by the engine.
    """

    identifier: str
    evidence: Sequence[Evidence]


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
