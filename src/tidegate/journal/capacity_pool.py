"""The store of a capacity that several gateways share: one row of a PostgreSQL database, and its clock.

It stands here because SQLAlchemy does. It is no part of a journal: any database
that all gateways reach will do, that of a journal too. A gateway locks the row,
reads who has which part, and writes that back with its own: what is given out is
the rule's (`admission.shared`), and is durable before it is used.
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import BigInteger, Column, MetaData, Table, Text, text

from tidegate.admission.capacity_part import Part, Whole
from tidegate.admission.shared import Lease, Member, Pool, Report, SharingTerms, exchange
from tidegate.journal.database import Database
from tidegate.operations.live_journal import JournalUnavailable
from tidegate.vocabulary.faults import Fault, InputError

FORM: Final = 1
"""Of what is written in the row; another form is another capacity."""

_metadata = MetaData()
_pool = Table(
    "tidegate_capacity_pool",
    _metadata,
    Column("name", Text, primary_key=True),
    Column("form", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
)

_WAITS: Final = "SET lock_timeout = '1s'; SET idle_in_transaction_session_timeout = '2s'"
_BEGIN: Final = text(
    "INSERT INTO tidegate_capacity_pool (name, form, state) VALUES (:name, :form, '') ON CONFLICT DO NOTHING"
)
_READ: Final = text(
    "SELECT form, state, CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint) AS now "
    "FROM tidegate_capacity_pool WHERE name = :name FOR UPDATE"
)
_WRITE: Final = text("UPDATE tidegate_capacity_pool SET state = :state WHERE name = :name")


class CapacityPool:
    """One capacity, shared. Used by one thread; connects when first asked to, and again when it has to.

    url:   Of a PostgreSQL database.
    name:  Which capacity; there may be several in one database.

    Raises:
        InputError: the URL names no PostgreSQL database.
    """

    def __init__(self, url: str, name: str, terms: SharingTerms) -> None:
        self._database = Database(url, is_reader=True)
        if self._database.is_sqlite:
            what = "is of no PostgreSQL database, and several gateways cannot share another"
            raise InputError(Fault("service_requests.shared.url", what, "Write postgresql://host/database."))
        self._name = name
        self._terms = terms
        self._is_made = False

    def exchange(self, report: Report) -> Lease:
        """Report, and be given a part.

        Raises:
            JournalUnavailable: the database cannot be reached, or did not answer in time.
            NoPlaceError: the gateway cannot share.
        """
        if not self._is_made:
            self._make()
        with self._database.transaction() as connection:
            row = connection.execute(_READ, {"name": self._name}).one_or_none()
            if row is None or row.form != FORM:
                self._is_made = False
                raise JournalUnavailable(f"{self._database.name}: the row of the capacity is not there")
            pool, lease = exchange(pool_of(row.state), report, row.now, self._terms)
            connection.execute(_WRITE, {"name": self._name, "state": written(pool)})
        return lease

    def close(self) -> None:
        """Let go of the connection."""
        self._database.close()

    def _make(self) -> None:
        with self._database.connected() as connection:
            connection.exec_driver_sql(_WAITS)
            _metadata.create_all(connection)
            connection.execute(_BEGIN, {"name": self._name, "form": FORM})
        self._is_made = True


def written(pool: Pool) -> str:
    """A pool as text."""
    return json.dumps(
        {
            "members": [
                [name, it.heard_at, _part_out(it.given), _report_out(it.report)]
                for name, it in pool.members.items()
            ],
            "gone": [[*key, since, _part_out(part)] for key, (since, part) in pool.gone.items()],
            "changed_at": pool.changed_at,
            "resumed_at": pool.resumed_at,
        },
        separators=(",", ":"),
    )


def pool_of(said: str) -> Pool:
    """A pool from what was written; from nothing, an empty one."""
    if not said:
        return Pool()
    read: dict[str, Any] = json.loads(said)
    return Pool(
        {
            name: Member(_report_in(name, report), heard_at, _part_in(given))
            for name, heard_at, given, report in read["members"]
        },
        {(name, run): (since, _part_in(part)) for name, run, since, part in read["gone"]},
        read["changed_at"],
        read["resumed_at"],
    )


def _part_out(part: Part) -> list[Any]:
    return [part.maximum, part.threshold, dict(part.allocations)]


def _part_in(said: list[Any]) -> Part:
    return Part(*said)


def _report_out(report: Report) -> list[Any]:
    whole = report.whole
    shared = [_part_out(whole.capacity), whole.period_us, whole.gateways]
    return [report.run, shared, _part_out(report.holds), report.used, dict(report.offered)]


def _report_in(gateway: str, said: list[Any]) -> Report:
    run, (capacity, period_us, gateways), holds, used, offered = said
    return Report(
        gateway, run, Whole(_part_in(capacity), period_us, gateways), _part_in(holds), used, offered
    )
