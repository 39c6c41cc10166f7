"""`tidegate simulate`, called as a person would."""

import csv
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from tidegate.cli.simulate import simulate
from tidegate.simulation.scenarios import scenarios
from tidegate.vocabulary.faults import InputError

app = typer.Typer()
app.command()(simulate)


def called(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


def test_the_files_are_those_of_the_contract_and_say_that_they_are_synthetic(tmp_path: Path) -> None:
    said = called("one-operator-week", "--devices", "5000", "--days", "1", "-o", str(tmp_path / "week"))
    files = {path.name: path for path in (tmp_path / "week").iterdir()}
    alerts = pq.read_table(files["alerts.parquet"])
    truth = json.loads(files["truth.json"].read_text())

    assert {"alerts.parquet", "inventory.parquet", "truth.json", "README.txt"} == set(files)
    assert b"true" == alerts.schema.metadata[b"synthetic"]
    assert truth["alerts"] == len(alerts)
    assert f"1 day, 5,000 Devices, {len(alerts):,} Alerts" in said
    assert "synthetic" in said


def test_csv_says_in_every_row_that_it_is_synthetic(tmp_path: Path) -> None:
    called("national", "--devices", "2100", "--format", "csv", "-o", str(tmp_path))
    for name in ("alerts.csv", "inventory.csv"):
        with (tmp_path / name).open(newline="") as file:
            assert {"true"} == {row["synthetic"] for row in csv.DictReader(file)}


def test_both_formats_hold_the_same_log(tmp_path: Path) -> None:
    for file_format in ("csv", "parquet"):
        called("national", "--devices", "2100", "--format", file_format, "-o", str(tmp_path))
    table = pq.read_table(tmp_path / "alerts.parquet")
    with (tmp_path / "alerts.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert table["alert_code"].to_pylist() == [row["alert_code"] for row in rows]
    assert table["recipient"].to_pylist() == [row["recipient"] for row in rows]
    ids = [int(row["device_id"].replace("-", ""), 16) for row in rows]
    assert table["device_id"].to_pylist() == ids


def test_the_list_names_every_scenario() -> None:
    said = called("--list")

    assert all(name in said for name in scenarios())


def test_a_call_without_scenario_and_folder_is_told_both() -> None:
    with pytest.raises(InputError) as raised:
        called()

    assert ["SCENARIO", "-o"] == [fault.where for fault in raised.value.faults]


def test_a_scenario_that_is_not_there_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Did you mean national"):
        called("nationall", "-o", str(tmp_path / "new"))

    assert [] == list(tmp_path.iterdir())
