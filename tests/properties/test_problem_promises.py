"""What must hold of problems whatever the storms and causes: nothing vanishes, nothing is counted twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from hypothesis import given, strategies as st
from tests.unit.alert_storm.problem_examples import END, HUB, M1, M1_104, M1_105, cause, columns, storm

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.linking import attributes_in
from tidegate.alert_storm.problems import Problems, problems_of
from tidegate.vocabulary.instants import DAY, HOUR
from tidegate.vocabulary.products import NOT_KNOWN

PRODUCTS = (M1, M1_104, M1_105, HUB, NOT_KNOWN)
LABELS = ("8014", "8015", "8014+8015", "8F75", "81BC", "8F3E", "8F35+8F36")

STORMS = st.lists(
    st.builds(
        storm,
        st.integers(0, 6),
        st.sampled_from(LABELS),
        st.sampled_from([None, M1_104, M1_105, HUB]),
        recipient=st.sampled_from(["", "Network B", "Supplier 1"]),
        started_at=st.sampled_from([0, HOUR, END - DAY - 1, END - DAY, END - 1]),
        ended_at=st.sampled_from([None, END - DAY, END, END + 1]),
        received=st.integers(1, 50).map(lambda n: n + 1),
        throttled=st.integers(0, 2),
        supplier=st.sampled_from(["", "Supplier 1", "Supplier 2"]),
        region=st.sampled_from(["", "North", "Unknown"]),
    ),
    max_size=30,
)
CAUSES = st.lists(
    st.builds(
        cause,
        st.just(Kind.SHOUTERS),
        st.sampled_from([(0x8014, 0x8015), (0x8F75,), (0x81BC, 0x8F75), (0x8F3E,), (0x8F36,)]),
        st.sampled_from(PRODUCTS),
    ),
    max_size=6,
    unique_by=lambda it: (it.alert_codes[-1], it.product),
)


def grouped(causes: list[Cause], storms: list[dict[str, Any]]) -> Problems:
    as_columns = columns(storms)
    return problems_of(causes, as_columns, attributes_in(as_columns), until=END)


@given(CAUSES, STORMS)
def test_every_storm_belongs_to_exactly_one_problem(causes, storms):
    problems = grouped(causes, storms)

    linked = Counter(problems.of_storm.tolist())
    assert len(storms) == sum(linked.values())
    assert {at: problem.storms for at, problem in enumerate(problems.problems)} == dict(linked)


@given(CAUSES, STORMS)
def test_the_sums_over_problems_are_those_of_all_storms(causes, storms):
    problems = grouped(causes, storms)

    for name, of in (("received", "alerts"), ("throttled", "throttled")):
        expected = sum(it[name] for it in storms)
        assert expected == sum(getattr(problem, of) for problem in problems.problems)
        assert expected == int(getattr(problems.members, of).sum())
    assert len(storms) == int(problems.members.storms.sum())


@given(CAUSES, STORMS)
def test_a_device_is_once_in_a_problem_and_only_where_it_stormed(causes, storms):
    problems = grouped(causes, storms)

    as_columns = columns(storms)
    expected = set(zip(problems.of_storm.tolist(), as_columns["device_id"].tolist(), strict=True))
    members = list(zip(problems.members.problem.tolist(), problems.members.device_id.tolist(), strict=True))
    assert sorted(expected) == members
    for at, problem in enumerate(problems.problems):
        assert problem.devices == problems.members.of(at).stop - problems.members.of(at).start
        assert problem.devices >= sum(devices for _, devices in problem.responsible)


@given(CAUSES, STORMS, st.randoms())
def test_the_order_of_causes_is_no_matter(causes, storms, random):
    shuffled = random.sample(causes, len(causes))

    expected, other = grouped(causes, storms), grouped(shuffled, storms)
    assert expected.problems == other.problems
    assert np.array_equal(expected.of_storm, other.of_storm)


@given(CAUSES, STORMS)
def test_a_problem_has_an_identifier_no_other_has(causes, storms):
    problems = grouped(causes, storms)

    assert len(problems) == len({problem.problem_id for problem in problems.problems})


@given(CAUSES, STORMS)
def test_a_named_problem_has_only_storms_of_its_product_and_codes(causes, storms):
    problems = grouped(causes, storms)

    as_columns = columns(storms)
    for row, at in enumerate(problems.of_storm.tolist()):
        named = problems.problems[at].cause.product
        if named == NOT_KNOWN:
            continue
        assert named.manufacturer == as_columns["manufacturer"][row]
        assert named.firmware in ("", as_columns["firmware"][row])
