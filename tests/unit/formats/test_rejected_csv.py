"""rejected.csv: every row is kept, and no spreadsheet runs it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from tidegate.columnar.batches import RejectedRow
from tidegate.formats.rejected_csv import RejectedWriter
from tidegate.formats.spreadsheet_safe import as_text


def _rows(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_a_row_stands_with_its_place_and_reason(tmp_path: Path) -> None:
    with RejectedWriter(tmp_path / "rejected.csv") as rejected:
        rejected.write(RejectedRow("alerts.csv", 7, "not an instant: write ...", 'a,"b"\nc'))

    assert _rows(tmp_path / "rejected.csv") == [
        ["source", "line", "reason", "text"],
        ["alerts.csv", "7", "not an instant: write ...", 'a,"b"\nc'],
    ]
    assert rejected.rows == 1


def test_without_rejected_rows_there_is_the_heading(tmp_path: Path) -> None:
    with RejectedWriter(tmp_path / "rejected.csv"):
        pass

    assert _rows(tmp_path / "rejected.csv") == [["source", "line", "reason", "text"]]


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_formula_is_made_text_in_every_column(tmp_path: Path, formula: str) -> None:
    with RejectedWriter(tmp_path / "rejected.csv") as rejected:
        rejected.write(RejectedRow(formula, 1, formula, formula))

    assert _rows(tmp_path / "rejected.csv")[1] == [f"'{formula}", "1", f"'{formula}", f"'{formula}"]


@given(st.text())
def test_text_made_safe_never_begins_a_formula_and_loses_nothing(text: str) -> None:
    safe = as_text(text)

    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert safe in (text, f"'{text}")


def test_what_is_no_text_is_written_as_escapes(tmp_path: Path) -> None:
    with RejectedWriter(tmp_path / "rejected.csv") as rejected:
        rejected.write(RejectedRow("a.csv", 1, "why", "\udcff\0x"))

    assert _rows(tmp_path / "rejected.csv")[1][3] == "\\udcff\\0x"


def test_under_pseudonyms_nothing_of_the_row_is_shown(tmp_path: Path) -> None:
    with RejectedWriter(tmp_path / "rejected.csv", is_pseudonymised=True) as rejected:
        rejected.write(
            RejectedRow(
                "a.csv",
                1,
                "'00-DB-1' is not an EUI-64: write 16 digits, as 00-DB-12-34-56-78-90-A0",
                "00-DB-1",
            )
        )

    assert _rows(tmp_path / "rejected.csv")[1] == [
        "a.csv",
        "1",
        "(withheld) is not an EUI-64: write 16 digits, as (withheld)",
        "(withheld)",
    ]
