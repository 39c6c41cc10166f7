"""Arguments of the commands that assess Devices."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from tidegate.cli import arguments
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import HOUR

if TYPE_CHECKING:
    from tidegate.assembly.planning_reads import ReadsAsked

_HOURS_OF_A_DAY = 24
_MOST_NIGHTS = 366

EVIDENCE: Any = typer.Argument(
    metavar="EVIDENCE...",
    help="Files, folders or globs of evidence: CSV or Parquet tables, DUIS documents, or the journal of a gateway.",
)
REGISTRATIONS: Any = typer.Option(
    [],
    "--registrations",
    metavar="FILE",
    help="Who is Supplier and Network Operator of which Device, from when: CSV or Parquet; may be given again.",
)
CRITERIA: Any = typer.Option(
    [],
    "--criteria",
    metavar="NAME",
    help="A set of criteria, by file or published name; given again, the first and the last are compared. "
    r"\[default: appendix-ac-5, outcome]",
)
AS_AT: Any = typer.Option(
    None,
    "--as-at",
    metavar="INSTANT",
    help=r"The date of the report: what came later is not known. \[default: that of the last evidence]",
)
MAPPING: Any = typer.Option(
    None,
    "--mapping",
    metavar="FILE",
    help=r"What your columns are called, under \[evidence_columns] and \[registration_columns]. "
    r"\[default: tidegate.toml, if it is in this folder]",
)
CNI_LIMIT: Any = typer.Option(
    None,
    "--cni-limit",
    metavar="SHARE",
    help="A share of Devices that may be failed, as 5%, to hold the rates against; the real one is not public.",
)
PLAN_READS: Any = typer.Option(
    None,
    "--plan-reads",
    metavar="USERS",
    help="Plan the reads (6.24.1) that would settle Devices within the allocations of this table of Users.",
)
POLICY: Any = typer.Option(
    None,
    "--policy",
    metavar="FILE",
    help=r"Of --plan-reads: the policy of the allocations. \[default: illustrative-2]",
)
NIGHTS: Any = typer.Option(
    None, "--nights", metavar="N", help=r"Of --plan-reads: over so many nights. \[default: 7]"
)
NIGHT_HOURS: Any = typer.Option(
    None,
    "--night-hours",
    metavar="HOURS",
    help=r"Of --plan-reads: how long a night is, from midnight UTC. \[default: 6]",
)
READS_SHARE: Any = typer.Option(
    None,
    "--reads-share",
    metavar="SHARE",
    help=r"Of --plan-reads: what of its allocation a User gives to reads. \[default: 10%, which is illustrative]",
)
RECIPIENTS: Any = typer.Option(
    False,
    "--recipients",
    help="A folder for each Supplier, Network Operator and CSP with its own Devices; for the Panel and the SSC, rates.",
)


def cni_limit(text: str | None) -> Fraction | None:
    """The limit that was given.

    Raises:
        InputError: it is no share, or none.
    """
    return None if text is None else arguments.share("--cni-limit", text, is_none_allowed=False)


def reads_asked(
    users: Path | None, policy: str | None, nights: int | None, night_hours: int | None, share: str | None
) -> ReadsAsked | None:
    """How reads are to be planned; None: they are not.

    Raises:
        InputError: a number is out of its range, or there is no --plan-reads that an option is of; carries all faults.
    """
    from tidegate.assembly.planning_reads import (  # noqa: PLC0415 - --help waits for none of this
        USUAL_NIGHT,
        USUAL_NIGHTS,
        ReadsAsked,
    )
    from tidegate.reports.planned_reads import ILLUSTRATIVE_SHARE  # noqa: PLC0415

    given = {"--policy": policy, "--nights": nights, "--night-hours": night_hours, "--reads-share": share}
    if users is None:
        faults = [
            Fault(option, "it is of a plan of reads, and none is asked for", "Give --plan-reads USERS, too.")
            for option, value in given.items()
            if value is not None
        ]
        if faults:
            raise InputError(*faults)
        return None
    faults = []
    if nights is not None and not 1 <= nights <= _MOST_NIGHTS:
        faults.append(Fault("--nights", f"{nights} is out of range", f"Write 1 to {_MOST_NIGHTS}."))
    if night_hours is not None and not 1 <= night_hours <= _HOURS_OF_A_DAY:
        faults.append(
            Fault("--night-hours", f"{night_hours} is out of range", f"Write 1 to {_HOURS_OF_A_DAY}.")
        )
    if faults:
        raise InputError(*faults)
    return ReadsAsked(
        users,
        arguments.now(),
        policy,
        USUAL_NIGHTS if nights is None else nights,
        USUAL_NIGHT if night_hours is None else night_hours * HOUR,
        ILLUSTRATIVE_SHARE
        if share is None
        else arguments.share("--reads-share", share, is_none_allowed=False),
    )
