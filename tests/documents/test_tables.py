"""docs/reference/tables.md has every column of every table that a command writes, in the files' order and types."""

from __future__ import annotations

import contextlib
import csv
import re
import sys
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.documents.pages import DOCS, text_of
from tidegate.cli.main import main
from tidegate.formats.sweep_tables import SCHEMA as OF_A_SWEEP

AMBER = """\
version = "with-amber"
mode = "enforced"
effective_from = 2023-01-01T00:00:00Z

[alert_storm.default]
threshold = 30
amber_threshold = 10
window = "60m"
forward_one_in = 10
"""

LOG = ("storm/alerts.parquet", "--inventory", "storm/inventory.parquet")
COMMANDS = (
    ("simulate", "58-devices-8f75", "--devices", "5000", "-o", "storm"),
    ("replay", *LOG, "--policy", "amber.toml", "-o", "replay"),
    ("replay", *LOG, "--policy", "illustrative-1", "--policy", "illustrative-2", "-o", "compare"),
    ("sweep", *LOG, "threshold=5,30", "-o", "sweep"),
    ("offenders", *LOG, "-o", "offenders"),
    ("report", "daily", LOG[0], "--code", "8F75", "-o", "daily"),
    ("report", "edge", *LOG, "-o", "edge"),
    ("report", "problems", *LOG, "-o", "problems"),
)

FILES = {
    "decisions.parquet": ("replay",),
    "storms.parquet": ("replay", "compare"),
    "amber.parquet": ("replay",),
    "problems.parquet": ("replay", "problems"),
    "problem_devices.parquet": ("problems",),
    "sweep.parquet": ("sweep",),
    "offenders.parquet": ("offenders",),
    "devices.parquet": ("offenders",),
    "by_hour.csv": ("offenders",),
    "comparison.csv": ("compare",),
    "daily.csv": ("daily",),
    "edge.csv": ("edge",),
    "rejected.csv": ("replay", "compare", "sweep", "offenders", "daily", "edge", "problems"),
}
"""Every table, and the folders it is written to."""

NOT_TABLES_OF_OURS = {"problems_servicenow.csv", "problems_jira.csv", "recommended.csv"}
"""Import files for other systems, and what a sweep recommends in words: each has its own page."""


def described():
    """Each table of the page: its columns, each with its type."""
    sections = text_of(DOCS / "reference" / "tables.md").split("\n## ")[1:]
    return {
        section.split("\n", 1)[0]: re.findall(r"^\| `(\w+)` \| (\w+) \| .+ \|$", section, re.MULTILINE)
        for section in sections
    }


def type_in_words(kind: pa.DataType) -> str:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    words = {"string": "text", "double": "float64", "timestamp[us, tz=UTC]": "timestamp"}
    return words.get(str(kind), str(kind))


def run(*command):
    with patch.object(sys, "argv", ["tidegate", *command]), contextlib.suppress(SystemExit):
        main()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    (folder / "amber.toml").write_text(AMBER, encoding="utf-8")
    with pytest.MonkeyPatch.context() as moved:
        moved.chdir(folder)
        for command in COMMANDS:
            run(*command)
    return folder


def test_every_table_has_a_section_and_no_other_has():
    assert list(FILES) == list(described())


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".parquet")])
def test_a_parquet_file_has_the_columns_and_types_that_are_described(written, name):
    for place in FILES[name]:
        schema = pq.read_schema(written / place / name)
        columns = [(field.name, type_in_words(field.type)) for field in schema]

        # Problems are found in a replay; in a comparison each policy would have its own.
        left_out = {"problem_id"} if place == "compare" else set()
        assert [column for column in described()[name] if column[0] not in left_out] == columns, place


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".csv")])
def test_a_csv_file_has_the_columns_that_are_described(written, name):
    for place in FILES[name]:
        with (written / place / name).open(encoding="utf-8", newline="") as file:
            columns = next(csv.reader(file))

        assert [column for column, _ in described()[name]] == columns, place


@pytest.mark.parametrize("name", ["problems", "problem_devices", "sweep", "offenders", "devices"])
def test_a_csv_file_beside_a_parquet_file_has_the_same_columns(written, name):
    place = FILES[f"{name}.parquet"][-1]
    with (written / place / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        columns = next(csv.reader(file))

    assert pq.read_schema(written / place / f"{name}.parquet").names == columns


def test_no_table_is_written_that_is_not_described(written):
    tables = {
        path.name
        for place in {place for places in FILES.values() for place in places}
        for path in (written / place).iterdir()
        if path.suffix in {".csv", ".parquet"}
    }
    beside = {name.replace(".parquet", ".csv") for name in FILES if name.endswith(".parquet")}

    assert set() == tables - set(FILES) - beside - NOT_TABLES_OF_OURS


def test_a_sweep_is_described_as_its_schema_has_it():
    assert [(field.name, type_in_words(field.type)) for field in OF_A_SWEEP] == described()["sweep.parquet"]
