"""Instants as months, over columns: which month, and how many whole ones have passed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.commissioning.kernel import NEVER
from tidegate.vocabulary.instants import Instant

_YEAR_0: Final = 12 * 1970
"""Months from the beginning of the year 0 to 1970."""


def months_through(at: NDArray[np.int64]) -> NDArray[np.int64]:
    """The month of each instant, as a number from 1; 0 where there is no instant."""
    months: NDArray[np.int64] = _month_of(at).astype(np.int64) + _YEAR_0 + 1
    return np.where(at == NEVER, 0, months)


def format_months(month: int) -> str:
    """A month of `months_through`: `2026-03`; empty for 0."""
    return f"{(month - 1) // 12:04d}-{(month - 1) % 12 + 1:02d}" if month else ""


def months_since(at: NDArray[np.int64], now: Instant) -> NDArray[np.int64]:
    """Whole calendar months from each instant until now: from the 15th to the 15th is one. 0 of what is yet to come."""
    then = np.where(at == NEVER, now, at)
    now_at = np.array([now], np.int64)
    months = (_month_of(now_at) - _month_of(then)).astype(np.int64)
    is_short = _within(now_at, _month_of(now_at)) < _within(then, _month_of(then))
    whole: NDArray[np.int64] = np.maximum(0, months - is_short)
    return whole


def _month_of(at: NDArray[np.int64]) -> NDArray[Any]:
    months: NDArray[Any] = at.view("datetime64[us]").astype("datetime64[M]")
    return months


def _within(at: NDArray[np.int64], month: NDArray[Any]) -> NDArray[Any]:
    """How far into its month."""
    since: NDArray[Any] = at.view("datetime64[us]") - month.astype("datetime64[us]")
    return since
