"""How each party does with what is its to mend: how much is open, for how long, and what it most often is."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import NamedTuple

from tidegate.commissioning.assessment import Verdict
from tidegate.reports.commissioning_ageing import half_are_open_for
from tidegate.reports.commissioning_status import CommissioningStatus
from tidegate.reports.commissioning_tables import Responsible, responsible
from tidegate.reports.commissioning_words import of_step


class PartyPerformance(NamedTuple):
    """One party's Devices that are not secure by the last set of criteria.

    open_for:    Whole months that half of them have been open for, or longer.
    longest:     Whole months that the oldest has been.
    most_often:  What most of them that are failed lack; empty: none is.
    """

    devices: Responsible
    open_for: int
    longest: int
    most_often: str


def party_performance(status: CommissioningStatus) -> list[PartyPerformance]:
    """Of every party, in the order of `responsible`."""
    months: defaultdict[str, Counter[int]] = defaultdict(Counter)
    lacks: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for cohort, devices in status.by("responsible", "verdicts", "step", "months_open"):
        if cohort.verdicts[-1].is_secure:
            continue
        months[cohort.responsible][cohort.months_open] += devices
        if cohort.verdicts[-1] is Verdict.FAILED:
            lacks[cohort.responsible][of_step(cohort.step)] += devices
    return [
        PartyPerformance(
            it,
            half_are_open_for(list(months[it.party].items())),
            max(months[it.party]),
            min(lacks[it.party].items(), key=lambda each: (-each[1], each[0]))[0] if lacks[it.party] else "",
        )
        for it in responsible(status)
    ]
