"""What `tidegate serve` needs of the outside: a journal, a policy to begin with, an engine.

`gateway` puts HTTP before it; delivery and notices are joined here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tidegate.assembly.clock import clock
from tidegate.operations.live import DecisionWatcher, PolicyRecord, StormWatcher
from tidegate.operations.notes import AuditEntry
from tidegate.operations.outgoing import Outbox
from tidegate.vocabulary.instants import DAY

if TYPE_CHECKING:
    from tidegate.journal import SqlJournal
    from tidegate.operations.engine import Engine


@dataclass(frozen=True, slots=True)
class Opened:
    """An engine over its journal, which nobody else writes until `close`."""

    engine: Engine
    journal: SqlJournal

    def close(self) -> None:
        """Finish what the engine took, save what it remembers, let go of the journal."""
        self.engine.stop()
        self.journal.close()


def open_engine(
    journal_url: str,
    begin_with: str,
    *,
    inventory: Path | None = None,
    keep_days: int | None = None,
    watchers: Sequence[StormWatcher] = (),
    decision_watchers: Sequence[DecisionWatcher] = (),
    outbox: Outbox | None = None,
    who: str = "tidegate serve",
) -> Opened:
    """The engine over a journal, not started yet.

    begin_with:  Policy put in force where the journal has none: a file, or the name of a published one.
    keep_days:   How long Alerts stay in the journal that are done with; None: for good.

    Raises:
        InputError: the journal or the policy cannot be used.
        JournalUnavailable: the journal cannot be reached.
    """
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415
    from tidegate.journal import open_journal  # noqa: PLC0415
    from tidegate.operations.engine import Engine  # noqa: PLC0415
    from tidegate.operations.engine_options import EngineOptions  # noqa: PLC0415
    from tidegate.policy_files import find_policy, parse_policy, write_policy  # noqa: PLC0415

    policy = find_policy(begin_with)
    known = None if inventory is None else open_inventory(inventory)
    journal = open_journal(journal_url)
    now = clock()
    if not journal.policies():
        record = PolicyRecord(
            0,
            policy.version,
            write_policy(policy),
            now,
            who=who,
            reason="the policy to begin with",
            recorded_at=now,
        )
        journal.put_policy(record, AuditEntry(now, who, "policy.begin", {"version": policy.version}))
    options = EngineOptions(keep_us=None if keep_days is None else keep_days * DAY)
    engine = Engine(
        journal,
        parse_policy,
        clock,
        inventory=known,
        watchers=watchers,
        decision_watchers=decision_watchers,
        outbox=outbox,
        options=options,
    )
    return Opened(engine, journal)
