"""`import tidegate`: light to load, the same answers as the command line, any table in and out."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
import pytest
from tests.commands import tidegate as run_tidegate

import tidegate
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, format_instant

DEVICE = 0x00DB1234567890A0
NOON = 20_514 * DAY + 12 * HOUR
STORM = [tidegate.Alert(NOON + n * MINUTE, DEVICE, 0x8F75, "Network A") for n in range(60)]
DEVICES = {"device_id": ["00-DB-12-34-56-78-90-A0"], "manufacturer": ["Maker A"], "csp_region": ["North"]}


def as_table(alerts):
    return tidegate.read_alerts(alerts).to_arrow()


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "alerts.csv"
    pv.write_csv(as_table(STORM), path)
    return path


def test_importing_it_loads_no_compiler_no_arrow_and_no_numpy():
    code = "import sys, tidegate; print(sorted({'numba', 'pyarrow', 'numpy', 'pydantic'} & set(sys.modules)))"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == asked.stdout.strip()


def test_every_name_can_be_asked_for_and_a_type_checker_knows_the_same_ones():
    stub = ast.parse(Path(tidegate.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    homes = {
        alias.name: f"tidegate.{home}"
        for home, names in vars(tidegate)["_HOMES"].items()
        for alias in (ast.alias(name) for name in names)
    }
    declared = {
        alias.asname: node.module
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert homes == declared
    assert all(getattr(tidegate, name) is not None for name in homes)
    assert set(homes) <= set(dir(tidegate))


def test_a_name_there_is_not_is_said_as_python_says_it():
    with pytest.raises(AttributeError, match="module 'tidegate' has no attribute 'reply'"):
        getattr(tidegate, "reply")  # noqa: B009


def test_every_call_has_a_docstring_with_its_faults():
    calls = [
        getattr(tidegate, name)
        for name in vars(tidegate)["_HOMES"]["api.calls"] + vars(tidegate)["_HOMES"]["api.evidence"]
    ]

    assert all("Raises:\n        InputError" in (call.__doc__ or "") for call in calls)
    for call in calls:
        documented = call.__doc__ if "Args:" in (call.__doc__ or "") else ""
        for name in inspect.signature(call).parameters if documented else ():
            assert f"\n        {name}:" in documented, f"{call.__name__}: {name}"


def test_a_replay_gives_what_the_command_gives(log, tmp_path, capfd):
    ran = run_tidegate(capfd, "replay", log, "-o", tmp_path / "verdict", "--json")
    written = pq.read_table(tmp_path / "verdict" / "storms.parquet")

    result = tidegate.replay(log, decisions=True)

    assert json.loads(ran.out) == result.summary
    assert written.schema.equals(result.storms.schema)
    assert written.to_pylist() == result.storms.to_pylist()
    decisions = pq.read_table(tmp_path / "verdict" / "decisions.parquet")
    assert result.decisions is not None
    assert decisions.to_pylist() == result.decisions.to_pylist()


@pytest.mark.parametrize(
    "given",
    [
        lambda table: table,
        pl.DataFrame,
        lambda table: pl.DataFrame(table).with_columns(
            pl.col("alert_code").cast(pl.Categorical), pl.col("recipient").cast(pl.Categorical)
        ),
        duckdb.from_arrow,
        lambda table: pa.table(
            {
                "EUI": pa.array([DEVICE] * table.num_rows, pa.uint64()),
                "alert": table["alert_code"],
                "at": table["received_at"].cast(pa.timestamp("ns", "UTC")),
                "to": table["recipient"],
            }
        ),
        lambda table: table.to_batches(max_chunksize=7) and pa.Table.from_batches(table.to_batches(7)),
    ],
    ids=["pyarrow", "polars", "categories", "DuckDB", "other names and types", "many chunks"],
)
def test_any_table_is_a_log(given):
    expected = tidegate.replay(STORM).summary

    result = tidegate.replay(given(as_table(STORM)))

    assert {**expected, "columns": None} == {**result.summary, "columns": None}


def test_what_looks_like_a_pandas_frame_is_one():
    """pandas hands its columns over by `__arrow_c_stream__`, as this does."""

    class Frame:
        def __arrow_c_stream__(self, requested_schema=None):
            return as_table(STORM).__arrow_c_stream__(requested_schema)

    assert tidegate.replay(STORM).summary["throttled"] == tidegate.replay(Frame()).summary["throttled"]


def test_alerts_are_a_table_to_other_libraries():
    frame = pl.DataFrame(tidegate.read_alerts(STORM))

    assert (60, 4) == frame.shape
    assert ["received_at", "device_id", "alert_code", "recipient"] == frame.columns
    assert {"00-DB-12-34-56-78-90-A0"} == set(frame["device_id"])


def test_alerts_are_read_as_often_as_asked_for(log):
    alerts = tidegate.read_alerts(log)

    assert tidegate.replay(alerts).summary == tidegate.replay(alerts).summary
    assert 60 == alerts.to_arrow().num_rows


def test_files_may_be_several(log, tmp_path):
    later = [
        tidegate.Alert(alert.at + DAY, alert.device_id, alert.alert_code, alert.recipient) for alert in STORM
    ]
    pq.write_table(as_table(later), tmp_path / "later.parquet")

    assert 120 == tidegate.replay([log, str(tmp_path / "later.parquet")]).summary["received"]


def test_columns_can_be_named():
    table = as_table(STORM).rename_columns(["x", "y", "z", "w"])

    alerts = tidegate.read_alerts(
        table, columns={"received_at": "x", "device_id": "y", "alert_code": "z", "recipient": "w"}
    )

    assert tidegate.replay(STORM).summary["throttled"] == tidegate.replay(alerts).summary["throttled"]


@pytest.mark.parametrize("kind", ["path", "polars", "value"])
def test_an_inventory_is_a_path_a_table_or_itself(kind, tmp_path):
    pq.write_table(pa.table(DEVICES), tmp_path / "devices.parquet")
    given = {
        "path": tmp_path / "devices.parquet",
        "polars": pl.DataFrame(DEVICES).with_columns(pl.col("csp_region").cast(pl.Categorical)),
        "value": tidegate.read_inventory(tmp_path / "devices.parquet"),
    }[kind]

    result = tidegate.replay(STORM, inventory=given)

    assert {"Maker A"} == set(result.storms["manufacturer"].to_pylist())
    assert {"North"} == set(result.storms["csp_region"].to_pylist())


def test_the_rule_can_be_driven_alert_by_alert():
    parameters = tidegate.AlertStormParameters(threshold=30, window_us=HOUR, forward_one_in=10)
    protection = tidegate.AlertStormProtection(
        tidegate.AlertStormRules(parameters), tidegate.ExclusionList({0x8F35: "an outage"})
    )

    outcomes = [protection.receive(alert).outcome for alert in STORM]

    assert [tidegate.Outcome.FORWARDED] * 30 == outcomes[:30]
    assert 27 == outcomes.count(tidegate.Outcome.THROTTLED)


def test_a_policy_is_a_name_a_file_or_a_value(tmp_path, capfd):
    ran = run_tidegate(capfd, "policy", "show", "illustrative-1", "--toml")
    (tmp_path / "mine.toml").write_text(ran.out, encoding="utf-8")
    value = tidegate.read_policy("illustrative-1")

    throttled = [
        tidegate.replay(STORM, policy).summary["throttled"]
        for policy in (None, "illustrative-1", tmp_path / "mine.toml", value)
    ]

    # The default has taken 8F75 off the exclusion list.
    assert [27, 0, 0, 0] == throttled


@pytest.mark.parametrize(
    "since",
    [
        NOON + 30 * MINUTE,
        format_instant(NOON + 30 * MINUTE),
        datetime(2026, 3, 2, 12, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 13, 30, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_instants_are_numbers_text_or_datetimes(since):
    assert 30 == tidegate.replay(STORM, since=since).summary["received"]


@pytest.mark.parametrize("look_back", [0, "0s", timedelta(0)])
def test_durations_are_numbers_text_or_timedeltas(look_back):
    late = [STORM[1], STORM[0]]

    assert 1 == tidegate.replay(late, look_back=look_back).rejected.num_rows
    assert 0 == tidegate.replay(late, look_back=MINUTE // SECOND * SECOND).rejected.num_rows


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: tidegate.replay("gone.csv"), "gone.csv"),
        (lambda: tidegate.replay(3), "a int is no table"),
        (lambda: tidegate.replay(["a.csv", 3]), "neither a list of paths nor a list of Alerts"),
        (lambda: tidegate.replay(pa.table({"x": [1]})), "no column is received_at"),
        (lambda: tidegate.replay(STORM, "gone"), "there is no such policy file"),
        (lambda: tidegate.replay(STORM, since="soon"), "since: 'soon"),
        (lambda: tidegate.replay(STORM, since=datetime(2026, 3, 2)), "names no zone"),  # noqa: DTZ001
        (lambda: tidegate.replay(STORM, since="2026-03-02", until="2026-03-01"), "is not after since"),
        (lambda: tidegate.replay(STORM, look_back=-1), "look_back: '-1' is not a duration"),
        (lambda: tidegate.explain(STORM, "x", "8F75"), "'x' is not an EUI-64"),
        (lambda: tidegate.read_inventory(pa.table({"x": [1]})), "a table in memory"),
        (lambda: tidegate.simulate("no-such", "x"), "no-such"),
    ],
)
def test_what_cannot_be_used_is_a_fault_that_says_what_to_write(call, said):
    with pytest.raises(tidegate.InputError) as raised:
        call()

    assert said in str(raised.value)


def test_rows_that_cannot_be_used_are_kept_with_their_reason():
    table = as_table(STORM)
    bad = table.set_column(2, "alert_code", pa.array(["8F75"] * 59 + ["magnet"]))

    result = tidegate.replay(bad)

    (row,) = result.rejected.to_pylist()
    assert ("a table in memory", 60) == (row["source"], row["line"])
    assert "'magnet' is not an Alert Code" in row["reason"]
    assert 59 == as_table(bad).num_rows
    with pytest.raises(tidegate.InputError, match="line 60"):
        tidegate.replay(bad, strict=True)


def test_a_log_without_alerts_is_one():
    result = tidegate.replay([])

    assert 0 == result.summary["received"]
    assert "There was no Alert to replay." == result.verdict.headline
    assert result.decisions is None
    assert 0 == result.storms.num_rows


def test_a_result_is_its_verdict_when_it_is_printed():
    result = tidegate.replay(STORM)

    first, *others = str(result).splitlines()
    assert result.verdict.headline == first
    assert all(line.startswith("  ") for line in others)
    assert {"storms", "amber", "by_code", "rejected"} == set(result.tables)


def test_the_table_by_code_adds_up():
    by_code = tidegate.replay(STORM).by_code.to_pylist()

    assert [("8F75", 60, 33, 27, 1)] == [
        (row["alert_code"], row["received"], row["forwarded"], row["throttled"], row["storms"])
        for row in by_code
    ]


def test_explain_tells_the_story():
    (story,) = tidegate.explain(STORM, "00-DB-12-34-56-78-90-A0", "8F75")

    assert 60 <= len(story.steps)
    assert "8F75" in story.title


def test_check_looks_at_a_log():
    assert 60 == tidegate.check(STORM).usable


def test_the_edge_is_a_table_too():
    result = tidegate.protect_the_edge(
        STORM, pa.table(DEVICES), capacity_per_second={"North": 0.001}, wan_copies="one", same_event="2s"
    )

    rows = result.tables["edge"].to_pylist()
    assert ["nowhere", "hub", "csp", "dsp"] == [row["place"] for row in rows]
    assert 27 == rows[1]["wan_spared"] == result.summary["regions"]["North"]["hub"]["wan_spared"]
    assert 0.001 == rows[0]["wan_capacity_per_second"]


def test_a_simulation_can_be_replayed_at_once(tmp_path):
    made = tidegate.simulate("58-devices-8f75", tmp_path / "storm", devices=5_000)

    result = tidegate.replay(made.alerts, inventory=made.inventory)

    assert made.truth["alerts"] == result.summary["received"]
    assert 0 < result.storms.num_rows
    assert np.all([Path(file).is_file() for file in made.files])


def test_a_sweep_recommends_and_drafts_a_policy():
    result = tidegate.sweep(STORM, "threshold=5,30,100", code="8F75")

    of_code = [row for row in result.tables["sweep"].to_pylist() if row["alert_code"] == "8F75"]
    # The policy in force stands beside those that were swept.
    assert [30, 5, 30, 100] == [row["threshold"] for row in of_code]
    assert [27, 27] == [row["throttled"] for row in of_code if row["threshold"] == 30]
    assert result.verdict.headline in str(result)


def test_policies_are_compared():
    result = tidegate.compare(STORM, ["illustrative-1", tidegate.read_policy("illustrative-2")])

    whole = {
        row["policy"]: row["throttled"]
        for row in result.tables["comparison"].to_pylist()
        if row["level"] == "code"
    }
    assert {"illustrative-1": 0, "illustrative-2": 27} == whole
    assert 1 == result.tables["storms"].num_rows


def test_offenders_and_problems_are_found(tmp_path):
    made = tidegate.simulate("58-devices-8f75", tmp_path / "storm", devices=5_000)

    offenders = tidegate.offenders(made.alerts, made.inventory, by=["manufacturer"])
    problems = tidegate.problems(made.alerts, made.inventory, silent_for="1h")
    replayed = tidegate.replay(made.alerts, inventory=made.inventory)

    assert {"offenders", "devices"} == set(offenders.tables)
    assert "Maker A" in offenders.tables["offenders"]["manufacturer"].to_pylist()
    found = problems.tables["problems"]
    assert 0 < found.num_rows
    assert replayed.storms.num_rows == sum(row["storms"] for row in found.to_pylist())
    assert found["problem_id"].to_pylist() == replayed.tables["problems"]["problem_id"].to_pylist()


@pytest.mark.parametrize(
    "call",
    [
        lambda: tidegate.sweep(STORM, "threshold=5,30"),
        lambda: tidegate.compare(STORM, ["illustrative-1", "illustrative-2"]),
        lambda: tidegate.offenders(STORM),
        lambda: tidegate.problems(STORM),
        lambda: tidegate.protect_the_edge(STORM, pa.table(DEVICES)),
    ],
    ids=["sweep", "compare", "offenders", "problems", "edge"],
)
def test_every_result_has_a_verdict_a_summary_and_tables(call):
    result = call()

    assert isinstance(result, tidegate.Result)
    assert result.verdict.headline == str(result).splitlines()[0]
    assert json.dumps(result.summary)
    assert all(isinstance(table, pa.Table) for table in result.tables.values())
