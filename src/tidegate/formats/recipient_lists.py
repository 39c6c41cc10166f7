"""devices.csv of every recipient: its own Devices that are called failed, or not secure, by step; gathered as they come.

A nation's failures are dealt out to files of scratch as Devices are assessed, and put in
order one recipient at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import compute, csv

from tidegate.formats.commissioning_lists import append, by_number, list_columns, shown_table
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_recipients import RecipientKind
from tidegate.reports.commissioning_status import DIMENSIONS, Change

_CHANGES: Final = {change.value: place for place, change in enumerate(Change)}
_LAST: Final = len(_CHANGES)


class RecipientLists:
    """Takes Devices shard by shard; `write_list` when all have come.

    Args:
        scratch:   Where a file of no lasting use is written.
        criteria:  Names of the sets of criteria.
    """

    def __init__(self, scratch: Callable[[str], Path], criteria: Sequence[str]) -> None:
        self._scratch = scratch
        self._criteria = criteria
        self._files: dict[tuple[RecipientKind, str], Path] = {}

    def write(self, devices: DevicesAssessed) -> None:
        """Some Devices."""
        is_told = np.array(
            [each.step.change is not Change.NONE or not each.verdicts[-1].is_secure for each in devices.told],
            np.bool_,
        )[devices.of]
        chosen = devices.where(is_told)
        table = shown_table(chosen, self._criteria)
        for kind in RecipientKind:
            said = chosen.dimensions[DIMENSIONS.index(kind.dimension)]
            for place, theirs in by_number(table, said.places):
                if name := said.texts[place]:
                    self._append(theirs, (kind, name))

    def write_list(self, kind: RecipientKind, name: str, path: Path) -> None:
        """Write a recipient's list: by what becomes of Devices, then why, then EUI-64."""
        columns = list_columns(self._criteria)
        source = self._files.get((kind, name))
        if source is None:
            table = pa.table({column: pa.array([], pa.string()) for column in columns})
        else:
            table = csv.read_csv(
                source,
                parse_options=csv.ParseOptions(newlines_in_values=True),
                convert_options=csv.ConvertOptions(
                    column_types=dict.fromkeys(columns, pa.string()),
                    strings_can_be_null=True,
                    null_values=[""],
                    quoted_strings_can_be_null=False,
                ),
            )
        # Those that are failed by neither come last.
        ranks = [_CHANGES.get(change or "", _LAST) for change in table["change"].to_pylist()]
        keys = pa.table(
            {"rank": pa.array(ranks, pa.int64()), "step": table["step"], "id": table["device_id"]}
        )
        order = compute.sort_indices(keys, [(name, "ascending") for name in keys.column_names])
        append(table.take(order), path, is_new=True)

    def _append(self, table: pa.Table, key: tuple[RecipientKind, str]) -> None:
        is_new = key not in self._files
        path = self._files.setdefault(key, self._scratch(f"{len(self._files)}.csv"))
        append(table, path, is_new=is_new)
