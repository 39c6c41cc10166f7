"""Which policy is in force when, from what was ever put in force.

A record is in force from its `effective_from` until its `until`, if it has one.
Of several in force the one that took force last counts; an override stands
above all that are none. So an override needs no one to take it back: when it
is over, what would have been in force without it is (WPD, A35).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.live import PolicyReader, PolicyRecord
from tidegate.policy.history import PolicyPeriod
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class RecordedPeriod:
    """A stretch of time, since <= t < until, and the record in force in it; None: nothing is."""

    since: Instant
    until: Instant | None
    record: PolicyRecord | None


def recorded_periods(records: Sequence[PolicyRecord]) -> list[RecordedPeriod]:
    """Which record is in force when; the periods cover all time without gap, neighbours being different records."""
    edges = sorted({edge for it in records for edge in (it.effective_from, it.until) if edge is not None})
    periods: list[RecordedPeriod] = []
    for since in (BEFORE_ALL, *edges):
        record = in_force(records, since)
        if periods and periods[-1].record == record:
            continue
        if periods:
            periods[-1] = RecordedPeriod(periods[-1].since, since, periods[-1].record)
        periods.append(RecordedPeriod(since, None, record))
    return periods


def in_force(records: Sequence[PolicyRecord], at: Instant) -> PolicyRecord | None:
    """The record in force at an instant."""
    candidates = [
        record
        for record in records
        if record.effective_from <= at and (record.until is None or at < record.until)
    ]
    return max(
        candidates, key=lambda record: (record.is_override, record.effective_from, record.id), default=None
    )


def timeline(records: Sequence[PolicyRecord], read: PolicyReader) -> list[PolicyPeriod]:
    """Which policy is in force when, as a replay takes it.

    Raises:
        InputError: a policy cannot be read.
    """
    policies: dict[int, MechanismDocument] = {
        record.id: read(record.document, f"{record.version} in the journal") for record in records
    }
    return [
        PolicyPeriod(it.since, it.until, None if it.record is None else policies[it.record.id])
        for it in recorded_periods(records)
    ]
