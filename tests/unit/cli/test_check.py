"""`tidegate check` as a person calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from tidegate.cli.check import check
from tidegate.tables.mapping_file import read_mapping
from tidegate.vocabulary.faults import InputError

ROW = "2026-03-01T12:00:00Z,00-DB-12-34-56-78-90-A0,8F75"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(check)
    return CliRunner().invoke(app, list(arguments))


def write(path: Path, header: str, *rows: str) -> str:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path.name


def test_guessed_columns_are_shown_and_saved(folder):
    result = run(write(folder / "a.csv", "RCVD_TS,EUI,ALERT_CD", ROW, "bad"))

    assert 0 == result.exit_code
    assert "RCVD_TS = received_at (guessed)" in result.stdout
    assert "2; 1 are Alerts" in result.stdout
    assert "line 3" in result.stdout
    assert "Saved the columns to tidegate.toml. Nothing left this computer." in result.stdout
    assert {"received_at": "RCVD_TS", "device_id": "EUI", "alert_code": "ALERT_CD"} == read_mapping(
        folder / "tidegate.toml"
    )
    assert max(len(line) for line in result.stdout.splitlines()) <= 80


def test_nothing_is_saved_when_nothing_was_guessed_or_it_is_not_wanted(folder):
    plain = run(write(folder / "a.csv", "received_at,device_id,alert_code", ROW))
    unwanted = run("--no-save", write(folder / "b.csv", "RCVD_TS,EUI,ALERT_CD", ROW))

    assert [0, 0] == [plain.exit_code, unwanted.exit_code]
    assert not (folder / "tidegate.toml").exists()
    assert "Saved" not in plain.stdout + unwanted.stdout


def test_a_saved_mapping_is_used(folder):
    (folder / "tidegate.toml").write_text('[columns]\nreceived_at = "second"\n')

    result = run(
        "--json", write(folder / "a.csv", "first,second,device_id,alert_code", f"2020-01-01T00:00:00Z,{ROW}")
    )

    assert "2026-03-01T12:00:00Z" == json.loads(result.stdout)["first"]


def test_json_has_all_that_is_shown(folder):
    found = json.loads(
        run("--json", write(folder / "a.csv", "received_at,device_id,alert_code", ROW, ROW, "x")).stdout
    )

    assert (3, 2, 1, 1) == (found["rows"], found["usable"], found["rejected"], found["duplicates"])
    assert [{"source": "a.csv", "line": 4}] == found["rejected_by_reason"][0]["first"]


def test_a_file_that_cannot_be_read_is_a_fault(folder):
    assert isinstance(run(str(folder / "missing.csv")).exception, InputError)
