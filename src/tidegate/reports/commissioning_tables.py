"""The tables of a Post Commissioning report that the page and the workbook share: what two sets of criteria make of Devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.finding import Reason
from tidegate.reports.commissioning_incidents import IncidentIs, incident_problems
from tidegate.reports.commissioning_status import DIMENSIONS, Cohort, CommissioningStatus

BY_USE: Final = (
    "verdicts", "step", "action", "supplier", "device_type", "month", "csp_region", "manufacturer",
    "responsible", "network_operator", "months_open",
)  # fmt: skip
"""What Devices are counted by, the most asked for first."""


class Reading(NamedTuple):
    """What a corner of the reconciliation says of its Devices."""

    what: str
    devices: int
    meaning: str


class Responsible(NamedTuple):
    """Devices of which something is asked, by whose it is to do."""

    party: str
    failed: int
    undetermined: int
    pending: int

    @property
    def devices(self) -> int:
        """All of them."""
        return self.failed + self.undetermined + self.pending


def readings(status: CommissioningStatus) -> list[Reading]:
    """The corners of the reconciliation; every Device is in one."""
    first, last = status.criteria[0].name, status.criteria[-1].name
    counts = status.reconciliation()

    def of(is_it: Callable[[Verdict, Verdict], bool]) -> int:
        return sum(devices for (one, other), devices in counts.items() if is_it(one, other))

    failed = Verdict.FAILED
    return [
        Reading(
            f"failed by {first}, secure by {last}",
            of(lambda one, other: one is failed and other.is_secure),
            "False failures: nothing is to be done, no Incident is due, nobody need be visited.",
        ),
        Reading(
            "failed by both",
            of(lambda one, other: one is failed and other is failed),
            "True failures: something is wrong, and both see it.",
        ),
        Reading(
            f"failed by {last} only",
            of(lambda one, other: one is not failed and other is failed),
            f"Missed: something is wrong, and {first} does not say so.",
        ),
        Reading(
            f"failed by {first}, undetermined by {last}",
            of(lambda one, other: one is failed and other is Verdict.UNDETERMINED),
            "Not known: one read (6.24.1) of each settles it.",
        ),
        Reading(
            f"failed by {first}, pending by {last}",
            of(lambda one, other: one is failed and other is Verdict.PENDING),
            "Too early to say: the time allowed has not passed.",
        ),
        Reading(
            f"failed by neither, not yet secure by {last}",
            of(lambda one, other: one is not failed and other in (Verdict.UNDETERMINED, Verdict.PENDING)),
            "To be watched: nothing is known to be wrong.",
        ),
        Reading(
            f"failed by neither, secure by {last}",
            of(lambda one, other: one is not failed and other.is_secure),
            "Securely commissioned.",
        ),
    ]


def responsible(status: CommissioningStatus) -> list[Responsible]:
    """Whose it is to mend what is not secure by the last set of criteria, who has most true failures first."""
    counts = status.sum_by(lambda each: (each.responsible, each.verdicts[-1]), "responsible", "verdicts")
    parties = {party for (party, verdict) in counts if not verdict.is_secure}
    found = [
        Responsible(
            party,
            counts[party, Verdict.FAILED],
            counts[party, Verdict.UNDETERMINED],
            counts[party, Verdict.PENDING],
        )
        for party in parties
    ]
    return sorted(found, key=lambda it: (-it.failed, -it.devices, it.party))


def counted(status: CommissioningStatus, most: int) -> tuple[list[str], list[tuple[tuple[Any, ...], int]]]:
    """Devices by all that is told of them, at most so many rows: what would make more is left out, and all sums stay whole.

    Returns:
        The fields, of COHORT_FIELDS; and for each row a value of each, and how many Devices, the most first.
    """
    fields: list[str] = []
    sums: Counter[tuple[Any, ...]] = Counter({(): status.devices} if status.devices else {})
    for name in BY_USE:
        tried = _sums(status, [*fields, name], most)
        if tried is not None:
            fields, sums = [*fields, name], tried
    return fields, sorted(sums.items(), key=lambda each: (-each[1], each[0]))


def incidents(status: CommissioningStatus) -> dict[IncidentIs, int]:
    """Communications Hub Functions by whether an Incident is due for them."""
    found = dict.fromkeys(IncidentIs, 0)
    for problem in incident_problems(status):
        found[problem.incident] += problem.devices
    return found


def not_due(status: CommissioningStatus) -> list[tuple[IncidentIs, str, Reason, int]]:
    """Communications Hub Functions for which the first set of criteria has an Incident raised and none is due: why."""
    sums: dict[tuple[IncidentIs, str, Reason], int] = {}
    for problem in incident_problems(status):
        if problem.incident is not IncidentIs.DUE:
            key = (problem.incident, problem.step.place, problem.step.reason)
            sums[key] = sums.get(key, 0) + problem.devices
    order = list(IncidentIs)
    ranked = sorted(sums.items(), key=lambda each: (-order.index(each[0][0]), -each[1], each[0]))
    return [(*key, devices) for key, devices in ranked]


def _sums(status: CommissioningStatus, fields: Sequence[str], most: int) -> Counter[tuple[Any, ...]] | None:
    """Devices by some fields; None where that makes more than so many rows."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for cohort, devices in status.by(*fields):
        sums[tuple(_value(cohort, name) for name in fields)] += devices
        if len(sums) > most:
            return None
    return sums


def _value(cohort: Cohort, field: str) -> Any:
    return cohort.dimensions[DIMENSIONS.index(field)] if field in DIMENSIONS else getattr(cohort, field)
