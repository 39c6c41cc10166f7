"""`tidegate admit` from files to a screen, JSON, decisions and reports, as a person meets it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.console import Console
from tests.commands import tidegate
from tests.request_logs import write_requests

from tidegate.assembly.admission import AdmissionInputs, admit_requests
from tidegate.cli.admit_screen import AskedToAdmit, show
from tidegate.cli.score_screen import show as show_score
from tidegate.formats.admission_pictures import admission_pictures
from tidegate.operations.ordered_log import ReadOptions
from tidegate.reports.adapter_score import score

USERS = "user,role,credit_meters,prepayment_meters,network_meters\nLarch,IS,1000,0,\nMoor,ED,,,1000\n"
CAPACITY = """version = "small"
mode = "enforced"
effective_from = "2026-01-01T00:00:00Z"
[alert_storm.default]
threshold = 30
window = "60m"
[service_requests]
period = "1s"
maximum_system_capacity = 5
operating_threshold = 4
prepayment_multiplier = 2
network_weight = 1
floor = 0
early_warning_at = 0.8
[service_requests.prioritised]
"2.2" = "A customer is off supply without it."
"""


def at(tenths: int) -> str:
    return f"2026-03-01T12:00:0{tenths // 10}.{tenths % 10}Z"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Larch asks for seven in a second of which two are its own; one row is late, one cannot be used."""
    monkeypatch.chdir(tmp_path)
    Path("users.csv").write_text(USERS, encoding="utf-8")
    Path("small.toml").write_text(CAPACITY, encoding="utf-8")
    rows = [f"{at(tenth)},L{tenth},Larch,{'2.2' if tenth == 6 else '4.8.1'}," for tenth in range(7)]
    rows.insert(3, f"{at(1)},M1,Moor,7.4,")
    rows.append("never,L9,Larch,4.8.1,")
    write_requests(Path("requests.csv"), rows)


def admit(capfd, *more: object):
    return tidegate(capfd, "admit", "requests.csv", "--users", "users.csv", "--policy", "small.toml", *more)


@pytest.mark.usefixtures("files")
def test_the_sum_holds_and_everything_promised_is_in_the_summary(capfd):
    ran = admit(capfd, "--json")
    told = json.loads(ran.out)

    assert 0 == ran.status
    assert 9 == told["received"]
    assert told["received"] == sum(
        told[name] for name in ("admitted", "prioritised", "continuations", "throttled", "rejected")
    )
    assert (1, 1, 1) == (told["prioritised"], told["rejected"], told["minutes_active"])
    assert 7 == sum(each["received"] for each in [told["by_user"]["Larch"]])
    assert 6 == told["by_srv"]["4.8.1"]["received"]
    assert {"early_warnings", "storms_of_503", "reasons", "late"} <= told.keys()


@pytest.mark.usefixtures("files")
def test_decisions_stand_beside_the_rows_in_input_order(capfd):
    ran = admit(capfd, "-o", "out")
    rows = pq.read_table("out/decisions.parquet").to_pylist()

    assert 0 == ran.status
    assert ["L0", "L1", "L2", "M1", "L3", "L4", "L5", "L6"] == [row["request_id"] for row in rows]
    assert 2 == rows[-1]["outcome"]
    assert "prioritised" == rows[-1]["reason"]
    refused = [row for row in rows if row["outcome"] == 1]
    assert refused
    assert all(row["retry_at"] > row["received_at"] for row in refused)
    assert all(row["retry_at"] is None for row in rows if row["outcome"] != 1)
    assert "line" in Path("out/rejected.csv").read_text(encoding="utf-8")
    assert {"report.html", "report.xlsx", "summary.json", "share-of-allocation.png"} <= {
        path.name for path in Path("out").iterdir()
    }


@pytest.mark.usefixtures("files")
def test_the_verdict_comes_first_and_fits_a_terminal():
    inputs = AdmissionInputs([Path("requests.csv")], Path("users.csv"), "small.toml")
    out = io.StringIO()
    show(
        admit_requests(inputs, ReadOptions(), 0),
        None,
        AskedToAdmit(Path("users.csv"), None, "tidegate admit requests.csv --users users.csv"),
        Console(file=out, width=60, highlight=False),
    )
    lines = out.getvalue().splitlines()

    assert lines[0].startswith("3 of 8 Service Requests")
    assert 60 >= max(len(line) for line in lines if not line.startswith("  tidegate"))
    assert any(line.startswith("Larch") for line in lines)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("moors", "said"),
    [(1, "; 1 User of 2 was refused nothing"), (5, "; each of the 2 Users was refused something")],
)
def test_the_picture_of_shares_says_how_many_were_refused_nothing(moors, said):
    with Path("requests.csv").open("a", encoding="utf-8") as log:
        log.writelines(f"{at(7)},N{number},Moor,7.4,\n" for number in range(moors - 1))
    inputs = AdmissionInputs([Path("requests.csv")], Path("users.csv"), "small.toml")
    first = next(iter(admission_pictures(admit_requests(inputs, ReadOptions(), 0))))

    assert first.title.endswith(f" of its allocation before it was refused more{said}")


@pytest.mark.usefixtures("files")
def test_in_a_narrow_terminal_who_was_refused_and_its_share_are_kept():
    inputs = AdmissionInputs([Path("requests.csv")], Path("users.csv"), "small.toml")
    out = io.StringIO()
    show(
        admit_requests(inputs, ReadOptions(), 0),
        None,
        AskedToAdmit(Path("users.csv"), None, "tidegate admit requests.csv --users users.csv"),
        Console(file=out, width=40, highlight=False),
    )
    lines = out.getvalue().splitlines()

    assert any(line.startswith("User") and {"own", "Throttled"} <= set(line.split()) for line in lines)
    assert any(line.startswith("SRV") and {"Name", "Throttled"} <= set(line.split()) for line in lines)
    assert 40 >= max(len(line) for line in lines if not line.startswith("  tidegate"))


@pytest.mark.usefixtures("files")
def test_standard_input_is_said_not_to_be_read(capfd):
    ran = tidegate(capfd, "admit", "-", "--users", "users.csv")

    assert 2 == ran.status
    assert "standard input is not read" in ran.err


@pytest.mark.usefixtures("files")
def test_users_named_by_their_eui_64_can_be_told_apart_in_a_terminal():
    larch, moor = "90-B3-D5-1F-30-01-00-00", "90-B3-D5-1F-30-02-00-00"
    for file in (Path("users.csv"), Path("requests.csv")):
        text = file.read_text(encoding="utf-8").replace("Larch", larch).replace("Moor", moor)
        file.write_text(text, encoding="utf-8")
    out = io.StringIO()
    show(
        admit_requests(
            AdmissionInputs([Path("requests.csv")], Path("users.csv"), "small.toml"), ReadOptions(), 0
        ),
        None,
        AskedToAdmit(Path("users.csv"), None, "tidegate admit requests.csv --users users.csv"),
        Console(file=out, width=80, highlight=False),
    )
    rows = {line.split()[0] for line in out.getvalue().splitlines() if line.startswith("90-")}

    assert {larch, moor} == rows


@pytest.mark.usefixtures("files")
def test_with_the_mode_off_nothing_is_said_to_continue_anything(capfd):
    Path("small.toml").write_text(CAPACITY.replace("enforced", "off"), encoding="utf-8")
    said = " ".join(admit(capfd).out.split())

    assert "the busiest second took 8, where the maximum is 5" in said


@pytest.mark.usefixtures("files")
def test_with_the_mode_off_nobody_is_warned_as_the_gateway_warns_nobody(capfd):
    assert 0 < json.loads(admit(capfd, "--json").out)["early_warnings"]
    Path("small.toml").write_text(CAPACITY.replace("enforced", "off"), encoding="utf-8")
    told = json.loads(admit(capfd, "--json").out)

    assert (0, {0}) == (
        told["early_warnings"],
        {user["early_warnings"] for user in told["by_user"].values()},
    )


@pytest.mark.usefixtures("files")
def test_a_larger_capacity_throttles_nobody(capfd):
    ran = admit(capfd, "--capacity", "40", "--json")

    assert 0 == json.loads(ran.out)["throttled"]
    assert 50 == json.loads(ran.out)["maximum_system_capacity"]


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(("gate", "status"), [("throttled > 2", 1), ("throttled > 3", 0)])
def test_a_gate_trips_with_status_one(capfd, gate, status):
    assert status == admit(capfd, "--fail-if", gate).status


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--strict",), "line 10"),
        (("--capacity", "0"), "a capacity of 0 is none"),
        (("--fail-if", "storms > 0"), "is not a gate"),
        (("--since", "2026-03-02", "--until", "2026-03-01"), "is not after --since"),
        (("--since", "rubbish"), "'rubbish' is not an instant"),
    ],
)
def test_what_is_at_fault_is_said_with_status_two(capfd, more, said):
    ran = admit(capfd, *more)

    assert 2 == ran.status
    assert said in ran.err


@pytest.mark.usefixtures("files")
def test_a_period_leaves_out_what_is_outside_it(capfd):
    told = json.loads(admit(capfd, "--since", "2026-03-01T12:00:00.2Z", "--json").out)

    assert 3 == told["outside_period"]
    assert 6 == told["received"]


def test_an_adapters_log_has_its_score_card(tmp_path, capfd):
    log = tmp_path / "retries.csv"
    log.write_text(
        "sent_at,request_id,srv,status,retry_after,rate_limit\n"
        "2026-03-01T12:00:00Z,a,4.8.1,503,3,r=0\n"
        "2026-03-01T12:00:01Z,a,4.8.1,200,,r=9\n"
        "2026-03-01T12:00:02Z,b,four,200,,\n",
        encoding="utf-8",
    )
    ran = tidegate(capfd, "admit", "--score", log)

    assert ran.out.startswith("To change: Retry-After.\n")
    assert "a was told 3 s and came after 1 s." in ran.out
    assert "1 row could not be used; line 4" in ran.out
    assert 80 >= max(len(line) for line in ran.out.splitlines())
    assert 1 == tidegate(capfd, "admit", "--score", log, "--json", "--fail-if", "failed > 0").status


def test_a_score_card_keeps_within_a_narrow_terminal():
    out = io.StringIO()
    show_score(score([]), [], Console(file=out, width=40, highlight=False))

    assert 40 >= max(map(len, out.getvalue().splitlines()))
    assert "not seen  Does it come back when it was\n          told to?\n" in out.getvalue()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "there are no Service Requests to decide"),
        (("requests.csv",), "there is no table of Users"),
        (("--score", "log.csv", "--users", "users.csv"), "a score card is of an adapter's log alone"),
        (
            ("--score", "log.csv", "--since", "2026-01-01"),
            "Leave out all but --json and --fail-if, or --score.",
        ),
        (("--score", "log.csv", "--capacity", "0"), "a score card is of an adapter's log alone"),
        (("--score", "log.csv", "--look-back", "2h"), "a score card is of an adapter's log alone"),
        (("--score", "log.csv"), "the log cannot be read"),
        (("--score", "users.csv"), "the log has no column sent_at and no column request_id"),
    ],
)
@pytest.mark.usefixtures("files")
def test_a_call_that_says_too_little_or_too_much_is_told_what_to_write(capfd, arguments, said):
    ran = tidegate(capfd, "admit", *arguments)

    assert 2 == ran.status
    assert said in ran.err
