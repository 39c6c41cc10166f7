"""Retry strategies, the DCC System, the use of the period and the controls, each by itself."""

import random

import pytest

from tidegate.admission.capacity import CapacityRules
from tidegate.reports.requests_simulated import Control
from tidegate.simulation.requests.controls import ADMITTED, OPAQUE, control_of
from tidegate.simulation.requests.retries import RETRY_STRATEGIES
from tidegate.simulation.requests.system import DccSystem
from tidegate.simulation.requests.use import Use
from tidegate.vocabulary.instants import SECOND
from tidegate.vocabulary.service_requests import ServiceRequest

CHANCE = random.Random(1)  # noqa: S311 - not for secrets


def test_an_exponential_wait_doubles_up_to_its_longest_and_is_never_nothing() -> None:
    strategy = RETRY_STRATEGIES["exponential"]
    longest = [
        max(strategy.wait(tries, CHANCE) or 0 for _ in range(300)) // SECOND for tries in (1, 2, 7, 50)
    ]

    assert [1, 3, 119, 119] == longest
    assert all((strategy.wait(1, CHANCE) or 0) > 0 for _ in range(300))


@pytest.mark.parametrize(("retry_at", "expected"), [(1, 1), (SECOND, 1), (SECOND + 1, 2)])
def test_retry_after_is_in_whole_seconds_and_never_too_early(retry_at: int, expected: int) -> None:
    assert 7 + expected * SECOND == RETRY_STRATEGIES["obeys"].comes_back(7, 1, 7 + retry_at, CHANCE)


def test_who_does_not_obey_waits_of_its_own_accord() -> None:
    assert 30 * SECOND == RETRY_STRATEGIES["fixed"].comes_back(0, 1, SECOND, CHANCE)


def test_whoever_is_not_told_when_waits_of_its_own_accord() -> None:
    assert RETRY_STRATEGIES["obeys"].comes_back(0, 1, None, CHANCE) is not None
    assert RETRY_STRATEGIES["never"].comes_back(0, 1, None, CHANCE) is None


def test_the_system_serves_its_capacity_in_a_period_and_no_more() -> None:
    system = DccSystem(3, SECOND, 20 * SECOND, [])

    assert [333_334, 666_667, 1_000_000, 1_333_334] == [system.serve(0) for _ in range(4)]


@pytest.mark.parametrize(("waiting", "is_served"), [(1, True), (2, True), (3, False)])
def test_what_finds_more_waiting_than_the_queue_holds_gets_no_answer(
    waiting: int, *, is_served: bool
) -> None:
    system = DccSystem(1, SECOND, 2 * SECOND, [])
    for _ in range(waiting):
        system.serve(0)

    assert is_served is (system.serve(0) is not None)


@pytest.mark.parametrize(("at", "is_out"), [(9, False), (10, True), (19, True), (20, False)])
def test_an_outage_begins_with_its_first_instant_and_is_over_at_its_last(at: int, *, is_out: bool) -> None:
    assert is_out is DccSystem(1, SECOND, 0, [(10, 20)]).is_out(at)


@pytest.mark.parametrize(("now", "used"), [(9, 1), (10, 0)])
def test_a_request_exactly_a_period_old_is_not_in_use(now: int, used: int) -> None:
    use = Use(1, 10)
    use.admit(0, 0)
    use.move_to(now)

    assert (used, [used]) == (use.used, use.by_user)


RULES = CapacityRules(SECOND, 4, 3, prioritised=frozenset({"2.2"}))
ALLOCATIONS = {"A": 1, "B": 2}


@pytest.mark.parametrize(
    ("control", "admitted"),
    [
        (Control.NONE, [True] * 6),
        (Control.FIRST_COME, [True, True, True, True, False, False]),
        (Control.HARD_CAPS, [True, False, False, False, True, True]),
        (Control.AS_WRITTEN, [True, True, True, False, True, True]),
    ],
)
def test_a_asks_four_times_and_b_twice(control: Control, admitted: list[bool]) -> None:
    """The maximum is 4, the threshold 3, A's allocation 1 and B's 2; as written B's second goes beyond the maximum."""
    decide = control_of(control, RULES, ["A", "B"], ALLOCATIONS)
    use = Use(2, SECOND)
    found = []
    for at, user in enumerate((0, 0, 0, 0, 1, 1)):
        answer = decide(ServiceRequest(at, str(at), "AB"[user], "4.1.1"), user, use)
        found.append(answer.is_admitted)
        if answer.is_admitted:
            use.admit(user, at)

    assert admitted == found


def test_as_written_what_is_on_the_list_is_exempt_even_beyond_the_maximum() -> None:
    decide = control_of(Control.AS_WRITTEN, RULES, ["A", "B"], ALLOCATIONS)
    use = Use(2, SECOND)
    for _ in range(5):
        use.admit(0, 0)

    assert ADMITTED == decide(ServiceRequest(1, "1", "A", "2.2"), 0, use)
    assert OPAQUE == decide(ServiceRequest(1, "2", "A", "4.1.1"), 0, use)


def test_tidegates_rule_is_the_rule_and_says_when_to_come_back() -> None:
    decide = control_of(Control.TIDEGATE, RULES, ["A", "B"], ALLOCATIONS)
    answers = [decide(ServiceRequest(at, str(at), "A", "4.1.1"), 0, Use(2, SECOND)) for at in range(4)]

    assert [True, True, True, False] == [answer.is_admitted for answer in answers]
    assert answers[3].retry_at is not None
