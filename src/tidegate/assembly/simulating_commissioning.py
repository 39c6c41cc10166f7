"""A simulation of Post Commissioning, and the folder it is written to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tidegate.formats.results_folder import ResultsFolder
from tidegate.operations.ports import Progress, no_progress

if TYPE_CHECKING:
    from tidegate.reports.commissioning_accuracy import CommissioningAccuracy

_TABLES: Final = ("evidence", "registrations", "inventory", "truth")

SIMULATED_COMMISSIONING: Final = (
    *(f"{table}.{suffix}" for table in _TABLES for suffix in ("parquet", "csv")),
    "scenario.json",
    "README.txt",
    "accuracy.json",
)
"""What a simulation of Post Commissioning writes."""

WRITING: Final = 0.5
"""Share of the work that is making it; the rest is to assess what was made."""


def simulate_commissioning_into(
    folder: Path,
    scenario: str,
    *,
    devices: int | None = None,
    days: int | None = None,
    seed: int = 1,
    file_format: str = "parquet",
    progress: Progress = no_progress,
) -> tuple[Mapping[str, Any], CommissioningAccuracy]:
    """Simulate a scenario, by name or TOML file, into a folder, and assess what was written by both sets of criteria.

    Returns:
        What `scenario.json` says, and how right the criteria are.

    Raises:
        InputError: no such scenario, a size it cannot have, or a folder that cannot be written.
    """
    from tidegate.assembly.commissioning import (  # noqa: PLC0415 - --help loads no pyarrow
        CommissioningAsked,
        assess_commissioning,
    )
    from tidegate.formats.commissioning_accuracy_json import accuracy_document  # noqa: PLC0415
    from tidegate.operations.measure_accuracy import AccuracyTally  # noqa: PLC0415
    from tidegate.operations.simulate_commissioning import simulate_commissioning  # noqa: PLC0415
    from tidegate.policy_files import CODES_CRITERIA, OUTCOME_CRITERIA  # noqa: PLC0415
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
    with ResultsFolder(folder, SIMULATED_COMMISSIONING) as results:
        paths = [results.path(f"{table}.{file_format}") for table in _TABLES]
        with (
            evidence_writer(paths[0], installs.names, metadata) as evidence,
            registrations_writer(paths[1], installs.names, metadata) as registrations,
            InventoryWriter(paths[2], metadata) as inventory,
            truth_writer(paths[3], installs.causes, metadata) as truth,
        ):
            simulated = simulate_commissioning(
                installs,
                evidence,
                registrations,
                inventory.write,
                truth,
                lambda done, rows: progress(WRITING * done, rows),
            )
        told = installs.told(simulated.evidence, simulated.truth)
        _write_json(results.path("scenario.json"), told)
        results.path("README.txt").write_text(installs.readme(), encoding="utf-8")
        criteria = (CODES_CRITERIA, OUTCOME_CRITERIA)
        asked = CommissioningAsked(
            paths[:1], paths[1:2], paths[2], criteria=criteria, as_at=installs.until, is_strict=True
        )
        tally = AccuracyTally(simulated.truth, criteria, installs.causes)
        assess_commissioning(
            asked,
            sinks=[tally],
            progress=lambda done, rows: progress(WRITING + (1 - WRITING) * done, rows),
        )
        accuracy = tally.accuracy(installs.until)
        _write_json(results.path("accuracy.json"), accuracy_document(accuracy))
        results.commit(partial=False)
    return told, accuracy


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")
