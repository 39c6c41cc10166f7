"""What the streams of a fleet come to: summed by group, or picked out one by one, over columns.

The chatter index and the pattern are those of `fleet_activity.Activity`,
statement for statement; `tests/equivalence/test_fleet.py` holds the two together.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tidegate.alert_storm.fleet_activity import (
    BURST_ABOVE,
    CHATTERING,
    CONTINUOUS_HOURS,
    CONTINUOUS_SHARE,
    FEWEST,
    PER_SECOND,
    PERIODIC_BELOW,
    Pattern,
)
from tidegate.alert_storm.fleet_changed import SHOUTS, SHOUTS_FIRST, SHOUTS_SECOND, STORMED
from tidegate.alert_storm.fleet_kernel import IS_SECOND, KNOWN, code_of, group_of
from tidegate.columnar.compiled import compiled, inlined
from tidegate.columnar.device_index import find, hash_of_device
from tidegate.vocabulary.instants import SECOND

FLEET_DEVICE: Final = np.dtype(
    [
        ("device_id", np.uint64),
        ("alert_code", np.uint32),
        ("product", np.int32),
        ("alerts", np.int64),
        ("second_alerts", np.int64),
        ("first_at", np.int64),
        ("last_at", np.int64),
        ("hours_active", np.int64),
        ("days", np.float64),
        ("chatter_index", np.float64),
        ("pattern", np.uint8),
        ("has_stormed", np.bool_),
        ("is_shouter", np.bool_),
        ("row", np.int64),
    ]
)
"""One Device, while it was of one product in one region, with one code (of a toggle pair both, named by the first).

product:       Its place in `FleetView.products`.
alerts, second_alerts: All, and of them those with the second code of the pair.
first_at, last_at, hours_active: Instants, and hours of the clock with an Alert.
days:          Its days in the period.
chatter_index, pattern: `fleet_activity`; the index per second, 0 for one activation.
has_stormed, is_shouter: It stormed with the code; and not only as those do who are no shouters (`Fleet.view`).
row:           Its last row in the Inventory within the period, for its supplier and region; -1: it has none.
"""

STREAM_OF_PART: Final = np.dtype([("alert_code", np.int64), ("part", np.int64), ("alerts", np.int64)])
"""What one part raised of one code."""

_FEW = np.int64(Pattern.FEW)
_CONTINUOUS = np.int64(Pattern.CONTINUOUS)
_PERIODIC = np.int64(Pattern.PERIODIC)
_BURST = np.int64(Pattern.BURST)
_IRREGULAR = np.int64(Pattern.IRREGULAR)


class Parts(NamedTuple):
    """The parts in the period, by row of the Inventory, and the length of the period for those it does not know.

    murmurs_from:  Alerts of a code from which a Device murmurs.
    """

    device_id: NDArray[np.uint64]
    kind: NDArray[np.int32]
    product: NDArray[np.int32]
    days: NDArray[np.float64]
    row: NDArray[np.int64]
    supplier: NDArray[np.int32]
    period_days: float
    murmurs_from: float


class Stormed(NamedTuple):
    """Which Devices stormed with which codes, sorted; `devices` is an index of them, to the first row of each.

    how:  STORMED, SHOUTS_FIRST, SHOUTS_SECOND (`fleet_changed`).
    """

    devices: NDArray[Any]
    device_id: NDArray[np.uint64]
    alert_code: NDArray[np.uint32]
    how: NDArray[np.uint8]


class Sums(NamedTuple):
    """By group."""

    alerts: NDArray[np.int64]
    devices: NDArray[np.int64]
    stormed_alerts: NDArray[np.int64]
    stormed_devices: NDArray[np.int64]
    shouting_alerts: NDArray[np.int64]
    shouting_second_alerts: NDArray[np.int64]
    shouting_devices: NDArray[np.int64]
    shouting_first: NDArray[np.int64]
    shouting_second: NDArray[np.int64]
    murmuring_alerts: NDArray[np.int64]
    murmuring_devices: NDArray[np.int64]
    sum_squares: NDArray[np.float64]
    sum_exposed: NDArray[np.float64]
    chattering: NDArray[np.int64]
    patterns: NDArray[np.int64]
    by_supplier: NDArray[np.int64]


@compiled
def sum_up(streams: Any, courses: Any, parts: Any, stormed: Any, groups: Any, sums: Any) -> None:
    """Add the streams of one table to their groups."""
    for i in range(len(streams)):
        word = streams[i].word
        if word == 0:
            continue
        key = streams[i].key
        device_id, kind, supplier, days = key, np.int32(0), np.int32(0), parts.period_days
        if word & KNOWN:
            part = np.int64(key)
            device_id, kind, supplier = parts.device_id[part], parts.kind[part], parts.supplier[part]
            days = parts.days[part]
        code = code_of(word)
        group = group_of(groups, code, kind)
        alerts = np.int64(1)
        second_alerts = np.int64(1) if word & IS_SECOND else np.int64(0)
        if streams[i].course != 0:
            course = courses[np.int64(streams[i].course)]
            alerts = np.int64(course.alerts)
            second_alerts = np.int64(course.second_alerts)
            sums.chattering[group] += is_chattering(course)
            sums.patterns[group, pattern_of(streams[i].first_at, course, days)] += 1
        else:
            sums.patterns[group, _FEW] += 1
        sums.alerts[group] += alerts
        sums.devices[group] += 1
        sums.by_supplier[group, supplier] += 1
        how = how_stormed(stormed, device_id, code)
        if how & STORMED:
            sums.stormed_alerts[group] += alerts
            sums.stormed_devices[group] += 1
        if how & SHOUTS:
            sums.shouting_alerts[group] += alerts
            sums.shouting_second_alerts[group] += second_alerts
            sums.shouting_devices[group] += 1
            sums.shouting_first[group] += how & SHOUTS_FIRST != 0
            sums.shouting_second[group] += how & SHOUTS_SECOND != 0
        else:
            sums.sum_squares[group] += np.float64(alerts) * np.float64(alerts)
            sums.sum_exposed[group] += np.float64(alerts) * days
            if alerts >= parts.murmurs_from:
                sums.murmuring_alerts[group] += alerts
                sums.murmuring_devices[group] += 1


@compiled
def pick(streams: Any, is_wanted_code: Any, is_wanted_kind: Any, kind: Any, slots: Any) -> Any:
    """The slots of streams of some codes and kinds; returns how many. Without room for any it counts only."""
    count = 0
    for i in range(len(streams)):
        word = streams[i].word
        if word == 0 or not is_wanted_code[code_of(word)]:
            continue
        of_kind = kind[np.int64(streams[i].key)] if word & KNOWN else np.int32(0)
        if is_wanted_kind[of_kind]:
            if len(slots) > 0:
                slots[count] = i
            count += 1
    return count


@compiled
def tell(streams: Any, courses: Any, slots: Any, parts: Any, stormed: Any, devices: Any) -> None:
    """Tell of each picked stream what there is to tell; `devices` is of FLEET_DEVICE."""
    for i in range(len(slots)):
        stream = streams[slots[i]]
        device_id, product, row, days = stream.key, np.int32(0), np.int64(-1), parts.period_days
        if stream.word & KNOWN:
            part = np.int64(stream.key)
            device_id, product = parts.device_id[part], parts.product[part]
            row, days = parts.row[part], parts.days[part]
        it = devices[i]
        it.device_id = device_id
        it.alert_code = code_of(stream.word)
        it.product = product
        it.first_at = stream.first_at
        it.row = row
        it.days = days
        how = how_stormed(stormed, device_id, code_of(stream.word))
        it.has_stormed = how & STORMED != 0
        it.is_shouter = how & SHOUTS != 0
        if stream.course != 0:
            course = courses[np.int64(stream.course)]
            it.alerts = course.alerts
            it.second_alerts = course.second_alerts
            it.last_at = course.last_at
            it.hours_active = course.hours_active
            it.chatter_index = chatter_index(course)
            it.pattern = pattern_of(stream.first_at, course, days)
        else:
            it.alerts = 1
            it.second_alerts = 1 if stream.word & IS_SECOND else 0
            it.last_at = stream.first_at
            it.hours_active = 1
            it.chatter_index = 0.0
            it.pattern = _FEW


@compiled
def pick_parts(streams: Any, courses: Any, is_wanted_part: Any, picked: Any) -> Any:
    """The streams of some parts, as STREAM_OF_PART; returns how many. Without room for any it counts only."""
    count = 0
    for i in range(len(streams)):
        word = streams[i].word
        if word != 0 and word & KNOWN and is_wanted_part[np.int64(streams[i].key)]:
            if len(picked) > 0:
                picked[count].alert_code = code_of(word)
                picked[count].part = np.int64(streams[i].key)
                picked[count].alerts = 1
                if streams[i].course != 0:
                    picked[count].alerts = courses[np.int64(streams[i].course)].alerts
            count += 1
    return count


@compiled
def how_each_stormed(stormed: Any, device_id: Any, code: Any, how: Any) -> None:
    """How each of some Devices stormed with a code."""
    for i in range(len(device_id)):
        how[i] = how_stormed(stormed, device_id[i], code[i])


@compiled
def how_stormed(stormed: Any, device_id: Any, code: Any) -> Any:
    """How a Device stormed with a code; 0: it did not."""
    slot = find(stormed.devices, hash_of_device(device_id), device_id)
    if slot < 0:
        return np.uint8(0)
    row = np.int64(stormed.devices[slot].row_and_one) - 1
    while row < len(stormed.device_id) and stormed.device_id[row] == device_id:
        if stormed.alert_code[row] == code:
            return stormed.how[row]
        row += 1
    return np.uint8(0)


@inlined
def chatter_index(course: Any) -> Any:
    """`Activity.chatter_index`."""
    gaps = np.int64(course.activations) - 1
    return course.sum_inverse / PER_SECOND / gaps if gaps > 0 else 0.0


@inlined
def is_chattering(course: Any) -> Any:
    """`Activity.is_chattering`."""
    gaps = np.int64(course.activations) - 1
    return course.activations >= FEWEST and course.sum_inverse >= CHATTERING * PER_SECOND * gaps


@compiled
def pattern_of(first_at: Any, course: Any, days: Any) -> Any:
    """`Activity.pattern`."""
    if course.activations < FEWEST:
        return _FEW
    if course.hours_active >= max(CONTINUOUS_HOURS, CONTINUOUS_SHARE * 24 * days):
        return _CONTINUOUS
    gaps = np.int64(course.activations) - 1
    mean = (course.lead_at - first_at) / SECOND / gaps
    spread = sqrt(max(0.0, course.sum_squares / gaps - mean * mean))
    burstiness = (spread - mean) / (spread + mean)
    if burstiness <= PERIODIC_BELOW:
        return _PERIODIC
    return _BURST if burstiness >= BURST_ABOVE else _IRREGULAR
