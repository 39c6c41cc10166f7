"""Who is securely commissioned, by each set of criteria, and what lies between two of them: rows, no formatting.

Devices are counted by what they are and by what was found of them, so that any
table of a report is a sum over `Cohort`s. A sum names the fields that it needs
(`CommissioningStatus.by`), for of a nation there are many cohorts. The first set of criteria is what reports count now (`appendix-ac-5`),
the last is what they are compared with (`outcome`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple, Protocol, TypeVar, runtime_checkable

from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.finding import Reason
from tidegate.vocabulary.devices import DeviceId
from tidegate.vocabulary.instants import Instant

K = TypeVar("K")

DIMENSIONS: Final = ("supplier", "network_operator", "csp_region", "device_type", "manufacturer", "month")
"""What Devices are counted by; `month` is that of the commissioning, `2026-03`. Empty: not known."""


class Change(StrEnum):
    """What becomes of a Device from the first set of criteria to the last."""

    CLEARED = "cleared"
    """FAILED by the first, secure by the last: a false failure."""

    WAITING = "waiting"
    """FAILED by the first, PENDING by the last."""

    UNTOLD = "untold"
    """FAILED by the first, UNDETERMINED by the last."""

    FOUND = "found"
    """Not FAILED by the first, FAILED by the last: a failure that was missed."""

    CONFIRMED = "confirmed"
    """FAILED by both: a true failure."""

    NONE = "none"
    """FAILED by neither."""


class Step(NamedTuple):
    """Why a Device is counted otherwise by the last set of criteria than by the first, or what is wrong with it by both.

    place:   The obligation or cells that decided, as the criteria name them; empty where nothing did.
    reason:  Of it. Of what is CLEARED, how the last set of criteria found it met where that tells more than
             how the first found it not (BY_ALTERNATIVE, BY_FUTURE_DATED_OUTCOME, ANSWERED), else how the first did.
    """

    change: Change
    place: str
    reason: Reason


class Cohort(NamedTuple):
    """Devices that are the same in all that a report counts.

    dimensions:   A text for each of DIMENSIONS.
    verdicts:     One for each set of criteria, in their order.
    step:         What lies between the first and the last.
    action:       What settles it soonest (`NextAction.value`); empty: nothing is to do.
    responsible:  Whose it is to do: a party, `DCC`, or empty.
    months_open:  Whole months since the time allowed began, of one that is not secure by the last; else 0.
    """

    dimensions: tuple[str, ...]
    verdicts: tuple[Verdict, ...]
    step: Step
    action: str
    responsible: str
    months_open: int


COHORT_FIELDS: Final = (*DIMENSIONS, "verdicts", "step", "action", "responsible", "months_open")
"""By which cohorts are joined: what a sum is of, of those that it does not need."""


@runtime_checkable
class JoinsCohorts(Protocol):
    """Cohorts that are joined faster than one by one (`commissioning_cohorts`)."""

    def joined(self, fields: Sequence[str]) -> Iterable[tuple[Cohort, int]]:
        """Those alike in some of COHORT_FIELDS as one, and how many Devices there are of each."""

    def parts(self, dimension: str) -> Iterable[tuple[str, Mapping[Cohort, int]]]:
        """Those of each value of one of DIMENSIONS."""


class DeviceStatus(NamedTuple):
    """One Device, as lists of a report show it."""

    device_id: DeviceId
    cohort: Cohort
    begins: Instant | None
    pending_until: Instant | None


@dataclass(frozen=True, slots=True)
class EvidenceRead:
    """What was read, and what of it counted; nothing vanishes: read = counted + doubled + future + before.

    read:              Rows of evidence that could be used.
    rejected:          Rows that could not; they are in rejected.csv.
    doubled:           Rows that are the same as another.
    future:            Rows after the date of the report.
    before:            Rows from before the Device was commissioned.
    not_in_inventory:  Devices of the evidence that the Inventory, if there is one, has not.
    without_evidence:  Devices of the registrations or the Inventory of which there is no evidence; they are not assessed.
    not_registered:    Devices of the evidence for which no registration stands in the table, if there is one.
    contradictory:     Devices of which evidence of one instant contradicts itself, by the last set of criteria.
    has_registrations, has_inventory: Whether there was a table of either.
    rejected_by_reason: Rows that could not be used, by kind of reason; the most frequent first.
    """

    read: int
    rejected: int
    doubled: int
    future: int
    before: int
    not_in_inventory: int
    without_evidence: int
    not_registered: int = 0
    contradictory: int = 0
    has_registrations: bool = True
    has_inventory: bool = True
    rejected_by_reason: Mapping[str, int] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        """Rows that counted."""
        return self.read - self.doubled - self.future - self.before


@dataclass(frozen=True)
class CommissioningStatus:
    """A report.

    as_at:      Its date; nothing later is known.
    criteria:   Two or more, or one: then there is nothing between.
    cohorts:    Every Device is in one.
    shown:      The first few Devices of each step, by step.
    is_of_last: Its date is that of the last evidence, for none was asked for.
    recipient:  Whom it is for, as `Supplier Larch`; empty: whoever asked for it, beside the lists of all Devices.
    is_part:    It is of one party's Devices: how other parties do is not told in it, nor what evidence was read.
    """

    as_at: Instant
    criteria: Sequence[Criteria]
    evidence: EvidenceRead
    cohorts: Mapping[Cohort, int]
    shown: Mapping[Step, Sequence[DeviceStatus]] = field(default_factory=dict)
    is_of_last: bool = False
    recipient: str = ""
    is_part: bool = False

    @cached_property
    def devices(self) -> int:
        """Devices assessed."""
        return sum(devices for _, devices in self.by())

    @property
    def by_criteria(self) -> dict[str, dict[str, int]]:
        """How many Devices each verdict holds of, by the name of the criteria; every verdict, the worst first."""
        found = self.sum_by(lambda each: each.verdicts, "verdicts")
        sums = [Counter[Verdict]() for _ in self.criteria]
        for verdicts, devices in found.items():
            for place, verdict in enumerate(verdicts):
                sums[place][verdict] += devices
        return {
            criteria.name: {verdict.name: sums[place][verdict] for verdict in Verdict}
            for place, criteria in enumerate(self.criteria)
        }

    @property
    def false_failures(self) -> int:
        """Devices FAILED by the first set of criteria and secure by the last."""
        return self.count(lambda each: each.step.change is Change.CLEARED, "step")

    @property
    def true_failures(self) -> int:
        """Devices FAILED by the last."""
        return self.count(lambda each: each.verdicts[-1] is Verdict.FAILED, "verdicts")

    @property
    def missed_failures(self) -> int:
        """Devices FAILED by the last and not by the first."""
        return self.count(lambda each: each.step.change is Change.FOUND, "step")

    @property
    def undetermined(self) -> int:
        """Devices of which the last cannot tell."""
        return self.count(lambda each: each.verdicts[-1] is Verdict.UNDETERMINED, "verdicts")

    def steps(self) -> Counter[Step]:
        """Devices of each step, those of Change.NONE left out."""
        steps = self.sum_by(lambda each: each.step, "step")
        return Counter({step: devices for step, devices in steps.items() if step.change is not Change.NONE})

    def reconciliation(self) -> Counter[tuple[Verdict, Verdict]]:
        """Devices by their verdict by the first set of criteria and by the last."""
        return self.sum_by(lambda each: (each.verdicts[0], each.verdicts[-1]), "verdicts")

    def by(self, *fields: str) -> Iterable[tuple[Cohort, int]]:
        """Cohorts, and how many Devices there are of each; those alike in the fields may be joined.

        fields:  Of COHORT_FIELDS; of the others a cohort may say nothing.
        """
        return self.cohorts.joined(fields) if isinstance(self.cohorts, JoinsCohorts) else self.cohorts.items()

    def count(self, is_it: Callable[[Cohort], bool], *fields: str) -> int:
        """Devices of which something holds, that is said by some fields (`by`)."""
        return sum(devices for cohort, devices in self.by(*fields) if is_it(cohort))

    def sum_by(self, key: Callable[[Cohort], K], *fields: str) -> Counter[K]:
        """Devices by something of theirs, that is said by some fields (`by`)."""
        sums: Counter[K] = Counter()
        for cohort, devices in self.by(*fields):
            sums[key(cohort)] += devices
        return sums

    def parts(self, dimension: str) -> Iterator[tuple[str, CommissioningStatus]]:
        """The part of the report that is of the Devices of each value of a dimension.

        It tells of no evidence, for rows of that are counted of all Devices only, and shows none of them.
        """
        evidence = EvidenceRead(
            0, 0, 0, 0, 0, 0, 0,
            has_registrations=self.evidence.has_registrations, has_inventory=self.evidence.has_inventory,
        )  # fmt: skip
        for value, cohorts in self._cohorts_by(dimension):
            yield value, replace(self, cohorts=cohorts, shown={}, evidence=evidence, is_part=True)

    def _cohorts_by(self, dimension: str) -> Iterable[tuple[str, Mapping[Cohort, int]]]:
        if isinstance(self.cohorts, JoinsCohorts):
            return self.cohorts.parts(dimension)
        place = DIMENSIONS.index(dimension)
        parts: dict[str, dict[Cohort, int]] = {}
        for cohort, devices in self.cohorts.items():
            parts.setdefault(cohort.dimensions[place], {})[cohort] = devices
        return parts.items()

    def values_of(self, dimension: str) -> Iterator[str]:
        """What Devices are by a dimension, sorted; those not known last."""
        place = DIMENSIONS.index(dimension)
        yield from sorted(
            {cohort.dimensions[place] for cohort, _ in self.by(dimension)},
            key=lambda text: (not text, text),
        )
