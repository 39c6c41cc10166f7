"""What follows from a Post Commissioning report: incidents and the problems they are of, the CNI limit, what is saved."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.finding import Reason
from tidegate.commissioning.next_action import NextAction
from tidegate.commissioning.obligations import Communicates
from tidegate.reports.commissioning_incidents import (
    CniIndicator,
    IncidentIs,
    cni_indicator,
    incident_of,
    incident_problems,
)
from tidegate.reports.commissioning_savings import actions_of, savings_of
from tidegate.reports.commissioning_status import Change, Cohort, CommissioningStatus, EvidenceRead, Step

CRITERIA = [Criteria(name, 0, (Communicates("communicates"),)) for name in ("first", "last")]
FAILED, UNTOLD, SECURE = Verdict.FAILED, Verdict.UNDETERMINED, Verdict.SECURE_BY_COMMANDS
EMPTY = "sent", Reason.EMPTY


def cohort(
    change: Change,
    first: Verdict,
    last: Verdict,
    device_type: str = "CHF",
    action: NextAction = NextAction.NOTHING,
    region: str = "North",
) -> Cohort:
    dimensions = ("Sigma", "", region, device_type, "Alpha", "2026-03")
    return Cohort(dimensions, (first, last), Step(change, *EMPTY), action.text, "Sigma", 0)


CONFIRMED = cohort(Change.CONFIRMED, FAILED, FAILED, action=NextAction.VISIT)
CLEARED = cohort(Change.CLEARED, FAILED, SECURE)
CLEARED_SOUTH = cohort(Change.CLEARED, FAILED, SECURE, region="South")
TO_READ = cohort(Change.UNTOLD, FAILED, UNTOLD, action=NextAction.READ)
WAITING = cohort(Change.WAITING, FAILED, Verdict.PENDING, action=NextAction.WAIT)
FOUND = cohort(Change.FOUND, SECURE, FAILED, action=NextAction.REPLACE)
METER = cohort(Change.CLEARED, FAILED, SECURE, device_type="ESME")
WELL = cohort(Change.NONE, SECURE, SECURE)


def status(cohorts: dict[Cohort, int]) -> CommissioningStatus:
    return CommissioningStatus(0, CRITERIA, EvidenceRead(0, 0, 0, 0, 0, 0, 0), cohorts)


@pytest.mark.parametrize(
    ("expected", "of"),
    [
        (IncidentIs.DUE, CONFIRMED),
        (IncidentIs.DUE, FOUND),
        (IncidentIs.READ_FIRST, TO_READ),
        (IncidentIs.NOT_YET, WAITING),
        (IncidentIs.NOT_DUE, CLEARED),
        (None, METER),
        (None, WELL),
        (IncidentIs.DUE, cohort(Change.CONFIRMED, FAILED, FAILED, device_type="chf")),
    ],
)
def test_an_incident_is_due_for_a_hub_that_truly_failed_and_for_no_other(expected, of):
    assert expected is incident_of(of)


def test_incidents_are_grouped_into_problems_those_due_first_and_the_largest():
    problems = incident_problems(status({CLEARED: 4, CONFIRMED: 2, CLEARED_SOUTH: 9, METER: 50, FOUND: 3}))

    assert [
        ("due", "North", 3),
        ("due", "North", 2),
        ("not due", "South", 9),
        ("not due", "North", 4),
    ] == [(each.incident, each.csp_region, each.devices) for each in problems]


def test_the_limit_is_breached_on_paper_where_not_even_what_cannot_be_told_would_breach_it():
    found = status({WELL: 90, CLEARED: 6, TO_READ: 1, CONFIRMED: 2, FOUND: 1})

    def beside(limit: Fraction) -> CniIndicator:
        indicator = cni_indicator(found, limit)
        assert indicator is not None
        return indicator

    at_the_limit = beside(Fraction(4, 100))
    assert (Fraction(9, 100), Fraction(3, 100), Fraction(4, 100)) == at_the_limit[1:]
    assert at_the_limit.is_breached_on_paper
    assert not beside(Fraction(39, 1000)).is_breached_on_paper
    assert not beside(Fraction(9, 100)).is_breached_on_paper
    assert None is cni_indicator(status({}), Fraction(1, 2))


def test_what_is_saved_is_told_against_chasing_every_device_called_failed():
    found = status({WELL: 90, CLEARED: 6, TO_READ: 1, CONFIRMED: 2, FOUND: 1, WAITING: 3})

    saved = savings_of(found)
    assert (12, 6, 2, 1) == saved
    assert (10, 11) == (saved.visits_saved, saved.reads_saved)
    assert {
        NextAction.READ: 1,
        NextAction.VISIT: 2,
        NextAction.REPLACE: 1,
        NextAction.WAIT: 3,
    } == actions_of(found)
