"""Problems as they happen: storms that run grouped by Alert Code and product, each with who can mend it.

A problem opens with its first storm and closes once it has been silent. Its
identifier is that of the same codes and product in a report of the log
(`alert_storm.problems`). Without an Inventory nothing is known of a product, nor
of who can mend it: a problem is an Alert Code then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.problems import SILENT_FOR, problem_id_of
from tidegate.columnar.inventory import Inventory
from tidegate.operations.live import LiveStorm
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Duration, Instant
from tidegate.vocabulary.parties import responsible_party
from tidegate.vocabulary.products import NOT_KNOWN, Product
from tidegate.vocabulary.toggle_pairs import counted_as

MOST_DEVICES: Final = 100_000
"""Devices of one problem that are told apart; beyond it a problem has "at least" so many."""


@dataclass(slots=True)
class Part:
    """What of a problem concerns someone, as long as it is open: all of it, or one party's storms.

    running:  Storms that run.
    devices:  Those that stormed, as many as are told apart.
    received, throttled: of the storms that ended, and where it is asked for (`LiveProblems.with_running`) of those that run.
    """

    running: int = 0
    storms: int = 0
    received: int = 0
    throttled: int = 0
    devices: set[DeviceId] = field(default_factory=set)

    def started(self, live: LiveStorm) -> None:
        """A storm has started."""
        self.running += 1
        self.storms += 1
        if len(self.devices) < MOST_DEVICES:
            self.devices.add(live.storm.stream.device_id)

    def ended(self, live: LiveStorm) -> None:
        """A storm has ended; of one whose start nobody saw nothing runs."""
        self.running = max(0, self.running - 1)
        self.count(live)

    def count(self, live: LiveStorm) -> None:
        """Count the Alerts of a storm."""
        self.received += live.storm.received
        self.throttled += live.storm.throttled


@dataclass(slots=True)
class LiveProblem:
    """Storms of one code and product.

    code:        As a fleet counts it: both of a toggle pair are one.
    last_at:     When a storm of it last started or ended.
    whole:       All of it.
    parts:       What of it concerns each party: those who receive its Alerts, and those who can mend it.
    responsible: Who can mend it, with storms of each; empty where nothing says.
    recipients:  Who receives its Alerts.
    """

    problem_id: str
    code: AlertCode
    product: Product
    opened_at: Instant
    last_at: Instant
    whole: Part = field(default_factory=Part)
    responsible: Counter[str] = field(default_factory=Counter)
    recipients: set[str] = field(default_factory=set)
    parts: dict[str, Part] = field(default_factory=dict)

    def parts_of(self, placed: LiveStorm, responsible: str) -> list[Part]:
        """The parts that a storm is in."""
        names = dict.fromkeys((placed.storm.stream.recipient, responsible))
        return [self.whole, *(self.parts.setdefault(name, Part()) for name in names if name)]

    def copied(self) -> LiveProblem:
        """One that can be counted on by itself; the Devices are those of this one."""
        return replace(
            self, whole=replace(self.whole), parts={name: replace(part) for name, part in self.parts.items()}
        )

    @property
    def assigned_to(self) -> str:
        """The party with most storms that can mend it; empty where none is known."""
        return min(self.responsible.items(), key=lambda it: (-it[1], it[0]))[0] if self.responsible else ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A storm in its problem; `responsible` is empty where nothing says who can mend the Device."""

    storm: LiveStorm
    problem: LiveProblem
    responsible: str
    is_first: bool


class LiveProblems:
    """The problems that are open.

    silent_for:  How long no storm of a problem must run, start or end for it to close.
    """

    def __init__(self, inventory: Inventory | None = None, silent_for: Duration = SILENT_FOR) -> None:
        self._inventory = inventory
        self._silent_for = silent_for
        self._open: dict[tuple[AlertCode, Product], LiveProblem] = {}
        self._running: set[tuple[Stream, Instant]] = set()

    def __iter__(self) -> Iterator[LiveProblem]:
        return iter(self._open.values())

    def with_running(self, storms: Sequence[LiveStorm]) -> list[LiveProblem]:
        """The problems as they are with what these storms have come to, of those that run; they stay as they are."""
        copies = {key: it.copied() for key, it in self._open.items()}
        running = [it for it in storms if it.storm.level is Level.RED and _key(it) in self._running]
        for storm, product, responsible in self._what_they_are(running):
            found = copies.get((counted_as(storm.storm.stream.alert_code), product))
            for part in () if found is None else found.parts_of(storm, responsible):
                part.count(storm)
        return list(copies.values())

    def started(self, storms: Sequence[LiveStorm]) -> list[Placed]:
        """Storms have started."""
        placed = []
        for storm, product, responsible in self._what_they_are(storms):
            found, is_first = self._problem(storm, product)
            for part in found.parts_of(storm, responsible):
                part.started(storm)
            found.last_at = max(found.last_at, storm.storm.started_at)
            found.recipients.add(storm.storm.stream.recipient)
            if responsible:
                found.responsible[responsible] += 1
            placed.append(Placed(storm, found, responsible, is_first))
        self._running.update(map(_key, storms))
        return placed

    def ended(self, storms: Sequence[LiveStorm]) -> list[Placed]:
        """Storms have ended."""
        placed = []
        for storm, product, responsible in self._what_they_are(storms):
            found, is_first = self._problem(storm, product)
            ended_at = storm.storm.ended_at
            assert ended_at is not None
            for part in found.parts_of(storm, responsible):
                part.ended(storm)
            found.last_at = max(found.last_at, ended_at)
            placed.append(Placed(storm, found, responsible, is_first))
        self._running.difference_update(map(_key, storms))
        return placed

    def close_silent(self, now: Instant) -> list[LiveProblem]:
        """The problems that have been silent for long enough; they are open no more."""
        closing = [
            (key, it)
            for key, it in self._open.items()
            if not it.whole.running and now - it.last_at >= self._silent_for
        ]
        for key, _ in closing:
            del self._open[key]
        return [problem for _, problem in closing]

    def _problem(self, storm: LiveStorm, product: Product) -> tuple[LiveProblem, bool]:
        code = counted_as(storm.storm.stream.alert_code)
        found = self._open.get((code, product))
        if found is not None:
            return found, False
        since = storm.storm.started_at
        found = self._open[code, product] = LiveProblem(
            _identifier(code, product), code, product, since, since
        )
        return found, True

    def _what_they_are(self, storms: Sequence[LiveStorm]) -> list[tuple[LiveStorm, Product, str]]:
        """Each storm with its Device's product and who can mend it, as they were when it started."""
        inventory = self._inventory
        if inventory is None or not storms:
            return [(storm, NOT_KNOWN, "") for storm in storms]
        device_id = np.array([it.storm.stream.device_id for it in storms], np.uint64)
        at = np.array([it.storm.started_at for it in storms], np.int64)
        found = []
        for storm, row in zip(storms, inventory.rows_at(device_id, at).tolist(), strict=True):
            if row < 0:
                found.append((storm, NOT_KNOWN, ""))
                continue
            said = inventory.attributes
            product = inventory.products[int(inventory.product_numbers[row])]
            mends = responsible_party(
                said["device_type"][row], said["supplier"][row], said["csp_region"][row]
            )
            found.append((storm, product, mends))
        return found


def _key(live: LiveStorm) -> tuple[Stream, Instant]:
    return live.storm.stream, live.storm.started_at


def _identifier(code: AlertCode, product: Product) -> str:
    return problem_id_of(Cause(Kind.SHOUTERS, (code,), product, 0, 0, 0, 0.0, 0.0, 1.0, 1.0))
