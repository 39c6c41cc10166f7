"""What a person sees of Devices that were assessed: the verdict, the reconciliation, each step, what to run next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.commissioning.assessment import Verdict
from tidegate.reports.commissioning_findings import commissioning_verdict, sum_in_words
from tidegate.reports.commissioning_status import CommissioningStatus, EvidenceRead
from tidegate.reports.commissioning_waterfall import steps_in_order
from tidegate.reports.commissioning_words import CHANGES, VERDICTS, of_step
from tidegate.reports.numerals import many, percent, thousands
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant, format_instant

MOST_STEPS: Final = 3
"""Of one change."""

_STEPS: Final = (
    Column("What becomes of them, and why", is_text=True, least=20, wraps=True),
    Column("Devices"),
    Column("Of all", gives_way=1),
)


@dataclass(frozen=True, slots=True)
class AskedToAssess:
    """What was given on the command line, for the commands to run next.

    given:             The whole command.
    now:               When it was.
    is_pseudonymised:  Devices have pseudonyms, by which their evidence does not know them.
    """

    evidence: Sequence[Path]
    registrations: Sequence[Path]
    given: str
    now: Instant
    is_pseudonymised: bool = False


def show(
    status: CommissioningStatus,
    results: Path | None,
    asked: AskedToAssess,
    out: Console | None = None,
    *,
    besides: Sequence[str] = (),
) -> None:
    """Print a report, with what else was asked for told in sentences; stdout when `out` is left out."""
    to, width = place_for(out)
    said = commissioning_verdict(status)
    tell(to, said.headline, [*said.findings, *besides], width)
    warn(to, [*said.cautions, *_of_evidence(status, asked)], width)
    if status.devices:
        _show_verdicts(to, status, width)
        to.print()
        _show_steps(to, status, width)
        say(to, Text(sum_in_words(status)), width, indent=2)
    say(to, Text(evidence_in_words(status.evidence)), width, indent=2)
    to.print()
    offer(to, _next_steps(status, results, asked), width)


def evidence_in_words(read: EvidenceRead) -> str:
    """The sum that shows that no evidence vanished."""
    return (
        f"{many(read.read, 'row')} of evidence = {thousands(read.counted)} counted + {thousands(read.doubled)} doubled "
        f"+ {thousands(read.future)} from after the date + {thousands(read.before)} from before the Device was "
        f"commissioned; {thousands(read.rejected)} could not be used"
    )


def _of_evidence(status: CommissioningStatus, asked: AskedToAssess) -> Iterator[str]:
    """What a reader of the screen must know of the evidence besides."""
    if status.is_of_last and status.as_at > asked.now:
        last = format_instant(status.as_at)
        yield f"The last evidence is of {last}, which is yet to come. If that is a mistake, give --as-at."


def _show_verdicts(to: Console, status: CommissioningStatus, width: int) -> None:
    """By one set of criteria, or by the first, a column each, and by the last, a row each."""
    first, last = status.criteria[0].name, status.criteria[-1].name
    found = status.reconciliation()
    if len(status.criteria) == 1:
        columns = [Column(f"By {last}", is_text=True), Column("Devices"), Column("Of all")]
        rows = [
            [VERDICTS[verdict], thousands(devices), percent(devices, status.devices)]
            for verdict in Verdict
            if (devices := found[verdict, verdict])
        ]
        show_table(to, columns, rows, width, gap=2)
        return
    of_first = [each for each in Verdict if any(found[each, other] for other in Verdict)]
    say(to, Text(f"Across: by {first}. Down: by {last}.", style="dim"), width)
    columns = [
        Column("Devices", is_text=True, least=len("credentials"), wraps=True),
        *(Column(VERDICTS[each].replace(" ", "\n")) for each in of_first),
        Column("in all"),
    ]
    rows = []
    for verdict in Verdict:
        counts = [found[each, verdict] for each in of_first]
        if sum(counts):
            rows.append([VERDICTS[verdict], *map(thousands, counts), thousands(sum(counts))])
    show_table(to, columns, rows, width, gap=2)


def _show_steps(to: Console, status: CommissioningStatus, width: int) -> None:
    """Each change with its Devices, and under it the reasons."""
    rows: list[list[str]] = []
    styles: list[str] = []
    left = 0
    for change, steps in groupby(steps_in_order(status), lambda each: each[0].change):
        listed = list(steps)
        told = [(CHANGES[change], sum(devices for _, devices in listed))]
        told += [(f"- {of_step(step)}", devices) for step, devices in listed[:MOST_STEPS]]
        rows += [[words, thousands(devices), percent(devices, status.devices)] for words, devices in told]
        styles += ["bold", *[""] * (len(told) - 1)]
        left += max(0, len(listed) - MOST_STEPS)
    if not rows:
        return
    show_table(to, _STEPS, rows, width, gap=2, styles=styles)
    if left:
        say(to, Text(f"And {many(left, 'smaller step')}; -o has all.", style="dim"), width)
    to.print()


def _next_steps(
    status: CommissioningStatus, results: Path | None, asked: AskedToAssess
) -> Iterator[tuple[str, str]]:
    shown = next(
        (listed[0] for step, _ in steps_in_order(status) if (listed := status.shown.get(step))), None
    )
    if shown is not None and not asked.is_pseudonymised:
        registrations = [part for path in asked.registrations for part in ("--registrations", str(path))]
        device = format_device_id(shown.device_id)
        yield (
            shlex.join(["tidegate", "explain-device", device, *map(str, asked.evidence), *registrations]),
            "the story of one of these Devices, row by row",
        )
    if results is None:
        yield (
            f"{asked.given} -o commissioning",
            "keep the results: report, every verdict, each step's Devices",
        )
    else:
        yield f"{results / 'report.html'}", "open it in a browser: the same with pictures; works offline"
