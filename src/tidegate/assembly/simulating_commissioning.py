"""A simulation of Post Commissioning, and the folder it is written to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tidegate.formats.results_folder import ResultsFolder
from tidegate.operations.ports import Progress, no_progress

if TYPE_CHECKING:
    from tidegate.columnar.batches import RejectedRow
    from tidegate.reports.commissioning_accuracy import CommissioningAccuracy

_TABLES: Final = ("evidence", "registrations", "inventory", "truth")

COMMISSIONING_RESULTS: Final = (
    *(f"{table}.{suffix}" for table in _TABLES for suffix in ("parquet", "csv")),
    "scenario.json",
    "README.txt",
    "accuracy.json",
)
"""What a simulation of Post Commissioning writes."""

WRITING: Final = 0.5
"""Share of the work that is making it; READING is reading it again."""

READING: Final = 0.3


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
    from tidegate.assembly.opening_evidence import open_evidence, open_registrations  # noqa: PLC0415 - --help loads no pyarrow
    from tidegate.columnar.batches import Names  # noqa: PLC0415
    from tidegate.formats.commissioning_accuracy_json import accuracy_document  # noqa: PLC0415
    from tidegate.operations.measure_accuracy import measure_accuracy  # noqa: PLC0415
    from tidegate.operations.simulate_commissioning import simulate_commissioning  # noqa: PLC0415
    from tidegate.policy_files import CODES_CRITERIA, OUTCOME_CRITERIA, published_criteria  # noqa: PLC0415
    from tidegate.simulation.commissioning.run import CommissioningSimulation  # noqa: PLC0415
    from tidegate.simulation.commissioning.scenario_files import find_scenario  # noqa: PLC0415
    from tidegate.tables.evidence_shards import evidence_shards  # noqa: PLC0415
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
        names = Names()
        accuracy = measure_accuracy(
            evidence_shards(
                open_evidence(paths[:1], names, {}),
                open_registrations(paths[1:2], names, {}),
                _refuse,
                lambda done: progress(WRITING + READING * done, 0),
            ),
            simulated.truth,
            [published_criteria(CODES_CRITERIA), published_criteria(OUTCOME_CRITERIA)],
            names,
            installs.until,
            device_types=installs.device_types,
            causes=installs.causes,
            progress=lambda done, devices: progress(
                WRITING + READING + (1 - WRITING - READING) * done, devices
            ),
        )
        _write_json(results.path("accuracy.json"), accuracy_document(accuracy))
        results.commit(partial=False)
    return told, accuracy


def _refuse(row: RejectedRow) -> None:
    raise AssertionError(f"{row.source}, line {row.line}: {row.reason}")


def _write_json(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")
