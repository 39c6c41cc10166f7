"""Devices counted by all that a report counts them by, shard by shard, as numbers; words only at the end.

What an Inventory has more makers or types of than a report shows is counted as `others`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import Names
from tidegate.columnar.inventory import Attribute, Inventory, numbered_together
from tidegate.commissioning.criteria import Criteria
from tidegate.commissioning.kernel import NEVER
from tidegate.operations.assessed_shard import COUNTED_BY, AssessedShard, numbered
from tidegate.operations.whole_months import format_months
from tidegate.reports.commissioning_cohorts import CohortTable
from tidegate.reports.commissioning_devices import DevicesAssessed
from tidegate.reports.commissioning_status import Change, Cohort, DeviceStatus, Step
from tidegate.reports.commissioning_steps import DeviceTold

MOST_NAMED: Final = 100
"""Makers, and Device types, that are told apart; the rest are `others`."""

OTHERS: Final = "others"

SHOWN: Final = 20
"""Devices of each step that a report names; files have all."""

_MOST_HELD: Final = 1 << 20
"""Rows of the tally before those that are alike are joined."""


class CohortTally:
    """Counts shards; `devices` and the like are sums so far."""

    def __init__(self, criteria: Sequence[Criteria], names: Names, inventory: Inventory | None) -> None:
        self._criteria = criteria
        self._names = names
        self._regions = ["", *(() if inventory is None else inventory.attributes["csp_region"].texts)]
        self._types = _common(inventory, "device_type")
        self._makers = _common(inventory, "manufacturer")
        self._told: list[DeviceTold] = []
        self._number_of: dict[tuple[Any, ...], int] = {}
        self._held: list[NDArray[np.int64]] = []
        self._shown: dict[Step, list[tuple[int, DeviceStatus]]] = {}
        self.devices = self.in_inventory = self.registered = self.contradictory = 0
        self.rows = self.doubled = self.future = self.before = self.without_evidence = 0

    def take(self, shard: AssessedShard) -> None:
        """One more."""
        self.rows += shard.rows
        self.doubled += shard.doubled
        self.future += shard.future
        self.before += shard.before
        self.without_evidence += shard.without_evidence
        devices = shard.devices
        self.devices += len(devices)
        self.in_inventory += int(devices.is_in_inventory.sum())
        self.registered += int(devices.is_registered.sum())
        is_contradictory = np.array([each.is_contradictory for each in devices.told], np.bool_)
        self.contradictory += int(is_contradictory[devices.of].sum())
        if not len(devices):
            return
        columns = list(shard.counted_by)
        numbers = np.array([self._told_number(each) for each in devices.told], np.int64)
        columns[0] = numbers[devices.of]
        columns[COUNTED_BY.index("device_type")] = self._types[0][columns[COUNTED_BY.index("device_type")]]
        columns[COUNTED_BY.index("manufacturer")] = self._makers[0][columns[COUNTED_BY.index("manufacturer")]]
        which, first = numbered_together(columns)
        cohorts = np.stack([column[first].astype(np.int64) for column in columns])
        self._held.append(np.vstack([cohorts, np.bincount(which)]))
        if sum(each.shape[1] for each in self._held) > _MOST_HELD:
            self._held = [_joined(self._held)]
        self._show(devices, [column[first] for column in columns], which)

    def cohorts(self) -> CohortTable:
        """Every cohort, and how many Devices are in it."""
        held = _joined(self._held) if self._held else np.empty((len(COUNTED_BY) + 1, 0), np.int64)
        columns = dict(zip(COUNTED_BY, held, strict=False))
        texts = {
            "csp_region": Attribute(columns["csp_region"], self._regions),
            "device_type": Attribute(columns["device_type"], self._types[1]),
            "manufacturer": Attribute(columns["manufacturer"], self._makers[1]),
            "month": numbered(columns["month"], format_months),
            **{
                name: numbered(columns[name], self._names.name_of)
                for name in ("supplier", "network_operator", "responsible")
            },
        }
        return CohortTable(self._told, columns["told"], texts, columns["months_open"], held[-1])

    def shown(self) -> dict[Step, list[DeviceStatus]]:
        """The first Devices of each step, by EUI-64."""
        return {step: [status for _, status in listed] for step, listed in self._shown.items()}

    def _told_number(self, told: DeviceTold) -> int:
        """Of those that a report counts alike, one number."""
        key = (told.verdicts, told.step, told.action)
        number = self._number_of.setdefault(key, len(self._told))
        if number == len(self._told):
            self._told.append(told)
        return number

    def _cohort(self, key: Sequence[int]) -> Cohort:
        told, supplier, operator, region, device_type, maker, month, responsible, months_open = key
        of = self._told[told]
        dimensions = (
            self._names.name_of(supplier),
            self._names.name_of(operator),
            self._regions[region],
            self._types[1][device_type],
            self._makers[1][maker],
            format_months(month),
        )
        return Cohort(
            dimensions, of.verdicts, of.step, of.action, self._names.name_of(responsible), months_open
        )

    def _show(
        self, devices: DevicesAssessed, cohorts: Sequence[NDArray[Any]], which: NDArray[np.int64]
    ) -> None:
        """Keep the first Devices of each step; they come in ascending order."""
        steps = [each.step for each in devices.told]
        for step in {step for step in steps if step.change is not Change.NONE}:
            is_its = np.array([each == step for each in steps], np.bool_)[devices.of]
            listed = self._shown.setdefault(step, [])
            for row in np.flatnonzero(is_its)[:SHOWN].tolist():
                cohort = self._cohort([int(column[which[row]]) for column in cohorts])
                begins, until = int(devices.begins[row]), int(devices.pending_until[row])
                device_id = int(devices.device_id[row])
                status = DeviceStatus(device_id, cohort, begins, None if until == NEVER else until)
                listed.append((device_id, status))
            listed.sort(key=lambda each: each[0])
            del listed[SHOWN:]


def _common(inventory: Inventory | None, name: str) -> tuple[NDArray[np.int64], list[str]]:
    """What an Inventory says most often: for each place of its texts from 1 that of those told apart, and these."""
    if inventory is None:
        return np.zeros(1, np.int64), [""]
    attribute = inventory.attributes[name]
    counts = np.bincount(attribute.places[inventory.is_first], minlength=len(attribute.texts))
    most = np.argsort(-counts, kind="stable")[:MOST_NAMED]
    number = np.full(1 + len(attribute.texts), 1, np.int64)
    number[0] = 0
    number[1 + most] = 2 + np.arange(len(most))
    return number, ["", OTHERS, *(attribute.texts[place] for place in most.tolist())]


def _joined(held: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Those that are alike as one."""
    together = np.concatenate(held, axis=1)
    which, first = numbered_together(list(together[:-1]))
    counts = np.bincount(which, weights=together[-1], minlength=len(first)).astype(np.int64)
    return np.vstack([together[:-1, first], counts])
