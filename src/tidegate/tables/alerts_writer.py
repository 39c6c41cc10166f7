"""The alerts table, written: Parquet or CSV, by the name of the file.

Parquet has the encodings that read back fastest: deltas of instants, and the
bytes of device identifiers each in their own stream.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch, Instants, Recipients
from tidegate.columnar.text import format_device_ids, format_instants
from tidegate.tables.alert_columns import fixed_width_texts, text_buffers
from tidegate.tables.columns import ALERT_CODE, DEVICE_ID, RECEIVED_AT, RECIPIENT
from tidegate.tables.csv_file import INSTANT_TYPE
from tidegate.tables.whole_file import faults_of_writing, finish, unfinished_name
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import MINUTE

ROWS_IN_GROUP: Final = 1_048_576
_FEW: Final = pa.dictionary(pa.int32(), pa.string())
_PARQUET: Final = pa.schema(
    [(RECEIVED_AT, INSTANT_TYPE), (DEVICE_ID, pa.uint64()), (ALERT_CODE, _FEW), (RECIPIENT, _FEW)]
)


class AlertsWriter:
    """Writes batches of Alerts as one table; the file has its name only once all is written.

        with AlertsWriter(path, recipients, {"synthetic": "true"}) as writer:
            writer.write(batch)

    Args:
        path:        Ends in .parquet or .csv.
        recipients:  Names of the batches' recipient numbers; may grow as batches are written.
        metadata:    Key-value metadata of Parquet; in CSV a column for each.
        offsets_of:  Microseconds by which local time is ahead of UTC at instants, whole minutes. CSV then has local
                     instants, each with its offset (`+01:00`); None: UTC, as `Z`.

    Raises:
        InputError: the name says neither; or the disk is full, or the place cannot be written to.
    """

    def __init__(
        self,
        path: Path,
        recipients: Recipients,
        metadata: Mapping[str, str] | None = None,
        offsets_of: Callable[[Instants], Instants] | None = None,
    ) -> None:
        self._path = path
        self._recipients = recipients
        self._metadata = dict(metadata or {})
        self._offsets_of = offsets_of
        suffix = path.suffix.lower()
        if suffix not in (".parquet", ".csv"):
            raise InputError(
                Fault(str(path), "its name does not say what to write", "End it in .parquet or .csv.")
            )
        self._is_parquet = suffix == ".parquet"
        self._pending: list[AlertBatch] = []
        self._pending_rows = 0
        self._texts = np.empty(0, object)
        with faults_of_writing(path):
            self._writer = self._open(unfinished_name(path))

    def __enter__(self) -> Self:
        return self

    def write(self, batch: AlertBatch) -> None:
        """Write some Alerts after those before them.

        Raises:
            InputError: the disk is full, or the place cannot be written to.
        """
        if len(batch) == 0:
            return
        self._pending.append(batch)
        self._pending_rows += len(batch)
        if self._pending_rows >= ROWS_IN_GROUP:
            self._flush()

    def write_lines(self, lines: Sequence[str]) -> None:
        """Write lines of a CSV as they are after the Alerts before them, with the metadata behind each.

        Raises:
            InputError: the disk is full, or the place cannot be written to.
        """
        assert not self._is_parquet
        self._flush()
        metadata = "".join(f",{_field(value)}" for value in self._metadata.values())
        with faults_of_writing(self._path):
            self._writer.write("".join(f"{line}{metadata}\n" for line in lines).encode())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
                with faults_of_writing(self._path):
                    self._writer.close()
                finish(self._path)
            else:
                self._close_quietly()
        finally:
            unfinished_name(self._path).unlink(missing_ok=True)

    def _open(self, path: Path) -> Any:
        if self._is_parquet:
            return pq.ParquetWriter(
                path,
                _PARQUET.with_metadata(self._metadata),
                compression="zstd",
                compression_level=1,
                use_dictionary=[ALERT_CODE, RECIPIENT],  # type: ignore[arg-type]
                column_encoding={RECEIVED_AT: "DELTA_BINARY_PACKED", DEVICE_ID: "BYTE_STREAM_SPLIT"},
                write_statistics=[RECEIVED_AT],
            )
        file = pa.OSFile(str(path), "wb")
        file.write(",".join(map(_field, [*_PARQUET.names, *self._metadata])).encode() + b"\n")
        return file

    def _flush(self) -> None:
        if not self._pending:
            return
        alerts = AlertBatch.concatenate(self._pending)
        self._pending, self._pending_rows = [], 0
        with faults_of_writing(self._path):
            if self._is_parquet:
                table = pa.table(
                    [
                        pa.array(alerts.received_at).cast(INSTANT_TYPE),
                        pa.array(alerts.device_id),
                        self._codes(alerts.alert_code),
                        self._names(alerts.recipient),
                    ],
                    schema=_PARQUET,
                )
                self._writer.write_table(table, row_group_size=ROWS_IN_GROUP)
            else:
                self._writer.write(memoryview(self._as_text(alerts)))

    def _as_text(self, alerts: AlertBatch) -> Any:
        """Lines of CSV. Few recipients end many lines: what follows the code is put together once for each."""
        metadata = "".join(f",{_field(value)}" for value in self._metadata.values())
        names = map(self._recipients.name_of, range(len(self._recipients)))
        ends = pa.array([f"{_field(name)}{metadata}\n" for name in names], pa.string())
        which: Any = pa.array(alerts.recipient)
        columns: list[Any] = [
            fixed_width_texts(self._instants(alerts.received_at)),
            fixed_width_texts(format_device_ids(alerts.device_id)),
            self._codes(alerts.alert_code).dictionary_decode(),
            ends.take(which),
        ]
        offsets, text = text_buffers(pc.binary_join_element_wise(*columns, ","))
        return text[: offsets[-1]]

    def _instants(self, at: Instants) -> NDArray[np.uint8]:
        """Instants as text, rows x width; with the offset in place of the Z where local time is asked for."""
        if self._offsets_of is None:
            return format_instants(at)
        offsets = self._offsets_of(at)
        there, which = np.unique(offsets // MINUTE, return_inverse=True)
        written = [
            f"{'-' if each < 0 else '+'}{abs(each) // 60:02}:{abs(each) % 60:02}" for each in there.tolist()
        ]
        zones = np.array([list(each.encode()) for each in written], np.uint8)
        return np.hstack([format_instants(at + offsets)[:, :-1], zones[which]])

    def _codes(self, codes: NDArray[np.uint32]) -> Any:
        """Codes as a dictionary of those that are there."""
        is_there = np.bincount(codes) > 0
        there = np.flatnonzero(is_there)
        index = (np.cumsum(is_there) - 1).astype(np.int32)[codes]
        return pa.DictionaryArray.from_arrays(
            index, pa.array([format_alert_code(int(each)) for each in there], pa.string())
        )

    def _names(self, numbers: NDArray[np.uint32]) -> Any:
        names = [self._recipients.name_of(number) for number in range(len(self._recipients))]
        return pa.DictionaryArray.from_arrays(numbers.astype(np.int32), pa.array(names, pa.string()))

    def _close_quietly(self) -> None:
        """Let go of a file that is thrown away; that it cannot be ended properly does not matter any more."""
        try:
            self._writer.close()
        except (OSError, pa.ArrowException):
            return


def _field(text: str) -> str:
    """One field of CSV, quoted where it must be."""
    if text == text.strip() and not any(each in text for each in ',"\r\n'):
        return text
    return '"' + text.replace('"', '""') + '"'
