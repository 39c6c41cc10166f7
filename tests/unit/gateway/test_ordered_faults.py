"""Which request meets an ordered fault is counted, so that a test that orders one knows what comes."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tidegate.gateway.ordered_faults import OrderedFaults
from tidegate.gateway.settings import OrderedFault
from tidegate.vocabulary.instants import SECOND


def met(at: list[float], **fault: Any) -> list[bool]:
    faults = OrderedFaults([OrderedFault(**{"kind": "outage", **fault})], 0)
    return [faults.meet("serviceS", "4.1.1", int(second * SECOND)) is not None for second in at]


def test_one_in_three_is_the_third() -> None:
    assert [False, False, True, False, False, True] == met([0] * 6, one_in=3)


def test_a_burst_is_so_many_seconds_of_every_so_many() -> None:
    assert [True, True, False, False, True] == met([0, 1.9, 2, 9.9, 10], every=10, burst=2)


def test_a_fault_lasts_as_long_as_was_ordered() -> None:
    assert [True, True, False] == met([0, 4.9, 5], lasts=5)


@pytest.mark.parametrize(
    ("only", "meets"),
    [
        ({"service": "serviceS"}, True),
        ({"service": "serviceT"}, False),
        ({"srv": "4.1.1"}, True),
        ({"srv": "2.2"}, False),
    ],
)
def test_a_fault_is_for_what_it_was_ordered_for(only: dict[str, str], meets: bool) -> None:
    assert [meets] == met([0], **only)


def test_the_first_that_is_for_a_request_is_the_one_it_meets() -> None:
    faults = OrderedFaults([OrderedFault(kind="slow", one_in=2), OrderedFault(kind="error")], 0)

    kinds = [fault and fault.kind for fault in (faults.meet("serviceS", "4.1.1", 0) for _ in range(4))]

    # What is for a request and not its turn leaves it to the next.
    assert ["error", "slow", "error", "slow"] == kinds


def test_what_was_ordered_is_told_with_how_often_it_was_met_until_others_are_ordered() -> None:
    faults = OrderedFaults([OrderedFault(kind="slow", lasts=5)], 7)
    faults.meet("serviceS", "4.1.1", 8)

    (standing,) = faults.standing(7 + 5 * SECOND)

    assert (7, 1, True) == (standing.since, standing.met, standing.is_over)
    faults.order([], 9)
    assert [] == faults.standing(9)


@pytest.mark.parametrize("half", [{"every": 10}, {"burst": 2}])
def test_half_a_burst_is_none(half: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match="both every and burst"):
        OrderedFault(kind="outage", **half)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"every": 5, "burst": 5}, "a burst of all the time is no burst"),
        ({"srv": "4.1.x"}, "'4.1.x' is no Service Reference Variant"),
    ],
)
def test_what_no_request_would_meet_and_a_burst_without_end_are_refused(
    fault: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        OrderedFault(kind="outage", **fault)
