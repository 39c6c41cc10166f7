"""`tidegate explain-device`: the story of one Device's security credentials, row by row."""

from __future__ import annotations

from pathlib import Path

import typer

from tidegate.cli import arguments, commissioning_arguments, console
from tidegate.vocabulary.faults import Fault, InputError


def explain_device(
    device: str = typer.Argument(metavar="DEVICE", help="EUI-64 of the Device."),
    evidence: list[Path] = commissioning_arguments.EVIDENCE,
    registrations: list[Path] = commissioning_arguments.REGISTRATIONS,
    inventory: Path | None = arguments.INVENTORY,
    criteria: list[str] = commissioning_arguments.CRITERIA,
    as_at: str | None = commissioning_arguments.AS_AT,
    as_json: bool = typer.Option(False, "--json", help="Print the story as JSON."),
    mapping: Path | None = commissioning_arguments.MAPPING,
) -> None:
    """Tell one Device's story: what was seen of it, what of that counted, what is met and unmet, and what would settle it.

    Example: tidegate explain-device 00-DB-12-34-56-78-90-A0 evidence.parquet --registrations registrations.csv
    """
    from tidegate.assembly.commissioning import (  # noqa: PLC0415 - starts slowly; --help does not wait
        CommissioningAsked,
        explain_commissioning,
    )
    from tidegate.cli.device_story_screen import show, story_json  # noqa: PLC0415
    from tidegate.vocabulary.devices import parse_device_id  # noqa: PLC0415

    try:
        device_id = parse_device_id(device)
    except ValueError as error:
        raise InputError(Fault("tidegate explain-device", str(error))) from None
    asked = CommissioningAsked(
        evidence=evidence,
        registrations=registrations,
        inventory=inventory,
        criteria=criteria,
        as_at=arguments.instant("--as-at", as_at),
        mapping=mapping,
    )
    with console.progress_bar("Reading") as progress:
        story = explain_commissioning(asked, device_id, progress)
    if as_json:
        console.show_json(story_json(story))
    else:
        show(story)
