"""`tidegate simulate commissioning`: months of installs, with the truth of every Device."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.table import Table

from tidegate.cli import arguments, console
from tidegate.cli.simulate import Format


def simulate_commissioning(
    scenario: str = typer.Argument(
        "",
        metavar="SCENARIO",
        help="Which one, or a TOML file of your own; --list says which there are.",
    ),
    output: Path = typer.Option(
        None, "--output", "-o", metavar="DIR", help="Folder to write; made if need be."
    ),
    devices: int = typer.Option(None, help="Devices that are installed. Default: the scenario's own."),
    days: int = typer.Option(
        None, help="How long installs go on; the report is as at their end. Default: the scenario's own."
    ),
    seed: int = typer.Option(1, help="The same seed gives the same evidence."),
    file_format: Format = typer.Option(Format.PARQUET, "--format", help="How the tables are written."),
    list_scenarios: bool = typer.Option(False, "--list", help="List the scenarios and stop."),
    as_json: bool = typer.Option(False, "--json", help="Print accuracy.json instead of the finding."),
) -> None:
    """Make months of installs with the truth of every Device, and measure how right each set of criteria is.

    Example: tidegate simulate commissioning draft-report -o installs/
    """
    if list_scenarios:
        _print_scenarios()
        return
    output = arguments.simulated_into("tidegate simulate commissioning", scenario, output)
    from tidegate.assembly.simulating_commissioning import (  # noqa: PLC0415 - --help loads no numpy
        simulate_commissioning_into,
    )
    from tidegate.cli.simulate_commissioning_screen import show  # noqa: PLC0415
    from tidegate.formats.commissioning_accuracy_json import accuracy_document  # noqa: PLC0415

    with console.progress_bar(f"Simulating {scenario}") as progress:
        told, accuracy = simulate_commissioning_into(
            output,
            scenario,
            devices=devices,
            days=days,
            seed=seed,
            file_format=file_format.value,
            progress=progress,
        )
    if as_json:
        console.show_json(accuracy_document(accuracy))
        return
    show(accuracy, told, output, file_format.value)


def _print_scenarios() -> None:
    from tidegate.simulation.commissioning.scenario_files import (  # noqa: PLC0415 - --help loads no numpy
        commissioning_scenarios,
    )

    table = Table(box=None, pad_edge=False)
    table.add_column("scenario", no_wrap=True)
    table.add_column("Devices", justify="right")
    table.add_column("days", justify="right")
    table.add_column("what it shows")
    for name, scenario in commissioning_scenarios().items():
        table.add_row(name, f"{scenario.devices:,}", str(scenario.days), scenario.summary)
    console.out.print(table)
