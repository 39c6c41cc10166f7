"""How each group of Devices compares with the rest of its type, code by code.

Both tests of `alert_storm.exceedance` are made of every row, against a rest from
which those behind a named cause are left out; p is for all comparisons made of
the log. Device types, and regions where they are not grouped by, are strata:
like is held against like.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Examined, Kind, RaisedOf
from tidegate.alert_storm.exceedance import Exceedance, Raised, murmur_exceedance, storm_exceedance
from tidegate.alert_storm.fleet import FleetView
from tidegate.alert_storm.fleet_changed import Changed, Once
from tidegate.reports.offending import GROUPINGS, Comparison, Offender
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.products import NOT_KNOWN
from tidegate.vocabulary.toggle_pairs import codes_counted_as


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

    def once(self, devices: Once, only: NDArray[np.bool_] | None = None) -> NDArray[np.float64]:
        """The same of Devices, each once in a group and stratum."""
        cells = self._known_cells if only is None else self._known_cells & only
        again = _again(devices.changed, cells, self._place, len(self.keys) * self._strata)
        return self.sums(devices.parts, only) - again.reshape(len(self.keys), self._strata)

    def in_groups(self, devices: Once) -> NDArray[np.int64]:
        """Devices of each group, each once in it, known or not."""
        summed = np.bincount(self.of_cell, devices.parts.ravel(), minlength=len(self.keys))
        every = np.ones(len(self.of_cell), np.bool_)
        again = _again(devices.changed, every, self.of_cell, len(self.keys))
        return np.asarray(np.rint(summed), np.int64) - again

    def raised(self, raised: Raised, only: NDArray[np.bool_] | None = None) -> Raised:
        """The same of all that was raised."""
        return Raised(*(self.sums(getattr(raised, each.name), only) for each in fields(Raised)))


def _again(
    changed: Changed, cells: NDArray[np.bool_], place: NDArray[np.int64], places: int
) -> NDArray[np.int64]:
    """How often Devices are counted again where some cells are summed, each to its place."""
    row, cell = np.nonzero(changed.where.reshape(len(changed.devices), len(cells)) & cells)
    met, counts = np.unique(row * places + place[cell], return_counts=True)
    again = np.zeros(places, np.int64)
    np.add.at(again, met % places, (counts - 1) * changed.devices[met // places])
    return again


def _rows(view: FleetView, examined: Examined, groups: _Groups, code: AlertCode) -> Iterator[Offender]:
    raised = RaisedOf(view, code)
    tests = {kind: _tests(view, examined, groups, raised, kind) for kind in Kind}
    is_row = view.groups["alert_code"] == code
    cell = view.groups["product"].astype(np.int64) * groups.shape[1] + view.groups["region"]
    of_row = np.where(is_row, groups.of_cell[cell], -1)
    installed = groups.in_groups(view.installed_once())
    devices, stormed = groups.in_groups(raised.raisers), groups.in_groups(raised.stormers)
    exposure = groups.sums(view.exposure)
    for at in np.unique(of_row[is_row]).tolist():
        rows = np.flatnonzero(of_row == at)
        columns = {name: column[rows] for name, column in view.groups.items()}
        heard = int(columns["heard"].sum())
        alerts, second = int(columns["alerts"].sum()), int(columns["second_alerts"].sum())
        is_known = groups.is_known[at]
        yield Offender(
            alert_codes=_came(code, alerts, second),
            group=groups.keys[at],
            is_known=is_known,
            alerts=alerts,
            second_alerts=second,
            devices=int(devices[at]),
            installed=int(installed[at]),
            device_days=float(exposure[at].sum()),
            stormed_alerts=int(columns["stormed_alerts"].sum()),
            stormed_devices=int(stormed[at]),
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


def _came(code: AlertCode, alerts: int, second: int) -> tuple[AlertCode, ...]:
    """The codes that are among some Alerts of a counted one: a label names whatever the number beside it counts."""
    return tuple(each for each in codes_counted_as(code) if (alerts - second if each == code else second) > 0)


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
        shouters, there = raised.those(Kind.SHOUTERS), view.installed_once()
        stormed, installed = groups.once(shouters), groups.once(there)
        innocent = [
            _left(all_of, groups.once(of, cells)) for all_of, of in ((stormed, shouters), (installed, there))
        ]
        found = storm_exceedance(stormed, installed, *innocent)
        has_rest = np.asarray(((installed > 0) & (innocent[1] > 0) & (stormed.sum() > 0)).any(axis=1))
    in_group = groups.sums(view.installed).sum(axis=1)
    guilty = groups.sums(view.installed, cells).sum(axis=1)
    # No row is surer than it would be, had every row been asked about.
    comparisons = max(examined.comparisons, 2 * len(groups.keys))
    return [
        _comparison(found, at, comparisons, is_guilty=bool(in_group[at] > 0 and guilty[at] == in_group[at]))
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
