"""Find the problems of a log: replay it, look at the whole fleet, and group storms and murmur by cause."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause, find_causes, murmurs_from
from tidegate.alert_storm.decision import Level
from tidegate.alert_storm.fleet import Fleet, FleetView
from tidegate.alert_storm.linking import attributes_in
from tidegate.alert_storm.members import Murmurers
from tidegate.alert_storm.problem_evidence import products_behind
from tidegate.alert_storm.problems import SILENT_FOR, Problems, problems_of
from tidegate.columnar.inventory import Attribute, Inventory
from tidegate.operations.join_inventory import join_inventory
from tidegate.operations.ordered_log import RejectedSink
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import ReplayOptions
from tidegate.operations.replay_with_fleet import (
    FleetReplay,
    are_no_shouting,
    replay_with_fleet,
)
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.forecast import TicketCost, days_of, forecast
from tidegate.reports.problem_report import ProblemReport
from tidegate.reports.replayed import PROBLEM_ID, Replayed, Spells
from tidegate.vocabulary.instants import Duration

NO_COST: Final = TicketCost()
"""Nothing is known of what an incident takes."""


def find_problems(
    replayed: Replayed,
    view: FleetView | None = None,
    fleet: Fleet | None = None,
    inventory: Inventory | None = None,
    *,
    causes: Sequence[Cause] | None = None,
    silent_for: Duration = SILENT_FOR,
) -> Problems:
    """Group the storms and the murmur of a replay by cause.

    Args:
        replayed:    Its storms, in their order; Devices as they are, not under pseudonyms.
        view:        The whole fleet over the same period. Without it there are storms only, and no product is named.
        fleet:       What `view` was made by; without it the Devices that murmur are counted and not told.
        inventory:   What the Devices are, where the replay's storms do not say so already.
        causes:      Of `view`, where they were found before.
        silent_for:  How long a problem must have been silent at the end of the log to be closed.
    """
    if inventory is not None and replayed.inventory is None:
        replayed = join_inventory(replayed, inventory)
    if causes is None:
        causes = [] if view is None else find_causes(view, replayed.excluded_codes)
    storms = replayed.storms.columns
    found = None if view is None or fleet is None else _Murmurers(view, fleet, inventory, causes)
    return problems_of(
        causes if view is not None else [],
        storms,
        attributes_in(storms),
        until=replayed.last or 0,
        view=view,
        murmurers=found,
        silent_for=silent_for,
        set_aside=None if view is None else are_no_shouting(replayed),
    )


@dataclass(frozen=True, slots=True)
class ProblemOptions(ReplayOptions):
    """How to look for problems.

    silent_for:  How long one must have been silent at the end of the log to be closed.
    cost:        What one incident takes, as far as it is known.
    """

    silent_for: Duration = SILENT_FOR
    cost: TicketCost = field(default_factory=TicketCost)


def report_problems(
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    inventory: Inventory | None,
    options: ProblemOptions,
    *,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> ProblemReport:
    """Replay a log, count its fleet in the same pass, and tell what it comes down to.

    Interrupted by Ctrl-C, it tells of what it had so far, its replay marked partial.

    Raises:
        InputError: the input cannot be read; or a row cannot be used and `is_strict` is set.
    """
    made = replay_with_fleet(source, periods, inventory, options, rejected=rejected, progress=progress)
    return problems_behind(made, silent_for=options.silent_for, cost=options.cost)


def problems_behind(
    made: FleetReplay, *, silent_for: Duration = SILENT_FOR, cost: TicketCost = NO_COST
) -> ProblemReport:
    """What a replay of a fleet comes down to."""
    replayed = made.replayed
    view = made.view if replayed.first is not None else None
    problems = find_problems(
        replayed, view, made.fleet, made.inventory, causes=made.examined.causes, silent_for=silent_for
    )
    return ProblemReport(
        _told(replayed, problems),
        problems,
        forecast(replayed.storms, problems, days_of(replayed.first, replayed.last)),
        cost,
    )


def _told(replayed: Replayed, problems: Problems) -> Replayed:
    """The same replay, each of its storms with the problem it belongs to."""
    columns = replayed.spells.columns
    ids = np.full(len(replayed.spells), None, object)
    ids[columns["level"] == int(Level.RED)] = problems.storm_problem_ids
    return replace(replayed, spells=Spells({**columns, PROBLEM_ID: ids}))


class _Murmurers:
    """Finds the Devices behind a cause of murmur in the fleet that was counted."""

    def __init__(
        self, view: FleetView, fleet: Fleet, inventory: Inventory | None, causes: Sequence[Cause]
    ) -> None:
        self._view = view
        self._fleet = fleet
        self._inventory = inventory
        self._causes = causes

    def __call__(self, cause: Cause) -> Murmurers:
        found = self._fleet.devices_of(cause.alert_codes, cause.product)
        is_behind = products_behind(cause, self._causes, self._view.products)
        found = found[~found["is_shouter"] & is_behind[found["product"]]]
        if not cause.is_named:
            found = found[found["alerts"] >= murmurs_from(self._view)]
        # A Device that changed has a row for each part; what it was last counts.
        found = found[np.lexsort((found["last_at"], found["device_id"]))]
        device, starts = np.unique(found["device_id"], return_index=True)
        last = np.append(starts[1:], len(found))[: len(starts)] - 1
        alerts, first_at = found["alerts"], found["first_at"]
        if len(starts):
            alerts, first_at = np.add.reduceat(alerts, starts), np.minimum.reduceat(first_at, starts)
        what = self._devices_are(found["row"][last])
        return Murmurers(device, alerts, first_at, found["last_at"][last], what)

    def _devices_are(self, rows: NDArray[np.int64]) -> Mapping[str, Attribute]:
        if self._inventory is None:
            return {}
        known = {}
        for name, attribute in self._inventory.attributes.items():
            texts = [*attribute.texts, ""]
            places = np.where(rows < 0, len(attribute.texts), attribute.places[rows])
            known[name] = Attribute(places.astype(np.int32), texts)
        return known
