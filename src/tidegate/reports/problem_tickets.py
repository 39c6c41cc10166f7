"""A problem as a ticket: what a service desk is told of it, whatever its system.

Impact and urgency are our choice, said in docs/reference/problems.md; a service
desk has its own and will change them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from tidegate.alert_storm.problems import Problem, Problems, ProblemState
from tidegate.reports.kinds import kind_in_words
from tidegate.reports.numerals import many, thousands, times_in_words
from tidegate.reports.problems import (
    codes_in_words,
    parties_in_words,
    product_in_words,
    remedy_of,
    title_of,
)
from tidegate.reports.verdict import short_name
from tidegate.vocabulary.alert_codes import format_alert_code, name_of
from tidegate.vocabulary.instants import Instant, format_instant

LARGE: Final = 1_000
"""Devices from which a problem's impact is high."""

SMALL: Final = 10
"""Devices under which its impact is low."""


class Grade(IntEnum):
    """Impact or urgency, as ITIL counts: 1 is the worst."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a service desk is told of a problem.

    summary:      One line.
    description:  Lines: what, who, since when, what to do.
    assigned_to:  The responsible party with most Devices; empty where none is known.
    informed:     Who else is to be told: other responsible parties, and recipients.
    product:      What is behind it; empty where nothing is named.
    """

    problem_id: str
    summary: str
    description: Sequence[str]
    assigned_to: str
    informed: Sequence[str]
    product: str
    alert_codes: Sequence[str]
    impact: Grade
    urgency: Grade
    is_open: bool
    first_seen: Instant
    last_seen: Instant
    problem: Problem

    @property
    def correlation_id(self) -> str:
        """What a service desk knows the record by, as later files are imported.

        A product makes a problem the same one in every log. Without one, what two logs have in common is a code:
        the day it was first seen keeps the troubles of two months apart.
        """
        if self.product:
            return self.problem_id
        return f"{self.problem_id}-{format_instant(self.first_seen)[:10].replace('-', '')}"


def tickets_of(problems: Problems) -> list[Ticket]:
    """A ticket for each problem, in their order."""
    return [_ticket(problem) for problem in problems.problems]


def impact_of(problem: Problem) -> Grade:
    """By how many Devices are at it."""
    if problem.devices >= LARGE:
        return Grade.HIGH
    return Grade.MEDIUM if problem.devices >= SMALL else Grade.LOW


def urgency_of(problem: Problem) -> Grade:
    """Medium while it goes on, low once it is silent; nothing here is for a person to be woken."""
    return Grade.MEDIUM if problem.state is ProblemState.OPEN else Grade.LOW


def _ticket(problem: Problem) -> Ticket:
    assigned = problem.responsible[0][0] if problem.responsible else ""
    others = [party for party, _ in (*problem.responsible, *problem.informed) if party != assigned]
    return Ticket(
        problem.problem_id,
        title_of(problem),
        list(_description(problem)),
        assigned,
        list(dict.fromkeys(others)),
        str(problem.cause.product) if problem.cause.is_named else "",
        [format_alert_code(code) for code in problem.cause.alert_codes],
        impact_of(problem),
        urgency_of(problem),
        problem.state is ProblemState.OPEN,
        problem.first_seen,
        problem.last_seen,
        problem,
    )


def _description(problem: Problem) -> Iterator[str]:
    cause = problem.cause
    names = "; ".join(dict.fromkeys(short_name(name_of(code)) for code in cause.alert_codes))
    yield f"{codes_in_words(cause)} ({names}), {kind_in_words(cause)}."
    yield f"Product: {product_in_words(cause)}."
    share = f" of {thousands(cause.installed)} installed" if cause.installed else ""
    yield (
        f"{many(problem.devices, 'Device')}{share}, {many(problem.storms, 'storm')}, "
        f"{many(problem.alerts, 'Alert')}, {thousands(problem.throttled)} held back."
    )
    yield (
        f"First seen {format_instant(problem.first_seen)}, last seen {format_instant(problem.last_seen)}: "
        f"{problem.state}."
    )
    if cause.is_named and cause.rest:
        yield f"It is at {times_in_words(cause.ratio)} times the rate of the rest of the fleet."
    if problem.responsible:
        yield f"Responsible: {parties_in_words(problem.responsible, 'Device')}."
    if problem.informed:
        yield f"Informed: {parties_in_words(problem.informed, 'Alert')}."
    yield remedy_of(problem)
    yield f"Its Devices are in problem_devices.csv under {problem.problem_id}."
