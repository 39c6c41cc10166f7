"""A simulation, and the folder it is written to."""

from __future__ import annotations

from pathlib import Path

from tidegate.operations.ports import Progress, no_progress
from tidegate.operations.simulate_alerts import Simulated, simulate_alerts


def simulate_into(
    folder: Path,
    scenario: str,
    *,
    devices: int | None = None,
    days: int | None = None,
    seed: int = 1,
    file_format: str | None = None,
    progress: Progress = no_progress,
) -> tuple[Simulated, Path, Path]:
    """Simulate a scenario into a folder; also says where the Alerts and the Inventory are.

    Raises:
        InputError: no such scenario, a size or format it cannot have, or a folder that cannot be written.
    """
    from tidegate.simulation.british_time import offsets_of  # noqa: PLC0415 - --help loads no pyarrow
    from tidegate.simulation.run import Simulation  # noqa: PLC0415
    from tidegate.simulation.scenarios import scenario_named  # noqa: PLC0415
    from tidegate.tables.alerts_writer import AlertsWriter  # noqa: PLC0415
    from tidegate.tables.inventory_writer import InventoryWriter  # noqa: PLC0415

    traffic = Simulation(scenario_named(scenario), devices=devices, days=days, seed=seed)
    suffix = traffic.scenario.format_of(file_format)
    local = offsets_of if traffic.scenario.in_local_time else None
    metadata = {"synthetic": "true"}
    alerts, inventory = (folder / f"{name}.{suffix}" for name in ("alerts", "inventory"))
    simulated = simulate_alerts(
        traffic,
        folder,
        lambda: AlertsWriter(alerts, traffic.recipients, metadata, local),
        lambda: InventoryWriter(inventory, metadata),
        progress,
    )
    return simulated, alerts, inventory
