"""`tidegate replay`: files in, verdict out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError

if TYPE_CHECKING:
    from tidegate.operations.replay import ReplayOptions


def replay(
    alerts: list[Path] = arguments.ALERTS,
    policies: list[str] = typer.Option(
        [],
        "--policy",
        metavar="FILE",
        help="A policy file or the name of a published one; a folder of versions is a history. Given twice or "
        r"more, they are compared. \[default: illustrative-2]",
    ),
    output: Path | None = arguments.OUTPUT,
    since: str | None = arguments.SINCE,
    until: str | None = arguments.UNTIL,
    no_decisions: bool = typer.Option(
        False, "--no-decisions", help="Leave out the file of every Alert's decision."
    ),
    as_json: bool = arguments.SUMMARY,
    fail_if: list[str] = arguments.fail_if('"storms > 0" or "throttled >= 1000"'),
    strict: bool = arguments.STRICT,
    look_back: str = arguments.LOOK_BACK,
    inventory: Path | None = arguments.INVENTORY,
    pseudonymise: bool = arguments.PSEUDONYMISE,
    pseudonym_key: Path = arguments.PSEUDONYM_KEY,
    sidecar: Path | None = arguments.SIDECAR,
    alert_bytes: int | None = typer.Option(
        None,
        "--alert-bytes",
        metavar="N",
        help=r"In a comparison: bytes of an Alert, for traffic and storage. \[default: 1,650 (illustrative)]",
    ),
) -> None:
    """Replay a log of Alerts under a policy: are we in a storm, and what would these parameters have done?

    Under several policies: what does each do, side by side? With -o that is an evidence pack. ALERTS are CSV or Parquet files (also .gz, .zst), folders or globs of them, or DUIS documents
    (.xml, .zip, or a folder of them).
    """
    from tidegate import assembly  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
    from tidegate.cli.gates import gates_of  # noqa: PLC0415
    from tidegate.cli.replay_screen import show  # noqa: PLC0415
    from tidegate.formats.summary_json import summary  # noqa: PLC0415
    from tidegate.operations.replay import ReplayOptions  # noqa: PLC0415

    gates = gates_of(fail_if)
    options = ReplayOptions(
        *arguments.period(since, until, look_back),
        shards=assembly.shards(),
        is_strict=strict,
    )
    if len(policies) > 1:
        if gates:
            raise InputError(Fault("--fail-if", "a gate is about one policy", "Give one --policy."))
        if alert_bytes is not None and alert_bytes < 1:
            raise InputError(
                Fault("--alert-bytes", f"{alert_bytes} is less than 1", "Write a size in bytes.")
            )
        _compare(
            alerts,
            policies,
            options,
            output,
            inventory,
            pseudonymise,
            pseudonym_key,
            sidecar,
            alert_bytes,
            as_json,
        )
        return
    if alert_bytes is not None:
        raise InputError(Fault("--alert-bytes", "it is about a comparison", "Give --policy twice or more."))
    policy = policies[0] if policies else None
    periods = assembly.policy_periods(policy, options, alerts)
    known = None if inventory is None else assembly.open_inventory(inventory)
    with_decisions = output is not None and not no_decisions
    source = assembly.open_alerts(alerts, keep_original=with_decisions, sidecar=sidecar)
    pseudonyms = arguments.pseudonyms(pseudonym_key) if pseudonymise else None
    with console.progress_bar("Replaying") as progress:
        if output is None:
            found = assembly.look_behind(source, periods, options, known, progress=progress)
            replayed = (found if pseudonyms is None else found.under(pseudonyms)).replayed
        else:
            results = assembly.Results(output, with_decisions, pseudonyms, known)
            replayed, _ = assembly.replay_into(results, source, periods, options, progress)
    if as_json:
        console.show_json(summary(replayed))
    else:
        show(
            replayed,
            output,
            asked=arguments.asked(alerts, policy, inventory, since, until, look_back, sidecar),
            can_explain=pseudonyms is None,
        )
    if replayed.is_partial:
        raise KeyboardInterrupt
    if tripped := [gate for gate in gates if gate.holds(summary(replayed))]:
        for gate in tripped:
            console.talk.print(f"--fail-if {gate.text}: it does.")
        raise typer.Exit(console.GATE_TRIPPED)


def _compare(
    alerts: list[Path],
    policies: list[str],
    options: ReplayOptions,
    output: Path | None,
    inventory: Path | None,
    pseudonymise: bool,
    pseudonym_key: Path,
    sidecar: Path | None,
    alert_bytes: int | None,
    as_json: bool,
) -> None:
    """Several policies over one log."""
    from tidegate import assembly  # noqa: PLC0415
    from tidegate.assembly.comparing import Comparison, compare, compare_into, contenders  # noqa: PLC0415
    from tidegate.assembly.provenance import provenance  # noqa: PLC0415
    from tidegate.cli.compare_screen import show  # noqa: PLC0415
    from tidegate.formats.comparison_tables import comparison_summary  # noqa: PLC0415

    wanted = Comparison(
        assembly.open_alerts(alerts, sidecar=sidecar),
        contenders(policies, options),
        options,
        alert_bytes,
        None if inventory is None else assembly.open_inventory(inventory),
        arguments.pseudonyms(pseudonym_key) if pseudonymise else None,
    )
    command = arguments.as_given()
    made = None
    with console.progress_bar("Comparing") as progress:
        if output is None:
            compared = compare(wanted, progress=progress)
        else:
            made = provenance(command, [*alerts, *policies, inventory or ""])
            compared, _ = compare_into(output, wanted, made, progress)
    if as_json:
        console.show_json(comparison_summary(compared, made))
    else:
        show(compared, output, command)
    if compared.log.is_partial:
        raise KeyboardInterrupt
