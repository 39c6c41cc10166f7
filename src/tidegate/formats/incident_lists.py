"""Incidents for Communications Hub Functions as CSV: those that are due, those that are not, and the problems they are of.

incidents.csv           a row for each for which one is due
incidents-not-due.csv   those that the first set of criteria calls failed, and for which none is due, or not yet
incident-problems.csv   a row for each problem: one thing wrong, or one reason why nothing is, in one region
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from tidegate.columnar.inventory import Attribute
from tidegate.formats.commissioning_lists import written_ids
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.text_columns import ArrowArray
from tidegate.operations.gathered_incidents import problems_of
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_incidents import (
    DUE_FILE,
    NOT_DUE_FILE,
    PROBLEMS_FILE,
    IncidentIs,
    IncidentProblem,
    ProblemKey,
    incident_of_change,
)
from tidegate.reports.commissioning_status import DIMENSIONS
from tidegate.reports.commissioning_words import of_step

COLUMNS: Final = (
    "device_id", "incident", "problem", "reason", "responsible_party", "csp_region", "manufacturer", "model",
    "supplier", "months_open", "next_action",
)  # fmt: skip
"""Of the lists of Devices."""

PROBLEM_COLUMNS: Final = ("problem", "incident", "reason", "csp_region", "devices")

_NUMBERS: Final = ("problem", "months_open")
_SCHEMA: Final = pa.schema([(name, pa.int64() if name in _NUMBERS else pa.string()) for name in COLUMNS])
_NEEDED: Final = arrow_csv.WriteOptions(quoting_style="needed")


def write_incident_lists(
    devices: Sequence[DevicesAssessed],
    problems: Sequence[IncidentProblem],
    numbers: Mapping[ProblemKey, int],
    path_of: Callable[[str], Path],
) -> None:
    """Write all three.

    devices:   As they were gathered.
    problems:  Theirs.
    numbers:   Of the whole report's problems, so that a problem has one number in every part of it.
    path_of:   Where a file is written now.
    """
    with (
        arrow_csv.CSVWriter(path_of(DUE_FILE), _SCHEMA, write_options=_NEEDED) as due,
        arrow_csv.CSVWriter(path_of(NOT_DUE_FILE), _SCHEMA, write_options=_NEEDED) as not_due,
    ):
        for part in devices:
            table = _table(part, numbers)
            is_due = np.array(
                [incident_of_change(each.step.change) is IncidentIs.DUE for each in part.told], np.bool_
            )[part.of]
            due.write_table(table.filter(pa.array(is_due)))
            not_due.write_table(table.filter(pa.array(~is_due)))
    write_problems(problems, numbers, path_of(PROBLEMS_FILE))


def write_problems(
    problems: Sequence[IncidentProblem], numbers: Mapping[ProblemKey, int], path: Path
) -> None:
    """Write the problems, in which no Device is named."""
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(PROBLEM_COLUMNS)
        for number, problem in sorted((numbers[each.key], each) for each in problems):
            texts = (of_step(problem.step), problem.csp_region)
            lines.writerow((number, problem.incident.value, *map(as_text, texts), problem.devices))


def _table(devices: DevicesAssessed, numbers: Mapping[ProblemKey, int]) -> pa.Table:
    told = devices.told
    incidents = [incident_of_change(each.step.change) or "" for each in told]
    about = {name: devices.dimensions[DIMENSIONS.index(name)] for name in DIMENSIONS}
    return pa.Table.from_arrays(
        [
            written_ids(devices.device_id),
            _texts(Attribute(devices.of, incidents)),
            pa.array(problems_of(devices, numbers)),
            _texts(Attribute(devices.of, [of_step(each.step) for each in told])),
            *map(_texts, (devices.responsible, about["csp_region"], about["manufacturer"], devices.model)),
            _texts(about["supplier"]),
            pa.array(devices.months_open.astype("int64")),
            _texts(Attribute(devices.of, [each.action for each in told])),
        ],
        schema=_SCHEMA,
    )


def _texts(said: Attribute) -> ArrowArray:
    texts = pa.array([as_text(text) for text in said.texts], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(said.places.astype("int32")), texts).cast(pa.string())
