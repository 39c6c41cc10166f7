"""Service Requests from tables: which column means what, which rows can be used, and what is kept beside decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.request_logs import HEADER, write_requests

from tidegate.columnar.service_requests import fingerprint_of
from tidegate.tables.mapping_file import read_mapping
from tidegate.tables.request_columns import REQUESTS
from tidegate.tables.requests import RequestSource
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import parse_instant

USER = "90-B3-D5-1F-30-00-00-01"
NOON = parse_instant("2026-03-01T12:00:00Z")
GOOD = f"2026-03-01T12:00:00Z,r1,{USER},7.4,"


def read(*paths: Path, **options: Any) -> tuple[list[tuple[Any, ...]], list[tuple[int, str]], RequestSource]:
    source = RequestSource(paths, **options)
    rows, rejected = [], []
    for batch in source.batches():
        of = batch.received
        for row in range(len(of)):
            user, srv = source.users.name_of(int(of.user[row])), source.srvs.name_of(int(of.srv[row]))
            rows.append((int(of.received_at[row]), int(of.request[row]), user, srv, int(of.preceding[row])))
        rejected += [(each.line, each.reason) for each in batch.rejected]
    return rows, rejected, source


def test_a_table_is_read_in_any_column_order_and_an_eui_in_any_form(tmp_path):
    path = write_requests(
        tmp_path / "a.csv",
        [f"8.1.1,2026-03-01T12:00:00Z,{USER.replace('-', '').lower()}, r0 ,r1"],
        "SRV,received_at,user,preceding_request_id,request_id",
    )

    assert [(NOON, fingerprint_of("r1"), USER, "8.1.1", fingerprint_of("r0"))] == read(path)[0]


def test_parquet_says_what_csv_says(tmp_path):
    rows = [GOOD, f"2026-03-01T12:00:01Z,7,{USER},2.2,r1"]
    path = write_requests(tmp_path / "a.csv", rows)
    at = pa.array([NOON, NOON + 1_000_000], pa.timestamp("us", "UTC"))
    table = pa.table(
        {
            "received_at": at,
            "request_id": ["r1", "7"],
            "user": [USER, USER],
            "srv": pa.array(["7.4", "2.2"]).dictionary_encode(),
            "preceding_request_id": [None, "r1"],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")

    assert read(path)[0] == read(tmp_path / "a.parquet")[0]


def test_columns_are_guessed_by_what_exports_call_them(tmp_path):
    path = write_requests(
        tmp_path / "a.csv", [GOOD], "timestamp,RequestID,Service User,Service Reference Variant,x"
    )

    rows, _, source = read(path)

    assert 1 == len(rows)
    assert ("received_at", "request_id", "user", "srv") == source.columns.guessed
    assert ("preceding_request_id",) == source.columns.missing


def test_a_mapping_says_which_column_is_which(tmp_path):
    path = write_requests(tmp_path / "a.csv", [GOOD], "when,what,who,how,after")
    (tmp_path / "tidegate.toml").write_text(
        '[columns]\nreceived_at = "RCVD"\n[request_columns]\nreceived_at = "when"\nrequest_id = "what"\n'
        'user = "who"\nsrv = "how"\n',
        encoding="utf-8",
    )

    assert 1 == len(read(path, mapping=read_mapping(tmp_path / "tidegate.toml", REQUESTS))[0])


def test_a_mapping_of_what_is_no_column_of_requests_is_refused(tmp_path):
    (tmp_path / "tidegate.toml").write_text('[request_columns]\ndevice_id = "x"\n', encoding="utf-8")

    with pytest.raises(InputError, match=r"request_columns\.device_id: is not one of our columns"):
        read_mapping(tmp_path / "tidegate.toml", REQUESTS)


def test_a_missing_column_names_the_table_of_the_mapping(tmp_path):
    path = write_requests(tmp_path / "a.csv", ["2026-03-01T12:00:00Z,r1,x"], "received_at,request_id,user")

    with pytest.raises(InputError, match=r"no column is srv.*\[request_columns\]"):
        read(path)


def test_rows_that_cannot_be_used_keep_their_line_and_reason(tmp_path):
    rows = [
        GOOD,
        f"yesterday,r2,{USER},7.4,",
        f"2026-03-01T12:00:00Z,,{USER},7.4,",
        "2026-03-01T12:00:00Z,r3, ,7.4,",
        f"2026-03-01T12:00:00Z,r4,{USER},seven,",
        f"2026-03-01T12:00:00,r5,{USER},7.4,",
        f"2026-03-01T12:00:00Z,r6,{USER}",
        f"2026-03-01T12:00:00Z,r7,{USER},8.14.1,",
    ]
    used, rejected, _ = read(write_requests(tmp_path / "a.csv", rows))

    assert ["7.4", "8.14.1"] == [row[3] for row in used]
    assert [3, 4, 5, 6, 7, 8] == [line for line, _ in rejected]
    assert [
        "received_at: 'yesterday' is not an instant",
        "request_id: is empty",
        "user: is empty",
        "srv: 'seven' is no Service Reference Variant: write it as 7.4 or 8.1.1",
        "received_at: names no zone, and the file's first row does: write all with Z, or none",
        "has 3 fields where the header has 5",
    ] == [reason.split(": write 2026")[0] for _, reason in rejected]


def test_variants_as_decimal_numbers_are_refused_for_410_would_be_41(tmp_path):
    table = pa.table({"received_at": [NOON], "request_id": ["r"], "user": ["u"], "srv": [4.1]})
    pq.write_table(table, tmp_path / "a.parquet")

    with pytest.raises(InputError, match=r"is double, and cannot be srv.*as a number 4\.10 is 4\.1"):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize(("text", "what"), [("", "the file is empty"), (HEADER, "a header and no rows")])
def test_a_file_without_a_request_is_refused(tmp_path, text, what):
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match=what):
        read(tmp_path / "a.csv")


def test_a_file_that_is_cut_off_is_a_fault(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1nothing")

    with pytest.raises(InputError, match="is not a whole Parquet file"):
        read(tmp_path / "a.parquet")


def test_what_is_kept_has_one_shape_and_columns_like_ours_under_other_names(tmp_path):
    a = write_requests(tmp_path / "a.csv", [f"{GOOD},9"], f"{HEADER},outcome")
    b = write_requests(tmp_path / "b.csv", [GOOD.replace("12:00:00", "12:00:01")])

    source = RequestSource([a, b], keep_original=True)
    kept = pa.concat_tables([batch.original for batch in source.batches()])

    assert [*HEADER.split(","), "input_outcome"] == kept.column_names
    assert ["9", None] == kept.column("input_outcome").to_pylist()
    assert ["r1", "r1"] == kept.column("request_id").to_pylist()


def test_fingerprints_are_of_the_text_without_blanks_and_zero_for_nothing():
    assert fingerprint_of("a:b:1") == fingerprint_of(" a:b:1\t")
    assert fingerprint_of("a:b:1") != fingerprint_of("a:b:2")
    assert 0 == fingerprint_of("  ") == fingerprint_of("")
    assert 2_000 == len({fingerprint_of(f"00-DB-12-34-56-78-90-A0:{number}") for number in range(2_000)})
