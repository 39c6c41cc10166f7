"""`tidegate report edge`, as it is called."""

from __future__ import annotations

import json

import pytest
from tests.commands import tidegate

LOG = "received_at,device_id,alert_code,recipient\n" + "".join(
    f"2026-03-01T12:{minute:02}:{second:02}Z,00-DB-12-34-56-78-90-A0,8F75,Network A\n"
    for minute in range(20)
    for second in (0, 20, 40)
)
INVENTORY = "device_id,csp_region\n00-DB-12-34-56-78-90-A0,North\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alerts.csv").write_text(LOG, encoding="utf-8")
    (tmp_path / "inventory.csv").write_text(INVENTORY, encoding="utf-8")
    return tmp_path


def edge(capfd, *options):
    return tidegate(capfd, "report", "edge", "alerts.csv", "--inventory", "inventory.csv", *options)


@pytest.mark.usefixtures("folder")
def test_the_verdict_is_printed_and_the_next_command_is_offered(capfd):
    ran = edge(capfd)

    assert 0 == ran.status
    assert "At the Communications Hub the rule would spare the SM WAN of region North 45.0%" in " ".join(
        ran.out.split()
    )
    assert "--capacity-per-second North=N" in ran.out


def test_every_file_is_written(folder, capfd):
    assert 0 == edge(capfd, "-o", "edge", "--capacity-per-second", "North=0.04").status

    assert {
        "busiest-minutes.png",
        "edge.csv",
        "edge.html",
        "edge.xlsx",
        "rejected.csv",
        "spared-by-place.png",
        "summary.json",
    } == {file.name for file in (folder / "edge").iterdir()}
    summary = json.loads((folder / "edge" / "summary.json").read_text(encoding="utf-8"))
    assert 20 == summary["regions"]["North"]["nowhere"]["wan_minutes_over"]


@pytest.mark.usefixtures("folder")
def test_json_is_the_summary(capfd):
    ran = edge(capfd, "--json", "--policy", "illustrative-1")

    summary = json.loads(ran.out)
    # There 8F75 is on the exclusion list.
    assert (60, 60, 0) == tuple(
        summary["regions"]["North"]["hub"][name] for name in ("alerts", "excluded", "throttled")
    )


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--capacity-per-second", "West=8"], "there is no region West"),
        (["--capacity-per-second", "North"], "no region with a number"),
        (["--capacity-per-second", "North=0"], "no region with a number"),
        (["--capacity-per-second", "North=nan"], "no region with a number"),
        (["--same-event", "soon"], "not a duration"),
        (["--until", "2026-01-01", "--since", "2026-02-01"], "is not after --since"),
        (["--policy", "gone.toml"], "no such policy file"),
    ],
)
def test_what_cannot_be_asked_is_refused(capfd, options, said):
    ran = edge(capfd, *options)

    assert 2 == ran.status
    assert said in " ".join(ran.err.split())


def test_a_history_of_policies_is_not_one_rule(folder, capfd):
    (folder / "history").mkdir()
    assert 0 == tidegate(capfd, "policy", "show", "illustrative-1", "--toml").status
    (folder / "history" / "one.toml").write_text(
        tidegate(capfd, "policy", "show", "illustrative-1", "--toml").out, encoding="utf-8"
    )

    ran = edge(capfd, "--policy", "history")

    assert 2 == ran.status
    assert "is a history" in ran.err


@pytest.mark.usefixtures("folder")
def test_an_inventory_that_is_not_there_is_a_fault_of_the_call(capfd):
    ran = tidegate(capfd, "report", "edge", "alerts.csv", "--inventory", "gone.csv")

    assert 2 == ran.status
    assert "gone.csv" in ran.err


def test_rows_that_cannot_be_used_are_counted_and_withheld_under_pseudonyms(folder, capfd):
    with (folder / "alerts.csv").open("a", encoding="utf-8") as log:
        log.write("yesterday,00-DB-12-34-56-78-90-A0,8F75,Network A\n")

    ran = edge(capfd, "-o", "edge", "--pseudonymise")

    assert "1 row of 61 could not be used" in ran.out
    assert "00-DB-12" not in (folder / "edge" / "rejected.csv").read_text(encoding="utf-8")
