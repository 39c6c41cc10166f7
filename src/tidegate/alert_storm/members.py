"""The Devices of problems: each once in a problem, with what it sent and who answers for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause
from tidegate.alert_storm.linking import NOT_SAID, parties_of
from tidegate.columnar.batches import DeviceIds, Instants
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute
from tidegate.vocabulary.instants import Instant

NEVER: Final = int(np.iinfo(np.int64).min)
"""`ended_at` of a storm that runs at the end of the log."""


@dataclass(frozen=True, slots=True)
class Members:
    """The Devices of problems as columns of equal length, a row each, sorted by problem, then Device.

    problem:      int32, place among the problems.
    storms, alerts, throttled: int64, as of a problem.
    first_seen, last_seen: Of murmur its first and last Alert; of shouters as of a problem.
    devices_are:  What the Device was last: INVENTORY_COLUMNS, those that are known.
    responsible:  Who answers for it; empty where nothing says so.
    """

    problem: NDArray[np.int32]
    device_id: DeviceIds
    storms: NDArray[np.int64]
    alerts: NDArray[np.int64]
    throttled: NDArray[np.int64]
    first_seen: Instants
    last_seen: Instants
    devices_are: Mapping[str, Attribute]
    responsible: Attribute

    def __len__(self) -> int:
        return len(self.device_id)

    def of(self, problem: int) -> slice:
        """The rows of a problem."""
        start, stop = np.searchsorted(self.problem, [problem, problem + 1]).tolist()
        return slice(start, stop)

    def renumbered(self, places: NDArray[np.int32]) -> Members:
        """The same Devices, problem p being problem places[p] now."""
        problem = places[self.problem].astype(np.int32) if len(self) else self.problem
        return replace(self, problem=problem).taken(np.argsort(problem, kind="stable"))

    def taken(self, rows: NDArray[np.int64]) -> Members:
        """These rows, in this order."""
        return Members(
            self.problem[rows],
            self.device_id[rows],
            self.storms[rows],
            self.alerts[rows],
            self.throttled[rows],
            self.first_seen[rows],
            self.last_seen[rows],
            {name: Attribute(each.places[rows], each.texts) for name, each in self.devices_are.items()},
            Attribute(self.responsible.places[rows], self.responsible.texts),
        )


@dataclass(frozen=True, slots=True)
class Murmurers:
    """The Devices that murmur of a cause: each once, with its Alerts, the first and the last, and what it is."""

    device_id: DeviceIds
    alerts: NDArray[np.int64]
    first_at: Instants
    last_at: Instants
    devices_are: Mapping[str, Attribute]

    def taken(self, rows: NDArray[np.bool_]) -> Murmurers:
        """Some of them."""
        what = {name: Attribute(each.places[rows], each.texts) for name, each in self.devices_are.items()}
        return Murmurers(
            self.device_id[rows], self.alerts[rows], self.first_at[rows], self.last_at[rows], what
        )


FindMurmurers: TypeAlias = Callable[[Cause], Murmurers]
"""Finds the Devices behind a cause of murmur; each is there once, and none that is a shouter with the code."""


def members_of(
    storms: Mapping[str, NDArray[Any]],
    of_storm: NDArray[np.int32],
    devices_are: Mapping[str, Attribute],
    murmur: Mapping[int, Murmurers],
    until: Instant,
) -> Members:
    """The Devices of every problem.

    Args:
        storms:       Columns as of `storms.parquet`, a row for each Alert Storm.
        of_storm:     The problem of each.
        devices_are:  What each storm's Device was when it started.
        murmur:       The Devices that murmur, by their problem.
        until:        The end of the log, for storms that still ran then.
    """
    stormed = _stormed(storms, of_storm, devices_are, until)
    others = []
    for problem, found in murmur.items():
        stormed, is_there = _with_murmur(stormed, problem, found)
        others.append(_murmured(problem, found.taken(~is_there)))
    whole = _joined([stormed, *others]) if others else stormed
    return whole.taken(np.lexsort((whole.device_id, whole.problem)))


def ended_by(storms: Mapping[str, NDArray[Any]], until: Instant) -> Instants:
    """When each storm ended; the end of the log for those that still ran then."""
    ended = storms["ended_at"]
    return np.where(ended == NEVER, until, np.minimum(ended, until))


def _stormed(
    storms: Mapping[str, NDArray[Any]],
    of_storm: NDArray[np.int32],
    devices_are: Mapping[str, Attribute],
    until: Instant,
) -> Members:
    # Stable: the storms of a Device stay in order of their start.
    order = np.lexsort((storms["device_id"], of_storm))
    problem, device = of_storm[order], storms["device_id"][order]
    begins = np.ones(len(order), np.bool_)
    begins[1:] = (problem[1:] != problem[:-1]) | (device[1:] != device[:-1])
    starts = np.flatnonzero(begins)
    last = order[np.append(starts[1:], len(order)) - 1] if len(order) else order
    known = {
        name: Attribute(attribute.places[last], attribute.texts) for name, attribute in devices_are.items()
    }
    return Members(
        problem[starts],
        device[starts],
        np.diff(np.append(starts, len(order))).astype(np.int64),
        _reduced(np.add, storms["received"][order], starts),
        _reduced(np.add, storms["throttled"][order], starts),
        _reduced(np.minimum, storms["started_at"][order], starts),
        _reduced(np.maximum, ended_by(storms, until)[order], starts),
        known,
        parties_of(known, len(starts)),
    )


def _with_murmur(stormed: Members, problem: int, found: Murmurers) -> tuple[Members, NDArray[np.bool_]]:
    """The Devices that stormed, those that murmur too with all their Alerts; and which of the murmurers these are."""
    of_it = np.flatnonzero(stormed.problem == problem)
    _, at, there = np.intersect1d(
        stormed.device_id[of_it], found.device_id, assume_unique=True, return_indices=True
    )
    rows, is_there = of_it[at], np.zeros(len(found.device_id), np.bool_)
    is_there[there] = True
    alerts, first, last = stormed.alerts.copy(), stormed.first_seen.copy(), stormed.last_seen.copy()
    alerts[rows] = found.alerts[there]
    first[rows] = np.minimum(first[rows], found.first_at[there])
    last[rows] = np.maximum(last[rows], found.last_at[there])
    return replace(stormed, alerts=alerts, first_seen=first, last_seen=last), is_there


def _murmured(problem: int, found: Murmurers) -> Members:
    rows = len(found.device_id)
    nothing = np.zeros(rows, np.int64)
    return Members(
        np.full(rows, problem, np.int32),
        found.device_id,
        nothing,
        found.alerts,
        nothing,
        found.first_at,
        found.last_at,
        found.devices_are,
        parties_of(found.devices_are, rows),
    )


def _reduced(by: np.ufunc, values: NDArray[Any], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(by.reduceat(values, starts) if len(starts) else values, np.int64)


def _joined(parts: Sequence[Members]) -> Members:
    """All rows; no Device is in two parts of one problem."""
    names = [name for name in INVENTORY_COLUMNS if any(name in part.devices_are for part in parts)]
    nothing = [Attribute(np.zeros(len(part), np.int32), (NOT_SAID,)) for part in parts]
    return Members(
        np.concatenate([part.problem for part in parts]),
        np.concatenate([part.device_id for part in parts]),
        np.concatenate([part.storms for part in parts]),
        np.concatenate([part.alerts for part in parts]),
        np.concatenate([part.throttled for part in parts]),
        np.concatenate([part.first_seen for part in parts]),
        np.concatenate([part.last_seen for part in parts]),
        {
            name: _one([part.devices_are.get(name, none) for part, none in zip(parts, nothing, strict=True)])
            for name in names
        },
        _one([part.responsible for part in parts]),
    )


def _one(parts: Sequence[Attribute]) -> Attribute:
    """Columns one after another, each text once."""
    places: dict[str, int] = {}
    columns = []
    for part in parts:
        moved = np.array([places.setdefault(text, len(places)) for text in part.texts], np.int32)
        columns.append(moved[part.places] if len(part.places) else np.empty(0, np.int32))
    return Attribute(np.concatenate(columns), list(places))
