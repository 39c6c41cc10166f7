"""Alerts by Device are counted exactly, however they come."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tidegate.columnar import device_tally
from tidegate.columnar.device_tally import DeviceTally, most

batches = st.lists(st.lists(st.sampled_from([0, 1, 5, 2**64 - 1]), max_size=6), max_size=6)


@given(batches, st.sampled_from([0, 3, 100]))
def test_the_tally_is_that_of_counting_one_by_one(given_batches, waiting):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(device_tally, "MOST_WAITING", waiting)
        tally = DeviceTally()
        for batch in given_batches:
            tally.add(np.array(batch, np.uint64))
    ids, counts = tally.counted()

    assert sorted(Counter(each for batch in given_batches for each in batch).items()) == list(
        zip(ids.tolist(), counts.tolist(), strict=True)
    )


def test_counts_may_be_added_as_they_are():
    tally = DeviceTally()
    tally.add(np.array([7, 9], np.uint64), np.array([3, 1]))
    tally.add(np.array([9], np.uint64))

    assert ([7, 9], [3, 2]) == tuple(each.tolist() for each in tally.counted())


def test_the_most_come_first_and_of_as_many_the_lower_identifier():
    ids, counts = most(np.array([1, 2, 3, 4], np.uint64), np.array([5, 9, 5, 1]), 3)

    assert ([2, 1, 3], [9, 5, 5]) == (ids.tolist(), counts.tolist())
