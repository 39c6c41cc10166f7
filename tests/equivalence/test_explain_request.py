"""What is told of a Service Request is what the rule decided about it, wherever the log is cut."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings, strategies as st
from tests.offered_requests import PERIOD, decided, situations
from tests.request_logs import RequestsInMemory

from tidegate.admission.decision import Outcome
from tidegate.operations.admit import AdmitUnder
from tidegate.operations.explain_request import AskedRequest, explain_request


@settings(max_examples=40)
@given(
    situation=situations().filter(lambda it: it[2]),
    cuts=st.lists(st.integers(0, 60), max_size=3),
    chosen=st.integers(0, 59),
)
def test_each_step_has_the_numbers_that_the_rule_decided_by(situation, cuts, chosen):
    rules, shares, log = situation
    answers = decided(rules, shares, log)
    asked = log[chosen % len(log)]
    numbers = [n for n, r in enumerate(log) if (r.user, r.request_id) == (asked.user, asked.request_id)]

    (story,) = explain_request(
        RequestsInMemory(log, cuts),
        AdmitUnder(rules, shares, "test", False),
        AskedRequest(asked.request_id, asked.user),
    )

    told = [step.judged for step in story.steps if step.judged is not None]
    assert [
        (answers[n].outcome, answers[n].reason, answers[n].retry_at, answers[n].is_booked) for n in numbers
    ] == [(it.outcome, it.reason, it.retry_at, it.is_booked) for it in told]
    assert [answers[n].user_limit for n in numbers] == [it.fair_limit for it in told]
    for n, it in zip(numbers, told, strict=True):
        before = [(r, a) for r, a in zip(log[:n], answers[:n], strict=True) if r.at > log[n].at - PERIOD]
        used = Counter(r.user for r, a in before if a.outcome is not Outcome.THROTTLED)
        assert len(before) + 1 == it.offered
        assert used == Counter({each.user: each.admitted for each in it.in_period if each.admitted})
