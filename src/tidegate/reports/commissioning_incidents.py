"""Incidents for Communications Hub Functions: which are due, which are not, and what problems they are of.

The DCC raises an Incident for every Communications Hub Function that its report calls
failed (SEC Appendix AC 5.13), and a CSP works each. Where the last set of criteria clears
one, none is due; where it cannot tell, a read is cheaper than an Incident.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from tidegate.reports.commissioning_status import DIMENSIONS, Change, Cohort, CommissioningStatus, Step

COMMUNICATIONS_HUB_FUNCTION: Final = "CHF"
"""The device type of an Inventory (DUIS, `DeviceType`)."""

DUE_FILE: Final = "incidents.csv"
NOT_DUE_FILE: Final = "incidents-not-due.csv"
PROBLEMS_FILE: Final = "incident-problems.csv"
"""The lists of a report: Devices for which an Incident is due, those for which none is, and the problems of both."""


class IncidentIs(StrEnum):
    """Whether an Incident is due for a Communications Hub Function."""

    DUE = "due"
    """By the last set of criteria it failed."""

    READ_FIRST = "read first"
    """The first calls it failed, the last cannot tell."""

    NOT_YET = "not yet"
    """The first calls it failed, the last gives it time."""

    NOT_DUE = "not due"
    """The first calls it failed, the last clears it: a false failure."""


_IS: Final = {
    Change.CONFIRMED: IncidentIs.DUE,
    Change.FOUND: IncidentIs.DUE,
    Change.UNTOLD: IncidentIs.READ_FIRST,
    Change.WAITING: IncidentIs.NOT_YET,
    Change.CLEARED: IncidentIs.NOT_DUE,
}


class ProblemKey(NamedTuple):
    """What Communications Hub Functions of one problem have in common."""

    incident: IncidentIs
    step: Step
    csp_region: str


class IncidentProblem(NamedTuple):
    """Communications Hub Functions of one CSP with one thing wrong, or cleared for one reason: one row to work, not one for each."""

    incident: IncidentIs
    step: Step
    csp_region: str
    devices: int

    @property
    def key(self) -> ProblemKey:
        """What is the same of all its Devices."""
        return ProblemKey(*self[:-1])


class CniIndicator(NamedTuple):
    """Failure rates beside the limit of the Critical National Infrastructure risk level, which is not public.

    limit:       As it was given.
    first, last: Share of Devices FAILED by the first and by the last set of criteria.
    may_be:      The last, were all failed of which it cannot tell.
    """

    limit: Fraction
    first: Fraction
    last: Fraction
    may_be: Fraction

    @property
    def is_breached_on_paper(self) -> bool:
        """Whether the limit is breached by the first only, whatever becomes of those that cannot be told."""
        return self.first > self.limit >= self.may_be


def incident_of(cohort: Cohort) -> IncidentIs | None:
    """Whether an Incident is due for a Device; None: it is no Communications Hub Function, or failed by neither."""
    if cohort.dimensions[DIMENSIONS.index("device_type")].upper() != COMMUNICATIONS_HUB_FUNCTION:
        return None
    return incident_of_change(cohort.step.change)


def incident_of_change(change: Change) -> IncidentIs | None:
    """Whether one is due for a Communications Hub Function, by what becomes of it; None: it is failed by neither."""
    return _IS.get(change)


def incident_problems(status: CommissioningStatus) -> list[IncidentProblem]:
    """A row for each problem; those due first, the largest first."""
    region = DIMENSIONS.index("csp_region")
    sums = status.sum_by(
        lambda each: (incident_of(each), each.step, each.dimensions[region]),
        "device_type",
        "csp_region",
        "step",
    )
    problems = [IncidentProblem(key[0], *key[1:], devices) for key, devices in sums.items() if key[0]]
    order = list(IncidentIs)
    return sorted(problems, key=lambda each: (order.index(each.incident), -each.devices, each[1:]))


def problem_numbers(status: CommissioningStatus) -> dict[ProblemKey, int]:
    """Every problem's number, from 1, in the order of `incident_problems`."""
    return {problem.key: number for number, problem in enumerate(incident_problems(status), 1)}


def cni_indicator(status: CommissioningStatus, limit: Fraction) -> CniIndicator | None:
    """The rates beside a limit (more than 0, at most 1); None: there is no Device."""
    if not status.devices:
        return None
    first = sum(devices for step, devices in status.steps().items() if step.change is not Change.FOUND)
    last, untold = status.true_failures, status.undetermined
    return CniIndicator(limit, *(Fraction(each, status.devices) for each in (first, last, last + untold)))
