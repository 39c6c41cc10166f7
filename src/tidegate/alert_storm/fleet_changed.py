"""Devices that changed within a period: each is one Device, however many parts it has.

A fleet is counted by parts (`fleet_installed`). Parts add up where they are held
apart, firmware by firmware. Where several firmwares are told together, as their
model, a Device that went from one to the other would count twice: so what the
parts come to has taken off it here what was counted again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.inventory import numbered_together

INSTALLED: Final = -1
"""In place of an Alert Code: of the Devices that were installed, whatever they raised."""

STORMED: Final = 1
"""The Device stormed with the code, or with the other of its pair."""

SHOUTS_FIRST: Final = 2
"""It is a shouter with the code, the first of a pair;"""

SHOUTS_SECOND: Final = 4
"""with the second."""

MURMURS: Final = 8
"""And a row for itself: of the parts in each of which it murmurs."""

SHOUTS: Final = SHOUTS_FIRST | SHOUTS_SECOND

Mask = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Changed:
    """Devices with several parts, a row for those that were in the same places.

    First those that were there at all (INSTALLED), then those that raised a code there, then those that murmured
    there (MURMURS); each sorted by code and place.

    alert_code:  int64, the code counted, or INSTALLED.
    where:       bool (rows, products, regions).
    how:         uint8, STORMED, SHOUTS_FIRST, SHOUTS_SECOND; or MURMURS.
    devices:     int64, how many.
    """

    alert_code: NDArray[np.int64]
    where: Mask
    how: NDArray[np.uint8]
    devices: NDArray[np.int64]

    def of(self, alert_code: int, how: int = 0, *, but: int = 0) -> Changed:
        """Of one code, and of the Devices that are any of `how` (0: all that raised it) and none of `but`."""
        rows = (self.alert_code == alert_code) & ((how == 0) | (self.how & how != 0))
        rows &= self.how & (but if how == MURMURS else but | MURMURS) == 0
        return Changed(self.alert_code[rows], self.where[rows], self.how[rows], self.devices[rows])

    def again(self, cells: Mask) -> NDArray[np.int64]:
        """How many times too often Devices are counted in each of some sets of cells (sets, products, regions)."""
        counted = np.tensordot(cells.astype(np.int64), self.where.astype(np.int64), axes=((1, 2), (1, 2)))
        return np.asarray(np.maximum(counted - 1, 0) @ self.devices, np.int64)


@dataclass(frozen=True, slots=True)
class Once:
    """How many Devices there are of some products, by region, of whom each counts once.

    parts:    float64 (products, regions), their parts.
    changed:  Those of them with several.
    """

    parts: Numbers
    changed: Changed

    def taken(self, products: NDArray[np.int64]) -> Once:
        """Of these products only, in this order."""
        it = self.changed
        return Once(self.parts[products], Changed(it.alert_code, it.where[:, products], it.how, it.devices))

    def by_region(self, members: Mask) -> Numbers:
        """Devices of sets of products (sets, products), each once in a region: (sets, regions)."""
        counted = np.tensordot(members.astype(np.int64), self.changed.where.astype(np.int64), axes=(1, 1))
        again = np.tensordot(np.maximum(counted - 1, 0), self.changed.devices, axes=(1, 0))
        return np.asarray(members.astype(np.float64) @ self.parts - again, np.float64)

    def in_all(self, members: Mask) -> NDArray[np.int64]:
        """Devices of sets of products (sets, products), each once wherever it was: (sets)."""
        everywhere = np.repeat(members[:, :, None], self.parts.shape[1], axis=2)
        parts = members.astype(np.float64) @ self.parts.sum(axis=1)
        return np.asarray(np.rint(parts), np.int64) - self.changed.again(everywhere)


def changed_of(
    alert_code: NDArray[np.int64],
    owner: NDArray[np.int64],
    cell: NDArray[np.int64],
    how: NDArray[np.uint8],
    shape: tuple[int, int],
) -> Changed:
    """The Devices with several parts.

    Args:
        alert_code:  A row for each part and code, or INSTALLED,
        owner:       with the number of its Device,
        cell:        its product and region, product * regions + region,
        how:         and how the Device stormed with the code; the same of all its parts.
        shape:       Products, regions.
    """
    order = np.lexsort((cell, owner, alert_code))
    alert_code, owner, cell, how = alert_code[order], owner[order], cell[order], how[order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (alert_code[1:] != alert_code[:-1]) | (owner[1:] != owner[:-1])
    starts = np.flatnonzero(begins)
    sizes = np.diff(np.append(starts, len(order)))
    places = np.zeros((len(starts), int(sizes.max(initial=1))), np.int64)
    of_start = np.repeat(np.arange(len(starts)), sizes)
    # One more than the cell: 0 is none.
    places[of_start, np.arange(len(order)) - starts[of_start]] = cell + 1
    several = sizes > 1
    columns = [alert_code[starts] + 1, *places.T, how[starts]]
    columns = [column[several].astype(np.int64) for column in columns]
    numbers, first = numbered_together(columns)
    found = np.stack([column[first] for column in columns], axis=1)
    ranked = np.lexsort(found.T[::-1])
    where = np.zeros((len(first), shape[0] * shape[1] + 1), np.bool_)
    where[np.arange(len(first))[:, None], found[ranked, 1:-1]] = True
    return Changed(
        found[ranked, 0] - 1,
        where[:, 1:].reshape(len(first), *shape),
        found[ranked, -1].astype(np.uint8),
        np.bincount(numbers, minlength=len(first))[ranked],
    )


def joined(tables: Sequence[Changed]) -> Changed:
    """The rows of all, one after another."""
    return Changed(*(np.concatenate([getattr(it, each.name) for it in tables]) for each in fields(Changed)))
