"""`tidegate demo`: a week of one invented operator, replayed; nothing of one's own is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer

from tidegate.cli import console
from tidegate.cli.asked import Asked

SCENARIO: Final = "one-operator-week"


def demo(
    output: Path = typer.Option(Path("demo"), "-o", "--output", metavar="DIR", help="Where to."),
    seed: int = typer.Option(1, "--seed", help="Another seed, another week."),
) -> None:
    """Make a week of one invented network operator, replay it and print the verdict."""
    from tidegate import assembly  # noqa: PLC0415 - starts slowly; --help does not wait
    from tidegate.cli.replay_screen import show  # noqa: PLC0415
    from tidegate.cli.simulate import write_simulation  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions  # noqa: PLC0415

    made = write_simulation(SCENARIO, output, seed=seed)
    console.out.print(
        f"Made {output}/: {made.truth['days']} days of one invented operator, {made.devices:,} Devices, "
        f"{made.alerts:,} Alerts\n(synthetic; its makers and parties are invented)\n",
        soft_wrap=True,
    )
    options = ReplayOptions(shards=assembly.shards())
    alerts = output / "alerts.parquet"
    source = assembly.open_alerts([alerts], mapping={})
    inventory = assembly.open_inventory(output / "inventory.parquet")
    results = assembly.Results(output / "verdict", with_decisions=False, inventory=inventory)
    with console.progress_bar("Replaying") as progress:
        replayed, _ = assembly.replay_into(
            results, source, assembly.policy_periods(None, options), options, progress
        )
    show(replayed, results.directory, asked=Asked([alerts], inventory=output / "inventory.parquet"))
    if replayed.is_partial:
        raise KeyboardInterrupt
