"""A tiny scenario under every control, as findings, rows, page and files."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.simulation.requests.small import TOML
from typer.testing import CliRunner

from tidegate.admission.control import AdmissionControl
from tidegate.cli.main import app
from tidegate.formats.requests_simulated_page import TOTALS_COLUMNS, requests_page, totals_rows
from tidegate.formats.requests_simulated_tables import COLUMNS, comparison_rows, requests_summary
from tidegate.operations.request_control import capacity_rules
from tidegate.policy_files import find_policy, parse_policy
from tidegate.reports.requests_simulated import Control, RequestsSimulated
from tidegate.reports.requests_simulated_words import ask_in_words, capacity_in_words, requests_verdict
from tidegate.simulation.requests.comparison import Asked, Simulation, simulation
from tidegate.simulation.requests.scenario_files import parse_scenario
from tidegate.tables.users import read_users
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import SECOND
from tidegate.vocabulary.service_requests import ServiceRequest
from tidegate.vocabulary.users import User, UserRole

POLICY = """
version = "small"
mode = "enforced"
effective_from = 2026-01-01T00:00:00Z
illustrative = true

[alert_storm.default]
threshold = 30
window = "60m"

[service_requests]
period = "1s"
maximum_system_capacity = 3
operating_threshold = 2
prepayment_multiplier = 2
network_weight = 0.1
floor = 1
early_warning_at = 0.8

[service_requests.prioritised]
"2.2" = "Vends."
"""


def tiny(capacities: str = "", **asked: Any) -> Simulation:
    scenario = parse_scenario(TOML.replace('settled = "1m"', f'settled = "1m"\n{capacities}'), "tiny")
    options = {"scale": 1.0, "asks": ("enwl-supply-status", "wpd-auxiliary-load"), **asked}
    return simulation(scenario, parse_policy(POLICY, "small.toml"), Asked(**options))


@pytest.fixture(scope="module")
def found() -> RequestsSimulated:
    return tiny("capacities = [1.0, 2.0]").compare()


def test_every_control_then_each_capacity_then_each_ask(found: RequestsSimulated) -> None:
    assert [*Control] == [each.control for each in found.compared]
    assert [1, 1, 2, 2] == [each.capacity for each in found.of_capacities]
    assert ["", "enwl-supply-status", "wpd-auxiliary-load"] == [each.ask for each in found.of_lists]
    assert {"2.2", "7.4"} == set(found.of_lists[1].priority)


def test_twice_the_capacity_is_twice_the_maximum_and_the_threshold(found: RequestsSimulated) -> None:
    assert [(3, 2), (6, 4)] == sorted({(each.maximum, each.threshold) for each in found.of_capacities})


def test_volumes_are_what_is_due_whatever_the_control(found: RequestsSimulated) -> None:
    assert [("reads", 60, 60), ("status reads", 20, 20)] == [
        (each.stream, each.tasks, each.requests) for each in found.volumes
    ]
    assert 12 == found.steps


def test_the_verdict_says_what_each_finding_is_about(found: RequestsSimulated) -> None:
    said = requests_verdict(found)
    about = {finding.partition(":")[0] for finding in said.findings}

    assert "Under Tidegate's rule all 60 reads are done" in said.headline
    assert {"Volumes", "Done", "Backlog", "Goodput", "Tried again", "Allocations"} <= about
    assert {"More capacity under the rule", "Priority list, enwl-supply-status"} <= about
    assert "Refused within its allocation" in about
    assert any("Synthetic" in caution for caution in said.cautions)


def test_what_waits_in_the_verdict_is_what_waits_in_the_sum(found: RequestsSimulated) -> None:
    never = [replace(each, backlog=(*each.backlog[:-1], 9_999)) for each in found.outcomes]
    (said,) = (
        each
        for each in requests_verdict(replace(found, outcomes=never)).findings
        if each.startswith("Backlog")
    )
    the_rule = next(each for each in found.compared if each.control is Control.TIDEGATE)

    assert f"is not cleared by the end ({the_rule.total.waiting} tasks wait)" in said


def test_who_was_refused_within_its_allocation_is_told_at_the_maximum_too(found: RequestsSimulated) -> None:
    (said,) = (
        each for each in requests_verdict(found).findings if each.startswith("Refused within its allocation")
    )
    first_come = next(each for each in found.compared if each.control is Control.FIRST_COME)

    assert "below the maximum none under any control" in said
    assert f"first come, first served {first_come.total.refused_full}," in said


def test_an_ask_that_is_about_what_nobody_sends_says_so_and_is_as_without_it(
    found: RequestsSimulated,
) -> None:
    said = [each for each in requests_verdict(found).findings if "wpd-auxiliary-load" in each]
    own, _, idle = found.of_lists

    assert ["Priority list: nobody sends here what wpd-auxiliary-load is about."] == said
    assert (own.total, {"2.2", "7.6"}) == (idle.total, set(idle.priority))


def test_how_much_capacity_is_enough_is_told_of_the_rule_and_of_no_control(found: RequestsSimulated) -> None:
    assert (
        "For 99% of the reads by the end, under Tidegate's rule 1 times the capacity is enough; "
        "without control 1 times the capacity is enough."
    ) == capacity_in_words(found)


def test_rows_of_one_level_add_up(found: RequestsSimulated) -> None:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in comparison_rows(found)]
    for outcome in found.outcomes:
        key = (outcome.control.value, float(outcome.capacity), outcome.ask)
        mine = [row for row in rows if key == (row["control"], row["capacity"], row["ask"])]
        for level in ("stream", "user"):
            of_level = [row for row in mine if row["level"] == level]
            for column in ("tasks", "done", "sent", "refused"):
                assert mine[0][column] == sum(int(row[column] or 0) for row in of_level)


def test_the_page_has_each_control_and_the_remark(found: RequestsSimulated) -> None:
    page = requests_page(found, [])
    rows = totals_rows(found.compared, found)

    assert "C07, E.ON: “backlog”" in page.sections[0].paragraphs
    assert ["What it answers", "In all", "By what was asked", "By User"] == [
        section.heading for section in page.sections[:4]
    ]
    assert {len(TOTALS_COLUMNS)} == {len(row) for row in rows}
    assert 5 == len(rows)


def test_the_same_seed_finds_the_same_and_another_does_not(found: RequestsSimulated) -> None:
    again = requests_summary(tiny("capacities = [1.0, 2.0]").compare())

    assert requests_summary(found) == again
    assert requests_summary(tiny("capacities = [1.0, 2.0]", seed=2).compare()) != again


def test_all_asks_are_tried_but_those_that_change_nothing() -> None:
    asked = [each.ask for each in tiny(asks=("all",)).contenders if each.ask]

    assert "enwl-supply-status" in asked
    assert "edf-without-1.5" not in asked


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"scale": 0.0}, "0 times is no scale"),
        ({"minutes": 0}, "0 is no length"),
        ({"seed": -1}, "-1 is not a seed"),
        ({"asks": ("more-cake",)}, "there is no ask of this name"),
        (
            {"users": [User(str(at), UserRole.IS, credit_meters=1) for at in range(3)]},
            "^--scale: 3 Users with a floor of 1 have 3",
        ),
    ],
)
def test_what_cannot_be_simulated_is_told(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        tiny(**asked)


def test_a_scale_that_leaves_nothing_below_the_maximum_is_refused_and_the_least_is_said() -> None:
    policy = parse_policy(POLICY.replace("floor = 1", "floor = 0"), "small.toml")
    with pytest.raises(InputError, match="the room of 1 between them is rounded away") as told:
        simulation(parse_scenario(TOML, "tiny"), policy, Asked(scale=0.3))

    assert "Write 1 or more." == told.value.faults[0].remedy


def test_who_has_less_than_a_request_below_the_maximum_at_a_size_is_cautioned(
    found: RequestsSimulated,
) -> None:
    """One request between 2 and 3; the scenario has two Users."""
    little = [
        caution
        for caution in requests_verdict(replace(found, scale=0.1)).cautions
        if "at this size" in caution
    ]

    assert ["fewer than one for each of 2 Users; about --scale 0.2 leaves that."] == [
        caution.partition("size, ")[2] for caution in little
    ]


def test_a_policy_without_capacity_is_no_policy_for_this() -> None:
    without = POLICY[: POLICY.index("[service_requests]")]
    with pytest.raises(InputError, match="says nothing of Service Requests"):
        simulation(parse_scenario(TOML, "tiny"), parse_policy(without, "x"), Asked(scale=1.0))


def test_the_command_writes_what_admit_reads_and_the_rule_decides_it_alike(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(TOML.replace("1_000_000", "3_000_000"))
    (tmp_path / "small.toml").write_text(POLICY)
    out = tmp_path / "out"
    called = CliRunner().invoke(
        app,
        [
            "simulate", "requests", str(tmp_path / "tiny.toml"), "--policy", str(tmp_path / "small.toml"), "--scale",
            "1", "-o", str(out), "--json",
        ],
        catch_exceptions=False,
    )  # fmt: skip
    truth = json.loads((out / "truth.json").read_text())
    table = pq.read_table(out / "requests.parquet")
    rules = capacity_rules(find_policy(str(out / "policy.toml")))
    assert rules is not None
    control = AdmissionControl(rules, truth["allocations"])
    columns = [
        table["received_at"].cast(pa.int64()).to_pylist(),
        *(table[name].to_pylist() for name in ("request_id", "user", "srv", "preceding_request_id")),
    ]
    decided = [control.receive(ServiceRequest(*row)).is_held_back for row in zip(*columns, strict=True)]

    assert 0 == called.exit_code
    assert json.loads(called.stdout) == json.loads((out / "summary.json").read_text())
    assert b"true" == table.schema.metadata[b"synthetic"]
    assert (truth["requests"], truth["throttled"]) == (len(table), sum(decided))
    assert truth["throttled"] > 0
    assert ["Supplier A", "Network A"] == [each.user for each in read_users(out / "users.csv").users]
    assert list(COLUMNS) == next(csv.reader(io.StringIO((out / "comparison.csv").read_text())))
    assert {"report.html", "report.xlsx", "backlog.png", "done.png", "answered.png"} <= {
        path.name for path in out.iterdir()
    }


def test_simulate_requests_lists_its_scenarios_and_simulate_its_own() -> None:
    requests = CliRunner().invoke(app, ["simulate", "requests", "--list"], catch_exceptions=False)
    alerts = CliRunner().invoke(app, ["simulate", "--list"], catch_exceptions=False)

    assert "2am-restart" in requests.stdout
    assert "58-devices-8f75" not in requests.stdout
    assert "58-devices-8f75" in alerts.stdout


def test_a_scenario_and_a_folder_are_needed() -> None:
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(app, ["simulate", "requests"], catch_exceptions=False)

    assert ["SCENARIO", "-o"] == [fault.where for fault in caught.value.faults]


def test_a_difference_too_small_to_print_is_not_told_as_one(found: RequestsSimulated) -> None:
    own, asked, _ = found.of_lists
    first, *others = own.streams
    slower = replace(
        asked,
        streams=[replace(first, tally=replace(first.tally, median_us=71 * SECOND + 1)), *others],
        priority=[*own.priority, *first.srvs],
    )
    said = ask_in_words(
        replace(own, streams=[replace(first, tally=replace(first.tally, median_us=71 * SECOND)), *others]),
        slower,
    )

    assert "are done as before" in said
    assert "not 1 min 11 s" not in said
