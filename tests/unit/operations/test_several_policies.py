"""Several policies in one pass: each gives what it gives alone, whatever the others are."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings, strategies as st
from tests.logs import LogInMemory
from tests.streams import WINDOW, exclusion_lists, logs, parameters, rules

from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.operations.ordered_log import OrderedLog, ReadOptions
from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.operations.several_policies import several_policies
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.replayed import Totals
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import DAY


@st.composite
def policies(draw, storm_rules, most=4):
    """Policies of every mode; an excluded code has neither override nor group."""
    made = []
    for number in range(draw(st.integers(1, most))):
        its_rules = draw(storm_rules)
        grouped = {code for group in its_rules.code_groups for code in group}
        excluded = {
            code: ""
            for code in draw(exclusion_lists()).reasons
            if code not in its_rules.codes and code not in grouped
        }
        mode = draw(st.sampled_from(Mode))
        made.append(MechanismDocument(f"v{number}", mode, 0, its_rules, ExclusionList(excluded)))
    return made


def of_one_window():
    """Policies that share their counts, so that a sieve serves them all."""
    return policies(parameters((WINDOW,)).map(AlertStormRules))


def outcomes(alerts, given_policies, *, cuts=(), shards=2, **options):
    log = OrderedLog(LogInMemory(alerts, cuts), ReadOptions())
    return several_policies(log, given_policies, shards=shards, **options)


def columns_of(spells):
    return {name: column.tolist() for name, column in spells.columns.items()}


def alone(alerts, policy):
    return replay(LogInMemory(alerts), always(policy), ReplayOptions(shards=1))


@settings(max_examples=60)
@given(
    logs(), policies(rules()) | of_one_window(), st.lists(st.integers(0, 120), max_size=3), st.integers(1, 2)
)
def test_each_policy_gives_what_it_gives_alone(alerts, given_policies, cuts, shards):
    found = outcomes(alerts, given_policies, cuts=cuts, shards=shards)

    assert given_policies == [each.policy for each in found]
    for each in found:
        expected = alone(alerts, each.policy)
        assert expected.by_code == each.by_code
        assert expected.by_recipient == each.by_recipient
        assert columns_of(expected.spells) == columns_of(each.spells)


@settings(max_examples=40)
@given(logs(), policies(rules()) | of_one_window(), st.integers(1, 5))
def test_days_add_up_to_the_whole_and_know_their_alerts(alerts, given_policies, stretch):
    # A microsecond of these logs becomes minutes: some span days, and none a window, which stays short.
    spread = [Alert(a.at * stretch * 60_000_000, a.device_id, a.alert_code, a.recipient) for a in alerts]
    found = outcomes(spread, given_policies, by_day=True)

    received: dict[tuple[int, int], int] = defaultdict(int)
    for alert in spread:
        received[alert.at - alert.at % DAY, alert.alert_code] += 1
    for each in found:
        assert received == {(day.day, day.alert_code): day.totals.received for day in each.days}
        whole: dict[int, Totals] = defaultdict(Totals)
        for day in each.days:
            whole[day.alert_code] += day.totals
        assert each.by_code == whole


def test_a_storm_over_midnight_is_counted_on_both_days():
    policy = MechanismDocument(
        "1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(2, 100, forward_one_in=1_000))
    )
    alerts = [Alert(DAY + gap, 1, 0x8F75) for gap in (-3, -2, -1, 0, 1)]
    (found,) = outcomes(alerts, [policy], by_day=True)

    assert [(0, Totals(3, 2, 1)), (DAY, Totals(2, 0, 2))] == [(each.day, each.totals) for each in found.days]
    assert 1 == len(found.spells)


def test_days_are_left_out_where_they_were_not_asked_for():
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(2, 100)))
    (found,) = outcomes([Alert(1, 1, 0x8F75)], [policy])

    assert [] == list(found.days)


def test_watchers_see_every_alert_once_in_receipt_order():
    seen = []

    class Watcher:
        def receive(self, alerts):
            seen.extend(alerts.received_at.tolist())

    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(2, 100)))
    outcomes([Alert(at, 1, 0x8F75) for at in (5, 3, 9, 7)], [policy] * 2, cuts=(1, 3), watchers=[Watcher()])

    assert [3, 5, 7, 9] == seen


def test_a_log_with_no_alert_has_no_totals_and_no_storms():
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(2, 100)))
    (found,) = outcomes([], [policy])

    assert ({}, {}, 0) == (found.by_code, found.by_recipient, len(found.spells))
    assert np.uint64 == found.spells.columns["device_id"].dtype
