"""Columns of text become the numbers that the vocabulary reads, row for row."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import example, given, strategies as st
from numpy.typing import NDArray

from tidegate.columnar import records as scanned, text
from tidegate.vocabulary.devices import format_device_id, parse_device_id
from tidegate.vocabulary.instants import format_instant, has_zone, parse_instant

COMMA = ord(",")
INSTANTS = [
    "2026-03-01T12:00:00Z",
    "2026-03-01 12:00:00.123",
    "2024-02-29T23:59:59.999999999+05:30",
    "1970-01-01T00:00:00,5-0100",
    "0001-01-01T00:00Z",
    "9999-12-31T23:59:59.999999 z",
    "2100-02-28T00:00",
]
DEVICE_IDS = ["00-DB-12-34-56-78-90-A0", "00db1234567890a0", "00:DB-12:34567890-a0", "1.23E+15"]
FOREIGN = "0\uff19é\xa0\u2003"


def columns_of(
    rows: list[str], width: type[np.signedinteger[Any]] = np.int32
) -> tuple[NDArray[Any], text.Bytes]:
    """Rows as Arrow keeps them."""
    encoded = [row.encode() for row in rows]
    offsets = np.cumsum([0, *map(len, encoded)]).astype(width)
    return offsets, np.frombuffer(b"".join(encoded), np.uint8)


@st.composite
def mutated(draw: st.DrawFn, valid: list[str]) -> str:
    """A valid text with a few characters changed, lost, added or doubled."""
    characters = list(draw(st.sampled_from(valid)))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(characters)))
        new = draw(st.sampled_from([*"0123456789", *"-:.,TtZz+ \t\n\x1c\x00/;Gg", *FOREIGN, ""]))
        characters[at : at + draw(st.integers(0, 2))] = [new]
    return "".join(characters)


def instant_of(row: str) -> tuple[int, int]:
    """What the vocabulary makes of a row."""
    try:
        return parse_instant(row), text.ZONED if has_zone(row) else text.NAIVE
    except ValueError:
        return 0, text.MALFORMED


def device_of(row: str) -> tuple[int, int]:
    """What the vocabulary makes of a row."""
    try:
        return parse_device_id(row), text.GOOD
    except ValueError:
        return 0, text.MALFORMED


@given(st.lists(mutated(INSTANTS) | st.text(max_size=30), max_size=8), st.sampled_from([np.int32, np.int64]))
@example(
    [*INSTANTS, "2026-02-29T00:00Z", "2026-04-31T00:00Z", "2026-01-01T24:00", "2026-01-01T00:00:60"], np.int32
)
@example(
    ["2026-03-01T12:00:00.", "2026-03-01T12:00:00.1234567890", "2026-03-01T12:00:00+1", " ", ""], np.int64
)
@example(["0000-01-01T00:00", "1900-02-29T00:00", "2000-02-29T00:00", "\xa02026-03-01T12:00\u2003"], np.int64)
def test_an_instant_is_read_from_a_column_as_it_is_read_alone(
    rows: list[str], width: type[np.signedinteger[Any]]
) -> None:
    at, status = text.parse_instants(*columns_of(rows, width))

    assert [instant_of(row) for row in rows] == list(zip(at.tolist(), status.tolist(), strict=True))


@given(
    st.lists(mutated(DEVICE_IDS) | st.text(max_size=30), max_size=8), st.sampled_from([np.int32, np.int64])
)
@example(
    [*DEVICE_IDS, "", "00-DB-12-34-56-78-90-A", "00-DB-12-34-56-78-90-A0-", "-00DB1234567890A0"], np.int32
)
def test_an_eui_64_is_read_from_a_column_as_it_is_read_alone(
    rows: list[str], width: type[np.signedinteger[Any]]
) -> None:
    device_id, status = text.parse_device_ids(*columns_of(rows, width))

    assert [device_of(row) for row in rows] == list(zip(device_id.tolist(), status.tolist(), strict=True))


@given(st.integers(1, 9999), st.integers(1, 12), st.integers(1, 31))
def test_every_day_of_the_calendar_is_known_and_no_other(year: int, month: int, day: int) -> None:
    row = f"{year:04d}-{month:02d}-{day:02d}T00:00Z"

    at, status = text.parse_instants(*columns_of([row]))

    assert instant_of(row) == (at[0], status[0])


def test_whole_numbers_have_up_to_eighteen_digits_and_a_sign() -> None:
    rows = ["0", "+7", " -42 ", "9" * 18, "9" * 19, "", "-", "1.5", "٣"]

    number, status = text.parse_whole_numbers(*columns_of(rows))

    assert [0, 7, -42, 10**18 - 1, 0, 0, 0, 0, 0] == number.tolist()
    assert [text.GOOD] * 4 + [text.MALFORMED] * 5 == status.tolist()


@given(st.lists(st.integers(0, 2**64 - 1), max_size=5))
def test_eui_64s_are_written_as_the_code_writes_them(device_ids: list[int]) -> None:
    written = text.format_device_ids(np.array(device_ids, np.uint64))

    assert [format_device_id(each) for each in device_ids] == [row.tobytes().decode() for row in written]


@given(st.lists(st.datetimes(timezones=st.just(UTC)), max_size=5))
@example([datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 1, 0, 0, 0, 1, tzinfo=UTC)])
@example([datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)])
def test_written_instants_are_read_back(instants: list[datetime]) -> None:
    at = np.array(
        [(each - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for each in instants],
        np.int64,
    )

    written = [row.tobytes().decode() for row in text.format_instants(at)]

    assert at.tolist() == [parse_instant(row) for row in written]


def test_whole_milliseconds_are_written_with_three_decimals() -> None:
    written = text.format_instants(np.array([0, 1_000], np.int64))

    assert ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.001Z"] == [
        row.tobytes().decode() for row in written
    ]
    assert format_instant(1_000) == written[1].tobytes().decode()


FIELD = st.text(st.sampled_from("ab1 é"), max_size=3) | st.text(st.sampled_from('a,\n\r"é'), max_size=4).map(
    lambda inner: '"' + inner.replace('"', '""') + '"'
)


@given(
    st.lists(st.lists(FIELD, min_size=2, max_size=3), min_size=1, max_size=5),
    st.lists(st.sampled_from(["\n", "\r\n", "\n\n", "\r\n\r\n"]), min_size=5, max_size=5),
)
def test_records_begin_where_pyarrow_sees_them_begin(records: list[list[str]], ends: list[str]) -> None:
    """Quotes, newlines within them, empty lines: the rows are the same rows, on the lines an editor shows."""
    written = [",".join(record).encode() + end.encode() for record, end in zip(records, ends, strict=False)]
    block = b"".join(written)
    data = np.frombuffer(block, np.uint8)
    bad: list[int] = []

    def note(row: pa.csv.InvalidRow) -> Literal["skip", "error"]:
        bad.append(row.number or 0)
        return "skip"

    table = pa.csv.read_csv(
        io.BytesIO(block),
        pa.csv.ReadOptions(use_threads=False, column_names=["a", "b"]),
        pa.csv.ParseOptions(newlines_in_values=True, invalid_row_handler=note),
    )
    starts, lines = scanned.record_starts(data, COMMA)

    assert table.num_rows + len(bad) == len(starts) - 1
    assert [i + 1 for i, record in enumerate(records) if len(record) != 2] == bad
    positions = np.cumsum([0, *map(len, written)])
    assert positions[:-1].tolist() == starts[:-1].tolist()
    normal = [
        block[:at].replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n") for at in positions.tolist()
    ]
    assert normal == lines.tolist()
    ended = scanned.end_of_records(data, COMMA)
    assert len(block) == ended


@pytest.mark.parametrize(
    ("block", "end"),
    [(b"", 0), (b"a,b", 0), (b"a,b\nc", 4), (b'a,"b\nc', 0), (b'a,b\n"x\n', 4), (b'a,5"\nb,6"\nc', 10)],
)
def test_a_record_ends_at_a_line_feed_outside_quotes(block: bytes, end: int) -> None:
    assert end == scanned.end_of_records(np.frombuffer(block, np.uint8), COMMA)
