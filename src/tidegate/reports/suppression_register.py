"""The suppression register as a report: how each suppression stands at an instant, and whom it concerns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tidegate.alert_storm.suppressions import Suppression
from tidegate.columnar.inventory import Inventory
from tidegate.policy.mechanism import MechanismDocument
from tidegate.policy.suppressions import FixStatus, RegisterEntry, Status, status_at
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.products import Product


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """One suppression at an instant.

    devices:         Devices of its products then; None without an Inventory.
    devices_mended:  Devices of the same make and model that had the firmware that mends the fault; None
                     without an Inventory, and where no firmware mends it.
    """

    suppression: Suppression
    entry: RegisterEntry
    status: Status
    devices: int | None = None
    devices_mended: int | None = None

    @property
    def is_fix_available(self) -> bool:
        """A firmware mends the fault, and as far as is known there are Devices that do not have it yet."""
        return self.entry.fix_status is FixStatus.FIXED_IN and self.devices != 0

    @property
    def is_done_with(self) -> bool:
        """A firmware mends the fault, and every Device has it: the suppression can lapse."""
        return self.entry.fix_status is FixStatus.FIXED_IN and self.devices == 0


def register_lines(
    policy: MechanismDocument, at: Instant, inventory: Inventory | None = None
) -> list[RegisterLine]:
    """Every suppression of a policy as it stands at an instant, in the order of the file."""
    counted = None if inventory is None else _devices_by_product(inventory, at)
    return [
        _line(suppression, policy.register[suppression.id], at, counted)
        for suppression in policy.alert_storm.suppressions
    ]


def _line(
    suppression: Suppression, entry: RegisterEntry, at: Instant, counted: Sequence[tuple[Product, int]] | None
) -> RegisterLine:
    status = status_at(suppression, at)
    if counted is None:
        return RegisterLine(suppression, entry, status)
    mended = None
    if entry.fix_status is FixStatus.FIXED_IN:
        mended = _devices([suppression.products[0]._replace(firmware=entry.fixed_in)], counted)
    return RegisterLine(suppression, entry, status, _devices(suppression.products, counted), mended)


def _devices(products: Sequence[Product], counted: Sequence[tuple[Product, int]]) -> int:
    return sum(count for product, count in counted if any(own.includes(product) for own in products))


def _devices_by_product(inventory: Inventory, at: Instant) -> list[tuple[Product, int]]:
    """How many Devices were each product at an instant."""
    devices = inventory.device_id[inventory.is_first]
    rows = inventory.rows_at(devices, np.full(len(devices), at, np.int64))
    counts = np.bincount(inventory.product_numbers[rows], minlength=len(inventory.products)).tolist()
    return list(zip(inventory.products, counts, strict=True))
