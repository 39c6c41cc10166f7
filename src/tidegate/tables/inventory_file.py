"""The file an Inventory is in: which of its columns are ours, and its rows, some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from tidegate.columnar.inventory import INVENTORY_COLUMNS
from tidegate.tables.alert_columns import ArrowArray, can_read
from tidegate.tables.columns import DEVICE_ID, refuse_wrong_types
from tidegate.tables.first_rows import are_microseconds
from tidegate.tables.given_rows import GivenRows
from tidegate.tables.table_file import open_table
from tidegate.vocabulary.faults import Fault, InputError

SINCE: Final = ("since", "valid_from")
"""What the column of instants may be called; the first that is there counts, and is `since` from then on."""

WANTED: Final = "Name a CSV or Parquet file with a column device_id."


@dataclass(frozen=True, slots=True)
class InventoryPart:
    """Some rows of an Inventory, as they stand in its file.

    columns:          Arrow columns by our name, `since` among them, as long as `given.rows`.
    is_whole_numbers: Instants given as text are whole microseconds.
    """

    given: GivenRows
    columns: Mapping[str, ArrowArray]
    is_whole_numbers: bool


class InventoryFile:
    """One file.

    Raises:
        InputError: it cannot be read, has no `device_id`, or a column cannot hold what it is to say.
        EmptyFileError: it has no row.
    """

    def __init__(self, path: Path) -> None:
        self._table = open_table(path)
        self._names = _names(path, self._table.names)
        refuse_wrong_types(str(path), self._table.types, self._names, _wanted_instead)
        since = self._names.get(SINCE[0])
        self._is_whole_numbers = since is not None and are_microseconds(
            f"{path}: {since}", self._table.first_values([since])[since]
        )

    def parts(self) -> Iterator[InventoryPart]:
        """The file's rows, in its order."""
        few = [ours for ours in self._names if ours != DEVICE_ID]
        for given, columns in self._table.rows(self._names, few, lambda columns, _: columns):
            yield InventoryPart(given, columns, self._is_whole_numbers)


def _names(path: Path, names: Sequence[str]) -> dict[str, str]:
    """Our name -> the file's, for each of our columns that it has."""
    folded = {name.strip().casefold(): name for name in reversed(names)}
    found: dict[str, str] = {name: folded[name] for name in (DEVICE_ID, *INVENTORY_COLUMNS) if name in folded}
    if DEVICE_ID not in found:
        what = f"the Inventory has no column device_id; it has {', '.join(names)}"
        raise InputError(Fault(str(path), what, "Name the column of the Devices device_id."))
    since = next((folded[name] for name in SINCE if name in folded), None)
    if since is not None:
        found[SINCE[0]] = since
    return found


def _wanted_instead(ours: str, kind: pa.DataType) -> str:
    """What a Parquet column should be, where its type cannot hold what it is to say; else nothing."""
    if ours == DEVICE_ID:
        return "" if can_read(DEVICE_ID, kind) else "uint64, int64 or text"
    value = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_string(value) or pa.types.is_large_string(value) or pa.types.is_integer(value):
        return ""
    if ours == SINCE[0]:
        is_time = pa.types.is_timestamp(kind) or pa.types.is_date(kind)
        return "" if is_time else "a timestamp, a date, int64 microseconds, or text"
    is_shown = pa.types.is_floating(value) or pa.types.is_boolean(value) or pa.types.is_null(value)
    return "" if is_shown or pa.types.is_binary(value) else "text"
