"""A plan of reads: within every User's allocation, whatever the numbers; and the most promising first."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tidegate.admission.allocation import Allocation, Claim
from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import AdmissionControl
from tidegate.admission.decision import Outcome
from tidegate.commissioning.nights import Nights
from tidegate.operations.plan_reads import WantedReads, plan_reads
from tidegate.reports.planned_reads import READ, PlannedReads
from tidegate.vocabulary.instants import DAY
from tidegate.vocabulary.service_requests import ServiceRequest
from tidegate.vocabulary.users import UserRole


def wanted(devices: int) -> WantedReads:
    ids = np.arange(1, devices + 1, dtype=np.uint64)
    return WantedReads(ids, np.ones(devices, np.bool_), np.zeros(devices, np.int64))


def allocated(**users: int) -> list[Allocation]:
    return [
        Allocation(Claim(user, UserRole.IS, Fraction(1), 0), Fraction(requests), requests)
        for user, requests in users.items()
    ]


def planned(
    reads: dict[str, WantedReads], period: int, nights: Nights, share=Fraction(1), **users: int
) -> PlannedReads:
    return plan_reads(reads, allocated(**users), period, nights, share, "tried")


@given(
    st.integers(1, 7),
    st.integers(1, 7),
    st.fractions(Fraction(1, 9), 1),
    st.integers(10, 1_000),
    st.integers(10, 3_000),
    st.integers(1, 3),
)
def test_no_read_that_is_planned_is_ever_throttled(alpha, beta, share, period, length, count):
    plan = planned(
        {"alpha": wanted(60), "beta": wanted(60)},
        period,
        Nights(DAY, length, count),
        share,
        alpha=alpha,
        beta=beta,
    )
    # Another takes all the spare, so that each User has its allocation and no more.
    together = alpha + beta + 1
    rules = CapacityRules(period, maximum_system_capacity=2 * together, operating_threshold=together)
    control = AdmissionControl(rules, {"alpha": alpha, "beta": beta, "other": 1})
    reads = sorted((at, each.user) for each in plan.users for at in each.at.tolist())
    for number, (at, user) in enumerate(reads):
        control.receive(ServiceRequest(at, f"other:{number}", "other", "4.8.1"))
        answer = control.receive(ServiceRequest(at, f"{user}:{number}", user, READ))
        assert Outcome.THROTTLED is not answer.outcome
        standing = control.standing_of(user)
        assert standing.user_used <= standing.allocation


def test_a_night_holds_what_fits_in_its_length_and_the_next_begins_a_day_later():
    nights = Nights(1_000, 25, 3)

    assert [1_000, 1_010, 1_000 + DAY, 1_010 + DAY, 1_000 + 2 * DAY] == nights.spread(5, 10).tolist()
    assert [1, 1, 2, 2, 3] == nights.night_of(nights.spread(5, 10)).tolist()
    assert 6 == len(nights.spread(7, 10))
    assert 1 == nights.slots(25)
    assert 0 == nights.slots(26) == len(nights.spread(1, 26))


def test_half_a_request_in_a_period_is_one_in_two():
    plan = planned({"alpha": wanted(3)}, 100, Nights(0, 1_000, 1), Fraction(1, 2), alpha=1)

    assert [0, 200, 400] == plan.users[0].at.tolist()


def test_what_does_not_fit_is_told_with_the_night_it_would_be_done_by():
    plan = planned({"alpha": wanted(25)}, 100, Nights(0, 1_000, 2), alpha=1)

    assert (25, 20, 5) == (plan.users[0].wanted, plan.users[0].planned, plan.users[0].left)
    assert 3 == plan.nights_needed(plan.users[0])


def test_who_has_no_allocation_and_who_is_in_no_table_reads_nothing_and_is_told_of():
    plan = planned({"alpha": wanted(2), "": wanted(1), "gamma": wanted(3)}, 100, Nights(0, 1_000, 1), alpha=0)

    assert [("gamma", None), ("alpha", 0), ("", None)] == [
        (each.user, each.allocation) for each in plan.users
    ]
    assert (6, 0) == (plan.wanted, plan.planned)
    assert [None, None, None] == [plan.nights_needed(each) for each in plan.users]


def test_those_that_cannot_be_told_are_read_first_then_those_open_longest():
    reads = WantedReads(
        np.array([5, 4, 3, 2, 1], np.uint64),
        np.array([False, True, True, False, True]),
        np.array([9, 1, 2, 9, 2], np.int64),
    )

    assert [1, 3, 4, 2, 5] == reads.in_order().tolist()


def test_nights_that_cannot_be_are_refused():
    for length, count in ((0, 1), (DAY + 1, 1), (1, 0)):
        with pytest.raises(ValueError, match="night"):
            Nights(0, length, count)
