"""Alerts from tables: CSV and Parquet files, many as one, in the order of their first instants."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import pyarrow as pa

from tidegate.columnar.batches import AlertBatch, Columns, ReadBatch, Recipients
from tidegate.columnar.text import format_device_ids
from tidegate.operations.ports import AlertSource
from tidegate.tables.alert_columns import ArrowArray, fixed_width_texts
from tidegate.tables.columns import ALERT_CODE, DEVICE_ID, OUR_NAMES, RECEIVED_AT, REQUIRED
from tidegate.tables.csv_file import INSTANT_TYPE, CsvFile
from tidegate.tables.first_rows import hours_apart, names_zone
from tidegate.tables.input_files import find_files, is_parquet
from tidegate.tables.many_files import open_all
from tidegate.tables.parquet_file import ParquetTable
from tidegate.vocabulary.alert_codes import format_alert_code

AlertTable: TypeAlias = CsvFile | ParquetTable

BATCH_ROWS: Final = 262_144
_FEWEST_TO_COMPARE: Final = 20


def open_tables(
    paths: Sequence[Path],
    *,
    mapping: Mapping[str, str] | None = None,
    keep_original: bool = False,
    batch_rows: int = BATCH_ROWS,
) -> TableSource:
    """Open tables of Alerts: files, folders of them, and globs.

    Args:
        paths:          CSV (plain, .gz, .zst) and Parquet.
        mapping:        Our column name -> the files'; see `mapping_file`.
        keep_original:  Hand on all columns of the input with each batch, for `DecisionsWriter`.
        batch_rows:     Rows of a batch at most.

    Raises:
        InputError: a file cannot be read, is of no kind we know, or lacks a column; or there is no Alert at all.
    """
    return TableSource(find_files(paths), mapping or {}, keep_original=keep_original, batch_rows=batch_rows)


class TableSource(AlertSource):
    """One or more tables as one `operations.ports.AlertSource`. Read it once.

    With `keep_original`, `ReadBatch.original` is a pyarrow Table with all columns
    of all the files, those that are ours under our names, others null where a
    file lacks them; its schema is `schema`.

    notes:  What was noticed about the instants that a person should look at.
    """

    def __init__(
        self, files: Sequence[Path], mapping: Mapping[str, str], *, keep_original: bool, batch_rows: int
    ) -> None:
        assert batch_rows > 0
        self._recipients = Recipients()
        self._keep_original = keep_original
        self._batch_rows = batch_rows
        self._files = open_all(
            files,
            lambda path: (ParquetTable if is_parquet(path) else CsvFile)(
                path, mapping, keep_original=keep_original
            ),
            "There must be at least one Alert in it.",
        ).in_order_of(lambda table: table.first_instant)
        tables = self._files.files
        self.schema: pa.Schema = _schema_of([table.schema for table in tables])
        self.notes: list[str] = list(dict.fromkeys(note for table in tables for note in _notes_on(table)))

    @property
    def name(self) -> str:
        """The file's path; or how many files of which folder."""
        return self._files.name

    @property
    def recipients(self) -> Recipients:
        """The recipients met so far."""
        return self._recipients

    @property
    def columns(self) -> Columns:
        """Which columns were found, in the first file; guessed, missing or ignored in any."""
        return self._files.columns(OUR_NAMES)

    @property
    def has_zones(self) -> bool | None:
        """Whether the instants name their zone in every file read so far; None before a usable row."""
        known = [table.is_zoned for table in self._files.files if table.is_zoned is not None]
        return all(known) if known else None

    def batches(self) -> Generator[ReadBatch]:
        """Read on, file after file.

        Raises:
            InputError: a file cannot be read to its end.
        """
        for row in self._files.empty:
            yield ReadBatch(AlertBatch.concatenate([]), row.source, [row], self._nothing_original())
        for batch, progress in self._files.read(
            lambda table: table.batches(self._recipients, self._batch_rows)
        ):
            yield replace(batch, original=self._in_one_shape(batch), progress=progress)

    def _nothing_original(self) -> pa.Table | None:
        return self.schema.empty_table() if self._keep_original else None

    def _in_one_shape(self, batch: ReadBatch) -> pa.Table | None:
        """A batch's original columns in the shape that all files share."""
        given: pa.Table | None = batch.original
        if given is None or given.schema.equals(self.schema):
            return given
        columns: list[Any] = []
        for field in self.schema:
            if field.name not in given.column_names:
                columns.append(pa.nulls(given.num_rows, field.type))
            elif given.schema.field(field.name).type == field.type:
                columns.append(given.column(field.name))
            elif field.name in REQUIRED:
                columns.append(_rewritten(batch.alerts, field.name))
            else:
                columns.append(given.column(field.name).cast(field.type))
        return pa.table(columns, schema=self.schema)


def _schema_of(schemas: Sequence[pa.Schema]) -> pa.Schema:
    """All columns of some files. Where they differ in type: ours as the alerts table has them, others text."""
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            if types.setdefault(field.name, field.type) == field.type:
                continue
            types[field.name] = INSTANT_TYPE if field.name == RECEIVED_AT else pa.string()
    return pa.schema(list(types.items()))


def _rewritten(alerts: AlertBatch, ours: str) -> ArrowArray:
    """One of our columns as the alerts table has it."""
    if ours == RECEIVED_AT:
        return pa.array(alerts.received_at).cast(INSTANT_TYPE)
    if ours == ALERT_CODE:
        return pa.array([format_alert_code(code) for code in alerts.alert_code.tolist()], pa.string())
    assert ours == DEVICE_ID
    return fixed_width_texts(format_device_ids(alerts.device_id))


def _notes_on(table: AlertTable) -> Iterator[str]:
    """What is odd about a table's instants, judged by its first rows."""
    instants = table.sample[table.columns.mapping[RECEIVED_AT]]
    for name in table.columns.ignored:
        values = table.sample.get(name, ())
        if len(values) < min(len(instants), _FEWEST_TO_COMPARE) or names_zone(values) is None:
            continue
        if hours := hours_apart(values, instants):
            way = "after" if hours > 0 else "before"
            minutes = 60 * abs(hours)
            yield f"{name} is {minutes} min {way} {table.columns.mapping[RECEIVED_AT]}: is one of them local time?"
