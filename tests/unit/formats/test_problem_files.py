"""The files of problems: Parquet and CSV for people, import files for service desks; nothing a spreadsheet runs."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.unit.alert_storm.problem_examples import END, M1_104, cause, found, storm, view

from tidegate.alert_storm.causes import Kind
from tidegate.alert_storm.members import Murmurers
from tidegate.alert_storm.problems import Problems, problem_id_of
from tidegate.formats.jira_csv import write_jira_csv
from tidegate.formats.problems_pseudonyms import pseudonymised_problems
from tidegate.formats.problems_table import (
    DEVICE_SCHEMA,
    SCHEMA,
    write_problem_devices_csv,
    write_problem_devices_parquet,
    write_problems_csv,
    write_problems_parquet,
)
from tidegate.formats.pseudonyms import Pseudonyms
from tidegate.formats.servicenow_csv import COLUMNS, write_servicenow_csv
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import HOUR
from tidegate.vocabulary.products import Product

HOSTILE = '=HYPERLINK("x")'


def murmurers(_cause: object) -> Murmurers:
    return Murmurers(np.array([7, 8], np.uint64), np.array([30, 40]), np.array([5, 6]), np.array([8, 9]), {})


def three() -> Problems:
    """Shouters of a product, shouters of none, and murmur of a toggle pair."""
    murmur = cause(Kind.MURMUR, (0x8014, 0x8015), alerts=70, devices=2)
    return found(
        [cause(), murmur],
        [
            storm(1, started_at=HOUR, ended_at=2 * HOUR),
            storm(2, product=None),
            storm(1, recipient="Supplier 1"),
        ],
        view=view([(0x8014, M1_104, "North", 70, 2)]),
        murmurers=murmurers,
    )


def hostile() -> Problems:
    """Everything that an input may name is a formula."""
    product = Product("ESME", HOSTILE, "+1", "-2")
    return found(
        [cause(product=product)],
        [storm(1, product=product, supplier="@cmd", recipient="\tx")],
    )


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_problems_parquet_has_a_row_for_each_problem(tmp_path):
    problems = three()
    write_problems_parquet(problems, tmp_path / "problems.parquet")

    table = pq.read_table(tmp_path / "problems.parquet")
    assert SCHEMA.names == table.schema.names
    assert [problem.problem_id for problem in problems.problems] == table["problem_id"].to_pylist()
    assert [200, 100, 70] == table["alerts"].to_pylist()
    assert sum(problem.storms for problem in problems.problems) == sum(
        filter(None, table["storms"].to_pylist())
    )
    assert "UTC" == table.schema.field("first_seen").type.tz


def test_what_was_not_compared_is_empty_and_so_is_a_ratio_to_silence(tmp_path):
    beyond = replace(cause(), ratio=math.inf)
    problems = found([beyond], [storm(1), storm(2, product=None, received=99)])
    write_problems_parquet(problems, tmp_path / "problems.parquet")
    write_problems_csv(problems, tmp_path / "problems.csv")

    assert [None, None] == pq.read_table(tmp_path / "problems.parquet")["ratio"].to_pylist()
    assert [0.2, None] == pq.read_table(tmp_path / "problems.parquet")["rate"].to_pylist()
    assert ["", ""] == [row["ratio"] for row in read_csv(tmp_path / "problems.csv")]


def test_problems_csv_says_the_same_as_problems_parquet(tmp_path):
    problems = three()
    write_problems_parquet(problems, tmp_path / "problems.parquet")
    write_problems_csv(problems, tmp_path / "problems.csv")

    rows = read_csv(tmp_path / "problems.csv")
    expected = pq.read_table(tmp_path / "problems.parquet").to_pylist()
    assert SCHEMA.names == list(rows[0])
    for name in ("problem_id", "kind", "alert_codes", "responsible", "informed", "title"):
        assert [row[name] for row in expected] == [row[name] for row in rows]
    assert "1970-01-01T00:00:00Z" == rows[0]["first_seen"]


def test_every_device_of_every_problem_is_told_in_both_files(tmp_path):
    problems = three()
    write_problem_devices_parquet(problems, tmp_path / "devices.parquet")
    write_problem_devices_csv(problems, tmp_path / "devices.csv")

    table = pq.read_table(tmp_path / "devices.parquet")
    rows = read_csv(tmp_path / "devices.csv")
    assert DEVICE_SCHEMA.names == table.schema.names == list(rows[0])
    assert [format_device_id(at) for at in (1, 2, 7, 8)] == table["device_id"].to_pylist()
    assert table["device_id"].to_pylist() == [row["device_id"] for row in rows]
    assert [2, 1, 0, 0] == table["storms"].to_pylist()
    assert ["Supplier 1", None, None, None] == table["responsible"].to_pylist()
    assert ["Supplier 1", "", "", ""] == [row["responsible"] for row in rows]


def test_a_log_without_problems_makes_files_without_rows(tmp_path):
    for name, write in (
        ("problems.parquet", write_problems_parquet),
        ("devices.parquet", write_problem_devices_parquet),
    ):
        write(found([], []), tmp_path / name)
        assert 0 == pq.read_table(tmp_path / name).num_rows
    for at, write in enumerate(
        (write_problems_csv, write_problem_devices_csv, write_servicenow_csv, write_jira_csv)
    ):
        write(found([], []), tmp_path / f"{at}.csv")
        assert 1 == len((tmp_path / f"{at}.csv").read_text().splitlines())


@pytest.mark.parametrize(
    "write", [write_problems_csv, write_problem_devices_csv, write_servicenow_csv, write_jira_csv]
)
def test_no_cell_begins_a_formula(tmp_path, write: Any):
    write(hostile(), tmp_path / "it.csv")

    with (tmp_path / "it.csv").open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]
    assert any(cell.startswith("'") for cell in cells)


@pytest.mark.parametrize("write", [write_servicenow_csv, write_jira_csv])
def test_import_files_are_utf_8_without_a_mark_and_their_lines_end_in_cr_lf(tmp_path, write: Any):
    write(found([], [storm(1, supplier="Énergie")]), tmp_path / "it.csv")

    content = (tmp_path / "it.csv").read_bytes()
    assert b"\xef\xbb\xbf" != content[:3]
    assert "Énergie" in content.decode("utf-8")
    assert content.endswith(b"\r\n")


def test_servicenow_has_names_of_its_own_fields_and_the_identifier_to_coalesce_on(tmp_path):
    write_servicenow_csv(three(), tmp_path / "it.csv")

    rows = read_csv(tmp_path / "it.csv")
    assert list(COLUMNS) == list(rows[0])
    assert 3 == len({row["correlation_id"] for row in rows})
    first = rows[0]
    assert problem_id_of(cause()) == first["correlation_id"]
    assert ("Supplier 1", "Maker A M1 1.04") == (first["assignment_group"], first["cmdb_ci"])
    assert "1970-01-01 00:00:00" == first["opened_at"]
    assert ("3", "3") == (first["impact"], first["urgency"])
    assert "inform Network B" in first["work_notes"]


def test_servicenow_is_not_given_more_than_its_fields_hold_nor_markup_to_show(tmp_path):
    product = Product("ESME", "[code]<b>x</b>[/code]" + "M" * 5_000, "M1")
    write_servicenow_csv(found([cause(product=product)], [storm(1, product=product)]), tmp_path / "it.csv")

    (row,) = read_csv(tmp_path / "it.csv")
    assert 160 == len(row["short_description"])
    assert len(row["description"]) <= 4_000
    assert "[code]" not in "".join(row.values())


def test_jira_repeats_the_heading_of_a_field_with_several_values(tmp_path):
    write_jira_csv(three(), tmp_path / "it.csv")

    with (tmp_path / "it.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert (2, 4) == (header.count("Component"), header.count("Labels"))
    assert {len(header)} == {len(row) for row in rows}
    components = [at for at, name in enumerate(header) if name == "Component"]
    assert [["8F75", ""], ["8F75", ""], ["8014", "8015"]] == [[row[at] for at in components] for row in rows]


def test_jira_headings_have_no_punctuation_and_labels_no_blank(tmp_path):
    write_jira_csv(three(), tmp_path / "it.csv")

    with (tmp_path / "it.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert all(name.replace(" ", "").isalnum() for name in header)
    labels = [row[at] for row in rows for at, name in enumerate(header) if name == "Labels"]
    assert not [label for label in labels if " " in label]
    assert problem_id_of(cause()) in labels
    assert "Maker-A-M1-1.04" in labels


def test_jira_has_every_cell_in_quotation_marks_and_its_instants_as_said(tmp_path):
    write_jira_csv(found([], [storm(1)]), tmp_path / "it.csv")

    text = (tmp_path / "it.csv").read_text()
    assert text.startswith('"Summary","Issue Type"')
    (row,) = read_csv(tmp_path / "it.csv")
    assert ("1970-01-01 00:00", "Problem", "Low") == (row["Date Created"], row["Issue Type"], row["Priority"])


def test_an_open_problem_of_many_devices_goes_before_one_of_few(tmp_path):
    many = [storm(device, ended_at=None) for device in range(1_000)]
    few = [storm(device, "8F3E", ended_at=None) for device in range(10)]
    write_jira_csv(found([], [*many, *few, storm(1, "8F60", ended_at=END)]), tmp_path / "it.csv")

    assert ["High", "Medium", "Low"] == [row["Priority"] for row in read_csv(tmp_path / "it.csv")]


def test_under_pseudonyms_no_device_is_named_and_none_is_lost(tmp_path):
    problems = three()
    hidden = pseudonymised_problems(problems, Pseudonyms(b"sixteen bytes or more"))
    write_problem_devices_csv(hidden, tmp_path / "devices.csv")

    rows = read_csv(tmp_path / "devices.csv")
    assert not {format_device_id(at) for at in (1, 2, 7, 8)} & {row["device_id"] for row in rows}
    assert sorted(problems.members.alerts.tolist()) == sorted(int(row["alerts"]) for row in rows)
    places = list(zip(hidden.members.problem.tolist(), hidden.members.device_id.tolist(), strict=True))
    assert sorted(places) == places
