"""What is noted in the journal beside Alerts: who did what, what a person should know, who was told, what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from tidegate.vocabulary.instants import Instant


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
