"""How an engine goes about it."""

from __future__ import annotations

from dataclasses import dataclass

from tidegate.vocabulary.instants import Duration


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How an engine goes about it.

    most_at_once:      Alerts in one transaction, but for a batch, which is never cut.
    most_waiting:      Alerts that may wait; beyond it callers are told `Busy`.
    linger_s:          How long decisions may wait for a next transaction before they get one of their own.
    tick_s:            How often time passes where no Alert comes.
    reconnect_s:       How often a journal that is gone is tried.
    snapshot_every:    Alerts after which what the rule remembers is saved.
    snapshot_apart_us: And not more often than this.
    snapshot_part:     Octets written in one go.
    keep_us:           How long Alerts stay in the journal that are done with; None: for good.
    prune_apart_us:    How often it is looked whether some need not stay any longer.
    prune_part:        Alerts let go of in one go.
    """

    most_at_once: int = 5_000
    most_waiting: int = 20_000
    linger_s: float = 0.02
    tick_s: float = 0.25
    reconnect_s: float = 0.25
    snapshot_every: int = 500_000
    snapshot_apart_us: int = 60_000_000
    snapshot_part: int = 1 << 20
    keep_us: Duration | None = None
    prune_apart_us: Duration = 60_000_000
    prune_part: int = 2_000
