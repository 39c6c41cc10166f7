"""What an answer to a Service Request means for whoever sent it.

A 503 with a RateLimit header is throttling: the request was refused, and it is
said when to come back. Without it the system is not there. Neither kept anything
of the request. What may have been accepted although nobody said so, is neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus
from typing import Final

from tidegate.vocabulary.instants import SECOND, Duration

_LONGEST_WAIT_S: Final = 86_400
_LARGEST: Final = 10**9

_POLICY = re.compile(r'"(?P<name>[^"]*)"(?P<parameters>(?:\s*;\s*[a-z*][a-z0-9_.*-]*=[^;,"]*)*)')
_PARAMETER = re.compile(r";\s*([a-z*][a-z0-9_.*-]*)=\s*([0-9]{1,15})\s*(?=;|$)")


class Meaning(Enum):
    """What became of a request, as far as its answer says."""

    ACCEPTED = "accepted"
    """It was taken; a Service Response may follow."""

    THROTTLED = "throttled"
    """Refused: the User has had its share. Nothing was kept of it."""

    OUTAGE = "outage"
    """The system is not there. Nothing was kept of it."""

    UNKNOWN = "unknown"
    """It may have been taken, or not."""

    REPEATED = "repeated"
    """Refused: this RequestID was taken before."""

    REFUSED = "refused"
    """Refused for what it says; sent again it would be again."""


@dataclass(frozen=True, slots=True)
class Share:
    """What an answer says of the User's share.

    limit:       Requests that may be admitted in the window; None: it does not say.
    window_us:   Its length.
    allocation:  Requests that may be admitted whatever others do; None: it does not say.
    left:        How many of the limit are left.
    is_warned:   The User is near its allocation while the system is near its threshold.
    """

    limit: int | None
    window_us: Duration
    allocation: int | None
    left: int
    is_warned: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or that there was none.

    status:       HTTP status; 0: there was no answer.
    retry_after_us: How long to wait, where it says so.
    share:        Where it speaks of the User's share.
    headers:      By their names in lower case.
    body:         A DUIS Response, or a problem; where there was no answer, what was seen, as text.
    """

    meaning: Meaning
    status: int = 0
    retry_after_us: Duration | None = None
    share: Share | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def answer_of(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Answer:
    """What an answer means.

    headers:  By their names in lower case.
    now:      For a Retry-After that is a date.
    """
    share = _share(headers)
    return Answer(
        _meaning(status, is_share_told=share is not None),
        status,
        _retry_after(headers.get("retry-after", ""), now),
        share,
        headers,
        body,
    )


def no_answer(what: str, *, was_sent: bool) -> Answer:
    """There was none; `was_sent`: the request, or part of it, may have come through."""
    return Answer(Meaning.UNKNOWN if was_sent else Meaning.OUTAGE, body=what.encode())


def _meaning(status: int, *, is_share_told: bool) -> Meaning:
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Meaning.ACCEPTED
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Meaning.THROTTLED
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Meaning.THROTTLED if is_share_told else Meaning.OUTAGE
    if status in {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY}:
        return Meaning.OUTAGE
    if status == HTTPStatus.CONFLICT:
        return Meaning.REPEATED
    return Meaning.UNKNOWN if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Meaning.REFUSED


def _share(headers: Mapping[str, str]) -> Share | None:
    """Of the policy that RateLimit names first; None: there is no RateLimit that can be read."""
    limits = _policies(headers.get("ratelimit", ""))
    if not limits:
        return None
    name, told = next(iter(limits.items()))
    policies = _policies(headers.get("ratelimit-policy", ""))
    policy = policies.get(name, {})
    return Share(
        policy.get("q"),
        max(1, policy.get("w", 1)) * SECOND,
        policies.get("allocation", {}).get("q"),
        told.get("r", 0),
        "tidegate-early-warning" in headers,
    )


def _policies(text: str) -> dict[str, dict[str, int]]:
    return {
        found["name"]: {
            name: min(int(value), _LARGEST) for name, value in _PARAMETER.findall(found["parameters"])
        }
        for found in _POLICY.finditer(text)
    }


def _retry_after(text: str, now: datetime) -> Duration | None:
    text = text.strip()
    if text.isascii() and text.isdecimal():
        return min(int(text[:9]), _LONGEST_WAIT_S) * SECOND
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    wait_s = (at - now).total_seconds()
    return round(min(max(0.0, wait_s), _LONGEST_WAIT_S) * SECOND)
