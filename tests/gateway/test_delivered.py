"""From one POST to another: what is acknowledged goes on to its recipient, octet for octet, and a storm adds up there."""

from __future__ import annotations

import http.server
import threading
from contextlib import contextmanager

import pytest
from tests.gateways import running_gateway, wait_until
from tests.material.duis_documents import eui
from tests.material.gbcs_alerts import SUPPLIER
from tests.material.signed_alerts import AlertMint, mint_party, write_certificates

from tidegate.duis.alert_document import read_alert_document


@contextmanager
def receiver():
    """A Receive Response Service: keeps what it is sent, and says 204."""
    received: list[bytes] = []

    class Service(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            received.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def dsp():
    return mint_party()


def test_a_storm_goes_on_as_one_in_so_many_and_adds_up_to_the_alert(tmp_path, dsp):
    own = mint_party(0x90B3D51F30000009)
    certificates = write_certificates(tmp_path / "certificates", dsp, own)
    (tmp_path / "own.key").write_bytes(own.key_pem)
    mint = AlertMint(dsp)
    with receiver() as (url, received):
        configuration = f"""
[signatures]
certificates = "{certificates}"
[signing]
key = "{tmp_path}/own.key"
certificate = "{certificates}/{own.eui}.pem"
[[recipients]]
user = "{eui(SUPPLIER)}"
url = "{url}"
takes_throttle_metadata = true
"""
        with running_gateway(tmp_path / "gateway", configuration) as running:
            for counter in range(60):
                assert 204 == running.post(mint.alert(counter=counter)).status
            summary = running.ask("/api/summary").json
            wait_until(lambda: len(received) == summary["forwarded"])
            wait_until(lambda: not running.ask("/api/summary").json["queue"])
            metrics = running.ask("/metrics").body.decode()

    alerts = [read_alert_document(each).alert for each in received]
    told = sum(each.throttled_alert_count or 0 for each in alerts)
    assert 60 == summary["forwarded"] + summary["throttled"]
    assert 0 < told <= summary["throttled"] < told + 10
    assert (
        f'tidegate_deliveries_total{{end="delivered",recipient="{eui(SUPPLIER)}"}} {len(received)}.0'
        in metrics
    )


def test_where_nothing_is_added_a_document_goes_on_as_it_came(tmp_path, dsp):
    certificates = write_certificates(tmp_path / "certificates", dsp)
    document = AlertMint(dsp).alert(counter=1)
    with receiver() as (url, received):
        configuration = f'[signatures]\ncertificates = "{certificates}"\n[[recipients]]\nuser = "{eui(SUPPLIER)}"\nurl = "{url}"\n'
        with running_gateway(tmp_path / "gateway", configuration) as running:
            running.post(document)
            wait_until(lambda: received)

    assert [document] == received


def test_an_alert_whose_recipient_is_nowhere_is_on_the_failed_queue_and_not_lost(tmp_path):
    with running_gateway(tmp_path) as running:
        running.post(AlertMint(None).alert(counter=1))
        wait_until(
            lambda: [each["state"] for each in running.ask("/api/summary").json["queue"]] == ["failed_queue"]
        )
