"""The remarks of the 2021 draft modification on Post Commissioning reports, each by the Device that it is about.

They are judged by the criteria that come with tidegate: `appendix-ac-5` is what reports count
now, `outcome` is what they are compared with.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from tidegate.commissioning.assessment import Verdict, assess
from tidegate.commissioning.evidence import CredentialType, Evidence, Kind, Outcome, Registration, Role
from tidegate.commissioning.next_action import NextAction, next_action
from tidegate.policy_files import published_criteria
from tidegate.reports.commissioning_incidents import IncidentIs, incident_of
from tidegate.reports.commissioning_status import Change, Cohort
from tidegate.reports.commissioning_steps import step_between
from tidegate.vocabulary.instants import DAY

DEVICE = 0x00DB1234567890A0
AS_AT = 60 * DAY
CRITERIA = [published_criteria(name) for name in ("appendix-ac-5", "outcome")]
FAILED, UNTOLD, BY_COMMANDS, BY_CREDENTIALS = (
    Verdict.FAILED, Verdict.UNDETERMINED, Verdict.SECURE_BY_COMMANDS, Verdict.SECURE_BY_CREDENTIALS,
)  # fmt: skip


class Told(NamedTuple):
    first: Verdict
    last: Verdict
    change: Change
    action: NextAction


def on(day: int, kind: Kind, *said: object, **more: object) -> Evidence:
    return Evidence(day * DAY, DEVICE, kind, *said, **more)  # type: ignore[arg-type]


def sent(day: int, srv: str, outcome: Outcome, party: str = "A") -> Evidence:
    return on(day, Kind.SRV_RESPONSE, srv, outcome=outcome, role=Role.SUPPLIER, party_id=party, sender=party)


def read(day: int, supplier: str, operator: str = "N") -> list[Evidence]:
    holds = {Role.SUPPLIER: supplier, Role.NETWORK_OPERATOR: operator, Role.RECOVERY: "R"}
    return [
        on(day, Kind.CREDENTIALS_READ, "6.24.1", outcome=Outcome.SUCCESS, role=role, party_id=party)
        for role, party in holds.items()
    ]


INSTALLED = [
    on(1, Kind.COMMISSIONED),
    *(
        on(1, Kind.SRV_RESPONSE, srv, usage, Outcome.SUCCESS)
        for srv in ("6.17", "6.15.2")
        for usage in (CredentialType.DIGITAL_SIGNING, CredentialType.KEY_AGREEMENT)
    ),
    on(1, Kind.COMMUNICATION_CHECK, outcome=Outcome.SUCCESS),
    on(1, Kind.RECOVERY_CELL_CHECK, outcome=Outcome.SUCCESS),
]
EMPTY, SUCCESS, TIMEOUT = Outcome.EMPTY, Outcome.SUCCESS, Outcome.TIMEOUT


def told(*rows: Evidence, supplier_since: tuple[str, int] | None = None) -> Told:
    registered = [
        Registration(DEVICE, Role.SUPPLIER, "A", 0),
        Registration(DEVICE, Role.NETWORK_OPERATOR, "N", 0),
    ]
    if supplier_since is not None:
        party, day = supplier_since
        registered.append(Registration(DEVICE, Role.SUPPLIER, party, day * DAY))
    found = [assess([*INSTALLED, *rows], registered, each, AS_AT) for each in CRITERIA]
    return Told(
        found[0].verdict,
        found[1].verdict,
        step_between(found, CRITERIA).change,
        next_action(found[1], CRITERIA[1]),
    )


@pytest.mark.parametrize(
    ("expected", "rows"),
    [
        (Told(FAILED, UNTOLD, Change.UNTOLD, NextAction.READ), [sent(1, "6.15.1", EMPTY)]),
        (Told(FAILED, UNTOLD, Change.UNTOLD, NextAction.READ), [sent(1, "6.15.1", TIMEOUT)]),
        (
            Told(FAILED, BY_COMMANDS, Change.CLEARED, NextAction.NOTHING),
            [sent(1, "6.15.1", EMPTY), on(3, Kind.FUTURE_DATED_OUTCOME, outcome=SUCCESS)],
        ),
        (Told(FAILED, BY_CREDENTIALS, Change.CLEARED, NextAction.NOTHING), [sent(1, "6.15.1", EMPTY), *read(30, "A")]),
    ],
)  # fmt: skip
def test_d01_an_empty_outcome_is_open_until_something_settles_it(expected, rows):
    assert expected == told(*rows)


def test_d02_a_device_whose_supplier_changed_is_judged_by_who_is_registered_now():
    lacking = [sent(2, "6.15.1", TIMEOUT)]
    brought = [*lacking, sent(21, "6.23", SUCCESS, "B")]

    assert Told(FAILED, BY_COMMANDS, Change.CLEARED, NextAction.NOTHING) == told(
        *brought, supplier_since=("B", 20)
    )
    assert BY_CREDENTIALS is told(*lacking, *read(30, "B"), supplier_since=("B", 20)).last
    assert FAILED is told(*lacking, *read(30, "A"), supplier_since=("B", 20)).last


def test_d03_621_stands_for_6151():
    assert Told(FAILED, BY_COMMANDS, Change.CLEARED, NextAction.NOTHING) == told(sent(1, "6.21", SUCCESS))


def test_d04_a_true_failure_stays_one_and_a_missed_one_is_found():
    assert Change.CONFIRMED is told().change
    assert Told(BY_COMMANDS, FAILED, Change.FOUND, NextAction.REPLACE) == told(
        sent(1, "6.15.1", SUCCESS), *read(30, "A", operator="M")
    )


@pytest.mark.parametrize(
    ("expected", "rows"),
    [
        (IncidentIs.NOT_DUE, [sent(1, "6.21", SUCCESS)]),
        (IncidentIs.READ_FIRST, [sent(1, "6.15.1", EMPTY)]),
        (IncidentIs.DUE, []),
        (None, [sent(1, "6.15.1", SUCCESS)]),
    ],
)
def test_d05_no_incident_is_due_for_a_hub_that_is_in_order(expected, rows):
    found = [assess([*INSTALLED, *rows], [], each, AS_AT, "CHF") for each in CRITERIA]
    step = step_between(found, CRITERIA)

    assert expected == incident_of(
        Cohort(("", "", "", "CHF", "", ""), tuple(each.verdict for each in found), step, "", "", 0)
    )


def test_d08_a_device_is_secure_by_whatever_way_it_came_there():
    """None of the Commands of the defined pathway was seen to succeed; the cells were read, and are right."""
    rows = [on(1, Kind.COMMISSIONED), *read(30, "A")]
    registered = [
        Registration(DEVICE, Role.SUPPLIER, "A", 0),
        Registration(DEVICE, Role.NETWORK_OPERATOR, "N", 0),
    ]

    assert (FAILED, BY_CREDENTIALS) == tuple(
        assess(rows, registered, each, AS_AT).verdict for each in CRITERIA
    )


def test_d09_nobody_is_sent_out_where_a_read_settles_it():
    assert NextAction.READ is told(sent(1, "6.15.1", TIMEOUT)).action
    assert NextAction.VISIT is told(on(40, Kind.COMMUNICATION_CHECK, outcome=Outcome.FAILURE)).action
