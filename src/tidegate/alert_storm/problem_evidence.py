"""What storms and a fleet view say of problems: how much, since when, of whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause
from tidegate.alert_storm.fleet import FleetView
from tidegate.alert_storm.linking import codes_of_label, factorised, key_of
from tidegate.alert_storm.members import ended_by
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import Instant
from tidegate.vocabulary.parties import HUB_TYPES, responsible_party
from tidegate.vocabulary.products import NOT_KNOWN, Product


class InStorms:
    """Sums over the storms of each problem; arrays as long as there are problems."""

    def __init__(
        self,
        storms: Mapping[str, NDArray[Any]],
        of_storm: NDArray[np.int32],
        problems: int,
        until: Instant,
        set_aside: NDArray[np.bool_],
    ) -> None:
        self.until = until
        self._storms = storms
        self._of_storm = of_storm
        self.storms = np.bincount(of_storm, minlength=problems)
        self.received = self._sums(storms["received"], problems)
        self.throttled = self._sums(storms["throttled"], problems)
        # The Alerts of Devices that are no shouters are counted with the murmur.
        self.of_shouters = self._sums(np.where(set_aside, 0, storms["received"]), problems)
        # Of a problem without storms no instant is known here: any other goes before these.
        self.first = np.full(problems, np.iinfo(np.int64).max, np.int64)
        self.last = np.full(problems, np.iinfo(np.int64).min, np.int64)
        np.minimum.at(self.first, of_storm, storms["started_at"])
        np.maximum.at(self.last, of_storm, ended_by(storms, until))
        recipient, self._recipients = factorised(storms["recipient"])
        combined = of_storm.astype(np.int64) * len(self._recipients) + recipient
        sums = np.zeros(problems * len(self._recipients), np.int64)
        np.add.at(sums, combined, storms["received"])
        self._by_recipient = sums.reshape(problems, len(self._recipients))

    def informed(self, problem: int) -> Sequence[tuple[str, int]]:
        """Recipients of its storms, with Alerts of each."""
        return most_first(self._recipients, self._by_recipient[problem])

    def codes(self, problem: int) -> tuple[AlertCode, ...]:
        """The codes of its storms."""
        labels = set(self._storms["alert_code"][self._of_storm == problem].tolist())
        return tuple(sorted({code for label in labels for code in codes_of_label(label)}))

    def _sums(self, values: NDArray[np.int64], problems: int) -> NDArray[np.int64]:
        sums = np.zeros(problems, np.int64)
        np.add.at(sums, self._of_storm, values)
        return sums


class InFleet:
    """What a fleet view says of causes of murmur."""

    def __init__(self, view: FleetView, causes: Sequence[Cause]) -> None:
        self._view = view
        self._causes = causes

    def rows_of(self, cause: Cause) -> NDArray[np.int64]:
        """Its groups: of its product; or, where it has none, of no product that is named for the code."""
        of_code = np.isin(self._view.groups["alert_code"], key_of(cause).codes)
        is_behind = products_behind(cause, self._causes, self._view.products)
        return np.flatnonzero(of_code & is_behind[self._view.groups["product"]])

    def first(self, rows: NDArray[np.int64]) -> Instant:
        """The instant of the first Alert."""
        return int(self._view.groups["first_at"][rows].min())

    def last(self, rows: NDArray[np.int64]) -> Instant:
        """The instant of the last Alert."""
        return int(self._view.groups["last_at"][rows].max())

    def informed(self, rows: NDArray[np.int64]) -> Sequence[tuple[str, int]]:
        """Recipients, with Alerts of each."""
        return most_first(self._view.recipients, self._view.by_recipient[rows].sum(axis=0))

    def responsible(self, rows: NDArray[np.int64]) -> Sequence[tuple[str, int]]:
        """Who answers for the Devices, with how many of each."""
        view, counts = self._view, Counter[str]()
        for row in rows.tolist():
            device_type = view.products[int(view.groups["product"][row])].device_type
            region = view.regions[int(view.groups["region"][row])]
            if device_type.upper() in HUB_TYPES:
                counts[responsible_party(device_type, "", region)] += int(view.groups["devices"][row])
                continue
            for supplier, devices in zip(view.suppliers, view.by_supplier[row].tolist(), strict=True):
                counts[supplier] += devices
        return most_first(list(counts), np.array(list(counts.values()), np.int64))


def products_behind(cause: Cause, causes: Sequence[Cause], products: Sequence[Product]) -> NDArray[np.bool_]:
    """Which products a cause is of; of one without a product, those that no other names for the kind and code."""
    key = key_of(cause)
    if cause.product != NOT_KNOWN:
        return np.array([cause.product.includes(product) for product in products], np.bool_)
    others = [key_of(it) for it in causes if it.is_named]
    taken = [it.product for it in others if (it.kind, it.codes) == (key.kind, key.codes)]
    return np.array([not any(it.includes(product) for it in taken) for product in products], np.bool_)


def most_first(names: Sequence[str], counts: NDArray[Any]) -> Sequence[tuple[str, int]]:
    """The names that have any, the most first; the empty name is not told."""
    some = [(name, int(count)) for name, count in zip(names, counts.tolist(), strict=True) if count and name]
    return tuple(sorted(some, key=lambda it: (-it[1], it[0])))
