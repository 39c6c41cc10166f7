"""What is told to whom: messages, who gets which, and how they are worded.

A *person* is told of problems and once a day of everything; a *machine* gets
every event. No message to a person is about one Device (SECMP0062, ENWL and SSEN).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from tidegate.operations.excluded_events import OVER_CAPACITY, WITHIN_CAPACITY
from tidegate.operations.live import LiveStorm
from tidegate.operations.live_problems import MOST_DEVICES, LiveProblem, Part, Placed
from tidegate.operations.notes import ServiceEvent
from tidegate.reports.numerals import many, thousands
from tidegate.reports.verdict import short_name
from tidegate.vocabulary.alert_codes import format_alert_code, name_of
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import HOUR, Duration, Instant, format_instant
from tidegate.vocabulary.products import NOT_KNOWN
from tidegate.vocabulary.toggle_pairs import codes_counted_as

EVERYONE: Final = "*"
"""The party that is told everything: who operates the gateway."""

STORM_STARTED: Final = "uk.tidegate.storm.started"
STORM_ENDED: Final = "uk.tidegate.storm.ended"
PROBLEM_OPENED: Final = "uk.tidegate.problem.opened"
PROBLEM_UPDATED: Final = "uk.tidegate.problem.updated"
PROBLEM_CLOSED: Final = "uk.tidegate.problem.closed"
DIGEST: Final = "uk.tidegate.digest"
AVOIDED: Final = "uk.tidegate.messages.avoided"
SERVICE_MANAGEMENT: Final = "uk.tidegate.service_management"
"""Service Management Events; their kind stands after it."""

ALARMS: Final = frozenset({OVER_CAPACITY, WITHIN_CAPACITY})
"""Kinds of events that say by themselves that something has begun or is over: people are told of each."""

RESPONSIBLE: Final = "responsible"
INFORMED: Final = "informed"
OPERATOR: Final = "operator"
"""What a party has to do with a problem."""


class Audience(StrEnum):
    """Who reads a message."""

    PEOPLE = "people"
    MACHINES = "machines"


@dataclass(frozen=True, slots=True)
class NoticeParty:
    """A party that is told, and how.

    party:        As Alerts or the Inventory name it (an EUI-64, `CSP North`), or EVERYONE.
    name:         What a message calls it.
    immediate:    People are told at once of a problem that is new to the party.
    early_warnings: It is told when it nears its allocation of Service Requests.
    digest:       People get one digest a day.
    digest_at:    When, time of day in Great Britain.
    quiet_from, quiet_until: Times of day between which nobody is told at once; both alike: never.
    most_an_hour: Immediate messages in an hour; what is more waits for the digest.
    """

    party: str
    name: str = ""
    immediate: bool = True
    digest: bool = True
    digest_at: Duration = 7 * HOUR
    quiet_from: Duration = 0
    quiet_until: Duration = 0
    most_an_hour: int = 10
    early_warnings: bool = True

    @property
    def called(self) -> str:
        """Its name, else what Alerts call it."""
        return self.name or ("everyone" if self.party == EVERYONE else self.party)


@dataclass(frozen=True, slots=True)
class Message:
    """Something to be told to one party.

    key:      What it is about, told apart: the same message made again after a crash has the same `message_id`.
    subject:  A problem's identifier, a Device, a date.
    title, text: For people.      data: for machines; plain (JSON).
    """

    at: Instant
    kind: str
    party: str
    audience: Audience
    subject: str
    key: str
    title: str = ""
    text: str = ""
    data: Mapping[str, object] = field(default_factory=dict)

    @property
    def message_id(self) -> str:
        """Tells it from every other message."""
        said = f"{self.kind}\x1f{self.party}\x1f{self.audience}\x1f{self.key}"
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def storm_data(placed: Placed) -> dict[str, object]:
    """A storm as a machine is told of it."""
    live = placed.storm
    storm = live.storm
    return {
        "device_id": format_device_id(storm.stream.device_id),
        "alert_code": format_alert_code(storm.stream.alert_code),
        "recipient": storm.stream.recipient,
        "started_at": format_instant(storm.started_at),
        "ended_at": None if storm.ended_at is None else format_instant(storm.ended_at),
        "received": storm.received,
        "forwarded": storm.forwarded,
        "throttled": storm.throttled,
        "peak_count": storm.peak_count,
        "policy_version": live.policy_version,
        "mode": live.mode.value,
        "problem_id": placed.problem.problem_id,
        "responsible": placed.responsible,
    }


def storm_key(live: LiveStorm) -> str:
    """Tells a storm from every other."""
    stream = live.storm.stream
    return f"{stream.device_id}.{stream.alert_code}.{stream.recipient}.{live.storm.started_at}"


def problem_data(problem: LiveProblem, part: Part, role: str) -> dict[str, object]:
    """A problem as a machine is told of it: the part of it that concerns a party of a role."""
    said: dict[str, object] = {
        "problem_id": problem.problem_id,
        "alert_codes": [format_alert_code(code) for code in codes_counted_as(problem.code)],
        "product": problem.product._asdict(),
        "assigned_to": problem.assigned_to,
        "opened_at": format_instant(problem.opened_at),
        "last_at": format_instant(problem.last_at),
        "running": part.running,
        "devices": len(part.devices),
        "storms": part.storms,
        "received": part.received,
        "throttled": part.throttled,
        "your_role": role,
    }
    # Whom else it concerns is the operator's to know.
    return {**said, "informed": sorted(problem.recipients)} if role == OPERATOR else said


def problem_in_words(problem: LiveProblem) -> str:
    """A problem's code and product: `8F75 Unauthorised Physical Access - ..., Maker A M1 1.04`."""
    codes = codes_counted_as(problem.code)
    names = "; ".join(dict.fromkeys(short_name(name_of(code)) for code in codes))
    product = f", {problem.product}" if problem.product != NOT_KNOWN else ""
    return f"{' and '.join(map(format_alert_code, codes))} {names}{product}"


def devices_in_words(count: int) -> str:
    """`58 Devices`; what is no longer told apart is `at least`."""
    least = "at least " if count >= MOST_DEVICES else ""
    return f"{least}{many(count, 'Device')}"


def opened_in_words(problem: LiveProblem, part: Part, role: str) -> str:
    """A new problem, for people: what, who mends it, and what to expect."""
    mends = problem.assigned_to
    if role == RESPONSIBLE:
        whose = "Its Devices are yours to mend."
    elif mends:
        whose = f"{mends} can mend its Devices{'; you receive their Alerts' if role == INFORMED else ''}."
    else:
        whose = "Who can mend its Devices is not known: the gateway has no Inventory that says so."
    return "\n".join(
        [
            f"Problem {problem.problem_id}: {problem_in_words(problem)}.",
            f"Its first Alert Storm started at {format_instant(problem.opened_at)}.",
            f"So far: {devices_in_words(len(part.devices))}, {many(part.storms, 'storm')}.",
            whose,
            "You are told once of a problem. What comes of it stands in the daily digest.",
        ]
    )


def event_in_words(event: ServiceEvent) -> str:
    """A Service Management Event, for people: in its own words, where it has any."""
    if "in_words" in event.details:
        return str(event.details["in_words"])
    said = ", ".join(f"{key.replace('_', ' ')} {_plain(value)}" for key, value in event.details.items())
    return f"{event.kind.replace('_', ' ').capitalize()}: {said}."


def _plain(value: object) -> str:
    return thousands(value) if isinstance(value, int) else str(value)
