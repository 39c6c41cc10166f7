"""What notices take up from a journal after a restart: storms of the last days, and what was told."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select

from tidegate.alert_storm.decision import Level, Storm
from tidegate.journal import reading, schema
from tidegate.journal.database import Database
from tidegate.operations.live import LiveStorm, NoticeEntry
from tidegate.policy.mechanism import Mode
from tidegate.vocabulary.alerts import Stream
from tidegate.vocabulary.instants import Instant


def storms_since(url: str, since: Instant) -> list[LiveStorm]:
    """The storms of a journal that run, or ended at an instant or later, in order of their start.

    Raises:
        InputError: it is no journal, or one of a newer Tidegate.
        JournalUnavailable: it cannot be read.
    """
    table = schema.storms
    is_asked = or_(table.c.ended_at.is_(None), table.c.ended_at >= since)
    database = Database(url, is_reader=True)
    try:
        database.check_version()
        with database.connected() as connection:
            rows = connection.execute(select(table).where(is_asked).order_by(table.c.started_at)).all()
    finally:
        database.close()
    return [
        LiveStorm(
            Storm(
                Stream(reading.unsigned(row.device_id), row.alert_code, row.recipient),
                Level(row.level),
                row.started_at,
                row.ended_at,
                row.received,
                row.forwarded,
                row.throttled,
                row.peak_count,
                row.counting_since,
            ),
            row.policy_version,
            Mode(row.mode),
        )
        for row in rows
    ]


def notices_of(url: str, limit: int = 100_000) -> Sequence[NoticeEntry]:
    """The notices of a journal, the latest first; raises as `storms_since`."""
    database = Database(url, is_reader=True)
    try:
        database.check_version()
        with database.connected() as connection:
            return reading.notices(connection, None, limit)
    finally:
        database.close()
