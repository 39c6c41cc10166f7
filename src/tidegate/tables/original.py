"""The columns an input came in, on their way to `decisions.parquet`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.text import format_device_ids
from tidegate.tables.alert_columns import fixed_width_texts

_INSTANT: Final = pa.timestamp("us", tz="UTC")
_TYPES: Final[Mapping[str, Any]] = {
    "received_at": _INSTANT,
    "response_date_time": _INSTANT,
    "throttled_alert_sequence_id_in": pa.uint32(),
    "throttled_alert_count_in": pa.uint32(),
    "seq": pa.int64(),
}
"""Types of columns that come as lists; all others are text. Fixed, for a batch may hold nothing but nulls."""


def as_table(original: pa.Table | Mapping[str, list[Any]]) -> pa.Table:
    """`ReadBatch.original` as a table, whether its reader keeps tables or lists."""
    if not isinstance(original, Mapping):
        return original
    return pa.table(
        {name: pa.array(values, _TYPES.get(name, pa.string())) for name, values in original.items()}
    )


def with_device_ids(
    original: pa.Table | Mapping[str, list[Any]], device_ids: NDArray[np.uint64], *, keep: Sequence[str]
) -> pa.Table:
    """Only the columns named, with other Devices in place of its own, as text."""
    table = as_table(original)
    table = table.select([name for name in keep if name in table.column_names])
    texts = fixed_width_texts(format_device_ids(device_ids))
    return table.set_column(table.column_names.index("device_id"), "device_id", texts)
