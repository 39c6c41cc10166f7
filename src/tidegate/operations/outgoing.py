"""Alerts to be delivered: what goes on, how each stands, and who takes them.

The engine hands them on; delivery (`tidegate.delivery`) says what became of each; the journal has both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from tidegate.alert_storm.decision import Outcome
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant


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
