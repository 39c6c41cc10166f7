"""Which snapshots are kept, and up to which Alert the journal may let go.

Of a journal whose beginning was let go the rest can be decided again only from what was remembered there. So
Alerts are let go up to a snapshot, which stays; and the first snapshot of each day is kept until its time comes.
"""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.vocabulary.instants import DAY, Duration, Instant

Snapshots = Sequence[tuple[int, Instant]]
"""Alert and instant of each snapshot, in order."""


def snapshots_to_keep(snapshots: Snapshots) -> list[tuple[int, Instant]]:
    """The first of each day (UTC), and the last."""
    firsts = {at // DAY: (seq, at) for seq, at in reversed(snapshots)}
    return sorted({*firsts.values(), *snapshots[-1:]})


def prunes_through(
    snapshots: Snapshots, now: Instant, keep_us: Duration, first_open: int | None, last_seq: int
) -> int | None:
    """The Alert up to which all are older than `keep_us`, and none is to be delivered yet; None: there is none.

    first_open:  Number of the first Alert to be delivered yet; None: none is.
    last_seq:    Number of the last Alert, which stays: numbers go on from it.
    """
    most = last_seq - 1 if first_open is None else min(first_open, last_seq) - 1
    fit = [seq for seq, at in snapshots if at <= now - keep_us and seq <= most]
    return max(fit, default=None)
