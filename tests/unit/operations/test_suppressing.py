"""Replays under policies with suppressions: who is under which, what they decided, and who must say so."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings, strategies as st
from tests.logs import LogInMemory
from tests.streams import exclusion_lists, logs
from tests.suppressed import NEW, OLD, OTHER, an_inventory, inventories, suppressed_rules, with_products
from tests.unit.operations.test_replay import Kept

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.alert_storm.suppressions import Scope, Suppression
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.explain import explain
from tidegate.operations.ordered_log import OrderedLog, ReadOptions
from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.operations.several_policies import several_policies
from tidegate.operations.suppressing import products_of
from tidegate.policy.history import PolicyHistory
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.policy.suppressions import FixStatus, RegisterEntry
from tidegate.reports.replayed import Totals
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.products import NOT_KNOWN

CODE = 0x8F75
ENTRY = RegisterEntry("why", FixStatus.NOT_FIXABLE)
OWN = AlertStormParameters(threshold=4, window_us=100, forward_one_in=2)
FOR_EVER = 2**62


def a_suppression(name="S-1", product=OLD, *, expires=FOR_EVER, threshold=1, forward_one_in=10):
    return Suppression(name, (CODE,), (product,), expires, threshold=threshold, forward_one_in=forward_one_in)


def a_policy(*suppressions, version="1", effective_from=0, supersedes=None, mode=Mode.ENFORCED, own=None):
    storm_rules = own or AlertStormRules(OWN, suppressions=suppressions)
    return MechanismDocument(
        version,
        mode,
        effective_from,
        storm_rules,
        supersedes=supersedes,
        register={each.id: ENTRY for each in storm_rules.suppressions},
    )


def replayed(alerts, policy, rows, **options):
    return replay(LogInMemory(alerts), always(policy), inventory=an_inventory(rows), **options)


@st.composite
def cases(draw, most=3):
    alerts = draw(logs())
    rows = draw(inventories(alerts))
    policies = []
    for number in range(draw(st.integers(1, most))):
        storm_rules = draw(suppressed_rules(alerts))
        taken = {
            *storm_rules.codes,
            *(code for group in storm_rules.code_groups for code in group),
            *(code for each in storm_rules.suppressions for code in each.codes),
        }
        excluded = {code: "" for code in draw(exclusion_lists()).reasons if code not in taken}
        policies.append(
            replace(
                a_policy(own=storm_rules, version=f"v{number}", mode=draw(st.sampled_from(Mode))),
                exclusion_list=ExclusionList(excluded),
            )
        )
    return alerts, rows, policies


@settings(max_examples=60, deadline=None)
@given(cases(most=1), st.lists(st.integers(0, 120), max_size=3))
def test_a_replay_decides_what_the_rule_decides_and_adds_up(case, cuts):
    alerts, rows, (policy,) = case
    kept = Kept()
    found = replay(LogInMemory(alerts, cuts), always(policy), decisions=kept, inventory=an_inventory(rows))
    assume(alerts)
    if policy.mode is Mode.OFF:
        assert (len(alerts), {}) == (found.forwarded, found.by_suppression)
        return
    protection = AlertStormProtection(policy.alert_storm, policy.exclusion_list)
    known = with_products(alerts, rows)
    decisions = [protection.receive(alert) for alert in known]
    by_suppression = {each.id: Totals() for each in policy.alert_storm.suppressions}
    for alert, decision in zip(known, decisions, strict=True):
        under = policy.alert_storm.suppression_of(Scope(alert.alert_code, alert.product, alert.at))
        if under is not None:
            is_throttled = int(decision.outcome == 1)
            by_suppression[under.id] += Totals(1, 1 - is_throttled, is_throttled)

    assert [int(decision.outcome) for decision in decisions] == [outcome for _, outcome, _, _ in kept.rows]
    assert by_suppression == found.by_suppression


@settings(max_examples=60, deadline=None)
@given(cases())
def test_several_policies_give_what_each_gives_alone(case):
    alerts, rows, policies = case
    assume(alerts)  # of a log without any no policy was ever in force
    log = OrderedLog(LogInMemory(alerts), ReadOptions())
    found = several_policies(log, policies, shards=2, inventory=an_inventory(rows))

    for each in found:
        alone = replayed(alerts, each.policy, rows)
        assert alone.by_code == each.by_code
        assert alone.by_recipient == each.by_recipient
        assert alone.by_suppression == each.by_suppression
        assert {n: c.tolist() for n, c in alone.spells.columns.items()} == {
            n: c.tolist() for n, c in each.spells.columns.items()
        }


def test_who_is_under_a_suppression_the_row_in_force_says():
    """Device 1 gets the new firmware at 1,050; Device 2 never had the old; Device 3 no one knows."""
    rows = [(1, BEFORE_ALL, OLD), (1, 1_050, NEW), (2, BEFORE_ALL, OTHER), (4, BEFORE_ALL, NOT_KNOWN)]
    alerts = [Alert(at, device, CODE) for at in (1_048, 1_049, 1_050, 1_051) for device in (1, 2, 3, 4)]
    found = replayed(alerts, a_policy(a_suppression()), rows)

    assert {"S-1": Totals(2, 1, 1)} == found.by_suppression
    assert 8 == found.of_not_known
    assert 1 == found.throttled


def test_a_suppression_that_no_alert_is_under_is_told_with_nothing():
    found = replayed([Alert(1, 1, CODE)], a_policy(a_suppression()), [(1, BEFORE_ALL, NEW)])

    assert ({"S-1": Totals()}, 0) == (found.by_suppression, found.of_not_known)


def test_a_policy_without_suppressions_needs_no_inventory_and_tells_of_none():
    found = replay(LogInMemory([Alert(1, 1, CODE)]), always(a_policy()))

    assert ({}, 0) == (found.by_suppression, found.of_not_known)


def test_without_an_inventory_a_policy_with_suppressions_is_refused():
    log = LogInMemory([Alert(1, 1, CODE)])
    policy = a_policy(a_suppression("S-1"), a_suppression("S-2", OTHER))

    for attempt in (
        lambda: replay(log, always(policy)),
        lambda: several_policies(OrderedLog(log, ReadOptions()), [a_policy(), policy], shards=1),
        lambda: explain(log, 1, CODE, always(policy)),
    ):
        with pytest.raises(InputError) as refused:
            attempt()
        (fault,) = refused.value.faults
        assert "suppressions (S-1, S-2)" in fault.what
        assert "--inventory" in fault.remedy


def test_a_policy_that_is_off_needs_no_inventory_for_its_suppressions():
    found = replay(LogInMemory([Alert(1, 1, CODE)]), always(a_policy(a_suppression(), mode=Mode.OFF)))

    assert 1 == found.forwarded


def test_a_history_adds_up_what_a_suppression_decided_under_each_version():
    first = a_policy(a_suppression())
    second = a_policy(a_suppression(threshold=2), version="2", effective_from=1_004, supersedes="1")
    history = PolicyHistory([first, second])
    alerts = [Alert(1_000 + n, 1, CODE) for n in range(8)]
    found = replay(
        LogInMemory(alerts), history.over(BEFORE_ALL, None), inventory=an_inventory([(1, BEFORE_ALL, OLD)])
    )

    # Of the first four one passes, under the second version counting starts anew: two pass.
    assert {"S-1": Totals(8, 3, 5)} == found.by_suppression
    assert [3, 2] == [each.totals.throttled for each in found.in_force]


@pytest.mark.parametrize("shards", [1, 3])
def test_many_devices_are_told_apart_whatever_the_shards(shards):
    rows = [(device, BEFORE_ALL, OLD if device % 3 == 0 else NEW) for device in range(300)]
    alerts = [Alert(1_000 + n, device, CODE) for n in range(3) for device in range(300)]
    alerts.sort(key=lambda alert: alert.at)
    found = replayed(alerts, a_policy(a_suppression()), rows, options=ReplayOptions(shards=shards))

    assert {"S-1": Totals(300, 100, 200)} == found.by_suppression
    assert (200, 100) == (found.throttled, len(found.storms))


def test_the_story_says_when_a_device_comes_under_a_suppression_and_when_it_holds_no_more():
    rows = [(1, BEFORE_ALL, NEW), (1, 1_002, OLD)]
    policy = a_policy(a_suppression(expires=1_005))
    alerts = [Alert(1_000 + n, 1, CODE) for n in range(7)]
    (story,) = explain(LogInMemory(alerts), 1, CODE, always(policy), inventory=an_inventory(rows))
    turns = [(step.at, step.words) for step in story.steps if step.outcome is None]

    assert story.rule.startswith("A storm starts above 4")
    assert (1_002, "here the Device is under suppression S-1: A storm starts above 1") == (
        turns[0][0],
        turns[0][1].split(" in ")[0],
    )
    assert (1_005, "here suppression S-1 holds no more: A storm starts above 4") == (
        turns[1][0],
        turns[1][1].split(" in ")[0],
    )
    assert [0, 0, 1, 1, 1, 0, 1] == [int(step.outcome) for step in story.steps if step.outcome is not None]


def test_what_an_inventory_says_of_a_device_at_an_instant():
    inventory = an_inventory([(1, BEFORE_ALL, OLD), (1, 10, NEW)])
    found = products_of(inventory, np.array([1, 1, 2], np.uint64), np.array([9, 10, 9], np.int64))

    assert [OLD, NEW, NOT_KNOWN] == found
