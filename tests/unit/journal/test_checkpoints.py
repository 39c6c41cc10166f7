"""The log goes into the database beside the commits, whatever becomes of the disk meanwhile."""

from __future__ import annotations

import resource
import threading
import time
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import event

from tidegate.journal.database import Database

DEADLINE_S = 10


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.db"


@contextmanager
def database_at(path):
    with closing(Database(str(path))) as database:
        database.create()
        yield database


def commit(database, name):
    with database.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO parties (name) VALUES (?)", (name,))


def wait_for(what):
    until = time.monotonic() + DEADLINE_S
    while not what():
        assert time.monotonic() < until
        time.sleep(0.01)


def running():
    return [it for it in threading.enumerate() if it.name == "checkpoints"]


def test_what_was_committed_comes_into_the_database_without_another_commit(path):
    with database_at(path) as database:
        commit(database, "a party that is looked for")
        wait_for(lambda: b"a party that is looked for" in path.read_bytes())


@contextmanager
def full_disk(octets):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_where_the_database_has_no_room_commits_go_on_in_the_log_and_it_is_tried_again(path):
    with database_at(path) as database:
        commit(database, "large " * 50_000)
        with database.connected() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")  # the log is empty, and has room
        failed = threading.Event()
        event.listen(database._engine, "handle_error", lambda _: failed.set())
        with full_disk(path.stat().st_size):
            commit(database, "large too " * 10_000)
            assert failed.wait(DEADLINE_S)
            commit(database, "while there is no room")
        commit(database, "once there is room")
        wait_for(lambda: b"once there is room" in path.read_bytes())

        assert b"while there is no room" in path.read_bytes()


def test_it_ends_with_the_connection_and_is_begun_again_with_another(path):
    with database_at(path) as database:
        assert 1 == len(running())
        with pytest.raises(ZeroDivisionError), database.connected():
            raise ZeroDivisionError
        assert not running()
        commit(database, "on another connection")
        assert 1 == len(running())
    assert not running()


def test_a_reader_has_none(path):
    with database_at(path) as database:
        commit(database, "a party")
    with closing(Database(str(path), is_reader=True)) as reader:
        reader.check_version()
        assert not running()


def test_the_time_of_each_commit_is_told(path):
    told: list[float] = []
    with database_at(path) as database:
        database.committed_after = told.append
        commit(database, "a party")
        commit(database, "another")

    assert [True, True] == [seconds > 0 for seconds in told]
