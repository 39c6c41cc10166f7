"""Replay a log and count its fleet in the same pass: who stormed, and what lies behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Examined, examine
from tidegate.alert_storm.fleet import Fleet, FleetView
from tidegate.alert_storm.linking import codes_of_label
from tidegate.alert_storm.members import ended_by
from tidegate.alert_storm.silence import had_waited
from tidegate.columnar.batches import AlertCodes, DeviceIds
from tidegate.columnar.inventory import Inventory
from tidegate.operations.join_inventory import join_inventory
from tidegate.operations.ordered_log import RejectedSink
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import DecisionSink, ReplayOptions, replay
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.replayed import Replayed, Spells
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES
from tidegate.vocabulary.instants import HOUR, Instant
from tidegate.vocabulary.toggle_pairs import counted_as


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
    stormed, of_storm = stormed_with(replayed.storms)
    view = fleet.view(stormed, source.recipients, since, until, are_no_shouting(replayed)[of_storm])
    examined = examine(view, replayed.excluded_codes)
    return FleetReplay(replace(replayed, causes=examined.causes), fleet, view, examined, inventory)


def are_no_shouting(replayed: Replayed) -> NDArray[np.bool_]:
    """Which of the storms are of Devices that are no shouters for all that: every storm of theirs with the code is such.

    Those that went over a suppression's threshold and never over the code's own, for Devices are compared, and
    must be by one threshold; and those of what had waited while nothing came (`alert_storm.silence`).
    """
    storms = replayed.storms.columns
    rules = {each.policy.version: each.policy.alert_storm for each in replayed.in_force}
    labels = storms["alert_code"].tolist()
    first_code = {label: codes_of_label(label)[0] for label in set(labels)}
    counted = [counted_as(first_code[label]) for label in labels]
    own = [
        rules[version].parameters_for(first_code[label]).threshold
        for version, label in zip(storms["policy_version"].tolist(), labels, strict=True)
    ]
    hours = {each.hour for each in replayed.hours}
    waited = had_waited(
        storms["device_id"], storms["started_at"], ended_by(storms, replayed.last or 0), hours
    )
    no_shouting = (storms["peak_count"] <= np.array(own, np.int64)) | waited
    # Whoever shouted once is a shouter with the code.
    _, device = np.unique(storms["device_id"], return_inverse=True)
    _, stream = np.unique(device * NUMBER_OF_CODES + np.array(counted, np.int64), return_inverse=True)
    is_shouting = np.bincount(stream, ~no_shouting) > 0
    return np.asarray(~is_shouting[stream], np.bool_)


def stormed_with(storms: Spells) -> tuple[tuple[DeviceIds, AlertCodes], NDArray[np.int64]]:
    """Which Devices stormed, and with which code: two columns, as `Fleet.view` takes them; and the storm of each."""
    labels, which = np.unique(storms.columns["alert_code"].astype(str), return_inverse=True)
    # Of a policy's group every member: which of them it was is not told.
    members = [codes_of_label(label) for label in labels.tolist()]
    of_storm = np.array([len(each) for each in members], np.int64)[which]
    codes = [members[label] for label in which.tolist()]
    storm = np.repeat(np.arange(len(storms)), of_storm)
    return (storms.columns["device_id"][storm], np.array(list(chain(*codes)), np.uint32)), storm


def _period(first: Instant | None, last: Instant | None) -> tuple[Instant, Instant]:
    """From the first Alert to past the last; an hour at least, or rates would mean nothing."""
    if first is None or last is None:
        return 0, HOUR
    return first, max(last + 1, first + HOUR)
