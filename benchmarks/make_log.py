"""Make the logs that the benchmarks read: Great Britain in the shape of July 2022, in several sizes.

    ./run python -m benchmarks.make_log            1, 10 and 100 million Alerts as Parquet, 4 million as CSV
    ./run python -m benchmarks.make_log --up-to 10000000

Each log is two days of the `national` scenario with as many Devices as give its
number of Alerts, cut at exactly that number. So ten times the Alerts are ten
times the Devices and streams too, as they are for a larger operator: a longer
log of the same estate would be kinder to every cache.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Final

from tidegate.simulation.run import Simulation
from tidegate.simulation.scenarios import scenario_named
from tidegate.tables.alerts_writer import AlertsWriter

DATA: Final = Path(__file__).resolve().parent / "data"
SIZES: Final = (1_000_000, 10_000_000, 100_000_000)
CSV_SIZE: Final = 4_000_000
DAYS: Final = 2
_DEVICES_FOR_ONE_MILLION: Final = 520_000
"""A little more than two days of one million Alerts need; the rest is cut off."""


def log_of(alerts: int, suffix: str = "parquet") -> Path:
    """Where the log of a size lies.

    Raises:
        SystemExit: it has not been made yet; says how.
    """
    path = DATA / f"national-{alerts}.{suffix}"
    if not path.exists():
        raise SystemExit(f"{path.name} is not there yet: ./run python -m benchmarks.make_log")
    return path


def devices_for(alerts: int) -> int:
    """How many Devices the log of a size has: as many as give that number of Alerts."""
    return alerts * _DEVICES_FOR_ONE_MILLION // 1_000_000


def make_log(path: Path, alerts: int, *, devices: int | None = None, days: int = DAYS) -> int:
    """Write the first `alerts` Alerts of the scenario; returns how many there were."""
    path.parent.mkdir(parents=True, exist_ok=True)
    traffic = Simulation(scenario_named("national"), devices=devices or devices_for(alerts), days=days)
    written = 0
    with AlertsWriter(path, traffic.recipients, {"synthetic": "true"}) as writer:
        for batch in traffic.batches():
            part = batch.slice(0, min(len(batch), alerts - written))
            writer.write(part)
            written += len(part)
            if written == alerts:
                break
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the logs that the benchmarks read.")
    parser.add_argument("--up-to", type=int, default=SIZES[-1], help="the largest log to make, in Alerts")
    most = parser.parse_args().up_to
    wanted = [(size, "parquet") for size in SIZES] + [(CSV_SIZE, "csv")]
    for size, suffix in wanted:
        path = DATA / f"national-{size}.{suffix}"
        if size > most or path.exists():
            continue
        begun = time.perf_counter()
        written = make_log(path, size)
        if written < size:
            path.unlink()
            raise SystemExit(f"{path.name}: the scenario gave {written:,} Alerts only")
        seconds = time.perf_counter() - begun
        print(f"{path.name}: {written:,} Alerts, {path.stat().st_size / 1e6:,.0f} MB, {seconds:.1f} s")


if __name__ == "__main__":
    main()
