"""What a decision about a Service Request is told as: in headers on every answer, and in the body of a refusal.

RateLimit and RateLimit-Policy are those of the IETF's draft (RateLimit header
fields for HTTP): what a User may have admitted in a period (`fair-share`; and
`allocation`, which it may whatever others do), how many of these are left, and
in how many seconds it is more. They are on an answer because of the rule and
for no other cause, so a 503 without them is an outage.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.decision import Admission, Outcome, Reason
from tidegate.vocabulary.instants import SECOND, Duration, Instant, format_instant

OUTCOME: Final = "tidegate-outcome"
"""What was decided; in shadow mode what would have been."""

EARLY_WARNING: Final = "tidegate-early-warning"
"""There while a User is near its allocation and the system near its operating threshold."""

RETRY_AT: Final = "tidegate-retry-at"
"""The instant that Retry-After is rounded up from."""


def rate_headers(admission: Admission, rules: CapacityRules, at: Instant) -> dict[str, str]:
    """The headers of an answer; none where traffic management is off."""
    if admission.reason is Reason.MODE_OFF:
        return {}
    window = _seconds(rules.period_us)
    left = max(0, admission.user_limit - admission.user_used)
    again = window if admission.retry_at is None else retry_after_s(admission, at)
    headers = {
        "ratelimit-policy": f'"allocation";q={admission.allocation};w={window}, '
        f'"fair-share";q={admission.user_limit};w={window}',
        "ratelimit": f'"fair-share";r={0 if admission.is_held_back else left};t={again}',
        OUTCOME: word_of(admission.outcome),
    }
    if admission.retry_at is not None:
        headers[RETRY_AT] = format_instant(admission.retry_at)
    if admission.is_warned:
        headers[EARLY_WARNING] = f"used={admission.user_used}, allocation={admission.allocation}"
    return headers


def retry_after_s(admission: Admission, at: Instant) -> int:
    """Seconds until a request that was throttled may come back, rounded up: never before it is booked."""
    assert admission.retry_at is not None
    return max(1, _seconds(admission.retry_at - at))


def told_of(
    admission: Admission, rules: CapacityRules, user: str, request_id: str, policy_version: str
) -> Mapping[str, object]:
    """What the problem body of a refusal says beside what every one says."""
    return {
        "cause": admission.reason.name.lower(),
        "service_request_id": request_id,
        "user": user,
        "used": admission.user_used,
        "fair_share": admission.user_limit,
        "allocation": admission.allocation,
        "system_used": admission.used,
        "operating_threshold": rules.operating_threshold,
        "maximum_system_capacity": rules.maximum_system_capacity,
        "period_seconds": rules.period_us / SECOND,
        "retry_at": None if admission.retry_at is None else format_instant(admission.retry_at),
        "is_booked": admission.is_booked,
        "policy_version": policy_version,
    }


def word_of(outcome: Outcome) -> str:
    """An outcome as headers, metrics and logs have it."""
    return outcome.name.lower()


def _seconds(duration: Duration) -> int:
    return -(-duration // SECOND)
