"""Columns of Arrow that came from elsewhere: buffers may be longer than they need be, and not by whole values."""

from __future__ import annotations

import pyarrow as pa

from tidegate.tables.alert_columns import read_device_id


def test_a_buffer_of_numbers_that_ends_in_the_middle_of_one_is_read_as_far_as_it_counts():
    numbers = (7).to_bytes(8, "little") + (9).to_bytes(8, "little")
    column = pa.Array.from_buffers(pa.uint64(), 2, [None, pa.py_buffer(numbers + b"\x00\x00\x00")])

    assert [7, 9] == read_device_id(column).values.tolist()
    assert [9] == read_device_id(column.slice(1)).values.tolist()


def test_so_is_one_of_the_places_where_texts_begin():
    text = b"00-DB-12-34-56-78-90-A0"
    places = b"".join(at.to_bytes(4, "little") for at in (0, len(text)))
    column = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(places + b"\x01"), pa.py_buffer(text)])

    assert [0x00DB1234567890A0] == read_device_id(column).values.tolist()
