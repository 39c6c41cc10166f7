"""Counts decided Service Requests, batch by batch, in memory that does not grow with the log.

How full a period was, the rule says with every decision, for the period that ends
with the request: so peaks are its own, over every instant. It also says what was
admitted from the spare.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.admission.decision import Outcome, Reason
from tidegate.admission.kernel import Decided
from tidegate.columnar.batches import Names
from tidegate.columnar.service_requests import ServiceRequestBatch
from tidegate.columnar.use_in_bins import UseOfRequests
from tidegate.operations.refused_requests import RefusedRequests
from tidegate.operations.use_over_time import UseOverTime
from tidegate.reports.admitted import DayOfUse, OverTime, RequestTotals, Spell
from tidegate.vocabulary.instants import DAY, MINUTE, Duration, Instant
from tidegate.vocabulary.service_request_classes import ServiceRequestClass, class_of

SPELL_ENDS_AFTER: Final[Duration] = MINUTE
MOST_SPELLS: Final = 1_000
"""Storms of 503s that are kept: the greatest."""

MANAGED: Final = (Reason.WITHIN_FAIR_LIMIT, Reason.WITHIN_ALLOCATION, Reason.OVER_SHARE, Reason.SYSTEM_FULL)
"""Reasons that are given only while more is offered than the operating threshold."""

_CLASSES: Final = list(ServiceRequestClass)


@dataclass
class _Day:
    received: int = 0
    throttled: int = 0
    most_used: int = 0
    most_offered: int = 0
    minutes_active: int = 0
    early_warnings: int = 0
    breached: set[int] = field(default_factory=set)


@dataclass
class _Spell:
    started_at: Instant
    ended_at: Instant
    by_user: dict[int, int]

    @property
    def throttled(self) -> int:
        return sum(self.by_user.values())


class AdmissionTally:
    """What a report needs to know of every decision."""

    def __init__(self, users: Names, srvs: Names) -> None:
        self._users, self._srvs = users, srvs
        self._counts: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._reasons = np.zeros(len(Reason), np.int64)
        self._warnings = np.zeros(0, np.int64)
        self._use = UseOverTime()
        self._days: dict[Instant, _Day] = {}
        self._spells: list[_Spell] = []
        self._last_active = -1
        self._class_of = np.zeros(1, np.int64)
        self.refused = RefusedRequests()
        self.spells_in_all = 0
        self.minutes_active = 0
        self.most_used = self.most_offered = 0
        self.busiest_at: Instant | None = None

    def receive(self, batch: ServiceRequestBatch, decided: Decided) -> None:
        """The next requests, in receipt order, and what was decided."""
        if not len(batch):
            return
        self._grow()
        is_throttled = decided.outcome == Outcome.THROTTLED
        self._count(batch, decided.outcome)
        self._reasons += np.bincount(decided.reason, minlength=len(Reason))
        # With traffic management off nobody is warned, as the gateway warns nobody.
        is_warned = decided.early_warning & (decided.reason != Reason.MODE_OFF)
        self._warnings += np.bincount(batch.user[is_warned], minlength=len(self._warnings))
        self._count_days(batch, decided, is_throttled, is_warned)
        self._count_active(batch.received_at, decided.reason)
        self._count_spells(batch.received_at[is_throttled], batch.user[is_throttled])
        self._count_peaks(batch.received_at, decided)
        self._use.receive(
            UseOfRequests(
                batch.received_at,
                batch.user,
                self._class_of[batch.srv],
                is_throttled,
                decided.offered,
                decided.used,
                decided.user_used,
                decided.is_of_spare,
            ),
            len(self._users),
        )
        self.refused.receive(batch, is_throttled)

    def by_user_and_srv(self) -> dict[tuple[str, str], RequestTotals]:
        """Totals of each User and Service Reference Variant."""
        return {
            (self._users.name_of(user), self._srvs.name_of(srv)): RequestTotals(*counts.tolist())
            for (user, srv), counts in self._counts.items()
        }

    def reasons(self) -> dict[str, int]:
        """Requests by reason; those that occurred."""
        return {reason.name.lower(): int(self._reasons[reason]) for reason in Reason if self._reasons[reason]}

    def of_user(self, number: int) -> tuple[int, int, int]:
        """Early warnings of a User, what it used of the spare, and the most it used in a period."""
        self._grow()  # Some Users of the table may have sent nothing.
        return int(self._warnings[number]), self._use.spare_of(number), self._use.most_of(number)

    def breach_days_of(self, number: int) -> int:
        """Days on which a User was refused for having used its share."""
        return sum(number in day.breached for day in self._days.values())

    def spells(self) -> list[Spell]:
        """Storms of 503s, in order; the greatest where there are very many."""
        kept = sorted(self._spells, key=lambda spell: spell.started_at)
        return [Spell(it.started_at, it.ended_at, it.throttled, self._named(it.by_user)) for it in kept]

    def days(self) -> list[DayOfUse]:
        """Every day with a request."""
        return [
            DayOfUse(
                day,
                it.received,
                it.throttled,
                it.most_used,
                it.most_offered,
                it.minutes_active,
                it.early_warnings,
                tuple(sorted(self._users.name_of(number) for number in it.breached)),
            )
            for day, it in sorted(self._days.items())
        ]

    def over_time(self) -> OverTime:
        """Use over time."""
        return self._use.over_time(self._users)

    def _named(self, by_number: Mapping[int, int]) -> dict[str, int]:
        return {self._users.name_of(number): count for number, count in by_number.items()}

    def _grow(self) -> None:
        users = len(self._users)
        self._warnings = np.pad(self._warnings, (0, users - len(self._warnings)))
        new = [
            _CLASSES.index(class_of(self._srvs.name_of(n)))
            for n in range(len(self._class_of), len(self._srvs))
        ]
        self._class_of = np.concatenate([self._class_of, np.array(new, np.int64)])

    def _count(self, batch: ServiceRequestBatch, outcome: NDArray[np.uint8]) -> None:
        srvs, outcomes = len(self._srvs), len(Outcome)
        keys = (batch.user.astype(np.int64) * srvs + batch.srv) * outcomes + outcome
        for key, count in zip(*_counted(keys, len(self._users) * srvs * outcomes), strict=True):
            of, place = divmod(int(key), outcomes)
            counts = self._counts.setdefault(divmod(of, srvs), np.zeros(outcomes, np.int64))
            counts[place] += count

    def _count_days(
        self,
        batch: ServiceRequestBatch,
        decided: Decided,
        is_throttled: NDArray[np.bool_],
        is_warned: NDArray[np.bool_],
    ) -> None:
        for day, start, stop in _runs(batch.received_at // DAY):
            it = self._days.setdefault(day * DAY, _Day())
            it.received += stop - start
            it.throttled += int(is_throttled[start:stop].sum())
            it.early_warnings += int(is_warned[start:stop].sum())
            is_over = decided.reason[start:stop] == Reason.OVER_SHARE
            it.breached.update(np.unique(batch.user[start:stop][is_over]).tolist())

    def _count_active(self, at: NDArray[np.int64], reason: NDArray[np.uint8]) -> None:
        is_managed = np.zeros(len(Reason), np.bool_)
        is_managed[list(MANAGED)] = True
        minutes = _different(at[is_managed[reason]] // MINUTE)
        new = minutes[minutes > self._last_active]
        if len(new):
            self.minutes_active += len(new)
            self._last_active = int(new[-1])
            for day, start, stop in _runs(new * MINUTE // DAY):
                self._days[day * DAY].minutes_active += stop - start

    def _count_spells(self, at: NDArray[np.int64], user: NDArray[np.uint32]) -> None:
        breaks = np.flatnonzero(np.diff(at) > SPELL_ENDS_AFTER) + 1
        for part, of in zip(np.split(at, breaks), np.split(user, breaks), strict=True):
            if not len(part):
                continue
            if not self._spells or part[0] - self._spells[-1].ended_at > SPELL_ENDS_AFTER:
                self._spells.append(_Spell(int(part[0]), int(part[-1]), {}))
                self.spells_in_all += 1
                if len(self._spells) > 2 * MOST_SPELLS:
                    last = self._spells.pop()
                    self._spells.sort(key=lambda spell: -spell.throttled)
                    del self._spells[MOST_SPELLS:]
                    self._spells.append(last)
            spell = self._spells[-1]
            spell.ended_at = int(part[-1])
            for number, count in zip(*np.unique(of, return_counts=True), strict=True):
                spell.by_user[int(number)] = spell.by_user.get(int(number), 0) + int(count)

    def _count_peaks(self, at: NDArray[np.int64], decided: Decided) -> None:
        fullest = int(decided.used.argmax())
        if int(decided.used[fullest]) > self.most_used or self.busiest_at is None:
            self.most_used = int(decided.used[fullest])
            self.busiest_at = int(at[fullest])
        self.most_offered = max(self.most_offered, int(decided.offered.max()))
        for day, start, stop in _runs(at // DAY):
            it = self._days[day * DAY]
            it.most_used = max(it.most_used, int(decided.used[start:stop].max()))
            it.most_offered = max(it.most_offered, int(decided.offered[start:stop].max()))


def _counted(keys: NDArray[np.int64], size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The different keys below a size, and how often each is there."""
    if size <= 4 * len(keys):
        counts = np.bincount(keys, minlength=size)
        different = np.flatnonzero(counts)
        return different, counts[different]
    return np.unique(keys, return_counts=True)


def _different(ordered: NDArray[np.int64]) -> NDArray[np.int64]:
    is_new = np.ones(len(ordered), np.bool_)
    is_new[1:] = ordered[1:] != ordered[:-1]
    return ordered[is_new]


def _runs(ordered: NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Each value of an ordered column, and where it starts and stops."""
    edges = np.flatnonzero(np.diff(ordered)) + 1
    for start, stop in pairwise([0, *edges.tolist(), len(ordered)]):
        if stop > start:
            yield int(ordered[start]), start, stop
