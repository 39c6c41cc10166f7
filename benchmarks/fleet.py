"""The fleet view: Alerts counted by what their Devices are, with an Inventory of ten million Devices.

    ./run python -m benchmarks.fleet                        10 million Alerts
    ./run python -m benchmarks.fleet --alerts 100000000
    ./run python -m benchmarks.fleet --alerts 10000000 --check    and the same by Polars

Each part runs in a process of its own, warmed up, the files in the page cache:
the Inventory alone; the Inventory, the log and the view, nothing decided; a
replay alone; and all of it: Inventory, replay, view and the causes found in it. With `--check` Polars joins and groups the same, and
a difference in Alerts or Devices of any group ends the run with 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.answer import POLICY
from benchmarks.make_log import DATA, DAYS, SIZES, devices_for, log_of
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
from benchmarks.replay import warm_up_log
from tidegate.columnar.inventory import Inventory
from tidegate.operations.ordered_log import OrderedLog, ReadOptions
from tidegate.simulation.run import Simulation
from tidegate.simulation.scenarios import scenario_named
from tidegate.vocabulary.instants import DAY, parse_instant

MOST_DEVICES: Final = 10_000_000
SINCE: Final = parse_instant("2022-07-01T00:00:00Z")
_PERIOD: Final = SINCE, SINCE + (DAYS + 1) * DAY
_NO_STORMS: Final = np.empty(0, np.uint64), np.empty(0, np.uint32)


def inventory_of(alerts: int, suffix: str = "parquet") -> Path:
    """The Inventory of the Devices of a log, or of the first ten million of them; made if need be."""
    from tidegate.operations.simulate_alerts import InventoryRows  # noqa: PLC0415
    from tidegate.tables.inventory_writer import InventoryWriter  # noqa: PLC0415

    devices = devices_for(alerts)
    path = DATA / f"inventory-{alerts}.{suffix}"
    if not path.exists():
        left = min(MOST_DEVICES, devices)
        estate = Simulation(scenario_named("national"), devices=devices, days=DAYS)
        with InventoryWriter(path, {"synthetic": "true"}) as writer:
            for rows in estate.inventory():
                part = InventoryRows(
                    rows.device_id[:left],
                    {
                        name: type(attribute)(attribute.places[:left], attribute.texts)
                        for name, attribute in rows.attributes.items()
                    },
                )
                writer.write(part)
                left -= len(part)
                if left == 0:
                    break
    return path


def read(_: Path, inventory: Path) -> Inventory:
    """The Inventory alone."""
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415

    return open_inventory(inventory)


def count(log: Path, inventory: Path) -> Any:
    """The Inventory, the log, the view; nothing is decided."""
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.alert_storm.fleet import Fleet  # noqa: PLC0415

    fleet = Fleet(read(log, inventory), shards=assembly.shards())
    ordered = OrderedLog(assembly.open_alerts([log], mapping={}), ReadOptions())
    for batch in ordered.batches():
        fleet.receive(batch.received)
    return fleet.view(_NO_STORMS, ordered.recipients, *_PERIOD)


def replay_alone(log: Path, _: Path) -> Any:
    """The replay alone: what all of it is to be compared with."""
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions, replay  # noqa: PLC0415

    options = ReplayOptions(shards=assembly.shards())
    source = assembly.open_alerts([log], mapping={})
    return replay(source, assembly.policy_periods(POLICY, options), options)


def all_of_it(log: Path, inventory: Path) -> Any:
    """The Inventory, and a replay with the fleet counted beside it, up to the causes found."""
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions  # noqa: PLC0415
    from tidegate.operations.replay_with_fleet import replay_with_fleet  # noqa: PLC0415

    options = ReplayOptions(shards=assembly.shards())
    source = assembly.open_alerts([log], mapping={})
    periods = assembly.policy_periods(POLICY, options)
    return replay_with_fleet(source, periods, read(log, inventory), options)


PARTS: Final[dict[str, Callable[[Path, Path], Any]]] = {
    "Inventory": read,
    "Inventory, log, view": count,
    "replay": replay_alone,
    "all of it": all_of_it,
}


def _differs_from_polars(log: Path, inventory: Path) -> int:
    """Groups in which Polars finds other Alerts, or other Devices, than the view has."""
    import polars as pl  # noqa: PLC0415

    from tidegate.vocabulary.alert_codes import format_alert_code  # noqa: PLC0415
    from tidegate.vocabulary.toggle_pairs import TOGGLE_PAIRS  # noqa: PLC0415

    view = count(log, inventory)
    first = {format_alert_code(pair.second): format_alert_code(pair.first) for pair in TOGGLE_PAIRS}
    named = ("device_type", "manufacturer", "model", "firmware", "csp_region")
    known = pl.scan_parquet(inventory).select("device_id", *(pl.col(name).cast(pl.String) for name in named))
    grouped = (
        pl.scan_parquet(log)
        .select("device_id", pl.col("alert_code").cast(pl.String).replace(first))
        .group_by("device_id", "alert_code")
        .agg(alerts=pl.len())
        .join(known, on="device_id", how="left")
        .with_columns(pl.col(named).fill_null(""))
        .group_by("alert_code", *named)
        .agg(pl.col("alerts").sum(), devices=pl.len())
        .collect(engine="streaming")
    )
    theirs = {row[:6]: row[6:] for row in grouped.iter_rows()}
    groups = view.groups
    ours = {
        (format_alert_code(code), *view.products[product], view.regions[region]): (alerts, devices)
        for code, product, region, alerts, devices in zip(
            *(groups[name].tolist() for name in ("alert_code", "product", "region", "alerts", "devices")),
            strict=True,
        )
    }
    return sum(ours.get(key) != theirs.get(key) for key in {*ours, *theirs})


def main() -> int:
    parser = argparse.ArgumentParser(description="The fleet view.")
    parser.add_argument("--alerts", type=int, default=SIZES[1], help="which log, by its size")
    parser.add_argument("--times", type=int, default=1, help="runs of each; the fastest counts")
    parser.add_argument("--check", action="store_true", help="group the same by Polars")
    parser.add_argument("--csv", action="store_true", help="the Inventory as CSV")
    parser.add_argument("--one", metavar="PART", help=argparse.SUPPRESS)
    given = parser.parse_args()
    log, inventory = log_of(given.alerts), inventory_of(given.alerts, "csv" if given.csv else "parquet")
    if given.one is not None:
        work = PARTS[given.one]
        work(warm_up_log(), inventory_of(SIZES[0]))
        read_once(inventory)
        read_once(log)
        tell(timed(lambda: work(log, inventory))[0])
        return 0
    inventory_of(SIZES[0])
    warm_up_log()
    print(f"{log.name}, {inventory.name}; {circumstances()}\n")
    print(f"{'':24}{'seconds':>9}{'CPU s':>8}{'M/s':>8}{'GiB peak':>10}")
    for name in PARTS:
        arguments = ["--alerts", str(given.alerts), "--one", name, *(["--csv"] if given.csv else [])]
        taken: Taken = best([in_child("benchmarks.fleet", *arguments)[0] for _ in range(given.times)])
        rows = min(MOST_DEVICES, devices_for(given.alerts)) if name == "Inventory" else given.alerts
        print(
            f"{name:24}{taken.seconds:9.2f}{taken.cpu_seconds:8.2f}{millions_a_second(rows, taken):8.2f}"
            f"{taken.peak_bytes / 2**30:10.2f}",
            flush=True,
        )
    if given.check:
        different = _differs_from_polars(log, inventory)
        print(f"\ngroups that Polars counts otherwise: {different}")
        return 1 if different else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
