"""Policies changed under an engine that runs, in the middle of storms: the totals are those of a replay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from tests.engines import (
    AUDIT,
    StandingClock,
    a_record,
    accept,
    decided_in,
    incoming,
    replayed,
    running_engine,
)
from tests.policy_book import EXCLUDED, A, B, a_version

from tidegate.alert_storm.decision import Outcome
from tidegate.assembly.changing_policy import register_of
from tidegate.operations.change_policy import carry_out
from tidegate.operations.live import PolicyRecord
from tidegate.operations.policy_requests import (
    ApplyPolicy,
    BackOutPolicy,
    EngineKeeper,
    OverrideExclusion,
    PolicyRequest,
    change_of,
)
from tidegate.policy.mechanism import Mode
from tidegate.policy_files import write_policy
from tidegate.vocabulary.faults import InputError


def ask(engine, clock, request: PolicyRequest) -> None:
    register = register_of(engine.policies().result(30))
    carry_out(change_of(request, register, clock.now), EngineKeeper(engine))


def begin(engine, version) -> None:
    record = PolicyRecord(0, version.version, write_policy(version), version.effective_from)
    engine.apply(record, AUDIT).result(30)


def version_in_force(engine):
    record = engine.in_force()
    assert record is not None
    return record.version


def test_a_storm_is_decided_by_each_version_while_it_is_in_force_without_a_restart(tmp_path):
    path, clock = tmp_path / "journal.db", StandingClock()
    with running_engine(path, clock) as engine:
        begin(engine, a_version("v1", threshold=2))
        clock.now = 1_010
        before = [accept(engine, incoming(n))[0] for n in range(5)]
        clock.now = 1_011
        ask(
            engine,
            clock,
            ApplyPolicy("ops", "calmer", write_policy(a_version("v2", "v1", threshold=4)), approval="R"),
        )
        clock.now = 1_012
        during = [accept(engine, incoming(n))[0] for n in range(10, 16)]
        clock.now = 1_013
        ask(engine, clock, BackOutPolicy("ops", "too calm"))
        clock.now = 1_014
        after = [accept(engine, incoming(n))[0] for n in range(20, 24)]

        totals = engine.counters()

    def throttled(alerts):
        return [it.outcome is Outcome.THROTTLED for it in alerts]

    assert [False, False, True, True, False] == throttled(before)
    assert [False] * 4 + [True, True] == throttled(during)
    assert [False, False, True, True] == throttled(after)
    assert [{"v1"}, {"v2"}, {"v1-again"}] == [
        {it.policy_version for it in part} for part in (before, during, after)
    ]
    assert (15, 9, 6, 0) == (totals.received, totals.forwarded, totals.throttled, totals.excluded)
    assert decided_in(path) == replayed(path)
    told, held = np.array(decided_in(path))[:, 2].sum(), totals.throttled
    assert held == told + 2, "what both versions throttled is told, but for the two of the end"


def test_an_override_throttles_an_excluded_flood_until_it_expires_by_itself(tmp_path):
    path, clock = tmp_path / "journal.db", StandingClock()
    outcomes = []
    with running_engine(path, clock) as engine:
        begin(engine, a_version("v1", threshold=2))
        for now in (1_010, 1_020, 1_029, 1_030):
            clock.now = now
            if now == 1_020:
                ask(engine, clock, OverrideExclusion("ops", "flood", "8F75", 10))
                clock.now = 1_021
            outcomes.append([accept(engine, incoming(100 * now + n, code=A))[0].outcome for n in range(4)])

    excluded, forwarded, throttled = Outcome.EXCLUDED, Outcome.FORWARDED, Outcome.THROTTLED
    assert [
        [excluded] * 4,
        [forwarded, forwarded, throttled, throttled],
        [forwarded, throttled, throttled, forwarded],
        [excluded] * 4,
    ] == outcomes
    assert decided_in(path) == replayed(path)


def test_what_was_put_in_force_is_in_force_after_a_restart(tmp_path):
    path, clock = tmp_path / "journal.db", StandingClock()
    with running_engine(path, clock) as engine:
        begin(engine, a_version("v1", threshold=2))
        clock.now = 1_001
        ask(engine, clock, OverrideExclusion("ops", "flood", "8F75", 499))
        ask(
            engine,
            clock,
            ApplyPolicy("ops", "next", write_policy(a_version("v2", "v1")), at=1_300, approval="R"),
        )

    clock.now = 1_299
    with running_engine(path, clock) as engine:
        assert "v1-without-8F75" == version_in_force(engine)
        clock.now = 1_300
        assert "v2-without-8F75" == version_in_force(engine)
        clock.now = 1_500
        assert "v2" == version_in_force(engine)


def test_a_change_that_is_refused_leaves_the_engine_as_it_was(tmp_path):
    path, clock = tmp_path / "journal.db", StandingClock()
    with running_engine(path, clock) as engine:
        engine.apply(a_record("v1"), AUDIT).result(30)
        clock.now = 1_001

        with pytest.raises(InputError, match="approved"):
            ask(engine, clock, ApplyPolicy("ops", "why", write_policy(a_version("v2", "v1"))))

        assert "v1" == version_in_force(engine)


@st.composite
def steps(draw):
    """Alerts of two excluded codes and one that is not, and changes between them, a few microseconds apart."""
    made = []
    for number in range(draw(st.integers(5, 40))):
        kind = draw(st.sampled_from(["alert"] * 6 + ["apply", "back out", "override", "end"]))
        made.append((draw(st.sampled_from([0, 1, 2, 9, 10, 11])), kind, number, draw(st.integers(0, 3))))
    return made


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=steps())
def test_whatever_is_changed_live_decides_as_a_replay_over_the_history_does(tmp_path_factory, made):
    path, clock = tmp_path_factory.mktemp("journal") / "journal.db", StandingClock()
    with running_engine(path, clock) as engine:
        begin(engine, a_version("v1", threshold=1))
        for gap, kind, number, choice in made:
            clock.now += gap
            if kind == "alert":
                accept(engine, incoming(number, code=(A, B, 0x8014, A)[choice]))
                continue
            try:
                ask(engine, clock, _change(engine, kind, number, choice))
            except InputError:
                continue  # such as a back-out of the first version; the rest goes on

        totals = engine.counters()

    outcomes = [row[0] for row in replayed(path)]
    assert replayed(path) == decided_in(path)
    assert outcomes.count(Outcome.THROTTLED) == totals.throttled + totals.throttled_in_shadow
    assert outcomes.count(Outcome.EXCLUDED) == totals.excluded


def _change(engine, kind, number, choice) -> PolicyRequest:
    code = "8F75" if choice % 2 else "8F3F"
    if kind == "override":
        return OverrideExclusion("ops", "flood", code, 1 + 7 * choice)
    if kind == "end":
        return OverrideExclusion("ops", "over", code, 0)
    if kind == "back out":
        return BackOutPolicy("ops", "wrong")
    register = register_of(engine.policies().result(30))
    version = a_version(
        f"v{number + 2}",
        register.versions()[-1].version,
        threshold=1 + choice,
        mode=Mode.SHADOW if choice == 3 else Mode.ENFORCED,
        excluded={B: "B"} if choice == 2 else EXCLUDED,
    )
    return ApplyPolicy("ops", "next", write_policy(version), approval="R")
