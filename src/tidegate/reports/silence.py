"""Storms that began as a silence ended: what waited somewhere may have come at once.

The rule counts by receipt instant, so Alerts that waited while an adapter was
out look like a storm when they come together. A log cannot prove it; it can
show that hours without a single Alert ended as storms began.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from tidegate.reports.numerals import length, many, thousands
from tidegate.reports.replayed import Replayed
from tidegate.vocabulary.instants import HOUR

SHORTEST_SILENCE: Final = 2 * HOUR
"""Whole hours without any Alert that are told as a silence. Our choice."""


def storms_after_silence(replayed: Replayed) -> str:
    """A caution where storms began in the hour in which a silence ended; empty where none did."""
    hours = sorted({each.hour for each in replayed.hours})
    started = replayed.storms.columns["started_at"]
    found, longest = 0, 0
    for before, after in pairwise(hours):
        silent = after - before - HOUR
        if silent >= SHORTEST_SILENCE:
            storms = int(((started >= after) & (started < after + HOUR)).sum())
            found += storms
            longest = max(longest, silent) if storms else longest
    if not found:
        return ""
    return (
        f"After a silence: {thousands(found)} of {many(len(started), 'storm')} began in the hour that ended "
        f"{length(longest)} without any Alert. What waited while an adapter was out comes at once, and looks like a storm."
    )
