"""Counts decided Service Requests, batch by batch, in memory that does not grow with the log.

Use is counted in periods that follow one another from the epoch: the rule's own
period slides, and its peaks lie a little higher between them. A period is closed
when the next one begins, and what it came to is added to its bin and its day.
Bins grow wider as the log grows longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.decision import Outcome, Reason
from tidegate.admission.kernel import Decided
from tidegate.columnar.batches import Names
from tidegate.columnar.service_requests import ServiceRequestBatch
from tidegate.operations.refused_requests import RefusedRequests
from tidegate.reports.admitted import DayOfUse, OverTime, RequestTotals, Spell
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant
from tidegate.vocabulary.service_request_classes import ServiceRequestClass, class_of

MOST_BINS: Final = 480
"""Bins of a picture."""

WIDTHS: Final = (
    SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 6 * HOUR, DAY,
    *(30 * DAY * 10**power for power in range(7)),
)  # fmt: skip
"""How long bins may be: each a whole number of the one before it. The last holds whatever an instant can be."""

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
    """What a report needs to know of every decision; `allocations` by number of the User."""

    def __init__(self, rules: CapacityRules, allocations: Sequence[int], users: Names, srvs: Names) -> None:
        self._rules = rules
        self._users, self._srvs = users, srvs
        self._allocation = np.array(allocations, np.int64)
        self._counts: dict[tuple[int, int], NDArray[np.int64]] = {}
        self._reasons = np.zeros(len(Reason), np.int64)
        self._warnings = np.zeros(0, np.int64)
        self._spare = np.zeros(0, np.int64)
        self._most = np.zeros(0, np.int64)
        self._open = _Periods.nothing()
        self._bins = _Bins(rules.period_us)
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
        warned = batch.user[decided.early_warning]
        self._warnings += np.bincount(warned, minlength=len(self._warnings))
        self._count_days(batch, decided, is_throttled)
        self._count_active(batch.received_at, decided.reason)
        self._count_spells(batch.received_at[is_throttled], batch.user[is_throttled])
        self._bins.count_classes(batch.received_at, self._class_of[batch.srv], is_throttled)
        self._bins.count_throttled(
            batch.received_at[is_throttled], batch.user[is_throttled], len(self._users)
        )
        self._close(_Periods.of(batch, is_throttled, self._rules.period_us, len(self._users)), is_last=False)
        self.refused.receive(batch, is_throttled)

    def finish(self) -> None:
        """The log is at its end."""
        self._grow()
        self._close(_Periods.nothing(), is_last=True)

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
        return int(self._warnings[number]), int(self._spare[number]), int(self._most[number])

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
        return self._bins.over_time(self._users)

    def _named(self, by_number: Mapping[int, int]) -> dict[str, int]:
        return {self._users.name_of(number): count for number, count in by_number.items()}

    def _grow(self) -> None:
        users = len(self._users)
        self._warnings, self._spare, self._most = (
            np.pad(each, (0, users - len(each))) for each in (self._warnings, self._spare, self._most)
        )
        self._allocation = np.pad(self._allocation, (0, max(0, users - len(self._allocation))))
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
        self, batch: ServiceRequestBatch, decided: Decided, is_throttled: NDArray[np.bool_]
    ) -> None:
        for day, start, stop in _runs(batch.received_at // DAY):
            it = self._days.setdefault(day * DAY, _Day())
            it.received += stop - start
            it.throttled += int(is_throttled[start:stop].sum())
            it.early_warnings += int(decided.early_warning[start:stop].sum())
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

    def _close(self, periods: _Periods, *, is_last: bool) -> None:
        """Count the periods that are over; the last one goes on in the next batch."""
        together = self._open.and_then(periods)
        closed, self._open = (together, _Periods.nothing()) if is_last else together.before_last()
        if not len(closed.offered):
            return
        starts = closed.period * self._rules.period_us
        self._bins.count_system(starts, closed.used, closed.offered)
        self._count_peaks(starts, closed)
        beyond = np.maximum(0, closed.user_used - self._allocation[closed.user])
        self._spare += np.bincount(closed.user, beyond, len(self._users)).astype(np.int64)
        np.maximum.at(self._most, closed.user, closed.user_used)
        user_starts = closed.user_period * self._rules.period_us
        self._bins.count_users(user_starts, closed.user, closed.user_used, beyond, len(self._users))

    def _count_peaks(self, starts: NDArray[np.int64], closed: _Periods) -> None:
        if (most := int(closed.used.max())) > self.most_used or self.busiest_at is None:
            self.most_used = most
            self.busiest_at = int(starts[closed.used.argmax()])
        self.most_offered = max(self.most_offered, int(closed.offered.max()))
        for day, start, stop in _runs(starts // DAY):
            # A period that began on the day before is that day's.
            it = self._days.setdefault(day * DAY, _Day())
            it.most_used = max(it.most_used, int(closed.used[start:stop].max()))
            it.most_offered = max(it.most_offered, int(closed.offered[start:stop].max()))


@dataclass(frozen=True, slots=True)
class _Periods:
    """Some periods in order: what was offered and used in each, and what each User used in it."""

    period: NDArray[np.int64]
    offered: NDArray[np.int64]
    used: NDArray[np.int64]
    user_period: NDArray[np.int64]
    user: NDArray[np.int64]
    user_used: NDArray[np.int64]

    @staticmethod
    def nothing() -> _Periods:
        empty = np.empty(0, np.int64)
        return _Periods(empty, empty, empty, empty, empty, empty)

    @staticmethod
    def of(
        batch: ServiceRequestBatch, is_throttled: NDArray[np.bool_], period_us: Duration, users: int
    ) -> _Periods:
        period = batch.received_at // period_us
        is_new = np.ones(len(period), np.bool_)
        is_new[1:] = period[1:] != period[:-1]
        starts = np.flatnonzero(is_new)
        used = np.add.reduceat((~is_throttled).astype(np.int64), starts)
        offered = np.diff(np.append(starts, len(period)))
        place = np.cumsum(is_new) - 1
        keys = (place * users + batch.user)[~is_throttled]
        different, counts = _counted(keys, len(starts) * users)
        at, user = np.divmod(different, users)
        return _Periods(period[starts], offered, used, period[starts][at], user, counts)

    def and_then(self, later: _Periods) -> _Periods:
        """These and those that follow; the last of these may be the first of those."""
        if not len(self.period) or not len(later.period) or self.period[-1] != later.period[0]:
            return _Periods(
                *(np.concatenate(pair) for pair in zip(self._columns, later._columns, strict=True))
            )
        period = np.concatenate([self.period[:-1], later.period])
        offered = np.concatenate([self.offered[:-1], later.offered])
        used = np.concatenate([self.used[:-1], later.used])
        offered[len(self.period) - 1] += self.offered[-1]
        used[len(self.period) - 1] += self.used[-1]
        rows = np.stack(
            [np.concatenate([self.user_period, later.user_period]), np.concatenate([self.user, later.user])]
        )
        counts = np.concatenate([self.user_used, later.user_used])
        order = np.lexsort((rows[1], rows[0]))
        rows, counts = rows[:, order], counts[order]
        is_new = np.ones(len(counts), np.bool_)
        is_new[1:] = (rows[:, 1:] != rows[:, :-1]).any(axis=0)
        starts = np.flatnonzero(is_new)
        together = np.add.reduceat(counts, starts) if len(counts) else counts
        return _Periods(period, offered, used, rows[0][starts], rows[1][starts], together)

    def before_last(self) -> tuple[_Periods, _Periods]:
        """All but the last, and the last."""
        if not len(self.period):
            return self, self
        cut = int(np.searchsorted(self.user_period, self.period[-1]))
        first = (*(each[:-1] for each in self._columns[:3]), *(each[:cut] for each in self._columns[3:]))
        last = (*(each[-1:] for each in self._columns[:3]), *(each[cut:] for each in self._columns[3:]))
        return _Periods(*first), _Periods(*last)

    @property
    def _columns(self) -> tuple[NDArray[np.int64], ...]:
        return self.period, self.offered, self.used, self.user_period, self.user, self.user_used


class _Bins:
    """Use over time in at most MOST_BINS bins."""

    def __init__(self, period_us: Duration) -> None:
        self._widths = [period_us * -(-width // period_us) for width in WIDTHS if width >= period_us] or [
            period_us
        ]
        self._widths = list(_dividing(self._widths))
        self._width = self._widths.pop(0)
        self._first = 0
        self._users: list[NDArray[np.int64]] = [np.zeros((0, 0), np.int64) for _ in range(3)]
        self._system: list[NDArray[np.int64]] = [np.zeros(0, np.int64) for _ in range(2)]
        self._classes: list[NDArray[np.int64]] = [np.zeros((0, len(_CLASSES)), np.int64) for _ in range(2)]

    def count_users(
        self,
        at: NDArray[np.int64],
        user: NDArray[np.int64],
        used: NDArray[np.int64],
        beyond: NDArray[np.int64],
        users: int,
    ) -> None:
        places = self._places(at, users)
        np.maximum.at(self._users[0], (places, user), used)
        np.add.at(self._users[1], (places, user), beyond)

    def count_throttled(self, at: NDArray[np.int64], user: NDArray[np.uint32], users: int) -> None:
        places = self._places(at, users)
        size = self._users[2].size
        counts = np.bincount(places * self._users[2].shape[1] + user, minlength=size)
        self._users[2] += counts.reshape(self._users[2].shape)

    def count_system(
        self, at: NDArray[np.int64], used: NDArray[np.int64], offered: NDArray[np.int64]
    ) -> None:
        places = self._places(at)
        np.maximum.at(self._system[0], places, used)
        np.maximum.at(self._system[1], places, offered)

    def count_classes(
        self, at: NDArray[np.int64], of: NDArray[np.int64], is_throttled: NDArray[np.bool_]
    ) -> None:
        keys = self._places(at) * len(_CLASSES) + of
        for number, rows in enumerate((~is_throttled, is_throttled)):
            counts = np.bincount(keys[rows], minlength=self._classes[number].size)
            self._classes[number] += counts.reshape(self._classes[number].shape)

    def over_time(self, users: Names) -> OverTime:
        self._places(np.empty(0, np.int64), len(users))
        starts = (self._first + np.arange(len(self._system[0]))) * self._width
        names = [users.name_of(number) for number in range(len(users))]
        return OverTime(starts, self._width, names, *self._users, *self._system, *self._classes)

    def _places(self, at: NDArray[np.int64], users: int = 0) -> NDArray[np.int64]:
        """The bins of some instants in order; there is a place for each of them, and for each of so many Users."""
        columns = max(users, self._users[0].shape[1])
        bins = at // self._width
        if len(at):
            if not len(self._system[0]):
                self._first = int(bins[0])
            rows = max(len(self._system[0]), int(bins[-1]) - self._first + 1)
            if rows > MOST_BINS and self._widths:
                self._widen(self._widths.pop(0))
                return self._places(at, users)
        else:
            rows = len(self._system[0])
        self._pad(rows, columns)
        places: NDArray[np.int64] = bins - self._first
        return places

    def _pad(self, rows: int, columns: int) -> None:
        after, aside = rows - len(self._system[0]), columns - self._users[0].shape[1]
        if after or aside:
            self._users = [np.pad(each, ((0, after), (0, aside))) for each in self._users]
            self._system = [np.pad(each, (0, after)) for each in self._system]
            self._classes = [np.pad(each, ((0, after), (0, 0))) for each in self._classes]

    def _widen(self, width: Duration) -> None:
        """Fewer, wider bins."""
        old = (self._first + np.arange(len(self._system[0]))) * self._width // width
        self._width = width
        if not len(old):
            return
        self._first = int(old[0])
        starts = np.searchsorted(old, np.arange(old[0], old[-1] + 1))
        most, total = np.maximum.reduceat, np.add.reduceat
        self._users = [
            fold(each, starts, axis=0) for fold, each in zip((most, total, total), self._users, strict=True)
        ]
        self._system = [most(each, starts) for each in self._system]
        self._classes = [total(each, starts, axis=0) for each in self._classes]


def _dividing(widths: Sequence[Duration]) -> Iterator[Duration]:
    """Those that are whole numbers of the one before them."""
    last = widths[0]
    for width in widths:
        if width % last == 0:
            yield width
            last = width


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
