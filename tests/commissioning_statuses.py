"""Post Commissioning reports for tests, made by hand: few cohorts, or many from a seed. Makers are invented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from random import Random

from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.cells import Cells, Holds
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.evidence import Role
from tidegate.commissioning.finding import Reason
from tidegate.commissioning.obligations import Communicates
from tidegate.reports.commissioning_status import (
    Change,
    Cohort,
    CommissioningStatus,
    DeviceStatus,
    EvidenceRead,
    Step,
)

FAILED, UNTOLD, PENDING, SECURE, READ = Verdict
REPLACED = "update remote party credentials"
OPERATOR = "NetworkOperator cells"
EMPTY = Step(Change.CLEARED, REPLACED, Reason.EMPTY)
DIFFERS = Step(Change.CONFIRMED, OPERATOR, Reason.DIFFERS)
MISSED = Step(Change.FOUND, OPERATOR, Reason.DIFFERS)
NOTHING = Step(Change.NONE, "", Reason.SUCCEEDED)

_VERDICTS = {
    Change.CLEARED: (FAILED, READ),
    Change.WAITING: (FAILED, PENDING),
    Change.UNTOLD: (FAILED, UNTOLD),
    Change.FOUND: (SECURE, FAILED),
    Change.CONFIRMED: (FAILED, FAILED),
    Change.NONE: (SECURE, READ),
}
_ACTIONS = {
    Change.WAITING: "wait",
    Change.UNTOLD: "read",
    Change.FOUND: "replace",
    Change.CONFIRMED: "replace",
}


def criteria(*names: str) -> list[Criteria]:
    """Sets of criteria of which only the name is looked at, and whether they ask of cells: all but the first do."""
    cells = (Cells(Role.RECOVERY, Holds.NOT_REGISTERED),)
    return [
        Criteria(name, 0, (Communicates("communicating"),), cells if place else ())
        for place, name in enumerate(names)
    ]


def evidence(**rows: int) -> EvidenceRead:
    return replace(EvidenceRead(1_000, 0, 0, 0, 0, 0, 0), **rows)  # type: ignore[arg-type]


def cohort(
    step: Step,
    *,
    supplier: str = "",
    operator: str = "",
    region: str = "",
    device_type: str = "",
    manufacturer: str = "",
    month: str = "",
    months_open: int = 0,
    responsible: str = "",
) -> Cohort:
    """A cohort of a step; what is not said of it is not known."""
    dimensions = (supplier, operator, region, device_type, manufacturer, month)
    action = _ACTIONS.get(step.change, "")
    return Cohort(dimensions, _VERDICTS[step.change], step, action, responsible, months_open)


def status(
    cohorts: Mapping[Cohort, int],
    names: Sequence[str] = ("appendix-ac-5", "outcome"),
    read: EvidenceRead | None = None,
    *,
    shown: int = 0,
) -> CommissioningStatus:
    """A report over cohorts, `shown` Devices of each step."""
    listed: dict[Step, list[DeviceStatus]] = {}
    if shown:
        for place, each in enumerate(cohorts):
            of_step = listed.setdefault(each.step, [])
            of_step += [
                DeviceStatus(0x00DB_0000_0000_0000 + 1_000 * place + at, each, 1, None)
                for at in range(min(cohorts[each], shown - len(of_step)))
            ]
    if len(names) == 1:
        sums: Counter[Cohort] = Counter()
        for each, count in cohorts.items():
            sums[_by_the_first(each)] += count
        cohorts = sums
    return CommissioningStatus(1_780_000_000_000_000, criteria(*names), read or evidence(), cohorts, listed)


def _by_the_first(it: Cohort) -> Cohort:
    is_failed = it.verdicts[0] is FAILED
    step = it.step._replace(change=Change.CONFIRMED) if is_failed else NOTHING
    return it._replace(verdicts=it.verdicts[:1], step=step, action="replace" if is_failed else "")


def steps(counts: Mapping[Step, int], **about: str) -> CommissioningStatus:
    """A report of so many Devices of each step, alike in all else."""
    return status({cohort(step, **about): devices for step, devices in counts.items()})  # type: ignore[arg-type]


@cache
def nation(devices: int = 2_000_000, seed: int = 1) -> CommissioningStatus:
    """About 7 % called failed and 1 % so, by several Suppliers, makers and months."""
    random = Random(seed)  # noqa: S311 - drawn again from its seed
    cohorts: Counter[Cohort] = Counter()
    draws = 3_000
    for _ in range(draws):
        step, device_type = _story(random)
        month = random.randrange(8)
        hub = device_type in ("CHF", "GPF")
        supplier = random.choice(["Alder Energy", "Birch Power", "Cedar Supply", "Damson Gas", "Elder Light"])
        region = random.choice(["North", "Central", "South"])
        cohorts[
            cohort(
                step,
                supplier="" if device_type == "CHF" else supplier,
                operator=random.choice(["Network N1", "Network N2", "Network N3"]),
                region=region,
                device_type=device_type,
                manufacturer=random.choice(
                    ["HubCo", "CommsWorks"] if hub else ["MakerA", "MakerB", "MakerC"]
                ),
                month=f"2026-{month + 1:02d}",
                months_open=7 - month if step.change not in (Change.NONE, Change.CLEARED) else 0,
                responsible=f"CSP {region}" if device_type == "CHF" else supplier,
            )
        ] += devices // draws
    return status(cohorts, shown=5)


def _story(random: Random) -> tuple[Step, str]:
    device_type = random.choices(["ESME", "GSME", "GPF", "CHF"], [4, 3, 1, 2])[0]
    chance = random.random()
    for until, step in (
        (0.039, EMPTY),
        (0.047, Step(Change.CLEARED, REPLACED, Reason.TIMED_OUT)),
        (0.052, Step(Change.CLEARED, REPLACED, Reason.BY_ALTERNATIVE)),
        (0.056, Step(Change.CLEARED, REPLACED, Reason.BY_FUTURE_DATED_OUTCOME)),
        (0.058, Step(Change.CLEARED, "communicating", Reason.ANSWERED)),
        (0.0585, Step(Change.CLEARED, "issue credentials", Reason.TOO_FEW)),
        (0.059, Step(Change.WAITING, REPLACED, Reason.EMPTY)),
        (0.061, Step(Change.UNTOLD, REPLACED, Reason.TIMED_OUT)),
        (0.063, Step(Change.UNTOLD, "update Device credentials", Reason.TIMED_OUT)),
        (0.068, DIFFERS),
        (0.070, Step(Change.CONFIRMED, "issue credentials", Reason.FAILED)),
        (0.0715, Step(Change.CONFIRMED, "communicating", Reason.FAILED)),
        (0.0735, MISSED),
    ):
        if chance < until:
            return step, device_type
    return NOTHING, device_type
