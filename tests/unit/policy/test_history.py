"""Which version applied when, and whether the versions follow one another."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from hypothesis import given, strategies as st
from tests.unit.policy.policies import a_policy

from tidegate.policy.history import PolicyHistory, PolicyPeriod, chain_faults
from tidegate.policy.mechanism import MechanismDocument
from tidegate.vocabulary.faults import InputError

W = 100
FIRST = a_policy("v1", 0)
SECOND = a_policy("v2", W, "v1", threshold=5)
HISTORY = PolicyHistory([FIRST, SECOND])


@pytest.mark.parametrize(("instant", "version"), [(0, "v1"), (W - 1, "v1"), (W, "v2"), (W + 1, "v2")])
def test_a_version_applies_from_its_own_instant_on(instant: int, version: str):
    in_force = HISTORY.at(instant)

    assert in_force is not None
    assert version == in_force.version


def test_before_the_first_version_nothing_is_in_force():
    assert HISTORY.at(-1) is None
    assert [PolicyPeriod(-5, 0, None), PolicyPeriod(0, 3, FIRST)] == HISTORY.over(-5, 3)


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (0, W - 1, [(0, W - 1, FIRST)]),
        (0, W, [(0, W, FIRST)]),
        (0, W + 1, [(0, W, FIRST), (W, W + 1, SECOND)]),
        (W - 1, W + 1, [(W - 1, W, FIRST), (W, W + 1, SECOND)]),
        (W, W + 1, [(W, W + 1, SECOND)]),
        (W - 1, None, [(W - 1, W, FIRST), (W, None, SECOND)]),
        (W, W, []),
    ],
)
def test_a_period_comes_in_pieces_of_one_version_each(
    since: int, until: int | None, expected: list[tuple[int, int | None, MechanismDocument]]
):
    assert [PolicyPeriod(*piece) for piece in expected] == HISTORY.over(since, until)


@given(st.lists(st.integers(0, 50), unique=True, max_size=6), st.integers(-5, 55), st.integers(-5, 55))
def test_the_pieces_cover_a_period_without_gap_or_overlap(instants: list[int], since: int, until: int):
    history = PolicyHistory(_chain(sorted(instants)))
    pieces = history.over(since, until)

    assert [history.at(t) for t in range(since, until)] == [
        piece.policy for piece in pieces for _ in range(piece.since, piece.until or 0)
    ]
    assert all(earlier.policy is not later.policy for earlier, later in pairwise(pieces))


def test_versions_may_be_given_in_any_order():
    chain = _chain([1, 2, 3])

    for shuffled in permutations(chain):
        assert chain == list(PolicyHistory(shuffled))


def test_a_history_may_be_empty():
    assert [PolicyPeriod(0, None, None)] == PolicyHistory([]).over(0)


@pytest.mark.parametrize(
    ("versions", "at_fault", "what"),
    [
        ([a_policy("v1", 0), a_policy("v2", 1, "v9")], "v2: supersedes", "there is no version v9"),
        ([a_policy("v1", 0), a_policy("v2", 0, "v1")], "v2: effective_from", "v1 takes force at"),
        ([a_policy("v1", 0, "v2"), a_policy("v2", 1, "v1")], "v1: supersedes", "go round in a circle"),
        ([a_policy("v1", 0, "v1")], "v1: supersedes", "it supersedes itself"),
        ([a_policy("v1", 0), a_policy("v2", 1)], "v2: supersedes", "does not say which version"),
        (
            [a_policy("v1", 0), a_policy("v2", 1, "v1"), a_policy("v3", 2, "v1")],
            "v3: supersedes",
            "it supersedes v1, but v2 is in force before it",
        ),
        ([a_policy("v1", 0), a_policy("v1", 1, "v1")], "v1: version", "2 versions are named v1"),
    ],
)
def test_versions_that_do_not_follow_one_another_are_refused(
    versions: list[MechanismDocument], at_fault: str, what: str
):
    with pytest.raises(InputError) as refused:
        PolicyHistory(versions)

    found = [(fault.where, fault.what) for fault in refused.value.faults]
    assert any(at_fault == where and what in said for where, said in found), found
    assert all(fault.remedy for fault in refused.value.faults)


def test_every_fault_of_a_chain_is_told_at_once():
    faults = chain_faults([a_policy("v1", 0, "v0"), a_policy("v2", 1, "v9"), a_policy("v3", 2)])

    assert ["v1", "v2", "v3"] == [fault.version for fault in faults]


def test_a_back_out_is_a_new_version_with_the_content_of_an_earlier_one():
    back = HISTORY.back_out("v1", version="v3", effective_from=W + 1)
    history = PolicyHistory([*HISTORY, back])

    assert FIRST.alert_storm == back.alert_storm
    assert ("v3", "v2", W + 1) == (back.version, back.supersedes, back.effective_from)
    assert FIRST == history.backs_out_to("v3")
    assert [FIRST, SECOND, back] == [piece.policy for piece in history.over(0)]


def test_a_version_that_changes_something_new_backs_nothing_out():
    assert HISTORY.backs_out_to("v2") is None


def test_a_version_that_only_repeats_the_one_before_backs_nothing_out():
    repeated = PolicyHistory([FIRST, a_policy("v2", 1, "v1")])

    assert repeated.backs_out_to("v2") is None


def _chain(instants: list[int]) -> list[MechanismDocument]:
    return [
        a_policy(f"v{number}", at, f"v{number - 1}" if number else None) for number, at in enumerate(instants)
    ]
