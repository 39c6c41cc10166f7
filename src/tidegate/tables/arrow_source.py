"""Alerts from a table in memory: Arrow's own, or a frame of any library that hands its columns over as Arrow does.

The same columns are found and the same rows refused as in a file; nothing of
the table is copied.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tidegate.columnar.batches import AlertBatch, Columns, ReadBatch, Recipients, RejectedRow
from tidegate.columnar.text import format_device_ids
from tidegate.operations.ports import AlertSource
from tidegate.tables.alert_columns import fixed_width_texts
from tidegate.tables.alert_rows import AlertBatches
from tidegate.tables.arrow_rows import ArrowRows
from tidegate.tables.columns import ALERT_CODE, DEVICE_ID, OUR_NAMES, RECEIVED_AT, RECIPIENT
from tidegate.tables.source import BATCH_ROWS
from tidegate.tables.text_file import SAMPLE_ROWS
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.faults import Fault, InputError

_FIELDS: Final[list[pa.Field[Any]]] = [
    pa.field(RECEIVED_AT, pa.timestamp("us", tz="UTC")),
    pa.field(DEVICE_ID, pa.string()),
    pa.field(ALERT_CODE, pa.string()),
    pa.field(RECIPIENT, pa.string()),
]

ALERTS_SCHEMA: Final = pa.schema(_FIELDS)
"""The alerts table, as it is handed out."""


def as_arrow(frame: Any, name: str) -> pa.Table:
    """An Arrow table of an Arrow table, or of anything with `__arrow_c_stream__`: pandas, polars, DuckDB's results.

    Raises:
        InputError: it is none of these.
    """
    if isinstance(frame, pa.Table):
        return frame
    try:
        return _without_views(pa.table(frame))
    except (TypeError, ValueError, pa.ArrowException) as error:
        what = f"a {type(frame).__name__} is no table: {str(error).splitlines()[0]}"
        raise InputError(
            Fault(name, what, "Give a path, a pyarrow Table, or a frame with __arrow_c_stream__.")
        ) from None


def _without_views(table: pa.Table) -> pa.Table:
    """The same table; text views, as polars hands them over, are plain text: Arrow itself can do little with them."""
    for place, field in enumerate(table.schema):
        kind: Any = field.type
        is_dictionary = pa.types.is_dictionary(kind)
        if pa.types.is_string_view(kind.value_type if is_dictionary else kind):
            chunks: list[Any] = [_plain(chunk) for chunk in table.column(place).chunks]
            to: Any = pa.dictionary(kind.index_type, pa.string()) if is_dictionary else pa.string()
            table = table.set_column(place, field.name, pa.chunked_array(chunks, to))
    return table


def _plain(chunk: Any) -> Any:
    if not pa.types.is_dictionary(chunk.type):
        return chunk.cast(pa.string())
    return pa.DictionaryArray.from_arrays(chunk.indices, chunk.dictionary.cast(pa.string()))


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table as it is."""
    pq.write_table(table, path)


def table_of(alerts: Sequence[Alert]) -> pa.Table:
    """The alerts table of some Alerts, in their order."""
    return pa.table(
        [
            pa.array([alert.at for alert in alerts], pa.int64()).cast(pa.timestamp("us", tz="UTC")),
            [format_device_id(alert.device_id) for alert in alerts],
            [format_alert_code(alert.alert_code) for alert in alerts],
            [alert.recipient for alert in alerts],
        ],
        schema=ALERTS_SCHEMA,
    )


def read_whole(source: AlertSource) -> tuple[pa.Table, list[RejectedRow]]:
    """All Alerts of a source as the alerts table, in the order of the input; and the rows that could not be used."""
    parts: list[pa.Table] = []
    rejected: list[RejectedRow] = []
    with closing(source.batches()) as batches:
        for batch in batches:
            parts.append(_table_of_batch(batch.alerts, source.recipients))
            rejected += batch.rejected
    return pa.concat_tables([ALERTS_SCHEMA.empty_table(), *parts]), rejected


def _table_of_batch(alerts: AlertBatch, recipients: Recipients) -> pa.Table:
    codes, which = np.unique(alerts.alert_code, return_inverse=True)
    numbers: Any = alerts.recipient
    places: Any = which
    names = pa.array([recipients.name_of(number) for number in range(len(recipients))], pa.string())
    texts = pa.array([format_alert_code(code) for code in codes.tolist()], pa.string())
    return pa.table(
        [
            pa.array(alerts.received_at).cast(pa.timestamp("us", tz="UTC")),
            fixed_width_texts(format_device_ids(alerts.device_id)),
            texts.take(places),
            names.take(numbers),
        ],
        schema=ALERTS_SCHEMA,
    )


class ArrowSource(AlertSource):
    """A table in memory as an `operations.ports.AlertSource`. Read it once.

    Raises:
        InputError: its columns cannot be told or are of a wrong type.
    """

    def __init__(
        self,
        table: pa.Table,
        name: str,
        mapping: Mapping[str, str],
        *,
        keep_original: bool = False,
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        self._name = name
        self._recipients = Recipients()
        self._table = table
        self._batch_rows = batch_rows
        first_rows = table.slice(0, SAMPLE_ROWS).combine_chunks()
        batches = first_rows.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]
        self._rows = ArrowRows(name, table.schema, batches[0], mapping, keep_original=keep_original)

    @property
    def name(self) -> str:
        """What the table is called."""
        return self._name

    @property
    def recipients(self) -> Recipients:
        """The recipients met so far."""
        return self._recipients

    @property
    def columns(self) -> Columns:
        """Which columns were found, and how."""
        return self._rows.columns

    def batches(self) -> Generator[ReadBatch]:
        """Read on."""
        batches = AlertBatches(self._name, self._recipients, self._batch_rows)
        done = 0
        for batch in self._table.to_batches(max_chunksize=self._batch_rows):
            if batch.num_rows:
                yield from batches.of(self._rows.read(batch, done, self._table.num_rows))
            done += batch.num_rows


assert tuple(ALERTS_SCHEMA.names) == OUR_NAMES
