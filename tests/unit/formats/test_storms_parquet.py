"""storms.parquet and amber.parquet, read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyarrow import parquet
from tests.unit.reports.replayed_examples import START, SUPPLIER, empty, replayed, spell, spells, week

from tidegate.alert_storm.decision import Level
from tidegate.formats import storms_parquet
from tidegate.formats.storms_parquet import SCHEMA, write_amber, write_storms
from tidegate.reports.replayed import Totals
from tidegate.vocabulary.instants import HOUR


def test_a_storm_is_a_row_as_a_person_reads_it(tmp_path: Path) -> None:
    made = replayed({0x8F75: Totals(100, 10, 90)}, [spell()])

    write_storms(made, tmp_path / "storms.parquet")

    (row,) = parquet.read_table(tmp_path / "storms.parquet").to_pylist()
    assert row == {
        "device_id": "00-DB-12-34-56-78-90-A0",
        "alert_code": "8F75",
        "recipient": SUPPLIER,
        "level": "red",
        "started_at": datetime(2026, 3, 1, 0, tzinfo=UTC),
        "ended_at": datetime(2026, 3, 1, 1, tzinfo=UTC),
        "received": 100,
        "forwarded": 10,
        "throttled": 90,
        "peak_count": 60,
        "policy_version": "example-1",
    }


def test_a_running_storm_has_no_end(tmp_path: Path) -> None:
    made = replace(
        empty(), spells=spells([spell(ended_at=None), spell(started_at=START + 1, ended_at=START + HOUR)])
    )

    write_storms(made, tmp_path / "storms.parquet")

    ended = parquet.read_table(tmp_path / "storms.parquet")["ended_at"].to_pylist()
    assert ended == [None, datetime(2026, 3, 1, 1, tzinfo=UTC)]


def test_amber_spells_have_a_file_of_their_own(tmp_path: Path) -> None:
    made = replace(empty(), spells=spells([spell(), spell(level=Level.AMBER, started_at=START + 1)]))

    write_storms(made, tmp_path / "storms.parquet")
    wrote = write_amber(made, tmp_path / "amber.parquet")

    assert wrote
    assert parquet.read_table(tmp_path / "storms.parquet")["level"].to_pylist() == ["red"]
    assert parquet.read_table(tmp_path / "amber.parquet")["level"].to_pylist() == ["amber"]


def test_without_amber_there_is_no_amber_file(tmp_path: Path) -> None:
    assert not write_amber(replace(empty(), spells=spells([spell()])), tmp_path / "amber.parquet")
    assert list(tmp_path.iterdir()) == []


def test_without_storms_the_file_has_its_columns_and_no_row(tmp_path: Path) -> None:
    write_storms(empty(), tmp_path / "storms.parquet")

    table = parquet.read_table(tmp_path / "storms.parquet")
    assert table.num_rows == 0
    assert SCHEMA.names == table.schema.names


def test_more_rows_than_are_written_at_once_lose_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storms_parquet, "ROWS_AT_ONCE", 7)
    made = week()

    write_storms(made, tmp_path / "storms.parquet")

    columns = made.storms.columns
    table = parquet.read_table(tmp_path / "storms.parquet")
    assert columns["throttled"].tolist() == table["throttled"].to_pylist()
    assert [f"{each:016X}" for each in columns["device_id"].tolist()] == [
        str(text).replace("-", "") for text in table["device_id"].to_pylist()
    ]
    assert columns["alert_code"].tolist() == table["alert_code"].to_pylist()


def test_the_file_says_what_it_was_made_from(tmp_path: Path) -> None:
    write_storms(replace(empty(), completed=0.5), tmp_path / "storms.parquet")

    metadata = parquet.read_schema(tmp_path / "storms.parquet").metadata
    assert metadata[b"source"] == b"alerts.csv"
    assert metadata[b"policy_version"] == b"example-1"
    assert metadata[b"partial"] == b"true"
