"""`tidegate simulate requests`: the same Service Request traffic under several controls."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.table import Table

from tidegate.cli import arguments, console
from tidegate.cli.asked import Asked


def simulate_requests(
    scenario: str = typer.Argument(
        "",
        metavar="SCENARIO",
        help="Which one, or a TOML file of your own; --list says which there are.",
    ),
    output: Path = typer.Option(
        None, "--output", "-o", metavar="DIR", help="Folder to write; made if need be."
    ),
    seed: int = typer.Option(1, help="The same seed gives the same traffic."),
    scale: float = typer.Option(
        0.1, help="Times the meters and the capacity, both; 1 is the whole, and slow."
    ),
    minutes: int = typer.Option(None, help="Length. Default: the scenario's own."),
    users: Path = typer.Option(
        None, "--users", metavar="FILE", help="The Users: CSV or Parquet. Default: the scenario's own."
    ),
    policy: str | None = arguments.POLICY,
    asks: list[str] = typer.Option(
        [],
        "--ask",
        metavar="NAME",
        help="Try the rule with this change of the priority list, too; several times, or all. `tidegate policy "
        r"asks` names them. \[default: the scenario's own]",
    ),
    list_scenarios: bool = typer.Option(False, "--list", help="List the scenarios and stop."),
    as_json: bool = typer.Option(False, "--json", help="Print summary.json instead of the finding."),
) -> None:
    """Simulate Service Request traffic, and compare what each way to control it makes of the same demand.

    No control, first come first served, hard caps per User, SECMP0067 as written, and Tidegate's rule.

    Example: tidegate simulate requests 2am-restart -o restart/
    """
    if list_scenarios:
        _print_scenarios()
        return
    output = arguments.simulated_into("tidegate simulate requests", scenario, output)
    from tidegate.assembly.simulating_requests import (  # noqa: PLC0415 - --help loads no numpy
        open_simulation,
        simulate_requests_into,
    )
    from tidegate.cli.simulate_requests_screen import show  # noqa: PLC0415
    from tidegate.formats.reproduction import Reproduction  # noqa: PLC0415
    from tidegate.formats.requests_simulated_tables import requests_summary  # noqa: PLC0415

    simulation = open_simulation(
        scenario,
        policy=policy,
        at=arguments.now(),
        users=users,
        seed=seed,
        scale=scale,
        minutes=minutes,
        asks=asks or None,
    )
    made = Reproduction(arguments.as_given())
    with console.progress_bar(f"Simulating {simulation.scenario.name}") as progress:
        found, _ = simulate_requests_into(output, simulation, progress, made)
    if as_json:
        console.show_json(requests_summary(found, made))
        return
    show(found, output, asked=Asked(given=arguments.as_given()))


def _print_scenarios() -> None:
    from tidegate.simulation.requests.scenario_files import request_scenarios  # noqa: PLC0415
    from tidegate.vocabulary.instants import MINUTE  # noqa: PLC0415

    table = Table(box=None, pad_edge=False)
    table.add_column("scenario", no_wrap=True)
    table.add_column("minutes", justify="right")
    table.add_column("answers")
    table.add_column("what it shows")
    for name, scenario in request_scenarios().items():
        remarks = ", ".join(f"{each.number} {each.by}" for each in scenario.answers)
        table.add_row(name, str(scenario.length_us // MINUTE), remarks, scenario.summary)
    console.out.print(table)
