"""The evidence of a journal: what the Alerts and Responses that a gateway carried said of credentials.

A row is there from when the Alert or the Response that said it was durable. Its engine may go on meanwhile: rows are
only ever added.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import inspect

from tidegate.columnar.batches import Names, RejectedRow
from tidegate.columnar.evidence import EVIDENCE, ReadRows, srv_numbers
from tidegate.journal import reading, schema
from tidegate.journal.source import opened, readable
from tidegate.vocabulary.faults import Fault, InputError

ROWS_AT_ONCE: Final = 1 << 16
_NOT_PUBLISHED: Final = -1
_AFTER: Final = f"""
SELECT id, at, device_id, kind, srv, credential_type, outcome, role, party_id, certificate_hash, sender_id
FROM evidence WHERE id > ? AND id <= ? ORDER BY id LIMIT {ROWS_AT_ONCE}
"""  # noqa: S608 - a number of ours


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
        with self._database.connected() as connection:
            last = reading.last_evidence(connection)
            # Those of a row are durable with it.
            party_names = reading.party_names(connection)
        if not last:
            what = "no Alert or Response that it holds said anything of credentials"
            raise InputError(Fault(self.name, what, "See how evidence comes in: docs/reference/evidence.md."))
        numbers = np.array([self._names.number_of(name) for name in party_names], np.uint32)
        after = 0
        while after < last:
            with self._database.connected() as connection:
                result = connection.exec_driver_sql(self._database.sql(_AFTER), (after, last))
                # Plain tuples, past the library's rows: there are millions.
                rows = cast("Any", result.cursor).fetchall()
                result.close()
            if not rows:
                return
            after = rows[-1][0]
            yield self._part(rows, numbers, after / last)

    def _part(self, rows: Sequence[Sequence[Any]], parties: NDArray[np.uint32], progress: float) -> ReadRows:
        """Some rows as records; `parties` has the number in `names` of each of the journal's parties."""
        columns = list(zip(*rows, strict=True))
        ids, at, device_id, kind, srv, credential_type, outcome, role, party, certificate, sender = columns
        srvs = {"": 0, **srv_numbers()}
        numbers = np.fromiter((srvs.get(each, _NOT_PUBLISHED) for each in srv), np.int64, len(rows))
        records = np.empty(len(rows), EVIDENCE)
        records["at"] = at
        records["device_id"] = np.array(device_id, np.int64).view(np.uint64)
        records["certificate"] = list(map(self._names.number_of, certificate))
        records["party"] = parties[list(party)]
        records["sender"] = parties[list(sender)]
        records["kind"] = kind
        records["srv"] = numbers.astype(np.uint8)
        records["credential_type"] = credential_type
        records["outcome"] = outcome
        records["role"] = role
        is_usable = numbers != _NOT_PUBLISHED
        rejected = [
            RejectedRow(
                self.name, ids[place], f"srv: {srv[place]} is not a published Service Reference Variant"
            )
            for place in np.flatnonzero(~is_usable).tolist()
        ]
        lines = np.array(ids, np.int64)
        return ReadRows(records[is_usable], self.name, rejected, lines[is_usable], progress)
