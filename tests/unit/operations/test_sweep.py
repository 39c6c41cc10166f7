"""A sweep finds of each policy what a replay with it alone finds, counted for all codes and for each."""

from __future__ import annotations

from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from tests.logs import LogInMemory
from tests.streams import logs
from tests.unit.reports.swept_examples import device, policy, swept

from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.columnar.inventory import INVENTORY_COLUMNS, Attribute, Inventory
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.operations.ordered_log import OrderedLog, ReadOptions
from tidegate.operations.replay import ReplayOptions, always, replay
from tidegate.operations.sweep import sweep
from tidegate.policy.swept_parameters import parse_ranges
from tidegate.reports.storm_streams import RUNNING
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE

W = "20us"
RULE = AlertStormParameters(3, 20, 3, clear_threshold=1)


def expected_row(replayed, last, code):
    """Of a replay, what a sweep tells of it; one code, or all."""
    storms = replayed.storms.columns
    rows = [
        row
        for row in range(len(storms["device_id"]))
        if code is None or storms["alert_code"][row] == format_alert_code(code)
    ]
    ended = [last if storms["ended_at"][row] == RUNNING else int(storms["ended_at"][row]) for row in rows]
    detect = [int(storms["started_at"][row] - storms["counting_since"][row]) for row in rows]
    return (
        len(rows),
        len(
            {(storms["device_id"][row], storms["alert_code"][row], storms["recipient"][row]) for row in rows}
        ),
        len({storms["device_id"][row] for row in rows}),
        int(median(detect)) if detect else None,
        sum(max(end - int(storms["started_at"][row]), 0) for end, row in zip(ended, rows, strict=True)),
        sum(int(storms["received"][row]) for row in rows),
        sum(int(storms["forwarded"][row]) for row in rows),
    )


@settings(max_examples=25)
@given(
    logs(),
    st.sampled_from([("threshold=1..5",), ("threshold=1,4", "window=7us,20us"), ("clear_threshold=0..3",)]),
)
def test_every_row_is_what_a_replay_finds(alerts, ranges):
    found = swept(alerts, *ranges, base=policy(RULE, excluded=[0x8F35]))

    last = max((alert.at for alert in alerts), default=0)
    for place, point in enumerate(found.points):
        alone = replay(LogInMemory(alerts), always(point.policy), ReplayOptions(shards=1))
        assert alone.by_code == {code: found.row(place, code).totals for code in found.codes}
        for code in (None, *found.codes):
            row = found.row(place, code)
            assert expected_row(alone, last, code) == (
                row.storms,
                row.streams,
                row.devices,
                row.detect_us,
                row.storm_us,
                row.in_storms,
                row.forwarded_in_storms,
            )


def test_the_members_of_a_group_are_one_row():
    alerts = [*device(1, 10 * MINUTE, code=0x8014), *device(1, 10 * MINUTE, code=0x8015, first=5 * MINUTE)]
    found = swept(alerts, "threshold=10,20", base=policy(groups=((0x8014, 0x8015),)))

    assert [0x8014] == list(found.codes)
    assert "8014+8015" == found.label(0x8014)
    ten = next(place for place, point in enumerate(found.points) if point.values == {"threshold": 10})
    assert (1, len(alerts)) == (found.row(ten, 0x8014).storms, found.row(ten, 0x8014).totals.received)


def test_streams_of_each_code_are_counted_whatever_stormed():
    alerts = [*device(1, MINUTE), *device(2, HOUR), *device(3, HOUR, code=0x8014)]

    assert {0x8F75: 2, 0x8014: 1} == dict(swept(alerts, "threshold=10", "window=1h,6h").streams)


def test_codes_come_with_the_most_received_first():
    alerts = [*device(1, HOUR, code=0x8014), *device(2, MINUTE, code=0x8F75)]

    assert [0x8F75, 0x8014] == list(swept(alerts, "threshold=10").codes)


def inventory(rows):
    """Device -> (since, model), in order."""
    models = [model for _, _, model in rows]
    texts = ["", *sorted(set(models))]
    nothing = Attribute(np.zeros(len(rows), np.int32), ("",))
    attributes = dict.fromkeys(INVENTORY_COLUMNS, nothing)
    attributes["model"] = Attribute(np.array([texts.index(model) for model in models], np.int32), texts)
    return Inventory(
        "inventory.csv",
        np.array([device_id for device_id, _, _ in rows], np.uint64),
        np.array([since for _, since, _ in rows], np.int64),
        attributes,
    )


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(None, 2, id="without an Inventory: codes, a toggle pair as one"),
        pytest.param(
            [(1, BEFORE_ALL, "M1"), (2, BEFORE_ALL, "M1"), (3, BEFORE_ALL, "M2")], 2, id="by product"
        ),
        pytest.param(
            [(1, BEFORE_ALL, "M1"), (2, BEFORE_ALL, "M2"), (3, BEFORE_ALL, "M2")], 3, id="another product"
        ),
        pytest.param([(1, BEFORE_ALL, "M1")], 3, id="those not known are of one product"),
        pytest.param([], 2, id="an empty Inventory knows none"),
    ],
)
def test_problems_are_different_causes(known, expected):
    # Devices 1 and 2 raise one code or other of a pair; device 3 another code.
    alerts = [
        *device(1, MINUTE, code=0x8014),
        *device(2, MINUTE, code=0x8015, first=1),
        *device(3, MINUTE, code=0x8F75, first=2),
    ]
    log = OrderedLog(LogInMemory(sorted(alerts, key=lambda alert: alert.at)), ReadOptions())
    found = sweep(
        log,
        policy(),
        parse_ranges(["threshold=30"]),
        shards=1,
        inventory=None if known is None else inventory(known),
    )

    assert expected == found.row(0, None).problems


def test_of_two_firmwares_the_one_at_the_storm_counts():
    alerts = device(1, MINUTE, lasting=2 * HOUR)
    then = alerts[0].at + 6 * HOUR
    again = device(1, MINUTE, lasting=2 * HOUR, first=12 * HOUR)
    known = inventory([(1, BEFORE_ALL, "M1"), (1, then, "M2")])
    log = OrderedLog(LogInMemory([*alerts, *again]), ReadOptions())
    found = sweep(log, policy(), parse_ranges(["threshold=30"]), shards=1, inventory=known)

    assert (2, 2) == (found.row(0, None).storms, found.row(0, None).problems)


def test_interrupted_it_tells_what_came_so_far():
    alerts = device(1, MINUTE)
    log = OrderedLog(LogInMemory(alerts, cuts=[100, 200]), ReadOptions())

    def stop(_done, rows):
        if rows >= 200:
            raise KeyboardInterrupt

    found = sweep(log, policy(), parse_ranges(["threshold=10,20"]), shards=1, progress=stop)

    assert found.is_partial
    assert 200 == found.received


def test_a_period_is_kept_to():
    alerts = device(1, MINUTE, lasting=2 * DAY)
    found = swept(alerts, "threshold=10", options=ReadOptions(until=alerts[0].at + DAY))

    assert (DAY // MINUTE, DAY // MINUTE) == (found.received, found.outside_period)


def test_a_log_without_alerts_has_rows_of_nothing():
    found = swept([], "threshold=10,20")

    assert [0, 0, 0] == [row.totals.received for row in found.rows_of(None)]
    assert [] == list(found.codes)
