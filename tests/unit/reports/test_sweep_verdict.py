"""A sweep in words: it says of one policy what a replay of it says."""

from __future__ import annotations

from dataclasses import replace

from tests.logs import LogInMemory
from tests.unit.reports.swept_examples import RULE, device, murmur, policy, shouters, swept

from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.reports.recommendation import recommendations
from tidegate.reports.sweep_verdict import sweep_verdict
from tidegate.reports.verdict import verdict
from tidegate.vocabulary.instants import HOUR

LOG = sorted([*shouters(2), *murmur(30), *device(7, HOUR, code=0x8F35)], key=lambda alert: alert.at)


def findings(found) -> dict[str, str]:
    """The findings of a sweep, by what they are about."""
    said = sweep_verdict(found, recommendations(found)).findings
    return {about: told for about, _, told in (finding.partition(": ") for finding in said)}


def number(told: str) -> str:
    return told.partition(" Alert")[0]


def test_out_of_reach_is_what_it_is_in_a_replay_of_the_policy_that_reaches_most():
    base = policy(excluded=[0x8F35])
    told = findings(swept(LOG, "threshold=10,30", base=base))
    lowest = policy(replace(RULE, threshold=10, clear_threshold=5), excluded=[0x8F35])
    replayed = verdict(replay(LogInMemory(LOG), always(lowest), ReplayOptions(shards=1)))
    (of_replay,) = (each for each in replayed.findings if each.startswith("Out of reach: "))

    assert number(of_replay.removeprefix("Out of reach: ")) == number(told["Out of reach"])
    assert "24 Alerts (0.8%) are of excluded codes and always pass." == told["Excluded"]


def test_a_code_swept_as_if_taken_off_the_exclusion_list_is_not_said_to_pass_by_it():
    told = findings(swept(LOG, "threshold=10,30", base=policy(excluded=[0x8F35]), code=0x8F35))

    assert told["Out of reach"].startswith("24 Alerts (100%) came while their stream was at or under")
    assert "Excluded" not in told
