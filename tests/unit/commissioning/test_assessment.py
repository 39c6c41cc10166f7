"""The stories of the 2021 draft modification, each by the Code's criteria and by outcome. Time is in days."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tidegate.commissioning.assessment import Assessment, Verdict, assess
from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.evidence import CredentialType, Evidence, Kind, Outcome, Registration, Role
from tidegate.commissioning.finding import Reason
from tidegate.commissioning.truth import Truth
from tidegate.policy_files import CODES_CRITERIA, OUTCOME_CRITERIA, published_criteria
from tidegate.vocabulary.instants import DAY, Instant

DEVICE = 0x00DB1234567890A0
CODES = published_criteria(CODES_CRITERIA)
OUTCOME = published_criteria(OUTCOME_CRITERIA)
ALLOWED = 7

REGISTERED = [
    Registration(DEVICE, Role.SUPPLIER, "A", 0),
    Registration(DEVICE, Role.NETWORK_OPERATOR, "N", 0),
]


def response(day: int, srv: str, outcome: Outcome = Outcome.SUCCESS, **said) -> Evidence:
    return Evidence(day * DAY, DEVICE, Kind.SRV_RESPONSE, srv, outcome=outcome, **said)


def both(day: int, srv: str) -> list[Evidence]:
    types = (CredentialType.DIGITAL_SIGNING, CredentialType.KEY_AGREEMENT)
    return [response(day, srv, credential_type=each) for each in types]


def read(day: int, supplier: str = "A", operator: str = "N", recovery: str = "R") -> list[Evidence]:
    held = {Role.SUPPLIER: supplier, Role.NETWORK_OPERATOR: operator, Role.RECOVERY: recovery}
    return [
        Evidence(day * DAY, DEVICE, Kind.CREDENTIALS_READ, "6.24.1", role=role, party_id=party)
        for role, party in held.items()
    ]


def change(day: int, supplier: str) -> Evidence:
    return Evidence(day * DAY, DEVICE, Kind.CHANGE_OF_SUPPLIER, party_id=supplier)


COMMISSIONED = Evidence(0, DEVICE, Kind.COMMISSIONED)
CHECKED = [
    Evidence(1 * DAY, DEVICE, kind, outcome=Outcome.SUCCESS)
    for kind in (Kind.COMMUNICATION_CHECK, Kind.RECOVERY_CELL_CHECK)
]
ITS_OWN = [COMMISSIONED, *both(1, "6.17"), *both(1, "6.15.2"), *CHECKED]
BY_THE_BOOK = [*ITS_OWN, response(2, "6.15.1", sender="A")]
"""All that the Code asks, as the Code names it."""


def judged(evidence: list[Evidence], day: float = 30) -> tuple[Verdict, Verdict]:
    at = int(day * DAY)
    return tuple(assess(evidence, REGISTERED, each, at).verdict for each in (CODES, OUTCOME))  # type: ignore[return-value]


def reason_of(found: Assessment, name: str) -> Reason:
    return next(each.reason for each in (*found.obligations, *found.cells) if each.name == name)


@pytest.mark.parametrize(
    ("story", "by_code", "by_outcome"),
    [
        (BY_THE_BOOK, Verdict.SECURE_BY_COMMANDS, Verdict.SECURE_BY_COMMANDS),
        ([*ITS_OWN, response(2, "6.21", sender="A")], Verdict.FAILED, Verdict.SECURE_BY_COMMANDS),
        ([*ITS_OWN, response(2, "6.15.1", Outcome.TIMEOUT)], Verdict.FAILED, Verdict.UNDETERMINED),
        ([*ITS_OWN, response(2, "6.15.1", Outcome.EMPTY)], Verdict.FAILED, Verdict.UNDETERMINED),
        ([*ITS_OWN, response(2, "6.15.1", Outcome.FAILURE)], Verdict.FAILED, Verdict.FAILED),
        (ITS_OWN, Verdict.FAILED, Verdict.FAILED),
        ([*ITS_OWN, response(2, "6.15.1", Outcome.TIMEOUT), *read(3)], Verdict.FAILED, Verdict.SECURE_BY_CREDENTIALS),
        ([COMMISSIONED, *read(3)], Verdict.FAILED, Verdict.SECURE_BY_CREDENTIALS),
        ([*BY_THE_BOOK, *read(3, operator="another")], Verdict.SECURE_BY_COMMANDS, Verdict.FAILED),
        ([*BY_THE_BOOK, *read(3, recovery="A")], Verdict.SECURE_BY_COMMANDS, Verdict.FAILED),
        ([*ITS_OWN, change(5, "B"), response(5, "6.23", sender="B")], Verdict.FAILED, Verdict.SECURE_BY_COMMANDS),
        ([*BY_THE_BOOK, change(5, "B")], Verdict.SECURE_BY_COMMANDS, Verdict.FAILED),
        ([*BY_THE_BOOK, change(5, "B"), *read(6, supplier="B")], Verdict.SECURE_BY_COMMANDS, Verdict.SECURE_BY_CREDENTIALS),
    ],
    ids=[
        "by the book", "6.21 instead of 6.15.1", "a timeout", "an empty outcome", "a failure", "nothing sent",
        "a timeout, but read", "only read", "another Network Operator's certificate (SECMP0063)",
        "a Supplier in the Recovery cell", "6.23 after a change of Supplier", "a change of Supplier and no 6.23",
        "read after a change of Supplier",
    ],
)  # fmt: skip
def test_a_story_by_the_code_and_by_outcome(story, by_code, by_outcome):
    assert (by_code, by_outcome) == judged(story)


@pytest.mark.parametrize(
    ("outcome", "verdict"), [(Outcome.SUCCESS, Verdict.SECURE_BY_COMMANDS), (Outcome.FAILURE, Verdict.FAILED)]
)
def test_8f66_or_8f67_completes_an_empty_outcome_as_at_its_date(outcome, verdict):
    story = [*ITS_OWN, response(2, "6.15.1", Outcome.EMPTY, sender="A")]
    came = Evidence(20 * DAY, DEVICE, Kind.FUTURE_DATED_OUTCOME, outcome=outcome)

    assert (Verdict.FAILED, Verdict.UNDETERMINED) == judged([*story, came], 19)
    assert verdict is judged([*story, came], 20)[1]


@pytest.mark.parametrize(
    ("at", "verdict"),
    [
        (ALLOWED * DAY - 1, Verdict.PENDING),
        (ALLOWED * DAY, Verdict.FAILED),
        (ALLOWED * DAY + 1, Verdict.FAILED),
    ],
)
def test_a_device_is_pending_until_the_time_allowed_has_passed(at: Instant, verdict: Verdict):
    assert verdict is assess(ITS_OWN, REGISTERED, OUTCOME, at).verdict


def test_a_new_supplier_has_the_time_allowed_anew():
    story = [*BY_THE_BOOK, change(20, "B")]

    assert Verdict.PENDING is judged(story, 20 + ALLOWED - 1)[1]
    assert Verdict.FAILED is judged(story, 20 + ALLOWED)[1]


def test_two_credentials_of_one_type_are_not_two_by_outcome():
    signing = [response(1, "6.17", credential_type=CredentialType.DIGITAL_SIGNING), response(2, "6.17", credential_type=CredentialType.DIGITAL_SIGNING)]  # fmt: skip
    story = [COMMISSIONED, *signing, *both(1, "6.15.2"), *CHECKED, response(2, "6.15.1", sender="A")]

    assert (Verdict.SECURE_BY_COMMANDS, Verdict.FAILED) == judged(story)


def test_what_came_before_commissioning_does_not_count_and_is_named():
    early = response(-1, "6.15.1", sender="A")
    found = assess([*ITS_OWN, early], REGISTERED, OUTCOME, 30 * DAY)

    assert (Verdict.FAILED, (early,)) == (found.verdict, found.before)


def test_what_was_wrong_may_have_been_put_right_since():
    story = [*ITS_OWN, *read(3, supplier="X"), response(4, "6.15.1", role=Role.SUPPLIER, party_id="A")]
    found = assess(story, REGISTERED, OUTCOME, 30 * DAY)

    assert (Verdict.SECURE_BY_COMMANDS, Reason.READ_IS_OUTDATED) == (
        found.verdict,
        reason_of(found, "Supplier cells"),
    )


def later(day: int, outcome: Outcome, party: str) -> Evidence:
    return Evidence(
        day * DAY, DEVICE, Kind.FUTURE_DATED_OUTCOME, outcome=outcome, role=Role.SUPPLIER, party_id=party
    )


@pytest.mark.parametrize(
    ("came", "verdict"),
    [
        ([(Outcome.TIMEOUT, 22)], Verdict.UNDETERMINED),
        ([(Outcome.EMPTY, 22)], Verdict.UNDETERMINED),
        ([(Outcome.TIMEOUT, 21)], Verdict.UNDETERMINED),
        ([(Outcome.TIMEOUT, 20)], Verdict.FAILED),
        ([(Outcome.EMPTY, 20 - ALLOWED + 1)], Verdict.UNDETERMINED),
        ([(Outcome.EMPTY, 20 - ALLOWED)], Verdict.FAILED),
        ([(Outcome.FAILURE, 22)], Verdict.FAILED),
        ([(Outcome.EMPTY, 22), later(24, Outcome.FAILURE, "B")], Verdict.FAILED),
        ([(Outcome.EMPTY, 22), later(24, Outcome.SUCCESS, "B")], Verdict.SECURE_BY_COMMANDS),
        ([(Outcome.EMPTY, 22), (Outcome.EMPTY, 23), later(24, Outcome.FAILURE, "B")], Verdict.UNDETERMINED),
    ],
)
def test_a_command_whose_outcome_nobody_knows_may_have_put_right_what_was_read_before(
    came: list[tuple[Outcome, int] | Evidence], verdict: Verdict
):
    """B has the cells read on day 20, which hold A's certificates, and sends 6.23, perhaps for a date after the read."""
    sent = [
        each
        if isinstance(each, Evidence)
        else response(each[1], "6.23", each[0], role=Role.SUPPLIER, party_id="B", sender="B")
        for each in came
    ]

    assert verdict is judged([*BY_THE_BOOK, change(10, "B"), *read(20), *sent], 60)[1]


NO_ROLE = Role.NOT_SAID
_TO_BE_HEARD = Reason.EMPTY, Truth.CANNOT_BE_TOLD
_HEARD = Reason.FAILED, Truth.UNMET


@pytest.mark.parametrize(
    ("sent", "came", "found"),
    [
        ([], ("", NO_ROLE), _HEARD),
        ([("6.15.1", NO_ROLE)], ("", NO_ROLE), _HEARD),
        ([("6.23", NO_ROLE)], ("", NO_ROLE), _HEARD),
        ([("6.21", NO_ROLE)], ("", NO_ROLE), _TO_BE_HEARD),
        ([("6.21", NO_ROLE)], ("6.21", NO_ROLE), _HEARD),
        ([("6.21", NO_ROLE)], ("6.15.1", NO_ROLE), _TO_BE_HEARD),
        ([("6.15.1", NO_ROLE)], ("6.23", NO_ROLE), _TO_BE_HEARD),
        ([("6.15.1", NO_ROLE), ("6.21", NO_ROLE)], ("", NO_ROLE), _TO_BE_HEARD),
        ([("6.15.1", NO_ROLE), ("6.15.1", NO_ROLE)], ("6.15.1", NO_ROLE), _TO_BE_HEARD),
        ([("6.15.1", Role.SUPPLIER)], ("6.15.1", NO_ROLE), _HEARD),
        ([("6.15.1", NO_ROLE)], ("6.15.1", Role.NETWORK_OPERATOR), _HEARD),
        ([("6.15.1", Role.SUPPLIER)], ("6.15.1", Role.NETWORK_OPERATOR), _TO_BE_HEARD),
        ([("6.23", NO_ROLE)], ("6.23", Role.SUPPLIER), _HEARD),
        ([("6.23", NO_ROLE)], ("6.23", Role.NETWORK_OPERATOR), _TO_BE_HEARD),
    ],
)
def test_8f67_completes_only_an_empty_outcome_that_it_can_be_of(
    sent: list[tuple[str, Role]], came: tuple[str, Role], found: tuple[Reason, Truth]
):
    """By what each names: a Service Request, and a role."""
    story = [response(2 + day, srv, Outcome.EMPTY, role=role) for day, (srv, role) in enumerate(sent)]
    failed = Evidence(
        9 * DAY, DEVICE, Kind.FUTURE_DATED_OUTCOME, came[0], outcome=Outcome.FAILURE, role=came[1]
    )
    replace_ = assess([*ITS_OWN, *story, failed], REGISTERED, OUTCOME, 30 * DAY).obligations[2]

    assert found == (replace_.reason, replace_.truth)


@pytest.mark.parametrize(
    ("parties", "reason"),
    [
        (["", ""], Reason.BY_FUTURE_DATED_OUTCOME),
        (["A", ""], Reason.BY_FUTURE_DATED_OUTCOME),
        (["B", "A"], Reason.FAILED),
    ],
    ids=["of any party", "of the registered one", "of another, and 8F67 of the registered one"],
)
@pytest.mark.parametrize("is_sent", [False, True])
def test_8f66_and_8f67_of_one_instant_are_of_two_commands(
    parties: list[str], reason: Reason, *, is_sent: bool
):
    """One of them, or both, can be of nothing that was seen; 8F66 is a success by itself, if it is for who is registered."""
    sent = [response(2, "6.15.1", Outcome.EMPTY, sender="A")] * is_sent
    came = [later(9, Outcome.SUCCESS, parties[0]), later(9, Outcome.FAILURE, parties[1])]
    found = assess([*ITS_OWN, *sent, *came], REGISTERED, OUTCOME, 30 * DAY)

    assert reason is found.obligations[2].reason


def test_8f66_for_another_party_completes_nothing_that_was_sent_for_the_registered_one():
    sent, came = response(2, "6.15.1", Outcome.EMPTY, sender="A"), later(9, Outcome.SUCCESS, "B")

    for evidence, reason in (([came], Reason.FOR_ANOTHER_PARTY), ([sent, came], Reason.EMPTY)):
        found = assess([*ITS_OWN, *evidence], REGISTERED, OUTCOME, 30 * DAY)
        assert reason is found.obligations[2].reason


def test_no_command_outdates_what_was_read_of_the_recovery_cell():
    replaced = response(20, "6.15.1", role=Role.RECOVERY, party_id="A")

    for held, reason in (("R", Reason.MATCHES), ("A", Reason.DIFFERS)):
        found = assess([*BY_THE_BOOK, *read(3, recovery=held), replaced], REGISTERED, OUTCOME, 30 * DAY)
        assert reason is reason_of(found, "Recovery cells")


def test_8f67_completes_the_latest_of_its_role():
    supplier = response(2, "6.15.1", Outcome.EMPTY, role=Role.SUPPLIER)
    operator = response(3, "6.15.1", Outcome.EMPTY, role=Role.NETWORK_OPERATOR)
    failed = later(9, Outcome.FAILURE, "A")
    found = assess([*ITS_OWN, supplier, operator, failed], REGISTERED, OUTCOME, 30 * DAY)

    assert (operator,) == found.obligations[2].rows


@pytest.mark.parametrize(
    ("srv", "reason"),
    [("6.15.1", Reason.READ_IS_OUTDATED), ("6.21", Reason.DIFFERS), ("", Reason.READ_IS_OUTDATED)],
)
def test_8f67_of_another_command_leaves_open_what_may_have_put_a_cell_right(srv: str, reason: Reason):
    handed_over = response(22, "6.21", Outcome.EMPTY, role=Role.SUPPLIER, party_id="B")
    failed = later(24, Outcome.FAILURE, "B")._replace(srv=srv)
    story = [*BY_THE_BOOK, change(10, "B"), *read(20), handed_over, failed]

    assert reason is reason_of(assess(story, REGISTERED, OUTCOME, 60 * DAY), "Supplier cells")


def test_6_23_concerns_the_supplier_where_it_names_no_role():
    held = [*ITS_OWN, *read(3)]
    brought = response(20, "6.23", party_id="B", sender="B")
    found = assess([*held, brought], REGISTERED, OUTCOME, 30 * DAY)

    assert [Reason.READ_IS_OUTDATED, Reason.MATCHES] == [each.reason for each in found.cells[:2]]
    assert Reason.FOR_ANOTHER_PARTY is found.obligations[2].reason
    for party in ("N", "B"):
        found = assess([*ITS_OWN, brought._replace(party_id=party)], REGISTERED, OUTCOME, 30 * DAY)
        assert Reason.FOR_ANOTHER_PARTY is found.obligations[2].reason


def test_a_command_whose_outcome_nobody_knows_leaves_a_cell_that_was_right_and_would_be_so():
    again = response(20, "6.15.1", Outcome.TIMEOUT, role=Role.SUPPLIER, party_id="A", sender="A")
    another = response(20, "6.23", Outcome.TIMEOUT, role=Role.SUPPLIER, party_id="B", sender="B")

    assert Verdict.SECURE_BY_CREDENTIALS is judged([*ITS_OWN, *read(3), again], 60)[1]
    assert Verdict.FAILED is judged([*ITS_OWN, *read(3), another], 60)[1]


def test_what_counts_as_unmet_changes_no_cell():
    counts = replace(OUTCOME, proof=replace(OUTCOME.proof, empty=Truth.UNMET, timeout=Truth.UNMET))
    for outcome in (Outcome.EMPTY, Outcome.TIMEOUT):
        sent = response(22, "6.23", outcome, role=Role.SUPPLIER, party_id="B", sender="B")
        story = [*BY_THE_BOOK, change(10, "B"), *read(20), sent]
        found = assess(story, REGISTERED, counts, 60 * DAY)

        assert Reason.DIFFERS is reason_of(found, "Supplier cells")


def test_a_check_of_the_recovery_cell_is_no_read():
    """A Communications Hub Function has no other cell that is asked for; passing its check does not excuse the rest."""
    found = assess([COMMISSIONED, *CHECKED], [], OUTCOME, 30 * DAY, "CHF")

    assert Verdict.FAILED is found.verdict
    assert [Reason.NOT_OF_THIS_TYPE] * 2 == [each.reason for each in found.cells[:2]]


def test_a_check_that_comes_after_a_read_does_not_undo_that_the_cell_was_read():
    held = [COMMISSIONED, *read(3)[2:]]
    checked = Evidence(3 * DAY + 1, DEVICE, Kind.RECOVERY_CELL_CHECK, outcome=Outcome.SUCCESS)

    for story in (held, [*held, checked]):
        assert Verdict.SECURE_BY_CREDENTIALS is assess(story, [], OUTCOME, 30 * DAY, "CHF").verdict


def test_a_read_of_a_usage_that_is_not_asked_for_is_no_read_of_what_is():
    cells = Cells(Role.RECOVERY, Holds.NOT_REGISTERED, (CredentialType.DIGITAL_SIGNING,))
    asked = replace(OUTCOME, cells=(cells,))
    for usage, verdict in (
        (CredentialType.NOT_SAID, Verdict.SECURE_BY_CREDENTIALS),
        (CredentialType.DIGITAL_SIGNING, Verdict.SECURE_BY_CREDENTIALS),
        (CredentialType.KEY_AGREEMENT, Verdict.FAILED),
    ):
        held = Evidence(0, DEVICE, Kind.CREDENTIALS_READ, "6.24.1", usage, role=Role.RECOVERY, party_id="R")

        assert verdict is assess([COMMISSIONED, held, *CHECKED], [], asked, 30 * DAY).verdict


def test_who_is_not_known_to_be_registered_is_not_held_against_a_device():
    found = assess([*BY_THE_BOOK, *read(3)], [], OUTCOME, 30 * DAY)

    assert (Verdict.SECURE_BY_COMMANDS, Reason.PARTY_NOT_KNOWN) == (
        found.verdict,
        reason_of(found, "Supplier cells"),
    )


def test_what_was_read_excuses_what_was_not_seen_to_succeed():
    found = assess([COMMISSIONED, *read(3)], REGISTERED, OUTCOME, 30 * DAY)

    assert [
        "issue credentials",
        "update Device credentials",
        "update remote party credentials",
    ] == [each.name for each in found.excused]
    assert () == (*found.unmet, *found.cannot_be_told)


def test_a_finding_shows_the_evidence_that_said_so():
    handover = response(2, "6.21", sender="A")
    found = assess([*ITS_OWN, handover], REGISTERED, OUTCOME, 30 * DAY)

    assert [(Reason.BY_ALTERNATIVE, (handover,))] == [
        (each.reason, each.rows) for each in found.met if each.name == "update remote party credentials"
    ]


def test_the_story_of_the_page_on_post_commissioning():
    """docs/explanation/post-commissioning.md, "One Device, day by day": late evidence changes the verdict as at its date."""
    story = [
        *ITS_OWN,
        response(2, "6.15.1", Outcome.EMPTY, sender="A"),
        Evidence(20 * DAY, DEVICE, Kind.FUTURE_DATED_OUTCOME, outcome=Outcome.SUCCESS),
        *read(25),
        change(30, "B"),
        response(40, "6.23", sender="B"),
    ]

    assert {
        0: Verdict.PENDING,
        1: Verdict.PENDING,
        2: Verdict.PENDING,
        9: Verdict.UNDETERMINED,
        20: Verdict.SECURE_BY_COMMANDS,
        25: Verdict.SECURE_BY_CREDENTIALS,
        30: Verdict.PENDING,
        37: Verdict.FAILED,
        40: Verdict.SECURE_BY_COMMANDS,
    } == {day: judged(story, day)[1] for day in (0, 1, 2, 9, 20, 25, 30, 37, 40)}
    assert {Verdict.FAILED} == {judged(story, day)[0] for day in range(41)}


def test_the_outcome_of_a_command_that_brings_no_certificates_does_not_outdate_a_read():
    def later(srv: str, role: Role = Role.NOT_SAID) -> Evidence:
        return Evidence(
            12 * DAY, DEVICE, Kind.FUTURE_DATED_OUTCOME, srv, outcome=Outcome.SUCCESS, role=role, party_id="B"
        )

    held = [*BY_THE_BOOK, *read(10)]
    assert Verdict.SECURE_BY_CREDENTIALS is judged([*held, later("1.1.1", Role.SUPPLIER)])[1]
    assert Verdict.SECURE_BY_CREDENTIALS is not judged([*held, later("6.15.1", Role.SUPPLIER)])[1]
    assert Verdict.SECURE_BY_CREDENTIALS is not judged([*held, later("", Role.SUPPLIER)])[1]
