"""CSV in: text to the columns a kernel takes, against pyarrow's own reader, which stops at Arrow columns.

    ./run python -m benchmarks.csv_in

Ours, Polars and DuckDB end with the same numbers: instants in microseconds, EUI-64s
as 64 bits, a code and a recipient for each row; their sums and counts are compared.
Ours also checks every field of every row. pyarrow's reader is the anchor: it
leaves EUI-64s as text, so it has less to do.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.make_log import CSV_SIZE, log_of
from benchmarks.measured import (
    Taken,
    best,
    circumstances,
    in_child,
    millions_a_second,
    read_once,
    tell,
    timed,
)

Columns: TypeAlias = dict[str, Any]
"""rows; sums of instants and of EUI-64s modulo 2**64; rows by code; rows by recipient."""

OURS: Final = "tidegate"
ANCHOR: Final = "pyarrow.csv"


def by_tidegate(path: Path) -> Columns:
    """Every batch, as a replay reads them."""
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, format_alert_code  # noqa: PLC0415

    source = assembly.open_alerts([path], mapping={})
    codes = np.zeros(NUMBER_OF_CODES, np.int64)
    recipients: Counter[int] = Counter()
    rows = at = devices = 0
    for batch in source.batches():
        alerts = batch.alerts
        rows += len(alerts)
        at, devices = at + _sum(alerts.received_at), devices + _sum(alerts.device_id)
        codes += np.bincount(alerts.alert_code, minlength=NUMBER_OF_CODES)
        recipients.update(dict(enumerate(np.bincount(alerts.recipient).tolist())))
    by_code = {format_alert_code(int(code)): int(codes[code]) for code in np.flatnonzero(codes)}
    by_recipient = {source.recipients.name_of(number): n for number, n in recipients.items() if n}
    return _columns(rows, at, devices, by_code, by_recipient)


def by_pyarrow(path: Path) -> Columns:
    """`read_csv` with no options; EUI-64s stay text."""
    from pyarrow import csv  # noqa: PLC0415

    return {"rows": csv.read_csv(path).num_rows}


def by_polars(path: Path) -> Columns:
    """Read and converted by the streaming engine."""
    import polars as pl  # noqa: PLC0415

    frame = (
        pl.scan_csv(path)
        .select(
            pl.col("received_at").str.to_datetime(time_unit="us", time_zone="UTC").dt.epoch("us"),
            pl.col("device_id")
            .str.replace_all("-", "", literal=True)
            .str.to_integer(base=16, dtype=pl.UInt64),
            pl.col("alert_code").cast(pl.Categorical),
            pl.col("recipient").cast(pl.Categorical),
        )
        .collect(engine="streaming")
    )
    by_code, by_recipient = (
        dict(frame[name].cast(pl.String).value_counts().iter_rows()) for name in ("alert_code", "recipient")
    )
    at, devices = _sum(frame["received_at"].to_numpy()), _sum(frame["device_id"].to_numpy())
    return _columns(len(frame), at, devices, by_code, by_recipient)


def by_duckdb(path: Path) -> Columns:
    """Read and converted into a table of numbers, then counted."""
    import duckdb  # noqa: PLC0415

    with duckdb.connect() as db:
        db.execute(f"""
            CREATE TABLE alerts AS SELECT
                epoch_us(received_at) AS received_at,
                ('0x' || replace(device_id, '-', ''))::UBIGINT AS device_id,
                alert_code, recipient
            FROM read_csv('{path}', types = {{'received_at': 'TIMESTAMPTZ', 'device_id': 'VARCHAR',
                'alert_code': 'VARCHAR', 'recipient': 'VARCHAR'}})
        """)
        rows, at, devices = db.execute(
            "SELECT count(*), sum(received_at::HUGEINT), sum(device_id::HUGEINT) FROM alerts"
        ).fetchall()[0]
        by_code, by_recipient = (
            dict(db.execute(f"SELECT {name}, count(*) FROM alerts GROUP BY {name}").fetchall())
            for name in ("alert_code", "recipient")
        )
    return _columns(rows, int(at), int(devices), by_code, by_recipient)


EVERYONE: Final[dict[str, Callable[[Path], Columns]]] = {
    OURS: by_tidegate,
    ANCHOR: by_pyarrow,
    "polars": by_polars,
    "duckdb": by_duckdb,
}


def _sum(values: NDArray[Any]) -> int:
    return int(values.view(np.uint64).sum())


def _columns(
    rows: int, at: int, devices: int, by_code: dict[str, int], by_recipient: dict[str, int]
) -> Columns:
    return {
        "rows": rows,
        "received_at": at % 2**64,
        "device_id": devices % 2**64,
        "alert_code": dict(sorted(by_code.items())),
        "recipient": dict(sorted(by_recipient.items())),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="CSV in.")
    parser.add_argument("--alerts", type=int, default=CSV_SIZE, help="which log, by its size")
    parser.add_argument("--times", type=int, default=3, help="runs of each; the fastest counts")
    parser.add_argument("--one", metavar="WHO", help=argparse.SUPPRESS)
    given = parser.parse_args()
    path = log_of(given.alerts, "csv")
    if given.one is not None:
        read_once(path)
        EVERYONE[given.one](_warm_up(path))
        taken, columns = timed(lambda: EVERYONE[given.one](path))
        print(json.dumps(columns))
        tell(taken)
        return 0
    return _compare(path, given.alerts, given.times)


def _warm_up(path: Path) -> Path:
    """The first lines of a log, for whatever only a first run pays for."""
    few = path.with_name(f"warm-up-{path.name}")
    if not few.exists():
        with path.open("rb") as whole:
            few.write_bytes(b"".join(whole.readline() for _ in range(200_000)))
    return few


def _compare(path: Path, alerts: int, times: int) -> int:
    print(f"{path.name}, {path.stat().st_size / 1e6:,.0f} MB; {circumstances()}\n")
    print(f"{'':13}{'seconds':>8}{'CPU s':>8}{'M/s':>8}{'MB/s':>8}{'speed of pyarrow.csv':>22}   columns")
    # One after the other and round again, so that a disturbance hits everyone.
    runs: dict[str, list[Taken]] = {name: [] for name in EVERYONE}
    found: dict[str, Columns] = {}
    for _ in range(times):
        for name in EVERYONE:
            taken, before = in_child("benchmarks.csv_in", "--alerts", str(alerts), "--one", name)
            runs[name].append(taken)
            found[name] = json.loads(before)
    anchor = best(runs[ANCHOR])
    status = 0
    for name, taken in ((name, best(each)) for name, each in runs.items()):
        verdict = "EUI-64s left as text" if name == ANCHOR else "the same"
        if found[name]["rows"] != alerts or (name != ANCHOR and found[name] != found[OURS]):
            status, verdict = 1, "NOT THE SAME"
        print(
            f"{name:13}{taken.seconds:8.2f}{taken.cpu_seconds:8.2f}{millions_a_second(alerts, taken):8.2f}"
            f"{path.stat().st_size / taken.seconds / 1e6:8.0f}{anchor.seconds / taken.seconds:21.2f}x   {verdict}"
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
