"""`tidegate replay`: files in, verdict out."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError


def replay(
    alerts: list[Path] = arguments.ALERTS,
    policy: str | None = arguments.POLICY,
    output: Path | None = typer.Option(None, "-o", "--output", metavar="DIR", help="Write the results here."),
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    no_decisions: bool = typer.Option(
        False, "--no-decisions", help="Leave out the file of every Alert's decision."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print summary.json instead of the verdict."),
    fail_if: list[str] = typer.Option(
        [],
        "--fail-if",
        metavar="GATE",
        help='Exit with 1 when this holds, as "storms > 0" or "throttled >= 1000".',
    ),
    strict: bool = typer.Option(False, "--strict", help="Stop at the first row that cannot be used."),
    look_back: str = arguments.LOOK_BACK,
    inventory: Path | None = typer.Option(
        None, "--inventory", metavar="FILE", help="What the Devices are; joined to the storms."
    ),
    pseudonymise: bool = typer.Option(False, "--pseudonymise", help="Write Devices under pseudonyms."),
    pseudonym_key: Path = arguments.PSEUDONYM_KEY,
    sidecar: Path | None = arguments.SIDECAR,
) -> None:
    """Replay a log of Alerts under a policy: are we in a storm, and what would these parameters have done?

    ALERTS are CSV or Parquet files (also .gz, .zst), folders or globs of them, or DUIS documents
    (.xml, .zip, or a folder of them).
    """
    from tidegate import assembly  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
    from tidegate.cli.gates import gates_of  # noqa: PLC0415
    from tidegate.cli.replay_screen import show  # noqa: PLC0415
    from tidegate.formats.pseudonyms import pseudonymised  # noqa: PLC0415
    from tidegate.formats.summary_json import summary  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions, replay as run  # noqa: PLC0415

    gates = gates_of(fail_if)
    options = ReplayOptions(
        since=arguments.instant("--since", since),
        until=arguments.instant("--until", until),
        look_back_us=arguments.duration("--look-back", look_back),
        shards=assembly.shards(),
        is_strict=strict,
    )
    arguments.refuse_empty_period(options.since, options.until)
    periods = assembly.policy_periods(policy, options)
    if inventory is not None and not inventory.exists():
        raise InputError(Fault("--inventory", f"there is no file {inventory}", "Name a CSV or Parquet file."))
    with_decisions = output is not None and not no_decisions
    source = assembly.open_alerts(alerts, keep_original=with_decisions, sidecar=sidecar)
    pseudonyms = arguments.pseudonyms(pseudonym_key) if pseudonymise else None
    with console.progress_bar("Replaying") as progress:
        if output is None:
            replayed = run(source, periods, options, progress=progress)
            if inventory is not None:
                replayed = assembly.with_inventory(replayed, inventory)
            if pseudonyms is not None:
                replayed = pseudonymised(replayed, pseudonyms)
        else:
            results = assembly.Results(output, with_decisions, pseudonyms, inventory)
            replayed, _ = assembly.replay_into(results, source, periods, options, progress)
    if as_json:
        typer.echo(json.dumps(summary(replayed), indent=2, ensure_ascii=False))
    else:
        show(replayed, output, alerts=alerts, policy=policy, can_explain=pseudonyms is None)
    if replayed.is_partial:
        raise KeyboardInterrupt
    if tripped := [gate for gate in gates if gate.holds(summary(replayed))]:
        for gate in tripped:
            console.talk.print(f"--fail-if {gate.text}: it does.")
        raise typer.Exit(console.GATE_TRIPPED)
