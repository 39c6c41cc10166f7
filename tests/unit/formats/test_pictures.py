"""Pictures: a finding, how to read it, and the data behind it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from urllib.parse import unquote

import pytest
from hypothesis import given, settings, strategies as st
from tests.unit.reports.replayed_examples import (
    FIRST_DEVICE,
    NETWORK,
    START,
    SUPPLIER,
    empty,
    quiet,
    replayed,
    spell,
    spells,
    storming,
    week,
)

from tidegate.formats.charts import round_numbers
from tidegate.formats.picture import Picture
from tidegate.formats.pictures import pictures
from tidegate.reports.replayed import HourOfCode, Replayed, StormHour, Totals
from tidegate.reports.verdict import table_by_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE


def _pictures(made: Replayed) -> dict[str, Picture]:
    return {each.name: each for each in pictures(made, table_by_code(made), made.storms)}


@pytest.fixture(scope="module")
def of_week() -> dict[str, Picture]:
    return _pictures(week())


def test_a_week_has_four_pictures(of_week: dict[str, Picture]) -> None:
    assert list(of_week) == ["alerts-by-time", "alerts-by-code", "storms", "storm-lengths"]
    assert all(each.svg.startswith("<svg") for each in of_week.values())


def test_nothing_received_has_no_picture_and_no_storm_none_of_storms() -> None:
    assert list(_pictures(empty())) == []
    assert list(_pictures(quiet())) == ["alerts-by-time", "alerts-by-code"]


def test_the_data_behind_a_picture_adds_up(of_week: dict[str, Picture]) -> None:
    made = week()
    rows = of_week["alerts-by-time"].rows

    assert made.received - made.rejected == sum(int(row[2]) for row in rows)
    assert made.throttled == sum(int(row[5]) for row in rows)
    assert len(made.storms) == sum(int(row[1]) for row in of_week["storm-lengths"].rows)
    assert made.throttled == sum(int(row[5]) for row in of_week["alerts-by-code"].rows)


def test_the_saved_data_is_the_data_shown(of_week: dict[str, Picture]) -> None:
    for each in of_week.values():
        scheme, _, text = each.data_link.partition(",")

        columns, *rows = csv.reader(io.StringIO(unquote(text), newline=""))

        assert scheme == "data:text/csv;charset=utf-8"
        assert list(each.columns) == columns
        assert [[str(cell) for cell in row] for row in each.rows] == rows


def test_saved_data_runs_nothing_in_a_spreadsheet() -> None:
    formula = '=HYPERLINK("x")'
    made = replayed({0x8F75: Totals(100, 10, 90)}, [spell(recipient=formula)])

    _, *rows = csv.reader(io.StringIO(unquote(_pictures(made)["storms"].data_link.partition(",")[2])))

    assert f"'{formula}" == rows[0][2]


def test_the_same_replay_draws_the_same_pictures(of_week: dict[str, Picture]) -> None:
    assert of_week == _pictures(week())


@pytest.mark.parametrize(
    ("expected", "hours"),
    [("each hour", 168), ("each hour", 180), ("every 2 hours", 181), ("every 6 hours", 744)],
)
def test_a_bar_stands_for_more_time_where_the_log_is_longer(expected: str, hours: int) -> None:
    made = replace(
        quiet(), hours=[HourOfCode(START + hour * HOUR, 0x8F35, Totals(1, 1)) for hour in range(hours)]
    )

    assert f"received in {expected}." in _pictures(made)["alerts-by-time"].subtitle


def test_a_bar_of_many_hours_begins_on_a_whole_one_of_its_kind() -> None:
    made = replace(
        quiet(),
        hours=[
            HourOfCode(START + 5 * HOUR, 0x8F35, Totals(2, 2)),
            HourOfCode(START + 31 * DAY, 0x8F35, Totals(1, 1)),
        ],
    )

    first, last = _pictures(made)["alerts-by-time"].rows

    assert first[:3] == ("2026-03-01T00:00:00Z", "2026-03-01T06:00:00Z", 2)
    assert last[:3] == ("2026-04-01T00:00:00Z", "2026-04-01T06:00:00Z", 1)


def test_two_policies_within_one_hour_are_one_bar() -> None:
    made = replace(
        quiet(),
        hours=[HourOfCode(START, 0x8F35, Totals(2, 2)), HourOfCode(START, 0x8F35, Totals(3, 0, 0, 3))],
    )

    (row,) = _pictures(made)["alerts-by-time"].rows

    assert row[2:] == (5, 2, 3, 0)


def test_titles_are_findings() -> None:
    made = _pictures(storming(1_000, in_storm=600, forwarded=60))

    assert made["alerts-by-time"].title == "The busiest hour would fall from 1,000 to 460 Alerts"
    assert made["alerts-by-code"].title.startswith("100% of what is held back is 8F75")
    assert made["storms"].title == "1 stream stormed; the worst sent 100% of all Alerts in storms"
    assert made["storm-lengths"].title == "The storm lasted 1 h"


def test_a_title_says_when_nothing_is_held_back() -> None:
    made = _pictures(quiet())

    assert (
        made["alerts-by-time"].title
        == "Nothing is held back; the busiest hour, 2026-03-01 00:00 UTC, had 3,000 Alerts"
    )
    assert made["alerts-by-code"].title.endswith("is 80.0% of the Alerts; nothing is held back")


def test_a_title_says_when_the_peak_stays() -> None:
    made = replace(
        storming(),
        hours=[
            HourOfCode(START, 0x8F75, Totals(500, 500)),
            HourOfCode(START + HOUR, 0x8F75, Totals(400, 10, 390)),
        ],
    )

    assert _pictures(made)["alerts-by-time"].title.startswith("The busiest hour stays at 500 Alerts")


def test_the_same_device_and_code_for_two_recipients_has_two_rows_told_apart() -> None:
    made = replayed({0x8F75: Totals(200, 20, 180)}, [spell(), spell(recipient=NETWORK)])

    svg = _pictures(made)["storms"].svg

    assert SUPPLIER in svg
    assert NETWORK in svg


def test_streams_whose_hours_were_not_kept_have_no_heatmap() -> None:
    made = replace(
        storming(),
        storm_hours=[StormHour(START, format_device_id(FIRST_DEVICE + 1), "8F75", SUPPLIER, 5)],
    )

    assert "storms" not in _pictures(made)


@given(st.lists(st.integers(1, 8 * DAY), min_size=1, max_size=5), st.booleans())
@settings(max_examples=10)
def test_every_storm_has_a_length(lasted: list[int], is_running: bool) -> None:
    storms = [
        spell(started_at=START, ended_at=None if is_running else START + each, received=10) for each in lasted
    ]
    received = 10 * len(storms)
    made = replayed({0x8F75: Totals(received, received)}, storms)

    rows = _pictures(made)["storm-lengths"].rows

    assert len(storms) == sum(int(row[1]) for row in rows)
    assert (len(storms) if is_running else 0) == sum(int(row[2]) for row in rows)


@pytest.mark.parametrize(
    ("expected", "lasted"), [("under 1 h", HOUR - 1), ("1 to 2 h", HOUR), ("1 to 2 h", HOUR + 1)]
)
def test_a_storm_of_an_hour_is_one_to_two_hours_long(expected: str, lasted: int) -> None:
    made = replace(storming(), spells=spells([spell(ended_at=START + lasted)]))

    (length,) = [row[0] for row in _pictures(made)["storm-lengths"].rows if row[1]]

    assert expected == length


def test_a_running_storm_is_counted_by_what_was_seen_of_it() -> None:
    made = replace(storming(), spells=spells([spell(ended_at=None)]), last=START + 90 * MINUTE)

    assert _pictures(made)["storm-lengths"].title == "The storm lasted 1 h 30 min, and still ran at the end"


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_a_legend_names_few_round_numbers_within_its_range(least: int, more: int) -> None:
    numbers = round_numbers(least, least + more)

    assert len(numbers) <= 8
    assert all(least <= number <= least + more for number in numbers)
