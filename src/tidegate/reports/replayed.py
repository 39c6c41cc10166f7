"""The result of a replay: totals that add up, storms, and what they looked like by the hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause
from tidegate.alert_storm.decision import Level
from tidegate.columnar.batches import Columns, RejectedRow
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of Alerts; received = forwarded + throttled + excluded."""

    received: int = 0
    forwarded: int = 0
    throttled: int = 0
    excluded: int = 0

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.received + other.received,
            self.forwarded + other.forwarded,
            self.throttled + other.throttled,
            self.excluded + other.excluded,
        )

    def __sub__(self, other: Totals) -> Totals:
        return Totals(
            self.received - other.received,
            self.forwarded - other.forwarded,
            self.throttled - other.throttled,
            self.excluded - other.excluded,
        )


@dataclass(frozen=True, slots=True)
class StormRow:
    """One Alert Storm, or one amber spell, as a person reads it.

    alert_code:  The code counted, or the members of its group joined with `+`.
    ended_at:    None while running at the end of the log.
    """

    device_id: str
    alert_code: str
    recipient: str
    level: str
    started_at: Instant
    ended_at: Instant | None
    received: int
    forwarded: int
    throttled: int
    peak_count: int
    policy_version: str


@dataclass(frozen=True, slots=True)
class HourOfCode:
    """One Alert Code in one hour of UTC; `hour` is the instant it begins."""

    hour: Instant
    alert_code: AlertCode
    totals: Totals


@dataclass(frozen=True, slots=True)
class StormHour:
    """What one storming stream sent within its storms in one hour of UTC."""

    hour: Instant
    device_id: str
    alert_code: str
    recipient: str
    received: int


@dataclass(frozen=True, slots=True)
class InForce:
    """A policy, the part of the period it was in force, and what was decided under it. `until` is open."""

    policy: MechanismDocument
    since: Instant | None
    until: Instant | None
    totals: Totals


@dataclass(frozen=True, slots=True)
class InventoryFound:
    """What an Inventory knew of the Devices that stormed.

    source:   The Inventory's file.
    rows:     Rows it has.
    found:    Devices asked for that it has.
    missing:  Devices asked for that it has not.
    doubled:  Further rows for a Device it had already; the first counts.
    damaged:  What it says that was no UTF-8, each with its column.
    """

    source: str
    rows: int
    found: int
    missing: int
    doubled: int
    damaged: Sequence[str] = ()


PROBLEM_ID: Final = "problem_id"
"""The column that says which problem a storm belongs to; None for an amber spell."""


@dataclass(frozen=True, slots=True)
class Spells:
    """Storms and amber spells as columns, sorted by start, then stream; a row each.

    columns: name -> array, names as in `StormRow`; `device_id` uint64, `alert_code` and `recipient` text,
             `level` int32 (`Level`), instants int64 microseconds, `ended_at` -2**63 while running;
             `counting_since`, when the first Alert came that counted towards it. With an Inventory also
             INVENTORY_COLUMNS and PROBLEM_ID, text or None.
    """

    columns: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.columns["device_id"])

    def at_level(self, level: Level) -> Spells:
        """Only the storms (RED) or only the amber spells (AMBER)."""
        rows = self.columns["level"] == int(level)
        if rows.all():
            return self
        return Spells({name: column[rows] for name, column in self.columns.items()})


@dataclass(frozen=True, slots=True)
class Replayed:
    """All that a replay found out. received = forwarded + throttled + excluded + rejected, always.

    source:          What was read, as a person would call it.
    first, last:     Receipt instants of the first and last Alert decided; None when there was none.
    received:        Rows read within the period, usable or not.
    rejected:        Rows that could not be used; each stands in rejected.csv.
    outside_period:  Rows left out by `since` and `until`; not received.
    late:            Alerts that came after a younger one and were put in order.
    streams:         Different streams (as the policy counts them).
    streams_by_code: The same by counted Alert Code, as far as they can be told apart.
    by_code:         Totals by Alert Code.
    by_recipient:    Totals by recipient.
    in_force:        The policies applied, in order of time.
    spells:          Storms and amber spells.
    hours:           Totals by hour and code, in order of hour.
    storm_hours:     The busiest storming streams, hour by hour.
    rejected_by_reason: How many rows for each reason, and the first of them.
    completed:       Share of the input that was replayed: 1 unless it was interrupted.
    causes:          What is behind the trouble, the most Alerts first; None where no Inventory was given.
    inventory:       What the Inventory knew of the Devices in `spells`; None where there was none.
    by_suppression:  Totals of the Alerts under each suppression of the policies, by its id.
    of_not_known:    Alerts of suppressed codes from Devices of which the Inventory says no product.
    """

    source: str
    columns: Columns
    first: Instant | None
    last: Instant | None
    received: int
    forwarded: int
    throttled: int
    excluded: int
    rejected: int
    outside_period: int
    late: int
    streams: int
    by_code: Mapping[AlertCode, Totals]
    by_recipient: Mapping[str, Totals]
    in_force: Sequence[InForce]
    spells: Spells
    hours: Sequence[HourOfCode]
    storm_hours: Sequence[StormHour]
    rejected_by_reason: Mapping[str, tuple[int, RejectedRow]]
    streams_by_code: Mapping[AlertCode, int] = field(default_factory=dict)
    completed: float = 1.0
    inventory: InventoryFound | None = None
    by_suppression: Mapping[str, Totals] = field(default_factory=dict)
    of_not_known: int = 0
    causes: Sequence[Cause] | None = None

    def __post_init__(self) -> None:
        assert self.received == self.forwarded + self.throttled + self.excluded + self.rejected

    @property
    def is_partial(self) -> bool:
        """It was interrupted before the end of the input."""
        return self.completed < 1.0

    @property
    def storms(self) -> Spells:
        """The Alert Storms, without amber spells."""
        return self.spells.at_level(Level.RED)

    @property
    def policy_version(self) -> str:
        """The version in force; several, joined, when it changed within the period."""
        return ", ".join(dict.fromkeys(each.policy.version for each in self.in_force))

    @property
    def excluded_codes(self) -> frozenset[AlertCode]:
        """The codes of which every Alert passed by the exclusion list."""
        return frozenset(
            code for code, totals in self.by_code.items() if 0 < totals.excluded == totals.received
        )

    @property
    def devices_stormed(self) -> int:
        """Different Devices that stormed."""
        return len(np.unique(self.storms.columns["device_id"]))
