"""The whole, once: a storm among quiet Devices through real HTTPS with signatures on, the gateway killed in the middle.

`tidegate serve` is a process with a configuration. Whoever sends knows of nothing but answers, and sends again what
was not acknowledged. What was delivered is then held against what was sent: by our own reading, by the DCC's Java
validator, by the parser of its client.
"""

from __future__ import annotations

import http.client
import json
import random
import signal
import sqlite3
import ssl
import threading
import time
from collections import Counter, deque
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.commands import start_tidegate
from tests.engines import decided_in, replayed
from tests.gateways import XML, a_free_port, wait_until
from tests.interop.clients import PASSED, needs_java, needs_node, parsed, verdicts
from tests.material.duis_documents import eui
from tests.material.signed_alerts import AlertMint, Party, mint_party, write_certificates
from tests.material.web_certificates import Authority
from tests.receive_services import Receiver, receivers

from tidegate.assembly.clock import clock
from tidegate.duis.alert_document import read_alert_document
from tidegate.duis.certificates import CertificateStore
from tidegate.duis.signature import Verifier

TAKES, PLAIN, STRICT = 0x90B3D51F30010001, 0x90B3D51F30010002, 0x90B3D51F30010003
SHOUTER, PLAIN_SHOUTER, STRICT_SHOUTER, QUIET = (0x00DB123400000000 + n for n in (1, 2, 3, 100))
METADATA = b"ThrottledAlertCount"
CODE, EXCLUDED_CODE = 0x8014, 0x8F75
REJECTED = 3


@dataclass
class Sender:
    """Sends documents until each was acknowledged, over some connections; whatever is no answer is sent again."""

    port: int
    tls: ssl.SSLContext
    waiting: deque[bytes]
    answers: list[int] = field(default_factory=list)

    def begin(self, connections=6):
        self.threads = [threading.Thread(target=self._send, daemon=True) for _ in range(connections)]
        for thread in self.threads:
            thread.start()

    def finish(self):
        for thread in self.threads:
            thread.join()

    def _send(self):
        while True:
            with closing(http.client.HTTPSConnection("localhost", self.port, context=self.tls)) as connection:
                try:
                    while True:
                        document = self.waiting.popleft()
                        self.answers.append(self._answer_to(connection, document))
                except IndexError:
                    return
                except (OSError, http.client.HTTPException):
                    self.waiting.append(document)
                    time.sleep(0.05)

    def _answer_to(self, connection, document):
        connection.request("POST", "/api/v1/alerts", document, XML)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 503:
            raise http.client.HTTPException
        return answer.status


@dataclass
class Whole:
    """What became of it all.

    sent:      ResponseIDs of good documents.    summary: as the gateway tells it in the end.
    refused_first, failed: answers of 400 by the strict node, and what the failed queue said of them.
    """

    sent: set[str]
    answers: Counter[int]
    summary: dict[str, Any]
    refused_first: int
    failed: list[dict[str, str]]
    took: Receiver
    plain: Receiver
    strict: Receiver
    journal: Path
    dsp: Party
    own: Party
    certificates: Path

    def decided(self, recipient):
        """ResponseID, outcome and count of each Alert to a recipient, by the journal, in order."""
        with closing(sqlite3.connect(self.journal)) as connection:
            return connection.execute(
                "SELECT response_id, outcome, throttled_alert_count FROM decided_alerts WHERE recipient = ? ORDER BY seq",
                (eui(recipient),),
            ).fetchall()


def strict(body):
    """The DCC's receive node: what it cannot read it answers 400."""
    return (400, "") if METADATA in body else (204, "")


def response_id(document):
    return read_alert_document(document).alert.response_id


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    dsp, own, stranger = mint_party(), mint_party(0x90B3D51F30000009), mint_party(0x90B3D51F30000010)
    mint = AlertMint(dsp)
    good = [
        *(mint.alert(CODE, device=SHOUTER, recipient=TAKES, counter=n) for n in range(405)),
        *(mint.alert(CODE, device=PLAIN_SHOUTER, recipient=PLAIN, counter=n) for n in range(60)),
        *(mint.alert(CODE, device=STRICT_SHOUTER, recipient=STRICT, counter=n) for n in range(60)),
    ]
    for number in range(100):
        code = CODE if number % 4 else EXCLUDED_CODE
        recipient = (TAKES, PLAIN, STRICT)[number % 3]
        good.append(mint.alert(code, device=QUIET + number, recipient=recipient, counter=number))
    bad = [AlertMint(stranger).alert(CODE, device=QUIET, counter=1_000 + n) for n in range(REJECTED)]
    random.Random(4).shuffle(good)  # noqa: S311
    authority = Authority(folder / "authority")
    ours, theirs = authority.give("localhost"), authority.give("adapter")
    certificates = write_certificates(folder / "certificates", dsp, own)
    (folder / "own.key").write_bytes(own.key_pem)
    tls = authority.server(ours)
    services = receivers(Receiver(tls=tls), Receiver(tls=tls), Receiver(strict, tls=tls))
    with services as (took, plain, picky):
        port = a_free_port()
        (folder / "tidegate-serve.toml").write_text(f"""
listen = "127.0.0.1:{port}"
[journal]
url = "sqlite:///journal.db"
[policy]
begin_with = "illustrative-1"
[access]
mode = "certificate"
[tls]
certificate = "{ours.certificate}"
key = "{ours.key}"
client_authorities = "{authority.root}"
[[parties]]
name = "adapter"
subject = "CN=adapter,O=Invented"
scopes = ["submit", "operate"]
submits_for = ["any"]
[signatures]
certificates = "certificates"
[signing]
key = "own.key"
certificate = "{certificates}/{own.eui}.pem"
[delivery]
authorities = "{authority.root}"
certificate = "{ours.certificate}"
key = "{ours.key}"
[[recipients]]
user = "{eui(TAKES)}"
url = "{took.url}"
takes_throttle_metadata = true
[[recipients]]
user = "{eui(PLAIN)}"
url = "{plain.url}"
[[recipients]]
user = "{eui(STRICT)}"
url = "{picky.url}"
takes_throttle_metadata = true
""")
        client = authority.client(theirs)

        def ask(path, body=None):
            with closing(http.client.HTTPSConnection("localhost", port, context=client)) as connection:
                try:
                    connection.request("GET" if body is None else "POST", path, body and json.dumps(body))
                    answer = connection.getresponse()
                except OSError:
                    return None
                return json.loads(answer.read()) if answer.status == 200 else None

        def start():
            process = start_tidegate("serve", cwd=folder)
            wait_until(lambda: process.poll() is not None or ask("/readyz"))
            assert process.poll() is None, process.communicate()
            return process

        process = start()
        sender = Sender(port, client, deque(good))
        sender.begin()
        wait_until(lambda: len(sender.answers) > 300 and len(took.accepted) > 20)
        process.kill()
        process.communicate()
        process = start()
        sender.finish()
        sender.waiting.extend(bad)
        sender.begin(1)
        sender.finish()
        wait_until(lambda: not [it for it in ask("/api/v1/queue")["alerts"] if it["state"] == "waiting"])
        failed = ask("/api/v1/queue")["alerts"]
        refused_first = len(picky.bodies) - len(picky.accepted)
        ask("/api/v1/queue:change", {"action": "retry", "without_metadata": True})
        wait_until(lambda: not ask("/api/v1/queue")["alerts"])
        summary = ask("/api/summary")
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return Whole(
            {response_id(each) for each in good},
            Counter(sender.answers),
            summary,
            refused_first,
            failed,
            took,
            plain,
            picky,
            folder / "journal.db",
            dsp,
            own,
            certificates,
        )


def test_what_was_received_is_what_was_sent_and_adds_up_to_the_alert(whole):
    summary = whole.summary

    assert {204: 405 + 60 + 60 + 100, 403: REJECTED} == whole.answers
    assert 405 + 60 + 60 + 100 == summary["received"]
    assert summary["received"] == summary["forwarded"] + summary["throttled"] + summary["excluded"]
    assert 25 == summary["excluded"]
    assert {"unknown_certificate": REJECTED} == summary["refused"]
    with closing(sqlite3.connect(whole.journal)) as connection:
        kept = [row for (row,) in connection.execute("SELECT response_id FROM alerts")]
    assert sorted(whole.sent) == sorted(kept)


def test_a_replay_of_the_journal_decides_the_same(whole):
    assert decided_in(whole.journal) == replayed(whole.journal)


@pytest.mark.parametrize("user", [TAKES, PLAIN, STRICT])
def test_what_was_decided_to_go_on_was_delivered_and_nothing_else(whole, user):
    receiver = {TAKES: whole.took, PLAIN: whole.plain, STRICT: whole.strict}[user]

    goes_on = {name for name, outcome, _ in whole.decided(user) if outcome != 1}
    assert goes_on == set(map(response_id, receiver.accepted))


def test_what_a_user_is_told_and_not_told_yet_is_what_was_held_back(whole):
    decided = [row for row in whole.decided(TAKES) if row[0].startswith(eui(SHOUTER))]
    counts = {
        response_id(it): read_alert_document(it).alert.throttled_alert_count for it in whole.took.accepted
    }
    told = sum(count or 0 for count in counts.values())
    last = max(place for place, (_, _, count) in enumerate(decided) if count)
    untold = sum(outcome == 1 for _, outcome, _ in decided[last:])

    assert 405 == len(decided)
    assert sum(outcome == 1 for _, outcome, _ in decided) == told + untold
    assert told > 300


def test_an_alert_that_is_delivered_twice_is_the_same_octets(whole):
    """A kill leaves room for that; and for nothing else."""
    for receiver in (whole.took, whole.plain, whole.strict):
        assert len(set(receiver.accepted)) == len(set(map(response_id, receiver.accepted)))


def test_what_the_strict_node_refuses_is_on_the_failed_queue_and_goes_without_metadata(whole):
    assert whole.refused_first >= len(whole.failed) > 0
    assert {eui(STRICT)} == {each["recipient"] for each in whole.failed}
    assert all("takes_throttle_metadata = false" in each["reason"] for each in whole.failed)


def test_whoever_takes_no_metadata_is_sent_what_came_and_else_we_have_signed(whole):
    ours = Verifier(CertificateStore.from_folder(whole.certificates), dcc_parties=(whole.own.eui,))
    signers = {
        METADATA in it: ours.verify(read_alert_document(it), clock()).party for it in whole.took.accepted
    }

    assert {False: whole.dsp.eui, True: whole.own.eui} == signers
    assert not [it for it in whole.plain.accepted + whole.strict.accepted if METADATA in it]


@needs_java
def test_every_document_passes_the_java_validator(whole, tmp_path):
    by_signer: dict[bool, list[bytes]] = {True: [], False: []}
    for each in whole.took.accepted + whole.plain.accepted + whole.strict.accepted:
        by_signer[METADATA in each].append(each)

    for has_metadata, party in ((True, whole.own), (False, whole.dsp)):
        said = verdicts(by_signer[has_metadata], tmp_path, party.pem)
        assert len(by_signer[has_metadata]) == sum(PASSED in each for each in said) > 20


@needs_node
def test_the_dccs_parser_reads_what_a_user_without_metadata_is_sent(whole):
    read = parsed(whole.plain.accepted + whole.strict.accepted)

    assert len(read) == sum("duis" in each for each in read) > 60
