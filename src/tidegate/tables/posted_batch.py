"""A batch of Alerts as it is posted: an Arrow IPC stream, or one JSON object a line.

Columns have our names (`device_id`, `alert_code`, `recipient`) in any letter
case, and nothing is guessed: a program wrote them. `received_at` and others may
be there and are not read, for the receipt instant is that of whoever receives.

It comes from strangers: what Arrow reads is checked before it is looked at, and
nothing compressed is read, for a small body could become any amount of memory.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertCodes, DeviceIds, RecipientNumbers, Recipients
from tidegate.tables.alert_columns import (
    can_read,
    numbered,
    read_alert_code,
    read_device_id,
    read_recipient,
    shown,
)
from tidegate.tables.columns import ALERT_CODE, DEVICE_ID, RECIPIENT
from tidegate.tables.judged_rows import reasons_against, usable

ARROW: Final = "application/vnd.apache.arrow.stream"
NDJSON: Final = "application/x-ndjson"

MOST_REJECTED_SHOWN: Final = 10_000
"""Rejected rows that are told one by one; all are counted."""

_OURS: Final = (DEVICE_ID, ALERT_CODE, RECIPIENT)
_RECORD_BATCH: Final = 3
_DICTIONARY_BATCH: Final = 2


class UnreadableBatchError(ValueError):
    """A body is no table of Alerts; the message says why, in words that follow `the body`."""


@dataclass(frozen=True, slots=True)
class PostedBatch:
    """The usable rows of a body as columns, and the others with their reasons.

    rows:        Rows in the body, counted from 1.
    line:        Row of each usable Alert.
    rejected:    (row, reason), the first of them.
    """

    rows: int
    device_id: DeviceIds
    alert_code: AlertCodes
    recipient: RecipientNumbers
    recipients: Sequence[str]
    line: NDArray[np.int64]
    rejected: Sequence[tuple[int, str]]
    rejected_rows: int

    def __len__(self) -> int:
        return len(self.device_id)

    def without(self, is_bad: NDArray[np.bool_], reason: str) -> PostedBatch:
        """The batch less some of its Alerts, which are rejected."""
        if not is_bad.any():
            return self
        keep = ~is_bad
        more = [(int(row), reason) for row in self.line[is_bad][:MOST_REJECTED_SHOWN]]
        return PostedBatch(
            self.rows,
            self.device_id[keep],
            self.alert_code[keep],
            self.recipient[keep],
            self.recipients,
            self.line[keep],
            sorted([*self.rejected, *more])[:MOST_REJECTED_SHOWN],
            self.rejected_rows + int(is_bad.sum()),
        )


def read_posted(body: bytes, content_type: str, most_rows: int) -> PostedBatch:
    """Read a body of one of the two content types.

    Raises:
        UnreadableBatchError: it is no table, lacks a column, or has more rows than `most_rows`.
    """
    return _Reading(most_rows).read(_arrow(body) if content_type == ARROW else _ndjson(body))


def _arrow(body: bytes) -> Iterator[_Part]:
    _refuse_compressed(body)
    first = 1
    try:
        with pa.ipc.open_stream(pa.py_buffer(body)) as stream:
            for batch in stream:
                batch.validate(full=True)
                yield _Part(
                    first, None, dict(zip(batch.schema.names, batch.columns, strict=True)), batch.num_rows
                )
                first += batch.num_rows
    except (pa.ArrowException, OSError, ValueError, IndexError) as error:
        if isinstance(error, UnreadableBatchError):
            raise
        raise UnreadableBatchError(f"is no Arrow IPC stream: {str(error).splitlines()[0][:200]}") from None


def _ndjson(body: bytes) -> Iterator[_Part]:
    """Line by line with Python's own reader: Arrow's is brought down by one line that says `null`."""
    good: list[int] = []
    bad: list[tuple[int, str]] = []
    devices: list[str | None] = []
    codes: list[str | None] = []
    recipients: list[str | None] = []
    number = 0
    for number, line in enumerate(body.splitlines(), start=1):
        if not line or line.isspace():
            continue
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise TypeError  # noqa: TRY301 - told with the others
        except (ValueError, TypeError, RecursionError):
            bad.append((number, f"is no JSON object: {shown(line)}"))
            continue
        if DEVICE_ID not in row or ALERT_CODE not in row or RECIPIENT not in row:
            row = {name.strip().casefold(): value for name, value in row.items()}
        good.append(number)
        devices.append(_text(row.get(DEVICE_ID)))
        codes.append(_text(row.get(ALERT_CODE)))
        recipients.append(_text(row.get(RECIPIENT)))
    texts = zip(_OURS, (devices, codes, recipients), strict=True)
    columns = {name: _column(values) for name, values in texts}
    yield _Part(1, np.array(good, np.int64), columns, len(good), tuple(bad))


def _column(texts: list[str | None]) -> Any:
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError:
        # Half a character, as \ud800, is JSON and no text: it is shown as it was written.
        whole = [t if t is None else t.encode("utf-8", "backslashreplace").decode() for t in texts]
        return pa.array(whole, pa.string())


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows: their columns, and the row each is in the body (one after another from `first`, or in `line`)."""

    first: int
    line: NDArray[np.int64] | None
    columns: Mapping[str, Any]
    rows: int
    rejected: Sequence[tuple[int, str]] = ()


class _Reading:
    """Parts become one batch."""

    def __init__(self, most_rows: int) -> None:
        self._most_rows = most_rows
        self._recipients = Recipients()
        self._rejected: list[tuple[int, str]] = []
        self._rejected_rows = 0
        self._rows = 0
        self._read: list[tuple[NDArray[np.int64], DeviceIds, AlertCodes, RecipientNumbers]] = []

    def read(self, parts: Iterator[_Part]) -> PostedBatch:
        for part in parts:
            self._rows += part.rows + len(part.rejected)
            if self._rows > self._most_rows:
                raise UnreadableBatchError(f"has more than {self._most_rows:,} rows; send them in several")
            self._reject(part.rejected, len(part.rejected))
            if part.rows:
                self._read_part(part)
        nothing = (
            np.empty(0, np.int64),
            np.empty(0, np.uint64),
            np.empty(0, np.uint32),
            np.empty(0, np.uint32),
        )
        line, device_id, alert_code, recipient = (
            np.concatenate(columns) for columns in zip(nothing, *self._read, strict=True)
        )
        names = [self._recipients.name_of(number) for number in range(len(self._recipients))]
        return PostedBatch(
            self._rows,
            device_id,
            alert_code,
            recipient,
            names,
            line,
            sorted(self._rejected),
            self._rejected_rows,
        )

    def _read_part(self, part: _Part) -> None:
        columns = {name.strip().casefold(): column for name, column in part.columns.items()}
        for name in (DEVICE_ID, ALERT_CODE):
            if name not in columns:
                raise UnreadableBatchError(
                    f"has no column {name}; it has {', '.join(part.columns) or 'none'}"[:300]
                )
        for name in _OURS:
            if name in columns and not can_read(name, columns[name].type):
                raise UnreadableBatchError(f"has a column {name} of {columns[name].type}, which none is")
        device_id, alert_code = read_device_id(columns[DEVICE_ID]), read_alert_code(columns[ALERT_CODE])
        line = np.arange(part.first, part.first + part.rows) if part.line is None else part.line
        recipient = np.zeros(part.rows, np.uint32)
        if RECIPIENT in columns:
            recipient = numbered(self._recipients, read_recipient(columns[RECIPIENT]))
        judged = ((DEVICE_ID, device_id), (ALERT_CODE, alert_code))
        keep = usable(judged)
        if keep is not None:
            bad = np.flatnonzero(~keep)
            shown_rows = bad[:MOST_REJECTED_SHOWN].tolist()
            self._reject([(int(line[row]), reasons_against(judged, row)) for row in shown_rows], len(bad))
            line, recipient = line[keep], recipient[keep]
        devices, codes = device_id.values, alert_code.values
        self._read.append(
            (
                line,
                devices if keep is None else devices[keep],
                codes if keep is None else codes[keep],
                recipient,
            )
        )

    def _reject(self, rows: Sequence[tuple[int, str]], count: int) -> None:
        self._rejected_rows += count
        self._rejected += rows[: max(0, MOST_REJECTED_SHOWN - len(self._rejected))]


def _refuse_compressed(body: bytes) -> None:
    """Look into the messages of a stream before Arrow does: is a batch compressed?"""
    try:
        place = 0
        while place + 8 <= len(body):
            mark, size = struct.unpack_from("<Ii", body, place)
            start = place + 8
            if mark != 0xFFFFFFFF:  # noqa: PLR2004 - the form before Arrow 0.15 has no mark
                size, start = mark, place + 4
            if size <= 0:
                return
            message = start + _u32(body, start)
            body_length = (
                struct.unpack_from("<q", body, _field(body, message, 3))[0] if _field(body, message, 3) else 0
            )
            if _is_compressed(body, message):
                raise UnreadableBatchError("is compressed; send it as it is")
            if body_length < 0:
                raise UnreadableBatchError("is no Arrow IPC stream: a message has no length")
            place = start + size + body_length
    except (struct.error, IndexError):
        raise UnreadableBatchError("is no Arrow IPC stream: it is not whole") from None


def _is_compressed(body: bytes, message: int) -> bool:
    kind_at, header_at = _field(body, message, 1), _field(body, message, 2)
    kind = body[kind_at] if kind_at else 0
    if kind not in (_RECORD_BATCH, _DICTIONARY_BATCH) or not header_at:
        return False
    table = header_at + _u32(body, header_at)
    if kind == _DICTIONARY_BATCH:
        data_at = _field(body, table, 1)
        if not data_at:
            return False
        table = data_at + _u32(body, data_at)
    return _field(body, table, 3) != 0


def _field(body: bytes, table: int, number: int) -> int:
    """Where a field of a flatbuffer's table stands; 0 where it is not there."""
    vtable = table - struct.unpack_from("<i", body, table)[0]
    if vtable < 0:
        raise struct.error
    size = struct.unpack_from("<H", body, vtable)[0]
    at = 4 + 2 * number
    if at + 2 > size:
        return 0
    offset: int = struct.unpack_from("<H", body, vtable + at)[0]
    return table + offset if offset else 0


def _u32(body: bytes, at: int) -> int:
    value: int = struct.unpack_from("<I", body, at)[0]
    return value
