"""Hostile input against a gateway that runs, while good Alerts flow: they are unharmed, and each refusal is counted."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import struct
import threading
from contextlib import closing
from pathlib import Path

import pytest
from tests.gateways import XML, running_gateway, wait_until
from tests.material.signed_alerts import AlertMint, mint_party, write_certificates

LIMITS = """
[limits]
document_bytes = 100000
bodies_bytes = 1000000
request_seconds = 1
connections = 40
"""


FRESH = itertools.count(1_000_000)


class GoodTraffic(threading.Thread):
    """Good Alerts, one after another over one connection, until it is stopped."""

    def __init__(self, running, mint):
        super().__init__()
        self._running, self._mint, self._is_over = running, mint, threading.Event()
        self.statuses = []

    def run(self):
        with closing(http.client.HTTPConnection("127.0.0.1", self._running.port, timeout=60)) as connection:
            counter = next(FRESH)
            while not self._is_over.is_set():
                connection.request(
                    "POST", "/api/v1/alerts", self._mint.alert(device=counter, counter=counter), XML
                )
                response = connection.getresponse()
                response.read()
                self.statuses.append(response.status)
                counter = next(FRESH)

    def stop(self):
        self._is_over.set()
        self.join(60)


@pytest.fixture(scope="module")
def dsp():
    return mint_party()


@pytest.fixture(scope="module")
def running(tmp_path_factory, dsp):
    folder = tmp_path_factory.mktemp("hostile")
    certificates = write_certificates(folder / "certificates", dsp)
    with running_gateway(folder, f'{LIMITS}[signatures]\ncertificates = "{certificates}"\n') as it:
        yield it


@pytest.fixture
def good(running, dsp):
    """Good traffic through a test; all of it must have been acknowledged, and received once each."""
    before = running.received()
    traffic = GoodTraffic(running, AlertMint(dsp))
    traffic.start()
    wait_until(lambda: traffic.statuses)
    yield traffic
    seen = len(traffic.statuses)
    wait_until(lambda: len(traffic.statuses) > seen or not traffic.is_alive())
    traffic.stop()
    assert {204} == set(traffic.statuses)
    assert before + len(traffic.statuses) == running.received()


def answered(connection):
    """What a raw connection is told until it is closed."""
    told = b""
    try:
        while part := connection.recv(65_536):
            told += part
    except ConnectionError:
        pass
    return told


HEAD = b"POST /api/v1/alerts HTTP/1.1\r\nHost: here\r\nContent-Type: application/xml\r\n"


@pytest.mark.usefixtures("good")
def test_a_hundred_megabytes_are_refused_by_their_length_and_none_is_read(running):
    before = running.refused().get("too_long", 0)
    with running.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 100000000\r\n\r\n")

        assert b"413" in answered(connection)[:16]
    assert before + 1 == running.refused()["too_long"]


@pytest.mark.usefixtures("good")
def test_a_body_without_a_length_is_read_no_further_than_the_longest_there_may_be(running):
    before, memory = running.refused().get("too_long", 0), resident()
    with running.connect() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(2_000):
                connection.sendall(b"C350\r\n" + b" " * 50_000 + b"\r\n")
        except ConnectionError:
            pass

        assert before + 1 == running.refused()["too_long"]
    assert resident() < memory + 30_000_000


@pytest.mark.usefixtures("good")
def test_a_body_that_does_not_come_is_refused_in_time(running):
    before = running.refused().get("slow", 0)
    with running.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n<a")

        assert b"408" in answered(connection)[:16]
    assert before + 1 == running.refused()["slow"]


@pytest.mark.usefixtures("good")
def test_headers_that_do_not_come_are_refused_in_time(running):
    before = running.refused().get("slow", 0)
    with running.connect() as silent, running.connect() as half:
        half.sendall(HEAD)

        assert b"408" in answered(half)[:16]
        assert b"408" in answered(silent)[:16]
    assert before + 2 == running.refused()["slow"]


@pytest.mark.usefixtures("good")
def test_headers_without_end_are_refused(running):
    before = running.refused().get("not_http", 0)
    with running.connect() as connection:
        try:
            connection.sendall(HEAD)
            for number in range(4_000):
                connection.sendall(b"X-%d: %s\r\n" % (number, b"a" * 500))
        except ConnectionError:
            pass

    assert before + 1 == running.refused()["not_http"]


@pytest.mark.usefixtures("good")
def test_what_is_no_http_is_refused(running):
    before = running.refused().get("not_http", 0)
    with running.connect() as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00 hello\r\n\r\n")

        assert b"400" in answered(connection)[:16]
    assert before + 1 == running.refused()["not_http"]


@pytest.mark.usefixtures("good")
def test_more_connections_than_may_be_are_turned_away_and_told_to_come_back(running):
    before = running.refused().get("connections", 0)
    many = [running.connect() for _ in range(60)]
    try:
        wait_until(lambda: running.refused().get("connections", 0) > before)
        told = answered(many[-1])
    finally:
        for each in many:
            each.close()

    assert b"503" in told[:16]
    assert b"retry-after: 1" in told
    wait_until(lambda: running.ask("/readyz").status == 200)


@pytest.mark.usefixtures("good")
def test_senders_that_go_away_in_the_middle_are_counted(running):
    before = running.refused().get("gone", 0)
    for _ in range(5):
        connection = running.connect()
        connection.sendall(HEAD + b"Content-Length: 1000\r\n\r\n<a")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    wait_until(lambda: running.refused().get("gone", 0) == before + 5)


@pytest.mark.usefixtures("good")
def test_bombs_wrong_signatures_and_bad_base64_are_each_refused_and_memory_stays_flat(running, dsp):
    mint = AlertMint(dsp)
    signed = mint.alert(counter=9)
    hostile = {
        b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><l>&b;</l>': "doctype",
        b"<a>" * 30_000: "too_deep",
        b"<a " + b" ".join(b'a%d="1"' % number for number in range(5_000)) + b"/>": "markup",
        signed.replace(b"<sr:GBCSPayload>", b"<sr:GBCSPayload>!"): "invalid",
        signed.replace(b"I0", b"I1"): "signature_wrong",
        AlertMint(mint_party()).alert(counter=9): "unknown_certificate",
        signed + signed: "not_xml",
    }
    for body in hostile:
        running.post(body)
    before, memory = running.refused(), resident()

    reasons = [running.post(body).json["reason"] for _ in range(30) for body in hostile]

    assert list(hostile.values()) * 30 == reasons
    now = running.refused()
    assert all(
        before.get(each, 0) + 30 * list(hostile.values()).count(each) == now[each]
        for each in hostile.values()
    )
    assert resident() < memory + 30_000_000


@pytest.mark.usefixtures("good")
def test_more_bodies_at_once_than_may_be_held_are_told_to_come_back(running):
    """A million octets may be held; twenty say that they bring ninety thousand each."""
    before = running.refused().get("busy", 0)
    many = [running.connect() for _ in range(20)]
    try:
        for each in many:
            each.sendall(HEAD + b"Content-Length: 90000\r\n\r\n")
        wait_until(lambda: running.refused().get("busy", 0) >= before + 9)
    finally:
        for each in many:
            each.close()
    wait_until(lambda: running.gateway.door.budget.held < 90_000)


def test_a_replayed_document_is_acknowledged_each_time_and_received_once(running, dsp):
    document = AlertMint(dsp).alert(counter=4_711)
    before = running.received()

    assert {204} == {running.post(document).status for _ in range(5)}
    assert before + 1 == running.received()


def test_nothing_of_all_this_left_a_traceback_or_a_device_in_the_log(running):
    told = json.dumps(running.log.entries, default=str)

    assert "Traceback" not in told
    assert "exc_info" not in told


def resident():
    """Octets of memory this process has, the gateway in it."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4_096
