"""Alerts from delimited text: what is a row, what is refused, and on which line."""

from __future__ import annotations

import csv
import gzip
import io

import pytest
import zstandard
from hypothesis import given, settings, strategies as st
from tests.unit.tables.written_tables import DEVICE, GOOD, HEADER, USER, read, write, write_rows

from tidegate.tables import text_file
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import SECOND, parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")
ALERT = (NOON, DEVICE, "8F75", USER)


def test_a_row_is_an_alert(tmp_path):
    result = read(write_rows(tmp_path / "a.csv", [GOOD]))

    assert [ALERT] == result.alerts
    assert [("a.csv", 2)] == result.places
    assert [] == result.rejected


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_seen(tmp_path, delimiter):
    text = f"{HEADER}\n{GOOD}\n".replace(",", delimiter)

    assert [ALERT] == read(write(tmp_path / "a.csv", text)).alerts


@pytest.mark.parametrize(
    "text",
    [
        f"\ufeff{HEADER}\n{GOOD}\n",
        f"{HEADER}\r\n{GOOD}\r\n",
        f"{HEADER}\n{GOOD}",
        f"\n\n{HEADER}\n\n{GOOD}\n\n",
        f"sep=,\r\n{HEADER}\r\n{GOOD}\r\n",
        ",".join(f'"{name}"' for name in HEADER.split(","))
        + "\n"
        + ",".join(f'"{v}"' for v in GOOD.split(",")),
        f"{HEADER.upper()}\n{GOOD}\n",
        f" {HEADER.replace(',', ' , ')} \n{GOOD.replace(',', ' , ')}\n",
        f'note,{HEADER}\n"two\nlines, and a ""quote""",{GOOD}\n',
        f'note,{HEADER}\n5" wide,{GOOD}\n',
    ],
)
def test_whatever_wrote_the_file_the_row_is_the_same(tmp_path, text):
    assert [ALERT] == read(write(tmp_path / "a.csv", text)).alerts


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_text_is_read(tmp_path, suffix):
    text = f"{HEADER}\n{GOOD}\n".encode()
    packed = gzip.compress(text) if suffix == ".gz" else zstandard.compress(text)

    assert [ALERT] == read(write(tmp_path / f"a.csv{suffix}", packed)).alerts


def test_columns_stand_in_any_order_and_the_recipient_may_be_missing(tmp_path):
    result = read(
        write_rows(
            tmp_path / "a.csv",
            [f"0x8f75,x,{DEVICE.lower()},2026-03-01 12:00"],
            "alert_code,note,device_id,received_at",
        )
    )

    assert [(NOON, DEVICE, "8F75", "")] == result.alerts
    assert ("recipient",) == tuple(result.source.columns.missing)
    assert ("note",) == tuple(result.source.columns.ignored)


def test_a_recipient_is_one_whatever_way_its_eui_is_written(tmp_path):
    rows = [
        GOOD,
        GOOD.replace(USER, USER.lower().replace("-", "")),
        GOOD.replace(USER, " Maker  "),
        GOOD.replace(USER, ""),
    ]

    assert [USER, USER, "Maker", ""] == [
        alert[3] for alert in read(write_rows(tmp_path / "a.csv", rows)).alerts
    ]


def test_each_bad_row_is_kept_with_its_line_and_reason(tmp_path):
    rows = [
        GOOD,
        GOOD.replace("2026", "20x6"),
        "",
        GOOD.replace(DEVICE, "1.23E+15"),
        GOOD.replace(DEVICE, "00-DB"),
        GOOD.replace("8F75", "8F7"),
        GOOD.replace("Z", ""),
        "a,b,c",
        f"{GOOD},more",
        GOOD.replace("2026-03-01T12:00:00Z", ""),
        GOOD,
    ]

    result = read(write_rows(tmp_path / "a.csv", rows))

    assert [("a.csv", 2), ("a.csv", 12)] == result.places
    assert [3, 5, 6, 7, 8, 9, 10, 11] == [row.line for row in result.rejected]
    expected = [
        "received_at: '20x6-03-01T12:00:00Z' is not an instant",
        "device_id: '1.23E+15' is what a spreadsheet makes of an EUI-64",
        "device_id: '00-DB' is not an EUI-64",
        "alert_code: '8F7' is not an Alert Code",
        "received_at: names no zone, and the file's first row does",
        "has 3 fields where the header has 4",
        "has 5 fields where the header has 4",
        "received_at: is empty",
    ]
    assert expected == [row.reason[: len(each)] for row, each in zip(result.rejected, expected, strict=True)]
    assert ["a,b,c", f"{GOOD},more"] == [row.text for row in result.rejected[5:7]]


def test_the_first_good_row_decides_about_zones(tmp_path):
    naive = GOOD.replace("Z", "")
    bad_first = GOOD.replace("8F75", "??")

    result = read(write_rows(tmp_path / "a.csv", [bad_first, naive, GOOD]))

    assert [("a.csv", 3)] == result.places
    assert [2, 4] == [row.line for row in result.rejected]
    assert "names its zone, and the file's first row does not" in result.rejected[1].reason
    assert result.source.has_zones is False


def test_a_row_with_several_faults_tells_them_all(tmp_path):
    result = read(write_rows(tmp_path / "a.csv", [GOOD, "x,y,z,u"]))

    assert ["received_at", "device_id", "alert_code"] == [
        part.split(":")[0] for part in result.rejected[0].reason.split("; ")
    ]


def test_a_long_bad_row_is_shown_in_part(tmp_path):
    result = read(write_rows(tmp_path / "a.csv", [GOOD, "x" * 100_000]))

    assert 303 == len(result.rejected[0].text)


def test_bytes_that_are_no_utf_8_spoil_only_what_they_stand_in(tmp_path):
    note = b"caf\xe9"
    rows = b"\n".join(
        [b"note," + HEADER.encode(), note + b"," + GOOD.encode(), b"x," + GOOD.encode()[:-1] + b"\xff", note]
    )

    result = read(write(tmp_path / "a.csv", rows + b"\n"), keep_original=True)

    assert [ALERT, (NOON, DEVICE, "8F75", USER[:-1] + "\ufffd")] == result.alerts
    assert ["caf\ufffd", "x"] == [row["note"] for row in result.originals]
    assert ["caf\ufffd"] == [row.text for row in result.rejected]


def test_whole_numbers_are_microseconds(tmp_path):
    rows = [f"{at},{DEVICE},8F75,{USER}" for at in (0, 1, 3_600 * SECOND)] + [GOOD]

    result = read(write_rows(tmp_path / "a.csv", rows))

    assert [0, 1, 3_600 * SECOND] == [alert[0] for alert in result.alerts]
    assert "is not a whole number of microseconds" in result.rejected[0].reason


@pytest.mark.parametrize(
    ("number", "unit"), [(1_772_366_400, "seconds"), (1_772_366_400_000, "milliseconds")]
)
def test_whole_numbers_in_another_unit_are_refused(tmp_path, number, unit):
    with pytest.raises(InputError, match=f"which are {unit}"):
        read(write_rows(tmp_path / "a.csv", [f"{number},{DEVICE},8F75,{USER}"]))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (HEADER.encode(), "a header and no rows"),
        (GOOD.encode() + b"\n" + GOOD.encode(), "an Alert where the names of the columns should be"),
        (f"{HEADER}\n{GOOD}".encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04....", "spreadsheet or a zip"),
        (b"PAR1....", "a Parquet file"),
        (b"a,b\x00c\n", "is not text"),
        (b"a,b,c\r1,2,3\r", "carriage return alone"),
        (b"one,two,three\n1,2,3\n", "no column is received_at"),
        (f'{HEADER}\n{GOOD}\n"{GOOD}\n'.encode(), "never ends"),
        (gzip.compress(f"{HEADER}\n{GOOD}\n".encode() * 5)[:-9], "cut off"),
        (zstandard.compress(f"{HEADER}\n{GOOD}\n".encode() * 5)[:-3], "cut off"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_plain_words(tmp_path, content, what):
    with pytest.raises(InputError, match=what):
        read(write(tmp_path / "a.csv", content))


def test_a_line_without_end_is_refused_before_it_fills_the_memory(tmp_path):
    bomb = gzip.compress(
        f"{HEADER}\n{GOOD}\n".encode() + b"0" * (text_file.LONGEST_RECORD + text_file.BLOCK_BYTES * 2)
    )

    with pytest.raises(InputError, match="line 3: is longer than 16 MiB"):
        read(write(tmp_path / "a.csv.gz", bomb))


def test_a_file_of_nothing_but_bad_rows_comes_in_parts(tmp_path):
    result = read(write_rows(tmp_path / "a.csv", ["x"] * 1_000), batch_rows=64)

    assert [*range(2, 1_002)] == [row.line for row in result.rejected]
    assert 16 == result.batches


def test_original_columns_are_as_given_under_our_names(tmp_path):
    header = "NOTE,RCVD_TS,EUI,ALERT_CD,outcome"
    result = read(
        write_rows(tmp_path / "a.csv", [f"n,2026-03-01 12:00:00.5,{DEVICE.lower()},0x8f75,7"], header),
        keep_original=True,
    )

    (row,) = result.originals
    assert ["NOTE", "received_at", "device_id", "alert_code", "input_outcome"] == list(row)
    assert ("n", DEVICE.lower(), "0x8f75", "7") == (
        row["NOTE"],
        row["device_id"],
        row["alert_code"],
        row["input_outcome"],
    )
    assert "2026-03-01 12:00:00.500000+00:00" == str(row["received_at"])


CELL = st.sampled_from([DEVICE, "8F75", "", "x", 'a"b', "two\nlines", "a,b", "2026-03-01T12:00:00Z"])


@settings(max_examples=60)
@given(
    rows=st.lists(st.just(GOOD.split(",")) | st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=30),
    end=st.sampled_from(["\n", "\r\n"]),
    batch_rows=st.sampled_from([1, 2, 100]),
    block_bytes=st.sampled_from([300, 500, 4096]),
)
def test_every_row_comes_out_once_however_the_file_is_cut(
    tmp_path_factory, rows, end, batch_rows, block_bytes
):
    """Good or rejected, in order, on the line where Python's own csv reader ends it, minus the lines within it."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator=end)
    writer.writerow(HEADER.split(","))
    lines = []
    for row in rows:
        lines.append(written.getvalue().count("\n") + 1)
        writer.writerow(row)
    path = write(tmp_path_factory.mktemp("cut") / "a.csv", written.getvalue())
    usual = text_file.BLOCK_BYTES
    text_file.BLOCK_BYTES = block_bytes  # type: ignore[misc]
    try:
        result = read(path, batch_rows=batch_rows)
    finally:
        text_file.BLOCK_BYTES = usual  # type: ignore[misc]

    good = [line for line, row in zip(lines, rows, strict=True) if row == GOOD.split(",")]
    assert good == [line for _, line in result.places]
    assert [line for line in lines if line not in good] == [row.line for row in result.rejected]
