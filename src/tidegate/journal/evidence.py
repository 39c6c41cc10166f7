"""The evidence of a journal: what the Alerts and Responses that a gateway carried said of credentials.

A row is there from when the Alert or the Response that said it was durable. Its engine may go on meanwhile: rows are
only ever added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import inspect, select

from tidegate.columnar.batches import Names, RejectedRow
from tidegate.columnar.evidence import EVIDENCE, ReadRows, srv_numbers
from tidegate.journal import reading, schema
from tidegate.journal.source import opened, readable
from tidegate.vocabulary.faults import Fault, InputError

_ROWS_AT_ONCE: Final = 1 << 16


class JournalEvidence:
    """Evidence of a journal, in the order it was received: a `columnar.evidence.RecordSource`.

    names:  The parties and certificates, numbered together with those of registrations.

    `ReadRows.line` is the row's `id`.

    Raises:
        InputError: it is no journal, one of a newer Tidegate, one that an older Tidegate wrote last, or it cannot be
            read; and from `rows`, when there is no evidence in it.
    """

    def __init__(self, url: str, names: Names) -> None:
        self._database = opened(url)
        self._names = names
        self.name = self._database.name
        with readable(self._database), self._database.connected() as connection:
            if not inspect(connection).has_table(schema.evidence.name):
                self._database.close()
                remedy = "Run tidegate serve on it: from then on it keeps what it carries."
                raise InputError(Fault(self.name, "has no evidence: an older Tidegate wrote it", remedy))

    def rows(self) -> Iterator[ReadRows]:
        """Read every row once.

        Raises:
            InputError: there is none.
        """
        try:
            with readable(self._database):
                yield from self._parts()
        finally:
            self._database.close()

    def _parts(self) -> Iterator[ReadRows]:
        table = schema.evidence
        with self._database.connected() as connection:
            last = reading.last_evidence(connection)
        if not last:
            what = "no Alert or Response that it holds said anything of credentials"
            raise InputError(Fault(self.name, what, "See how evidence comes in: docs/reference/evidence.md."))
        after = 0
        while after < last:
            asked = select(table).where(table.c.id > after, table.c.id <= last).order_by(table.c.id)
            with self._database.connected() as connection:
                party_names = reading.party_names(connection)
                rows = connection.execute(asked.limit(_ROWS_AT_ONCE)).all()
            if not rows:
                return
            after = rows[-1].id
            yield self._part(rows, [self._names.number_of(name) for name in party_names], after / last)

    def _part(self, rows: Sequence[Any], parties: Sequence[int], progress: float) -> ReadRows:
        numbers, number_of = srv_numbers(), self._names.number_of
        usable = [row for row in rows if not row.srv or row.srv in numbers]
        records = np.array(
            [
                (
                    row.at,
                    reading.unsigned(row.device_id),
                    number_of(row.certificate_hash),
                    parties[row.party_id],
                    parties[row.sender_id],
                    row.kind,
                    numbers[row.srv] if row.srv else 0,
                    row.credential_type,
                    row.outcome,
                    row.role,
                )
                for row in usable
            ],
            EVIDENCE,
        )
        rejected = [
            RejectedRow(self.name, row.id, f"srv: {row.srv} is not a published Service Reference Variant")
            for row in rows
            if row.srv and row.srv not in numbers
        ]
        lines = np.array([row.id for row in usable], np.int64)
        return ReadRows(records, self.name, rejected, lines, progress)
