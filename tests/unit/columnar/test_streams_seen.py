"""Different streams are counted exactly, however often each comes back."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from hypothesis import given, strategies as st

from tidegate.columnar.streams_seen import FEWEST, HEAPS, KINDS, StreamsSeen, fingerprint_of

_fingerprint: Any = cast("Any", fingerprint_of).py_func


@given(st.lists(st.lists(st.integers(1, 40).map(lambda n: n * 2**57), max_size=30), max_size=8))
def test_each_fingerprint_counts_once(batches):
    seen = StreamsSeen()
    for batch in batches:
        seen.add(np.array(batch, np.uint64))

    assert len({fingerprint for batch in batches for fingerprint in batch}) == seen.count()
    assert seen.count() == seen.count()


def test_a_heap_that_has_doubled_is_gone_through_and_its_blocks_used_again():
    # Their upper bits, which choose the heap, are the same; the others are spread as those of fingerprints are.
    spread = np.random.default_rng(1).integers(1, 2**40, FEWEST * 2, dtype=np.uint64)
    one_heap = np.unique(spread) * np.uint64(2)
    seen = StreamsSeen()
    for _ in range(6):
        seen.add(one_heap)

    assert len(one_heap) == seen.count()


def test_heaps_grow_when_they_are_full_of_different_ones_and_not_when_full_of_the_same():
    random = np.random.default_rng(1)
    different = np.unique(random.integers(1, 2**63, HEAPS * 3_000).astype(np.uint64) * np.uint64(2))
    seen = StreamsSeen()
    for batch in np.array_split(np.concatenate([different, different, different[:1_000]]), 7):
        seen.add(batch)
    for _ in range(50):
        seen.add(different[:5_000])

    assert len(different) == seen.count()


@given(
    st.lists(
        st.tuples(st.integers(0, 30).map(lambda n: n << 40), st.sampled_from([0, 1, KINDS - 1])), max_size=40
    )
)
def test_streams_are_counted_by_kind_each_once(streams):
    seen = StreamsSeen()
    seen.add(np.array([_fingerprint(np.uint64(h), kind) for h, kind in streams], np.uint64))

    expected = np.zeros(KINDS, np.int64)
    for _, kind in set(streams):
        expected[kind] += 1
    assert expected.tolist() == seen.count_by_kind().tolist()
