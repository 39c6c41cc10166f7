"""What notices take up from a journal after a restart: storms of the last days, and what was told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

from tidegate.journal import reading
from tidegate.journal.database import Database
from tidegate.operations.live import LiveStorm
from tidegate.operations.notes import NoticeEntry
from tidegate.vocabulary.instants import Instant


def storms_since(url: str, since: Instant) -> list[LiveStorm]:
    """The storms of a journal that run, or ended at an instant or later, in order of their start.

    Raises:
        InputError: it is no journal, or one of a newer Tidegate.
        JournalUnavailable: it cannot be read.
    """
    with _connected(url) as connection:
        return reading.storms_since(connection, since)


def notices_of(url: str, limit: int = 100_000) -> Sequence[NoticeEntry]:
    """The notices of a journal, the latest first; raises as `storms_since`."""
    with _connected(url) as connection:
        return reading.notices(connection, None, limit)


@contextmanager
def _connected(url: str) -> Iterator[Connection]:
    database = Database(url, is_reader=True)
    try:
        database.check_version()
        with database.connected() as connection:
            yield connection
    finally:
        database.close()
