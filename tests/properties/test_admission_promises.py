"""The promises of the Service Request rule, held to the readable rule."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from types import MappingProxyType

import pytest
from hypothesis import given, settings, strategies as st
from tests.admission_by_hand import greatest_level
from tests.offered_requests import (
    ORDINARY,
    PERIOD,
    PRIORITISED,
    USERS,
    capacities,
    decided,
    logs,
    situations,
)

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import AdmissionControl
from tidegate.admission.decision import Admission, Outcome, Reason
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_requests import ServiceRequest

few = settings(max_examples=40)
NO_VENDS: Mapping[str, int] = MappingProxyType({})


def counted(log, number: int, counts: Callable[[int], bool]) -> int:
    """Requests before one in the period that ends with it, of those that count."""
    at = log[number].at
    return sum(1 for n in range(number) if at - PERIOD < log[n].at and counts(n))


def is_admitted(answer: Admission) -> bool:
    return answer.outcome is not Outcome.THROTTLED


@few
@given(situations())
def test_while_what_is_offered_is_within_the_threshold_nobody_is_throttled(situation):
    rules, shares, log = situation
    answers = decided(rules, shares, log)
    for number, answer in enumerate(answers):
        if answer.outcome is Outcome.THROTTLED:
            assert counted(log, number, lambda _: True) + 1 > rules.operating_threshold


@few
@given(situations())
def test_a_user_within_its_allocation_is_never_throttled_below_the_maximum(situation):
    rules, shares, log = situation
    answers = decided(rules, shares, log)
    for number, answer in enumerate(answers):
        if answer.outcome is Outcome.THROTTLED:
            user = log[number].user
            used = counted(log, number, lambda n: is_admitted(answers[n]))
            own = counted(log, number, lambda n: is_admitted(answers[n]) and log[n].user == user)  # noqa: B023

            assert used >= rules.maximum_system_capacity or own >= shares.get(user, 0)


@few
@given(situations())
def test_the_prioritised_are_never_throttled_below_the_maximum(situation):
    rules, shares, log = situation
    answers = decided(rules, shares, log)
    for number, answer in enumerate(answers):
        if answer.outcome is Outcome.THROTTLED and log[number].srv == PRIORITISED:
            used = counted(log, number, lambda n: is_admitted(answers[n]))

            assert used >= rules.maximum_system_capacity
            assert Reason.SYSTEM_FULL is answer.reason


@few
@given(situations())
def test_use_never_exceeds_the_maximum_but_by_continuations_and_claims(situation):
    rules, shares, log = situation
    answers = decided(rules, shares, log)
    for number, answer in enumerate(answers):
        used = counted(log, number, lambda n: is_admitted(answers[n])) + is_admitted(answer)

        assert used == answer.used
        assert answer.outcome in {Outcome.CONTINUATION, Outcome.THROTTLED} or (
            used <= rules.maximum_system_capacity
        )


@few
@given(situations())
def test_what_is_admitted_once_is_continued_a_bounded_number_of_times(situation):
    """In all, continuations are at most `longest_sequence` for each request admitted otherwise."""
    rules, shares, log = situation
    reasons = Counter(answer.reason for answer in decided(rules, shares, log))
    continued = reasons[Reason.PRE_COMMAND] + reasons[Reason.SEQUENCE]
    otherwise = len(log) - continued - reasons[Reason.OVER_SHARE] - reasons[Reason.SYSTEM_FULL]

    assert continued <= rules.longest_sequence * otherwise


@few
@given(situations())
def test_what_is_booked_in_a_period_is_bounded(situation):
    """No more slots of a User than its allocation, and its share of the maximum for the prioritised."""
    rules, shares, log = situation
    control = AdmissionControl(rules, shares)
    for request in log:
        control.receive(request)
        for name, allocation in shares.items():
            bookings = control._users[name].bookings
            for lane, most in (
                (bookings.ordinary, allocation),
                (bookings.prioritised, rules.share_of_maximum(allocation)),
            ):
                for end in lane.slots:
                    assert sum(1 for slot in lane.slots if end - PERIOD < slot <= end) <= most


@few
@given(st.data())
def test_a_caller_that_returns_at_its_booked_time_within_the_grace_is_admitted(data):
    rules = data.draw(capacities())
    shares = {"alpha": rules.operating_threshold}
    log = data.draw(logs(rules, shares, most=30))
    returns = data.draw(st.sampled_from([0, rules.grace_us]))
    for chosen, answer in enumerate(decided(rules, shares, log)):
        if not answer.is_booked:
            continue
        assert answer.retry_at is not None
        at = answer.retry_at + returns
        upto = [
            r
            for n, r in enumerate(log)
            if n <= chosen or (r.at <= at and r.request_id != log[chosen].request_id)
        ]
        back = log[chosen]._replace(at=at)

        assert is_admitted(decided(rules, shares, [*upto, back])[-1])


def steady(
    rules: CapacityRules,
    shares: Mapping[str, int],
    gaps: Mapping[str, int],
    periods: int,
    *,
    returns: bool,
    returns_first: bool = True,
    vends: Mapping[str, int] = NO_VENDS,
) -> list[tuple[ServiceRequest, Admission]]:
    """Users that each send a fresh request every so often, from one instant on; refused callers return, or do not.

    `vends` says how often each sends a prioritised one beside them.
    """
    control = AdmissionControl(rules, shares)
    order = (0, 1) if returns_first else (1, 0)
    gap_of = {ORDINARY: gaps, PRIORITISED: vends}
    first = [ServiceRequest(0, f"{u}:{srv}", u, srv) for srv, every in gap_of.items() for u in every]
    events = [(0, order[1], n, request) for n, request in enumerate(first)]
    number, history = len(events), []
    while events:
        at, kind, _, request = heapq.heappop(events)
        if at >= periods * rules.period_us:
            break
        answer = control.receive(request)
        history.append((request, answer))
        number += 1
        if kind == order[1]:
            then = at + gap_of[request.srv][request.user]
            fresh = ServiceRequest(then, f"{request.user}:{number}", request.user, request.srv)
            heapq.heappush(events, (then, order[1], number, fresh))
        if returns and answer.retry_at is not None:
            number += 1
            heapq.heappush(events, (answer.retry_at, order[0], number, request._replace(at=answer.retry_at)))
    return history


@st.composite
def crowds(draw: st.DrawFn) -> tuple[CapacityRules, dict[str, int], dict[str, int]]:
    """Users whose fresh requests alone come to more than the threshold in every period.

    A fair limit that is no whole number is passed by less than one request; the maximum leaves room for one each.
    """
    shares = {user: draw(st.integers(1, 6)) for user in USERS[:3]}
    threshold = sum(shares.values())
    period = 240
    gaps = {user: draw(st.sampled_from([6, 10, 12, 24, 40, 60, 120])) for user in shares}
    if sum(period // gap for gap in gaps.values()) <= threshold:
        gaps["alpha"] = 6
    rules = CapacityRules(
        period, threshold + draw(st.integers(3, 8)), threshold, horizon_us=10 * period, grace_us=12
    )
    return rules, shares, gaps


@settings(max_examples=40)
@given(crowds(), st.booleans(), st.booleans())
def test_under_steady_load_nothing_is_wasted_and_rates_are_those_of_max_min(crowd, returns, returns_first):
    """Use is within one request for each User of the threshold, and each User has its part of it.

    Where fresh requests come before the callers that return at the same instant, it takes some periods.
    """
    rules, shares, gaps = crowd
    history = steady(rules, shares, gaps, 10, returns=returns, returns_first=returns_first)
    offered = [(rules.period_us // gaps[user], shares[user]) for user in shares]
    level = greatest_level(offered, Fraction(rules.operating_threshold))
    since = 2 if returns_first else 6
    settled = [a for r, a in history if r.at >= since * rules.period_us]

    assert max(a.used for a in settled) <= rules.operating_threshold + len(shares)
    for period in range(since, 10):
        admitted = Counter(r.user for r, a in history if is_admitted(a) and r.at // rules.period_us == period)

        assert abs(rules.operating_threshold - admitted.total()) <= len(shares)
        if not returns:
            assert level is not None
            for user, share in shares.items():
                part = min(Fraction(rules.period_us // gaps[user]), level * share)

                assert abs(part - admitted[user]) <= len(shares)


@settings(max_examples=40)
@given(crowds(), st.lists(st.sampled_from([24, 40, 60, 80, 240]), min_size=3, max_size=3), st.booleans())
def test_return_times_leave_room_for_the_prioritised(crowd, vend_gaps, returns_first):
    """Beside steady prioritised requests use is within two for each User of the maximum, though all come back as told."""
    rules, shares, gaps = crowd
    rules = replace(rules, prioritised=frozenset({PRIORITISED}))
    vends = dict(zip(shares, vend_gaps, strict=True))
    history = steady(rules, shares, gaps, 25, returns=True, returns_first=returns_first, vends=vends)
    settled = [answer.used for request, answer in history if request.at >= 15 * rules.period_us]

    assert max(settled) <= rules.maximum_system_capacity + 2 * len(shares)


@settings(max_examples=40)
@given(crowds(), st.sampled_from(["returning", "never returning"]))
def test_a_user_has_its_allocation_whether_its_callers_return_or_not(crowd, manners):
    rules, shares, gaps = crowd
    history = steady(rules, shares, gaps, 6, returns=manners == "returning")
    for user, allocation in shares.items():
        fresh = rules.period_us // gaps[user]
        for period in range(1, 6):
            admitted = sum(
                1
                for r, a in history
                if r.user == user and is_admitted(a) and r.at // rules.period_us == period
            )

            assert min(fresh, allocation) - 1 <= admitted


@few
@given(situations(), st.permutations(USERS))
def test_no_user_is_favoured_by_its_name(situation, names):
    rules, shares, log = situation
    other = dict(zip(USERS, names, strict=True))
    renamed = [request._replace(user=other[request.user]) for request in log]

    assert decided(rules, shares, log) == decided(
        rules, {other[user]: share for user, share in reversed(shares.items())}, renamed
    )


@few
@given(situations(), st.integers(0, 60))
def test_a_refusal_changes_no_one_elses_outcome_but_by_what_it_asks_for(situation, number):
    """A refused request more changes nothing for the others until the next tick, once the threshold is passed anyway."""
    rules, shares, log = situation
    following = log[number:]
    for user in USERS:
        control, other = AdmissionControl(rules, shares), AdmissionControl(rules, shares)
        for request in log[:number]:
            control.receive(request)
            other.receive(request)
        at = following[0].at if following else 0
        if not following or is_admitted(other.receive(ServiceRequest(at, f"{user}:more", user, ORDINARY))):
            continue
        for request in following:
            if request.user == user:
                continue
            without, with_it = control.receive(request), other.receive(request)
            if without.reason is Reason.BELOW_THRESHOLD or request.at // rules.tick_us != at // rules.tick_us:
                break

            assert without == with_it


def test_refused_requests_without_end_take_nothing_from_the_others():
    """A fault at one User: it sends twenty times what it may. Once a period has passed the others have all they had."""
    rules = CapacityRules(100, 12, 10)
    shares = {"alpha": 5, "beta": 3, "gamma": 2}
    calm = steady(rules, shares, {"alpha": 10, "beta": 34, "gamma": 50}, 5, returns=False)
    flood = steady(rules, shares, {"alpha": 1, "beta": 34, "gamma": 50}, 5, returns=False)

    assert {Outcome.THROTTLED} <= {a.outcome for r, a in flood if r.user == "alpha"}
    for user in ("beta", "gamma"):
        assert [r.at for r, a in calm if r.user == user and r.at >= 100 and is_admitted(a)] == [
            r.at for r, a in flood if r.user == user and r.at >= 100 and is_admitted(a)
        ]


@few
@given(situations(tuple(Mode)), st.sets(st.integers(0, 60)))
def test_asking_for_the_time_in_between_changes_nothing(situation, asked):
    rules, shares, log = situation
    control = AdmissionControl(rules, shares)
    answers = []
    for number, request in enumerate(log):
        if number in asked:
            before = log[number - 1].at if number else request.at
            control.advance_to((before + request.at) // 2)
            control.advance_to(request.at)
        answers.append(control.receive(request))

    assert decided(rules, shares, log) == answers


@few
@given(situations())
def test_shadow_decides_as_enforced_and_holds_nothing_back(situation):
    rules, shares, log = situation
    shadow = CapacityRules(
        **{name: getattr(rules, name) for name in rules.__slots__ if name != "mode"}, mode=Mode.SHADOW
    )
    answers = decided(shadow, shares, log)

    assert not any(answer.is_held_back for answer in answers)
    assert [a._replace(is_held_back=False) for a in decided(rules, shares, log)] == answers


@few
@given(situations((Mode.OFF,)))
def test_off_admits_everything(situation):
    assert all(a.outcome is Outcome.ADMITTED for a in decided(*situation))


@few
@given(situations())
def test_nothing_is_remembered_once_all_is_past(situation):
    rules, shares, log = situation
    control = AdmissionControl(rules, shares)
    for request in log:
        control.receive(request)
    control.advance_to(10**9)
    standing = control.standing_of("no-one")

    assert (0, 0) == (standing.offered, standing.used)
    assert 0 == len(control._sequences)
    assert set(shares) >= set(control._users)


@few
@given(situations(), st.integers(0, 60), st.sampled_from(USERS))
def test_the_room_that_a_user_is_told_is_the_room_it_has(situation, number, user):
    rules, shares, log = situation
    control = AdmissionControl(rules, shares)
    for request in log[:number]:
        control.receive(request)
    room = control.standing_of(user).room
    at = log[min(number, len(log)) - 1].at if log and number else 1_000
    if at // rules.tick_us == 0:
        room = 0
    answers = [
        control.receive(ServiceRequest(at, f"{user}:new {n}", user, ORDINARY)) for n in range(room + 1)
    ]

    assert [*[True] * room, False] == [is_admitted(answer) for answer in answers]


@pytest.mark.parametrize(("gap", "outcome"), [(PERIOD - 1, Outcome.THROTTLED), (PERIOD, Outcome.ADMITTED)])
def test_the_period_is_open_at_its_old_end(gap, outcome):
    """(t - P, t]: a request exactly one period old has left."""
    rules = CapacityRules(PERIOD, 1, 1)
    log = [ServiceRequest(1_000 + at, str(at), "alpha", ORDINARY) for at in (0, gap)]

    assert outcome is decided(rules, {"alpha": 1}, log)[1].outcome
