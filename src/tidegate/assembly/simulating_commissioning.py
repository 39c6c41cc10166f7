"""A simulation of Post Commissioning, and the folder it is written to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tidegate.formats.results_folder import ResultsFolder
from tidegate.operations.ports import Progress, no_progress

if TYPE_CHECKING:
    from tidegate.operations.simulate_commissioning import CommissioningSimulated

_TABLES: Final = ("evidence", "registrations", "inventory", "truth")

COMMISSIONING_RESULTS: Final = (
    *(f"{table}.{suffix}" for table in _TABLES for suffix in ("parquet", "csv")),
    "scenario.json",
    "README.txt",
    "accuracy.json",
)
"""What a simulation of Post Commissioning writes."""


def simulate_commissioning_into(
    folder: Path,
    scenario: str,
    *,
    devices: int | None = None,
    days: int | None = None,
    seed: int = 1,
    file_format: str = "parquet",
    progress: Progress = no_progress,
) -> tuple[CommissioningSimulated, Mapping[str, Any]]:
    """Simulate a scenario, by name or TOML file, into a folder; also says what `scenario.json` does.

    Raises:
        InputError: no such scenario, a size it cannot have, or a folder that cannot be written.
    """
    from tidegate.operations.simulate_commissioning import simulate_commissioning  # noqa: PLC0415 - --help loads no pyarrow
    from tidegate.simulation.commissioning.run import CommissioningSimulation  # noqa: PLC0415
    from tidegate.simulation.commissioning.scenario_files import find_scenario  # noqa: PLC0415
    from tidegate.tables.evidence_writer import (  # noqa: PLC0415
        evidence_writer,
        registrations_writer,
        truth_writer,
    )
    from tidegate.tables.inventory_writer import InventoryWriter  # noqa: PLC0415

    installs = CommissioningSimulation(find_scenario(scenario), devices=devices, days=days, seed=seed)
    metadata = {"synthetic": "true"}
    with ResultsFolder(folder, COMMISSIONING_RESULTS) as results:
        paths = [results.path(f"{table}.{file_format}") for table in _TABLES]
        with (
            evidence_writer(paths[0], installs.names, metadata) as evidence,
            registrations_writer(paths[1], installs.names, metadata) as registrations,
            InventoryWriter(paths[2], metadata) as inventory,
            truth_writer(paths[3], installs.causes, metadata) as truth,
        ):
            simulated = simulate_commissioning(
                installs, evidence, registrations, inventory.write, truth, progress
            )
        told = installs.told(simulated.evidence, simulated.truth)
        results.path("scenario.json").write_text(f"{json.dumps(told, indent=2)}\n", encoding="utf-8")
        results.path("README.txt").write_text(installs.readme(), encoding="utf-8")
        results.commit(partial=False)
    return simulated, told
