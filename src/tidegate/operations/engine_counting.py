"""An engine's totals: after every decision, and anew from what the rule remembers."""

from __future__ import annotations

from dataclasses import replace

from tidegate.alert_storm.decision import Outcome
from tidegate.operations.live import Counters
from tidegate.operations.live_protection import LiveDecisions, LiveTotals
from tidegate.policy.mechanism import Mode


def counted(before: Counters, made: LiveDecisions) -> Counters:
    """The totals with some more decisions."""
    received = len(made.outcome)
    excluded = int((made.outcome == Outcome.EXCLUDED).sum())
    throttled = in_shadow = 0
    for piece in made.pieces:
        count = int((made.outcome[piece.start : piece.stop] == Outcome.THROTTLED).sum())
        if piece.mode is Mode.SHADOW:
            in_shadow += count
        else:
            throttled += count
    return replace(
        before,
        received=before.received + received,
        forwarded=before.forwarded + received - excluded - throttled,
        throttled=before.throttled + throttled,
        excluded=before.excluded + excluded,
        throttled_in_shadow=before.throttled_in_shadow + in_shadow,
    )


def counted_anew(before: Counters, totals: LiveTotals) -> Counters:
    """The totals of all that was ever decided."""
    received, excluded = int(totals.received.sum()), int(totals.excluded.sum())
    throttled = int(totals.throttled.sum()) - totals.in_shadow
    return replace(
        before,
        received=received,
        forwarded=received - excluded - throttled,
        throttled=throttled,
        excluded=excluded,
        throttled_in_shadow=totals.in_shadow,
    )
