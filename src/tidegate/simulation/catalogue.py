"""What is installed: Device types, and 5 makers, 14 models and 40 firmwares, all of them invented.

No maker of real Devices is named: an invented storm never stands beside a real
name. Firmware shares are Zipf's (the r-th most common has a share in 1/r) within
each kind of product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np


class DeviceType(IntEnum):
    """Device types of a domestic premises, in the order they stand in it."""

    ESME = 0
    CHF = 1
    GPF = 2
    GSME = 3
    PPMID = 4


class Product(IntEnum):
    """Kinds of product; a Communications Hub is one product and two Devices (CHF and GPF)."""

    ELECTRICITY_METER = 0
    GAS_METER = 1
    COMMUNICATIONS_HUB = 2
    DISPLAY = 3


PRODUCT_OF: Final = {
    DeviceType.ESME: Product.ELECTRICITY_METER,
    DeviceType.CHF: Product.COMMUNICATIONS_HUB,
    DeviceType.GPF: Product.COMMUNICATIONS_HUB,
    DeviceType.GSME: Product.GAS_METER,
    DeviceType.PPMID: Product.DISPLAY,
}


@dataclass(frozen=True, slots=True)
class Firmware:
    """One firmware of one model; `share` is its part of all products of its kind, 0 to 1."""

    product: Product
    manufacturer: str
    model: str
    version: str
    share: float


_MAKER_OF: Final = {
    "M1": "Maker A", "M2": "Maker B", "M3": "Maker C", "M4": "Maker D", "M5": "Maker E",
    "M6": "Maker A", "M7": "Maker B", "M8": "Maker C",
    "M9": "Maker A", "M10": "Maker B", "M11": "Maker D",
    "M12": "Maker B", "M13": "Maker C", "M14": "Maker E",
}  # fmt: skip

# Most common first. The third electricity meter firmware has just under a tenth of the meters:
# the one that murmurs.
_BY_RANK: Final = {
    Product.ELECTRICITY_METER: (
        "M2 2.01", "M3 1.10", "M1 1.04", "M2 1.97", "M4 3.00", "M1 1.02", "M3 1.08", "M5 5.12",
        "M2 1.90", "M1 1.00", "M4 2.20", "M3 1.02", "M5 5.07", "M2 1.80", "M1 0.98", "M4 2.00",
    ),
    Product.GAS_METER: (
        "M6 1.20", "M7 3.01", "M8 2.00", "M6 1.10", "M7 2.90", "M8 1.50", "M6 1.00", "M7 2.00", "M8 1.00",
    ),
    Product.COMMUNICATIONS_HUB: (
        "M9 4.02", "M10 2.30", "M11 1.06", "M9 3.90", "M10 2.10", "M11 1.00", "M9 3.10", "M10 1.90",
    ),
    Product.DISPLAY: (
        "M12 1.30", "M13 2.02", "M14 1.01", "M12 1.20", "M13 1.90", "M14 0.90", "M12 1.00",
    ),
}  # fmt: skip


def _catalogue() -> tuple[Firmware, ...]:
    entries = []
    for product, by_rank in _BY_RANK.items():
        zipf = 1.0 / np.arange(1, len(by_rank) + 1)
        for name, share in zip(by_rank, zipf / zipf.sum(), strict=True):
            model, version = name.split()
            entries.append(Firmware(product, _MAKER_OF[model], model, version, float(share)))
    return tuple(entries)


FIRMWARES: Final = _catalogue()
"""All 40, by kind of product and most common first; a firmware's number is its place here."""

MAKERS: Final = tuple(sorted({firmware.manufacturer for firmware in FIRMWARES}))
MODELS: Final = tuple(sorted(_MAKER_OF, key=lambda model: int(model[1:])))


def firmware_number(name: str) -> int:
    """The number of a firmware named as `M1 1.04`."""
    model, version = name.split()
    return next(
        number
        for number, firmware in enumerate(FIRMWARES)
        if (firmware.model, firmware.version) == (model, version)
    )


def firmwares_of(model: str) -> tuple[int, ...]:
    """The numbers of a model's firmwares."""
    return tuple(number for number, firmware in enumerate(FIRMWARES) if firmware.model == model)


# 21 Devices in 5 premises: 4.2 a premises and 8 meters in 5 homes, which is what was published for
# July 2022 (54 M Devices and 21 M meters in 13 M homes). Who has gas and who a display is invented.
_DUAL_FUEL: Final = (DeviceType.ESME, DeviceType.CHF, DeviceType.GPF, DeviceType.GSME, DeviceType.PPMID)
_ELECTRICITY_ONLY: Final = (DeviceType.ESME, DeviceType.CHF, DeviceType.GPF)
BLOCK: Final = (_DUAL_FUEL, _DUAL_FUEL, _DUAL_FUEL, _ELECTRICITY_ONLY, _ELECTRICITY_ONLY)
"""The Devices of five premises; the estate repeats them."""


def of_seed(seed: int, choices: Sequence[int]) -> int:
    """One of some firmwares by the seed: seed 1 has the first, seed 2 the second, and so on around."""
    return choices[(seed - 1) % len(choices)]
