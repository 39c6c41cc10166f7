"""Tables of evidence and of registrations, written: Parquet or CSV, by the name of the file.

Words are written as they are read (`evidence_columns`); what is not said is null,
and in CSV empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tidegate.columnar.batches import Names
from tidegate.columnar.evidence import srv_numbers
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.columnar.text import format_device_ids, format_instants
from tidegate.commissioning.evidence import CredentialType, Kind, Outcome, Role
from tidegate.operations.simulate_commissioning import TruthRows
from tidegate.tables.alert_columns import fixed_width_texts
from tidegate.tables.columns import DEVICE_ID
from tidegate.tables.csv_file import INSTANT_TYPE
from tidegate.tables.evidence_columns import AT, FROM
from tidegate.tables.whole_file import faults_of_writing, finish, unfinished_name

ROWS_IN_GROUP: Final = 1_048_576

_Columns: TypeAlias = Callable[[Any, bool], Mapping[str, Any]]
"""The columns of some rows as Arrow has them, and whether they are for Parquet."""

Write: TypeAlias = Callable[[Any], None]
"""Writes some more rows; of none nothing is written."""

_KINDS: Final = tuple(kind.text for kind in Kind)
_OUTCOMES: Final = tuple(outcome.text for outcome in Outcome)
_CREDENTIAL_TYPES: Final = tuple(each.text for each in CredentialType)
_ROLES: Final = tuple(role.text for role in Role)


@contextmanager
def evidence_writer(path: Path, names: Names, metadata: Mapping[str, str]) -> Iterator[Write]:
    """Writes records of EVIDENCE; the file has its name only once all is written.

    Args:
        path:      Ends in .parquet or .csv.
        names:     Of parties, certificates and senders.
        metadata:  Key-value metadata of Parquet; in CSV a column for each.

    Raises:
        InputError: the disk is full, or the place cannot be written to.
    """

    def columns(records: NDArray[Any], is_parquet: bool) -> Mapping[str, Any]:  # noqa: FBT001
        srvs = ("", *srv_numbers())
        return {
            AT: _instants(records["at"], is_parquet),
            DEVICE_ID: _device_ids(records["device_id"], is_parquet),
            "kind": _words(records["kind"], _KINDS.__getitem__),
            "srv": _words(records["srv"], srvs.__getitem__),
            "credential_type": _words(records["credential_type"], _CREDENTIAL_TYPES.__getitem__),
            "outcome": _words(records["outcome"], _OUTCOMES.__getitem__),
            "role": _words(records["role"], _ROLES.__getitem__),
            "party_id": _words(records["party"], names.name_of),
            "certificate_hash": _words(records["certificate"], names.name_of),
            "sender": _words(records["sender"], names.name_of),
        }

    with _writer(path, columns, metadata) as write:
        yield write


@contextmanager
def registrations_writer(path: Path, names: Names, metadata: Mapping[str, str]) -> Iterator[Write]:
    """Writes records of REGISTRATION, as `evidence_writer` those of evidence.

    Raises:
        InputError: the disk is full, or the place cannot be written to.
    """

    def columns(records: NDArray[Any], is_parquet: bool) -> Mapping[str, Any]:  # noqa: FBT001
        return {
            DEVICE_ID: _device_ids(records["device_id"], is_parquet),
            "role": _words(records["role"], _ROLES.__getitem__),
            "party_id": _words(records["party"], names.name_of),
            FROM: _instants(records["since"], is_parquet),
        }

    with _writer(path, columns, metadata) as write:
        yield write


@contextmanager
def truth_writer(path: Path, causes: Sequence[str], metadata: Mapping[str, str]) -> Iterator[Write]:
    """Writes what is true of simulated Devices (`TruthRows`).

    Raises:
        InputError: the disk is full, or the place cannot be written to.
    """

    def columns(rows: TruthRows, is_parquet: bool) -> Mapping[str, Any]:  # noqa: FBT001
        return {
            DEVICE_ID: _device_ids(rows.device_id, is_parquet),
            "is_secure": pa.array(rows.is_secure),
            "cause": _words(rows.cause, causes.__getitem__),
            "was_read": pa.array(rows.was_read),
        }

    with _writer(path, columns, metadata) as write:
        yield write


@contextmanager
def _writer(path: Path, columns: _Columns, metadata: Mapping[str, str]) -> Iterator[Write]:
    is_parquet = path.suffix.lower() == ".parquet"
    opened: list[Any] = []

    def write(rows: Any) -> None:
        table = _table(columns(rows, is_parquet), metadata, is_parquet=is_parquet)
        with faults_of_writing(path):
            if not opened:
                opened.append(_open(unfinished_name(path), table.schema, is_parquet=is_parquet))
            if is_parquet:
                opened[0].write_table(table, row_group_size=ROWS_IN_GROUP)
            else:
                opened[0].write_table(table)

    try:
        yield write
        with faults_of_writing(path):
            for each in opened:
                each.close()
        if opened:
            finish(path)
    except BaseException:
        # What is thrown away may be left as it is.
        for each in opened:
            with suppress(OSError, pa.ArrowException):
                each.close()
        raise
    finally:
        unfinished_name(path).unlink(missing_ok=True)


def _open(path: Path, schema: Any, *, is_parquet: bool) -> Any:
    if not is_parquet:
        return pv.CSVWriter(str(path), schema)
    texts: Any = [field.name for field in schema if pa.types.is_dictionary(field.type)]
    encodings = {DEVICE_ID: "BYTE_STREAM_SPLIT"}
    if AT in schema.names:
        encodings[AT] = "DELTA_BINARY_PACKED"
    return pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=texts,
        column_encoding=encodings,
    )


def _table(columns: Mapping[str, Any], metadata: Mapping[str, str], *, is_parquet: bool) -> Any:
    if is_parquet:
        return pa.table(dict(columns)).replace_schema_metadata(dict(metadata))
    table = pa.table(
        {
            name: column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
            for name, column in columns.items()
        }
    )
    for name, value in metadata.items():
        table = table.append_column(name, pa.repeat(pa.scalar(value, pa.string()), len(table)))
    return table


def _instants(at: NDArray[np.int64], is_parquet: bool) -> Any:  # noqa: FBT001
    """Instants; null where it has always been so."""
    is_always = at == BEFORE_ALL
    if is_parquet:
        return pa.array(at, mask=is_always if is_always.any() else None).cast(INSTANT_TYPE)
    texts = fixed_width_texts(format_instants(np.where(is_always, 0, at)))
    return (
        pa.compute.if_else(pa.array(is_always), pa.scalar(None, pa.string()), texts)
        if is_always.any()
        else texts
    )


def _device_ids(ids: NDArray[np.uint64], is_parquet: bool) -> Any:  # noqa: FBT001
    return pa.array(ids) if is_parquet else fixed_width_texts(format_device_ids(ids))


def _words(numbers: NDArray[Any], word_of: Callable[[int], str]) -> Any:
    """Numbers as a dictionary of the words that are there; one that stands for no word is null."""
    is_there = np.bincount(numbers) > 0
    there = np.flatnonzero(is_there)
    words = [word_of(int(each)) for each in there]
    places = (np.cumsum(is_there) - 1).astype(np.int32)[numbers]
    is_null = ~np.array([bool(word) for word in words] or [True], np.bool_)
    mask = is_null[places] if is_null.any() and len(places) else None
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=mask), pa.array(words, pa.string()))
