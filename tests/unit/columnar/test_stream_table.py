"""The stream table finds what was put and not taken out, however full its buckets, and leaves nothing behind."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from tidegate.columnar import stream_table

CAPACITY = 16


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3), st.integers(0, 2)), max_size=60))
def test_it_finds_what_was_put_and_not_taken_out(turns):
    """A turn puts a stream that is not there, or takes out one that is; hashes crowd into a few buckets."""
    streams = stream_table.new_streams(CAPACITY)
    there: dict[tuple[int, int, int], int] = {}
    for turn in turns:
        device_id, code, recipient = turn
        stream = (np.uint64(device_id), np.uint32(code), np.uint32(recipient))
        h = np.uint64(stream_table.hash_of(*stream))
        slot = np.uint64(stream_table.find(streams, h, *stream))
        if turn in there:
            assert there.pop(turn) == slot
            stream_table.take_out(streams, slot)
        elif len(there) < CAPACITY * 5 // 8:
            assert stream_table.code_at(streams, int(slot)) == -1
            stream_table.put(streams, slot, h, *stream)
            there[turn] = int(slot)
        for (d, c, r), known in there.items():
            key = (np.uint64(d), np.uint32(c), np.uint32(r))
            assert known == stream_table.find(streams, np.uint64(stream_table.hash_of(*key)), *key)
            assert c == stream_table.code_at(streams, known)
    for known in there.values():
        stream_table.take_out(streams, np.uint64(known))

    assert not streams["word"].any()


def test_a_table_begins_at_a_cache_line():
    for capacity in (16, 1 << 12, 1 << 16):
        assert 0 == stream_table.new_streams(capacity).ctypes.data % stream_table.CACHE_LINE


def test_a_move_keeps_every_stream_with_all_it_has():
    streams = stream_table.new_streams(256)
    given_streams = [(n * 7_919, n % 5, n % 3) for n in range(150)]
    for n, (d, c, r) in enumerate(given_streams):
        key = (np.uint64(d), np.uint32(c), np.uint32(r))
        h = np.uint64(stream_table.hash_of(*key))
        slot = np.uint64(stream_table.find(streams, h, *key))
        stream_table.put(streams, slot, h, *key)
        streams["last_at"][slot], streams["count"][slot], streams["trouble"][slot] = n, n + 1, n + 2
    larger, moved_to = stream_table.new_streams(1_024), np.zeros(256, np.uint64)
    stream_table.move_all(streams, larger, moved_to)
    for n, (d, c, r) in enumerate(given_streams):
        key = (np.uint64(d), np.uint32(c), np.uint32(r))
        h = np.uint64(stream_table.hash_of(*key))
        now = int(stream_table.find(larger, h, *key))

        assert now == moved_to[int(stream_table.find(streams, h, *key))]
        assert (n, n + 1, n + 2) == tuple(int(larger[name][now]) for name in ("last_at", "count", "trouble"))
