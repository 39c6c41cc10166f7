"""The median of durations."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.reports.medians import median_of


@pytest.mark.parametrize(
    ("median", "durations"),
    [(7, [7]), (5, [9, 1]), (5, [1, 5, 9]), (4, [9, 1, 3, 5]), (3, [9, 1, 2, 5]), (2, [2, 2, 100, 0])],
)
def test_of_an_even_number_the_median_is_half_way_between_the_two_in_the_middle(median, durations):
    assert median == median_of(np.array(durations, np.int64))
