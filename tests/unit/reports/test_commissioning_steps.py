"""What lies between two sets of criteria: each change, and the reason that is told of it."""

from __future__ import annotations

import pytest

from tidegate.commissioning.assessment import Assessment, Verdict
from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.deciding import Duty, deciding
from tidegate.commissioning.evidence import Role
from tidegate.commissioning.finding import Finding, Reason
from tidegate.commissioning.obligations import CellPopulated, Communicates, ServiceRequests
from tidegate.commissioning.truth import Truth
from tidegate.reports.commissioning_status import Change, Step
from tidegate.reports.commissioning_steps import NO_STEP, step_between, told_of

MET, UNTOLD, UNMET = Truth.MET, Truth.CANNOT_BE_TOLD, Truth.UNMET
FAILED, UNDETERMINED, PENDING = Verdict.FAILED, Verdict.UNDETERMINED, Verdict.PENDING
BY_COMMANDS, BY_CREDENTIALS = Verdict.SECURE_BY_COMMANDS, Verdict.SECURE_BY_CREDENTIALS
SENT, TALKS, RECOVERY = "sent", "talks", "recovery"
OBLIGATIONS = (
    ServiceRequests(SENT, ("6.15.1",)),
    Communicates(TALKS),
    CellPopulated(RECOVERY, Role.RECOVERY),
)
FIRST = Criteria("first", 0, OBLIGATIONS)
LAST = Criteria(
    "last",
    0,
    OBLIGATIONS,
    (Cells(Role.SUPPLIER, Holds.REGISTERED), Cells(Role.NETWORK_OPERATOR, Holds.REGISTERED)),
)


def found(
    verdict: Verdict, *said: tuple[Truth, Reason], cells: tuple[tuple[Truth, Reason], ...] = ()
) -> Assessment:
    """What is said of `sent` first, then of `talks`; the rest is met, and no cell was read."""
    well = (MET, Reason.SUCCEEDED)
    obligations = [*said, well, well, well][:3]
    of_cells = [*cells, *[(UNTOLD, Reason.NOT_READ)] * 2][:2]
    return Assessment(
        verdict,
        tuple(Finding(name, *each) for name, each in zip((SENT, TALKS, RECOVERY), obligations, strict=True)),
        tuple(Finding(each.name, *of) for each, of in zip(LAST.cells, of_cells, strict=True)),
        None, None, None, "", "", (),
    )  # fmt: skip


EMPTY = UNMET, Reason.EMPTY
FAILS = found(FAILED, EMPTY)


@pytest.mark.parametrize(
    ("expected", "first", "last"),
    [
        (NO_STEP, found(BY_COMMANDS), found(BY_COMMANDS)),
        (NO_STEP, found(PENDING, EMPTY), found(UNDETERMINED, (UNTOLD, Reason.EMPTY))),
        (Step(Change.CLEARED, SENT, Reason.BY_ALTERNATIVE), FAILS, found(BY_COMMANDS, (MET, Reason.BY_ALTERNATIVE))),
        (Step(Change.CLEARED, SENT, Reason.BY_FUTURE_DATED_OUTCOME), FAILS, found(BY_CREDENTIALS, (MET, Reason.BY_FUTURE_DATED_OUTCOME))),
        (Step(Change.CLEARED, SENT, Reason.EMPTY), FAILS, found(BY_CREDENTIALS, (UNTOLD, Reason.EMPTY))),
        (Step(Change.CLEARED, SENT, Reason.EMPTY), FAILS, found(BY_COMMANDS, (MET, Reason.SUCCEEDED))),
        (Step(Change.WAITING, TALKS, Reason.FAILED), FAILS, found(PENDING, (UNTOLD, Reason.EMPTY), (UNMET, Reason.FAILED))),
        (Step(Change.UNTOLD, SENT, Reason.TIMED_OUT), FAILS, found(UNDETERMINED, (UNTOLD, Reason.TIMED_OUT))),
        (Step(Change.FOUND, "Supplier cells", Reason.DIFFERS), found(BY_COMMANDS), found(FAILED, cells=((UNMET, Reason.DIFFERS),))),
        (Step(Change.CONFIRMED, SENT, Reason.FAILED), FAILS, found(FAILED, (UNMET, Reason.FAILED), (UNMET, Reason.FAILED))),
    ],
)  # fmt: skip
def test_each_change_is_told_by_what_decided_it(expected, first, last):
    assert expected == step_between([first, last], [FIRST, LAST])


def test_of_a_users_own_criteria_with_other_names_the_first_reason_is_told():
    others = Criteria("own", 0, (ServiceRequests("brought", ("6.23",)), *OBLIGATIONS[1:]))
    cleared = found(BY_COMMANDS, (MET, Reason.BY_ALTERNATIVE))
    cleared = cleared._replace(
        obligations=(cleared.obligations[0]._replace(name="brought"), *cleared.obligations[1:]), cells=()
    )

    assert Step(Change.CLEARED, SENT, Reason.EMPTY) == step_between([FAILS, cleared], [FIRST, others])


@pytest.mark.parametrize(
    ("expected", "last"),
    [
        ((SENT, Duty.SUPPLIER), found(FAILED, EMPTY)),
        ((TALKS, Duty.DCC), found(FAILED, (UNTOLD, Reason.EMPTY), (UNMET, Reason.FAILED))),
        (("Supplier cells", Duty.SUPPLIER), found(FAILED, EMPTY, cells=((UNMET, Reason.DIFFERS), (UNMET, Reason.DIFFERS)))),
        (("NetworkOperator cells", Duty.NETWORK_OPERATOR), found(FAILED, EMPTY, cells=((MET, Reason.MATCHES), (UNMET, Reason.DIFFERS)))),
        ((SENT, Duty.SUPPLIER), found(UNDETERMINED, (UNTOLD, Reason.TIMED_OUT))),
        ((RECOVERY, Duty.DCC), found(UNDETERMINED, (MET, Reason.SUCCEEDED), (MET, Reason.ANSWERED), (UNTOLD, Reason.NOT_CHECKED))),
    ],
)  # fmt: skip
def test_what_decides_is_a_cell_before_an_obligation_and_the_unmet_before_what_cannot_be_told(expected, last):
    decided = deciding(last, LAST)

    assert decided is not None
    assert expected == (decided.finding.name, decided.duty)


def test_nothing_decides_that_a_device_is_secure():
    assert deciding(found(BY_COMMANDS), LAST) is None


def test_what_is_told_of_a_device_says_why_by_every_set_of_criteria():
    last = found(BY_CREDENTIALS, (UNTOLD, Reason.EMPTY), cells=((MET, Reason.MATCHES), (MET, Reason.MATCHES)))

    told = told_of([FAILS, last], [FIRST, LAST])

    assert (
        (
            "first: sent: the response has no outcome | last: Supplier cells: the cell holds what it should; "
            "NetworkOperator cells: the cell holds what it should"
        ),
        "talks; recovery",
        "sent",
        "",
        Duty.NOBODY,
    ) == (told.reasons, told.met, told.excused, told.cannot_be_told, told.duty)
