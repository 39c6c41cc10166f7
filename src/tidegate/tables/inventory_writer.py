"""The Inventory, written: Parquet or CSV, by the name of the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from tidegate.columnar.text import format_device_ids
from tidegate.operations.simulate_alerts import InventoryRows
from tidegate.tables.alert_columns import fixed_width_texts
from tidegate.tables.columns import DEVICE_ID
from tidegate.tables.whole_file import faults_of_writing, finish, unfinished_name


class InventoryWriter:
    """Writes `InventoryRows` as one table; the file has its name only once all is written.

    Parquet has `device_id` as uint64, the attributes as dictionaries of text, and the metadata as
    key-value metadata. CSV has EUI-64s as text, and a column for each item of the metadata.

    Raises:
        InputError: the disk is full, or the place cannot be written to.
    """

    def __init__(self, path: Path, metadata: Mapping[str, str]) -> None:
        self._path = path
        self._metadata = dict(metadata)
        self._is_parquet = path.suffix.lower() == ".parquet"
        self._writer: Any = None

    def __enter__(self) -> Self:
        return self

    def write(self, rows: InventoryRows, /) -> None:
        """Write some Devices after those before them.

        Raises:
            InputError: the disk is full, or the place cannot be written to.
        """
        table = self._table(rows)
        with faults_of_writing(self._path):
            if self._writer is None:
                self._writer = self._open(unfinished_name(self._path), table.schema)
            self._writer.write_table(table)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None and self._writer is not None:
                with faults_of_writing(self._path):
                    self._writer.close()
                finish(self._path)
            elif self._writer is not None:
                self._close_quietly()
        finally:
            unfinished_name(self._path).unlink(missing_ok=True)

    def _open(self, path: Path, schema: Any) -> Any:
        if not self._is_parquet:
            return pv.CSVWriter(str(path), schema)
        # No two identifiers repeat, so a dictionary of them would only be a second copy.
        texts: Any = [name for name in schema.names if name != DEVICE_ID]
        return pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=texts,
            column_encoding={DEVICE_ID: "BYTE_STREAM_SPLIT"},
        )

    def _table(self, rows: InventoryRows) -> Any:
        columns: dict[str, Any] = {}
        if self._is_parquet:
            columns[DEVICE_ID] = pa.array(rows.device_id)
        else:
            columns[DEVICE_ID] = fixed_width_texts(format_device_ids(rows.device_id))
        for name, attribute in rows.attributes.items():
            texts = pa.array(list(attribute.texts), pa.string())
            places = pa.array(attribute.places.astype("int32"))
            dictionary = pa.DictionaryArray.from_arrays(places, texts)
            columns[name] = dictionary if self._is_parquet else dictionary.dictionary_decode()
        if self._is_parquet:
            return pa.table(columns).replace_schema_metadata(self._metadata)
        for name, value in self._metadata.items():
            columns[name] = pa.repeat(pa.scalar(value, pa.string()), len(rows))
        return pa.table(columns)

    def _close_quietly(self) -> None:
        """Let go of a file that is thrown away; that it cannot be ended properly does not matter any more."""
        try:
            self._writer.close()
        except (OSError, pa.ArrowException):
            return
