"""Policies compared: each outcome is that of the policy alone, versions and histories alike."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st
from tests.logs import LogInMemory
from tests.streams import exclusion_lists, logs, rules

from tidegate.alert_storm.decision import Outcome as Decided
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.compare_policies import Contender, compare_policies
from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.policy.history import PolicyPeriod
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.reports.replayed import Totals
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY

ONE = ReplayOptions(shards=1)


@st.composite
def documents(draw, version):
    its_rules = draw(rules())
    grouped = {code for group in its_rules.code_groups for code in group}
    excluded = [
        code for code in draw(exclusion_lists()) if code not in its_rules.codes and code not in grouped
    ]
    return MechanismDocument(
        version, draw(st.sampled_from(Mode)), 0, its_rules, ExclusionList(dict.fromkeys(excluded, ""))
    )


@st.composite
def contenders(draw):
    """One version, one history of two versions, one more version."""
    change = draw(st.sampled_from([1_000, 1_007, 1_050, 2_000]))
    history = [
        PolicyPeriod(BEFORE_ALL, change, draw(documents("old"))),
        PolicyPeriod(change, None, draw(documents("new"))),
    ]
    return [
        Contender("a", always(draw(documents("a")))),
        Contender("history", history),
        Contender("b", always(draw(documents("b")))),
    ]


class Fates:
    """Every Alert and what was decided on it."""

    def __init__(self):
        self.totals = defaultdict(Totals)

    def write(self, original, outcome, _sequence_id, _count, kept):
        alerts = [alert for alert, is_kept in zip(original, kept.tolist(), strict=True) if is_kept]
        for alert, its in zip(alerts, outcome.tolist(), strict=True):
            self.totals[alert.alert_code, alert.recipient] += Totals(
                1,
                int(its == Decided.FORWARDED),
                int(its == Decided.THROTTLED),
                int(its == Decided.EXCLUDED),
            )


@settings(max_examples=40)
@given(logs(), contenders(), st.lists(st.integers(0, 120), max_size=2))
def test_each_outcome_is_that_of_a_replay_of_its_own(alerts, given_contenders, cuts):
    compared = compare_policies(LogInMemory(alerts, cuts), given_contenders, ONE)

    for contender, outcome in zip(given_contenders, compared.outcomes, strict=True):
        fates = Fates()
        alone = replay(LogInMemory(alerts), contender.periods, ONE, decisions=fates)
        assert alone.by_code == outcome.replayed.by_code
        assert alone.by_recipient == outcome.replayed.by_recipient
        assert {name: column.tolist() for name, column in alone.spells.columns.items()} == {
            name: column.tolist() for name, column in outcome.replayed.spells.columns.items()
        }
        assert sum(alone.by_code.values(), Totals()) == sum(outcome.days.values(), Totals())
        if outcome.cells is not None:
            assert fates.totals == outcome.cells


@given(logs())
def test_a_policy_that_counts_each_code_and_recipient_tells_of_each(alerts):
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(1, 20, 3)))
    (one, _) = compare_policies(LogInMemory(alerts), [of(policy), of(named(policy, "2"))], ONE).outcomes

    assert one.cells is not None


def test_a_policy_that_counts_over_recipients_does_not_say_who_is_spared():
    over = AlertStormRules(AlertStormParameters(1, 20, 3), count_by=CountBy.DEVICE_CODE)
    policy = MechanismDocument("1", Mode.ENFORCED, 0, over)
    alerts = [Alert(at, 1, 0x8F75, "one" if at % 2 else "other") for at in range(8)]
    outcome, _ = compare_policies(LogInMemory(alerts), [of(policy), of(named(policy, "2"))], ONE).outcomes

    assert outcome.replayed.throttled > 0
    assert outcome.cells is None
    assert {"all", "code", "recipient"} == {row.level for row in _rows(outcome)}


def test_the_rows_of_a_level_add_up_to_the_whole():
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(2, 100, 10)))
    alerts = [Alert(at, at % 2, code, name) for at in range(40) for code in (1, 2) for name in ("x", "y")]
    compared = compare_policies(LogInMemory(alerts), [of(policy), of(named(policy, "2"))], ONE)

    for name in ("1", "2"):
        by_level: dict[str, Totals] = defaultdict(Totals)
        storms: dict[str, int] = defaultdict(int)
        for row in compared.rows():
            if row.policy == name:
                by_level[row.level] += row.totals
                storms[row.level] += row.storms
        assert 4 == len(by_level)
        assert 1 == len(set(by_level.values()))
        assert {8} == set(storms.values())


def test_two_policies_of_one_name_are_refused_and_named():
    policy = MechanismDocument("same", Mode.OFF, 0, AlertStormRules(AlertStormParameters(2, 100)))

    with pytest.raises(InputError, match="2 of the policies are named same"):
        compare_policies(LogInMemory([]), [of(policy), of(policy)], ONE)


def test_a_log_without_alerts_is_compared_to_nothing():
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(2, 100)))
    compared = compare_policies(LogInMemory([]), [of(policy), of(named(policy, "2"))], ONE)

    assert (0, 0.0, []) == (compared.decided, compared.days, compared.codes)
    assert 2 == len(list(compared.rows()))


def test_interrupted_every_policy_is_told_of_the_same_alerts():
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(2, 100, 10)))
    history = [PolicyPeriod(BEFORE_ALL, 9, policy), PolicyPeriod(9, None, named(policy, "3"))]

    def interrupt(_done, _rows):
        raise KeyboardInterrupt

    compared = compare_policies(
        LogInMemory([Alert(at, 1, 5) for at in range(20)], (8,)),
        [of(policy), of(named(policy, "2")), Contender("history", history)],
        ONE,
        progress=interrupt,
    )

    assert {8} == {outcome.replayed.received for outcome in compared.outcomes}
    assert all(outcome.replayed.is_partial for outcome in compared.outcomes)


def test_emails_are_one_a_day_for_each_device_and_recipient_with_a_storm():
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(1, 10, 2)))
    alerts = [
        Alert(day * DAY + hour * 1_000 + at, 7, code, recipient)
        for day in (0, 1)
        for hour in (1, 2)
        for at in (0, 1)
        for code in (5, 6)
        for recipient in ("one", "other")
    ]
    outcome, _ = compare_policies(LogInMemory(alerts), [of(policy), of(named(policy, "2"))], ONE).outcomes

    assert (16, 4, 1) == (len(outcome.replayed.storms), outcome.device_days, outcome.time_to_detect)


@pytest.mark.parametrize(("ends", "emails"), [(DAY + 1, 1), (DAY + 2, 2)])
def test_a_storm_is_told_of_on_each_day_it_runs_and_not_on_one_that_begins_as_it_ends(ends, emails):
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(1, 10, 2)))
    alerts = [Alert(at, 7, 5) for at in (ends - 11, ends - 10, ends + 50)]
    outcome, _ = compare_policies(LogInMemory(alerts), [of(policy), of(named(policy, "2"))], ONE).outcomes

    assert [ends - 1] == outcome.replayed.storms.columns["ended_at"].tolist()
    assert emails == outcome.device_days


def of(policy):
    return Contender(policy.version, always(policy))


def named(policy, version):
    return replace(policy, version=version)


def _rows(outcome):
    from tidegate.reports.compared import Compared  # noqa: PLC0415

    return list(Compared([outcome, outcome]).rows())
