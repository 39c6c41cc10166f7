"""`tidegate commissioning`: who is securely commissioned, by each set of criteria, and why the rates differ."""

from __future__ import annotations

from pathlib import Path

import typer

from tidegate.cli import arguments, commissioning_arguments, console
from tidegate.vocabulary.faults import Fault, InputError


def commissioning(
    evidence: list[Path] = commissioning_arguments.EVIDENCE,
    registrations: list[Path] = commissioning_arguments.REGISTRATIONS,
    inventory: Path | None = arguments.INVENTORY,
    criteria: list[str] = commissioning_arguments.CRITERIA,
    as_at: str | None = commissioning_arguments.AS_AT,
    output: Path | None = arguments.OUTPUT,
    cni_limit: str | None = commissioning_arguments.CNI_LIMIT,
    plan_reads: Path | None = commissioning_arguments.PLAN_READS,
    policy: str | None = commissioning_arguments.POLICY,
    nights: int | None = commissioning_arguments.NIGHTS,
    night_hours: int | None = commissioning_arguments.NIGHT_HOURS,
    reads_share: str | None = commissioning_arguments.READS_SHARE,
    recipients: bool = commissioning_arguments.RECIPIENTS,
    no_verdicts: bool = typer.Option(
        False, "--no-verdicts", help="Leave out the files of every Device's verdicts."
    ),
    as_json: bool = arguments.SUMMARY,
    fail_if: list[str] = arguments.fail_if('"true_failures > 0" or "undetermined >= 100"'),
    strict: bool = arguments.STRICT,
    mapping: Path | None = commissioning_arguments.MAPPING,
    pseudonymise: bool = arguments.PSEUDONYMISE,
    pseudonym_key: Path = arguments.PSEUDONYM_KEY,
) -> None:
    """Assess who is securely commissioned, by the Code's criteria and by outcome, and reconcile the two Device by Device.

    Example: tidegate commissioning evidence.parquet --registrations registrations.csv -o commissioning
    """
    from tidegate.assembly.commissioning import (  # noqa: PLC0415 - numba and pyarrow start slowly; --help does not wait
        CommissioningAsked,
        assess_commissioning_into,
        report_commissioning,
    )
    from tidegate.assembly.provenance import provenance  # noqa: PLC0415
    from tidegate.cli.commissioning_screen import AskedToAssess, show  # noqa: PLC0415
    from tidegate.cli.gates import OF_COMMISSIONING, gates_of  # noqa: PLC0415
    from tidegate.reports.commissioning_findings import limit_in_words  # noqa: PLC0415
    from tidegate.reports.planned_reads_words import reads_in_words  # noqa: PLC0415

    gates = gates_of(fail_if, OF_COMMISSIONING)
    asked = CommissioningAsked(
        evidence=evidence,
        registrations=registrations,
        inventory=inventory,
        criteria=criteria,
        as_at=arguments.instant("--as-at", as_at),
        is_strict=strict,
        mapping=mapping,
        pseudonyms=arguments.pseudonyms(pseudonym_key) if pseudonymise else None,
        cni_limit=commissioning_arguments.cni_limit(cni_limit),
        reads=commissioning_arguments.reads_asked(plan_reads, policy, nights, night_hours, reads_share),
        has_recipients=recipients,
    )
    if recipients and output is None:
        raise InputError(Fault("--recipients", "no folder was given for their results", "Write -o DIR, too."))
    with console.progress_bar("Assessing") as progress:
        if output is None:
            reported = report_commissioning(asked, progress)
        else:
            read: list[Path | str] = [
                *evidence,
                *registrations,
                *([inventory] if inventory else []),
                *(each for each in (plan_reads, policy) if each),
                *criteria,
            ]
            made = provenance(arguments.as_given(), read)
            reported = assess_commissioning_into(output, asked, made, progress, with_verdicts=not no_verdicts)
    status, plan, summary = reported
    if as_json:
        console.show_json(summary)
    else:
        besides = [] if asked.cni_limit is None else [limit_in_words(status, asked.cni_limit)]
        besides += [] if plan is None else reads_in_words(plan)
        if recipients and output is not None:
            besides.append(f"Recipients: each has a folder; {output / 'recipients.csv'} says which is whose.")
        given = AskedToAssess(evidence, registrations, arguments.as_given(), arguments.now(), pseudonymise)
        show(status, output, given, besides=besides)
    if tripped := [gate for gate in gates if gate.holds(summary)]:
        for gate in tripped:
            console.talk.print(f"--fail-if {gate.text}: it does.")
        raise typer.Exit(console.GATE_TRIPPED)
