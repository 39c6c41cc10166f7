"""reads.csv: which Device is read when, by whom. User after User, each in the order of its reads."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import csv

from tidegate.columnar.text import format_device_ids, format_instants
from tidegate.formats.spreadsheet_safe import as_text
from tidegate.formats.text_columns import fixed_width
from tidegate.reports.planned_reads import READ, PlannedReads

COLUMNS: Final = ("night", "at", "user", "srv", "device_id")


def write_reads_csv(plan: PlannedReads, path: Path) -> None:
    """Write the plan: the night from 1, the instant in UTC, and what is sent to which Device."""
    schema = pa.schema([(name, pa.int64() if name == "night" else pa.string()) for name in COLUMNS])
    options = csv.WriteOptions(quoting_style="needed")
    with csv.CSVWriter(path, schema, write_options=options) as file:
        for reads in plan.users:
            if not reads.planned:
                continue
            user, srv = (pa.repeat(pa.scalar(text), reads.planned) for text in (as_text(reads.user), READ))
            nights = pa.array(plan.nights.night_of(reads.at))
            at = fixed_width(format_instants(reads.at))
            devices = fixed_width(format_device_ids(reads.device_id))
            file.write_table(pa.Table.from_arrays([nights, at, user, srv, devices], schema=schema))
