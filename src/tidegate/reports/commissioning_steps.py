"""What lies between two sets of criteria for one Device, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tidegate.commissioning.assessment import Assessment, Verdict
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.deciding import Duty, deciding
from tidegate.commissioning.finding import Finding, Reason
from tidegate.commissioning.next_action import next_action
from tidegate.commissioning.truth import Truth
from tidegate.reports.commissioning_status import Change, Step

TELLING: Final = (Reason.BY_ALTERNATIVE, Reason.BY_FUTURE_DATED_OUTCOME, Reason.ANSWERED)
"""How something is met that says more than that it is."""

NO_STEP: Final = Step(Change.NONE, "", Reason.SUCCEEDED)
"""Of a Device that is FAILED by neither."""

AS_ASKED: Final = "all is as it should be"


class DeviceTold(NamedTuple):
    """What is told of a Device, by what every set of criteria found of it: Devices that are found alike are told alike.

    verdicts:        One for each set of criteria.
    step, action:    As `Cohort`.
    duty:            Whose it is to mend, by the last set of criteria.
    reasons:         Why, by every set of criteria: `outcome: communicating: it failed`, with ` | ` between sets.
    met, unmet, excused, cannot_be_told: Names of obligations by the last set of criteria, `; ` between them.
    is_contradictory: Evidence of one instant contradicts itself, by the last set of criteria.
    """

    verdicts: tuple[Verdict, ...]
    step: Step
    action: str
    duty: Duty
    reasons: str
    met: str
    unmet: str
    excused: str
    cannot_be_told: str
    is_contradictory: bool


def step_between(assessments: Sequence[Assessment], criteria: Sequence[Criteria]) -> Step:
    """What lies between the first set of criteria and the last."""
    change = change_between(assessments[0].verdict, assessments[-1].verdict)
    if change is Change.NONE:
        return NO_STEP
    if change is not Change.CLEARED:
        decided = deciding(assessments[-1], criteria[-1])
        assert decided is not None, "it is not secure"
        return Step(change, decided.finding.name, decided.finding.reason)
    failed = deciding(assessments[0], criteria[0])
    assert failed is not None, "it is FAILED"
    now = next((each for each in assessments[-1].met if each.name == failed.finding.name), failed.finding)
    tells = now if now.reason in TELLING else failed.finding
    return Step(change, failed.finding.name, tells.reason)


def change_between(first: Verdict, last: Verdict) -> Change:
    """What becomes of a Device."""
    if first is not Verdict.FAILED:
        return Change.FOUND if last is Verdict.FAILED else Change.NONE
    if last.is_secure:
        return Change.CLEARED
    return {
        Verdict.FAILED: Change.CONFIRMED,
        Verdict.PENDING: Change.WAITING,
        Verdict.UNDETERMINED: Change.UNTOLD,
    }[last]


def told_of(assessments: Sequence[Assessment], criteria: Sequence[Criteria]) -> DeviceTold:
    """What is told of a Device that every set of criteria, in their order, found so."""
    last = assessments[-1]
    decided = deciding(last, criteria[-1])
    each_why = (
        f"{of.name}: {'; '.join(reasons_of(found)) or AS_ASKED}"
        for found, of in zip(assessments, criteria, strict=True)
    )
    return DeviceTold(
        verdicts=tuple(each.verdict for each in assessments),
        step=step_between(assessments, criteria),
        action=next_action(last, criteria[-1]).text,
        duty=Duty.NOBODY if decided is None else decided.duty,
        reasons=" | ".join(each_why),
        met=_names(last.met),
        unmet=_names(last.unmet),
        excused=_names(last.excused),
        cannot_be_told=_names(last.cannot_be_told),
        is_contradictory=any(
            each.reason is Reason.CONTRADICTORY for each in (*last.obligations, *last.cells)
        ),
    )


def reasons_of(assessment: Assessment) -> Iterator[str]:
    """Why a Device is what it is: what is lacking, of one that is not secure; else what shows it that need be told."""
    if assessment.verdict.is_secure:
        is_read = assessment.verdict is Verdict.SECURE_BY_CREDENTIALS
        told = [
            *(each for each in assessment.cells if is_read and each.reason is Reason.MATCHES),
            *(each for each in assessment.met if each.reason in TELLING),
        ]
    else:
        told = [
            *(each for each in assessment.cells if each.truth is Truth.UNMET),
            *assessment.unmet,
            *assessment.cannot_be_told,
        ]
    for each in told:
        yield f"{each.name}: {each.reason.text}"


def _names(findings: Sequence[Finding]) -> str:
    return "; ".join(each.name for each in findings)
