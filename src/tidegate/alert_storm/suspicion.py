"""Which products are guilty: step by step, the most exceeding first.

A guilty product raises the rate of the rest that others are held against, and
so hides them. Therefore the one that exceeds most is found, taken out of the
rest, and all is compared again, until none is left that exceeds enough. At every
step the chance that is allowed is divided among the comparisons still open
(Holm, 1979), over every code, product, level and kind together.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.exceedance import (
    Exceedance,
    Numbers,
    Raised,
    murmur_exceedance,
    storm_exceedance,
)
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

Mask = NDArray[np.bool_]


@dataclass
class Trial(ABC):
    """One Alert Code and the products of one Device type, while it is found out who is guilty of it.

    tree:         The products.
    installed:    float64 (leaves, regions), Devices.
    guilty:       bool (leaves), those found so far.
    comparisons:  How many nodes of the tree can be compared.
    """

    alert_code: AlertCode
    tree: ProductTree
    installed: Numbers
    guilty: Mask = field(init=False)
    comparisons: int = field(init=False)

    def __post_init__(self) -> None:
        self.guilty = np.zeros(len(self.tree.leaves), np.bool_)
        in_nodes = self.tree.members @ self.installed.sum(axis=1)
        self.comparisons = int(((in_nodes > 0) & (in_nodes < self.installed.sum())).sum())

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
        """Devices installed of a set of leaves."""
        return int(part @ self.installed.sum(axis=1))

    def rest_of(self, parts: Mask) -> Mask:
        """What sets of leaves are held against: the type without them, and without the guilty."""
        return ~parts & ~self.guilty


class MurmurTrial(Trial):
    """Alerts of Devices that did not storm."""

    def __init__(
        self,
        alert_code: AlertCode,
        tree: ProductTree,
        installed: Numbers,
        raised: Raised,
        devices: Numbers,
        all_alerts: int,
    ) -> None:
        """With raised and devices (those that raised it) (leaves, regions), and the Alerts of the whole log."""
        super().__init__(alert_code, tree, installed)
        self.raised = raised
        self.devices = devices
        self._all_alerts = all_alerts

    def compare(self, parts: Mask, rests: Mask) -> Exceedance:
        """Compare their rates of Alerts, region by region."""
        return murmur_exceedance(self.raised.of(parts), self.raised.of(rests))

    def stands_out(self, parts: Mask, rests: Mask, found: Exceedance) -> Mask:
        """By the ratio, by the Devices it takes to murmur, and wherever they are installed."""
        devices = parts @ self.devices.sum(axis=1)
        stands_out: Mask = (found.ratio >= LEAST_RATIO) & (devices >= LEAST_DEVICES)
        for at in np.flatnonzero(stands_out & (found.z >= AGREES)).tolist():
            stands_out[at] = self._is_everywhere(parts[at], rests[at])
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
            share * float(self.devices.sum(axis=1) @ like) >= 2 * LEAST_DEVICES
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


class ShouterTrial(Trial):
    """Devices that stormed."""

    def __init__(
        self, alert_code: AlertCode, tree: ProductTree, installed: Numbers, stormed: Numbers
    ) -> None:
        """With Devices that stormed (leaves, regions)."""
        super().__init__(alert_code, tree, installed)
        self.stormed = stormed

    def compare(self, parts: Mask, rests: Mask) -> Exceedance:
        """Compare how many of them stormed, region by region."""
        return storm_exceedance(
            parts @ self.stormed, parts @ self.installed, rests @ self.stormed, rests @ self.installed
        )

    def stands_out(self, parts: Mask, rests: Mask, found: Exceedance) -> Mask:
        """By the ratio, and by how many stormed."""
        del rests
        stormed = parts @ self.stormed.sum(axis=1)
        stands_out: Mask = (found.ratio >= LEAST_RATIO) & (stormed >= LEAST_STORMED)
        return stands_out

    def matters(self, parts: Mask, found: Exceedance) -> Mask:
        """Each does: a storm is trouble enough."""
        del found
        return np.ones(len(parts), np.bool_)

    def can_tell(self, part: Mask, like: Mask, needed: float) -> bool:
        """By how many would have stormed."""
        installed = self.installed.sum(axis=1)
        share = float(installed @ part) / float(installed @ like)
        z = float(self.compare(like[None], self.rest_of(like[None])).z[0])
        expected = share * float(self.stormed.sum(axis=1) @ like)
        return expected >= 2 * LEAST_STORMED and z * math.sqrt(share) >= needed + AGREES


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in every trial, of which each keeps its `guilty`.

    comparisons:  How many were made.
    allowed:      Natural logarithm of the chance that the last one found was allowed.
    """

    comparisons: int
    allowed: float


def find_guilty(trials: Sequence[Trial]) -> Findings:
    """Find who is guilty in every trial.

    Of a guilty node only what can be shown of it is marked: those of its children that exceed what is
    outside it, or all of it where no child alone can be shown to.
    """
    comparisons = sum(trial.comparisons for trial in trials)
    best = [_most_exceeding(trial) for trial in trials]
    found = 0
    while True:
        allowed = math.log(LEVEL / max(comparisons - found, 1))
        log_p, at = min(((log_p, at) for at, (log_p, _) in enumerate(best)), default=(0.0, -1))
        if log_p > allowed:
            break
        _accuse(trials[at], best[at][1], allowed)
        best[at] = _most_exceeding(trials[at])
        found += 1
    for trial in trials:
        _accuse_relatives(trial, allowed)
    return Findings(comparisons, allowed)


def _most_exceeding(trial: Trial) -> tuple[float, int]:
    """The log p and the node of the one that exceeds most, of those that exceed by enough to matter."""
    parts = trial.tree.members & ~trial.guilty
    if not parts.any():
        return 0.0, -1
    rests = trial.rest_of(trial.tree.members)
    found = trial.compare(parts, rests)
    is_open = (found.log_p < math.log(LEVEL)) & trial.matters(parts, found)
    is_open[is_open] = trial.stands_out(parts[is_open], rests[is_open], _only(found, is_open))
    if not is_open.any():
        return 0.0, -1
    # Of equals the smallest: firmwares stand before models.
    node = int(np.argmin(np.where(is_open, found.log_p, np.inf)))
    return float(found.log_p[node]), node


def _accuse(trial: Trial, node: int, allowed: float) -> None:
    rest = trial.rest_of(trial.tree.members[node][None])[0]
    trial.guilty = trial.guilty | _shown(trial, node, rest, allowed)


def _shown(trial: Trial, node: int, rest: Mask, allowed: float) -> Mask:
    """The leaves of a guilty node that are guilty; all in it are held against the same rest, outside it."""
    of_node: Mask = trial.tree.members[node] & ~trial.guilty
    children = [
        child for child in trial.tree.children[node] if (trial.tree.members[child] & ~trial.guilty).any()
    ]
    guilty = [child for child in children if _is_guilty(trial, child, rest, allowed)]
    if not guilty:
        return of_node
    shown: Mask = np.logical_or.reduce([_shown(trial, child, rest, allowed) for child in guilty])
    return shown


def _is_guilty(trial: Trial, node: int, rest: Mask, allowed: float) -> bool:
    part = (trial.tree.members[node] & ~trial.guilty)[None]
    found = trial.compare(part, rest[None])
    return bool(found.log_p[0] <= allowed and trial.stands_out(part, rest[None], found)[0])


def _accuse_relatives(trial: Trial, allowed: float) -> None:
    """Find those too that stand out but alone would not matter, of makers who are guilty of what does."""
    for top in trial.tree.tops:
        family = trial.tree.members[top]
        while (family & trial.guilty).any() and (family & ~trial.guilty).any():
            relatives = [
                node
                for node in range(len(trial.tree.nodes))
                if (trial.tree.members[node] & family & ~trial.guilty).any()
                and _is_guilty(trial, node, trial.rest_of(trial.tree.members[node][None])[0], allowed)
            ]
            if not relatives:
                break
            _accuse(trial, relatives[0], allowed)


def _only(found: Exceedance, which: Mask) -> Exceedance:
    return Exceedance(*(getattr(found, each.name)[which] for each in fields(Exceedance)))
