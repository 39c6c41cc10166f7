"""What `tidegate commissioning` writes for those who act on it: reads, Incidents, and a folder for each recipient."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.commands import tidegate

from tidegate.assembly.commissioning import (
    CommissioningAsked,
    CommissioningReported,
    assess_commissioning_into,
)
from tidegate.assembly.planning_reads import ReadsAsked
from tidegate.assembly.simulating_commissioning import simulate_commissioning_into
from tidegate.formats import commissioning_pictures, picture
from tidegate.formats.pseudonyms import Pseudonyms
from tidegate.formats.reproduction import Reproduction
from tidegate.vocabulary.instants import DAY, parse_instant

DEVICES = 3_000
EUI = r"\b[0-9A-F]{2}(?:-[0-9A-F]{2}){7}\b"
USERS = """user,role,credit_meters,prepayment_meters,unknown_meters,network_meters
Supplier 1,IS,3000000,400000,,
Supplier 2,IS,2000000,300000,,
Supplier 3,IS,1500000,200000,,
Supplier 5,IS,700000,100000,,
Network A,ED,,,,4000000
"""
AFTER = "2021-07-03T00:00:00Z"
"""The midnight after the last evidence."""


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installs")
    simulate_commissioning_into(folder, "draft-report", devices=DEVICES)
    (folder / "users.csv").write_text(USERS)
    return folder


@pytest.fixture(scope="module")
def asked(simulated: Path) -> CommissioningAsked:
    return CommissioningAsked(
        [simulated / "evidence.parquet"],
        [simulated / "registrations.parquet"],
        simulated / "inventory.parquet",
        cni_limit=Fraction(1, 20),
        reads=ReadsAsked(simulated / "users.csv", 0, nights=2),
        has_recipients=True,
    )


@pytest.fixture(scope="module", autouse=True)
def _without_pictures():
    """Pictures have tests of their own; drawing them takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commissioning_pictures, "commissioning_pictures", lambda *_: ())
        patch.setattr(picture, "write_png", lambda *_: None)
        yield


@pytest.fixture(scope="module")
def reported(asked, tmp_path_factory) -> tuple[Path, CommissioningReported]:
    folder = tmp_path_factory.mktemp("reported")
    return folder, assess_commissioning_into(folder, asked, Reproduction("tidegate"))


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_reads_wanted_are_those_of_every_device_that_one_would_settle_by_who_may_send_it(reported):
    folder, told = reported
    verdicts = pq.read_table(folder / "verdicts.parquet").to_pylist()
    by_user = Counter(
        each["supplier"] or each["network_operator"] or ""
        for each in verdicts
        if each["next_action"] == "read"
    )

    assert by_user
    assert by_user == {each.user: each.wanted for each in told.reads.users}


def test_every_read_planned_is_a_row_of_reads_csv_and_of_the_summary(reported):
    folder, told = reported
    listed = rows(folder / "reads.csv")
    summed = json.loads((folder / "summary.json").read_text())["reads"]
    wanted = {
        each["device_id"]
        for each in pq.read_table(folder / "verdicts.parquet").to_pylist()
        if each["next_action"] == "read"
    }

    assert (told.reads.wanted, told.reads.planned) == (summed["wanted"], summed["planned"])
    assert len(listed) == summed["planned"] == summed["wanted"] - summed["left"]
    assert len(listed) == len({each["device_id"] for each in listed} & wanted)
    assert {"6.24.1"} == {each["srv"] for each in listed}
    assert AFTER == summed["nights"]["first"]
    for each in listed:
        since = parse_instant(each["at"]) - parse_instant(AFTER)
        assert since // DAY + 1 == int(each["night"])
        assert since % DAY < DAY // 4
    planned = Counter(each["user"] for each in listed)
    assert planned == {each["user"]: each["planned"] for each in summed["by_user"] if each["planned"]}
    assert summed["left"] == sum(each["wanted"] for each in summed["by_user"] if each["allocation"] is None)


def test_users_without_an_allocation_are_named_and_none_of_their_reads_is_planned(reported):
    _, told = reported
    words = told.summary["reads"]["words"]

    assert any(
        each.startswith("Without an allocation") and "Supplier 4" in each and "Supplier 1" not in each
        for each in words
    )


def test_the_limit_is_held_against_both_rates(reported):
    folder, _ = reported
    cni = json.loads((folder / "summary.json").read_text())["cni"]

    assert (0.05, True, False) == (cni["limit"], cni["is_breached_by_first"], cni["is_breached_by_last"])
    assert cni["rate_by_last"] <= cni["rate_may_be"] < cni["rate_by_first"]
    assert cni["words"] in (folder / "report.html").read_text()


def test_limit_and_reads_are_said_on_the_screen_and_on_the_page(simulated, reported, capfd):
    tables = [
        simulated / "evidence.parquet", "--registrations", simulated / "registrations.parquet",
        "--inventory", simulated / "inventory.parquet",
    ]  # fmt: skip
    users = simulated / "users.csv"
    ran = tidegate(capfd, "commissioning", *tables, "--cni-limit", "5%", "--plan-reads", users)
    said = " ".join(ran.out.split())
    folder, told = reported

    assert 0 == ran.status
    assert "The limit you gave, 5%: it is breached on paper only" in said
    assert f"{told.reads.wanted} reads: {told.reads.planned} done in night 1, within every allocation" in said
    assert "Each User gives 10% of its allocation by illustrative-2 to reads, which is illustrative" in said
    assert (
        f"{told.reads.wanted} reads: {told.reads.planned} done in night 1"
        in (folder / "report.html").read_text()
    )


def test_every_hub_called_failed_is_listed_once_with_its_problem(reported):
    folder, _ = reported
    due, not_due = rows(folder / "incidents.csv"), rows(folder / "incidents-not-due.csv")
    hubs = {
        each["device_id"]: each["change"]
        for each in pq.read_table(folder / "verdicts.parquet").to_pylist()
        if each["device_type"] == "CHF" and each["change"]
    }

    assert due
    assert hubs.keys() == {each["device_id"] for each in [*due, *not_due]}
    assert len(hubs) == len(due) + len(not_due)
    assert {"due"} == {each["incident"] for each in due}
    assert {"found", "confirmed"} >= {hubs[each["device_id"]] for each in due}
    assert {"cleared", "waiting", "untold"} >= {hubs[each["device_id"]] for each in not_due}
    problems = {each["problem"]: each for each in rows(folder / "incident-problems.csv")}
    assert {number: int(each["devices"]) for number, each in problems.items()} == Counter(
        each["problem"] for each in [*due, *not_due]
    )
    for each in [*due, *not_due]:
        shared = ("incident", "reason", "csp_region")
        assert [problems[each["problem"]][name] for name in shared] == [each[name] for name in shared]
    assert [int(each["problem"]) for each in rows(folder / "incident-problems.csv")] == list(
        range(1, 1 + len(problems))
    )


@pytest.fixture(scope="module")
def verdicts(reported) -> list[dict[str, object]]:
    return pq.read_table(reported[0] / "verdicts.parquet").to_pylist()


DIMENSIONS = {"supplier": "supplier", "network-operator": "network_operator", "csp": "csp_region"}


def test_no_file_of_a_recipient_names_another_ones_device(reported, verdicts):
    folder, _ = reported
    seen = {}
    for each in rows(folder / "recipients.csv"):
        own = {told["device_id"] for told in verdicts if told[DIMENSIONS[each["kind"]]] == each["recipient"]}
        seen[each["folder"]] = named_in(folder / "recipients" / each["folder"])
        assert seen[each["folder"]] <= own
    there = {path.name for path in (folder / "recipients").iterdir()}

    assert there == {*seen, "panel", "ssc"}
    assert all(seen.values())
    assert set() == named_in(folder / "recipients" / "panel") | named_in(folder / "recipients" / "ssc")


def named_in(folder: Path) -> set[str]:
    """Everything in the files of a folder that reads as a Device."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {".csv", ".json", ".html"} == {path.suffix for path in files}
    return {found for path in files for found in re.findall(EUI, path.read_text())}


def test_the_parts_of_each_kind_are_the_whole_together(reported, verdicts):
    folder, told = reported
    parts = rows(folder / "recipients.csv")
    first, last = told.summary["by_criteria"].values()
    whole = [
        told.summary["devices"],
        first["FAILED"],
        *(last[name] for name in ("FAILED", "UNDETERMINED", "PENDING")),
    ]
    called = {
        each["device_id"]
        for each in verdicts
        if each["change"] or not str(each["outcome"]).startswith("SECURE")
    }

    for kind in DIMENSIONS:
        of_kind = [each for each in parts if each["kind"] == kind]
        columns = ("devices", "failed_by_first", "failed_by_last", "undetermined", "pending")
        assert whole == [sum(int(each[name]) for each in of_kind) for name in columns]
        theirs = Counter(
            row["device_id"]
            for each in of_kind
            for row in rows(folder / "recipients" / each["folder"] / "devices.csv")
        )
        assert Counter(called) == theirs
    for name in ("incidents.csv", "incidents-not-due.csv"):
        of_regions = [
            row
            for each in parts
            if each["kind"] == "csp"
            for row in rows(folder / "recipients" / each["folder"] / name)
        ]
        assert sorted(map(str, of_regions)) == sorted(map(str, rows(folder / name)))
    of_users = [row for path in folder.glob("recipients/*/reads.csv") for row in rows(path)]
    assert sorted(map(str, of_users)) == sorted(map(str, rows(folder / "reads.csv")))


def test_a_recipients_devices_stand_by_step_and_its_summary_is_of_them(reported):
    folder, told = reported
    own = folder / "recipients" / "supplier-Supplier-1"
    listed = rows(own / "devices.csv")
    summary = json.loads((own / "summary.json").read_text())
    order = ["cleared", "waiting", "untold", "found", "confirmed", ""]
    keys = [(order.index(each["change"]), each["step"], each["device_id"]) for each in listed]

    assert keys == sorted(keys)
    assert "Supplier Supplier 1" == summary["recipient"]
    assert {each["change"]: each["devices"] for each in summary["steps"]}.keys() == {
        each["change"] for each in listed if each["change"]
    }
    assert sum(each["devices"] for each in summary["steps"]) == sum(bool(each["change"]) for each in listed)
    assert not {"evidence", "reproduce", "cni"} & summary.keys()
    assert [["Supplier 1"]] == [[each["user"] for each in summary["reads"]["by_user"]]]
    assert told.summary["cni"] == json.loads((folder / "recipients/panel/summary.json").read_text())["cni"]


def test_the_panel_has_rates_and_the_security_sub_committee_how_each_party_does(reported, verdicts):
    folder, _ = reported
    rates = {(each["by"], each["value"]): each for each in rows(folder / "recipients/panel/rates.csv")}
    failed = Counter(each["supplier"] for each in verdicts if each["outcome"] == "FAILED")
    open_ = Counter(
        each["responsible_party"] for each in verdicts if not str(each["outcome"]).startswith("SECURE")
    )

    assert failed == Counter(
        {value: int(each["failed_by_last"]) for (by, value), each in rates.items() if by == "supplier"}
    )
    assert not (folder / "recipients/panel/performance.csv").exists()
    assert {party or "": count for party, count in open_.items()} == {
        each["party"]: sum(int(each[name]) for name in ("failed", "undetermined", "pending"))
        for each in rows(folder / "recipients/ssc/performance.csv")
    }
    assert "How each party does" in (folder / "recipients/ssc/report.html").read_text()


def test_under_pseudonyms_every_file_is_of_the_same_devices_and_a_report_without_recipients_leaves_none(
    asked, reported, tmp_path
):
    plainly, told = reported
    pseudonyms = Pseudonyms(b"0123456789abcdef")
    shown = replace(asked, pseudonyms=pseudonyms)
    again = assess_commissioning_into(tmp_path, shown, Reproduction("tidegate"), with_verdicts=False)

    assert again.reads is not None
    assert again.reads.planned == told.reads.planned
    for name in ("reads.csv", "incidents.csv", "recipients/supplier-Supplier-1/devices.csv"):
        plain = {pseudonyms.text_for(each["device_id"]) for each in rows(plainly / name)}
        assert plain == {each["device_id"] for each in rows(tmp_path / name)}
    real = {each["device_id"] for each in rows(plainly / "verdicts.csv")}
    assert set() == real & named_in(tmp_path / "recipients")

    (tmp_path / "recipients" / "panel" / "notes.txt").write_text("mine")
    fewer = replace(shown, has_recipients=False, inventory=None, reads=None)
    assess_commissioning_into(tmp_path, fewer, Reproduction("tidegate"), with_verdicts=False)

    left = [
        path.relative_to(tmp_path).as_posix() for path in tmp_path.glob("recipients/**/*") if path.is_file()
    ]
    assert ["recipients/panel/notes.txt"] == left
    assert ["panel"] == [path.name for path in (tmp_path / "recipients").iterdir()]
    assert not list(tmp_path.glob("incident*"))
    assert not (tmp_path / "reads.csv").exists()
    assert not (tmp_path / "recipients.csv").exists()


def test_where_all_is_secure_every_recipient_has_a_list_with_nothing_in_it(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    device = "00-DB-12-34-56-78-90-01"
    Path("evidence.csv").write_text(
        "at,device_id,kind,srv,credential_type,outcome,role,party_id,certificate_hash,sender\n"
        f"2026-01-01T12:00:00Z,{device},commissioned,,,,,,,\n"
        f"2026-01-02T12:00:00Z,{device},communication_check,,,success,,,,\n"
    )
    Path("registrations.csv").write_text(
        f"device_id,role,party_id,from\n{device},Supplier,../Larch,2025-01-01T00:00:00Z\n"
    )
    Path("mine.toml").write_text(
        'name = "mine"\ntime_allowed = "0s"\n[[obligations]]\nname = "communicating"\ncheck = "communication"\n'
    )
    tables = ["evidence.csv", "--registrations", "registrations.csv", "--criteria", "mine.toml"]
    ran = tidegate(capfd, "commissioning", *tables, "--recipients", "-o", "out")
    (part,) = [each for each in rows(Path("out/recipients.csv")) if each["recipient"]]

    assert 0 == ran.status
    assert "Recipients: each has a folder" in ran.out
    assert ("../Larch", "1", "0") == (part["recipient"], part["devices"], part["failed_by_last"])
    listed = Path("out/recipients", part["folder"], "devices.csv")
    assert [] == rows(listed)
    assert '"device_id","mine","reasons"' in listed.read_text()
    assert {"evidence.csv", "registrations.csv", "mine.toml", "out"} == {
        path.name for path in tmp_path.iterdir()
    }


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--cni-limit", "0%"], "--cni-limit: '0%' is no share"),
        (["--cni-limit", "some"], "--cni-limit: 'some' is no share"),
        (["--nights", "3"], "--nights: it is of a plan of reads, and none is asked for"),
        (["--plan-reads", "users.csv", "--nights", "0"], "--nights: 0 is out of range"),
        (["--plan-reads", "users.csv", "--night-hours", "25"], "--night-hours: 25 is out of range"),
        (["--plan-reads", "users.csv", "--reads-share", "101%"], "--reads-share: '101%' is no share"),
        (["--plan-reads", "nobody.csv"], "nobody.csv"),
        (["--recipients"], "--recipients: no folder was given for their results"),
        (["--plan-reads", "users.csv", "--policy", "mine.toml"], "mine.toml"),
    ],
)
def test_what_cannot_be_planned_is_said_before_anything_is_read(options, what, simulated, capfd, monkeypatch):
    monkeypatch.chdir(simulated)
    ran = tidegate(capfd, "commissioning", "evidence.parquet", *options)

    assert 2 == ran.status
    assert what in " ".join(ran.err.split())
