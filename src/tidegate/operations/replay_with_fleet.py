"""Replay a log and count its fleet in the same pass: who stormed, and what lies behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tidegate.alert_storm.causes import Examined, examine
from tidegate.alert_storm.fleet import Fleet, FleetView
from tidegate.columnar.batches import AlertCodes, DeviceIds
from tidegate.columnar.inventory import Inventory
from tidegate.operations.join_inventory import join_inventory
from tidegate.operations.ordered_log import RejectedSink
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import DecisionSink, ReplayOptions, replay
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.replayed import Replayed, Spells
from tidegate.vocabulary.alert_codes import AlertCode, parse_alert_code
from tidegate.vocabulary.instants import HOUR, Instant


@dataclass(frozen=True, slots=True)
class FleetReplay:
    """A replay, and the fleet it was of.

    replayed:   Its storms with what the Inventory says of their Devices, and its causes.
    fleet:      What was counted; `fleet.devices_of` tells the Devices behind a cause.
    view:       The fleet over the period of the log.
    examined:   What the fleet was found guilty of.
    inventory:  What the Devices are; None where none was given.
    """

    replayed: Replayed
    fleet: Fleet
    view: FleetView
    examined: Examined
    inventory: Inventory | None


def replay_with_fleet(
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    inventory: Inventory | None,
    options: ReplayOptions,
    *,
    decisions: DecisionSink | None = None,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> FleetReplay:
    """Replay a log and look at the whole fleet; interrupted by Ctrl-C, it tells of what it had so far.

    Raises:
        InputError: the input cannot be read; or a row cannot be used and `is_strict` is set.
    """
    fleet = Fleet(inventory, shards=options.shards)
    replayed = replay(
        source,
        periods,
        options,
        decisions=decisions,
        rejected=rejected,
        watchers=[fleet],
        inventory=inventory,
        progress=progress,
    )
    if inventory is not None:
        replayed = join_inventory(replayed, inventory)
    since, until = _period(replayed.first, replayed.last)
    view = fleet.view(stormed_with(replayed.storms), source.recipients, since, until)
    examined = examine(view, excluded_codes(replayed))
    return FleetReplay(replace(replayed, causes=examined.causes), fleet, view, examined, inventory)


def excluded_codes(replayed: Replayed) -> frozenset[AlertCode]:
    """The codes of which every Alert passed by the exclusion list."""
    return frozenset(
        code for code, totals in replayed.by_code.items() if 0 < totals.excluded == totals.received
    )


def stormed_with(storms: Spells) -> tuple[DeviceIds, AlertCodes]:
    """Which Devices stormed, and with which code: two columns, as `Fleet.view` takes them."""
    labels, which = np.unique(storms.columns["alert_code"].astype(str), return_inverse=True)
    # Of a policy's group every member: which of them it was is not told.
    members = [[parse_alert_code(code) for code in label.split("+")] for label in labels.tolist()]
    of_storm = np.array([len(each) for each in members], np.int64)[which]
    codes = [members[label] for label in which.tolist()]
    return (
        np.repeat(storms.columns["device_id"], of_storm),
        np.array([code for each in codes for code in each], np.uint32),
    )


def _period(first: Instant | None, last: Instant | None) -> tuple[Instant, Instant]:
    """From the first Alert to past the last; an hour at least, or rates would mean nothing."""
    if first is None or last is None:
        return 0, HOUR
    return first, max(last + 1, first + HOUR)
