"""The Code's criteria in plain Python: a dictionary of Devices, a set of rows of each. Columns are decoded by pyarrow."""

from __future__ import annotations

import gc
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from benchmarks.commissioning.found import Found

COLUMNS: Final = (
    "device_id", "at", "kind", "srv", "outcome", "credential_type", "role", "party_id", "certificate_hash", "sender",
)  # fmt: skip
TWICE: Final = ("6.17", "6.15.2")


def assess(path: Path) -> Found:
    """Assess every Device of a Parquet table of evidence, as at its last row."""
    gc.disable()
    rows_of: defaultdict[int, set[Any]] = defaultdict(set)
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_size=262_144, columns=list(COLUMNS)):
            columns = {name: batch.column(name) for name in COLUMNS}
            columns["at"] = columns["at"].cast("int64")
            for device_id, *row in zip(*(columns[name].to_pylist() for name in COLUMNS), strict=True):
                rows_of[device_id].add(tuple(row))
    counts = {"FAILED": [0, 0, 0], "SECURE_BY_COMMANDS": [0, 0, 0]}
    for device_id, rows in rows_of.items():
        count = counts["SECURE_BY_COMMANDS" if is_secure(rows) else "FAILED"]
        count[0] += 1
        count[1] = (count[1] + device_id) % 2**64
        count[2] ^= device_id
    gc.enable()
    return Found({name: (a, b, c) for name, (a, b, c) in counts.items() if a})


def is_secure(rows: set[Any]) -> bool:
    """Whether all that is asked was done, by rows of `COLUMNS` but the first."""
    began = min((row[0] for row in rows if row[1] == "commissioned"), default=None)
    succeeded: defaultdict[str, int] = defaultdict(int)
    latest = {"communication_check": (0, set[str]()), "recovery_cell_check": (0, set[str]())}
    for at, kind, srv, outcome, *_ in rows:
        if began is not None and at < began:
            continue
        if kind == "srv_response":
            succeeded[srv] += outcome == "success"
        elif kind in latest and (kind == "communication_check" or outcome in ("success", "failure")):
            was_at, said = latest[kind]
            if at > was_at:
                latest[kind] = at, {outcome}
            elif at == was_at:
                said.add(outcome)
    is_checked = all("success" in said and "failure" not in said for _, said in latest.values())
    return is_checked and all(succeeded[srv] >= 2 for srv in TWICE) and succeeded["6.15.1"] >= 1
