"""Killed, out of disk, without a database: what was acknowledged is there, and it goes on by itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.durability.postgresql import BINARIES, WHY_NOT, running_server
from tests.engines import (
    AUDIT,
    StandingClock,
    a_record,
    accept,
    decided_in,
    incoming,
    replayed,
    running_engine,
)
from tidegate.assembly.opening import open_alerts, policy_periods
from tidegate.operations.live import NotDurable
from tidegate.operations.ordered_log import ReadOptions

ROOT = Path(__file__).resolve().parents[2]


def durability(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "tests.durability", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_killed_at_any_instant_it_loses_nothing_it_has_acknowledged():
    """A few rounds; hundreds by `python -m tests.durability --rounds 300`."""
    ran = durability("--rounds", "12", "--seed", "3")

    assert "12 rounds" in ran.stdout
    assert (0, "") == (ran.returncode, ran.stderr)


def test_when_the_disk_is_full_callers_are_told_and_nothing_is_half_done():
    ran = durability("--full-disk")

    assert (0, "", "") == (ran.returncode, ran.stdout, ran.stderr)


def test_when_the_database_is_taken_away_callers_are_told_until_it_is_back(tmp_path):
    folder, away = tmp_path / "here", tmp_path / "away"
    folder.mkdir()
    path = folder / "journal.db"
    clock = StandingClock()
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now += 10
        accept(engine, incoming(0), incoming(1))
        folder.rename(away)
        for number in (2, 3):
            with pytest.raises(NotDurable):
                accept(engine, incoming(number))
        assert not folder.exists()
        assert 2 == engine.counters().received
        away.rename(folder)
        _wait_until_ready(engine)

        assert [3, 4] == [it.seq for it in accept(engine, incoming(2), incoming(3))]
    assert decided_in(path) == replayed(path)


def test_when_another_journal_is_in_its_place_it_takes_up_where_that_one_ends(tmp_path):
    """A backup put back: numbers go on from it, and so does what is remembered."""
    path, backup = tmp_path / "journal.db", tmp_path / "backup.db"
    clock = StandingClock()
    with running_engine(path, clock) as engine:
        engine.apply(a_record(), AUDIT).result(30)
        clock.now += 10
        accept(engine, incoming(0), incoming(1))
    backup.write_bytes(path.read_bytes())
    with running_engine(path, clock) as engine:
        accept(engine, incoming(2), incoming(3))
        for leftover in tmp_path.glob("journal.db-*"):
            leftover.unlink()
        path.unlink()
        with pytest.raises(NotDurable):
            accept(engine, incoming(4))
        backup.rename(path)
        _wait_until_ready(engine)
        (made,) = accept(engine, incoming(5))

        assert (3, 1) == (made.seq, made.outcome)
        assert 3 == engine.counters().received
    assert decided_in(path) == replayed(path)


# pg8000 leaves the socket of a dead session to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(BINARIES is None, reason=WHY_NOT)
def test_when_postgresql_is_restarted_callers_are_told_and_it_reconnects():
    with running_server() as server:
        clock = StandingClock()
        with running_engine(server.url, clock) as engine:
            engine.apply(a_record(), AUDIT).result(30)
            clock.now += 10
            accept(engine, *(incoming(number) for number in range(3)))
            server.stop()
            for _ in range(2):
                with pytest.raises(NotDurable):
                    accept(engine, incoming(3))
            server.start()
            _wait_until_ready(engine)
            (made,) = accept(engine, incoming(3))

            assert (4, 1, False) == (made.seq, made.outcome, made.is_repeat)
            assert 4 == engine.counters().received
        assert [0, 0, 1, 1] == [outcome for outcome, _, _ in replayed(server.url)]
        # As the command line has it: its arguments are paths, in which `//` is `/`.
        log = open_alerts([Path(server.url)])
        assert 4 == sum(len(batch.alerts) for batch in log.batches())
        *_, in_force = policy_periods(None, ReadOptions(), [Path(server.url)])
        assert in_force.policy is not None
        assert "1" == in_force.policy.version


def _wait_until_ready(engine):
    while not engine.is_ready:
        pass
