"""Each scenario of Post Commissioning, at part of its size, finds what it says it should find."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings, strategies as st
from tests.unit.simulation.commissioning.assessed import QUIET, Run, run

from tidegate.commissioning.assessment import Verdict
from tidegate.reports.commissioning_accuracy import Accuracy
from tidegate.simulation.commissioning.causes import CAUSES_BY_TEXT, Cause
from tidegate.simulation.commissioning.scenario import Share
from tidegate.simulation.commissioning.scenario_files import commissioning_scenarios

BLIND = "what-no-read-shows"
SEEN = sorted(set(commissioning_scenarios()) - {BLIND})
SEEDS = (1, 2, 3)


@cache
def found(name: str, seed: int = 1) -> Run:
    return run(commissioning_scenarios()[name], 3_000, seed)


def rate(count: int, of: Accuracy) -> float:
    return count / of.devices


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", SEEN)
def test_of_devices_that_were_read_outcome_fails_none_wrongly_and_misses_none(name: str, seed: int):
    read = found(name, seed).outcome.read

    assert read.devices > 100
    assert (0, 0) == (read.false_failures, read.missed_failures)


@settings(deadline=None, max_examples=50)
@given(
    shares=st.lists(st.integers(0, 5), min_size=len(CAUSES_BY_TEXT), max_size=len(CAUSES_BY_TEXT)),
    churn=st.floats(0, 1),
    for_later=st.floats(0, 1),
    not_told=st.floats(0, 1),
    days=st.integers(9, 60),
    seed=st.integers(0, 2**32 - 1),
)
def test_of_devices_that_were_read_outcome_is_never_wrong_whatever_befalls_them(
    shares: list[int], churn: float, for_later: float, not_told: float, days: int, seed: int
):
    """But for what no read shows."""
    unseen = {Cause.OLD_KEYS, Cause.WRONG_RECOVERY_UNSEEN}
    causes = [
        Share(cause, share / (5 * len(shares)), "drawn [U]")
        for cause, share in zip(CAUSES_BY_TEXT.values(), shares, strict=True)
        if cause not in unseen
    ]
    scenario = replace(
        QUIET,
        causes=causes,
        days=days,
        read=1.0,
        read_of_suspects=1.0,
        changes_of_supplier=churn,
        changes_for_later=for_later,
        changes_not_told=not_told,
    )
    read = run(scenario, 300, seed).outcome.read

    assert (0, 0) == (read.false_failures, read.missed_failures)


def test_the_draft_report_has_seven_per_cent_failed_and_one_per_cent_not_secure():
    made = run(commissioning_scenarios()["draft-report"], 20_000)

    assert 0.065 < rate(made.codes.everybody.failed, made.codes.everybody) < 0.075
    assert 0.008 < rate(made.codes.everybody.in_truth, made.codes.everybody) < 0.012
    precision, untold = made.codes.everybody.precision, made.outcome.everybody.undetermined
    assert precision is not None
    assert precision < 0.2
    assert 0.005 < rate(untold, made.outcome.everybody) < 0.02


def test_after_a_change_of_supplier_the_code_fails_the_secure_and_passes_the_others():
    made = found("change-of-supplier")

    assert 0.2 < rate(made.codes.everybody.failed, made.codes.everybody) < 0.4
    assert made.codes.everybody.missed_failures > 0.8 * made.codes.everybody.in_truth
    assert (0, 0) == (made.outcome.everybody.false_failures, made.outcome.everybody.missed_failures)


def test_a_wrong_network_operator_is_found_by_reading_and_by_nothing_else():
    made = found("wrong-network-operator")

    assert made.outcome.read.in_truth == made.outcome.read.true_failures > 0
    assert made.outcome.everybody.true_failures == made.outcome.read.true_failures
    assert 0 == made.codes.read.true_failures


@pytest.mark.parametrize("seed", SEEDS)
def test_where_all_is_well_nobody_fails_who_had_time_to_finish(seed: int):
    made = found("all-is-well", seed)
    unfinished = [each for each in made.accuracy.causes if each.not_secure]

    assert 0 == made.outcome.everybody.failed
    assert {Cause.NOT_FINISHED.text} >= {each.cause for each in unfinished}
    assert made.codes.everybody.failed <= sum(each.devices for each in unfinished)
    assert {Verdict.PENDING} >= {
        verdict for each in unfinished for verdict, count in each.verdicts[1].items() if count
    }


def test_a_wave_of_later_outcomes_is_told_but_for_those_that_never_came():
    made = found("future-dated-wave")
    untold = {each.cause for each in made.accuracy.causes if each.verdicts[1][Verdict.UNDETERMINED]}

    assert rate(made.codes.everybody.failed, made.codes.everybody) > 0.6
    assert {Cause.OUTCOME_NOT_TOLD.text, Cause.FAILURE_NOT_TOLD.text} == untold
    assert 0 == made.outcome.everybody.false_failures


def test_what_no_read_shows_is_missed_by_outcome_and_is_all_that_is():
    made = found(BLIND)
    missed = {
        each.cause
        for each in made.accuracy.causes
        if each.not_secure and each.verdicts[1][Verdict.SECURE_BY_CREDENTIALS]
    }

    assert made.outcome.read.missed_failures > 0
    assert {Cause.OLD_KEYS.text, Cause.WRONG_RECOVERY_UNSEEN.text} == missed
