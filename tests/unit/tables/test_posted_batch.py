"""A posted batch of JSON lines: what comes from strangers is refused line by line, and brings nothing down."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from tidegate.tables.posted_batch import NDJSON, read_posted

GOOD = b'{"device_id":"00-DB-12-34-56-78-90-A0","alert_code":"8F75","recipient":"network"}\n'
PIECES = st.sampled_from(
    [
        *(
            b"{",
            b"}",
            b"[",
            b"]",
            b'"',
            b":",
            b",",
            b"null",
            b"1e999",
            b"\n",
            b"\r\n",
            b" ",
            b"\x00",
            b"\xff",
        ),
        *(b'"device_id"', b'"alert_code"', b'"recipient"', b'"\\ud800"', "é".encode(), GOOD),
    ]
)


def posted(body):
    return read_posted(body, NDJSON, 1_000)


@pytest.mark.parametrize("line", [b"null", b"true", b"1", b'"text"', b"[]", b"[" * 100_000, b"{", b"\xff"])
def test_a_line_that_is_no_object_is_rejected_and_the_others_are_read(line):
    batch = posted(GOOD + line + b"\n" + GOOD)

    assert (3, 2, 1) == (batch.rows, len(batch), batch.rejected_rows)
    assert [2] == [row for row, _ in batch.rejected]


def test_half_a_character_is_no_device():
    (rejected,) = posted(b'{"device_id":"\\ud800","alert_code":"8F75"}\n').rejected

    assert 1 == rejected[0]
    assert rejected[1].startswith("device_id: '\\\\ud800' is not an EUI-64")


def test_names_are_taken_in_any_case_and_numbers_as_they_are_written():
    batch = posted(b'{"Device_ID":"00db1234567890a0","ALERT_CODE":"0x8f75","recipient":7,"more":[1]}\n')

    assert (1, ["", "7"]) == (len(batch), list(batch.recipients))


@given(st.lists(PIECES, max_size=12).map(b"".join))
def test_every_line_is_read_rejected_or_empty(body):
    batch = posted(body)

    lines = [line for line in body.splitlines() if line.strip()]
    assert len(lines) == len(batch) + batch.rejected_rows
    assert len(batch) <= sum(_is_object(line) for line in lines)


def _is_object(line):
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
