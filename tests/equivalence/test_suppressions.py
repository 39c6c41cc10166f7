"""With suppressions too, the kernel decides what the readable rule decides."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings, strategies as st
from tests.equivalence.test_kernel import by_rule, in_order
from tests.streams import WINDOW, as_batch, exclusion_lists, logs, parameters
from tests.suppressed import an_inventory, flapping, inventories, suppressed_rules, with_products

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.plan import KernelPolicy
from tidegate.alert_storm.sharded import AlertStormKernel, storms_of
from tidegate.alert_storm.sieve import sieve_for
from tidegate.alert_storm.suppressions import Scope
from tidegate.columnar.batches import Recipients
from tidegate.operations.suppressing import Scoping, scoping_for


@st.composite
def cases(draw, *, most_policies=1, of=None):
    """A log, what its Devices were, and policies that suppress some of it."""
    alerts = draw(logs())
    rows = draw(inventories(alerts))
    policies = [
        KernelPolicy(draw(suppressed_rules(alerts, of)), draw(exclusion_lists()))
        for _ in range(draw(st.integers(1, most_policies)))
    ]
    return alerts, rows, policies


def by_kernel(alerts, rows, policies, cuts, shards):
    recipients = Recipients()
    scoping = Scoping(policies, an_inventory(rows))
    kernel = AlertStormKernel(policies, scopes=scoping.scopes, shards=shards)
    decisions: list[list[tuple[int, int, int]]] = [[] for _ in policies]
    edges = sorted({0, len(alerts), *(cut for cut in cuts if cut < len(alerts))})
    for start, stop in pairwise(edges):
        batch = scoping.scoped(as_batch(alerts[start:stop], recipients))
        kernel.receive(batch)
        for number in range(len(policies)):
            d = kernel.decisions(number, batch)
            columns = (d.outcome, d.throttled_alert_sequence_id, d.throttled_alert_count)
            decisions[number] += zip(*(column.tolist() for column in columns), strict=True)
    spells = np.concatenate([kernel.take_ended(), kernel.running()])
    found = [
        (decisions[number], in_order(storms_of(spells[spells["policy"] == number], recipients)))
        for number in range(len(policies))
    ]
    return found, kernel


@settings(max_examples=300, deadline=None)
@given(cases(), st.lists(st.integers(0, 120), max_size=4), st.integers(1, 3))
def test_the_kernel_agrees_with_the_rule(case, cuts, shards):
    alerts, rows, policies = case

    assert [by_rule(with_products(alerts, rows), policies[0])] == by_kernel(
        alerts, rows, policies, cuts, shards
    )[0]


@settings(max_examples=500, deadline=None)
@given(flapping(), st.booleans())
def test_a_storm_that_goes_in_and_out_of_a_suppression_ends_where_the_rule_says(case, is_alone):
    alerts, rows, own = case
    policies = [KernelPolicy(own, ExclusionList())]
    if not is_alone:
        policies.append(KernelPolicy(AlertStormRules(own.default), ExclusionList()))
    known = with_products(alerts, rows)

    assert [by_rule(known, policy) for policy in policies] == by_kernel(alerts, rows, policies, [], 1)[0]


@settings(max_examples=200, deadline=None)
@given(cases(most_policies=4), st.lists(st.integers(0, 120), max_size=2))
def test_several_policies_in_one_pass_give_what_each_gives_alone(case, cuts):
    alerts, rows, policies = case
    known = with_products(alerts, rows)

    assert [by_rule(known, policy) for policy in policies] == by_kernel(alerts, rows, policies, cuts, 2)[0]


@settings(max_examples=200, deadline=None)
@given(cases(most_policies=3, of=parameters((WINDOW,)).map(AlertStormRules)))
def test_behind_the_sieve_the_storms_and_totals_are_the_same(case):
    alerts, rows, policies = case
    recipients = Recipients()
    scoping = Scoping(policies, an_inventory(rows))
    kernel = AlertStormKernel(policies, scopes=scoping.scopes, keep_decisions=False)
    sieve = sieve_for(policies, scoping.scopes)
    batch = scoping.scoped(as_batch(alerts, recipients))
    if sieve is None:
        kernel.receive(batch)
    else:
        pieces = [*sieve.push(batch, np.arange(len(alerts))), *sieve.finish()]
        for _, piece, passes in pieces:
            kernel.receive(piece, passes)
    spells = np.concatenate([kernel.take_ended(), kernel.running()])

    for number, policy in enumerate(policies):
        decisions, storms = by_rule(with_products(alerts, rows), policy)
        assert storms == in_order(storms_of(spells[spells["policy"] == number], recipients))
        assert (
            sum(outcome == 1 for outcome, _, _ in decisions) == kernel.tallies(number).throttled_by_code.sum()
        )


@settings(max_examples=100, deadline=None)
@given(cases(most_policies=2))
def test_totals_by_code_and_by_scope_add_up_to_the_decisions(case):
    alerts, rows, policies = case
    found, kernel = by_kernel(alerts, rows, policies, [], 2)
    scoping = Scoping(policies, an_inventory(rows))
    known = with_products(alerts, rows)

    for number, policy in enumerate(policies):
        tallies = kernel.tallies(number)
        assert len(alerts) == tallies.received_by_code.sum()
        by_suppression = dict.fromkeys([each.id for each in policy.rules.suppressions], (0, 0))
        for alert, (outcome, _, _) in zip(known, found[number][0], strict=True):
            under = policy.rules.suppression_of(Scope(alert.alert_code, alert.product, alert.at))
            if under is not None:
                received, throttled = by_suppression[under.id]
                by_suppression[under.id] = (received + 1, throttled + (outcome == 1))
        counted = dict.fromkeys(by_suppression, (0, 0))
        for n, scope in enumerate(scoping.scopes):
            under = policy.rules.suppression_of(scope)
            if under is not None:
                received, throttled = counted[under.id]
                counted[under.id] = (
                    received + int(tallies.received_by_scope[n]),
                    throttled + int(tallies.throttled_by_scope[n]),
                )
        assert by_suppression == counted


def test_a_policy_without_suppressions_has_no_scopes():
    policy = KernelPolicy(AlertStormRules(AlertStormParameters(3, WINDOW)), ExclusionList())

    assert scoping_for([policy], None) is None
    assert [] == Scoping([policy], an_inventory([])).scopes
