"""Service Requests from tables: CSV and Parquet files, many as one, in the order of their first instants."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa

from tidegate.columnar.batches import Columns, Names, RejectedRow
from tidegate.columnar.service_requests import ReadRequests, ServiceRequestBatch
from tidegate.tables.input_files import find_files
from tidegate.tables.request_columns import REQUESTS
from tidegate.tables.request_file import RequestFile
from tidegate.tables.text_file import EmptyFileError
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import Instant

_BEFORE_ALL: Final = -(2**63)


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
        self._paths = find_files(paths)
        self._keep_original = keep_original
        self._empty: list[RejectedRow] = []
        files: list[RequestFile] = []
        faults: list[Fault] = []
        for path in self._paths:
            try:
                files.append(RequestFile(path, mapping or {}, keep_original=keep_original))
            except EmptyFileError as error:
                self._empty.append(RejectedRow(str(path), 0, str(error)))
            except InputError as error:
                faults += error.faults
        if not faults and not files:
            wanted = "There must be at least one Service Request in it."
            faults = [Fault(each.source, each.reason, wanted) for each in self._empty]
        if faults:
            raise InputError(*faults)
        self._files = sorted(files, key=_first_of)
        self.schema = _schema_of([file.schema for file in self._files])
        self.first_instant: Instant | None = self._files[0].first_instant

    @property
    def name(self) -> str:
        """The file's path; or how many files of which folder."""
        if len(self._paths) == 1:
            return str(self._paths[0])
        folders = {path.parent for path in self._paths}
        return f"{len(self._paths)} files" + (f" in {folders.pop()}" if len(folders) == 1 else "")

    @property
    def columns(self) -> Columns:
        """Which columns were found, in the first file; guessed, missing or ignored in any."""
        each = [file.columns for file in self._files]
        guessed = {ours for columns in each for ours in columns.guessed}
        missing = {ours for columns in each for ours in columns.missing}
        return Columns(
            dict(each[0].mapping),
            tuple(ours for ours in REQUESTS.names if ours in guessed),
            tuple(ours for ours in REQUESTS.names if ours in missing),
            tuple(dict.fromkeys(name for columns in each for name in columns.ignored)),
        )

    def batches(self) -> Generator[ReadRequests]:
        """Read on, file after file.

        Raises:
            InputError: a file cannot be read to its end.
        """
        nothing = self.schema.empty_table() if self._keep_original else None
        for row in self._empty:
            yield ReadRequests(ServiceRequestBatch.concatenate([]), row.source, [row], nothing)
        sizes = [max(1, file.path.stat().st_size) for file in self._files]
        before, in_all = 0, sum(sizes)
        for file, size in zip(self._files, sizes, strict=True):
            for batch in file.batches(self.users, self.srvs):
                progress = (before + min(1.0, batch.progress) * size) / in_all
                yield replace(batch, original=self._in_one_shape(batch.original), progress=progress)
            before += size

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


def _first_of(file: RequestFile) -> Instant:
    return _BEFORE_ALL if file.first_instant is None else file.first_instant


def _schema_of(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """All columns of some files; those that are not ours and differ in type are text."""
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            if types.setdefault(field.name, field.type) != field.type:
                types[field.name] = pa.string()
    return pa.schema(list(types.items()))
