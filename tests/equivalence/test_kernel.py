"""The kernel decides what the readable rule decides, however the log is cut, sharded and shared."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from hypothesis import given, settings, strategies as st
from tests.streams import as_batch, exclusion_lists, logs, rules

from tidegate.alert_storm.decision import Storm
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.alert_storm.sharded import AlertStormKernel, storms_of
from tidegate.columnar.batches import Recipients
from tidegate.vocabulary.alerts import Alert

END = 10**6


def by_rule(alerts: list[Alert], policy: KernelPolicy) -> tuple[list[tuple[int, int, int]], list[Storm]]:
    protection = AlertStormProtection(policy.rules, policy.exclusion_list)
    decisions, storms = [], []
    for alert in alerts:
        storms += protection.advance_to(alert.at)
        decision = protection.receive(alert)
        storms += decision.ended
        decisions.append(
            (int(decision.outcome), decision.throttled_alert_sequence_id, decision.throttled_alert_count)
        )
    return decisions, in_order([*storms, *protection.running()])


def by_kernel(
    alerts: list[Alert], policies: list[KernelPolicy], cuts: list[int], shards: int
) -> list[tuple[list[tuple[int, int, int]], list[Storm]]]:
    recipients = Recipients()
    kernel = AlertStormKernel(policies, shards=shards)
    decisions: list[list[tuple[int, int, int]]] = [[] for _ in policies]
    edges = sorted({0, len(alerts), *(cut for cut in cuts if cut < len(alerts))})
    for start, stop in pairwise(edges):
        batch = as_batch(alerts[start:stop], recipients)
        kernel.receive(batch)
        for number in range(len(policies)):
            d = kernel.decisions(number, batch)
            decisions[number] += zip(
                d.outcome.tolist(),
                d.throttled_alert_sequence_id.tolist(),
                d.throttled_alert_count.tolist(),
                strict=True,
            )
    spells = np.concatenate([kernel.take_ended(), kernel.running()])
    return [
        (decisions[number], in_order(storms_of(spells[spells["policy"] == number], recipients)))
        for number in range(len(policies))
    ]


def in_order(storms: list[Storm]) -> list[Storm]:
    return sorted(storms, key=lambda s: (s.started_at, s.stream, s.level, s.ended_at or END))


policies_of_one = st.builds(KernelPolicy, rules(), exclusion_lists())


@settings(max_examples=300, deadline=None)
@given(logs(), policies_of_one, st.lists(st.integers(0, 120), max_size=4), st.integers(1, 3))
def test_the_kernel_agrees_with_the_rule(alerts, policy, cuts, shards):
    assert [by_rule(alerts, policy)] == by_kernel(alerts, [policy], cuts, shards)


@settings(max_examples=150, deadline=None)
@given(logs(), st.lists(policies_of_one, min_size=2, max_size=4), st.lists(st.integers(0, 120), max_size=2))
def test_several_policies_in_one_pass_give_what_each_gives_alone(alerts, policies, cuts):
    assert [by_rule(alerts, policy) for policy in policies] == by_kernel(alerts, policies, cuts, shards=2)


@settings(max_examples=100, deadline=None)
@given(logs(), st.lists(st.integers(1, 6), min_size=2, max_size=5), policies_of_one)
def test_a_sweep_of_thresholds_shares_one_count(alerts, thresholds, policy):
    swept = [
        KernelPolicy(
            AlertStormRules(
                replace(policy.rules.default, threshold=t, clear_threshold=None, amber_threshold=None)
            ),
            policy.exclusion_list,
        )
        for t in thresholds
    ]

    assert [by_rule(alerts, each) for each in swept] == by_kernel(alerts, swept, [], shards=2)


def test_tables_grow_and_slots_are_used_again():
    """More streams than the first tables hold, in waves that leave the window, with storms among them."""
    policy = KernelPolicy(
        AlertStormRules(AlertStormParameters(threshold=2, window_us=1_000, forward_one_in=3)), ExclusionList()
    )
    alerts = []
    for wave in range(4):
        start = wave * 2_500
        alerts += [Alert(start + i // 40, wave * 7_919 * 40_000 + i, 0x8014) for i in range(40_000)]
        alerts += [Alert(start + 1_000 + i // 4, i % 3_000, 0x8015) for i in range(12_000 // 4 * 4)]
    alerts.sort(key=lambda alert: alert.at)
    recipients = Recipients()
    kernel = AlertStormKernel([policy], shards=2)
    for start in range(0, len(alerts), 10_000):
        kernel.receive(as_batch(alerts[start : start + 10_000], recipients))
    most_remembered = kernel.streams_remembered
    kernel.advance_to(alerts[-1].at + 1_000)
    decisions, storms = by_rule(alerts, policy)

    assert storms == in_order(
        [
            replace(
                storm, ended_at=storm.ended_at if storm.ended_at and storm.ended_at <= alerts[-1].at else None
            )
            for storm in storms_of(kernel.take_ended(), recipients)
        ]
    )
    assert sum(outcome == 1 for outcome, _, _ in decisions) == kernel.tallies(0).throttled_by_code.sum()
    assert len({(a.device_id, a.alert_code) for a in alerts}) == kernel.streams_seen
    assert {
        code: len({a.device_id for a in alerts if a.alert_code == code})
        for code in {a.alert_code for a in alerts}
    } == kernel.streams_by_code({a.alert_code for a in alerts})
    assert kernel.streams_remembered <= most_remembered < 100_000


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([1, 6, 7, 8, 9]), min_size=3, max_size=60),
    st.integers(1, 2),
    st.integers(3, 12),
)
def test_at_least_every_is_exact_within_a_storm(gaps, threshold, one_in):
    """Gaps of the promised interval, one less and one more, in storms that nothing else ends."""
    rule = AlertStormParameters(threshold, 1_000, forward_one_in=one_in, forward_at_least_every_us=7)
    policy = KernelPolicy(AlertStormRules(rule), ExclusionList())
    alerts = [Alert(1_000 + int(at), 1, 0x8F75) for at in np.cumsum(gaps)]

    assert [by_rule(alerts, policy)] == by_kernel(alerts, [policy], [], shards=1)


def test_a_queue_that_is_half_way_round_grows_in_order():
    """Steady traffic turns the ring; then more comes in one window than it holds."""
    policy = KernelPolicy(
        AlertStormRules(AlertStormParameters(threshold=3, window_us=1_000, forward_one_in=2)), ExclusionList()
    )
    steady = [Alert(i // 10, i % 4_000, 0x8014) for i in range(25_000)]
    burst = [Alert(2_500 + i // 100, i % 9_000, 0x8014) for i in range(45_000)]
    recipients = Recipients()
    kernel = AlertStormKernel([policy], shards=1)
    alerts = steady + burst
    for start in range(0, len(alerts), 5_000):
        kernel.receive(as_batch(alerts[start : start + 5_000], recipients))
    decisions, storms = by_rule(alerts, policy)
    found = np.concatenate([kernel.take_ended(), kernel.running()])

    assert sum(outcome == 1 for outcome, _, _ in decisions) == kernel.tallies(0).throttled_by_code.sum() > 0
    assert storms == in_order(storms_of(found, recipients))


@settings(max_examples=60, deadline=None)
@given(logs(), policies_of_one)
def test_tallies_add_up_to_the_decisions(alerts, policy):
    recipients = Recipients()
    kernel = AlertStormKernel([policy], shards=2)
    batch = as_batch(alerts, recipients)
    kernel.receive(batch)
    tallies = kernel.tallies(0)
    outcome = kernel.decisions(0, batch).outcome if alerts else np.empty(0, np.uint8)

    assert len(alerts) == tallies.received_by_code.sum() == tallies.received_by_recipient.sum()
    assert (outcome == 1).sum() == tallies.throttled_by_code.sum() == tallies.throttled_by_recipient.sum()
    assert (outcome == 2).sum() == tallies.excluded_by_code.sum() == tallies.excluded_by_recipient.sum()
    for code in {alert.alert_code for alert in alerts}:
        of_code = outcome[batch.alert_code == code]
        assert len(of_code) == tallies.received_by_code[code]
        assert (of_code == 1).sum() == tallies.throttled_by_code[code]
