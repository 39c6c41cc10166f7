"""Lists of Devices of a Post Commissioning report, written as they are assessed.

    verdicts.parquet, .csv   every Device
    steps/*.csv              those of each step between the first set of criteria and the last, with the same columns
    evidence-notes.csv       those of which not all evidence counted, or that a table has not

Rows are in no order but that the Devices of a shard are ascending. Text that a
spreadsheet would take for a formula has an apostrophe before it, in CSV.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv, parquet

from tidegate import __version__
from tidegate.columnar.batches import DeviceIds
from tidegate.columnar.inventory import Attribute
from tidegate.columnar.text import format_device_ids, format_instants
from tidegate.commissioning.kernel import NEVER
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.text_columns import ArrowArray, fixed_width
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_status import DIMENSIONS, Change
from tidegate.reports.commissioning_steps import DeviceTold
from tidegate.reports.commissioning_words import of_step, step_file

_INSTANT: Final = pa.timestamp("us", tz="UTC")
_NEEDED: Final = csv.WriteOptions(quoting_style="needed")
_ROWS_ONLY: Final = csv.WriteOptions(quoting_style="needed", include_header=False)

_TOLD: Final[Mapping[str, Callable[[DeviceTold], str]]] = {
    "reasons": lambda told: told.reasons,
    "obligations_met": lambda told: told.met,
    "obligations_unmet": lambda told: told.unmet,
    "obligations_excused": lambda told: told.excused,
    "obligations_not_told": lambda told: told.cannot_be_told,
    "change": lambda told: "" if told.step.change is Change.NONE else told.step.change.value,
    "step": lambda told: "" if told.step.change is Change.NONE else of_step(told.step),
    "next_action": lambda told: told.action,
}
"""Columns that are the same of Devices that are told alike."""

AFTER_VERDICTS: Final = (
    *_TOLD, "responsible_party", "months_open", "commissioned", "pending_until", *DIMENSIONS, "model",
)  # fmt: skip
"""Columns of verdicts.parquet and .csv after `device_id` and one for each set of criteria, which is named as it."""

RESERVED: Final = frozenset({"device_id", *AFTER_VERDICTS})
"""What no set of criteria may be called."""

NOTES: Final = (
    "device_id", "doubled", "future", "before_commissioned", "contradictory", "not_in_inventory", "not_registered",
)  # fmt: skip
"""Columns of evidence-notes.csv: rows of evidence that did not count, then what is so of the Device."""


class DeviceLists:
    """Writes the lists; a context manager.

    Args:
        path_of:   Where a result is written now (`ResultsFolder.path`).
        criteria:  Names of the sets of criteria.
        wants_all: Every Device's verdicts, and not only the steps.
        checks_inventory, checks_registrations: Whether there are tables that a Device may lack in.
    """

    def __init__(
        self,
        path_of: Callable[[str], Path],
        criteria: Sequence[str],
        *,
        wants_all: bool,
        checks_inventory: bool,
        checks_registrations: bool,
    ) -> None:
        self._path_of = path_of
        self._criteria = criteria
        self._checks_inventory = checks_inventory
        self._checks_registrations = checks_registrations
        self._files = ExitStack()
        schema, shown = _schema(criteria), _as_shown(_schema(criteria))
        self._columns: Any = None
        self._lines: Any = None
        if wants_all:
            self._columns = self._files.enter_context(
                parquet.ParquetWriter(
                    path_of("verdicts.parquet"),
                    schema.with_metadata({"tidegate": __version__}),
                    compression="zstd",
                    compression_level=1,
                    store_schema=False,
                )
            )
            self._lines = self._files.enter_context(
                csv.CSVWriter(path_of("verdicts.csv"), shown, write_options=_NEEDED)
            )
        self._notes = self._files.enter_context(
            csv.CSVWriter(path_of("evidence-notes.csv"), _NOTES_SCHEMA, write_options=_NEEDED)
        )
        self._shown = shown
        self._begun: set[str] = set()

    def write(self, devices: DevicesAssessed) -> None:
        """Some Devices."""
        if self._columns is not None:
            table = devices_table(devices, self._criteria)
            self._columns.write_table(table)
            self._lines.write_table(_shown(table, self._shown))
        self._write_steps(devices)
        self._write_notes(devices)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, error, traceback)

    def _write_steps(self, devices: DevicesAssessed) -> None:
        files = ["" if each.step.change is Change.NONE else step_file(each.step) for each in devices.told]
        names = sorted({*files} - {""})
        numbers = {name: number for number, name in enumerate(names)}
        file = np.array([numbers.get(name, -1) for name in files], np.int64)[devices.of]
        chosen = devices.where(file >= 0)
        for number, table in by_number(shown_table(chosen, self._criteria), file[file >= 0]):
            append(table, self._path_of(names[number]), is_new=names[number] not in self._begun)
            self._begun.add(names[number])

    def _write_notes(self, devices: DevicesAssessed) -> None:
        contradicts = np.array([each.is_contradictory for each in devices.told], np.bool_)[devices.of]
        is_new = ~devices.is_in_inventory & self._checks_inventory
        is_unknown = ~devices.is_registered & self._checks_registrations
        counts = (devices.doubled, devices.future, devices.before)
        noted = np.any([*(count > 0 for count in counts), contradicts, is_new, is_unknown], axis=0)
        if noted.any():
            columns = [written_ids(devices.device_id[noted])]
            columns += [pa.array(count[noted], pa.uint32()) for count in counts]
            columns += [pa.array(is_so[noted]) for is_so in (contradicts, is_new, is_unknown)]
            self._notes.write_table(pa.Table.from_arrays(columns, schema=_NOTES_SCHEMA))


_TEXT: Final = pa.dictionary(pa.int32(), pa.string())
_NOTED: Final[Sequence[Any]] = (pa.string(), *[pa.uint32()] * 3, *[pa.bool_()] * 3)
_NOTES_SCHEMA: Final = pa.schema([(name, kind) for name, kind in zip(NOTES, _NOTED, strict=True)])


def list_columns(criteria: Sequence[str]) -> Sequence[str]:
    """The columns of every list."""
    return ("device_id", *criteria, *AFTER_VERDICTS)


def devices_table(devices: DevicesAssessed, criteria: Sequence[str]) -> pa.Table:
    """Devices as an Arrow table: verdicts.parquet, in memory; `criteria` are the names of the sets."""
    of = devices.of.astype(np.int32)
    columns = [written_ids(devices.device_id)]
    columns += [
        _texts([each.verdicts[place].name for each in devices.told], of) for place in range(len(criteria))
    ]
    columns += [_texts([text(each) for each in devices.told], of) for text in _TOLD.values()]
    columns += [
        _said(devices.responsible),
        pa.array(devices.months_open.astype(np.int32)),
        *(_instants(each) for each in (devices.commissioned, devices.pending_until)),
        *map(_said, devices.dimensions),
        _said(devices.model),
    ]
    return pa.Table.from_arrays(columns, schema=_schema(criteria))


def shown_table(devices: DevicesAssessed, criteria: Sequence[str]) -> pa.Table:
    """The same as CSV has it: as text, but for whole numbers."""
    return _shown(devices_table(devices, criteria), _as_shown(_schema(criteria)))


def by_number(table: pa.Table, numbers: NDArray[Any]) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each number, in their order."""
    order = np.argsort(numbers, kind="stable")
    found, begins = np.unique(numbers[order], return_index=True)
    ordered = table.take(order)
    edges = [*begins.tolist(), len(order)]
    for number, (begin, end) in zip(found.tolist(), pairwise(edges), strict=True):
        yield number, ordered.slice(begin, end - begin)


def append(table: pa.Table, path: Path, *, is_new: bool) -> None:
    """Add rows to a CSV file; to a new one the header first."""
    with path.open("ab") as file:
        csv.write_csv(table, file, _NEEDED if is_new else _ROWS_ONLY)


def _schema(criteria: Sequence[str]) -> pa.Schema:
    kinds: dict[str, Any] = {"months_open": pa.int32(), "commissioned": _INSTANT, "pending_until": _INSTANT}
    named = [(name, kinds.get(name, _TEXT)) for name in (*criteria, *AFTER_VERDICTS)]
    return pa.schema([("device_id", pa.string()), *named])


def _as_shown(schema: pa.Schema) -> pa.Schema:
    """As text, all but whole numbers."""
    return pa.schema(
        [(field.name, field.type if field.type == pa.int32() else pa.string()) for field in schema]
    )


def _shown(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Text that no spreadsheet takes for a formula, and instants as text."""
    columns = []
    for field, column in zip(table.schema, table.columns, strict=True):
        values: ArrowArray = column.combine_chunks()
        if field.type == _TEXT:
            texts = [as_text(text) for text in values.dictionary.to_pylist()]
            values = pa.DictionaryArray.from_arrays(values.indices, pa.array(texts, pa.string())).cast(
                pa.string()
            )
        elif field.type == _INSTANT:
            values = _instants_as_text(values)
        columns.append(values)
    return pa.Table.from_arrays(columns, schema=schema)


def _texts(texts: Sequence[str], places: NDArray[Any]) -> ArrowArray:
    """Texts by their places; an empty one is not said."""
    is_empty = np.array([not text for text in texts], np.bool_)
    said: ArrowArray = (
        pa.array(places.astype(np.int32), mask=is_empty[places]) if len(places) else pa.array([], pa.int32())
    )
    return pa.DictionaryArray.from_arrays(said, pa.array(texts, pa.string()))


def _said(attribute: Attribute) -> ArrowArray:
    return _texts(attribute.texts, attribute.places)


def written_ids(device_ids: DeviceIds) -> ArrowArray:
    """A column of Devices as text."""
    return fixed_width(format_device_ids(np.ascontiguousarray(device_ids, np.uint64)))


def _instants(at: NDArray[np.int64]) -> ArrowArray:
    return pa.array(at, _INSTANT, mask=at == NEVER)


def _instants_as_text(at: ArrowArray) -> ArrowArray:
    is_there = at.is_valid()
    given = np.ascontiguousarray(at.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False))
    text = format_instants(given)
    return pa.compute.if_else(is_there, fixed_width(text), None)
