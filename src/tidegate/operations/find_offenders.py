"""Find who offends: a replay that tells who stormed, and a count of the fleet in the same pass over the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.causes import Cause, Examined, Kind, murmurs_from
from tidegate.alert_storm.fleet import FLEET_DEVICE, Fleet, FleetView
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute, Inventory
from tidegate.operations.ordered_log import RejectedSink
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import ReplayOptions
from tidegate.operations.replay_with_fleet import replay_with_fleet
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.offender_comparison import offenders_of
from tidegate.reports.offending import (
    GROUPINGS,
    DevicesListed,
    InventoryUsed,
    Offending,
)
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.products import NOT_KNOWN
from tidegate.vocabulary.toggle_pairs import codes_counted_as, counted_as

BY_PRODUCT: Final = ("manufacturer", "model", "firmware")
"""What Devices are grouped by unless asked otherwise."""

MOST_LOUDEST: Final = 100
"""Of the Devices with most Alerts, so many are kept, whatever is behind them."""


@dataclass(frozen=True, slots=True)
class OffenderOptions(ReplayOptions):
    """What to ask of whom.

    by:    What to group Devices by, each of GROUPINGS.
    code:  Only this code, and what it is paired with; None: every one.
    """

    by: Sequence[str] = BY_PRODUCT
    code: AlertCode | None = None


def find_offenders(
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    inventory: Inventory | None,
    options: OffenderOptions = OffenderOptions(),
    *,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> Offending:
    """Find who offends; interrupted by Ctrl-C, it tells of what it had so far, its replay marked partial.

    Raises:
        InputError: the input cannot be read; or a row cannot be used and `is_strict` is set; or the code
            asked about does not occur in the log.
    """
    made = replay_with_fleet(source, periods, inventory, options, rejected=rejected, progress=progress)
    replayed, fleet, view, examined = made.replayed, made.fleet, made.view, made.examined
    _refuse_absent(options.code, view)
    codes = None if options.code is None else [counted_as(options.code)]
    causes = [
        cause
        for cause in examined.causes
        if options.code is None or counted_as(cause.alert_codes[0]) == counted_as(options.code)
    ]
    return Offending(
        replayed=replayed,
        view=view,
        inventory=None if inventory is None else _used(inventory, view.missing),
        by=tuple(name for name in GROUPINGS if name in options.by) if inventory is not None else (),
        code=options.code,
        alerts=int(view.groups["alerts"].sum()),
        causes=causes,
        comparisons=examined.comparisons,
        offenders=offenders_of(view, examined, options.by if inventory is not None else (), codes),
        devices=_devices(fleet, view, inventory, causes, examined),
        loudest=_loudest(fleet, inventory, view, codes),
    )


def _refuse_absent(code: AlertCode | None, view: FleetView) -> None:
    there = _codes_seen(view)
    if code is None or not there or not there.isdisjoint(codes_counted_as(code)):
        return
    occurring = [format_alert_code(each) for each in sorted(there)]
    what = f"there is no Alert with {format_alert_code(code)} in the log"
    raise InputError(Fault("--code", what, f"It has: {', '.join(occurring)}."))


def _codes_seen(view: FleetView) -> set[AlertCode]:
    """Every code of the log: of a toggle pair, which a fleet counts as its first code, those that came."""
    columns = (view.groups[name].tolist() for name in ("alert_code", "alerts", "second_alerts"))
    seen: set[AlertCode] = set()
    for counted, alerts, second in zip(*columns, strict=True):
        if alerts > second:
            seen.add(counted)
        if second:
            seen.update(set(codes_counted_as(counted)) - {counted})
    return seen


def _used(inventory: Inventory, missing: int) -> InventoryUsed:
    first = inventory.rejected_rows[0] if inventory.rejected_rows else None
    return InventoryUsed(
        inventory.source,
        inventory.rows_read,
        inventory.devices,
        missing,
        inventory.doubled,
        inventory.rejected,
        "" if first is None else f"line {first.line}: {first.reason}",
        int((inventory.product_numbers[inventory.is_first] == 0).sum()),
    )


def _devices(
    fleet: Fleet, view: FleetView, inventory: Inventory | None, causes: Sequence[Cause], examined: Examined
) -> DevicesListed:
    """The Devices of each cause: shouters, or the others; of those behind which is no product, who murmur."""
    parts = [np.empty(0, FLEET_DEVICE)]
    of_cause = [np.empty(0, np.int32)]
    for place, cause in enumerate(causes):
        found = fleet.devices_of(cause.alert_codes, cause.product)
        is_its = found["is_shouter"] == (cause.kind is Kind.SHOUTERS)
        if cause.product == NOT_KNOWN:
            guilty = examined.guilty.get((cause.kind, counted_as(cause.alert_codes[0])), frozenset())
            is_its &= ~np.isin(found["product"], list(guilty))
            if cause.kind is Kind.MURMUR:
                is_its &= found["alerts"] >= murmurs_from(view)
        parts.append(found[is_its])
        of_cause.append(np.full(int(is_its.sum()), place, np.int32))
    return _listed(np.concatenate(parts), np.concatenate(of_cause), inventory)


def _loudest(
    fleet: Fleet, inventory: Inventory | None, view: FleetView, codes: Sequence[AlertCode] | None
) -> DevicesListed:
    wanted = np.unique(view.groups["alert_code"]).tolist() if codes is None else list(codes)
    if not wanted:
        return _listed(np.empty(0, FLEET_DEVICE), np.empty(0, np.int32), inventory)
    found = fleet.devices_of(wanted, NOT_KNOWN, MOST_LOUDEST)
    return _listed(found, np.full(len(found), -1, np.int32), inventory)


def _listed(rows: NDArray[Any], of_cause: NDArray[np.int32], inventory: Inventory | None) -> DevicesListed:
    attributes: Mapping[str, Attribute] = {}
    if inventory is not None:
        attributes = {
            name: _taken(inventory.attributes[name], rows["row"])
            for name in INVENTORY_COLUMNS
            if name in inventory.attributes
        }
    return DevicesListed(rows, of_cause, attributes)


def _taken(attribute: Attribute, rows: NDArray[np.int64]) -> Attribute:
    """What is said at some rows; nothing where there is none (-1)."""
    texts = ["", *attribute.texts]
    places = np.zeros(len(rows), np.int32)
    known = rows >= 0
    places[known] = attribute.places[rows[known]] + 1
    return Attribute(places, texts)
