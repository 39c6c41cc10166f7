"""Storms that began as a silence ended: what waited somewhere may have come at once.

The rule counts by receipt instant, so Alerts that waited while an adapter was
out look like a storm when they come together. A log cannot prove it; it can
show that hours without a single Alert ended as storms began.
"""

from __future__ import annotations

from tidegate.alert_storm.silence import silences_in
from tidegate.reports.numerals import length, many, thousands
from tidegate.reports.replayed import Replayed
from tidegate.vocabulary.instants import HOUR


def storms_after_silence(replayed: Replayed) -> str:
    """A caution where storms began in the hour in which a silence ended; empty where none did."""
    started = replayed.storms.columns["started_at"]
    found, longest = 0, 0
    for silence in silences_in(each.hour for each in replayed.hours):
        storms = int(((started >= silence.ended) & (started < silence.ended + HOUR)).sum())
        found += storms
        longest = max(longest, silence.length) if storms else longest
    if not found:
        return ""
    return (
        f"After a silence: {thousands(found)} of {many(len(started), 'storm')} began in the hour that ended "
        f"{length(longest)} without any Alert. What waited while an adapter was out comes at once, and looks like a storm."
    )
