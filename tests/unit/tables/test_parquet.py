"""Alerts from Parquet, whatever types the columns have."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.unit.tables.written_tables import DEVICE, USER, read, write

from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")
NUMBER = parse_device_id(DEVICE)
ALERTS = [(NOON, DEVICE, "8F75", USER), (NOON + 1_000_000, DEVICE, "N24", USER)]
TICKS: dict[Any, int] = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def table_of(**columns: Any) -> pa.Table:
    given = {
        "received_at": pa.array([NOON, NOON + 1_000_000], pa.timestamp("us", "UTC")),
        "device_id": pa.array([NUMBER] * 2, pa.uint64()),
        "alert_code": pa.array(["8F75", "N24"]),
        "recipient": pa.array([USER] * 2),
    }
    return pa.table({name: values for name, values in {**given, **columns}.items() if values is not None})


def written(path: Path, table: pa.Table, **options: Any) -> Path:
    pq.write_table(table, path, **options)
    return path


@pytest.mark.parametrize(
    "received_at",
    [
        *(
            pa.array([NOON * TICKS[u] // 10**6, (NOON + 10**6) * TICKS[u] // 10**6], pa.timestamp(u, "UTC"))
            for u in TICKS
        ),
        pa.array([NOON, NOON + 1_000_000], pa.timestamp("us", "Europe/London")),
        pa.array([NOON, NOON + 1_000_000], pa.timestamp("us")),
        pa.array([NOON, NOON + 1_000_000], pa.int64()),
        pa.array(["2026-03-01T12:00:00Z", "2026-03-01T13:00:01+01:00"]),
        pa.array(["2026-03-01T12:00:00Z", "2026-03-01T13:00:01+01:00"], pa.large_string()),
        pa.array(["2026-03-01T12:00:00Z", "2026-03-01T13:00:01+01:00"]).dictionary_encode(),
    ],
)
def test_instants_of_any_type_are_the_same(tmp_path, received_at):
    assert ALERTS == read(written(tmp_path / "a.parquet", table_of(received_at=received_at))).alerts


@pytest.mark.parametrize(
    "device_id",
    [
        pa.array([NUMBER] * 2, pa.int64()),
        pa.array([DEVICE, DEVICE.lower().replace("-", "")]),
        pa.array([DEVICE, DEVICE], pa.string_view()),
        pa.array([DEVICE, DEVICE]).dictionary_encode(),
    ],
)
def test_devices_of_any_type_are_the_same(tmp_path, device_id):
    assert ALERTS == read(written(tmp_path / "a.parquet", table_of(device_id=device_id))).alerts


@pytest.mark.parametrize(
    "alert_code",
    [
        pa.array(["0x8f75", "n24"], pa.large_string()),
        pa.array(["8F75", "N24"]).dictionary_encode(),
        pa.array([0x8F75, 0x10018], pa.int32()),
    ],
)
def test_codes_of_any_type_are_the_same(tmp_path, alert_code):
    assert ALERTS == read(written(tmp_path / "a.parquet", table_of(alert_code=alert_code))).alerts


@pytest.mark.parametrize(
    ("recipient", "expected"),
    [
        (pa.array([USER] * 2).dictionary_encode(), [USER, USER]),
        (pa.array([parse_device_id(USER), None], pa.uint64()), [USER, ""]),
        (pa.array([None, " Maker A "]), ["", "Maker A"]),
        (None, ["", ""]),
    ],
)
def test_recipients_of_any_type_are_names(tmp_path, recipient, expected):
    result = read(written(tmp_path / "a.parquet", table_of(recipient=recipient)))

    assert expected == [alert[3] for alert in result.alerts]


def test_a_device_with_the_first_bit_set_survives_int64(tmp_path):
    table = table_of(device_id=pa.array([-1, -2], pa.int64()))

    assert ["FF-FF-FF-FF-FF-FF-FF-FF", "FF-FF-FF-FF-FF-FF-FF-FE"] == [
        alert[1] for alert in read(written(tmp_path / "a.parquet", table)).alerts
    ]


def test_bad_rows_are_kept_with_their_row_and_reason(tmp_path):
    table = pa.table(
        {
            "received_at": pa.array([NOON, None, NOON, NOON, NOON], pa.timestamp("us", "UTC")),
            "device_id": pa.array([DEVICE, DEVICE, "1.2E+15", DEVICE, DEVICE]),
            "alert_code": pa.array(["8F75", "8F75", "8F75", None, "8F75"]),
        }
    )

    result = read(written(tmp_path / "a.parquet", table))

    assert [("a.parquet", 1), ("a.parquet", 5)] == result.places
    assert [2, 3, 4] == [row.line for row in result.rejected]
    assert ["received_at: is empty", "device_id: '1.2E+15'", "alert_code: is empty"] == [
        row.reason[: len(each)]
        for row, each in zip(
            result.rejected,
            ["received_at: is empty", "device_id: '1.2E+15'", "alert_code: is empty"],
            strict=True,
        )
    ]


def test_numbers_that_are_no_codes_are_rejected(tmp_path):
    table = table_of(alert_code=pa.array([-1, 0x10000 + 1_000], pa.int64()))

    assert ["alert_code: '-1' is not an Alert Code", "alert_code: '66536' is not an Alert Code"] == [
        row.reason for row in read(written(tmp_path / "a.parquet", table)).rejected
    ]


def test_small_row_groups_and_small_batches_change_nothing(tmp_path):
    table = pa.concat_tables([table_of()] * 50)
    path = written(tmp_path / "a.parquet", table, row_group_size=7)

    result = read(path, batch_rows=3)

    assert ALERTS * 50 == result.alerts
    assert [*range(1, 101)] == [line for _, line in result.places]


def test_original_columns_keep_their_types_and_rows(tmp_path):
    table = table_of(
        alert_code=pa.array(["8F75", "bad"]),
        note=pa.array([1.5, 2.5]),
        received_at=None,
        RCVD_TS=pa.array([NOON // 1_000] * 2, pa.timestamp("ms", "UTC")),
    )

    result = read(written(tmp_path / "a.parquet", table), keep_original=True)

    expected = {
        "device_id": NUMBER,
        "alert_code": "8F75",
        "recipient": USER,
        "note": 1.5,
        "received_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    }
    assert [expected] == result.originals
    assert pa.timestamp("ms", "UTC") == result.source.schema.field("received_at").type


@pytest.mark.parametrize(
    ("columns", "what"),
    [
        ({"device_id": pa.array([1.0, 2.0])}, "double, and cannot be device_id"),
        ({"received_at": pa.array([1, 2], pa.date32())}, r"date32.*cannot be received_at"),
        ({"received_at": pa.array([1_772_366_400] * 2)}, "which are seconds"),
        ({"alert_code": None}, "no column is alert_code"),
    ],
)
def test_columns_that_cannot_be_ours_are_refused(tmp_path, columns, what):
    with pytest.raises(InputError, match=what):
        read(written(tmp_path / "a.parquet", table_of(**columns)))


def test_a_truncated_file_is_refused(tmp_path):
    whole = written(tmp_path / "whole.parquet", table_of()).read_bytes()

    with pytest.raises(InputError, match="is not a whole Parquet file"):
        read(write(tmp_path / "a.parquet", whole[:-20]))


def test_a_damaged_file_is_refused_from_where_it_is_damaged(tmp_path):
    table = pa.concat_tables([table_of()] * 20_000)
    path = written(
        tmp_path / "a.parquet", table, row_group_size=10_000, compression="zstd", use_dictionary=False
    )
    place = pq.ParquetFile(path).metadata.row_group(3).column(0).data_page_offset
    content = bytearray(path.read_bytes())
    content[place : place + 400] = b"\xff" * 400
    path.write_bytes(bytes(content))

    with pytest.raises(InputError, match=r"after row .*: cannot be read further"):
        read(path)


def test_a_file_without_rows_is_refused(tmp_path):
    with pytest.raises(InputError, match="has no rows"):
        read(written(tmp_path / "a.parquet", table_of().slice(0, 0)))
