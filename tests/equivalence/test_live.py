"""Live, over any history of policies, however it was cut and restarted: the decisions of a replay."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.logs import LogInMemory
from tests.streams import as_batch, exclusion_lists, logs, rules

from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.kernel import NEVER
from tidegate.alert_storm.parameters import AlertStormParameters, AlertStormRules
from tidegate.columnar.batches import Recipients
from tidegate.operations.live_protection import LiveProtection
from tidegate.operations.live_snapshot import StaleSnapshotError
from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.policy.history import PolicyHistory
from tidegate.policy.mechanism import MechanismDocument, Mode
from tidegate.vocabulary.alerts import Alert


@dataclass
class Kept:
    rows: list[tuple[int, int, int]] = field(default_factory=list)

    def write(self, _original, outcome, sequence_id, count, _kept):
        self.rows += zip(outcome.tolist(), sequence_id.tolist(), count.tolist(), strict=True)


@st.composite
def histories(draw):
    """One to four policies, any of them off or in shadow, some in force for an instant only."""
    starts = sorted(draw(st.sets(st.integers(990, 1_300), min_size=1, max_size=4)))
    versions = [
        MechanismDocument(
            str(number),
            draw(st.sampled_from(Mode)),
            start,
            draw(rules()),
            supersedes=str(number - 1) if number else None,
        )
        for number, start in enumerate(starts)
    ]
    return PolicyHistory(versions).over(-(2**62))


def live_decisions(live, alerts, cuts, *, restart, periods):
    """Decide a log cut anywhere, time passing at each cut, and where asked with a restart there."""
    rows: list[tuple[int, int, int]] = []
    storms = []
    edges = sorted({0, len(alerts), *cuts})
    for start, stop in pairwise(edges):
        part = alerts[start:stop]
        made = live.decide(as_batch(part, live.recipients))
        columns = (made.outcome, made.throttled_alert_sequence_id, made.throttled_alert_count)
        rows += zip(*(column.tolist() for column in columns), strict=True)
        storms += made.ended
        if stop < len(alerts):
            storms += live.advance_to((part[-1].at + alerts[stop].at) // 2)
        if restart:
            live = LiveProtection.restored(live.snapshot(), periods)
    return live, rows, storms


def in_columns(storms):
    return sorted(
        (it.storm.stream, int(it.storm.level), it.storm.started_at, it.storm.ended_at, it.storm.received,
         it.storm.throttled, it.storm.peak_count, it.storm.counting_since, it.policy_version)
        for it in storms
    )  # fmt: skip


@settings(max_examples=150)
@given(logs(most=80), histories(), st.sets(st.integers(1, 80), max_size=6), st.booleans())
def test_live_decides_as_a_replay_whatever_the_cuts_restarts_and_changes_of_policy(
    alerts, periods, cuts, restart
):
    kept = Kept()
    replayed = replay(LogInMemory(alerts), periods, ReplayOptions(look_back_us=0), decisions=kept)

    live, rows, ended = live_decisions(
        LiveProtection(periods),
        alerts,
        {cut for cut in cuts if cut < len(alerts)},
        restart=restart,
        periods=periods,
    )

    assert kept.rows == rows
    names = ("device_id", "recipient", "started_at", "ended_at", "received", "throttled", "policy_version")
    expected = zip(*(replayed.storms.columns[name].tolist() for name in names), strict=True)
    assert sorted(expected) == sorted(
        (
            it.storm.stream.device_id,
            it.storm.stream.recipient,
            it.storm.started_at,
            NEVER if it.storm.ended_at is None else it.storm.ended_at,
            it.storm.received,
            it.storm.throttled,
            it.policy_version,
        )
        for it in (*ended, *live.running())
        if it.storm.level is Level.RED
    )
    assert (len(alerts), sum(row[0] == 1 for row in rows), sum(row[0] == 2 for row in rows)) == (
        live.totals.received.sum(),
        live.totals.throttled.sum(),
        live.totals.excluded.sum(),
    )


@settings(max_examples=60)
@given(logs(most=80), rules(), exclusion_lists(), st.integers(0, 80))
def test_what_was_restored_remembers_all_that_was_saved(alerts, storm_rules, excluded, cut):
    policy = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(storm_rules.default), excluded)
    live = LiveProtection(always(policy))
    live.decide(as_batch(alerts[:cut], live.recipients))
    again = LiveProtection.restored(live.snapshot(), always(policy))

    one, other = (it.decide(as_batch(alerts[cut:], it.recipients)) for it in (live, again))

    assert live.streams_remembered == again.streams_remembered
    assert in_columns(one.started) == in_columns(other.started)
    assert in_columns(one.ended) == in_columns(other.ended)
    assert in_columns(live.running()) == in_columns(again.running())
    assert live.snapshot() == again.snapshot()


def storming(mode=Mode.ENFORCED, version="1", since=0, supersedes=None):
    parameters = AlertStormParameters(threshold=2, window_us=20, forward_one_in=4)
    return MechanismDocument(version, mode, since, AlertStormRules(parameters), supersedes=supersedes)


def test_a_storm_is_told_of_once_when_it_starts_and_once_when_it_ends():
    live = LiveProtection(always(storming()))
    alerts = [Alert(100 + i // 2, 1, 5) for i in range(6)]
    batches = [live.decide(as_batch([alert], live.recipients)) for alert in alerts]

    assert [0, 0, 1, 0, 0, 0] == [len(made.started) for made in batches]
    assert [(101, None)] == [(it.storm.started_at, it.storm.ended_at) for it in batches[2].started]
    assert [] == live.advance_to(120)
    (ended,) = live.advance_to(121)
    assert (101, 121, 4) == (ended.storm.started_at, ended.storm.ended_at, ended.storm.received)
    assert [] == live.advance_to(500)


def test_what_a_policy_in_shadow_did_not_hold_back_is_not_told_afterwards():
    history = PolicyHistory([storming(Mode.SHADOW), storming(version="2", since=110, supersedes="1")])
    live = LiveProtection(history.over(0))
    shadow = live.decide(as_batch([Alert(100 + i, 1, 5) for i in range(5)], live.recipients))
    after = live.decide(as_batch([Alert(111, 1, 5)], live.recipients))

    assert [0, 0, 1, 1, 1] == shadow.outcome.tolist()
    assert 3 == live.totals.in_shadow
    assert (0, 0) == (after.outcome[0], after.throttled_alert_count[0])


def test_what_an_enforced_policy_held_back_is_told_under_the_next():
    history = PolicyHistory([storming(), storming(version="2", since=110, supersedes="1")])
    live = LiveProtection(history.over(0))
    live.decide(as_batch([Alert(100 + i, 1, 5) for i in range(5)], live.recipients))
    after = live.decide(as_batch([Alert(111, 1, 5)], live.recipients))

    assert (1, 3) == (after.throttled_alert_sequence_id[0], after.throttled_alert_count[0])


def test_a_snapshot_of_other_rules_is_refused():
    live = LiveProtection(always(storming()))
    live.decide(as_batch([Alert(100, 1, 5)], Recipients()))
    other = MechanismDocument("1", Mode.ENFORCED, 0, AlertStormRules(AlertStormParameters(3, 20)))

    with pytest.raises(StaleSnapshotError, match="other rules"):
        LiveProtection.restored(live.snapshot(), always(other))


def test_tables_that_have_grown_are_restored_in_full():
    """Forty thousand streams, some in a storm: every table was made larger more than once."""
    random = np.random.default_rng(4)
    alerts = [
        Alert(1_000 + i // 10_000, int(device), 5)
        for i, device in enumerate(random.integers(0, 40_000, 120_000) ** 2 // 40_000)
    ]
    live = LiveProtection(always(storming()))
    live.decide(as_batch(alerts[:70_000], live.recipients))
    again = LiveProtection.restored(live.snapshot(), always(storming()))
    one, other = (it.decide(as_batch(alerts[70_000:], it.recipients)) for it in (live, again))

    assert 1_000 < np.sum(one.outcome)
    assert one.outcome.tolist() == other.outcome.tolist()
    assert one.throttled_alert_count.tolist() == other.throttled_alert_count.tolist()
    assert live.running_count == again.running_count > 1_000
