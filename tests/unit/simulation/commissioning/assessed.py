"""Small simulations, assessed in memory: what each set of criteria says beside what is true."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.commissioning.assessment import Verdict
from tidegate.commissioning.columns import DevicesInOrder, DeviceTypes
from tidegate.operations.measure_accuracy import AccuracyTally
from tidegate.operations.simulate_commissioning import TruthRows
from tidegate.policy_files import CODES_CRITERIA, OUTCOME_CRITERIA, published_criteria
from tidegate.reports.commissioning_accuracy import CommissioningAccuracy, CriteriaAccuracy
from tidegate.simulation.catalogue import DeviceType
from tidegate.simulation.commissioning.causes import Cause
from tidegate.simulation.commissioning.run import CommissioningSimulation
from tidegate.simulation.commissioning.scenario import CommissioningScenario, Share
from tidegate.vocabulary.instants import DAY

CRITERIA = [published_criteria(CODES_CRITERIA), published_criteria(OUTCOME_CRITERIA)]

QUIET = CommissioningScenario(
    name="quiet",
    summary="Nothing happens.",
    reproduces="Nothing.",
    invented="All.",
    expected="Nothing.",
    starts_at=DAY * 18_000,
    days=60,
    devices=400,
)

WITH_PARTIES = frozenset({DeviceType.ESME, DeviceType.GPF, DeviceType.GSME})


def of_cause(cause: Cause, **also: Any) -> CommissioningScenario:
    """A scenario in which all Devices have a cause, but for those it cannot befall."""
    return replace(QUIET, causes=(Share(cause, 1.0, "invented [U]"),), **also)


@dataclass(frozen=True)
class Run:
    """All that a simulation hands on, in one piece; `device_type` of each Device, in the order of the truth."""

    evidence: NDArray[Any]
    registrations: NDArray[Any]
    truth: TruthRows
    device_type: NDArray[np.uint8]
    accuracy: CommissioningAccuracy

    @property
    def codes(self) -> CriteriaAccuracy:
        return self.accuracy.criteria[0]

    @property
    def outcome(self) -> CriteriaAccuracy:
        return self.accuracy.criteria[1]

    def verdicts(self, cause: Cause) -> list[set[Verdict]]:
        """Those that Devices of a cause have, by each set of criteria."""
        (found,) = (each for each in self.accuracy.causes if each.cause == cause.text)
        return [{verdict for verdict, count in each.items() if count} for each in found.verdicts]


def run(scenario: CommissioningScenario, devices: int | None = None, seed: int = 1) -> Run:
    installs = CommissioningSimulation(scenario, devices=devices, seed=seed)
    parts = list(installs.slices())
    evidence = np.concatenate([part.evidence for part in parts])
    registrations = np.concatenate([part.registrations for part in parts])
    truth = TruthRows.concatenate([part.truth for part in parts])
    device_type = np.concatenate([part.inventory.attributes["device_type"].places for part in parts])
    device_type, truth = device_type[np.argsort(truth.device_id)], truth.by_device()

    tally = AccuracyTally(truth, [each.name for each in CRITERIA], installs.causes)
    devices_in_order = DevicesInOrder(evidence, registrations)
    verdicts = []
    for criteria in CRITERIA:
        types = DeviceTypes(criteria)
        bits = np.array([types.bit_of(kind.name) for kind in DeviceType], np.uint64)[device_type]
        verdicts.append(devices_in_order.assess(criteria, installs.names, installs.until, bits).verdict)
    tally.take(devices_in_order.device_id, verdicts)
    return Run(evidence, registrations, truth, device_type, tally.accuracy(installs.until))
