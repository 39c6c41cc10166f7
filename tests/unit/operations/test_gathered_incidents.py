"""Communications Hub Functions called failed, gathered, and the number of the problem that each is of."""

from __future__ import annotations

import numpy as np

from tidegate.columnar.inventory import Attribute
from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.deciding import Duty
from tidegate.commissioning.finding import Reason
from tidegate.operations.gathered_incidents import IncidentsGathered, problems_of
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_incidents import IncidentIs, ProblemKey
from tidegate.reports.commissioning_status import Change, Step
from tidegate.reports.commissioning_steps import NO_STEP, DeviceTold

SILENT = Step(Change.CONFIRMED, "communicating", Reason.FAILED)


def devices(*rows: tuple[str, str, int], operator: str = "") -> DevicesAssessed:
    """Devices 1, 2, ...: the type, the maker, and whether it is silent (1) or failed by neither (0)."""
    kinds, makers, of = zip(*rows, strict=True)
    count = len(rows)
    numbers = np.zeros(count, np.int64)
    counts = np.zeros(count, np.uint32)
    told = [
        DeviceTold((Verdict.FAILED,) * 2, step, "", Duty.DCC, "", "", "", "", "", is_contradictory=False)
        for step in (NO_STEP, SILENT)
    ]
    nothing = attribute([""] * count)
    return DevicesAssessed(
        np.arange(1, count + 1, dtype=np.uint64), told, np.array(of, np.int64),
        [nothing, attribute([operator] * count), attribute(["North"] * count), attribute(kinds), attribute(makers), nothing],
        nothing, attribute(["DCC"] * count), numbers, numbers, numbers, numbers, counts, counts, counts,
        np.ones(count, np.bool_), np.ones(count, np.bool_),
    )  # fmt: skip


def attribute(texts) -> Attribute:
    different = sorted({"", *texts})
    return Attribute(np.array([different.index(text) for text in texts]), different)


def test_hubs_that_are_called_failed_are_gathered_and_every_hub_is_counted():
    gathered = IncidentsGathered()
    gathered.write(
        devices(("CHF", "Alpha", 1), ("ESME", "Alpha", 1), ("chf", "Alpha", 0), ("chf", "Beta", 1))
    )
    gathered.write(devices(("ESME", "Alpha", 1)))

    assert 3 == gathered.hubs
    assert [[1, 4]] == [part.device_id.tolist() for part in gathered.parts]


def test_those_of_one_value_are_theirs_alone():
    gathered = IncidentsGathered()
    gathered.write(devices(("CHF", "Alpha", 1), operator="Moor"))
    gathered.write(devices(("CHF", "Alpha", 1), ("CHF", "Alpha", 1), operator="Fen"))

    assert [2] == [len(part) for part in gathered.of("network_operator", "Fen")]
    assert [] == gathered.of("network_operator", "Marsh")


def test_every_hub_is_of_the_problem_of_its_step_and_region():
    keys = [ProblemKey(IncidentIs.DUE, SILENT, region) for region in ("South", "North")]
    numbers = {key: number for number, key in enumerate(keys, 1)}

    assert [2, 2] == problems_of(devices(("CHF", "Alpha", 1), ("CHF", "Beta", 1)), numbers).tolist()
