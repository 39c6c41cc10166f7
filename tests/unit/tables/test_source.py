"""Many files as one: which are read, in which order, in one shape."""

from __future__ import annotations

import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.tables.written_tables import DEVICE, GOOD, HEADER, USER, read, write, write_rows

from tidegate.tables.source import open_tables
from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")


def at(hour: int) -> str:
    return GOOD.replace("T12", f"T{hour:02d}")


def test_files_are_read_in_the_order_of_their_first_instants(tmp_path):
    write_rows(tmp_path / "a.csv", [at(15)])
    write_rows(tmp_path / "b.csv", [at(13)])
    write_rows(tmp_path / "c.tsv", [at(14).replace(",", "\t")], HEADER.replace(",", "\t"))

    assert ["b.csv", "c.tsv", "a.csv"] == [name for name, _ in read(tmp_path).places]
    assert ["b.csv", "a.csv"] == [name for name, _ in read(tmp_path / "*.csv").places]


def test_a_file_named_twice_is_read_once(tmp_path):
    path = write_rows(tmp_path / "a.csv", [GOOD])

    assert 1 == len(read(path, tmp_path, tmp_path / "*.csv").alerts)


def test_a_source_is_named_as_a_person_would(tmp_path):
    a, b = (write_rows(tmp_path / name, [GOOD]) for name in ("a.csv", "b.csv"))

    assert str(a) == open_tables([a]).name
    assert f"2 files in {tmp_path}" == open_tables([a, b]).name


def test_an_empty_file_among_others_is_told_and_does_not_stop_the_rest(tmp_path):
    write(tmp_path / "a.csv", "")
    write(tmp_path / "b.csv", HEADER)
    write_rows(tmp_path / "c.csv", [GOOD])

    result = read(tmp_path)

    assert 1 == len(result.alerts)
    assert [(0, "the file is empty"), (0, "the file has a header and no rows")] == [
        (row.line, row.reason) for row in result.rejected
    ]


def test_every_path_that_cannot_be_read_is_named_at_once(tmp_path):
    (tmp_path / "nothing").mkdir()
    write(tmp_path / "a.xlsx", "x")

    with pytest.raises(InputError) as refused:
        read(tmp_path / "missing.csv", tmp_path / "nothing", tmp_path / "a.xlsx")

    assert ["there is no such file", "has no table in it", "its name does not say what it holds"] == [
        fault.what for fault in refused.value.faults
    ]


def test_files_of_different_kinds_have_their_original_columns_in_one_shape(tmp_path):
    write_rows(tmp_path / "a.csv", [f"{GOOD},n"], f"{HEADER},note")
    columns = {
        "device_id": pa.array([parse_device_id(DEVICE)], pa.uint64()),
        "extra": [7],
        "alert_code": pa.array([0x8F75]),
    }
    pq.write_table(
        pa.table({"received_at": pa.array([NOON + 1], pa.timestamp("us", "UTC")), **columns}),
        tmp_path / "b.parquet",
    )

    result = read(tmp_path, keep_original=True)

    assert [(NOON, DEVICE, "8F75", USER), (NOON + 1, DEVICE, "8F75", "")] == result.alerts
    assert [("n", None), (None, 7)] == [(row["note"], row["extra"]) for row in result.originals]
    assert [(DEVICE, "8F75", USER), (DEVICE, "8F75", None)] == [
        (row["device_id"], row["alert_code"], row["recipient"]) for row in result.originals
    ]


def test_a_reader_who_stops_leaves_no_thread_behind(tmp_path):
    csv = write_rows(tmp_path / "a.csv", [GOOD] * 100)
    parquet = tmp_path / "b.parquet"
    table = pa.table(
        {
            "received_at": pa.array([NOON] * 900, pa.timestamp("us", "UTC")),
            "device_id": pa.array([1] * 900, pa.uint64()),
            "alert_code": ["8F75"] * 900,
        }
    )
    pq.write_table(table, parquet, row_group_size=50)
    before = threading.active_count()
    for path in (csv, parquet):
        batches = open_tables([path], batch_rows=10).batches()
        next(batches)
        batches.close()

    assert before == threading.active_count()


@pytest.mark.parametrize(("minutes", "is_noted"), [(59, True), (60, True), (57, False), (0, False)])
def test_a_device_clock_a_whole_hour_from_the_receipt_is_noted(tmp_path, minutes, is_noted):
    clock = "2026-03-01T13:00:00" if minutes == 60 else f"2026-03-01T12:{minutes:02d}:00"
    path = write_rows(tmp_path / "a.csv", [f"{GOOD},{clock}"] * 30, f"{HEADER},device_time")

    notes = open_tables([path]).notes

    assert is_noted == bool(notes)
    assert not is_noted or notes == ["device_time is 60 min after received_at: is one of them local time?"]
