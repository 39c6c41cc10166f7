"""Causes: which kind of trouble a code is in, and which product is behind it.

How it is found out stands in docs/explanation/causes.md: `exceedance` has the
two tests, `trials` what makes one worth naming, `suspicion` who is guilty by
them, `naming` as what it is told.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.exceedance import Numbers, Raised, standard_errors
from tidegate.alert_storm.fleet import FleetView
from tidegate.alert_storm.fleet_activity import MURMUR_RATE
from tidegate.alert_storm.fleet_changed import MURMURS, SHOUTS, STORMED, Once
from tidegate.alert_storm.naming import ProductTree, named, product_trees
from tidegate.alert_storm.suspicion import find_guilty
from tidegate.alert_storm.trials import LEAST_DEVICES, MurmurTrial, ShouterTrial, Trial
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import DAY
from tidegate.vocabulary.products import NOT_KNOWN, Product
from tidegate.vocabulary.toggle_pairs import codes_counted_as

# What makes murmur of which no product stands out. All of it is ours (readings.md#19); a Device murmurs from
# `MURMUR_RATE` Alerts a day on.

MURMUR_SHARE: Final = 0.05
"""The share of all Alerts that those who murmur with a code raise."""

MURMUR_PART: Final = 0.85
"""And their share of what is raised of the code by any but shouters. Where it is less, Devices are unlike each other,
and those who murmur are only the loudest of them."""

MURMUR_DEVICES: Final = 300
"""And how many they are: as many as may share a street, and a trouble of its own."""

MURMUR_ANY_PLACE: Final = 24.0
"""Alerts a day of each, one an hour, from which `LEAST_DEVICES` are enough, whatever they share."""

NAMED_SHARE: Final = 0.01
"""Of the Alerts of a toggle pair, the least that one of its codes must be to be named."""


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
                  Of `NOT_KNOWN`: Alerts a day of each of its Devices, and `rest` the same.
    rest:         The same of the rest of the fleet of this Device type, those behind another cause left out;
                  of murmur, shouters too.
    ratio:        rate / rest; infinite where the rest is silent.
    p_value:      Of the test named in docs/explanation/causes.md, corrected for every comparison made; 1 where none was.
    low, high:    95 % confidence interval of the ratio; of `NOT_KNOWN` it may be anything.
    stormed:      Of murmur, those of its Devices that stormed and are no shouters: only a suppression's threshold
                  was gone over, or what had waited somewhere came at once.
    rest_shouters: Of murmur, Devices of the rest that are shouters with the code: `rest` says nothing of them.
    is_excluded:  Its codes are on the exclusion list: no threshold applies, all passes, and no suppression may be made.
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
    low: float = 0.0
    high: float = math.inf
    stormed: int = 0
    rest_shouters: int = 0
    is_excluded: bool = False

    @property
    def is_named(self) -> bool:
        """Whether a product was found behind it."""
        return any(self.product[1:])


@dataclass(frozen=True, slots=True)
class Examined:
    """What a fleet was found guilty of, and how that was found out.

    causes:       By Alerts, the most first.
    comparisons:  How many were made; 0 without an Inventory.
    guilty:       For each kind and counted code the products behind a named cause, as places in the view's `products`.
    """

    causes: Sequence[Cause]
    comparisons: int
    guilty: Mapping[tuple[Kind, AlertCode], frozenset[int]]


def find_causes(view: FleetView, excluded: Collection[AlertCode] = ()) -> list[Cause]:
    """The causes of what a fleet raised, by Alerts, the most first (`examine` says more).

    What stands out of no product is told as a cause of `NOT_KNOWN`: shouters wherever there are any, and murmur
    of the Devices that raise `MURMUR_RATE` a day or more, where they are enough (`_is_murmur`).
    """
    return list(examine(view, excluded).causes)


def examine(view: FleetView, excluded: Collection[AlertCode] = ()) -> Examined:
    """Find out which kinds of trouble a fleet is in, and which products are behind them.

    excluded:  Codes of which every Alert passed by the exclusion list.
    """
    trees = product_trees(view.products)
    all_alerts = int(view.groups["alerts"].sum())
    codes = np.unique(view.groups["alert_code"]).tolist()
    raised = {code: RaisedOf(view, code) for code in codes}
    trials: list[tuple[Kind, Trial]] = []
    for code in codes:
        for tree in trees:
            trials += _trials(view, raised[code], tree, all_alerts)
    findings = find_guilty([trial for _, trial in trials])
    needed = standard_errors(findings.allowed)
    named_causes: list[tuple[float, Cause]] = []
    guilty: dict[tuple[Kind, AlertCode], frozenset[int]] = {}
    for kind, trial in trials:
        places: set[int] = set()
        for log_p, cause, of_cause in _named(raised[trial.alert_code], kind, trial, needed):
            named_causes.append((log_p, cause))
            places |= of_cause
        key = (kind, trial.alert_code)
        guilty[key] = guilty.get(key, frozenset()) | places
    causes = _corrected(named_causes, findings.comparisons)
    for code in codes:
        causes += _left_over(view, raised[code], guilty, all_alerts)
    causes = [replace(cause, is_excluded=set(cause.alert_codes) <= set(excluded)) for cause in causes]
    causes.sort(key=lambda cause: (-cause.alerts, cause.alert_codes, cause.kind, cause.product))
    return Examined(causes, findings.comparisons, guilty)


class RaisedOf:
    """What the fleet raised of one counted code; arrays (products, regions).

    alert_codes:              The code, or both of a pair where both are `NAMED_SHARE` of it; in ascending order.
    alerts, devices:          All of it.
    stormed_alerts, stormed_devices: Of Devices that stormed.
    shouting_alerts, shouting_devices: Of the shouters among them.
    murmured:                 Of all but shouters, for the test.
    """

    def __init__(self, view: FleetView, code: AlertCode) -> None:
        rows = view.groups["alert_code"] == code
        self._columns = columns = {name: column[rows] for name, column in view.groups.items()}
        self._changed = view.changed
        at = (columns["product"], columns["region"])

        def dense(name: str) -> Numbers:
            made = np.zeros(view.installed.shape)
            made[at] = columns[name]
            return made

        self.code = code
        self.alert_codes = _occurring(code, columns["alerts"].sum(), columns["second_alerts"].sum())
        self.alerts = dense("alerts")
        self.devices = dense("devices")
        self.stormed_alerts = dense("stormed_alerts")
        self.stormed_devices = dense("stormed_devices")
        self.shouting_alerts = dense("shouting_alerts")
        self.shouting_devices = dense("shouting_devices")
        self._murmuring_alerts = dense("murmuring_alerts")
        self._murmuring_devices = dense("murmuring_devices")
        # The exposure of shouters is not told apart; they are taken for Devices like the others.
        quiet = 1.0 - np.divide(
            self.shouting_devices,
            view.installed,
            out=np.zeros(view.installed.shape),
            where=view.installed > 0,
        )
        self.murmured = Raised(
            self.alerts - self.shouting_alerts,
            view.exposure * quiet,
            dense("sum_squares"),
            dense("sum_exposed"),
            view.exposure_squared * quiet,
        )

    def counts(self, kind: Kind, products: NDArray[np.int64]) -> tuple[int, int]:
        """Alerts of a kind and the Devices that raised them, of some products, each Device once."""
        alerts = self.shouting_alerts if kind is Kind.SHOUTERS else self.alerts - self.shouting_alerts
        return int(alerts[products].sum()), self._in_all(self.those(kind), products)

    def murmuring(self, products: NDArray[np.int64]) -> tuple[int, int]:
        """Alerts of Devices of some products that murmur, and how many they are."""
        murmuring = Once(self._murmuring_devices, self._changed.of(self.code, MURMURS))
        return int(self._murmuring_alerts[products].sum()), self._in_all(murmuring, products)

    def stormed(self, products: NDArray[np.int64]) -> int:
        """Devices of some products that stormed and are no shouters."""
        return self._in_all(self.stormers, products) - self.shouters(products)

    def shouters(self, products: NDArray[np.int64]) -> int:
        """Shouters of some products."""
        return self._in_all(self.those(Kind.SHOUTERS), products)

    @property
    def raisers(self) -> Once:
        """The Devices that raised it."""
        return Once(self.devices, self._changed.of(self.code))

    @property
    def stormers(self) -> Once:
        """The Devices that stormed with it."""
        return Once(self.stormed_devices, self._changed.of(self.code, STORMED))

    def those(self, kind: Kind) -> Once:
        """The Devices that raised it: the shouters, or all but these."""
        if kind is Kind.SHOUTERS:
            return Once(self.shouting_devices, self._changed.of(self.code, SHOUTS))
        return Once(self.devices - self.shouting_devices, self._changed.of(self.code, but=SHOUTS))

    def codes(self, kind: Kind, products: NDArray[np.int64]) -> tuple[AlertCode, ...]:
        """The codes of a kind: those that shouters of some products stormed with, or that the others raised."""
        rows = np.isin(self._columns["product"], products)
        of = {name: int(column[rows].sum()) for name, column in self._columns.items()}
        if kind is Kind.MURMUR:
            alerts = of["alerts"] - of["shouting_alerts"]
            return _occurring(self.code, alerts, of["second_alerts"] - of["shouting_second_alerts"])
        stormed_with = {self.code: of["shouting_first"]}
        return tuple(
            each for each in codes_counted_as(self.code) if stormed_with.get(each, of["shouting_second"])
        )

    def _in_all(self, devices: Once, products: NDArray[np.int64]) -> int:
        members = np.zeros((1, len(self.devices)), np.bool_)
        members[0, products] = True
        return int(devices.in_all(members)[0])


def _occurring(code: AlertCode, alerts: int, second: int) -> tuple[AlertCode, ...]:
    """The codes counted as this one that are more than a few of its Alerts, of which some are the second code."""
    both = codes_counted_as(code)
    if len(both) == 1 or second < NAMED_SHARE * alerts:
        return (code,)
    return both if alerts - second >= NAMED_SHARE * alerts else tuple(each for each in both if each != code)


def _trials(
    view: FleetView, raised: RaisedOf, tree: ProductTree, all_alerts: int
) -> Iterator[tuple[Kind, Trial]]:
    leaves = tree.leaves
    installed = view.installed_once().taken(leaves)
    days = (view.until - view.since) / DAY
    of_type = Raised(*(getattr(raised.murmured, each.name)[leaves] for each in fields(Raised)))
    if of_type.alerts.sum() > 0:
        others = raised.those(Kind.MURMUR).taken(leaves)
        yield Kind.MURMUR, MurmurTrial(raised.code, tree, installed, of_type, others, all_alerts, days)
    shouters = raised.those(Kind.SHOUTERS).taken(leaves)
    if shouters.parts.sum() > 0:
        yield Kind.SHOUTERS, ShouterTrial(raised.code, tree, installed, shouters)


def _named(
    raised: RaisedOf, kind: Kind, trial: Trial, needed: float
) -> Iterator[tuple[float, Cause, set[int]]]:
    """The named causes of a trial, each with its log p and the products it includes."""
    tree = trial.tree
    if not trial.guilty.any():
        return
    names = named(tree, trial.guilty, lambda part, like: trial.can_tell(part, like, needed))
    parts = tree.members[names]
    everyone = np.logical_or.reduce(parts)
    # Those that are not guilty themselves, but under a name, are held against no one either.
    rests = np.broadcast_to(~everyone & ~trial.guilty, parts.shape)
    found = trial.compare(parts, rests)
    matters = trial.matters(parts, found)
    for at in np.flatnonzero(matters).tolist():
        places = tree.leaves[parts[at]]
        alerts, devices = raised.counts(kind, places)
        is_murmur = kind is Kind.MURMUR
        cause = Cause(
            kind,
            raised.codes(kind, places),
            tree.nodes[names[at]],
            alerts,
            devices,
            trial.installed_in(parts[at]),
            float(found.rate[at]),
            float(found.rest[at]),
            float(found.ratio[at]),
            1.0,
            float(found.low[at]),
            float(found.high[at]),
            raised.stormed(places) if is_murmur else 0,
            raised.shouters(tree.leaves[rests[at]]) if is_murmur else 0,
        )
        yield float(found.log_p[at]), cause, set(places.tolist())


def _corrected(found: Sequence[tuple[float, Cause]], comparisons: int) -> list[Cause]:
    """With p for all the comparisons that were made (Holm, 1979)."""
    causes: list[Cause] = []
    so_far = 0.0
    for place, (log_p, cause) in enumerate(sorted(found, key=lambda each: each[0])):
        so_far = max(so_far, min(1.0, math.exp(log_p) * max(comparisons - place, 1)))
        causes.append(replace(cause, p_value=so_far))
    return causes


def _left_over(
    view: FleetView,
    raised: RaisedOf,
    guilty: Mapping[tuple[Kind, AlertCode], frozenset[int]],
    all_alerts: int,
) -> Iterator[Cause]:
    """Murmur and shouters with a code behind which no product stands out."""
    for kind in Kind:
        of_product = guilty.get((kind, raised.code), frozenset())
        others = np.array(sorted(set(range(len(view.products))) - of_product), np.int64)
        alerts, devices = raised.counts(kind, others)
        if kind is Kind.MURMUR:
            of_code, (alerts, devices) = alerts, raised.murmuring(others)
            if not _is_murmur(alerts, devices, of_code, all_alerts, days_of(view)):
                continue
        if devices:
            rate = alerts / (devices * days_of(view))
            stormed = raised.stormed(others) if kind is Kind.MURMUR else 0
            codes = raised.codes(kind, others)
            yield Cause(kind, codes, NOT_KNOWN, alerts, devices, 0, rate, rate, 1.0, 1.0, stormed=stormed)


def _is_murmur(alerts: int, devices: int, of_code: int, all_alerts: int, days: float) -> bool:
    """Whether Devices that raise `MURMUR_RATE` a day or more, whatever they are, make a murmur.

    They must be much of the log; most of their code, or they are but the tail of Devices unlike each other; and
    more than stand in one street, or louder than what befalls a street makes them.
    """
    is_loud = devices >= LEAST_DEVICES and alerts >= MURMUR_ANY_PLACE * devices * days
    return (
        alerts >= MURMUR_SHARE * all_alerts
        and alerts >= MURMUR_PART * of_code
        and (devices >= MURMUR_DEVICES or is_loud)
    )


def murmurs_from(view: FleetView) -> float:
    """Alerts of a code in the period from which a Device that is no shouter murmurs."""
    return MURMUR_RATE * days_of(view)


def days_of(view: FleetView) -> float:
    """Length of the period in days; one shorter than a day counts as a day."""
    return max((view.until - view.since) / DAY, 1.0)
