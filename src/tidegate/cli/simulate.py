"""`tidegate simulate`: make a synthetic log to try everything else on."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from tidegate.cli import arguments, console

if TYPE_CHECKING:
    from tidegate.operations.simulate_alerts import Simulated


class Format(StrEnum):
    """How the log and the Inventory are written."""

    PARQUET = "parquet"
    CSV = "csv"


def simulate(
    scenario: str = typer.Argument("", metavar="SCENARIO", help="Which one; --list says which there are."),
    output: Path = typer.Option(
        None, "--output", "-o", metavar="DIR", help="Folder to write; made if need be."
    ),
    devices: int = typer.Option(None, help="Devices of the estate. Default: the scenario's own."),
    days: int = typer.Option(None, help="Length of the log. Default: the scenario's own."),
    seed: int = typer.Option(1, help="The same seed gives the same log."),
    file_format: Format = typer.Option(
        None, "--format", help="How the tables are written. Default: parquet, or the scenario's own."
    ),
    list_scenarios: bool = typer.Option(False, "--list", help="List the scenarios and stop."),
) -> None:
    """Make a synthetic log: Alerts, Inventory, and the truth about both.

    Example: tidegate simulate 58-devices-8f75 -o storm/
    """
    if list_scenarios:
        _print_scenarios()
        return
    output = arguments.simulated_into("tidegate simulate", scenario, output)
    from tidegate.simulation.scenarios import scenario_named  # noqa: PLC0415 -- --help loads no numpy

    suffix = scenario_named(scenario).format_of(file_format)
    written = write_simulation(scenario, output, devices=devices, days=days, seed=seed, file_format=suffix)
    length = written.truth["days"]
    console.out.print(
        f"Made {output}: {length} day{'s' * (length > 1)}, {written.devices:,} Devices, {written.alerts:,} Alerts\n"
        "(synthetic; makers and parties are invented)",
        soft_wrap=True,
    )
    for cause in written.truth["causes"]:
        share = cause["alerts"] / max(1, written.alerts)
        console.out.print(f"  {share:6.1%}  {cause['alerts']:>13,}  {cause['kind']}")
    console.out.print(f"\nNext:  tidegate replay {output / f'alerts.{suffix}'} -o verdict/", soft_wrap=True)


def write_simulation(
    scenario: str,
    folder: Path,
    *,
    devices: int | None = None,
    days: int | None = None,
    seed: int = 1,
    file_format: str | None = None,
) -> Simulated:
    """Simulate into a folder, with a progress bar; `tidegate demo` does the same.

    Raises:
        InputError: no such scenario, a size or format it cannot have, or a folder that cannot be written.
    """
    from tidegate.assembly.simulating import simulate_into  # noqa: PLC0415 -- --help loads no numpy

    with console.progress_bar(f"Simulating {scenario}") as progress:
        simulated, *_ = simulate_into(
            folder,
            scenario,
            devices=devices,
            days=days,
            seed=seed,
            file_format=file_format,
            progress=progress,
        )
    return simulated


def _print_scenarios() -> None:
    from tidegate.simulation.scenarios import scenarios  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    table.add_column("scenario", no_wrap=True)
    table.add_column("Devices", justify="right")
    table.add_column("days", justify="right")
    table.add_column("what it shows")
    for name, scenario in scenarios().items():
        table.add_row(name, f"{scenario.devices:,}", str(scenario.days), scenario.summary)
    console.out.print(table)
