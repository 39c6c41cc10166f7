"""The readable rule decides what the rule stated anew decides, and the kernel decides the same over columns."""

from __future__ import annotations

from hypothesis import given, settings
from tests.admission_by_hand import ByHand
from tests.offered_requests import decided, situations

from tidegate.vocabulary.modes import Mode


@settings(max_examples=100, deadline=None)
@given(situations(tuple(Mode)))
def test_the_rule_decides_what_it_says(situation):
    rules, shares, log = situation
    by_hand = ByHand(rules, shares)
    expected = [by_hand.decide(request) for request in log]

    assert [(p.outcome, p.retry_at, p.is_booked, p.is_warned) for p in expected] == [
        (a.outcome, a.retry_at, a.is_booked, a.is_warned) for a in decided(rules, shares, log)
    ]
