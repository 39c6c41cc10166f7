"""One Alert Code on trial: how its products compare, and what must hold for one of them to be worth naming.

A trial knows the numbers of one kind of trouble, of the products of one Device
type. Who is guilty of it is found in `suspicion`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tidegate.alert_storm.exceedance import (
    Exceedance,
    Raised,
    murmur_exceedance,
    storm_exceedance,
)
from tidegate.alert_storm.fleet_changed import Mask, Once
from tidegate.alert_storm.naming import ProductTree
from tidegate.vocabulary.alert_codes import AlertCode

# Every figure here is our choice (readings.md#19), and each is printed with what it decided.

LEVEL: Final = 0.001
"""The chance of accusing anyone where no product differs, over all comparisons made of a log together."""

LEAST_RATIO: Final = 2.0
"""A product that raises less than this many times what the rest raises is not worth a call to its maker."""

LEAST_DEVICES: Final = 20
"""Fewer Devices than this that raised a code without storming are no murmur."""

LEAST_EXCESS: Final = 0.01
"""Alerts per Device and day over the rest; less is an Alert too many in a hundred days."""

LEAST_SHARE: Final = 0.01
"""Of all Alerts of the log, the least that a product must raise in excess."""

LEAST_STORMED: Final = 3
"""Fewer Devices of a product than this that stormed are chance, whatever their product."""

TELLS: Final = 4.0
"""Standard errors to be expected of a part of the fleet before its silence says anything."""

AGREES: Final = 2.0
"""Standard errors, where a product is also installed outside the region it exceeds most in, that it exceeds there."""

AGREES_RATIO: Final = 1.5
"""And how many times the rest; a fault goes with its product, weather stays where it is."""

ALL_ALONG: Final = 1.05
"""Whole periods for each period a product was there; from here on it is held to the whole."""


@dataclass
class Trial(ABC):
    """One Alert Code and the products of one Device type, while it is found out who is guilty of it.

    tree:         The products.
    installed:    Devices of the leaves.
    guilty:       bool (leaves), those found so far.
    comparisons:  How many nodes of the tree can be compared.
    """

    alert_code: AlertCode
    tree: ProductTree
    installed: Once
    guilty: Mask = field(init=False)
    comparisons: int = field(init=False)

    def __post_init__(self) -> None:
        self.guilty = np.zeros(len(self.tree.leaves), np.bool_)
        in_nodes = self.tree.members @ self.installed.parts.sum(axis=1)
        self.comparisons = int(((in_nodes > 0) & (in_nodes < self.installed.parts.sum())).sum())

    @abstractmethod
    def compare(self, parts: Mask, rests: Mask) -> Exceedance:
        """Compare sets of leaves with others; masks (sets, leaves)."""

    @abstractmethod
    def stands_out(self, parts: Mask, rests: Mask, found: Exceedance) -> Mask:
        """Which of the sets are unlike the rest, by how many times and in how many Devices."""

    @abstractmethod
    def matters(self, parts: Mask, found: Exceedance) -> Mask:
        """Which of the sets raise so much more that someone would want to know."""

    @abstractmethod
    def can_tell(self, part: Mask, like: Mask, needed: float) -> bool:
        """Whether a set of leaves, were it like others that are guilty, would surely have been found.

        needed:  Standard errors that the others had to be over the rest.
        """

    def installed_in(self, part: Mask) -> int:
        """Devices installed of a set of leaves, each once."""
        return int(self.installed.in_all(part[None])[0])

    def rest_of(self, parts: Mask) -> Mask:
        """What sets of leaves are held against: the type without them, and without the guilty."""
        return ~parts & ~self.guilty


class MurmurTrial(Trial):
    """Alerts of Devices that did not storm."""

    def __init__(
        self,
        alert_code: AlertCode,
        tree: ProductTree,
        installed: Once,
        raised: Raised,
        devices: Once,
        all_alerts: int,
        days: float,
    ) -> None:
        """With raised (leaves, regions) and the Devices that did, the Alerts of the log and its days."""
        super().__init__(alert_code, tree, installed)
        self.raised = raised
        self.devices = devices
        self._all_alerts = all_alerts
        self._days = days

    def compare(self, parts: Mask, rests: Mask) -> Exceedance:
        """Compare their rates of Alerts, region by region."""
        return murmur_exceedance(self.raised.of(parts), self.raised.of(rests))

    def stands_out(self, parts: Mask, rests: Mask, found: Exceedance) -> Mask:
        """By the ratio, by the Devices it takes to murmur, and wherever they are installed."""
        devices = self.devices.in_all(parts)
        stands_out: Mask = (found.ratio >= LEAST_RATIO) & (devices >= LEAST_DEVICES)
        for at in np.flatnonzero(stands_out & (found.z >= AGREES)).tolist():
            stands_out[at] = self._is_everywhere(parts[at], rests[at]) and self._is_all_along(
                parts[at], rests[at]
            )
        return stands_out

    def matters(self, parts: Mask, found: Exceedance) -> Mask:
        """By the excess, of a Device and in all."""
        excess = found.rate - found.rest
        alerts = excess * (parts @ self.raised.exposure.sum(axis=1))
        matters: Mask = (excess >= LEAST_EXCESS) & (alerts >= LEAST_SHARE * self._all_alerts)
        return matters

    def can_tell(self, part: Mask, like: Mask, needed: float) -> bool:
        """By the Devices that would raise it, and the standard errors that are left with as many as these."""
        exposure = float(self.raised.exposure.sum(axis=1) @ part)
        others = float(self.raised.exposure.sum(axis=1) @ like)
        share = exposure / others if others else 0.0
        z = float(self.compare(like[None], self.rest_of(like[None])).z[0])
        return (
            share * float(self.devices.in_all(like[None])[0]) >= 2 * LEAST_DEVICES
            and z * math.sqrt(share) >= needed + AGREES
        )

    def _is_everywhere(self, part: Mask, rest: Mask) -> bool:
        """Whether it exceeds outside its worst region as well, as far as that could be told."""
        mine, others = self.raised.of(part[None]), self.raised.of(rest[None])
        regions = mine.exposure.shape[1]
        both = (mine.exposure[0] > 0) & (others.exposure[0] > 0)
        if both.sum() <= 1:
            return True
        alone = np.eye(regions, dtype=np.bool_)[both]
        each = murmur_exceedance(mine.in_strata(alone), others.in_strata(alone))
        worst = int(np.argmax((each.rate - each.rest) * mine.exposure[0][both]))
        elsewhere = murmur_exceedance(mine.in_strata(~alone[worst]), others.in_strata(~alone[worst]))
        share = mine.exposure[0][~alone[worst] & both].sum() / mine.exposure[0][alone[worst]].sum()
        if float(each.z[worst]) * math.sqrt(share) < TELLS:
            return True
        return bool(elsewhere.z[0] >= AGREES and elsewhere.ratio[0] >= AGREES_RATIO)

    def _is_all_along(self, part: Mask, rest: Mask) -> bool:
        """Whether it exceeds too if its Devices, part of the period of another product, are held to the whole of it.

        A firmware that is new since Monday was there for all of Tuesday's weather, and for little else.
        """
        mine = self.raised.of(part[None])
        there = self.installed.by_region(part[None]) * self._days
        times = np.ones_like(there)
        np.divide(there, mine.exposure, out=times, where=mine.exposure > 0)
        if (times < ALL_ALONG).all():
            return True
        longer = Raised(
            mine.alerts,
            mine.exposure * times,
            mine.squares,
            mine.exposed * times,
            mine.exposure_squared * times**2,
        )
        found = murmur_exceedance(longer, self.raised.of(rest[None]))
        return bool(found.ratio[0] >= LEAST_RATIO and found.log_p[0] <= math.log(LEVEL))


class ShouterTrial(Trial):
    """Devices that stormed."""

    def __init__(self, alert_code: AlertCode, tree: ProductTree, installed: Once, stormed: Once) -> None:
        """With the Devices that stormed."""
        super().__init__(alert_code, tree, installed)
        self.stormed = stormed

    def compare(self, parts: Mask, rests: Mask) -> Exceedance:
        """Compare how many of them stormed, region by region."""
        stormed, installed = self.stormed.by_region, self.installed.by_region
        return storm_exceedance(stormed(parts), installed(parts), stormed(rests), installed(rests))

    def stands_out(self, parts: Mask, rests: Mask, found: Exceedance) -> Mask:
        """By the ratio, and by how many stormed."""
        del rests
        stormed = self.stormed.in_all(parts)
        stands_out: Mask = (found.ratio >= LEAST_RATIO) & (stormed >= LEAST_STORMED)
        return stands_out

    def matters(self, parts: Mask, found: Exceedance) -> Mask:
        """Each does: a storm is trouble enough."""
        del found
        return np.ones(len(parts), np.bool_)

    def can_tell(self, part: Mask, like: Mask, needed: float) -> bool:
        """By how many would have stormed."""
        share = self.installed_in(part) / self.installed_in(like)
        z = float(self.compare(like[None], self.rest_of(like[None])).z[0])
        expected = share * float(self.stormed.in_all(like[None])[0])
        return expected >= 2 * LEAST_STORMED and z * math.sqrt(share) >= needed + AGREES
