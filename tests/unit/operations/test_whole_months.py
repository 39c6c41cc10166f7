"""Months of instants, and whole ones that have passed."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.commissioning.kernel import NEVER
from tidegate.operations.whole_months import format_months, months_since, months_through
from tidegate.vocabulary.instants import parse_instant


def instants(*texts: str) -> np.ndarray:
    return np.array([parse_instant(text) for text in texts], np.int64)


def test_a_month_is_that_of_its_instant_and_none_of_no_instant():
    at = np.append(
        instants("2026-03-01T00:00:00Z", "2026-02-28T23:59:59.999999Z", "1969-12-31T23:59:59Z"), NEVER
    )

    assert ["2026-03", "2026-02", "1969-12", ""] == [format_months(month) for month in months_through(at)]


@pytest.mark.parametrize(
    ("expected", "then", "now"),
    [
        (1, "2026-01-15T12:00:00Z", "2026-02-15T12:00:00Z"),
        (0, "2026-01-15T12:00:00.000001Z", "2026-02-15T12:00:00Z"),
        (0, "2026-01-31T00:00:00Z", "2026-02-28T23:59:59Z"),
        (1, "2026-01-31T00:00:00Z", "2026-03-01T00:00:00Z"),
        (12, "2025-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
        (0, "2026-03-02T00:00:00Z", "2026-03-01T00:00:00Z"),
        (0, "2026-03-01T00:00:00Z", "2026-03-01T00:00:00Z"),
    ],
)
def test_a_month_is_whole_from_its_day_and_time_to_the_same(expected, then, now):
    assert [expected, 0] == months_since(np.append(instants(then), NEVER), parse_instant(now)).tolist()
