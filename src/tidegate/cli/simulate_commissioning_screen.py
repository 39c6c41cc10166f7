"""What a person sees of simulated Post Commissioning: how right each set of criteria is, what befell Devices, what to run next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from tidegate.cli.screen import offer, place_for, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.commissioning.assessment import Verdict
from tidegate.reports.commissioning_accuracy import CauseAccuracy, CommissioningAccuracy
from tidegate.reports.commissioning_accuracy_words import (
    accuracy_verdict,
    precision_in_words,
    recall_in_words,
)
from tidegate.reports.numerals import many, percent, thousands

_CRITERIA: Final = (
    Column("Criteria", is_text=True, least=12),
    Column("Devices", is_text=True),
    Column("FAILED"),
    Column("FAILED\nrightly"),
    Column("Not secure,\nfound", gives_way=2),
    Column("FAILED\nwrongly", gives_way=3),
    Column("Missed", gives_way=4),
    Column("Cannot\nbe told", gives_way=1),
    Column("Pending", gives_way=5),
)
_CAUSES: Final = (
    Column("What befell them", is_text=True, least=24, wraps=True),
    Column("Devices", gives_way=2),
    Column("not\nsecure", gives_way=3),
)


def show(
    found: CommissioningAccuracy,
    told: Mapping[str, Any],
    folder: Path,
    suffix: str,
    *,
    out: Console | None = None,
) -> None:
    """Print how right sets of criteria are.

    Args:
        found:   What to show.
        told:    What was simulated, as `scenario.json` has it.
        folder:  Where it was written.
        suffix:  Of the tables.
        out:     Where to print; stdout when left out.
    """
    to, width = place_for(out)
    said = accuracy_verdict(found)
    made = f"{many(told['devices'], 'Device')} in {many(told['days'], 'day')}, {many(told['evidence'], 'row')} of evidence"
    tell(to, said.headline, (f"Simulated: {made}.", *said.findings), width)
    show_table(to, _CRITERIA, list(_rows_of_criteria(found)), width)
    to.print()
    failed = [Column(f"FAILED by\n{each.criteria}") for each in found.criteria]
    untold = [Column("cannot\nbe told", gives_way=1)]
    words = {each["cause"]: each["what"] for each in told["causes"]}
    rows = [_row_of_cause(cause, words[cause.cause]) for cause in found.causes]
    show_table(to, (*_CAUSES, *failed, *untold), rows, width)
    to.print()
    warn(to, ("Synthetic: Devices, makers and parties are invented, and most shares are.",), width)
    offer(to, _next_steps(folder, suffix, told["as_at"]), width)


def _rows_of_criteria(found: CommissioningAccuracy) -> Iterator[tuple[str, ...]]:
    for each in found.criteria:
        for place, (devices, it) in enumerate((("all", each.everybody), ("read", each.read))):
            yield (
                "" if place else each.criteria,
                devices,
                percent(it.failed, it.devices),
                precision_in_words(it),
                recall_in_words(it),
                thousands(it.false_failures),
                thousands(it.missed_failures),
                percent(it.undetermined, it.devices),
                thousands(it.pending),
            )


def _row_of_cause(cause: CauseAccuracy, words: str) -> tuple[str, ...]:
    failed = [thousands(verdicts[Verdict.FAILED]) for verdicts in cause.verdicts]
    untold = thousands(cause.verdicts[-1][Verdict.UNDETERMINED])
    return words, thousands(cause.devices), thousands(cause.not_secure), *failed, untold


def _next_steps(folder: Path, suffix: str, as_at: str) -> Iterator[tuple[str, str]]:
    evidence, registrations, inventory = (
        folder / f"{name}.{suffix}" for name in ("evidence", "registrations", "inventory")
    )
    command = f"tidegate commissioning {evidence} --registrations {registrations} --inventory {inventory}"
    yield f"{command} --as-at {as_at} -o verdicts", "the report: who failed, why, and whose it is to mend"
