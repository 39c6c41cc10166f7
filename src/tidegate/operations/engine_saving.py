"""What the rule remembers, saved part by part so that Alerts wait for none of it; and Alerts that need not stay, let go of."""

from __future__ import annotations

from collections.abc import Sequence

from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.engine_options import EngineOptions
from tidegate.operations.journal_retention import prunes_through, snapshots_to_keep
from tidegate.operations.live_journal import Journal, Snapshot
from tidegate.vocabulary.instants import DAY, Instant


class EngineSaving:
    """The snapshots of an engine's journal; used by one thread, the engine's."""

    def __init__(self, journal: Journal, options: EngineOptions) -> None:
        self._journal = journal
        self._options = options
        self._alerts_since = 0
        self._at: Instant = BEFORE_ALL
        self._seq = 0
        self._parts: list[bytes] = []
        self._part = 0
        self._kept: Sequence[tuple[int, Instant]] = ()
        self._prunes_through: int | None = None
        self._looks_to_prune_at: Instant = BEFORE_ALL

    def take_up(self, last: Snapshot | None, alerts_since: int, now: Instant) -> None:
        """Go on from the journal's last snapshot, and so many Alerts after what was restored of it."""
        self._parts, self._alerts_since = [], alerts_since
        self._kept, self._prunes_through = self._journal.snapshots(), None
        self._at = now if self._options.keep_us is None or last is None else last.at

    def decided(self, alerts: int) -> None:
        """So many more Alerts were decided."""
        self._alerts_since += alerts

    @property
    def is_saving(self) -> bool:
        """Whether a snapshot is being written."""
        return bool(self._parts)

    @property
    def is_pruning(self) -> bool:
        """Whether Alerts are let go of."""
        return self._prunes_through is not None

    @property
    def has_unsaved(self) -> bool:
        """Whether Alerts were decided since the last snapshot began."""
        return self._alerts_since > 0

    def is_due(self, now: Instant) -> bool:
        """Whether it is time for another snapshot."""
        options, apart = self._options, now - self._at
        if self._alerts_since >= options.snapshot_every and apart >= options.snapshot_apart_us:
            return True
        return options.keep_us is not None and self.has_unsaved and apart >= DAY

    def begin(self, state: bytes, seq: int, now: Instant) -> None:
        """Begin to save what is remembered after an Alert; decisions up to it are durable."""
        whole, size = memoryview(state), self._options.snapshot_part
        self._parts = [bytes(whole[start : start + size]) for start in range(0, len(whole), size)]
        self._part, self._seq, self._at = 0, seq, now
        self._alerts_since = 0

    def save_part(self) -> None:
        """Write the next part."""
        parts, this = len(self._parts), (self._seq, self._at)
        stay = [this] if self._options.keep_us is None else snapshots_to_keep([*self._kept, this])
        self._journal.save_snapshot_part(
            *this, self._part, parts, self._parts[self._part], [seq for seq, _ in stay]
        )
        self._part += 1
        if self._part == parts:
            self._parts = []
            self._kept = stay

    def prune_part(self, last_seq: int, now: Instant) -> None:
        """Let go of some Alerts that are older than they need to be, where there are any."""
        keep_us = self._options.keep_us
        if keep_us is None:
            return
        if self._prunes_through is None and now >= self._looks_to_prune_at:
            self._looks_to_prune_at = now + self._options.prune_apart_us
            if self._kept and self._kept[0][1] <= now - keep_us:
                first_open = self._journal.first_open()
                self._prunes_through = prunes_through(self._kept, now, keep_us, first_open, last_seq)
        through = self._prunes_through
        if through is not None and not self._journal.prune(through, self._options.prune_part):
            self._prunes_through = None
            self._kept = [it for it in self._kept if it[0] >= through]
