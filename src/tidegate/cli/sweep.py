"""`tidegate sweep`: many policies over one log in one pass, and which of them to choose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError


def sweep(
    inputs: list[str] = typer.Argument(
        metavar="ALERTS... PARAMETER=VALUES...",
        help="Files, folders or globs of Alerts; and what to sweep, as threshold=5..300 or window=15m,1h,6h.",
    ),
    policy: str | None = typer.Option(
        None,
        "--policy",
        metavar="FILE",
        help=r"The policy to begin from: a file or the name of a published one. \[default: illustrative-2]",
    ),
    code: str | None = typer.Option(
        None, "--code", metavar="CODE", help="Vary the parameters of this Alert Code only, excluded or not."
    ),
    inventory: Path | None = arguments.INVENTORY,
    output: Path | None = arguments.OUTPUT,
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    look_back: str = arguments.LOOK_BACK,
    strict: bool = arguments.STRICT,
    sidecar: Path | None = arguments.SIDECAR,
    pseudonymise: bool = typer.Option(
        False, "--pseudonymise", help="Withhold the text of rejected rows; nothing else here names a Device."
    ),
    as_json: bool = arguments.SUMMARY,
) -> None:
    """Try many parameters on a log in one pass: what would each deliver, and which to choose for each code?

    What can be swept: threshold, window, forward_one_in, forward_at_least_every, clear_threshold. VALUES
    are a list (5,10,20), a range (5..300, about 30 round values) or a range with a step (5..300:5); more than one
    parameter makes a grid, of up to 400 policies. An argument that is an existing file is a file.

    Example: tidegate sweep week/alerts.parquet threshold=5..300 window=15m,1h,6h -o sweep
    """
    from tidegate import assembly  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
    from tidegate.assembly.opening import open_inventory  # noqa: PLC0415
    from tidegate.assembly.provenance import provenance  # noqa: PLC0415
    from tidegate.assembly.sweeping import Sweep, run_sweep, sweep_into  # noqa: PLC0415
    from tidegate.cli.sweep_screen import show  # noqa: PLC0415
    from tidegate.formats.sweep_json import sweep_summary  # noqa: PLC0415
    from tidegate.operations.ordered_log import ReadOptions  # noqa: PLC0415
    from tidegate.policy.swept_parameters import parse_ranges  # noqa: PLC0415
    from tidegate.policy_files import DEFAULT_POLICY, find_policy  # noqa: PLC0415

    alerts, ranges = _told_apart(inputs)
    swept_parameters = parse_ranges(ranges)
    if not alerts:
        raise InputError(
            Fault("ALERTS", "no file of Alerts was given", "Name one or more, as week/alerts.parquet.")
        )
    options = ReadOptions(*arguments.period(since, until, look_back), is_strict=strict)
    if policy is not None and Path(policy).is_dir():
        what = f"{policy} is a folder of versions, and a sweep begins from one policy"
        raise InputError(Fault("--policy", what, "Name one of its files."))
    base = find_policy(policy or DEFAULT_POLICY)
    number = None if code is None else _alert_code(code)
    source = assembly.open_alerts(alerts, sidecar=sidecar)
    known = None
    if inventory is not None:
        with console.progress_bar("Reading the Inventory") as progress:
            known = open_inventory(inventory, progress)
    wanted = Sweep(base, swept_parameters, options, number, known, assembly.shards())
    with console.progress_bar("Sweeping") as progress:
        if output is None:
            swept, recommended = run_sweep(wanted, source, progress=progress)
        else:
            made = provenance(arguments.as_given(), [*alerts, policy or "", inventory or ""])
            swept, recommended, _ = sweep_into(
                output, wanted, source, made, progress, is_pseudonymised=pseudonymise
            )
    if as_json:
        console.show_json(sweep_summary(swept, recommended))
    else:
        asked = arguments.asked(alerts, policy, inventory, since, until, look_back, sidecar)
        show(swept, recommended, output, asked=asked)
    if swept.is_partial:
        raise KeyboardInterrupt


def _alert_code(text: str) -> int:
    from tidegate.vocabulary.alert_codes import parse_alert_code  # noqa: PLC0415

    try:
        return parse_alert_code(text)
    except ValueError as error:
        what, _, remedy = str(error).partition(": ")
        raise InputError(Fault("--code", what, f"{remedy[:1].upper()}{remedy[1:]}.")) from None


def _told_apart(inputs: Sequence[str]) -> tuple[list[Path], list[str]]:
    """What is a file, and what is a range: `name=...` that is no file that exists."""
    from tidegate.policy.swept_parameters import is_range  # noqa: PLC0415

    ranges = [text for text in inputs if is_range(text) and not Path(text).exists()]
    return [Path(text) for text in inputs if text not in ranges], ranges
