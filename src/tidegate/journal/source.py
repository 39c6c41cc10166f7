"""A journal as a log: what a replay reads, so that anyone can see that it decides the same."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from tidegate.columnar.batches import AlertBatch, Columns, ReadBatch, Recipients
from tidegate.journal import reading, schema
from tidegate.journal.database import Database
from tidegate.operations.live import PolicyRecord
from tidegate.operations.live_journal import JournalBlock, JournalUnavailable
from tidegate.operations.live_snapshot import Remembered, StaleSnapshotError, read_snapshot
from tidegate.operations.notes import AuditEntry
from tidegate.operations.outgoing import OutgoingAlert, QueueQuery
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant


def policies_of(url: str) -> Sequence[PolicyRecord]:
    """Every policy ever put in force by the engine of a journal.

    Raises:
        InputError: it is no journal, one of a newer Tidegate, or it cannot be read.
    """
    with _connected(url) as connection:
        return reading.policies(connection)


def audit_of(url: str, *, since: Instant = 0, limit: int = 1_000) -> Sequence[AuditEntry]:
    """Who did what, the latest first, whether an engine uses the journal or none.

    Raises:
        InputError: it is no journal, one of a newer Tidegate, or it cannot be read.
    """
    with _connected(url) as connection:
        return reading.audit(connection, since, limit)


def queue_of(url: str, query: QueueQuery) -> Sequence[OutgoingAlert]:
    """Alerts of a journal that are to be delivered, an engine using it or not.

    Raises:
        InputError: it is no journal, one of a newer Tidegate, or cannot be read.
    """
    with _connected(url) as connection:
        return reading.queue(connection, query)


class JournalSource:
    """The Alerts of a journal, in the order they were decided: an `operations.ports.AlertSource`.

    as_original:  Makes the columns as they were read of a batch: of its first `seq`, its Alerts and the recipients.
    remembered:   What the engine remembered before the first Alert, where what came before was pruned.

    Raises:
        InputError: it is no journal, one of a newer Tidegate, or it cannot be read.
    """

    def __init__(self, url: str, *, as_original: Any = None) -> None:
        self._database = opened(url)
        self._as_original = as_original
        with readable(self._database), self._database.connected() as connection:
            begins = reading.beginning(connection)
        self._after = 0
        self.remembered: Remembered | None = None
        if begins is not None:
            # Of a form that is not read any more, all that is kept is decided, from its first Alert on.
            with suppress(StaleSnapshotError):
                self._after, self.remembered = begins.seq, read_snapshot(begins.state)
        # What is remembered has recipients by number.
        self._recipients = Recipients(() if self.remembered is None else self.remembered.recipients)
        self.name = self._database.name
        self.columns = Columns(
            {name: name for name in ("received_at", "device_id", "alert_code", "recipient")}
        )

    @property
    def recipients(self) -> Recipients:
        """The recipients met so far; batches refer to them by number."""
        return self._recipients

    def batches(self) -> Generator[ReadBatch]:
        """Read on, from the first Alert to the last."""
        try:
            with readable(self._database):
                last, after = self._last_seq(), self._after
                for block in reading.blocks_after(self._database, after):
                    if after and block.first_seq != after + 1:
                        what = "was pruned while it was read"
                        raise InputError(Fault(self.name, what, "Begin again: it takes a while once a day."))
                    after = block.first_seq + len(block) - 1
                    yield self._batch(block, last)
        finally:
            self._database.close()

    def _batch(self, block: JournalBlock, last: int) -> ReadBatch:
        numbers = np.array([self._recipients.number_of(name) for name in block.recipients], np.uint32)
        alerts = AlertBatch(block.received_at, block.device_id, block.alert_code, numbers[block.recipient])
        original = None
        if self._as_original is not None:
            original = self._as_original(block.first_seq, alerts, self._recipients)
        return ReadBatch(
            alerts,
            self.name,
            original=original,
            first_line=block.first_seq,
            progress=min(1.0, (block.first_seq + len(block) - 1) / max(last, 1)),
        )

    def _last_seq(self) -> int:
        with self._database.connected() as connection:
            column = schema.alerts.c.seq
            return connection.execute(select(column).order_by(column.desc()).limit(1)).scalar() or 0


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    database = opened(url)
    try:
        with readable(database), database.connected() as connection:
            yield connection
    finally:
        database.close()


def opened(url: str) -> Database:
    """The database of a journal that is there, to be read.

    Raises:
        InputError: it is no journal, one of a newer Tidegate, or it cannot be read.
    """
    database = Database(url, is_reader=True)
    try:
        with readable(database):
            database.check_version()
    except BaseException:
        database.close()
        raise
    return database


@contextmanager
def readable(database: Database) -> Iterator[None]:
    """To a reader, a journal that cannot be reached is a fault of the call."""
    try:
        yield
    except JournalUnavailable as error:
        raise InputError(Fault(database.name, f"cannot be read: {error}", "Name a journal.")) from None
