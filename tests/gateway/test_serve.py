"""`tidegate serve` as a process: with no configuration, until a signal says to end; and the tokens it takes."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
from contextlib import closing

import pytest
import structlog
from structlog.testing import LogCapture
from tests.commands import start_tidegate, tidegate
from tests.gateways import XML, a_free_port, wait_until
from tests.material.signed_alerts import AlertMint

from tidegate.cli.console import INPUT_AT_FAULT
from tidegate.gateway.serving import make_gateway
from tidegate.gateway.settings_reading import read_settings
from tidegate.vocabulary.faults import InputError


def answers(at, path, body=None):
    with closing(http.client.HTTPConnection(at, timeout=30)) as connection:
        try:
            connection.request("POST" if body else "GET", path, body, XML)
            return connection.getresponse().status
        except OSError:
            return 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order_and_nothing_acknowledged_is_lost(tmp_path, number):
    at = f"127.0.0.1:{a_free_port()}"
    environment = {**os.environ, "TIDEGATE_LISTEN": at, "TIDEGATE_LOGS__JSON_LINES": "true"}
    process = start_tidegate("serve", cwd=tmp_path, env=environment)
    wait_until(lambda: process.poll() is not None or answers(at, "/readyz") == 200)
    acknowledged = [answers(at, "/api/v1/alerts", AlertMint(None).alert(counter=n)) for n in range(5)]

    process.send_signal(number)
    _, err = process.communicate(timeout=60)

    assert [204] * 5 == acknowledged
    assert 0 == process.returncode, err
    told = [json.loads(line) for line in err.splitlines()]
    assert ["serving", "draining", "ended"] == [each["event"] for each in told]
    assert 5 == told[-1]["received"]


def test_every_fault_of_a_configuration_is_told_with_its_place(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tidegate-serve.toml").write_text('listen = "nowhere"\n[limits]\nconnections = "many"\n')

    ran = tidegate(capfd, "serve")

    assert INPUT_AT_FAULT == ran.status
    assert "tidegate-serve.toml:1: listen" in ran.err
    assert "tidegate-serve.toml:3: limits.connections" in ran.err


def test_an_address_that_another_listens_on_is_told_as_a_fault_and_never_as_serving(tmp_path):
    file, log = tmp_path / "tidegate-serve.toml", LogCapture()
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        file.write_text(f'listen = "127.0.0.1:{port}"\n[journal]\nurl = "sqlite:///{tmp_path}/journal.db"\n')
        gateway = make_gateway(read_settings(file), structlog.wrap_logger(None, processors=[log]))

        with pytest.raises(InputError, match="cannot be listened on"):
            gateway.run()

    assert [] == [entry for entry in log.entries if entry["event"] == "serving"]


def test_a_check_tries_all_that_is_named_and_a_certificate_that_is_none_is_no_fault_of_ours(
    capfd, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "junk.pem").write_text("junk")
    (tmp_path / "empty").mkdir()
    (tmp_path / "tidegate-serve.toml").write_text(
        """
[policy]
begin_with = "nobody-s"
inventory = "junk.pem"
[tls]
certificate = "junk.pem"
key = "junk.pem"
[delivery]
authorities = "junk.pem"
[signatures]
certificates = "empty"
[service_requests]
users = "junk.pem"
[[notices.parties]]
party = "*"
addresses_file = "nothing.addresses"
"""
    )

    ran = tidegate(capfd, "serve", "--check")

    places = ("tls.certificate", "delivery.authorities", "empty", "nobody-s", "nothing.addresses", "junk.pem")
    assert INPUT_AT_FAULT == ran.status
    assert list(places) == [place for place in places if place in ran.err]


def test_a_check_tells_faults_of_form_with_all_others(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "junk.pem").write_text("junk")
    (tmp_path / "tidegate-serve.toml").write_text(
        """
listen = "nowhere"
[policy]
begin_with = "nobody-s"
inventory = "nothing.csv"
[delivery]
authorities = "junk.pem"
[service_requests]
upstream = "http://127.0.0.1:1"
"""
    )

    ran = tidegate(capfd, "serve", "--check", "--sandbox")

    assert INPUT_AT_FAULT == ran.status
    places = ("listen", "policy.inventory", "delivery.authorities", "nobody-s", "--sandbox")
    assert [1] * len(places) == [ran.err.count(f"{place}:") for place in places], ran.err


def test_an_address_of_a_service_has_a_port_that_can_be(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tidegate-serve.toml").write_text(
        '[[recipients]]\nuser = "a"\nurl = "http://127.0.0.1:port/receive"\n'
    )

    ran = tidegate(capfd, "serve", "--check")

    assert INPUT_AT_FAULT == ran.status
    assert "tidegate-serve.toml:3: recipients.url, item 1" in ran.err


def test_a_configuration_can_be_checked_without_serving(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert 0 == tidegate(capfd, "serve", "--check").status
    assert [] == list(tmp_path.iterdir())


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = tidegate(
        capfd, "token", "make", "adapter", "--scope", "submit", "--for", "any", "--party", "00DB1234567890A0"
    )
    listed = tidegate(capfd, "token", "list", "--json")
    (token,) = json.loads(listed.out)
    revoked = tidegate(capfd, "token", "revoke", token["token"])

    assert re.fullmatch(r"tg_[0-9a-f]{12}_[\w-]{43}\n", made.out)
    assert ("adapter", "00-DB-12-34-56-78-90-A0", ["any"], "of use") == (
        token["name"],
        token["party"],
        token["for"],
        token["state"],
    )
    assert made.out.strip().split("_", 2)[2] not in listed.out
    assert 0 == revoked.status
    assert "revoked" in tidegate(capfd, "token", "list").out
    assert 0o600 == (tmp_path / "tidegate-tokens.json").stat().st_mode & 0o777


@pytest.mark.parametrize(
    ("told", "arguments"),
    [
        ("sees nothing", ["--scope", "read"]),
        ("sees nothing", []),
        ("sees nothing", ["--scope", "submit", "--scope", "read", "--for", "any"]),
        ("submits for nobody", ["--scope", "submit"]),
        ("", ["--scope", "read", "--party", "00DB1234567890A0"]),
        ("", ["--scope", "read", "--scope", "operate"]),
        ("", ["--scope", "submit", "--for", "any"]),
        ("", ["--scope", "submit", "--party", "00DB1234567890A0"]),
    ],
)
def test_what_a_token_is_of_no_use_for_is_said_as_it_is_made(capfd, tmp_path, monkeypatch, told, arguments):
    monkeypatch.chdir(tmp_path)

    made = tidegate(capfd, "token", "make", "somebody", *arguments)

    assert 0 == made.status
    assert told == "".join(it for it in ("sees nothing", "submits for nobody") if it in made.err)


def test_a_token_that_is_not_there_cannot_be_revoked(capfd, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert INPUT_AT_FAULT == tidegate(capfd, "token", "revoke", "000000000000").status
