"""`tidegate admit`: what fair shares would have done to a log of Service Requests."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import typer

from tidegate.cli import arguments, console
from tidegate.vocabulary.faults import Fault, InputError

_LOOK_BACK: Final = "1h"


def admit(
    requests: list[Path] = typer.Argument(
        None, metavar="REQUESTS...", help="Files, folders or globs of Service Requests: CSV or Parquet."
    ),
    users: Path | None = typer.Option(
        None, "--users", metavar="USERS", help="The Users: CSV or Parquet, a row for each in each role."
    ),
    policy: str | None = typer.Option(
        None,
        "--policy",
        metavar="FILE",
        help="A policy file or the name of a published one; of a folder of versions, the one in force as the log "
        r"begins. \[default: illustrative-2]",
    ),
    capacity: int | None = typer.Option(
        None,
        "--capacity",
        metavar="N",
        help="Requests in a period instead of the policy's operating threshold; the maximum grows with it.",
    ),
    output: Path | None = arguments.OUTPUT,
    since: str | None = typer.Option(
        None, "--since", metavar="INSTANT", help="Only requests received from then on."
    ),
    until: str | None = typer.Option(
        None, "--until", metavar="INSTANT", help="Only requests received before then."
    ),
    no_decisions: bool = typer.Option(
        False, "--no-decisions", help="Leave out the file of every request's decision."
    ),
    as_json: bool = arguments.SUMMARY,
    fail_if: list[str] = arguments.fail_if('"throttled > 0" or "minutes_active >= 10"'),
    strict: bool = arguments.STRICT,
    look_back: str = typer.Option(
        _LOOK_BACK,
        "--look-back",
        metavar="DURATION",
        help="How late a request may stand in the log and be put in order.",
    ),
    scored: Path | None = typer.Option(
        None,
        "--score",
        metavar="LOG",
        help="Instead: the score card of an adapter's retry log, a CSV file of sent_at, request_id, srv, status, "
        "retry_after, rate_limit.",
    ),
) -> None:
    """Decide a log of Service Requests by fair shares: who would have been refused, when, and who used the spare?

    Example: tidegate admit october.parquet --users users.csv -o admitted
    """
    if scored is not None:
        others = (requests, users, policy, output, since, until, no_decisions, strict)
        is_alone = not any(others) and look_back == _LOOK_BACK and capacity is None
        _score(scored, fail_if, as_json=as_json, is_alone=is_alone)
        return
    if not requests or users is None:
        what = "there are no Service Requests to decide" if not requests else "there is no table of Users"
        remedy = "Write tidegate admit REQUESTS --users USERS, or tidegate admit --score LOG."
        raise InputError(Fault("tidegate admit", what, remedy))
    from tidegate.assembly.admission import (  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
        AdmissionInputs,
        admit_requests,
        admit_requests_into,
    )
    from tidegate.cli.admit_screen import AskedToAdmit, show  # noqa: PLC0415
    from tidegate.cli.gates import OF_ADMISSION, gates_of  # noqa: PLC0415
    from tidegate.formats.admission_json import admission_summary  # noqa: PLC0415
    from tidegate.operations.ordered_log import ReadOptions  # noqa: PLC0415

    gates = gates_of(fail_if, OF_ADMISSION)
    if capacity is not None and capacity < 1:
        raise InputError(Fault("--capacity", f"a capacity of {capacity} is none", "Write 1 or more."))
    options = ReadOptions(*arguments.period(since, until, look_back), is_strict=strict)
    inputs = AdmissionInputs(requests, users, policy, capacity)
    with console.progress_bar("Deciding") as progress:
        if output is None:
            found = admit_requests(inputs, options, arguments.now(), progress)
        else:
            found, _ = admit_requests_into(
                output, inputs, options, arguments.now(), progress, with_decisions=not no_decisions
            )
    if as_json:
        console.show_json(admission_summary(found))
    else:
        show(found, output, AskedToAdmit(users, policy, arguments.as_given()))
    if found.is_partial:
        raise KeyboardInterrupt
    if tripped := [gate for gate in gates if gate.holds(admission_summary(found))]:
        for gate in tripped:
            console.talk.print(f"--fail-if {gate.text}: it does.")
        raise typer.Exit(console.GATE_TRIPPED)


def _score(log: Path, fail_if: list[str], *, as_json: bool, is_alone: bool) -> None:
    """The score card of an adapter's retry log."""
    from tidegate.assembly.scoring import score_adapter  # noqa: PLC0415
    from tidegate.cli.gates import OF_A_SCORE, gates_of  # noqa: PLC0415
    from tidegate.cli.score_screen import score_json, show  # noqa: PLC0415

    if not is_alone:
        what = "a score card is of an adapter's log alone"
        raise InputError(Fault("--score", what, "Leave out all but --json and --fail-if, or --score."))
    gates = gates_of(fail_if, OF_A_SCORE)
    card, rejected = score_adapter(log)
    told = score_json(str(log), card, rejected)
    if as_json:
        console.show_json(told)
    else:
        show(card, rejected)
    if tripped := [gate for gate in gates if gate.holds(told)]:
        for gate in tripped:
            console.talk.print(f"--fail-if {gate.text}: it does.")
        raise typer.Exit(console.GATE_TRIPPED)
