"""Causes: which kind of trouble a code is in, and which product is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.products import Product


class Kind(StrEnum):
    """The two kinds of trouble; the remedy differs."""

    SHOUTERS = "shouters"
    """A few Devices over their threshold. Throttling holds them back; the Devices want looking at."""

    MURMUR = "murmur"
    """Many Devices, each under its threshold. No throttling reaches them; the firmware wants mending."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One kind of trouble with one code (or toggle pair), and the product behind it.

    alert_codes:  The code, or both of a toggle pair, in ascending order.
    product:      The product behind it, empty in the parts above which it was named: a model whose every
                  firmware is at it has no firmware. `NOT_KNOWN` where no product stands out or no Inventory was given.
    alerts:       Alerts of the product's Devices with these codes that are of this kind.
    devices:      Different Devices that raised them.
    installed:    Devices of the product in the Inventory; 0 without one.
    rate:         Alerts per installed Device and day; for shouters Devices that stormed per installed Device.
    rest:         The same of the rest of the fleet of this Device type, those behind another cause left out.
    ratio:        rate / rest; infinite where the rest is silent.
    p_value:      Of the test named in docs/explanation/causes.md, corrected for every comparison made; 1 where none was.
    """

    kind: Kind
    alert_codes: tuple[AlertCode, ...]
    product: Product
    alerts: int
    devices: int
    installed: int
    rate: float
    rest: float
    ratio: float
    p_value: float

    @property
    def is_named(self) -> bool:
        """Whether a product was found behind it."""
        return any(self.product[1:])
