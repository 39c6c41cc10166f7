"""`tidegate report edge`: the same rule at the Communications Hub, the CSP or the DSP."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from tidegate.policy.mechanism import MechanismDocument


class WanCopies(StrEnum):
    """How often an Alert with two recipients crosses the SM WAN (`reports.edge.WanCopies`)."""

    EACH = "each"
    ONE = "one"


def edge(
    alerts: list[Path] = arguments.ALERTS,
    inventory: Path = typer.Option(
        ..., "--inventory", metavar="FILE", help="What the Devices are; its csp_region says which SM WAN."
    ),
    policy: str | None = arguments.POLICY,
    output: Path | None = typer.Option(None, "-o", "--output", metavar="DIR", help="Write the results here."),
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    capacity: list[str] = typer.Option(
        [],
        "--capacity-per-second",
        metavar="REGION=N",
        help="Alerts a second that a region's SM WAN can carry, as North=8. None is public; give your own.",
    ),
    wan_copies: WanCopies = typer.Option(
        WanCopies.EACH,
        "--wan-copies",
        help="How often an Alert with two recipients crosses the SM WAN: once for each, or once.",
    ),
    same_event: str = typer.Option(
        "1s",
        "--same-event",
        metavar="DURATION",
        help="How far apart the copies to two recipients may be and be of one event. An illustrative value.",
    ),
    look_back: str = arguments.LOOK_BACK,
    strict: bool = arguments.STRICT,
    sidecar: Path | None = arguments.SIDECAR,
    pseudonymise: bool = typer.Option(
        False, "--pseudonymise", help="Withhold the text of rejected rows; nothing else here names a Device."
    ),
    as_json: bool = arguments.SUMMARY,
) -> None:
    """Put the same rule at the Communications Hub, the CSP or the DSP: what would each have spared, by region?

    What a place holds back spares every link after it and none before. DCC Alerts are made by the DSP, and
    excluded codes pass everywhere.

    Example: tidegate report edge week/alerts.parquet --inventory week/inventory.parquet -o edge
    """
    from tidegate import assembly  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
    from tidegate.assembly.edge import protect_the_edge_into  # noqa: PLC0415
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415
    from tidegate.cli.edge_screen import show  # noqa: PLC0415
    from tidegate.formats.edge_json import edge_summary  # noqa: PLC0415
    from tidegate.operations.protect_the_edge import EdgeOptions, protect_the_edge  # noqa: PLC0415
    from tidegate.reports import edge as words  # noqa: PLC0415

    options = EdgeOptions(
        *arguments.period(since, until, look_back),
        shards=assembly.shards(),
        is_strict=strict,
        wan_copies=words.WanCopies(wan_copies.value),
        same_event_us=arguments.duration("--same-event", same_event),
        capacity_per_second=dict(map(_capacity, capacity)),
    )
    document = _one_policy(policy, options)
    source = assembly.open_alerts(alerts, sidecar=sidecar)
    with console.progress_bar("Reading the Inventory") as progress:
        known = open_inventory(inventory, progress)
    with console.progress_bar("Deciding") as progress:
        if output is None:
            found = protect_the_edge(source, document, known, options, progress=progress)
        else:
            found, _ = protect_the_edge_into(
                output, source, document, known, options, progress, is_pseudonymised=pseudonymise
            )
    if as_json:
        console.show_json(edge_summary(found))
    else:
        show(
            found, output, asked=arguments.asked(alerts, policy, inventory, since, until, look_back, sidecar)
        )
    if found.is_partial:
        raise KeyboardInterrupt


def _capacity(text: str) -> tuple[str, float]:
    region, equals, number = text.partition("=")
    try:
        capacity = float(number)
    except ValueError:
        capacity = 0.0
    if not equals or not region.strip() or not 0 < capacity < float("inf"):
        what = f"{text!r} is no region with a number"
        raise InputError(Fault("--capacity-per-second", what, "Write North=8, more than 0."))
    return region.strip(), capacity


def _one_policy(policy: str | None, options: Any) -> MechanismDocument:
    from tidegate import assembly  # noqa: PLC0415

    periods = assembly.policy_periods(policy, options)
    only = periods[0].policy
    if len(periods) > 1 or only is None or (policy is not None and Path(policy).is_dir()):
        what = f"{policy} is a history, and what is asked is one rule at three places"
        raise InputError(Fault("--policy", what, "Name one version of it."))
    return only
