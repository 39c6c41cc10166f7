"""Service Requests that crowd the edges: gaps of a period, a tick, and one more or less; callers that come back.

What comes back depends on what was answered, so a log is made by asking the rule
as it grows. Once made it is a log like any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from hypothesis import strategies as st

from tidegate.admission.capacity import CapacityRules
from tidegate.admission.control import AdmissionControl
from tidegate.admission.decision import Admission
from tidegate.vocabulary.modes import Mode
from tidegate.vocabulary.service_requests import ServiceRequest

PERIOD = 40
TICK = 4
GRACE = 6
HORIZON = 100
CONTINUES = 60
USERS = ("alpha", "beta", "gamma", "no-one")
"""The last has no allocation."""

PRIORITISED = "2.2"
ORDINARY = "4.8.1"
GAPS = (0, 0, 0, 0, 1, 1, 2, TICK - 1, TICK, TICK + 1, PERIOD - 1, PERIOD, PERIOD + 1, 3 * PERIOD)


@st.composite
def capacities(draw: st.DrawFn, modes: Sequence[Mode] = (Mode.ENFORCED,)) -> CapacityRules:
    """Rules small enough that every branch is reached by a few dozen requests."""
    threshold = draw(st.integers(1, 9))
    return CapacityRules(
        period_us=PERIOD,
        maximum_system_capacity=threshold + draw(st.integers(0, 4)),
        operating_threshold=threshold,
        early_warning_at=draw(st.sampled_from([Fraction(4, 5), Fraction(1, 2), Fraction(1)])),
        prioritised=frozenset({PRIORITISED}),
        mode=draw(st.sampled_from(list(modes))),
        horizon_us=draw(st.sampled_from([HORIZON, 10, PERIOD])),
        grace_us=draw(st.sampled_from([GRACE, 0, PERIOD + 1])),
        continues_within_us=CONTINUES,
        longest_sequence=draw(st.integers(0, 3)),
    )


@st.composite
def allocations(draw: st.DrawFn, rules: CapacityRules) -> dict[str, int]:
    """Shares of the operating threshold, the last User having none."""
    left, given = rules.operating_threshold, {}
    for user in USERS[:-1]:
        given[user] = draw(st.integers(0, left))
        left -= given[user]
    return given


@st.composite
def logs(
    draw: st.DrawFn, rules: CapacityRules, shares: Mapping[str, int], most: int = 60
) -> list[ServiceRequest]:
    """Requests in receipt order: fresh ones, continuations, and callers that come back, early, in time and late."""
    control = AdmissionControl(rules, shares)
    log: list[ServiceRequest] = []
    answers: list[Admission] = []
    at = 1_000
    for number in range(draw(st.integers(0, most))):
        kind = draw(st.integers(0, 9))
        at += draw(st.sampled_from(GAPS))
        user, srv = draw(st.sampled_from(USERS)), draw(st.sampled_from([ORDINARY, ORDINARY, PRIORITISED]))
        request = ServiceRequest(at, f"{user}:{number}", user, srv)
        if log and kind in {0, 1, 2}:
            chosen = draw(st.integers(0, len(log) - 1))
            before, answer = log[chosen], answers[chosen]
            if kind == 0:
                request = request._replace(user=before.user, preceding_request_id=before.request_id)
            else:
                back = before.at if answer.retry_at is None else answer.retry_at
                late = draw(st.sampled_from([-1, 0, 0, rules.grace_us, rules.grace_us + 1]))
                at = max(at, back + late)
                request = before._replace(at=at)
        log.append(request)
        answers.append(control.receive(request))
    return log


@st.composite
def situations(
    draw: st.DrawFn, modes: Sequence[Mode] = (Mode.ENFORCED,)
) -> tuple[CapacityRules, dict[str, int], list[ServiceRequest]]:
    """Rules, allocations and a log."""
    rules = draw(capacities(modes))
    shares = draw(allocations(rules))
    return rules, shares, draw(logs(rules, shares))


def decided(
    rules: CapacityRules, shares: Mapping[str, int], log: Sequence[ServiceRequest]
) -> list[Admission]:
    """What the rule decides about a log."""
    control = AdmissionControl(rules, shares)
    return [control.receive(request) for request in log]
