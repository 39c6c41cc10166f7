"""A journal that does not grow for good: what is done with is let go of, and the rest is decided the same again."""

from __future__ import annotations

import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engines import (
    AUDIT,
    KeptOutbox,
    StandingClock,
    a_record,
    accept,
    decided_in,
    incoming,
    replayed,
    running_engine,
)

from tidegate.assembly.journals import journal_periods
from tidegate.assembly.opening import open_alerts
from tidegate.assembly.replaying import look_behind
from tidegate.journal import JournalSource, policies_of
from tidegate.journal.database import Database
from tidegate.operations.engine import Engine
from tidegate.operations.engine_options import EngineOptions
from tidegate.operations.journal_retention import prunes_through, snapshots_to_keep
from tidegate.operations.outgoing import DeliveryChange, DeliveryState
from tidegate.operations.policy_timeline import timeline
from tidegate.operations.replay import ReplayOptions
from tidegate.policy_files import parse_policy
from tidegate.vocabulary.instants import DAY, HOUR

KEEPS = EngineOptions(
    linger_s=0.001, tick_s=0.002, reconnect_s=0.005, keep_us=3 * DAY, prune_apart_us=1, prune_part=7
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


def rows_of(path, table):
    with closing(sqlite3.connect(path)) as connection:
        return [row for (row,) in connection.execute(f"SELECT seq FROM {table} ORDER BY seq")]  # noqa: S608


class DeliversBut:
    """An outbox that delivers all at once but some."""

    engine: Engine

    def __init__(self, *kept):
        self.kept = kept

    def put(self, alerts):
        for alert in alerts:
            if alert.seq not in self.kept:
                at = alert.received_at
                self.engine.settle(DeliveryChange(alert.seq, DeliveryState.DELIVERED, 1, at, None, at))


def wait_until_all_is_done(engine, clock):
    """It has saved what it remembers, looked for what can go, and let go of it."""
    state, saving = engine._state, engine._state._saving
    until = time.monotonic() + 30
    while state.is_saving or (saving._options.keep_us and saving._looks_to_prune_at <= clock.now):
        assert time.monotonic() < until
        engine.running().result(30)


def a_long_storm(version, one_in):
    """A window of thirty hours: of the storms of one day each runs on the next."""
    record = a_record(version, one_in=one_in)
    return replace(record, document=record.document.replace('"20us"', '"30h"'))


def live_through(path, outbox, *, options=KEEPS, change_on=None):
    """Five days of two Devices that storm all the while; nothing is done but what the engine does by itself."""
    clock = StandingClock(10 * DAY)
    with running_engine(path, clock, options=options, outbox=outbox) as engine:
        outbox.engine = engine
        engine.apply(a_long_storm("1", 3), AUDIT).result(30)
    for day in range(5):
        with running_engine(path, clock, options=options, outbox=outbox) as engine:
            outbox.engine = engine
            if day == change_on:
                engine.apply(a_long_storm("2", 5), AUDIT).result(30)
            for number in range(day * 20, day * 20 + 20):
                clock.now += 3
                accept(engine, incoming(number, device=number % 2, recipient=f"user-{number % 3}"))
            clock.now += 4 * HOUR
            wait_until_all_is_done(engine, clock)
        clock.now += DAY - 4 * HOUR


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "journal.db"
    live_through(path, DeliversBut(), options=replace(KEEPS, keep_us=None))
    return path


@pytest.fixture(scope="module")
def pruned(tmp_path_factory):
    """Three days of five are kept."""
    path = tmp_path_factory.mktemp("pruned") / "journal.db"
    live_through(path, DeliversBut())
    return path


def test_what_is_older_than_it_need_be_goes_and_the_rest_is_decided_the_same(whole, pruned):
    kept = rows_of(pruned, "alerts")

    assert list(range(41, 101)) == kept
    assert set(rows_of(pruned, "decisions")) | set(rows_of(pruned, "outbox")) <= set(kept)
    assert decided_in(pruned) == decided_in(whole)[40:] == replayed(pruned)


def test_a_journal_on_a_server_lets_go_of_the_same(pruned, empty_server):
    outbox = DeliversBut()
    live_through(empty_server.url, outbox)
    through = Path(empty_server.url)  # as the command line has it

    assert list(range(41, 101)) == on_server(empty_server, "SELECT seq FROM alerts ORDER BY seq")
    assert [] == on_server(empty_server, "SELECT seq FROM documents")
    for table in ("decisions", "outbox", "snapshots", "deciding"):
        column = "first_seq" if table == "deciding" else "seq"
        asked = f"SELECT {column} FROM {table} ORDER BY {column}"  # noqa: S608
        with closing(sqlite3.connect(pruned)) as connection:
            assert [seq for (seq,) in connection.execute(asked)] == on_server(empty_server, asked), table
    assert decided_in(pruned) == replayed(empty_server.url)
    found = look_behind(open_alerts([through]), journal_periods(through), ReplayOptions(shards=2), None)
    assert 60 == found.replayed.received
    with running_engine(empty_server.url, StandingClock(20 * DAY), options=KEEPS, outbox=outbox) as engine:
        assert 100 == engine.counters().received


def on_server(server, asked):
    with closing(Database(server.url, is_reader=True)) as database, database.connected() as connection:
        return [value for (value,) in connection.exec_driver_sql(asked)]


def test_a_storm_runs_on_over_the_cut(pruned):
    """Else nothing need be remembered there."""
    with closing(sqlite3.connect(pruned)) as connection:
        began, first = connection.execute(
            "SELECT (SELECT MIN(started_at) FROM storms WHERE ended_at IS NULL), MIN(received_at) FROM alerts"
        ).fetchone()

    assert began < first


def test_what_is_counted_goes_on(pruned, tmp_path):
    path = shutil.copy(pruned, tmp_path)
    with running_engine(path, StandingClock(20 * DAY), options=KEEPS, outbox=KeptOutbox()) as engine:
        assert 100 == engine.counters().received


def test_without_a_setting_nothing_goes(whole):
    assert list(range(1, 101)) == rows_of(whole, "alerts")
    assert JournalSource(str(whole)).remembered is None


def test_a_replay_on_the_command_line_begins_with_what_was_remembered(pruned):
    periods = timeline(policies_of(str(pruned)), parse_policy)

    found = look_behind(open_alerts([pruned]), periods, ReplayOptions(shards=2), None)

    throttled = sum(outcome == 1 for outcome, _, _ in decided_in(pruned))
    assert (60, throttled) == (found.replayed.received, found.replayed.throttled)


def test_under_another_policy_it_is_decided_from_its_first_alert_on(pruned):
    other = timeline([a_record("other", one_in=2)], parse_policy)

    found = look_behind(JournalSource(str(pruned)), other, ReplayOptions(), None)

    assert 60 == found.replayed.received


def test_where_some_are_gone_and_others_not_yet_a_replay_begins_with_the_snapshot_all_the_same(
    pruned, tmp_path
):
    path = shutil.copy(pruned, tmp_path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "INSERT INTO alerts SELECT 40, received_at - 1, device_id, alert_code, recipient_id, 'r', originator_id"
            " FROM alerts WHERE seq = 41"
        )

    assert decided_in(path)[1:] == replayed(path)


def test_another_policy_takes_force_after_the_cut(path):
    live_through(path, DeliversBut(), change_on=2)

    assert decided_in(path) == replayed(path)


def test_what_is_to_be_delivered_yet_stays_and_all_after_it(path):
    live_through(path, DeliversBut(30))

    assert list(range(21, 101)) == rows_of(path, "alerts")
    assert decided_in(path) == replayed(path)


def test_of_snapshots_the_first_of_each_day_and_the_last_are_kept():
    of_days = [(1, 5), (2, DAY - 1), (3, DAY), (4, DAY + 1), (5, DAY + 2)]

    assert [(1, 5), (3, DAY), (5, DAY + 2)] == snapshots_to_keep(of_days)
    assert [(1, 5)] == snapshots_to_keep([(1, 5)])
    assert [] == snapshots_to_keep([])


@pytest.mark.parametrize(
    ("now", "first_open", "last_seq", "through"),
    [
        (109, None, 50, None),
        (110, None, 50, 10),
        (119, None, 50, 10),
        (120, None, 50, 20),
        (120, 21, 50, 20),
        (120, 20, 50, 10),
        (120, 10, 50, None),
        (120, None, 21, 20),
        (120, None, 20, 10),
    ],
)
def test_alerts_go_up_to_a_snapshot_that_is_old_enough_with_nothing_to_be_delivered_before_it(
    now, first_open, last_seq, through
):
    snapshots = [(10, 10), (20, 20), (30, 30)]

    assert through == prunes_through(snapshots, now, 100, first_open, last_seq)
