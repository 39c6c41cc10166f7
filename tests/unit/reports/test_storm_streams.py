"""Storms put together by stream."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, strategies as st
from tests.unit.reports.replayed_examples import FIRST_DEVICE, NETWORK, START, SUPPLIER, spell, spells

from tidegate.reports.storm_streams import StormStreams, storm_streams

_STORMS = st.lists(
    st.builds(
        lambda device, code, recipient, start, received, forwarded: spell(
            FIRST_DEVICE + device,
            code,
            recipient,
            started_at=START + start,
            received=received + forwarded,
            forwarded=forwarded,
        ),
        st.integers(0, 2),
        st.sampled_from(["8F75", "8014", "8014+8015"]),
        st.sampled_from(["", SUPPLIER, NETWORK]),
        st.integers(0, 5),
        st.integers(0, 3),
        st.integers(0, 3),
    ),
    max_size=12,
)


@given(_STORMS, st.integers(0, 20))
def test_every_storm_is_in_one_stream_and_the_worst_come_first(
    storms: list[dict[str, int]], most: int
) -> None:
    by_stream: dict[tuple[int, int, int], list[dict[str, int]]] = defaultdict(list)
    for row in storms:
        by_stream[row["device_id"], row["alert_code"], row["recipient"]].append(row)
    throttled = sorted((sum(row["throttled"] for row in rows) for rows in by_stream.values()), reverse=True)

    told = storm_streams(spells(storms), most)

    assert len(by_stream) == told.streams
    assert sum(row["received"] for row in storms) == told.received
    assert throttled[:most] == [row.throttled for row in told.worst]
    assert all(row.received == row.forwarded + row.throttled for row in told.worst)
    if most >= len(by_stream):
        assert sum(row.storms for row in told.worst) == len(storms)


def test_a_stream_has_its_first_start_its_peak_and_whether_it_runs() -> None:
    told = storm_streams(
        spells(
            [
                spell(started_at=START + 5, peak_count=40, ended_at=None),
                spell(started_at=START, peak_count=90),
            ]
        ),
        1,
    )

    (worst,) = told.worst
    assert worst.storms == 2
    assert worst.started_at == START
    assert worst.peak_count == 90
    assert worst.is_running


def test_without_storms_there_are_no_streams() -> None:
    assert StormStreams(0, 0, ()) == storm_streams(spells(), 5)
