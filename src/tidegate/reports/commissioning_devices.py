"""Devices as they were assessed, many at once as columns: what lists of them are written from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import DeviceIds
from tidegate.columnar.inventory import Attribute
from tidegate.reports.commissioning_steps import DeviceTold


@dataclass(frozen=True, slots=True)
class DevicesAssessed:
    """Some Devices; every column has a place for each, in the order of `device_id`.

    told:           What is told of Devices that are found alike.
    of:             Place in `told`.
    dimensions:     A column for each of `commissioning_status.DIMENSIONS`, in their order.
    model:          What the Inventory says.
    responsible:    As `Cohort`.
    months_open:    As `Cohort`.
    commissioned, begins, pending_until: Instants, `kernel.NEVER` where there is none; `pending_until` only of PENDING.
    doubled, future, before: Rows of evidence that did not count.
    is_in_inventory: Whether the Inventory has it.
    is_registered:  Whether the table of registrations has it; so of every Communications Hub Function, for it has
                    neither Supplier nor Network Operator.
    """

    device_id: DeviceIds
    told: Sequence[DeviceTold]
    of: NDArray[np.int64]
    dimensions: Sequence[Attribute]
    model: Attribute
    responsible: Attribute
    months_open: NDArray[np.int64]
    commissioned: NDArray[np.int64]
    begins: NDArray[np.int64]
    pending_until: NDArray[np.int64]
    doubled: NDArray[np.uint32]
    future: NDArray[np.uint32]
    before: NDArray[np.uint32]
    is_in_inventory: NDArray[np.bool_]
    is_registered: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.device_id)

    def where(self, mask: NDArray[np.bool_]) -> DevicesAssessed:
        """Some of them."""

        def column(values: NDArray[Any]) -> NDArray[Any]:
            return values[mask]

        def said(attribute: Attribute) -> Attribute:
            return Attribute(attribute.places[mask], attribute.texts)

        return DevicesAssessed(
            device_id=column(self.device_id),
            told=self.told,
            of=column(self.of),
            dimensions=[said(each) for each in self.dimensions],
            model=said(self.model),
            responsible=said(self.responsible),
            months_open=column(self.months_open),
            commissioned=column(self.commissioned),
            begins=column(self.begins),
            pending_until=column(self.pending_until),
            doubled=column(self.doubled),
            future=column(self.future),
            before=column(self.before),
            is_in_inventory=column(self.is_in_inventory),
            is_registered=column(self.is_registered),
        )
