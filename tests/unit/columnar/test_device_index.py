"""The index of Devices finds each, and nothing else, however full it is."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from tidegate.columnar.device_index import find, hash_of_device, index_of
from tidegate.columnar.stream_table import hash_of

EDGES = [0, 1, 2**32 - 1, 2**32, 2**63, 2**64 - 1]


def found(index, device_id):
    h = hash_of(np.uint64(device_id), np.uint32(0), np.uint32(0))
    slot = find(index, np.uint64(h), np.uint64(device_id))
    return None if slot < 0 else (int(index["row_and_one"][slot]) - 1, int(index["tag"][slot]))


@given(st.sets(st.sampled_from(EDGES) | st.integers(0, 2**64 - 1), max_size=200), st.integers(0, 2**64 - 1))
def test_each_device_is_found_with_its_row_and_tag_and_no_other(devices, other):
    given_ids = sorted(devices)
    rows = np.arange(len(given_ids)) * 7
    index = index_of(np.array(given_ids, np.uint64), rows, np.arange(len(given_ids), dtype=np.uint32) % 5)

    assert [(7 * n, n % 5) for n in range(len(given_ids))] == [found(index, each) for each in given_ids]
    assert other in devices or found(index, other) is None


def test_an_empty_index_has_nothing():
    nothing = np.empty(0, np.int64)

    assert found(index_of(nothing.astype(np.uint64), nothing, nothing.astype(np.uint32)), 0) is None


def test_the_hash_is_that_of_the_stream_table():
    assert hash_of(np.uint64(5), np.uint32(0), np.uint32(0)) == hash_of_device(np.uint64(5))
