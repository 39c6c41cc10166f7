"""Problems: which storms belong together, who answers for them, where they stand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.alert_storm.problem_examples import (
    END,
    HUB,
    M1,
    M1_104,
    M1_105,
    cause,
    found,
    storm,
    view,
)

from tidegate.alert_storm.causes import Kind
from tidegate.alert_storm.members import Murmurers
from tidegate.alert_storm.problems import ProblemState, problem_id_of
from tidegate.vocabulary.instants import DAY, HOUR
from tidegate.vocabulary.products import NOT_KNOWN, Product


def test_storms_of_the_named_product_are_one_problem():
    problems = found([cause()], [storm(device) for device in range(58)])

    assert len(problems) == 1
    (problem,) = problems.problems
    assert (58, 58, 5_800, 5_220) == (problem.storms, problem.devices, problem.alerts, problem.throttled)


def test_storms_of_other_products_form_one_problem_of_their_code_with_no_product_named():
    others = [storm(1, product=M1_105), storm(2, product=HUB), storm(3, product=None)]
    problems = found([cause()], [storm(0), *others])

    unnamed = next(problem for problem in problems.problems if not problem.cause.is_named)
    assert 3 == unnamed.storms
    assert (Kind.SHOUTERS, (0x8F75,), NOT_KNOWN) == (
        unnamed.cause.kind,
        unnamed.cause.alert_codes,
        unnamed.cause.product,
    )


def test_a_storm_of_another_code_is_no_part_of_the_cause():
    problems = found([cause()], [storm(1), storm(1, "8F3E")])

    assert [1, 1] == [problem.storms for problem in problems.problems]


def test_both_codes_of_a_toggle_pair_are_one_problem():
    problems = found([], [storm(1, "8014"), storm(2, "8015"), storm(3, "8014+8015")])

    (problem,) = problems.problems
    assert (0x8014, 0x8015) == problem.cause.alert_codes


def test_a_cause_of_a_toggle_pair_claims_storms_of_either_code():
    problems = found([cause(codes=(0x8014, 0x8015))], [storm(1, "8014"), storm(2, "8015")])

    assert [2] == [problem.storms for problem in problems.problems]


def test_the_narrower_of_two_products_has_the_storm():
    problems = found([cause(product=M1), cause(product=M1_104)], [storm(1), storm(2, product=M1_105)])

    assert {M1_104: 1, M1: 1} == {problem.cause.product: problem.storms for problem in problems.problems}


def test_a_cause_whose_every_storm_a_narrower_one_claims_is_no_problem():
    problems = found([cause(product=M1), cause(product=M1_104)], [storm(1)])

    assert [M1_104] == [problem.cause.product for problem in problems.problems]


def test_a_device_of_a_murmuring_product_that_went_over_belongs_to_the_murmur():
    murmur = cause(Kind.MURMUR, (0x8014, 0x8015), alerts=5_000, devices=300)
    problems = found([murmur], [storm(1, "8014")], view=view([(0x8014, M1_104, "North", 5_000, 300)]))

    (problem,) = problems.problems
    assert (Kind.MURMUR, 1, 5_100, 301) == (
        problem.cause.kind,
        problem.storms,
        problem.alerts,
        problem.devices,
    )


def test_shouters_go_before_murmur_of_the_same_product():
    murmur = cause(Kind.MURMUR, alerts=9_000)
    problems = found([murmur, cause()], [storm(1)], view=view([(0x8F75, M1_104, "North", 9_000, 90)]))

    assert [(Kind.MURMUR, 0), (Kind.SHOUTERS, 1)] == [
        (problem.cause.kind, problem.storms) for problem in problems.problems
    ]


def test_the_supplier_answers_for_a_meter_and_the_one_with_most_devices_first():
    problems = found([], [storm(1), storm(2, supplier="Supplier 2"), storm(3, supplier="Supplier 2")])

    assert (("Supplier 2", 2), ("Supplier 1", 1)) == problems.problems[0].responsible


@pytest.mark.parametrize(
    ("device_type", "region", "expected"),
    [
        ("CHF", "North", "CSP North"),
        ("GPF", "4G South", "CSP 4G South"),
        ("CHF", "SMETS1", "SMETS1 Service Provider"),
        ("GSME", "North", "Supplier 1"),
        ("PPMID", "North", "Supplier 1"),
    ],
)
def test_who_answers_follows_from_the_device_type(device_type: str, region: str, expected: str):
    problems = found([], [storm(1, product=Product(device_type, "Maker C"), region=region)])

    assert ((expected, 1),) == problems.problems[0].responsible


@pytest.mark.parametrize("region", ["", "Unknown"])
def test_nobody_answers_for_a_hub_whose_region_is_not_known(region: str):
    assert () == found([], [storm(1, product=HUB, region=region)]).problems[0].responsible


def test_nobody_answers_where_there_is_no_inventory():
    (problem,) = found([], [storm(1)], with_inventory=False).problems

    assert () == problem.responsible
    assert (("Network B", 100),) == problem.informed


def test_a_device_with_two_storms_is_one_device_of_its_supplier():
    problems = found([], [storm(1), storm(1, started_at=5 * HOUR, ended_at=6 * HOUR)])

    (problem,) = problems.problems
    assert (2, 1, (("Supplier 1", 1),)) == (problem.storms, problem.devices, problem.responsible)


def test_a_device_that_changed_supplier_is_its_last_ones():
    problems = found([], [storm(1), storm(1, started_at=DAY, ended_at=2 * DAY, supplier="Supplier 2")])

    assert (("Supplier 2", 1),) == problems.problems[0].responsible


@pytest.mark.parametrize(
    ("ended_at", "expected"),
    [
        (END - DAY, ProblemState.CLOSED),
        (END - DAY + 1, ProblemState.OPEN),
        (None, ProblemState.OPEN),
        (END + HOUR, ProblemState.OPEN),
    ],
)
def test_a_problem_is_closed_once_it_was_silent_for_a_day_at_the_end(
    ended_at: int | None, expected: ProblemState
):
    assert expected == found([], [storm(1, ended_at=ended_at)]).problems[0].state


def test_how_long_it_must_have_been_silent_is_for_the_reader_to_say():
    problems = found([], [storm(1, ended_at=END - DAY)], silent_for=DAY + 1)

    assert ProblemState.OPEN == problems.problems[0].state


def test_it_was_last_seen_when_its_last_storm_ended_and_never_after_the_end_of_the_log():
    problems = found([], [storm(1, started_at=3, ended_at=9), storm(2, started_at=4, ended_at=END + 1)])

    assert (3, END) == (problems.problems[0].first_seen, problems.problems[0].last_seen)


def test_murmur_is_a_problem_without_any_storm():
    murmur = cause(Kind.MURMUR, (0x8014, 0x8015), alerts=5_000, devices=300)
    problems = found([murmur], [], view=view([(0x8014, M1_104, "North", 5_000, 300)]))

    (problem,) = problems.problems
    assert (0, 5_000, 300, 0) == (problem.storms, problem.alerts, problem.devices, problem.throttled)
    assert (("Supplier 2", 200), ("Supplier 1", 100)) == problem.responsible
    assert (("Network B", 5_000),) == problem.informed
    assert (5, END - 1) == (problem.first_seen, problem.last_seen)


def test_murmur_of_hubs_is_the_csps_of_their_regions():
    groups = [(0x8F12, HUB, "North", 50, 10), (0x8F12, HUB, "South", 90, 30)]
    murmur = cause(Kind.MURMUR, (0x8F12,), HUB, alerts=140, devices=40)
    problems = found([murmur], [], view=view(groups))

    assert (("CSP South", 30), ("CSP North", 10)) == problems.problems[0].responsible


def test_murmur_that_no_product_is_behind_leaves_out_the_devices_of_those_that_are():
    groups = [(0x8014, M1_104, "North", 50, 30), (0x8014, NOT_KNOWN, "", 20, 9)]
    named = cause(Kind.MURMUR, (0x8014, 0x8015), alerts=50)
    unnamed = cause(Kind.MURMUR, (0x8014, 0x8015), NOT_KNOWN, alerts=20)
    problems = found([unnamed, named], [], view=view(groups))

    assert [(("Network B", 50),), (("Network B", 20),)] == [it.informed for it in problems.problems]


def test_the_devices_that_murmur_are_told_one_by_one_where_they_can_be_found():
    murmur = cause(Kind.MURMUR, (0x8014, 0x8015), alerts=70, devices=2)

    def murmurers(_cause: object) -> Murmurers:
        return Murmurers(
            np.array([9, 4], np.uint64), np.array([30, 40]), np.array([5, 6]), np.array([8, 9]), {}
        )

    problems = found(
        [murmur],
        [storm(5, "8015")],
        view=view([(0x8014, M1_104, "North", 70, 2)]),
        murmurers=murmurers,
    )

    members = problems.members
    assert [4, 5, 9] == members.device_id.tolist()
    assert [40, 100, 30] == members.alerts.tolist()
    assert [0, 1, 0] == members.storms.tolist()
    assert [6, 0, 5] == members.first_seen.tolist()
    assert 3 == problems.problems[0].devices


def test_every_device_is_a_member_once():
    problems = found([cause()], [storm(2), storm(2, started_at=2 * HOUR), storm(1), storm(7, product=None)])

    assert [0, 0, 1] == problems.members.problem.tolist()
    assert [1, 2, 7] == problems.members.device_id.tolist()
    assert [1, 2, 1] == problems.members.storms.tolist()


def test_the_identifier_is_the_same_in_every_log():
    assert "P-" == problem_id_of(cause())[:2]
    assert problem_id_of(cause()) == problem_id_of(cause(alerts=7, devices=1))
    assert (
        found([], [storm(1)]).problems[0].problem_id == found([], [storm(9), storm(8)]).problems[0].problem_id
    )


def test_the_identifier_tells_kinds_codes_and_products_apart():
    causes = [
        cause(),
        cause(Kind.MURMUR),
        cause(codes=(0x8F3E,)),
        cause(product=M1),
        cause(product=M1_105),
        cause(product=NOT_KNOWN),
    ]

    assert 6 == len({problem_id_of(each) for each in causes})


def test_the_identifier_does_not_change_with_which_codes_of_a_pair_were_met():
    identifiers = {
        found([], [storm(1, label)]).problems[0].problem_id for label in ("8014", "8015", "8014+8015")
    }

    assert 1 == len(identifiers)


def test_the_problem_with_most_alerts_comes_first():
    problems = found([], [storm(1, "8F3E", received=99, throttled=0), storm(2, received=100)])

    assert [100, 99] == [problem.alerts for problem in problems.problems]


def test_a_log_without_trouble_has_no_problem():
    problems = found([], [])

    assert (0, 0, 0) == (len(problems), len(problems.of_storm), len(problems.members))
    assert [] == problems.storm_problem_ids.tolist()


def test_each_storm_carries_the_identifier_of_its_problem():
    problems = found([cause()], [storm(1), storm(2, started_at=1, product=None)])

    named = problem_id_of(cause())
    assert [named, problem_id_of(cause(product=NOT_KNOWN))] == problems.storm_problem_ids.tolist()
