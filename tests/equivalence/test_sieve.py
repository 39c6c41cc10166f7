"""Behind the sieve the kernel finds the same storms, amber spells and totals as without it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import given, settings, strategies as st
from tests.equivalence.test_kernel import by_rule, in_order
from tests.streams import WINDOW, as_batch, exclusion_lists, logs, parameters

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.sharded import AlertStormKernel, storms_of
from tidegate.alert_storm.sieve import LONGEST_WINDOW, MOST, sieve_for
from tidegate.columnar.batches import Recipients
from tidegate.vocabulary.alerts import Alert


def sieved(alerts, policies, cuts=()):
    """Storms and throttled total per policy; and how many Alerts the kernel had to see."""
    recipients = Recipients()
    kernel = AlertStormKernel(policies, shards=2, keep_decisions=False)
    sieve = sieve_for(policies)
    assert sieve is not None
    seen = 0
    given_back = []
    edges = sorted({0, len(alerts), *(cut for cut in cuts if cut < len(alerts))})
    pieces: list[Any] = []
    for start, stop in pairwise(edges):
        pieces += sieve.push(as_batch(alerts[start:stop], recipients), np.arange(start, stop))
    pieces += sieve.finish()
    for rows, batch, passes in pieces:
        given_back += rows.tolist()
        kernel.receive(batch, passes)
        seen += int(passes.sum())
    assert list(range(len(alerts))) == given_back
    spells = np.concatenate([kernel.take_ended(), kernel.running()])
    results = [
        (in_order(storms_of(spells[spells["policy"] == n], recipients)), kernel.tallies(n))
        for n in range(len(policies))
    ]
    return results, seen, kernel


@settings(max_examples=150)
@given(logs(), parameters(), exclusion_lists(), st.lists(st.integers(0, 120), max_size=3))
def test_behind_the_sieve_the_storms_and_totals_are_the_same(alerts, default, excluded, cuts):
    policy = KernelPolicy(AlertStormRules(default), excluded)
    ((storms, tallies),), _, kernel = sieved(alerts, [policy], cuts)
    decisions, expected = by_rule(alerts, policy)

    assert expected == storms
    assert sum(outcome == 1 for outcome, _, _ in decisions) == tallies.throttled_by_code.sum()
    assert len(alerts) == tallies.received_by_code.sum()
    assert len({(a.device_id, a.alert_code, a.recipient) for a in alerts}) == kernel.streams_seen


@settings(max_examples=100)
@given(logs(), st.lists(parameters(), min_size=2, max_size=4))
def test_one_sieve_serves_several_policies(alerts, defaults):
    policies = [KernelPolicy(AlertStormRules(p), ExclusionList()) for p in defaults]
    results, _, _ = sieved(alerts, policies)

    assert [by_rule(alerts, policy)[1] for policy in policies] == [storms for storms, _ in results]


def test_quiet_streams_never_reach_the_kernel():
    policy = KernelPolicy(AlertStormRules(AlertStormParameters(5, WINDOW)), ExclusionList())
    quiet = [Alert(at, at % 3_000, 0x8014) for at in range(3_000)]
    storm = [Alert(1_500, 9_999, 0x8F75)] * 6
    results, seen, _ = sieved(sorted(quiet + storm, key=lambda alert: alert.at), [policy])

    assert 1 == len(results[0][0])
    assert 6 <= seen < 20


def test_there_is_no_sieve_where_it_would_not_be_exact():
    def policy(threshold=5, window=WINDOW, codes=None):
        rule = AlertStormParameters(threshold, window)
        return KernelPolicy(AlertStormRules(rule, codes or {}), ExclusionList())

    assert sieve_for([policy(threshold=MOST)]) is None
    assert sieve_for([policy(threshold=MOST - 1)]) is not None
    assert sieve_for([policy(), policy(window=7)]) is None
    assert sieve_for([policy(window=LONGEST_WINDOW + 1)]) is None
    assert sieve_for([policy(codes={5: AlertStormParameters(3, 7)})]) is None


def test_cells_that_are_full_still_pass():
    policy = KernelPolicy(AlertStormRules(AlertStormParameters(MOST - 1, WINDOW)), ExclusionList())
    alerts = [Alert(1_000 + n // 60, 1, 0x8014) for n in range(1_000)]
    results, _, _ = sieved(alerts, [policy])

    assert by_rule(alerts, policy)[1] == results[0][0]


def test_a_storm_that_drips_on_above_its_clear_threshold_stays_in_sight():
    """Too few in two windows to start a storm, enough to keep one running: only the clear threshold tells."""
    rule = AlertStormParameters(threshold=5, window_us=WINDOW, forward_one_in=3, clear_threshold=1)
    policy = KernelPolicy(AlertStormRules(rule), ExclusionList())
    alerts = [Alert(1_000, 1, 0x8F75)] * 6 + [Alert(1_000 + 9 * n, 1, 0x8F75) for n in range(1, 40)]
    results, _, _ = sieved(alerts, [policy])
    expected = by_rule(alerts, policy)[1]

    assert 1 == len(expected)
    assert 40 == expected[0].received
    assert expected == results[0][0]
