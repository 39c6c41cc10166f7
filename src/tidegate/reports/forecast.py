"""How many incidents and e-mails storms make, by who counts as one: a storm, a Device's day, a problem, a digest.

What was consulted on raises an incident and an e-mail each time throttling
starts for a Device (SECMP0062, ENWL); later an e-mail a day for each Device
(SSEN). Ours raises an incident for each problem, and sends each party one
digest a day. The number depends on the timing: ten Alerts within one window are
a storm, ten spread over the day none. Days are of UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Kind
from tidegate.alert_storm.linking import factorised
from tidegate.alert_storm.members import ended_by
from tidegate.alert_storm.problems import Problem, Problems
from tidegate.reports.numerals import many, thousands
from tidegate.reports.replayed import Spells
from tidegate.vocabulary.instants import DAY, Instant

NOT_SAID: Final = "not known"
"""The party where nothing says which."""


_HOURS_FROM = 120
_PENCE_UNDER = 100
"""Minutes from which work is told in hours."""


class Rule(StrEnum):
    """What makes an incident, and what an e-mail."""

    EACH_STORM = "each storm"
    """As consulted: an incident and an e-mail to the recipient each time throttling starts for a Device."""

    DEVICE_DAY = "each Device daily"
    """As SSEN was told: incidents as before; an e-mail a day for each Device (and recipient) in a storm."""

    PROBLEM = "each problem"
    """An incident when a problem opens, for who can mend it; an e-mail then to every party it concerns."""

    DIGEST = "daily digest"
    """Incidents as for each problem; one e-mail a day to each party that a problem going on concerns."""


RULES: Final = tuple(Rule)


@dataclass(frozen=True, slots=True)
class Load:
    """What a rule makes; int64, one for each day of the forecast."""

    incidents: NDArray[np.int64]
    emails: NDArray[np.int64]

    @property
    def all_incidents(self) -> int:
        """Incidents over all days."""
        return int(self.incidents.sum())

    @property
    def all_emails(self) -> int:
        """E-mails over all days."""
        return int(self.emails.sum())


@dataclass(frozen=True, slots=True)
class PartyLoad:
    """What a rule gives one party to deal with."""

    rule: Rule
    party: str
    incidents: int
    emails: int


@dataclass(frozen=True, slots=True)
class Forecast:
    """Incidents and e-mails by rule.

    days:      Instants at which each day of UTC begins, the first to the last of the log.
    loads:     By rule, in the order asked for.
    by_party:  By rule, the party with most incidents first; the sums are those of `loads`.
    """

    days: Sequence[Instant]
    loads: Mapping[Rule, Load]
    by_party: Sequence[PartyLoad]


@dataclass(frozen=True, slots=True)
class TicketCost:
    """What one incident takes; each None where it was not given. There is no default: nothing is published.

    pounds:   Pounds sterling.
    minutes:  Minutes of someone's work.
    """

    pounds: Decimal | None = None
    minutes: int | None = None


def days_of(first: Instant | None, last: Instant | None) -> Sequence[Instant]:
    """The days of UTC from one instant to another, by when each begins; none where there is no instant."""
    if first is None or last is None:
        return ()
    return range(first - first % DAY, last + 1, DAY)


def forecast(
    storms: Spells, problems: Problems, days: Sequence[Instant], rules: Sequence[Rule] = RULES
) -> Forecast:
    """Count incidents and e-mails by day and party.

    Args:
        storms:    The Alert Storms that `problems` were made of, in the same order.
        problems:  What they come down to.
        days:      The days of the log (`days_of`).
        rules:     What to count by.
    """
    if not len(days):
        empty = np.empty(0, np.int64)
        return Forecast((), {rule: Load(empty, empty) for rule in rules}, ())
    counting = _Counting(storms.columns, problems, days)
    loads, by_party = {}, []
    for rule in rules:
        loads[rule], parties = counting.of(rule)
        ranked = sorted(parties.items(), key=lambda it: (-it[1][0], -it[1][1], it[0]))
        by_party += [PartyLoad(rule, party, *each) for party, each in ranked]
    return Forecast(days, loads, by_party)


def incidents_in_words(made: Forecast) -> str:
    """The finding about incidents: `13,402 incidents become 38`."""
    before, after = made.loads[Rule.EACH_STORM].all_incidents, made.loads[Rule.PROBLEM].all_incidents
    if before == 0:
        if after == 0:
            return "No incident either way: no Device stormed, and nothing murmurs"
        return f"Throttling raises no incident; grouped by cause, {many(after, 'problem')} would be one each"
    if after < before:
        return f"{many(before, 'incident')} become {thousands(after)}: one when a problem opens, not one for each storm"
    if after == before:
        return f"{many(before, 'incident')} either way: each storm is a problem of its own"
    return f"{many(before, 'incident')} for storms, {thousands(after)} with what throttling does not see"


def emails_in_words(made: Forecast) -> str:
    """The finding about e-mails: `13,402 e-mails become 41`."""
    before, daily, after = (
        made.loads[rule].all_emails for rule in (Rule.EACH_STORM, Rule.DEVICE_DAY, Rule.DIGEST)
    )
    if before == 0:
        return f"Throttling sends no e-mail; a digest about what it does not see would be {thousands(after)}"
    if after < before:
        return (
            f"{many(before, 'e-mail')} become {thousands(after)}: one digest a day for each party, "
            f"where one a day for each Device is still {thousands(daily)}"
        )
    return f"{many(before, 'e-mail')} for storms; a daily digest for each party would be {thousands(after)}"


def cost_in_words(incidents: int, cost: TicketCost) -> str:
    """What incidents cost: `£603,090 and 2,010 h of work`; empty where no cost was given."""
    said = []
    if cost.pounds is not None:
        said.append(_pounds(incidents * cost.pounds))
    if cost.minutes is not None:
        said.append(f"{_work(incidents * cost.minutes)} of work")
    return " and ".join(said)


def _pounds(amount: Decimal) -> str:
    """Whole pounds; of less than a hundred the pence too, where there are any."""
    has_pence = amount < _PENCE_UNDER and round(amount * 100) % 100
    return f"£{amount:,.2f}" if has_pence else f"£{amount:,.0f}"


def _work(minutes: int) -> str:
    """Minutes as hours, from two hours on."""
    return f"{minutes} min" if minutes < _HOURS_FROM else f"{thousands((minutes + 30) // 60)} h"


class _Counting:
    """Storms and problems laid out over days, once for every rule."""

    def __init__(
        self, columns: Mapping[str, NDArray[Any]], problems: Problems, days: Sequence[Instant]
    ) -> None:
        self._columns = columns
        self._problems = problems
        self._days = days
        self._recipient, names = factorised(columns["recipient"])
        self._recipients = [name or NOT_SAID for name in names]
        self._ended = ended_by(columns, problems.until)
        self._first_day = self._day(columns["started_at"])
        # A storm that ends as a day begins was not seen in it.
        self._last_day = np.maximum(self._day(self._ended - 1), self._first_day)
        self._spans = [self._spans_of(place, it) for place, it in enumerate(problems.problems)]

    def of(self, rule: Rule) -> tuple[Load, dict[str, list[int]]]:
        """What a rule makes by day, and incidents and e-mails by party."""
        if rule in (Rule.EACH_STORM, Rule.DEVICE_DAY):
            incidents = np.bincount(self._first_day, minlength=len(self._days))
            assigned = np.bincount(self._recipient, minlength=len(self._recipients))
            emails, sent = (incidents, assigned) if rule is Rule.EACH_STORM else self._device_days()
            parties = {
                name: [int(assigned[place]), int(sent[place])]
                for place, name in enumerate(self._recipients)
                if assigned[place] or sent[place]
            }
            return Load(incidents, emails), parties
        return self._by_problem(is_digest=rule is Rule.DIGEST)

    def _device_days(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """E-mails by day and by recipient, one for each Device, recipient and day with a storm."""
        lasted = self._last_day - self._first_day + 1
        row = np.repeat(np.arange(len(lasted)), lasted)
        within = np.arange(len(row)) - np.repeat(np.cumsum(lasted) - lasted, lasted)
        day = self._first_day[row] + within
        _, device = np.unique(self._columns["device_id"], return_inverse=True)
        sizes = len(self._recipients), len(self._days)
        met = np.unique((device[row] * sizes[0] + self._recipient[row]) * sizes[1] + day)
        return (
            np.bincount(met % sizes[1], minlength=sizes[1]),
            np.bincount(met // sizes[1] % sizes[0], minlength=sizes[0]),
        )

    def _by_problem(self, *, is_digest: bool) -> tuple[Load, dict[str, list[int]]]:
        incidents = np.zeros(len(self._days), np.int64)
        emails = np.zeros(len(self._days), np.int64)
        assigned, sent = Counter[str](), Counter[str]()
        told: dict[str, NDArray[np.bool_]] = {}
        for problem, spans in zip(self._problems.problems, self._spans, strict=True):
            parties = {party for party, _ in (*problem.responsible, *problem.informed)} or {NOT_SAID}
            for opened, _ in self._openings(spans):
                day = int(self._day(np.array([opened]))[0])
                incidents[day] += 1
                assigned[problem.responsible[0][0] if problem.responsible else NOT_SAID] += 1
                if not is_digest:
                    emails[day] += len(parties)
                    sent.update(parties)
            if is_digest:
                active = self._active(spans)
                for party in parties:
                    told[party] = told.get(party, False) | active
        for party, its_days in told.items():
            emails += its_days
            sent[party] += int(its_days.sum())
        everyone = {party: [assigned[party], sent[party]] for party in (*assigned, *sent)}
        return Load(incidents, emails), everyone

    def _spans_of(self, place: int, problem: Problem) -> NDArray[np.int64]:
        """When the Alerts of a problem went on: rows of start and end, sorted."""
        if problem.cause.kind is Kind.MURMUR:
            return np.array([[problem.first_seen, problem.last_seen]], np.int64)
        rows = np.flatnonzero(self._problems.of_storm == place)
        spans = np.stack([self._columns["started_at"][rows], self._ended[rows]], axis=1)
        return spans[np.argsort(spans[:, 0], kind="stable")]

    def _openings(self, spans: NDArray[np.int64]) -> Iterator[tuple[Instant, Instant]]:
        """When a problem opened, and again after it was silent for long enough to be closed; with its end."""
        ends = np.maximum.accumulate(spans[:, 1])
        anew = np.flatnonzero(spans[1:, 0] - ends[:-1] >= self._problems.silent_for) + 1
        starts = [0, *anew.tolist()]
        for start, following in zip(starts, [*anew.tolist(), len(spans)], strict=True):
            yield int(spans[start, 0]), int(ends[following - 1])

    def _active(self, spans: NDArray[np.int64]) -> NDArray[np.bool_]:
        """The days on which a problem's Alerts went on."""
        first = self._day(spans[:, 0])
        last = np.maximum(self._day(spans[:, 1] - 1), first)
        steps = np.bincount(first, minlength=len(self._days) + 1)
        steps -= np.bincount(last + 1, minlength=len(self._days) + 1)
        return np.cumsum(steps)[:-1] > 0

    def _day(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The place of each instant's day; what is outside the log's days stands in the nearest."""
        return np.clip((at - self._days[0]) // DAY, 0, len(self._days) - 1)
