"""Each recipient's totals add up, from single Alerts and from batches alike."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.alert_storm.decision import Outcome
from tidegate.gateway.recipient_totals import RecipientTotals, Totals
from tidegate.operations.live import Accepted, AcceptedBatch, IncomingBatch
from tidegate.policy.mechanism import Mode

OUTCOMES = [Outcome.FORWARDED, Outcome.THROTTLED, Outcome.THROTTLED, Outcome.EXCLUDED]


def one_by_one(mode):
    totals = RecipientTotals()
    totals.add(["a"] * 4, [Accepted(n, 0, outcome, mode=mode) for n, outcome in enumerate(OUTCOMES)])
    return totals


def as_a_batch(mode):
    totals = RecipientTotals()
    batch = IncomingBatch(
        np.zeros(4, np.uint64), np.zeros(4, np.uint32), np.full(4, 1, np.uint32), ["", "a", "b"]
    )
    zeros = np.zeros(4, np.uint32)
    totals.add_batch(
        batch, AcceptedBatch(1, np.zeros(4, np.int64), np.array(OUTCOMES, np.uint8), zeros, zeros, "1", mode)
    )
    return totals


@pytest.mark.parametrize("received", [one_by_one, as_a_batch])
def test_what_was_held_back_is_throttled(received):
    assert Totals(forwarded=1, throttled=2, excluded=1) == received(Mode.ENFORCED).of("a")
    assert 4 == received(Mode.ENFORCED).of("a").received


@pytest.mark.parametrize("received", [one_by_one, as_a_batch])
def test_in_shadow_what_would_have_been_is_among_the_forwarded(received):
    assert Totals(forwarded=3, throttled=0, excluded=1, throttled_in_shadow=2) == received(Mode.SHADOW).of(
        "a"
    )


def test_a_repeat_counts_nothing():
    totals = RecipientTotals()
    totals.add(["a"], [Accepted(1, 0, Outcome.FORWARDED, is_repeat=True)])

    assert 0 == totals.of("a").received


def test_whom_nothing_came_for_has_none():
    assert Totals() == as_a_batch(Mode.ENFORCED).of("b")
