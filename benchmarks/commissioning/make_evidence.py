"""Make the evidence that the benchmarks read: the simulated months of `draft-report`, in several sizes.

    ./run python -m benchmarks.commissioning.make_evidence                       400 thousand and 4 million Devices
    ./run python -m benchmarks.commissioning.make_evidence --up-to 24000000      and 24 million: 200 million rows, 2.5 GB

In the order it was received, months of it: a Device's rows stand all over the file.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.make_log import DATA
from tidegate.operations.simulate_commissioning import simulate_commissioning
from tidegate.simulation.commissioning.run import CommissioningSimulation
from tidegate.simulation.commissioning.scenario_files import find_scenario
from tidegate.tables.evidence_writer import evidence_writer, registrations_writer
from tidegate.tables.inventory_writer import InventoryWriter

SIZES: Final = (400_000, 4_000_000, 24_000_000)
"""Devices; eight rows and a third of each."""

SCENARIO: Final = "draft-report"


class Made(NamedTuple):
    """Where the tables of one size are."""

    evidence: Path
    registrations: Path
    inventory: Path


def places(folder: Path, devices: int) -> Made:
    """Where the tables of a size are in a folder."""
    return Made(
        *(folder / f"{table}-of-{devices}.parquet" for table in ("evidence", "registrations", "installed"))
    )


def evidence_of(devices: int) -> Made:
    """The tables of a size.

    Raises:
        SystemExit: they have not been made yet; says how.
    """
    made = places(DATA, devices)
    if not made.evidence.exists():
        raise SystemExit(
            f"{made.evidence.name} is not there yet: ./run python -m benchmarks.commissioning.make_evidence"
        )
    return made


def make_evidence(made: Made, devices: int) -> int:
    """Simulate, and write the tables; returns the rows of evidence."""
    made.evidence.parent.mkdir(parents=True, exist_ok=True)
    simulation = CommissioningSimulation(find_scenario(SCENARIO), devices=devices)
    metadata = {"synthetic": "true"}
    with (
        registrations_writer(made.registrations, simulation.names, metadata) as registrations,
        InventoryWriter(made.inventory, metadata) as inventory,
        evidence_writer(made.evidence, simulation.names, metadata) as evidence,
    ):
        return simulate_commissioning(
            simulation, evidence, registrations, inventory.write, lambda _truth: None
        ).evidence


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the evidence that the benchmarks read.")
    parser.add_argument("--up-to", type=int, default=SIZES[1], help="the largest, in Devices")
    most = parser.parse_args().up_to
    for devices in SIZES:
        made = places(DATA, devices)
        if devices > most or made.evidence.exists():
            continue
        begun = time.perf_counter()
        rows = make_evidence(made, devices)
        size = sum(path.stat().st_size for path in made) / 1e6
        print(f"{devices:,} Devices: {rows:,} rows, {size:,.0f} MB, {time.perf_counter() - begun:.1f} s")


if __name__ == "__main__":
    main()
