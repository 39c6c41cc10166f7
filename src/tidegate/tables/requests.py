"""Service Requests from tables: CSV and Parquet files, many as one, in the order of their first instants."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from tidegate.columnar.batches import Columns, Names
from tidegate.columnar.service_requests import ReadRequests, ServiceRequestBatch
from tidegate.tables.input_files import find_files
from tidegate.tables.many_files import open_all
from tidegate.tables.request_columns import REQUESTS
from tidegate.tables.request_file import RequestFile
from tidegate.vocabulary.instants import Instant


class RequestSource:
    """One or more tables as one `operations.admit.RequestSource`. Read it once.

    With `keep_original`, `ReadRequests.original` is a pyarrow Table with all columns of all the files, those that
    are ours under our names, others null where a file lacks them; its schema is `schema`.

    users, srvs:    The Users and Service Reference Variants met so far; batches refer to them by number.
    first_instant:  Of the first rows; None where none is an instant.

    Raises:
        InputError: a file cannot be read, is of no kind we know, or lacks a column; or there is no request at all.
    """

    def __init__(
        self, paths: Sequence[Path], *, mapping: Mapping[str, str] | None = None, keep_original: bool = False
    ) -> None:
        self.users = Names()
        self.srvs = Names()
        self._keep_original = keep_original
        self._files = open_all(
            find_files(paths),
            lambda path: RequestFile(path, mapping or {}, keep_original=keep_original),
            "There must be at least one Service Request in it.",
        ).in_order_of(lambda file: file.first_instant)
        self.schema = _schema_of([file.schema for file in self._files.files])
        self.first_instant: Instant | None = self._files.files[0].first_instant

    @property
    def name(self) -> str:
        """The file's path; or how many files of which folder."""
        return self._files.name

    @property
    def columns(self) -> Columns:
        """Which columns were found, in the first file; guessed, missing or ignored in any."""
        return self._files.columns(REQUESTS.names)

    def batches(self) -> Generator[ReadRequests]:
        """Read on, file after file.

        Raises:
            InputError: a file cannot be read to its end.
        """
        nothing = self.schema.empty_table() if self._keep_original else None
        for row in self._files.empty:
            yield ReadRequests(ServiceRequestBatch.concatenate([]), row.source, [row], nothing)
        for batch, progress in self._files.read(lambda file: file.batches(self.users, self.srvs)):
            yield replace(batch, original=self._in_one_shape(batch.original), progress=progress)

    def _in_one_shape(self, given: pa.Table | None) -> pa.Table | None:
        if given is None or given.schema.equals(self.schema):
            return given
        columns = [
            given.column(field.name).cast(field.type)
            if field.name in given.column_names
            else pa.nulls(given.num_rows, field.type)
            for field in self.schema
        ]
        return pa.table(columns, schema=self.schema)


def _schema_of(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """All columns of some files; those that are not ours and differ in type are text."""
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            if types.setdefault(field.name, field.type) != field.type:
                types[field.name] = pa.string()
    return pa.schema(list(types.items()))
