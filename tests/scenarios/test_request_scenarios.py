"""Each scenario of Service Requests, at a twenty-fifth of its size, finds what it says it should find."""

from __future__ import annotations

from functools import cache

import pytest

from tidegate.policy_files import find_policy
from tidegate.reports.requests_simulated import Control, ControlOutcome, RequestsSimulated, Tally
from tidegate.simulation.requests.comparison import Asked, simulation
from tidegate.simulation.requests.scenario_files import find_scenario, request_scenarios

RULE, WRITTEN, NONE, CAPS = Control.TIDEGATE, Control.AS_WRITTEN, Control.NONE, Control.HARD_CAPS

SEEN = {
    "2am-restart": (RULE, WRITTEN),
    "beast-from-the-east": (RULE,),
    "one-user-bug": (RULE, NONE, CAPS),
    "priority-only-overload": (RULE, WRITTEN),
    "install-and-commission-day": (RULE, WRITTEN),
    "prepay-evening-peak": (RULE, NONE),
    "mhhs-daily-reads": (RULE, WRITTEN),
    "extra-capacity": (RULE, NONE),
}
"""The controls that a scenario's finding is about."""

MINUTES = {
    "2am-restart": 25,
    "beast-from-the-east": 18,
    "one-user-bug": 10,
    "priority-only-overload": 8,
    "install-and-commission-day": 20,
    "prepay-evening-peak": 18,
    "mhhs-daily-reads": 20,
    "extra-capacity": 19,
}
"""As many of each as its finding needs."""


@cache
def found(name: str) -> RequestsSimulated:
    asked = Asked(scale=0.04, minutes=MINUTES[name])
    return simulation(find_scenario(name), find_policy("illustrative-2"), asked).compare(only=SEEN[name])


def under(name: str, control: Control) -> ControlOutcome:
    return found(name).under(control)


def of(outcome: ControlOutcome, stream: str) -> Tally:
    return outcome.stream(stream).tally


def test_every_scenario_is_here() -> None:
    assert set(request_scenarios()) == set(SEEN)


@pytest.mark.parametrize("name", list(SEEN))
def test_under_the_rule_nobody_within_its_allocation_is_refused_below_the_maximum(name: str) -> None:
    rule = [each for each in found(name).outcomes if each.control is RULE]

    assert [0] * len(rule) == [each.total.refused_within for each in rule]
    assert all(each.total.refused > 0 for each in rule if each.capacity == 1)


@pytest.mark.parametrize("name", list(SEEN))
def test_every_control_is_given_the_same_demand_and_loses_no_task_from_sight(name: str) -> None:
    for each in found(name).outcomes:
        total = each.total

        assert found(name).outcomes[0].total.due == total.due
        assert total.due == total.done + total.waiting + total.stranded + total.lost
        assert total.sent == total.answered + total.refused + total.unanswered + total.met_outage


def test_after_a_restart_nothing_is_lost_and_fewest_are_sent_again() -> None:
    rule, written = (under("2am-restart", each).total for each in (RULE, WRITTEN))

    assert (0, 0) == (rule.lost, rule.stranded)
    assert rule.amplification < written.amplification


def test_with_supply_status_on_the_list_networks_are_served_sooner_and_suppliers_wait() -> None:
    own, asked = found("beast-from-the-east").of_lists
    before, after = (of(each, "supply status reads") for each in (own, asked))

    assert after.done > before.done
    assert (after.slow_us or 0) < (before.slow_us or 0)
    assert of(asked, "meter reads").done < of(own, "meter reads").done


def test_one_users_fault_costs_the_others_little_under_the_rule_and_much_without() -> None:
    def done_of_others(control: Control) -> float:
        others = [each.tally for each in under("one-user-bug", control).users if each.user != "Supplier C"]
        return sum(each.done for each in others) / sum(each.due for each in others)

    assert done_of_others(RULE) > 0.95
    assert done_of_others(NONE) < 0.85
    assert under("one-user-bug", RULE).total.answered > under("one-user-bug", CAPS).total.answered


def test_what_is_exempt_pushes_all_else_aside_and_shares_of_the_maximum_do_not() -> None:
    rule, written = (under("priority-only-overload", each) for each in (RULE, WRITTEN))

    assert rule.total.done > written.total.done
    assert of(rule, "network reads").done > of(written, "network reads").done
    assert rule.served_for_nobody < written.served_for_nobody


def test_no_install_is_stranded_under_the_rule_and_most_are_as_written() -> None:
    rule, written = (of(under("install-and-commission-day", each), "installs") for each in (RULE, WRITTEN))

    assert (rule.due, 0) == (rule.done, rule.stranded)
    assert written.stranded > written.due / 3


def test_what_eon_asked_for_strands_no_fewer_where_sequences_are_continued() -> None:
    own, asked = found("install-and-commission-day").of_lists

    assert "8.1.1" in set(asked.priority) - set(own.priority)
    assert (0, 0) == (own.total.stranded, asked.total.stranded)


def test_more_vends_are_done_with_a_priority_list_than_without_control() -> None:
    rule, none = (of(under("prepay-evening-peak", each), "vends") for each in (RULE, NONE))

    assert rule.done > none.done


def test_no_read_of_a_night_is_lost_under_the_rule_and_fewest_are_sent_again() -> None:
    rule, written = (under("mhhs-daily-reads", each).total for each in (RULE, WRITTEN))

    assert (0, 0) == (rule.lost, rule.stranded)
    assert 1.5 * rule.amplification < written.amplification


def test_a_quarter_more_capacity_is_enough_with_the_rule_and_half_more_without() -> None:
    outcomes = {(each.control, float(each.capacity)): each for each in found("extra-capacity").of_capacities}
    nearly_all = {key for key, each in outcomes.items() if each.total.done > 0.98 * each.total.due}

    assert {(RULE, 1.25), (RULE, 1.5), (RULE, 2.0), (NONE, 1.5), (NONE, 2.0)} == nearly_all
