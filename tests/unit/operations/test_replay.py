"""A replay decides what the rule decides, adds up, and keeps the order of the input."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings, strategies as st
from tests.logs import LogInMemory
from tests.streams import exclusion_lists, logs, rules

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.exclusion_list import ExclusionList
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules, CountBy
from tidegate.alert_storm.protection import AlertStormProtection
from tidegate.columnar.batches import ReadBatch, RejectedRow
from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.policy.history import PolicyHistory
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import HOUR


@dataclass
class Kept:
    """Keeps the decisions, as (Alert, outcome, sequence id, count)."""

    rows: list[tuple[Alert, int, int, int]] = field(default_factory=list)

    def write(self, original, outcome, sequence_id, count, kept):
        alerts = [alert for alert, is_kept in zip(original, kept.tolist(), strict=True) if is_kept]
        self.rows += zip(alerts, outcome.tolist(), sequence_id.tolist(), count.tolist(), strict=True)


@dataclass
class KeptRows:
    rows: list[RejectedRow] = field(default_factory=list)

    def write(self, row):
        self.rows.append(row)


def policy(
    storm_rules=None, excluded=None, version="1", effective_from=0, mode=Mode.ENFORCED, supersedes=None
):
    storm_rules = storm_rules or AlertStormRules(
        AlertStormParameters(threshold=2, window_us=HOUR, forward_one_in=3)
    )
    return MechanismDocument(
        version, mode, effective_from, storm_rules, excluded or ExclusionList(), supersedes=supersedes
    )


def by_rule(alerts, storm_rules, excluded):
    protection = AlertStormProtection(storm_rules, excluded)
    decisions = [protection.receive(alert) for alert in alerts]
    return [(int(d.outcome), d.throttled_alert_sequence_id, d.throttled_alert_count) for d in decisions]


def allowed(excluded, storm_rules):
    """The exclusion list without the codes that have rules of their own: a policy does not allow both."""
    ruled = {*storm_rules.codes, *(code for group in storm_rules.code_groups for code in group)}
    return ExclusionList({code: reason for code, reason in excluded.reasons.items() if code not in ruled})


@settings(max_examples=80)
@given(logs(), rules(), exclusion_lists(), st.lists(st.integers(0, 120), max_size=3))
def test_a_replay_decides_what_the_rule_decides_and_adds_up(alerts, storm_rules, excluded, cuts):
    excluded = allowed(excluded, storm_rules)
    kept = Kept()
    result = replay(LogInMemory(alerts, cuts), always(policy(storm_rules, excluded)), decisions=kept)

    assert [(a, *d) for a, d in zip(alerts, by_rule(alerts, storm_rules, excluded), strict=True)] == kept.rows
    assert len(alerts) == result.received
    assert sum(t.received for t in result.by_code.values()) == result.received
    assert sum(t.throttled for t in result.by_recipient.values()) == result.throttled
    assert sum(t.excluded for t in result.by_recipient.values()) == result.excluded
    assert sum(hour.totals.received for hour in result.hours) == result.received
    assert sum(hour.totals.throttled for hour in result.hours) == result.throttled
    assert len({AlertStormProtection(storm_rules).stream_of(a) for a in alerts}) == result.streams


@settings(max_examples=80)
@given(
    logs(), st.lists(st.integers(0, 120), max_size=3), st.randoms(use_true_random=False), st.integers(0, 60)
)
def test_late_alerts_are_decided_in_their_place_and_written_where_they_stood(alerts, cuts, random, look_back):
    shuffled = sorted(alerts, key=lambda alert: alert.at + random.randint(0, look_back))
    kept, rejected = Kept(), KeptRows()
    result = replay(
        LogInMemory(shuffled, cuts),
        always(policy()),
        ReplayOptions(look_back_us=look_back),
        decisions=kept,
        rejected=rejected,
    )
    in_order = [row for _, row in sorted(enumerate(shuffled), key=lambda pair: (pair[1].at, pair[0]))]
    expected = dict(
        zip(map(id, in_order), by_rule(in_order, policy().alert_storm, ExclusionList()), strict=True)
    )

    assert [] == rejected.rows
    assert [(alert, *expected[id(alert)]) for alert in shuffled] == kept.rows
    youngest = 0
    late = sum(alert.at < (youngest := max(youngest, alert.at)) for alert in shuffled)
    assert late == result.late


def test_an_alert_beyond_the_look_back_is_rejected_with_its_line_and_the_remedy():
    log = LogInMemory([Alert(100, 1, 5), Alert(120, 1, 5), Alert(109, 2, 5), Alert(110, 3, 5)])
    kept, rejected = Kept(), KeptRows()
    result = replay(log, always(policy()), ReplayOptions(look_back_us=10), decisions=kept, rejected=rejected)

    assert (4, 3, 1, 1) == (result.received, result.forwarded, result.rejected, result.late)
    assert [100, 120, 110] == [alert.at for alert, *_ in kept.rows]
    (row,) = rejected.rows
    assert row.line == 3
    assert "--look-back" in row.reason
    with pytest.raises(InputError, match="line 3"):
        replay(log, always(policy()), ReplayOptions(look_back_us=10, is_strict=True))


def test_rejected_rows_are_received_and_their_kinds_counted():
    bad = [RejectedRow("log", line, f"'{line}x' is not an instant") for line in (7, 9)]
    result = replay(LogInMemory([Alert(1, 1, 5)], rejected=bad), always(policy()))

    assert (3, 1, 2) == (result.received, result.forwarded, result.rejected)
    assert [2] == [count for count, _ in result.rejected_by_reason.values()]


@given(logs(), st.integers(990, 1_200), st.integers(0, 300))
def test_the_period_is_closed_at_its_beginning_and_open_at_its_end(alerts, since, length):
    within = [alert for alert in alerts if since <= alert.at < since + length]
    kept = Kept()
    result = replay(
        LogInMemory(alerts),
        always(policy()),
        ReplayOptions(since=since, until=since + length),
        decisions=kept,
    )

    assert within == [alert for alert, *_ in kept.rows]
    assert len(alerts) - len(within) == result.outside_period
    assert len(within) == result.received


@settings(max_examples=80)
@given(logs(), rules(), rules(), st.integers(1_000, 1_400), exclusion_lists())
def test_each_version_decides_the_period_it_is_in_force(alerts, first, second, change, excluded):
    """Storms end at the change, counting starts anew, and what was not told is told under the new version."""
    excluded = allowed(excluded, second)
    one = policy(first, version="1", effective_from=0)
    two = policy(second, excluded, version="2", effective_from=change, supersedes="1")
    kept = Kept()
    result = replay(LogInMemory(alerts), PolicyHistory([one, two]).over(0), decisions=kept)
    protection = AlertStormProtection(first)
    decisions, storms, version = [], [], "1"
    for alert in alerts:
        if version == "1" and alert.at >= change:
            storms += [("1", storm) for storm in protection.change_rules(second, excluded, change)]
            version = "2"
        storms += [(version, storm) for storm in protection.advance_to(alert.at)]
        decisions.append(protection.receive(alert))
    storms += [(version, storm) for storm in protection.running()]
    columns = result.spells.columns
    found = zip(
        columns["policy_version"],
        columns["started_at"],
        columns["ended_at"],
        columns["throttled"],
        strict=True,
    )

    assert [(int(d.outcome), d.throttled_alert_sequence_id, d.throttled_alert_count) for d in decisions] == [
        row[1:] for row in kept.rows
    ]
    assert sorted((v, s.started_at, s.ended_at or -(2**63), s.throttled) for v, s in storms) == sorted(found)
    assert sum(part.totals.received for part in result.in_force) == result.received


def test_what_was_not_told_under_the_old_version_is_told_under_the_new_one():
    alerts = [Alert(100 + i, 1, 5) for i in range(4)] + [Alert(200, 1, 5)]
    kept = Kept()
    one = policy(version="1")
    replay(
        LogInMemory(alerts),
        PolicyHistory([one, policy(version="2", effective_from=150, supersedes="1")]).over(0),
        decisions=kept,
    )

    assert [0, 0, 1, 1, 0] == [outcome for _, outcome, _, _ in kept.rows]
    assert (1, 2) == kept.rows[-1][2:]


def test_a_policy_that_is_off_forwards_everything_and_shadow_decides_as_if_enforced():
    alerts = [Alert(100 + i, 1, 5) for i in range(6)]
    off = replay(LogInMemory(alerts), always(policy(mode=Mode.OFF)))
    shadow = replay(LogInMemory(alerts), always(policy(mode=Mode.SHADOW)))
    enforced = replay(LogInMemory(alerts), always(policy()))

    assert (6, 0) == (off.forwarded, len(off.storms))
    assert enforced.throttled == shadow.throttled > 0


def test_storm_hours_count_what_came_within_storms_in_each_hour():
    alerts = [Alert(i * HOUR // 8, 9, 5) for i in range(20)]
    result = replay(LogInMemory(alerts), always(policy()))
    (storm,) = result.storms.columns["received"]

    assert storm == sum(hour.received for hour in result.storm_hours)
    assert [6, 8, 4] == [hour.received for hour in result.storm_hours]


def test_interrupted_it_returns_what_it_had_and_says_so():
    class Interrupted(LogInMemory):
        def batches(self):
            first, *_ = super().batches()
            yield replace(first, progress=0.5)
            raise KeyboardInterrupt

    alerts = [Alert(i, 1, 5) for i in range(10)]
    kept = Kept()
    result = replay(
        Interrupted(alerts, cuts=[5]), always(policy()), ReplayOptions(look_back_us=2), decisions=kept
    )

    assert result.is_partial
    assert 0.5 == result.completed
    assert len(kept.rows) == result.received <= 5


def test_amber_spells_stand_beside_storms():
    rule = AlertStormRules(AlertStormParameters(threshold=5, window_us=HOUR, amber_threshold=2))
    result = replay(LogInMemory([Alert(i, 1, 5) for i in range(4)]), always(policy(rule)))

    assert (0, 1) == (len(result.storms), len(result.spells.at_level(Level.AMBER)))


def test_a_batch_without_alerts_is_no_trouble():
    class WithEmpty(LogInMemory):
        def batches(self):
            for batch in super().batches():
                yield batch
                yield ReadBatch(batch.alerts.slice(0, 0), self.name, original=[])

    alerts = [Alert(i, 1, 5) for i in range(10)]
    kept = Kept()
    result = replay(WithEmpty(alerts, cuts=[3]), always(policy()), decisions=kept)

    assert 10 == result.received == len(kept.rows)


@settings(max_examples=80)
@given(
    logs(), rules(), exclusion_lists(), st.lists(st.integers(0, 120), max_size=3), st.integers(1_000, 1_400)
)
def test_without_decisions_the_result_is_the_same(alerts, storm_rules, excluded, cuts, change):
    """Totals, hours and storms; over a change of policy too. No decisions: the sieve is at work."""
    first = policy(storm_rules, allowed(excluded, storm_rules))
    periods = PolicyHistory([first, policy(version="2", effective_from=change, supersedes="1")]).over(0)
    for in_force in (always(first), periods):
        with_decisions = replay(LogInMemory(alerts, cuts), in_force, decisions=Kept())
        without = replay(LogInMemory(alerts, cuts), in_force)

        for name in ("received", "forwarded", "throttled", "excluded", "streams", "by_code", "by_recipient"):
            assert getattr(with_decisions, name) == getattr(without, name), name
        assert with_decisions.hours == without.hours
        assert with_decisions.storm_hours == without.storm_hours
        for column, values in with_decisions.spells.columns.items():
            assert values.tolist() == without.spells.columns[column].tolist()


def test_what_is_outside_the_period_makes_nothing_late_and_is_not_rejected():
    log = [Alert(10, 1, 5), Alert(5, 1, 5), Alert(20, 1, 5), Alert(7_200, 1, 5), Alert(30, 1, 5)]
    options = ReplayOptions(since=15, until=25, look_back_us=10)
    result = replay(LogInMemory(log), always(policy()), options)

    assert (1, 0, 0, 4) == (result.received, result.rejected, result.late, result.outside_period)


def test_off_says_what_a_stream_is_all_the_same():
    rule = AlertStormRules(AlertStormParameters(1, 10), count_by=CountBy.DEVICE_CODE)
    log = [Alert(1, 1, 5, "a"), Alert(2, 1, 5, "b")]

    assert 1 == replay(LogInMemory(log), always(policy(rule, mode=Mode.OFF))).streams
