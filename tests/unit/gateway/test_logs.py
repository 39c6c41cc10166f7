"""Logs: lines of JSON, no secret ever, no Device unless asked for, no flood."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from tidegate.gateway.logs import RefusalLog, configure


@pytest.fixture
def told():
    """Configures a log and gives what it was told; afterwards logging is as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def configured(**options):
        to = io.StringIO()
        log = configure(**{"json_lines": True, "level": "info", "device_ids": False, **options}, to=to)
        return log, lambda: [json.loads(line) for line in to.getvalue().splitlines()]

    yield configured
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_is_json_with_instant_and_level(told):
    log, lines = told()
    log.info("serving", listen="127.0.0.1:8080")

    (line,) = lines()
    assert ("serving", "info", "127.0.0.1:8080") == (line["event"], line["level"], line["listen"])
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize(("asked_for", "is_told"), [(False, False), (True, True)])
def test_devices_are_told_only_where_it_is_asked_for(told, asked_for, is_told):
    log, lines = told(device_ids=asked_for)
    log.info("refused", device_id="00-DB-12-34-56-78-90-A0", detail="its ResponseID is ...")

    assert is_told == ("device_id" in lines()[0])
    assert is_told == ("detail" in lines()[0])


def test_at_debug_devices_are_told(told):
    log, lines = told(level="debug")
    log.debug("decided", device_id="00-DB-12-34-56-78-90-A0")

    assert "device_id" in lines()[0]


@pytest.mark.parametrize("name", ["authorization", "token", "password"])
def test_secrets_are_never_told(told, name):
    log, lines = told(level="debug", device_ids=True)
    log.info("called", **{name: "hunter2"})

    assert "hunter2" not in json.dumps(lines())


def test_what_libraries_log_goes_the_same_way(told):
    _, lines = told()
    logging.getLogger("somewhere").warning("it is %s", "so")

    assert "it is so" == lines()[0]["event"]


def test_a_flood_of_refusals_is_one_line_a_second(told, monkeypatch):
    log, lines = told()
    now = [0.0]
    monkeypatch.setattr("tidegate.gateway.logs.time.monotonic", lambda: now[0])
    refusals = RefusalLog(log)
    for _ in range(100):
        refusals.tell("unsigned", route="alerts")
    now[0] = 1.0
    refusals.tell("unsigned", route="alerts")

    assert [None, 99] == [line.get("others") for line in lines()]
