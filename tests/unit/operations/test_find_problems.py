"""Problems of a log in memory: a storm that makes no shouter of its Device is of the murmur it is part of."""

from __future__ import annotations

import numpy as np
import pytest
from tests.fleets import SINCE, inventory_of
from tests.logs import LogInMemory
from tests.unit.operations.test_find_offenders import (
    METERS_HERE,
    POLICY,
    SUPPRESSED,
    each,
    of,
    quiet,
    under,
    with_an_outage,
)

from tidegate.alert_storm.causes import Kind
from tidegate.operations.find_problems import ProblemOptions, report_problems
from tidegate.operations.replay import always
from tidegate.reports.problem_report import ProblemReport
from tidegate.vocabulary.instants import HOUR, SECOND


def report(alerts, policy=POLICY, *, has_inventory: bool = True) -> ProblemReport:
    log = LogInMemory(sorted(alerts, key=lambda alert: alert.at))
    inventory = inventory_of(*METERS_HERE) if has_inventory else None
    return report_problems(log, always(policy), inventory, ProblemOptions(shards=1))


@pytest.mark.parametrize("has_inventory", [True, False])
def test_what_waited_for_an_adapter_is_one_problem_of_murmur_with_its_storms(has_inventory) -> None:
    """Sixty meters, of one firmware; each raised 30, then 40 at once, then 29."""
    found = report(with_an_outage(of("1.04"), 40), has_inventory=has_inventory).problems
    (problem,) = found.problems

    assert (Kind.MURMUR, 60, 60, 60 * 99) == (
        problem.cause.kind,
        problem.storms,
        problem.devices,
        problem.alerts,
    )
    assert [99] * 60 == found.members.alerts.tolist()
    assert of("1.04") == found.members.device_id.tolist()
    assert {SINCE} == {int(at) // HOUR * HOUR for at in found.members.first_seen}
    assert problem.alerts == found.members.alerts.sum()


def test_what_storms_by_its_suppression_alone_is_murmur() -> None:
    alerts = [*quiet(), *each(of("1.04"), HOUR // 5, 24 * 5)]
    before = report(alerts).problems.problems[0]
    problem = report(alerts, under(SUPPRESSED)).problems.problems[0]

    assert before.problem_id == problem.problem_id
    assert (0, 0) == (before.storms, before.throttled)
    assert (60, True) == (problem.cause.stormed, problem.throttled > 0)
    assert (before.alerts, before.devices) == (problem.alerts, problem.devices)


def test_a_shouter_beside_murmur_of_its_product_is_counted_once() -> None:
    """One meter of the murmuring firmware storms; what it raised in its storm is told beside the murmur."""
    alerts = [*quiet(), *each(of("1.04"), HOUR, 24), *each([1], SECOND, 100, since=5 * HOUR)]
    found = report(alerts).problems
    (problem,) = found.problems

    assert (Kind.MURMUR, 60, 1) == (problem.cause.kind, problem.devices, problem.storms)
    assert 60 == len(np.unique(found.members.device_id))
    assert problem.alerts == found.members.alerts.sum()
