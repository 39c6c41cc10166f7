"""One shard of whole Devices, assessed: columns of what is told of each, and what a report counts them by.

Devices that every set of criteria finds alike are told alike, and there are few kinds of
these: what is told is worked out once for each kind, by the readable rule of
`reports.commissioning_steps`, never Device by Device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds, Names
from tidegate.columnar.inventory import Attribute, Inventory, numbered_together
from tidegate.commissioning.assessment import Assessment, Verdict
from tidegate.commissioning.columns import DevicesInOrder, DeviceTypes
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.deciding import Duty
from tidegate.commissioning.finding import Finding, Reason
from tidegate.commissioning.kernel import NEVER, Assessed
from tidegate.commissioning.truth import Truth
from tidegate.operations.whole_months import format_months, months_since, months_through
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_incidents import COMMUNICATIONS_HUB_FUNCTION
from tidegate.reports.commissioning_steps import DeviceTold, told_of
from tidegate.vocabulary.instants import Instant

DCC: Final = "DCC"
"""Whose the checks and the Recovery cell are."""

COUNTED_BY: Final = (
    "told", "supplier", "network_operator", "csp_region", "device_type", "manufacturer", "month", "responsible",
    "months_open",
)  # fmt: skip
"""What a report counts Devices by, as numbers: parties are those of `Names`, what the Inventory says are places of
its texts from 1, months are `whole_months`."""


SAID: Final = ("supplier", "network_operator", "csp_region", "device_type", "manufacturer", "model")
"""What of an Inventory a report tells."""


@dataclass(frozen=True, slots=True)
class AssessedShard:
    """A shard, assessed.

    counted_by:        (COUNTED_BY, Devices).
    rows:              Of evidence, those of Devices that are left out too.
    doubled, future, before: Of them, those that did not count.
    without_evidence:  Devices of the registrations, or of evidence that is all of the future, that the Inventory has not.
    """

    devices: DevicesAssessed
    counted_by: Sequence[NDArray[Any]]
    rows: int
    doubled: int
    future: int
    before: int
    without_evidence: int


class ShardAssessor:
    """Assesses shards as at one instant; threads may share it."""

    def __init__(
        self, criteria: Sequence[Criteria], names: Names, as_at: Instant, inventory: Inventory | None
    ) -> None:
        self._criteria = criteria
        self._names = names
        self._as_at = as_at
        self._inventory = inventory
        self._told: dict[bytes, DeviceTold] = {}
        self._dcc = names.number_of(DCC)
        self._numbers = {
            name: np.array([0, *map(names.number_of, _texts(inventory, name))], np.uint32)
            for name in ("supplier", "network_operator")
        }
        # What is said to be nothing is not said.
        self._places = {
            name: np.array([place if text else 0 for place, text in enumerate(_texts(inventory, name), 1)])
            for name in SAID
        }
        types = ["", *_texts(inventory, "device_type")]
        self._bits = [
            np.array([DeviceTypes(each).bit_of(text) for text in types], np.uint64) for each in criteria
        ]
        self._is_hub = np.array([text.upper() == COMMUNICATIONS_HUB_FUNCTION for text in types], np.bool_)

    def assess(self, shard: tuple[NDArray[Any], NDArray[Any]]) -> AssessedShard:
        """Assess the Devices of a shard of which anything is known as at the instant."""
        evidence, registrations = shard
        devices = DevicesInOrder(evidence, registrations)
        said = self._said(devices.device_id)
        found = [
            devices.assess(criteria, self._names, self._as_at, bits[said["device_type"]])
            for criteria, bits in zip(self._criteria, self._bits, strict=True)
        ]
        last = found[-1]
        is_known = last.begins != NEVER
        doubled, future, before = (int(each.sum()) for each in (last.doubled, last.future, last.before))
        registered = devices.registered
        without = np.union1d(
            np.setdiff1d(registered, last.device_id, assume_unique=True), last.device_id[~is_known]
        )
        if not is_known.all():
            found = [Assessed(*(column[is_known] for column in each)) for each in found]
            said = {name: column[is_known] for name, column in said.items()}
        columns, counted_by = self._columns(found, said, registered)
        without_evidence = len(without) - int((self._rows_of(without) >= 0).sum())
        return AssessedShard(columns, counted_by, len(evidence), doubled, future, before, without_evidence)

    def _columns(
        self, found: Sequence[Assessed], said: dict[str, NDArray[Any]], registered: DeviceIds
    ) -> tuple[DevicesAssessed, Sequence[NDArray[Any]]]:
        last = found[-1]
        of, told = self._told_of(found)
        supplier = np.where(last.supplier > 0, last.supplier, self._numbers["supplier"][said["supplier"]])
        operator = np.where(
            last.operator > 0, last.operator, self._numbers["network_operator"][said["network_operator"]]
        )
        duty = np.array([each.duty for each in told], np.uint8)[of]
        is_hub = self._is_hub[said["device_type"]]
        responsible = np.select(
            [
                (duty == Duty.DCC) | ((duty == Duty.SUPPLIER) & is_hub & (supplier == 0)),
                duty == Duty.SUPPLIER,
                duty == Duty.NETWORK_OPERATOR,
            ],
            [np.uint32(self._dcc), supplier, operator],
            np.uint32(0),
        )
        verdict = last.verdict
        is_secure = verdict >= Verdict.SECURE_BY_COMMANDS
        months_open = np.where(is_secure, 0, months_since(last.begins, self._as_at))
        month = months_through(last.commissioned)
        until = last.begins + self._criteria[-1].time_allowed_us
        counted_by = [
            of, supplier, operator, said["csp_region"], said["device_type"], said["manufacturer"], month,
            responsible, months_open,
        ]  # fmt: skip
        devices = DevicesAssessed(
            device_id=last.device_id,
            told=told,
            of=of,
            dimensions=[
                self._named(supplier),
                self._named(operator),
                *(self._said_in(name, said) for name in ("csp_region", "device_type", "manufacturer")),
                numbered(month, format_months),
            ],
            model=self._said_in("model", said),
            responsible=self._named(responsible),
            months_open=months_open,
            commissioned=last.commissioned,
            begins=last.begins,
            pending_until=np.where(verdict == Verdict.PENDING, until, NEVER),
            doubled=last.doubled,
            future=last.future,
            before=last.before,
            is_in_inventory=said["row"] >= 0,
            is_registered=is_hub | _is_among(last.device_id, registered),
        )
        return devices, counted_by

    def _told_of(self, found: Sequence[Assessed]) -> tuple[NDArray[np.int64], list[DeviceTold]]:
        """What is told of each Device, and its place among it."""
        kinds = len(Reason)
        parts = [
            part
            for each in found
            for part in (each.verdict[:, np.newaxis], each.truth * np.uint8(kinds) + each.reason)
        ]
        alike = np.concatenate(parts, axis=1)
        of, first = numbered_together(list(alike.T.copy()))
        return of, [self._told_alike(alike[row].tobytes(), found, row) for row in first.tolist()]

    def _told_alike(self, alike: bytes, found: Sequence[Assessed], row: int) -> DeviceTold:
        told = self._told.get(alike)
        if told is None:
            assessments = [
                _assessment(each, row, criteria) for each, criteria in zip(found, self._criteria, strict=True)
            ]
            told = self._told[alike] = told_of(assessments, self._criteria)
        return told

    def _rows_of(self, device_id: DeviceIds) -> NDArray[np.int64]:
        """The rows of the Inventory; -1 where it has none."""
        if self._inventory is None:
            return np.full(len(device_id), -1, np.int64)
        return self._inventory.rows_at(device_id, np.full(len(device_id), self._as_at, np.int64))

    def _said(self, device_id: DeviceIds) -> dict[str, NDArray[Any]]:
        """What the Inventory says of Devices: its row, and of each attribute the place from 1; 0 where it has none."""
        rows = self._rows_of(device_id)
        said: dict[str, NDArray[Any]] = {"row": rows}
        for name in SAID:
            places = np.zeros(len(rows), np.int64)
            if self._inventory is not None:
                known = rows >= 0
                places[known] = self._places[name][self._inventory.attributes[name].places[rows[known]]]
            said[name] = places
        return said

    def _said_in(self, name: str, said: dict[str, NDArray[Any]]) -> Attribute:
        return Attribute(said[name], ["", *_texts(self._inventory, name)])

    def _named(self, numbers: NDArray[Any]) -> Attribute:
        return numbered(numbers, self._names.name_of)


def _texts(inventory: Inventory | None, name: str) -> Sequence[str]:
    return () if inventory is None else inventory.attributes[name].texts


def numbered(numbers: NDArray[Any], text_of: Callable[[int], str]) -> Attribute:
    """Numbers as the text of each."""
    places, first = numbered_together([numbers])
    return Attribute(places, [text_of(number) for number in numbers[first].tolist()])


def _assessment(found: Assessed, row: int, criteria: Criteria) -> Assessment:
    """What was found of one Device, without the evidence that said so."""
    names = [each.name for each in (*criteria.obligations, *criteria.cells)]
    findings = tuple(
        Finding(name, Truth(truth), Reason(reason))
        for name, truth, reason in zip(
            names, found.truth[row].tolist(), found.reason[row].tolist(), strict=True
        )
    )
    obligations = len(criteria.obligations)
    return Assessment(
        verdict=Verdict(int(found.verdict[row])),
        obligations=findings[:obligations],
        cells=findings[obligations:],
        commissioned=None,
        begins=None,
        pending_until=None,
        supplier="",
        network_operator="",
        before=(),
    )


def _is_among(device_id: DeviceIds, sorted_ids: DeviceIds) -> NDArray[np.bool_]:
    if not len(sorted_ids):
        return np.zeros(len(device_id), np.bool_)
    places = np.minimum(np.searchsorted(sorted_ids, device_id), len(sorted_ids) - 1)
    is_among: NDArray[np.bool_] = sorted_ids[places] == device_id
    return is_among
