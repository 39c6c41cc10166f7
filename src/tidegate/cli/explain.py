"""`tidegate explain`: one stream's story, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import format_instant

if TYPE_CHECKING:
    from tidegate.reports.stream_story import Step, Story


def explain(
    alerts: Path = typer.Argument(metavar="ALERTS", help="A file, folder or glob of Alerts."),
    device: str = typer.Argument(metavar="DEVICE", help="EUI-64 of the Device."),
    code: str = typer.Argument(metavar="CODE", help="Alert Code, as 8F75 or N24."),
    policy: str | None = arguments.POLICY,
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    look_back: str = arguments.LOOK_BACK,
    inventory: Path | None = arguments.INVENTORY,
    sidecar: Path | None = arguments.SIDECAR,
    every: bool = typer.Option(False, "--all", help="Every Alert a line, none left out."),
    as_json: bool = typer.Option(False, "--json", help="Print every step as JSON."),
) -> None:
    """Tell one stream's story step by step: this Alert was held back because ..."""
    from tidegate import assembly  # noqa: PLC0415 - starts slowly; --help does not wait
    from tidegate.operations.explain import explain as run  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions  # noqa: PLC0415
    from tidegate.vocabulary.alert_codes import parse_alert_code  # noqa: PLC0415
    from tidegate.vocabulary.devices import parse_device_id  # noqa: PLC0415

    try:
        device_id, alert_code = parse_device_id(device), parse_alert_code(code)
    except ValueError as error:
        raise InputError(Fault("tidegate explain", str(error))) from None
    options = ReplayOptions(
        since=arguments.instant("--since", since),
        until=arguments.instant("--until", until),
        look_back_us=arguments.duration("--look-back", look_back),
    )
    arguments.refuse_empty_period(options.since, options.until)
    periods = assembly.policy_periods(policy, options)
    known = None if inventory is None else assembly.open_inventory(inventory)
    source = assembly.open_alerts([alerts], sidecar=sidecar)
    with console.progress_bar("Reading") as progress:
        stories = run(source, device_id, alert_code, periods, options, inventory=known, progress=progress)
    if as_json:
        typer.echo(json.dumps([_as_json(story) for story in stories], indent=2))
        return
    for story in stories:
        _tell(story, every=every)


def _tell(story: Story, *, every: bool) -> None:
    from tidegate.reports.stream_story import LeftOut  # noqa: PLC0415

    console.out.print(f"[bold]{escape(story.title)}[/]")
    console.out.print(Padding(escape(story.rule), (0, 0, 1, 0)))
    day = ""
    for step in story.steps if every else story.short():
        if isinstance(step, LeftOut):
            console.out.print(f" [dim]{'...':8} {step.words}[/]")
            continue
        date, clock = format_instant(step.at).split("T")
        if date != day:
            console.out.print(f"[dim]{date} (UTC)[/]")
            day = date
        console.out.print(_line(step, clock.removesuffix("Z")))
    console.out.print()


def _line(step: Step, clock: str) -> Padding:
    colour = "bold" if step.outcome is None else {0: "green", 1: "yellow", 2: "blue"}[int(step.outcome)]
    line = Table.grid(padding=(0, 1))
    line.add_row(f"[dim]{clock[:12]}[/]", f"[{colour}]{escape(step.words)}[/]")
    return Padding(line, (0, 0, 0, 1))


def _as_json(story: Story) -> dict[str, object]:
    return {
        "stream": story.title,
        "rule": story.rule,
        "steps": [
            {
                "at": format_instant(step.at),
                "outcome": None if step.outcome is None else int(step.outcome),
                "words": step.words,
            }
            for step in story.steps
        ],
    }
