"""`tidegate simulate commissioning`, called as a person would."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import typer
from typer.testing import CliRunner

from tidegate.cli.simulate_commissioning import simulate_commissioning
from tidegate.simulation.commissioning.scenario_files import commissioning_scenarios
from tidegate.tables.inventory import read_inventory
from tidegate.vocabulary.faults import InputError

app = typer.Typer()
app.command()(simulate_commissioning)


def called(*arguments: str) -> str:
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout


def test_the_files_are_those_of_the_contract_and_say_that_they_are_synthetic(tmp_path: Path):
    said = called("draft-report", "--devices", "2000", "-o", str(tmp_path / "draft"))
    files = {path.name: path for path in (tmp_path / "draft").iterdir()}
    scenario, accuracy = (json.loads(files[f"{name}.json"].read_text()) for name in ("scenario", "accuracy"))
    truth = pq.read_table(files["truth.parquet"])

    tables = {f"{name}.parquet" for name in ("evidence", "registrations", "inventory", "truth")}
    assert {*tables, "scenario.json", "accuracy.json", "README.txt"} == set(files)
    assert {b"true"} == {pq.read_schema(files[name]).metadata[b"synthetic"] for name in tables}
    assert (True, 2_000) == (scenario["synthetic"], scenario["devices"])
    assert scenario["not_secure"] == truth["is_secure"].to_pylist().count(False)
    assert scenario["not_secure"] == accuracy["criteria"]["outcome"]["all"]["not_secure"]
    assert 2_000 == len(read_inventory(files["inventory.parquet"]))
    assert "Simulated: 2,000 Devices in 180 days" in said
    assert "Synthetic" in said


def test_both_formats_hold_the_same(tmp_path: Path):
    printed = {
        file_format: called(
            "change-of-supplier", "--devices", "500", "--format", file_format, "--json", "-o", str(tmp_path)
        )
        for file_format in ("csv", "parquet")
    }

    assert printed["csv"] == printed["parquet"]
    assert json.loads(printed["csv"]) == json.loads((tmp_path / "accuracy.json").read_text())
    assert [] == list(tmp_path.glob("*.csv")), "those of the run before are gone"


def test_the_list_names_every_scenario():
    said = called("--list")

    assert all(name in said for name in commissioning_scenarios())


def test_all_that_is_lacking_is_told_at_once():
    with pytest.raises(InputError) as caught:
        called()

    assert ["SCENARIO", "-o"] == [fault.where for fault in caught.value.faults]
