"""Problems: storms and murmur grouped by cause, each for one party to mend.

Incidents are raised per problem, never per Device (SECMP0062, ENWL: 10,000
meters must not make 10,000 incidents). The responsible party can mend it; the
recipients are informed. They are seldom the same.

Nothing vanishes: every storm belongs to exactly one problem, so the sums over
problems of storms, of Alerts in storms and of Alerts held back are those of
all storms.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause, Kind
from tidegate.alert_storm.fleet import FleetView
from tidegate.alert_storm.linking import (
    NOT_SAID,
    Key,
    key_of,
    link_storms,
)
from tidegate.alert_storm.members import FindMurmurers, Members, members_of
from tidegate.alert_storm.problem_evidence import InFleet, InStorms, most_first
from tidegate.columnar.inventory import Attribute
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import DAY, Duration, Instant

SILENT_FOR: Final[Duration] = DAY
"""A problem silent for this long at the end of a log is closed, unless another time is asked for."""

_ID_DIGITS = 8


class ProblemState(StrEnum):
    """Where a problem stands at the end of the log."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Problem:
    """Storms and murmur with one cause.

    problem_id:   The same for the same kind, codes and product in every log.
    responsible:  Who can mend it, with Devices of each: the registered Supplier for ESME and GSME, the CSP for
                  Communications Hubs; the one with most Devices first. Empty where the Inventory does not say.
    informed:     Recipients of its Alerts with how many each had, the one with most first.
    state:        Open while its Alerts go on; closed once they have been silent for long enough.
    first_seen, last_seen: Of its Alerts. Of shouters: when the first storm started, and when the last ended.
    devices:      Different Devices at it.
    storms:       Alert Storms linked to it. Murmur has few or none: Devices of its product that went over.
    alerts:       Of shouters, received in its storms; of murmur, the murmur, and what came in storms of shouters
                  linked to it.
    throttled:    Alerts of those held back.
    """

    problem_id: str
    cause: Cause
    responsible: Sequence[tuple[str, int]]
    informed: Sequence[tuple[str, int]]
    state: ProblemState
    first_seen: Instant
    last_seen: Instant
    devices: int
    storms: int
    alerts: int
    throttled: int


@dataclass(frozen=True, slots=True)
class Problems:
    """Every problem of a log, the one with most Alerts first.

    of_storm:    int32, for each storm of the log its problem's place in `problems`.
    members:     Their Devices.
    until:       The end of the log.
    silent_for:  How long one must have been silent by then to be closed.
    """

    problems: Sequence[Problem]
    of_storm: NDArray[np.int32]
    members: Members
    until: Instant
    silent_for: Duration

    def __len__(self) -> int:
        return len(self.problems)

    @property
    def storm_problem_ids(self) -> NDArray[Any]:
        """The `problem_id` of each storm, as text."""
        ids = np.array([problem.problem_id for problem in self.problems] or [NOT_SAID], object)
        return ids[self.of_storm]


def problem_id_of(cause: Cause) -> str:
    """The identifier of a cause's problem: `P-3F9A2C41`, from its kind, codes as a fleet counts them, and product."""
    return _identifier(key_of(cause))


def problems_of(
    causes: Sequence[Cause],
    storms: Mapping[str, NDArray[Any]],
    devices_are: Mapping[str, Attribute],
    *,
    until: Instant,
    view: FleetView | None = None,
    murmurers: FindMurmurers | None = None,
    silent_for: Duration = SILENT_FOR,
    set_aside: NDArray[np.bool_] | None = None,
) -> Problems:
    """Group storms and murmur by cause.

    Args:
        causes:       What was found to be behind them; of murmur only where there is a `view`.
        storms:       Columns as of `storms.parquet`, a row for each Alert Storm, in order of their start.
        devices_are:  What each storm's Device was when it started: INVENTORY_COLUMNS, those that are known.
        until:        The end of the log.
        view:         Of the whole fleet; says who is informed of murmur, and when it was first and last seen.
        murmurers:    Finds the Devices behind murmur; without it they are counted and not told.
        silent_for:   How long a problem must have been silent at the end to be closed.
        set_aside:    Storms of Devices that are no shouters for all that (`Fleet.view`); None: there are none.

    The result:
      1. links every storm to exactly one problem;
      2. has a problem for each cause of murmur, and for each cause of shouters that a storm is left to;
      3. does not depend on the order of `causes`.
    """
    causes = sorted(causes, key=lambda cause: (cause.kind, cause.alert_codes, cause.product))
    aside = np.zeros(len(storms["alert_code"]), np.bool_) if set_aside is None else set_aside
    linked = link_storms(causes, storms["alert_code"], devices_are, aside)
    stormy = np.bincount(linked.of_storm, minlength=len(linked.keys)) > 0
    kept = [at for at, key in enumerate(linked.keys) if stormy[at] or key.kind is Kind.MURMUR]
    place_of = np.full(len(linked.keys), -1, np.int32)
    place_of[kept] = np.arange(len(kept), dtype=np.int32)
    of_storm = place_of[linked.of_storm] if kept else linked.of_storm
    keys = [linked.keys[at] for at in kept]
    of_key = {key_of(cause): cause for cause in causes}
    found_by = {at: of_key[key] for at, key in enumerate(keys) if key in of_key}
    murmur = {}
    if murmurers is not None:
        murmur = {at: murmurers(it) for at, it in found_by.items() if it.kind is Kind.MURMUR}
    members = members_of(storms, of_storm, devices_are, murmur, until)
    in_storms = InStorms(storms, of_storm, len(keys), until, aside)
    in_fleet = None if view is None else InFleet(view, [it for it in causes if it.kind is Kind.MURMUR])
    found = [
        _problem(at, key, found_by.get(at), members, in_storms, in_fleet, silent_for, is_told=at in murmur)
        for at, key in enumerate(keys)
    ]
    ranked = sorted(range(len(found)), key=lambda at: (-found[at].alerts, found[at].problem_id))
    rank = np.empty(len(found), np.int32)
    rank[ranked] = np.arange(len(found), dtype=np.int32)
    return Problems(
        [found[at] for at in ranked],
        rank[of_storm] if found else of_storm,
        members.renumbered(rank),
        until,
        silent_for,
    )


def _problem(
    at: int,
    key: Key,
    cause: Cause | None,
    members: Members,
    in_storms: InStorms,
    in_fleet: InFleet | None,
    silent_for: Duration,
    *,
    is_told: bool,
) -> Problem:
    """One problem; `is_told`: its Devices that murmur are among the members, one by one."""
    rows = members.of(at)
    devices = rows.stop - rows.start
    parties = np.bincount(members.responsible.places[rows], minlength=len(members.responsible.texts))
    responsible = most_first(members.responsible.texts, parties)
    informed = in_storms.informed(at)
    alerts, storms = int(in_storms.received[at]), int(in_storms.storms[at])
    first, last = int(in_storms.first[at]), int(in_storms.last[at])
    if cause is None:
        codes = in_storms.codes(at)
        cause = Cause(key.kind, codes, key.product, alerts, devices, 0, 0.0, 0.0, 1.0, 1.0)
    if cause.kind is Kind.MURMUR:
        assert in_fleet is not None, "murmur is found in a fleet view"
        heard = in_fleet.rows_of(cause)
        alerts = cause.alerts + int(in_storms.of_shouters[at])
        first, last = min(first, in_fleet.first(heard)), max(last, in_fleet.last(heard))
        informed = in_fleet.informed(heard)
        if not is_told:
            devices += cause.devices - cause.stormed
            responsible = in_fleet.responsible(heard)
    is_silent = in_storms.until - last >= silent_for
    return Problem(
        _identifier(key),
        cause,
        responsible,
        informed,
        ProblemState.CLOSED if is_silent else ProblemState.OPEN,
        first,
        last,
        devices,
        storms,
        alerts,
        int(in_storms.throttled[at]),
    )


def _identifier(key: Key) -> str:
    codes = "+".join(format_alert_code(code) for code in key.codes)
    said = "\x1f".join((key.kind, codes, *key.product))
    return f"P-{hashlib.sha256(said.encode()).hexdigest()[:_ID_DIGITS].upper()}"
