"""The Inventory, read: what each Device is, and from when. CSV and its like, or Parquet.

A row is a Device as it was from an instant on. Columns that are missing say
nothing, columns we do not know are passed over, rows that cannot be read are
counted and the first few kept. Text is kept once for each value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tidegate.columnar.batches import RejectedRow
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute, Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.ports import Progress, no_progress
from tidegate.tables.alert_columns import ArrowArray, read_device_id, shown_whole
from tidegate.tables.bad_rows import rejected_rows
from tidegate.tables.columns import DEVICE_ID
from tidegate.tables.given_rows import GivenRows
from tidegate.tables.input_files import find_files
from tidegate.tables.inventory_file import SINCE, WANTED, InventoryFile, InventoryPart
from tidegate.tables.inventory_since import read_since
from tidegate.tables.judged_rows import Judged, reasons_against, usable
from tidegate.tables.text_file import EmptyFileError
from tidegate.vocabulary.faults import Fault, InputError

MOST_PRODUCTS: Final = 65_535
"""More different ones than there can be: then a column holds serial numbers."""

MOST_PARTIES: Final = 4_095
"""The same of suppliers, network operators and regions."""

_KEPT_REASONS: Final = 5


def read_inventory(path: Path, progress: Progress = no_progress) -> Inventory:
    """Read a whole Inventory: `device_id`, and any of INVENTORY_COLUMNS and SINCE, in any order and letter case.

    Raises:
        InputError: it cannot be read to its end, has no `device_id` or no row that can be used, or has so
            many different products, suppliers or regions that one of the columns must be something else.
    """
    (file,) = _one_file(path)
    try:
        source = InventoryFile(file)
    except EmptyFileError as error:
        what = f"the Inventory has no Device in it: {error}"
        raise InputError(Fault(str(file), what, "Write a row for each Device under its header.")) from None
    reading = _Reading(str(file))
    for part in source.parts():
        reading.take(part)
        progress(part.given.progress, reading.rows)
    return reading.inventory()


@dataclass
class _Texts:
    """One text column so far: each different text once, and the place of every row's."""

    numbers: dict[str, int] = field(default_factory=lambda: {"": 0})
    places: list[NDArray[np.int32]] = field(default_factory=list)

    def take(self, array: ArrowArray, keep: NDArray[np.bool_] | None) -> None:
        encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
        indices = encoded.indices
        texts = encoded.dictionary
        if not (pa.types.is_string(texts.type) or pa.types.is_binary(texts.type)):
            texts = texts.cast(pa.string())
        # One more place: what is null says nothing.
        places = np.array([*(self._number_of(text) for text in texts.to_pylist()), 0], np.int32)
        if indices.null_count:
            indices = indices.fill_null(len(places) - 1)
        taken = places[indices.to_numpy(zero_copy_only=False)]
        self.places.append(taken if keep is None else taken[keep])

    def _number_of(self, text: str | bytes | None) -> int:
        return self.numbers.setdefault("" if text is None else shown_whole(text).strip(), len(self.numbers))


class _Reading:
    """An Inventory as far as it has been read."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._device_id: list[NDArray[np.uint64]] = []
        self._since: list[NDArray[np.int64]] = []
        self._texts: dict[str, _Texts] = {}
        self._rejected_rows: list[RejectedRow] = []
        self._rejected = 0
        self.rows = 0

    def take(self, part: InventoryPart) -> None:
        device = read_device_id(part.columns[DEVICE_ID])
        since = None
        columns = [(DEVICE_ID, device)]
        if SINCE[0] in part.columns:
            since = read_since(part.columns[SINCE[0]], is_whole_numbers=part.is_whole_numbers)
            columns.append((SINCE[0], since))
        keep = usable(columns)
        self.rows += part.given.rows
        if keep is not None:
            self._reject_bad(part.given, columns, keep)
        for line, reason, text in part.given.misshapen():
            self.rows += 1
            self._reject(line, reason, text)
        self._device_id.append(device.values if keep is None else device.values[keep])
        if since is not None:
            self._since.append(since.values if keep is None else since.values[keep])
        for name in INVENTORY_COLUMNS:
            if name in part.columns:
                self._texts.setdefault(name, _Texts()).take(part.columns[name], keep)

    def inventory(self) -> Inventory:
        device_id = np.concatenate([np.empty(0, np.uint64), *self._device_id])
        self._device_id = []
        if not len(device_id):
            raise InputError(self._nothing_usable())
        since = np.concatenate(self._since) if self._since else np.full(len(device_id), BEFORE_ALL, np.int64)
        has_history, self._since = bool(self._since), []
        order = _order(device_id, since, has_history=has_history)
        if order is not None:
            device_id, since = device_id[order], since[order]
        is_double = np.zeros(len(device_id), np.bool_)
        is_double[1:] = (device_id[1:] == device_id[:-1]) & (since[1:] == since[:-1])
        doubled = int(is_double.sum())
        if doubled:
            kept = np.flatnonzero(~is_double)
            device_id, since = device_id[kept], since[kept]
            order = kept if order is None else order[kept]
        nothing = Attribute(np.zeros(len(device_id), np.int32), ("",))
        attributes = {name: self._attribute(name, order) or nothing for name in INVENTORY_COLUMNS}
        self._refuse_too_many(attributes)
        inventory = Inventory(
            self._source,
            device_id,
            since,
            attributes,
            self.rows,
            doubled,
            self._rejected,
            tuple(self._rejected_rows),
        )
        if len(inventory.products) > MOST_PRODUCTS:
            raise InputError(self._too_many("manufacturer, model and firmware", len(inventory.products)))
        return inventory

    def _attribute(self, name: str, order: NDArray[np.int64] | None) -> Attribute | None:
        texts = self._texts.pop(name, None)
        if texts is None:
            return None
        places = np.concatenate(texts.places)
        return Attribute(places if order is None else places[order], tuple(texts.numbers))

    def _refuse_too_many(self, attributes: dict[str, Attribute]) -> None:
        for name in ("supplier", "network_operator", "csp_region"):
            if len(attributes[name].texts) > MOST_PARTIES:
                raise InputError(self._too_many(name, len(attributes[name].texts)))

    def _too_many(self, what: str, count: int) -> Fault:
        return Fault(
            self._source,
            f"the Inventory has {count:,} different values of {what}: that is more like serial numbers",
            "See that each column holds what its name says.",
        )

    def _nothing_usable(self) -> Fault:
        first = self._rejected_rows[0]
        return Fault(
            f"{self._source}, line {first.line}",
            f"the Inventory has no row that can be used; here {first.reason}",
            WANTED,
        )

    def _reject_bad(self, given: GivenRows, columns: Judged, keep: NDArray[np.bool_]) -> None:
        bad, lines = np.flatnonzero(~keep), given.lines()
        self._rejected += len(bad)
        for row in bad[: _KEPT_REASONS - len(self._rejected_rows)].tolist():
            reasons = reasons_against(columns, row)
            self._rejected_rows += rejected_rows(
                self._source, [(int(lines[row]), reasons, given.text_of(row))]
            )

    def _reject(self, line: int, reason: str, text: str) -> None:
        self._rejected += 1
        if len(self._rejected_rows) < _KEPT_REASONS:
            self._rejected_rows += rejected_rows(self._source, [(line, reason, text)])


def _order(
    device_id: NDArray[np.uint64], since: NDArray[np.int64], *, has_history: bool
) -> NDArray[np.int64] | None:
    """The order of Devices and instants, rows alike as they came; None where the rows stand so already."""
    same = device_id[1:] == device_id[:-1]
    if bool(((device_id[1:] > device_id[:-1]) | (same & (since[1:] >= since[:-1]))).all()):
        return None
    if not has_history:
        return np.argsort(device_id, kind="stable")
    return np.lexsort((since, device_id))


def _one_file(path: Path) -> list[Path]:
    files = find_files([path])
    if len(files) > 1:
        raise InputError(Fault(str(path), f"an Inventory is one file, and here are {len(files)}", WANTED))
    return files
