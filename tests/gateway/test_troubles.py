"""Troubles of our own: a reader that dies, a journal that cannot be written, an end. Nobody is told 204 who should not be."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from pathlib import Path

from tests.gateways import XML, running_gateway, wait_until
from tests.material.signed_alerts import AlertMint

from tidegate.delivery.delivery import Delivery
from tidegate.gateway.ended_storms import EndedStorms

MINT = AlertMint(None)


def readers():
    """The processes that read, of this one."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [int(pid) for each in children for pid in each.read_text().split()]
    return [pid for pid in pids if b"multiprocessing-fork" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_reader_that_dies_is_answered_503_once_and_another_is_started(tmp_path):
    with running_gateway(tmp_path, "[limits]\nreading_processes = 1\n") as running:
        # A reader takes a while to start; until then a caller is told to come back.
        wait_until(lambda: running.post(MINT.alert(counter=1)).status == 204)
        (reader,) = readers()
        os.kill(reader, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{reader}/cmdline").exists() or not readers())

        first = running.post(MINT.alert(counter=2))

        assert (503, "busy") == (first.status, first.json["reason"])
        wait_until(lambda: running.post(MINT.alert(counter=3)).status == 204)
        assert 2 == running.received()


def test_readers_outlive_a_signal_to_the_whole_group(tmp_path):
    """What was begun is finished, for which they are needed."""
    with running_gateway(tmp_path, "[limits]\nreading_processes = 1\n") as running:
        for reader in readers():
            os.kill(reader, signal.SIGTERM)
            os.kill(reader, signal.SIGINT)

        # A reader takes a while to start; until then a caller is told to come back.
        wait_until(lambda: running.post(MINT.alert(counter=1)).status == 204)


def test_while_it_ends_alerts_are_told_to_come_back(tmp_path):
    with running_gateway(tmp_path) as running:
        running.gateway.opened.engine.drain()
        answer = running.post(MINT.alert(counter=1))

        assert (503, "draining") == (answer.status, answer.json["reason"])
        assert "retry-after" in answer.headers
        assert 503 == running.ask("/readyz").status


def test_while_the_journal_is_gone_alerts_are_told_to_come_back_and_later_are_taken(tmp_path):
    journal, aside = tmp_path / "journal.db", tmp_path / "aside.db"
    with running_gateway(tmp_path) as running:
        assert 204 == running.post(MINT.alert(counter=1)).status
        journal.rename(aside)
        answer = running.post(MINT.alert(counter=2), {**XML, "accept": "application/xml"})
        aside.rename(journal)

        assert 503 == answer.status
        assert b"<reason>not_durable</reason>" in answer.body
        wait_until(lambda: running.ask("/readyz").status == 200)
        assert 204 == running.post(MINT.alert(counter=2)).status
        assert 2 == running.received()


class BrokenPromiseError(Exception):
    """A promise of ours that was broken."""


def test_when_the_engine_fails_for_good_the_gateway_ends_and_another_start_takes_up_what_was_kept(
    tmp_path, monkeypatch
):
    def breaks(*_told):
        raise BrokenPromiseError

    rows = b'{"device_id": "00-DB-12-34-56-78-90-A0", "alert_code": "8014"}\n' * 40
    with monkeypatch.context() as patched:
        patched.setattr(EndedStorms, "storms", breaks)
        with running_gateway(tmp_path) as running:
            answer = running.batch(rows)  # a storm, of which nobody can be told
            wait_until(lambda: running.ended_by)

    assert (503, "draining") == (answer.status, answer.json["reason"])
    assert [BrokenPromiseError] == [type(error) for error in running.ended_by]
    assert not running.gateway.opened.engine.is_ready
    assert "ended by a fault of ours; start it again" == running.log.entries[-1]["event"]
    with running_gateway(tmp_path) as running:
        assert (40, 1) == (running.received(), running.ask("/api/storms").json["running"])


def test_when_delivery_fails_for_good_the_gateway_ends(tmp_path, monkeypatch):
    """Else it would go on to take what nobody delivers."""
    is_time = threading.Event()

    async def breaks(*_asked):
        await asyncio.to_thread(is_time.wait)
        raise BrokenPromiseError

    monkeypatch.setattr(Delivery, "_lengths", breaks)
    with running_gateway(tmp_path) as running:
        is_time.set()
        wait_until(lambda: running.ended_by)

    assert [BrokenPromiseError] == [type(error) for error in running.ended_by]
