"""The machine's clock, which nothing below reads."""

from __future__ import annotations

import time

from tidegate.vocabulary.instants import Instant


def clock() -> Instant:
    """Now, in microseconds UTC."""
    return time.time_ns() // 1_000
