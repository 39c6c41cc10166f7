"""How each kind of Device compares with the rest of its type, code by code: the rows of `tidegate offenders`.

A row is one counted Alert Code and one group of Devices: a product, a maker, a
CSP region, whatever was asked to group by. It has both tests of
`alert_storm.exceedance`, against a rest from which those behind a named cause
are left out; p is for all comparisons made of the log. Device types, and
regions where they are not grouped by, are strata: like is held against like.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause, Examined, Kind, RaisedOf
from tidegate.alert_storm.exceedance import Exceedance, Raised, murmur_exceedance, storm_exceedance
from tidegate.alert_storm.fleet import FleetView, Pattern
from tidegate.columnar.inventory import Attribute
from tidegate.reports.replayed import Replayed
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import DAY, Instant
from tidegate.vocabulary.products import NOT_KNOWN

GROUPINGS: Final = ("device_type", "manufacturer", "model", "firmware", "csp_region")
"""What Devices can be grouped by, in the order it is told."""

HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class InventoryUsed:
    """What there was of an Inventory.

    missing:   Devices that raised an Alert and that it has not.
    doubled:   Rows that said again what a Device was from the same instant on; the first counts.
    rejected:  Rows that could not be read; `first_rejected` says why the first could not.
    """

    source: str
    rows: int
    devices: int
    missing: int
    doubled: int
    rejected: int
    first_rejected: str = ""


@dataclass(frozen=True, slots=True)
class DevicesListed:
    """The Devices of each cause, the cause with most Alerts first, in it those with most Alerts first.

    rows:        Array of `fleet_summing.FLEET_DEVICE`.
    of_cause:    int32, the cause of each, as its place in `Offending.causes`.
    attributes:  What the Inventory says of each; texts by place, of INVENTORY_COLUMNS. Empty without one.
    """

    rows: NDArray[Any]
    of_cause: NDArray[np.int32]
    attributes: Mapping[str, Attribute]

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Offending:
    """All that `tidegate offenders` found out.

    replayed:      The replay that told shouters from the rest.
    view:          What the fleet raised.
    inventory:     None where none was given: then nothing is known of installed Devices or products.
    by:            What Devices are grouped by.
    code:          The one code asked about; None: all.
    alerts:        Of the log, all codes together; what shares are of.
    causes:        Of the codes asked about, the most Alerts first; `comparisons` were made to find them.
    offenders:     A row for each counted code and group.
    devices:       Those of every cause.
    loudest:       Those with most Alerts of one code, whatever is behind it; as `DevicesListed.rows`.
    """

    replayed: Replayed
    view: FleetView
    inventory: InventoryUsed | None
    by: Sequence[str]
    code: AlertCode | None
    alerts: int
    causes: Sequence[Cause]
    comparisons: int
    offenders: Sequence[Offender]
    devices: DevicesListed
    loudest: DevicesListed

    @property
    def days(self) -> float:
        """Length of the period."""
        return (self.view.until - self.view.since) / DAY

    def installed_of_type(self, device_type: str) -> int:
        """Devices of a type in the Inventory."""
        of_type = [product.device_type == device_type for product in self.view.products]
        return int(self.view.installed[np.array(of_type, np.bool_)].sum())


@dataclass(frozen=True, slots=True)
class Comparison:
    """One test of one group against the rest of its type.

    rate, rest:  Murmur: Alerts per Device-day of Devices that did not storm. Shouters: the share of Devices that
                 stormed. `rest` is what it would be, were the group like the rest.
    ratio:       rate / rest; infinite where the rest is silent. `low` and `high` are its 95 % confidence interval.
    p_value:     One-sided, for all comparisons made of the log.
    is_guilty:   All of the group is behind a named cause of this kind.
    """

    rate: float
    rest: float
    ratio: float
    low: float
    high: float
    p_value: float
    is_guilty: bool


@dataclass(frozen=True, slots=True)
class Offender:
    """One counted code of one group of Devices.

    alert_codes:   The code, or both of a toggle pair where both are more than a few of them.
    group:         What is said of the Devices, by GROUPINGS; "" where the Inventory does not say.
    is_known:      The Inventory knows the Devices; if not, nothing stands beside their Alerts.
    devices:       Different Devices that raised the code.
    installed, device_days: Devices of the group, and their days in the period.
    alternation:   Of both codes of a pair, the share of Alerts unlike the one before of the same Device.
    patterns:      Devices by `Pattern`.
    by_hour:       Alerts by hour of the day, UTC.
    regions:       Alerts by CSP region, recipients: by recipient, suppliers: Devices by supplier; the most first.
    murmur, shouters: The two tests; None where there is nothing to compare with.
    """

    alert_codes: tuple[AlertCode, ...]
    group: Mapping[str, str]
    is_known: bool
    alerts: int
    second_alerts: int
    devices: int
    installed: int
    device_days: float
    stormed_alerts: int
    stormed_devices: int
    chattering: int
    alternation: float
    patterns: tuple[int, ...]
    by_hour: tuple[int, ...]
    regions: tuple[tuple[str, int], ...]
    recipients: tuple[tuple[str, int], ...]
    suppliers: tuple[tuple[str, int], ...]
    first_at: Instant
    last_at: Instant
    murmur: Comparison | None
    shouters: Comparison | None

    @property
    def per_day(self) -> float:
        """Alerts per installed Device and day; 0 where none is known to be installed."""
        return self.alerts / self.device_days if self.device_days else 0.0

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of trouble it is behind."""
        both = ((Kind.SHOUTERS, self.shouters), (Kind.MURMUR, self.murmur))
        return tuple(kind for kind, test in both if test is not None and test.is_guilty)

    @property
    def told(self) -> Comparison | None:
        """The test that says more: that of the kind it is behind, else the less likely by chance."""
        tests = [test for test in (self.murmur, self.shouters) if test is not None]
        return min(tests, key=lambda test: (not test.is_guilty, test.p_value, -test.ratio), default=None)


def offenders_of(
    view: FleetView, examined: Examined, by: Sequence[str], codes: Sequence[AlertCode] | None = None
) -> list[Offender]:
    """A row for each counted code (or only some) and group with Alerts.

    Those behind a named cause come first, then by Alerts per installed Device and day; what no Inventory
    knows comes last, by Alerts.
    """
    assert all(name in GROUPINGS for name in by)
    groups = _Groups(view, by)
    counted = np.unique(view.groups["alert_code"]).tolist() if codes is None else list(codes)
    rows = [row for code in counted for row in _rows(view, examined, groups, code)]
    rows.sort(
        key=lambda row: (
            not row.is_known,
            not row.kinds,
            -row.per_day,
            -row.alerts,
            row.alert_codes,
            *row.group.values(),
        )
    )
    return rows


class _Groups:
    """Which cell (product, region) belongs to which group, and to which stratum; both as flat columns."""

    def __init__(self, view: FleetView, by: Sequence[str]) -> None:
        self.shape = view.installed.shape
        said: dict[tuple[str, ...], int] = {}
        strata: dict[tuple[str, str], int] = {}
        group, stratum = [], []
        for product in view.products:
            for region in view.regions:
                names = dict(zip(GROUPINGS, (*product, region), strict=True))
                # What is not known is no group of those whose model, say, the Inventory leaves out.
                key = (str(product != NOT_KNOWN), *(names[name] for name in by))
                group.append(said.setdefault(key, len(said)))
                # Grouped by region alone there is no like in the same region to compare with.
                is_stratum = bool({"manufacturer", "model", "firmware"} & set(by))
                stratum.append(
                    strata.setdefault((product.device_type, region if is_stratum else ""), len(strata))
                )
        self.keys = [dict(zip(by, key[1:], strict=True)) for key in said]
        self.is_known = [key[0] == str(True) for key in said]
        self.of_cell = np.array(group, np.int64)
        self._place = self.of_cell * len(strata) + np.array(stratum, np.int64)
        self._strata = len(strata)
        self._known_cells = np.array([self.is_known[each] for each in group])

    def sums(self, cells: NDArray[Any], only: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """(products, regions) summed to (groups, strata), of known Devices, or only of some cells of them."""
        weights = np.where(self._known_cells if only is None else self._known_cells & only, cells.ravel(), 0)
        size = len(self.keys) * self._strata
        summed = np.bincount(self._place, weights, minlength=size).reshape(len(self.keys), self._strata)
        return np.asarray(summed, np.float64)

    def raised(self, raised: Raised, only: NDArray[np.bool_] | None = None) -> Raised:
        """The same of all that was raised."""
        return Raised(*(self.sums(getattr(raised, each.name), only) for each in fields(Raised)))


def _rows(view: FleetView, examined: Examined, groups: _Groups, code: AlertCode) -> Iterator[Offender]:
    raised = RaisedOf(view, code)
    tests = {kind: _tests(view, examined, groups, raised, kind) for kind in Kind}
    is_row = view.groups["alert_code"] == code
    cell = view.groups["product"].astype(np.int64) * groups.shape[1] + view.groups["region"]
    of_row = np.where(is_row, groups.of_cell[cell], -1)
    installed = groups.sums(view.installed).sum(axis=1)
    exposure = groups.sums(view.exposure)
    for at in np.unique(of_row[is_row]).tolist():
        rows = np.flatnonzero(of_row == at)
        columns = {name: column[rows] for name, column in view.groups.items()}
        heard = int(columns["heard"].sum())
        is_known = groups.is_known[at]
        yield Offender(
            alert_codes=raised.alert_codes,
            group=groups.keys[at],
            is_known=is_known,
            alerts=int(columns["alerts"].sum()),
            second_alerts=int(columns["second_alerts"].sum()),
            devices=int(columns["devices"].sum()),
            installed=int(installed[at]),
            device_days=float(exposure[at].sum()),
            stormed_alerts=int(columns["stormed_alerts"].sum()),
            stormed_devices=int(columns["stormed_devices"].sum()),
            chattering=int(columns["chattering"].sum()),
            alternation=int(columns["alternations"].sum()) / heard if heard else 0.0,
            patterns=tuple(view.patterns[rows].sum(axis=0).tolist()),
            by_hour=tuple(view.by_hour[rows].sum(axis=0).tolist()),
            regions=_ranked(
                view.regions, np.bincount(columns["region"], columns["alerts"], len(view.regions))
            ),
            recipients=_ranked(view.recipients, view.by_recipient[rows].sum(axis=0)),
            suppliers=_ranked(view.suppliers, view.by_supplier[rows].sum(axis=0)),
            first_at=int(columns["first_at"].min()),
            last_at=int(columns["last_at"].max()),
            murmur=tests[Kind.MURMUR][at] if is_known else None,
            shouters=tests[Kind.SHOUTERS][at] if is_known else None,
        )


def _tests(
    view: FleetView, examined: Examined, groups: _Groups, raised: RaisedOf, kind: Kind
) -> list[Comparison | None]:
    """The test of one kind of every group, None where there is no rest to compare it with."""
    products = np.zeros(len(view.products), np.bool_)
    products[list(examined.guilty.get((kind, raised.code), ()))] = True
    cells = np.repeat(products, len(view.regions))
    if kind is Kind.MURMUR:
        part = groups.raised(raised.murmured)
        others = _without(part, groups.raised(raised.murmured, cells))
        found = murmur_exceedance(part, others)
        has_rest = np.asarray(((part.exposure > 0) & (others.exposure > 0)).any(axis=1))
    else:
        stormed, installed = groups.sums(raised.stormed_devices), groups.sums(view.installed)
        innocent = [
            _left(all_of, groups.sums(of, cells))
            for all_of, of in ((stormed, raised.stormed_devices), (installed, view.installed))
        ]
        found = storm_exceedance(stormed, installed, *innocent)
        has_rest = np.asarray(((installed > 0) & (innocent[1] > 0) & (stormed.sum() > 0)).any(axis=1))
    there = groups.sums(view.installed).sum(axis=1)
    guilty = groups.sums(view.installed, cells).sum(axis=1)
    # No row is surer than it would be, had every row been asked about.
    comparisons = max(examined.comparisons, 2 * len(groups.keys))
    return [
        _comparison(found, at, comparisons, is_guilty=bool(there[at] > 0 and guilty[at] == there[at]))
        if has_rest[at]
        else None
        for at in range(len(groups.keys))
    ]


def _comparison(found: Exceedance, at: int, comparisons: int, *, is_guilty: bool) -> Comparison:
    return Comparison(
        float(found.rate[at]),
        float(found.rest[at]),
        float(found.ratio[at]),
        float(found.low[at]),
        float(found.high[at]),
        min(1.0, math.exp(float(found.log_p[at])) * comparisons),
        is_guilty,
    )


def _without(part: Raised, guilty: Raised) -> Raised:
    """What each group is held against: all in the stratum but itself and the guilty."""
    return Raised(*(_left(getattr(part, each.name), getattr(guilty, each.name)) for each in fields(Raised)))


def _left(all_of: NDArray[np.float64], guilty: NDArray[np.float64]) -> NDArray[np.float64]:
    innocent = all_of - guilty
    return np.asarray(np.maximum(innocent.sum(axis=0) - innocent, 0.0), np.float64)


def _ranked(names: Sequence[str], counts: NDArray[Any]) -> tuple[tuple[str, int], ...]:
    """Names and counts that are more than nothing, the most first."""
    found = [(name, int(count)) for name, count in zip(names, counts.tolist(), strict=True) if count]
    return tuple(sorted(found, key=lambda each: (-each[1], each[0])))


def patterns_in_words(patterns: Sequence[int]) -> str:
    """Devices by how they raised it, the most first: `12 continuous, 3 burst`; those with too few left out."""
    counts = [
        (count, Pattern(at).name.lower()) for at, count in enumerate(patterns) if at != Pattern.FEW and count
    ]
    return ", ".join(f"{count:,} {name}" for count, name in sorted(counts, key=lambda each: -each[0]))


def busiest_hours(by_hour: Sequence[int], most: int = 3) -> tuple[int, ...]:
    """The hours of the day (UTC) with most Alerts, the most first; none where all are alike."""
    if len(by_hour) != HOURS or max(by_hour) == min(by_hour):
        return ()
    return tuple(sorted(range(HOURS), key=lambda hour: (-by_hour[hour], hour))[:most])
