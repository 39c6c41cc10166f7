"""The Inventory, read: what the Devices asked about are. CSV or Parquet; read in batches, only those kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pv
import pyarrow.parquet as pq

from tidegate.columnar.batches import DeviceIds
from tidegate.columnar.inventory import INVENTORY_COLUMNS
from tidegate.reports.replayed import InventoryFound
from tidegate.tables.alert_columns import read_device_id
from tidegate.tables.columns import DEVICE_ID
from tidegate.tables.input_files import is_parquet
from tidegate.vocabulary.faults import Fault, InputError


def look_up(path: Path, device_ids: DeviceIds) -> tuple[dict[str, list[str | None]], InventoryFound]:
    """What an Inventory says of some Devices.

    Args:
        path:        The Inventory: `device_id`, and any of INVENTORY_COLUMNS.
        device_ids:  The Devices, each once, in ascending order.

    Returns:
        Columns as long as `device_ids`, None where nothing is said; and what was found. Of two rows for
        one Device the first counts.

    Raises:
        InputError: the file cannot be read, or has no `device_id`.
    """
    found: dict[int, dict[str, str | None]] = {}
    rows = doubled = 0
    for table in _batches(path):
        rows += table.num_rows
        read = read_device_id(table[DEVICE_ID].combine_chunks())
        ids = np.asarray(read.values, np.uint64)
        is_good = np.ones(len(ids), np.bool_) if read.is_good is None else read.is_good
        wanted = np.flatnonzero(np.isin(ids, device_ids) & is_good)
        for row, entry in zip(wanted.tolist(), table.take(pa.array(wanted)).to_pylist(), strict=True):
            if int(ids[row]) in found:
                doubled += 1
                continue
            found[int(ids[row])] = {
                name: None if entry.get(name) is None else str(entry[name]) for name in INVENTORY_COLUMNS
            }
    columns = {
        name: [found.get(device_id, {}).get(name) for device_id in device_ids.tolist()]
        for name in INVENTORY_COLUMNS
    }
    return columns, InventoryFound(str(path), rows, len(found), len(device_ids) - len(found), doubled)


def _batches(path: Path) -> Iterator[Any]:
    try:
        if is_parquet(path):
            with pq.ParquetFile(path) as file:
                names = _names(path, file.schema_arrow.names)
                for batch in file.iter_batches(columns=names):
                    yield pa.Table.from_batches([batch])
        else:
            with pv.open_csv(path) as header:
                names = _names(path, header.schema.names)
            text = pv.ConvertOptions(include_columns=names, column_types=dict.fromkeys(names, pa.string()))
            with pv.open_csv(path, convert_options=text) as file:
                for batch in file:
                    yield pa.Table.from_batches([batch])
    except (OSError, pa.ArrowException) as error:
        what = f"the Inventory cannot be read: {str(error).splitlines()[0]}"
        raise InputError(
            Fault(str(path), what, "Name a CSV or Parquet file with a device_id column.")
        ) from None


def _names(path: Path, names: list[str]) -> list[str]:
    if DEVICE_ID not in names:
        what = f"the Inventory has no column device_id; it has {', '.join(names)}"
        raise InputError(Fault(str(path), what, "Name the column of the Devices device_id."))
    return [DEVICE_ID, *(name for name in INVENTORY_COLUMNS if name in names)]
