"""One file of Service Requests, delimited text or Parquet: which of its columns are ours, and its rows, some at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from tidegate.columnar.batches import Columns, Names
from tidegate.columnar.service_requests import ReadRequests, ServiceRequestBatch
from tidegate.tables.alert_columns import ArrowArray, NamedColumn, ReadColumn, numbered, read_received_at
from tidegate.tables.bad_rows import rejected_rows
from tidegate.tables.columns import RECEIVED_AT, find_columns, names_in_decisions, refuse_wrong_types
from tidegate.tables.first_rows import are_microseconds, first_instant_of, refuse_a_row_for_a_header
from tidegate.tables.given_rows import GivenRows
from tidegate.tables.judged_rows import RowJudge
from tidegate.tables.request_columns import (
    ADMISSION_COLUMNS,
    KEPT_TYPES,
    PRECEDING,
    REQUEST_ID,
    REQUESTS,
    SRV,
    USER,
    as_kept,
    as_text,
    read_identifiers,
    read_srv,
    read_user,
    wanted_instead,
)
from tidegate.tables.table_file import open_table


@dataclass(frozen=True, slots=True)
class _Read:
    """Some rows, read and not yet judged.

    original:  Every column, ours under our names; None when no one asked.
    """

    received_at: ReadColumn
    request: ReadColumn
    users: tuple[NamedColumn, ReadColumn]
    srvs: tuple[NamedColumn, ReadColumn]
    preceding: ReadColumn | None
    original: pa.Table | None


class RequestFile:
    """One file.

    columns:        Which columns mean what.
    schema:         All columns, ours under our names and in one type, as they are kept beside decisions.
    first_instant:  Of the first rows; None where none is an instant.

    Raises:
        InputError: it cannot be read, or its columns cannot be told or are of a wrong type.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path, mapping: Mapping[str, str], *, keep_original: bool) -> None:
        self.path = path
        self._table = open_table(path)
        names, types = self._table.names, self._table.types
        if not types:
            refuse_a_row_for_a_header(str(path), "a Service Request", names, REQUESTS.names)
        sample = self._table.first_values(names)
        self.columns: Columns = find_columns(str(path), names, mapping, sample, REQUESTS)
        refuse_wrong_types(str(path), types, self.columns.mapping, wanted_instead)
        instant = self.columns.mapping[RECEIVED_AT]
        self._is_whole_numbers = are_microseconds(f"{path}: {instant}", sample[instant])
        self.first_instant = first_instant_of(sample[instant])
        self._keep_original = keep_original
        self._kept = names_in_decisions(names, self.columns.mapping, ADMISSION_COLUMNS)
        fields = [
            (kept, KEPT_TYPES.get(kept) or types.get(name, pa.string()))
            for kept, name in zip(self._kept, names, strict=True)
        ]
        self.schema: pa.Schema = pa.schema(fields)

    def batches(self, users: Names, srvs: Names) -> Iterator[ReadRequests]:
        """The file's rows, in its order.

        Raises:
            InputError: it cannot be read to its end.
        """
        judge = RowJudge(RECEIVED_AT)
        parts = self._table.rows(self.columns.mapping, (USER, SRV), self._read, has_all=self._keep_original)
        for given, read in parts:
            yield self._judged(given, read, judge, users, srvs)

    def _read(self, named: Mapping[str, ArrowArray], column: Callable[[int], ArrowArray]) -> _Read:
        """Read some rows; called in a thread."""
        received_at = read_received_at(named[RECEIVED_AT], is_whole_numbers=self._is_whole_numbers)
        named = {
            ours: as_text(array) if ours in (REQUEST_ID, PRECEDING) else array
            for ours, array in named.items()
        }
        original = None
        if self._keep_original:
            kept = [
                as_kept(name, named[name], received_at.values)
                if name in KEPT_TYPES
                else (column(place) if self._table.types else column(place).cast(pa.string()))
                for place, name in enumerate(self._kept)
            ]
            original = pa.table(kept, schema=self.schema)
        preceding = named.get(PRECEDING)
        return _Read(
            received_at,
            read_identifiers(named[REQUEST_ID], is_required=True),
            read_user(named[USER]),
            read_srv(named[SRV]),
            None if preceding is None else read_identifiers(preceding, is_required=False),
            original,
        )

    def _judged(
        self, given: GivenRows, read: _Read, judge: RowJudge, users: Names, srvs: Names
    ) -> ReadRequests:
        """The batch of some rows; nothing of them is lost."""
        received = ServiceRequestBatch(
            read.received_at.values,
            read.request.values,
            numbered(users, read.users[0]),
            numbered(srvs, read.srvs[0]),
            np.zeros(given.rows, np.uint64) if read.preceding is None else read.preceding.values,
        )
        columns = (read.received_at, read.request, read.users[1], read.srvs[1])
        judged = judge.judge(given, list(zip(REQUESTS.required, columns, strict=True)), read.received_at)
        source, original = str(self.path), read.original
        if judged.keep is not None:
            received = received.take(judged.keep)
            original = None if original is None else original.filter(pa.array(judged.keep))
        rejected = rejected_rows(source, judged.bad)
        return ReadRequests(
            received, source, rejected, original, judged.lines, given.first_line, given.progress
        )
