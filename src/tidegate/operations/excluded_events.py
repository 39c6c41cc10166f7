"""A flood of excluded codes as it is told: as data, in words, and with the way out of it."""

from __future__ import annotations

from typing import Final

from tidegate.operations.excluded_flood import CodeInFlood, ExcludedNow, FloodChange
from tidegate.operations.notes import ServiceEvent
from tidegate.reports.numerals import length, many, thousands
from tidegate.reports.verdict import short_name
from tidegate.vocabulary.alert_codes import format_alert_code, name_of
from tidegate.vocabulary.instants import SECOND, format_instant

OVER_CAPACITY: Final = "excluded_codes_over_capacity"
WITHIN_CAPACITY: Final = "excluded_codes_within_capacity"
"""Kinds of Service Management Events."""

_OVERRIDE_LASTS: Final = "4h"
MOST_CODES: Final = 5
"""Told of in words; as data all are."""

_MOST_RECIPIENTS: Final = 20


def override_command(code: CodeInFlood, server: str) -> str:
    """What takes a code off the exclusion list of a gateway for hours, to be typed as it stands."""
    name = format_alert_code(code.code)
    return (
        f"tidegate policy override {name} --for {_OVERRIDE_LASTS} --server {server} "
        f'--by "$USER" --reason "a flood of {name}"'
    )


def flood_data(now: ExcludedNow, server: str) -> dict[str, object]:
    """How it is with excluded codes, as a machine is told."""
    return {
        "since": None if now.since is None else format_instant(now.since),
        "capacity_per_second": _per_second(now.capacity.alerts, now),
        "alerts_per_second": _per_second(now.alerts, now),
        "period_seconds": now.capacity.period / SECOND,
        "alerts_in_period": now.alerts,
        "over_capacity_by": now.over,
        "alerts_since": now.received,
        "most_in_a_period": now.peak,
        "codes": [_code_data(it, server) for it in now.codes],
    }


def flood_event(change: FloodChange, server: str) -> ServiceEvent:
    """The Service Management Event of a flood's beginning or end; `in_words` in its details is for people."""
    now = change.now
    kind = OVER_CAPACITY if change.has_begun else WITHIN_CAPACITY
    words = _begun_in_words(now, server) if change.has_begun else _ended_in_words(now)
    return ServiceEvent(now.at, kind, {"in_words": words, **flood_data(now, server)})


def _begun_in_words(now: ExcludedNow, server: str) -> str:
    shown = now.codes[:MOST_CODES]
    more = len(now.codes) - len(shown)
    return "\n".join(
        [
            f"Alerts of excluded codes alone: {thousands(now.alerts)} in {length(now.capacity.period)}, the capacity is",
            f"{thousands(now.capacity.alerts)}: {thousands(now.over)} too many. None is held back, none waits behind others.",
            *(f"* {code_in_words(it)}" for it in shown),
            *([f"* and {many(more, 'more code')}"] if more else []),
            "To have the first counted as any other code for 4 hours:",
            f"  {override_command(shown[0], server)}",
            "An override holds back what a Device repeats above its threshold.",
            "Where many Devices send little each, it holds back nothing.",
            "You are told again when it is over.",
        ]
    )


def _ended_in_words(now: ExcludedNow) -> str:
    assert now.since is not None
    return (
        f"Alerts of excluded codes are within the capacity again: {thousands(now.alerts)} in "
        f"{length(now.capacity.period)}. It was exceeded from {format_instant(now.since)}, for "
        f"{length(now.at - now.since)}: {many(now.received, 'Alert')}, {thousands(now.peak)} in one period at most."
    )


def code_in_words(it: CodeInFlood) -> str:
    """`8F76 Unauthorised Physical Access - ...: 400 Alerts of 10 Devices to 1 recipient`."""
    least = "at least " if it.has_more_devices else ""
    return (
        f"{format_alert_code(it.code)} {short_name(name_of(it.code))}: {many(it.alerts, 'Alert')} of "
        f"{least}{many(it.devices, 'Device')} to {many(len(it.recipients), 'recipient')}"
    )


def _code_data(it: CodeInFlood, server: str) -> dict[str, object]:
    return {
        "alert_code": format_alert_code(it.code),
        "name": name_of(it.code),
        "alerts": it.alerts,
        "devices": it.devices,
        "devices_are_at_least": it.has_more_devices,
        "recipients": len(it.recipients),
        "alerts_to": dict(list(it.recipients.items())[:_MOST_RECIPIENTS]),
        "override": override_command(it, server),
    }


def _per_second(alerts: int, now: ExcludedNow) -> float:
    return round(alerts * SECOND / now.capacity.period, 3)
