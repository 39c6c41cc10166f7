"""Evidence at the door: what Alerts and Service Responses say of credentials is kept, once, and the report runs on it."""

from __future__ import annotations

import gzip
import itertools
import json
import pickle
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.commands import tidegate
from tests.gateways import Answer, Running, running_gateway, wait_until
from tests.material import credential_messages as minted, duis_documents as duis
from tests.material.credential_messages import Cell, integer, response, sequence
from tests.material.duis_documents import eui, identifier
from tests.material.duis_requests import request
from tests.material.gbcs_alerts import ESME, GSME, SUPPLIER
from tests.material.signed_alerts import mint_party, signed, write_certificates
from tests.unit.duis.test_evidence_source import answer, later

from tidegate.assembly.opening_evidence import open_evidence
from tidegate.columnar.batches import Names
from tidegate.commissioning.assessment import Verdict, assess
from tidegate.commissioning.columns import rows_of
from tidegate.commissioning.evidence import Evidence, Registration, Role
from tidegate.gateway.reading import ReadAlert, ReadingPlan, ReadResponse, make_reader
from tidegate.policy_files import find_criteria
from tidegate.vocabulary.instants import DAY, SECOND, format_instant

ALONE = "[limits]\nreading_processes = 0\n"
RESPONSES = "/api/v1/responses"
REGISTERED = [Registration(ESME, Role.SUPPLIER, eui(SUPPLIER), 0)]
REPLACED = answer("6.15.1", minted.replaced(Cell()))
ACCEPTED = answer("6.15.1", minted.accepted())
ACTIONED = later("6.15.1", minted.replaced_later(Cell()))


def numbered(document: bytes, number: int) -> bytes:
    """The same with another counter in its identifiers."""
    return document.replace(b":1000<", b":%d<" % number)


ISSUED = [
    numbered(answer(srv, response(code, said)), 1_001 + 10 * number + int(code == 0x000B))
    for srv, code, said in (("6.17", 0x000A, sequence(integer(7))), ("6.15.2", 0x000B, integer(0)))
    for number in (1, 2)
]
READ = numbered(answer("6.24.1", minted.credentials_read([Cell()])), 1_100)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_gateway(tmp_path_factory.mktemp("local"), ALONE) as running:
        yield running


def hand_in(running: Running, document: bytes) -> Answer:
    return running.post(document, path=RESPONSES)


def kept(folder: Path) -> list[Any]:
    """Identifier and kind of what is in the journal, in order."""
    with closing(sqlite3.connect(folder / "journal.db")) as connection:
        return connection.execute("SELECT identifier, kind FROM evidence_in_words ORDER BY id").fetchall()


def counted(running: Running, *names: str) -> list[float]:
    lines = [line.rpartition(" ") for line in running.ask("/metrics").body.decode().splitlines()]
    found = {name: float(value) for name, _, value in lines if not name.startswith("#")}
    return [found[name] for name in names]


def test_a_response_about_credentials_is_evidence_when_it_is_answered(local: Running) -> None:
    document = numbered(REPLACED, 1)

    told = hand_in(local, document)

    assert (204, b"") == (told.status, told.body)
    assert (identifier(ESME, SUPPLIER, 1), "srv_response") in kept(local.folder)
    assert 0 == local.received()


def test_the_same_response_again_is_acknowledged_and_kept_once(local: Running) -> None:
    for _ in range(2):
        assert 204 == hand_in(local, numbered(REPLACED, 2)).status

    assert 1 == kept(local.folder).count((identifier(ESME, SUPPLIER, 2), "srv_response"))


def test_a_response_about_anything_else_is_taken_counted_and_not_kept(local: Running) -> None:
    said = 'tidegate_responses_total{says="nothing"}'
    before, (counted_before,) = kept(local.folder), counted(local, said)

    for document in (duis.service_response(), duis.acknowledgement(), answer("6.15.1", code="I99")):
        assert 204 == hand_in(local, document).status

    assert before == kept(local.folder)
    assert [counted_before + 3] == counted(local, said)


@pytest.mark.parametrize(
    ("document", "status", "reason"),
    [
        (duis.device_alert(), 422, "not_a_response"),
        (ACTIONED, 422, "not_a_response"),
        (request(), 422, "not_a_response"),
        (answer("6.15.1", minted.replaced(Cell(), originator=GSME)), 400, "payload"),
        (b"<a/>", 400, "not_duis"),
        (b"", 400, "empty"),
    ],
)
def test_what_is_no_response_is_refused_by_the_one_table(
    local: Running, document: bytes, status: int, reason: str
) -> None:
    told = hand_in(local, document)

    assert (status, reason) == (told.status, told.json["reason"])


def test_a_response_is_no_alert_still(local: Running) -> None:
    assert (422, "not_an_alert") == (local.post(REPLACED).status, local.post(REPLACED).json["reason"])


def test_an_alert_whose_details_cannot_be_read_goes_on_and_that_is_counted(local: Running) -> None:
    """Its code and its Device are those of its document: it is an Alert all the same."""
    damaged = numbered(later("6.15.1", minted.replaced_later(Cell(role=99))), 3)
    name = "tidegate_evidence_unread_total"
    before, received, (unread,) = kept(local.folder), local.received(), counted(local, name)[:1]

    for _ in range(2):
        assert 204 == local.post(damaged).status

    assert (received + 1, [unread + 1], before) == (
        local.received(),
        counted(local, name),
        kept(local.folder),
    )
    assert "an Alert went on, and is no evidence" in [each["event"] for each in local.log.entries]


def test_rows_are_counted_by_kind_once_for_an_alert_that_comes_again(local: Running) -> None:
    name = 'tidegate_evidence_total{kind="future_dated_outcome"}'
    [before] = counted(local, name)

    for _ in range(2):
        assert 204 == local.post(numbered(ACTIONED, 4)).status

    assert [before + 1] == counted(local, name)


def test_responses_are_verified_as_alerts_are(tmp_path: Path) -> None:
    dsp = mint_party()
    certificates = write_certificates(tmp_path / "certificates", dsp)
    with running_gateway(
        tmp_path / "gateway", f'{ALONE}[signatures]\ncertificates = "{certificates}"\n'
    ) as it:
        taken = hand_in(it, signed(REPLACED, dsp))
        unsigned = hand_in(it, REPLACED)
        changed = hand_in(it, signed(REPLACED, dsp).replace(b">I0<", b">I1<"))
        strange = hand_in(it, signed(REPLACED, mint_party()))

    assert [204, 403, 403, 403] == [each.status for each in (taken, unsigned, changed, strange)]
    assert ["unsigned", "signature_wrong", "unknown_certificate"] == [
        each.json["reason"] for each in (unsigned, changed, strange)
    ]


def test_what_was_read_is_the_same_on_the_other_side_of_a_process() -> None:
    read = make_reader(ReadingPlan())
    alert, told = read((ACTIONED, False), 5), read((REPLACED, True), 5)
    assert isinstance(alert, ReadAlert)
    assert isinstance(told, ReadResponse)

    assert 1 == len(alert.incoming.evidence) == len(told.incoming.evidence)
    assert alert == ReadAlert.unpacked(pickle.loads(pickle.dumps(alert.packed())), ACTIONED)  # noqa: S301 - our own
    assert told == ReadResponse.unpacked(pickle.loads(pickle.dumps(told.packed())))  # noqa: S301


def verdict_by(folder: Path) -> Verdict:
    """By outcome, from the journal and the DSP's checks, which are in no document."""
    journal, checks, names = folder / "journal.db", folder / "checks.csv", Names()
    rows: list[Evidence] = []
    for part in open_evidence([journal], names, {}).rows():
        rows += rows_of(part.records, names)
    last = max(row.at for row in rows)
    on = f"{format_instant(last + SECOND)},{eui(ESME)}"
    checks.write_text(
        f"at,device_id,kind,outcome\n{on},communication_check,success\n{on},recovery_cell_check,success\n"
    )
    both = open_evidence([journal, checks], names, {}).rows()
    rows = [row for part in both for row in rows_of(part.records, names)]
    return assess(rows, REGISTERED, find_criteria("outcome"), last + 20 * DAY, "ESME").verdict


def test_the_report_runs_on_the_journal_while_the_gateway_runs_and_after_a_restart(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """An empty 6.15.1 cannot be told; its 8F66, under the same ResponseID, makes it secure. A read makes it certain."""
    folder = tmp_path / "gateway"
    with running_gateway(folder, ALONE) as running:
        assert 204 == running.post(duis.device_alert("8F69")).status
        for document in (*ISSUED, ACCEPTED):
            assert 204 == hand_in(running, document).status
        waiting = verdict_by(folder)
        assert 204 == running.post(ACTIONED).status
        completed, first = verdict_by(folder), kept(folder)
    with running_gateway(folder, ALONE) as running:
        assert (204, 204) == (hand_in(running, ACCEPTED).status, running.post(ACTIONED).status)
        restarted, again = verdict_by(folder), kept(folder)
        assert 204 == hand_in(running, READ).status
        story = tidegate(capfd, "explain-device", eui(ESME), folder / "journal.db", "--json")

    assert [Verdict.UNDETERMINED, Verdict.SECURE_BY_COMMANDS, Verdict.SECURE_BY_COMMANDS] == [
        waiting,
        completed,
        restarted,
    ]
    assert first == again
    assert (0, 9) == (story.status, len(json.loads(story.out)["evidence"]))


@dataclass
class Behind:
    """What answers Service Requests, with what it is told to; compressed for whoever says that it may be."""

    status: int = 200
    body: bytes = b""
    url: str = ""


@contextmanager
def system_behind() -> Iterator[Behind]:
    behind = Behind()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            may_compress = "gzip" in self.headers.get("accept-encoding", "")
            body = gzip.compress(behind.body) if may_compress else behind.body
            self.send_response(behind.status)
            self.send_header("content-type", "application/xml")
            self.send_header("content-length", str(len(body)))
            if may_compress:
                self.send_header("content-encoding", "gzip")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        behind.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield behind
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def passing_on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Behind]]:
    with (
        system_behind() as behind,
        running_gateway(
            tmp_path_factory.mktemp("passing_on"), f'{ALONE}[service_requests]\nupstream = "{behind.url}"\n'
        ) as running,
    ):
        yield running, behind


@pytest.mark.parametrize(
    ("status", "body", "srv", "documents", "unread"),
    [
        (200, READ, "6.24.1", 1, 0),
        (200, answer("6.24.1", code="I99"), "6.24.1", 0, 0),
        (200, b"no document at all", "6.24.1", 0, 1),
        (503, answer("6.24.1", code="E20"), "6.24.1", 0, 0),
        (200, answer("4.1.1", code="E20"), "4.1.1", 0, 0),
    ],
    ids=["read", "acknowledged", "strange", "throttled", "of no credentials"],
)
def test_an_answer_from_upstream_goes_back_as_it_is_and_what_it_says_is_kept(
    passing_on: tuple[Running, Behind], status: int, body: bytes, srv: str, documents: int, unread: int
) -> None:
    """A system behind that throttles writes the code of a Device that did not answer, under a 503."""
    running, behind = passing_on
    behind.status, behind.body = status, body
    element = "ReadInstantaneousImportRegisters" if srv == "4.1.1" else "RetrieveDeviceSecurityCredentialsKRP"
    counter = next(COUNTERS)
    before, [unread_before] = len(kept_documents(running)), counted(running, "tidegate_evidence_unread_total")

    told = running.post(request(srv, f"<sr:{element}/>", counter=counter), path="/api/v1/serviceS")

    assert (status, body) == (told.status, told.body)
    wait_until(lambda: [unread_before + unread] == counted(running, "tidegate_evidence_unread_total"))
    wait_until(lambda: before + documents == len(kept_documents(running)))


COUNTERS = itertools.count(1)


def kept_documents(running: Running) -> set[str]:
    return {identifier for identifier, _ in kept(running.folder)}
