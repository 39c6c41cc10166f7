"""`tidegate commissioning` and `explain-device` from tables to a screen, JSON, lists and reports, as a person meets them."""

from __future__ import annotations

import csv
import io
import json
import signal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console
from tests.commands import tidegate

import tidegate as python
from tidegate.assembly import recipients
from tidegate.assembly.commissioning import (
    CommissioningAsked,
    assess_commissioning,
    assess_commissioning_into,
)
from tidegate.cli.commissioning_screen import AskedToAssess, show
from tidegate.commissioning.assessment import Verdict
from tidegate.formats import commissioning_pictures, commissioning_xlsx, picture
from tidegate.formats.reproduction import Reproduction
from tidegate.vocabulary.instants import parse_instant

HEADER = "at,device_id,kind,srv,credential_type,outcome,role,party_id,certificate_hash,sender"
LAST = "2026-02-20T12:00:00Z"
WELL, LATER, OTHER, SILENT, WRONG, LACKING, YOUNG, HUB = range(1, 9)
KINDS = {HUB: "CHF"}


def eui(device: int) -> str:
    return f"00-DB-12-34-56-78-90-0{device}"


def row(day: str, device: int, kind: str, *said: str) -> str:
    """A row of evidence: what it says in the order of the columns."""
    return ",".join([f"2026-{day}T12:00:00Z", eui(device), kind, *said, *[""] * (7 - len(said))])


def installed(device: int, day: str = "01-01") -> list[str]:
    """Commissioned, its own credentials issued and updated, and checked."""
    return [
        row(day, device, "commissioned"),
        *(
            row(day, device, "srv_response", srv, usage, "success")
            for srv in ("6.17", "6.15.2")
            for usage in ("DigitalSigning", "KeyAgreement")
        ),
        row(day, device, "communication_check", "", "", "success"),
        row(day, device, "recovery_cell_check", "", "", "success"),
    ]


def sent(day: str, device: int, srv: str, outcome: str, party: str = "Larch") -> str:
    return row(day, device, "srv_response", srv, "", outcome, "Supplier", party, "", party)


ROWS = [
    *installed(WELL), sent("01-01", WELL, "6.15.1", "success"),
    *installed(LATER), sent("01-01", LATER, "6.15.1", "empty"),
    row("01-03", LATER, "future_dated_outcome", "", "", "success"),
    *installed(OTHER), sent("01-01", OTHER, "6.21", "success"),
    *installed(SILENT), sent("01-01", SILENT, "6.15.1", "timeout"),
    *installed(WRONG), sent("01-01", WRONG, "6.15.1", "success"),
    row("01-09", WRONG, "credentials_read", "6.24.1", "", "success", "NetworkOperator", "Fen"),
    *installed(LACKING),
    *installed(YOUNG, "02-18"),
    *installed(HUB)[:-2],
    row("01-01", WELL, "commissioned"),  # once more
    row("01-01", SILENT, "srv_response", "7.4", "", "failure").replace("T12", "T11"),  # before it was commissioned
    f"2026-01-01T12:00:00Z,{eui(WELL)},comissioned,,,,,,,",
    row("02-20", WELL, "srv_response", "7.4", "", "success"),
]  # fmt: skip

BAD = 2 + next(place for place, each in enumerate(ROWS) if "comissioned" in each)
"""The line that cannot be used."""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("evidence.csv").write_text("\n".join([HEADER, *ROWS]) + "\n")
    registered = [
        f"{eui(device)},{role},{party},2025-01-01T00:00:00Z"
        for device in range(1, HUB)
        for role, party in (("Supplier", "Larch"), ("NetworkOperator", "Moor"))
    ]
    Path("registrations.csv").write_text("\n".join(["device_id,role,party_id,from", *registered]) + "\n")
    told = [f"{eui(device)},{KINDS.get(device, 'ESME')},Alpha,North" for device in range(1, HUB + 1)]
    Path("inventory.csv").write_text(
        "\n".join(["device_id,device_type,manufacturer,csp_region", *told]) + "\n"
    )
    return tmp_path


TABLES = ["evidence.csv", "--registrations", "registrations.csv", "--inventory", "inventory.csv"]
ASKED = CommissioningAsked([Path("evidence.csv")], [Path("registrations.csv")], Path("inventory.csv"))


@pytest.fixture
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have tests of their own; drawing them takes seconds."""
    monkeypatch.setattr(commissioning_pictures, "commissioning_pictures", lambda *_: ())
    monkeypatch.setattr(picture, "write_png", lambda *_: None)


@pytest.mark.usefixtures("files")
def test_both_rates_and_what_lies_between_are_in_the_summary(capfd):
    ran = tidegate(capfd, "commissioning", *TABLES, "--json")
    told = json.loads(ran.out)

    assert 0 == ran.status
    assert 8 == told["devices"]
    assert (6, 0) == (
        told["by_criteria"]["appendix-ac-5"]["FAILED"],
        told["by_criteria"]["appendix-ac-5"]["PENDING"],
    )
    assert {
        "FAILED": 3,
        "UNDETERMINED": 1,
        "PENDING": 1,
        "SECURE_BY_COMMANDS": 3,
        "SECURE_BY_CREDENTIALS": 0,
    } == told["by_criteria"]["outcome"]
    assert (2, 3, 1, 1) == tuple(
        told[name] for name in ("false_failures", "true_failures", "missed_failures", "undetermined")
    )
    assert {
        ("cleared", "BY_FUTURE_DATED_OUTCOME", 1),
        ("cleared", "BY_ALTERNATIVE", 1),
        ("waiting", "NOTHING_SENT", 1),
        ("untold", "TIMED_OUT", 1),
        ("found", "DIFFERS", 1),
        ("confirmed", "NOTHING_SENT", 2),
    } == {(step["change"], step["reason"], step["devices"]) for step in told["steps"]}
    assert LAST == told["as_at"]
    assert told["as_at_is_last_evidence"]


@pytest.mark.usefixtures("files")
def test_every_row_of_evidence_is_accounted_for(capfd):
    told = json.loads(tidegate(capfd, "commissioning", *TABLES, "--json", "--as-at", "2026-02-19").out)
    read = told["evidence"]

    assert len(ROWS) - 1 == read["read"] == read["counted"] + 3
    assert (1, 1, 1, 1) == tuple(
        read[name] for name in ("doubled", "future", "before_commissioned", "rejected")
    )
    assert (0, 0) == (read["devices_not_registered"], read["devices_not_in_inventory"])


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("width", [80, 40])
def test_the_screen_says_both_rates_first_and_fits(width):
    out = io.StringIO()
    status = assess_commissioning(ASKED)
    asked = AskedToAssess(
        ASKED.evidence, ASKED.registrations, "tidegate commissioning ...", parse_instant(LAST)
    )
    show(status, None, asked, Console(file=out, width=width))
    lines = out.getvalue().splitlines()
    said = " ".join(line.strip() for line in lines)

    assert said.startswith(
        "75.0% of 8 Devices failed by appendix-ac-5; by outcome 37.5% did: 2 of those called failed"
    )
    assert (
        f"{len(ROWS) - 1} rows of evidence = {len(ROWS) - 3} counted + 1 doubled + 0 from after the date + 1 from"
        in said
    )
    assert all(len(line) <= width for line in lines if "tidegate " not in line)


@pytest.mark.usefixtures("files", "without_pictures")
def test_each_device_has_its_verdicts_and_each_step_its_list(capfd):
    ran = tidegate(capfd, "commissioning", *TABLES, "-o", "out", "--json")
    told = json.loads(ran.out)
    rows = {each["device_id"]: each for each in pq.read_table("out/verdicts.parquet").to_pylist()}

    assert 8 == len(rows)
    wrong = rows[eui(WRONG)]
    assert ("SECURE_BY_COMMANDS", "FAILED", "Moor", 1, "replace", "2026-01", "Alpha") == tuple(
        wrong[name]
        for name in (
            "appendix-ac-5", "outcome", "responsible_party", "months_open", "next_action", "month", "manufacturer",
        )
    )  # fmt: skip
    assert (
        "appendix-ac-5: all is as it should be | outcome: NetworkOperator cells: the cell holds another party's certificate"
        == wrong["reasons"]
    )
    assert parse_instant("2026-02-25T12:00:00Z") == int(rows[eui(YOUNG)]["pending_until"].timestamp()) * 10**6
    assert "DCC" == rows[eui(HUB)]["responsible_party"]
    with Path("out/verdicts.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [each["outcome"] for each in rows.values()] == [each["outcome"] for each in written]
    for step in told["steps"]:
        with Path("out", step["file"]).open(encoding="utf-8", newline="") as file:
            listed = list(csv.DictReader(file))
        assert step["devices"] == len(listed)
        assert {step["change"]} == {each["change"] for each in listed}
    with Path("out/reconciliation.csv").open(encoding="utf-8", newline="") as file:
        assert 8 == sum(int(each["devices"]) for each in csv.DictReader(file))
    with Path("out/evidence-notes.csv").open(encoding="utf-8", newline="") as file:
        notes = {each["device_id"]: each for each in csv.DictReader(file)}
    assert ("1", "1") == (notes[eui(WELL)]["doubled"], notes[eui(SILENT)]["before_commissioned"])
    assert "comissioned" in Path("out/rejected.csv").read_text()
    assert {"report.html", "report.xlsx"} <= {path.name for path in Path("out").iterdir()}
    assert 64 == len(told["criteria"][0]["sha256"])
    assert 3 == len(told["reproduce"]["inputs"])


@pytest.mark.usefixtures("files", "without_pictures")
def test_lists_of_an_earlier_report_do_not_stay(capfd):
    tidegate(capfd, "commissioning", *TABLES, "-o", "out")
    before = {path.name for path in Path("out/steps").iterdir()}
    tidegate(capfd, "commissioning", *TABLES, "-o", "out", "--as-at", "2026-01-02", "--no-verdicts")
    after = {path.name for path in Path("out/steps").iterdir()}

    assert {"03-untold", "04-found"} <= {"-".join(name.split("-")[:2]) for name in before}
    assert {"01-cleared", "02-waiting"} == {"-".join(name.split("-")[:2]) for name in after}
    assert not Path("out/verdicts.parquet").exists()


@pytest.mark.usefixtures("files", "without_pictures")
def test_under_pseudonyms_no_file_names_a_device(capfd):
    ran = tidegate(capfd, "commissioning", *TABLES, "-o", "out", "--pseudonymise")

    assert 0 == ran.status
    told = [
        path
        for path in Path("out").rglob("*")
        if path.is_file() and path.suffix in (".csv", ".json", ".html")
    ]
    for text in [ran.out, *(path.read_text() for path in told)]:
        assert "00-DB-12-34-56-78-90" not in text
    ids = pq.read_table("out/verdicts.parquet").column("device_id").to_pylist()
    assert "explain-device" not in ran.out, "nothing knows a Device by its pseudonym"
    assert 8 == len(set(ids))
    assert not any(str(each).startswith("00-DB") for each in ids)


@pytest.mark.usefixtures("files")
def test_a_run_that_is_interrupted_leaves_nothing():
    def interrupt(done: float, rows: int) -> None:  # noqa: ARG001 - as progress is told
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        assess_commissioning_into(Path("out"), ASKED, Reproduction("tidegate"), interrupt)

    assert not Path("out").exists()


@pytest.mark.usefixtures("files", "without_pictures")
@pytest.mark.parametrize(
    "while_writing", [(commissioning_xlsx, "write_commissioning_xlsx"), (recipients, "write_page")]
)
def test_ctrl_c_while_results_are_written_ends_the_run_and_leaves_nothing(capfd, monkeypatch, while_writing):
    asked_once = iter([signal.SIGINT])

    def press_ctrl_c(*_: object, **__: object) -> None:
        for pressed in asked_once:
            signal.raise_signal(pressed)

    monkeypatch.setattr(*while_writing, press_ctrl_c)
    ran = tidegate(capfd, "commissioning", *TABLES, "-o", "out", "--recipients")

    assert 130 == ran.status
    assert "Interrupted." in ran.err
    assert not Path("out").exists()


@pytest.mark.usefixtures("files")
def test_gates_strictness_and_what_is_at_fault_end_as_they_should(capfd):
    tripped = tidegate(capfd, "commissioning", *TABLES, "--fail-if", "true_failures > 1")
    strict = tidegate(capfd, "commissioning", *TABLES, "--strict")
    gate = tidegate(capfd, "commissioning", *TABLES, "--fail-if", "throttled > 1")
    names = tidegate(capfd, "commissioning", *TABLES, "--criteria", "outcome", "--criteria", "outcome")
    unknown = tidegate(capfd, "commissioning", *TABLES, "--criteria", "mine", "--criteria", "yours.toml")
    mapping = tidegate(capfd, "commissioning", *TABLES, "--mapping", "columns.toml")

    assert (1, 2, 2, 2, 2, 2) == tuple(ran.status for ran in (tripped, strict, gate, names, unknown, mapping))
    assert f"line {BAD}: kind: 'comissioned' is none of" in strict.err
    assert 'Write one as "rejected > 0"; it can be about devices, false_failures, true_failures' in " ".join(
        gate.err.split()
    )
    assert "two sets of criteria are called outcome" in names.err
    assert "mine" in unknown.err
    assert "yours.toml" in unknown.err
    assert "there is no such file" in mapping.err


@pytest.mark.usefixtures("files")
def test_columns_of_other_names_are_mapped_by_a_file(capfd):
    header = HEADER.replace("kind", "was").replace("at,", "seen,", 1)
    Path("evidence.csv").write_text("\n".join([header, *ROWS]) + "\n")
    Path("columns.toml").write_text('[evidence_columns]\nat = "seen"\nkind = "was"\n')
    ran = tidegate(capfd, "commissioning", *TABLES, "--mapping", "columns.toml", "--json")

    assert 8 == json.loads(ran.out)["devices"]


@pytest.mark.usefixtures("files")
def test_without_registrations_it_says_what_cannot_be_told(capfd):
    ran = tidegate(capfd, "commissioning", "evidence.csv", "--criteria", "outcome")

    assert 0 == ran.status
    assert "No registrations were given" in ran.out
    assert "there is nothing to compare it with" in " ".join(ran.out.split())


@pytest.mark.usefixtures("files")
def test_evidence_that_is_yet_to_come_is_warned_of():
    out = io.StringIO()
    asked = AskedToAssess(ASKED.evidence, ASKED.registrations, "tidegate", parse_instant(LAST) - 1)
    show(assess_commissioning(ASKED), None, asked, Console(file=out, width=80))

    assert "which is yet to come" in " ".join(out.getvalue().split())


@pytest.mark.usefixtures("files")
def test_the_story_of_a_device_tells_what_counted_and_what_settles_it(capfd):
    ran = tidegate(capfd, "explain-device", eui(SILENT), *TABLES)
    said = " ".join(ran.out.split())

    assert 0 == ran.status
    assert "failed by appendix-ac-5; undetermined by outcome" in said
    assert "1. 11:00:00 7.4: failure [not counted: from before the Device was commissioned]" in said
    assert "update remote party credentials, cannot be told: there was no response in time (row" in said
    assert "What settles it: read its credentials (6.24.1)." in said


@pytest.mark.usefixtures("files")
def test_the_story_as_json_names_the_rows_of_each_finding_and_where_they_stand(capfd):
    told = json.loads(tidegate(capfd, "explain-device", eui(WELL), *TABLES, "--json").out)
    rows = {each["number"]: each for each in told["evidence"]}
    replaced = next(
        each
        for each in told["by_criteria"]["outcome"]["obligations"]
        if each["name"] == "update remote party credentials"
    )

    assert "SECURE_BY_COMMANDS" == told["by_criteria"]["outcome"]["verdict"]
    assert ["6.15.1 for Supplier, to hold Larch: success (sent by Larch)"] == [
        rows[number]["words"] for number in replaced["rows"]
    ]
    assert ["doubled"] == [each["standing"] for each in told["evidence"] if not each["counted"]]
    assert [("kind: 'comissioned'", BAD)] == [
        (each["reason"][:19], each["line"]) for each in told["not_used"]
    ]
    assert {"device_type": "ESME", "manufacturer": "Alpha", "csp_region": "North"} == told["inventory"]


@pytest.mark.usefixtures("files")
def test_a_device_without_evidence_gets_a_clear_answer(capfd):
    Path("more.csv").write_text(
        f"device_id,role,party_id,from\n{eui(9)},Supplier,Larch,2025-01-01T00:00:00Z\n"
    )
    known = tidegate(capfd, "explain-device", eui(9), *TABLES, "--registrations", "more.csv")
    unknown = tidegate(capfd, "explain-device", eui(9), *TABLES)
    early = tidegate(capfd, "explain-device", eui(YOUNG), *TABLES, "--as-at", "2026-02-01")
    malformed = tidegate(capfd, "explain-device", "00-DB", *TABLES)

    assert (0, 2, 0, 2) == (known.status, unknown.status, early.status, malformed.status)
    assert "there is no evidence of it" in " ".join(known.out.split())
    assert "neither the evidence nor any other table given has this Device" in unknown.err
    assert "7 rows of evidence came later" in " ".join(early.out.split())


@pytest.mark.usefixtures("files")
def test_a_users_own_criteria_are_taken_from_a_file(capfd):
    Path("strict.toml").write_text(
        'name = "strict"\ntime_allowed = "0s"\n[[obligations]]\nname = "communicating"\ncheck = "communication"\n'
    )
    told = json.loads(
        tidegate(
            capfd,
            "commissioning",
            *TABLES,
            "--criteria",
            "appendix-ac-5",
            "--criteria",
            "strict.toml",
            "--json",
        ).out
    )

    assert ["appendix-ac-5", "strict"] == list(told["by_criteria"])
    assert 8 == sum(told["by_criteria"]["strict"][verdict.name] for verdict in Verdict)


@pytest.mark.usefixtures("files")
def test_python_is_told_the_same(capfd):
    summary = json.loads(tidegate(capfd, "commissioning", *TABLES, "--json").out)
    result = python.assess_commissioning(
        "evidence.csv", ["registrations.csv"], inventory="inventory.csv", verdicts=True
    )
    early = python.assess_commissioning("evidence.csv", "registrations.csv", as_at="2026-01-02")

    assert summary == result.summary
    assert str(result).startswith("75.0% of 8 Devices failed by appendix-ac-5")
    assert eui(WRONG) in result.tables["verdicts"].column("device_id").to_pylist()
    assert 7 == sum(result.tables["steps"].to_pydict()["devices"])
    assert ({"reconciliation", "steps"}, 7) == (set(early.tables), early.status.devices)
