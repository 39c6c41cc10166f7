"""`tidegate sweep`, as it is called: its files, its screen, and what it says to what is at fault."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from contextlib import contextmanager

import pyarrow.parquet as pq
import pytest
from tests.commands import tidegate
from tests.unit.reports.swept_examples import murmur, shouters

from tidegate.assembly.sweeping import RESULTS
from tidegate.policy_files import find_policy
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import format_instant

POLICY = """
version = "a-hundred-an-hour"
mode = "shadow"
effective_from = 2024-01-01T00:00:00Z
[alert_storm.default]
threshold = 100
window = "60m"
forward_one_in = 10
clear_threshold = 50
[alert_storm.exclusion_list]
"8F36" = "Supply restored: networks rely on it"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    alerts = sorted([*shouters(2), *murmur(60), *shouters(1, code=0x8F36)], key=lambda alert: alert.at)
    with (tmp_path / "alerts.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["received_at", "device_id", "alert_code", "recipient"])
        for alert in alerts:
            code = format_alert_code(alert.alert_code)
            writer.writerow(
                [format_instant(alert.at), format_device_id(alert.device_id), code, alert.recipient]
            )
        writer.writerow(["yesterday", format_device_id(1), "8F75", "supplier"])
    with (tmp_path / "inventory.csv").open("w", encoding="utf-8") as file:
        file.write("device_id,manufacturer,model,firmware\n")
        file.writelines(f"{format_device_id(n)},Maker A,M{n},1.0\n" for n in range(2))
    return tmp_path


def sweep(capfd, *given):
    return tidegate(capfd, "sweep", "alerts.csv", *given, "--policy", "policy.toml")


def said(ran):
    return " ".join(ran.out.split())


@pytest.mark.usefixtures("folder")
def test_the_finding_comes_first_and_what_to_run_next_last(capfd):
    ran = sweep(capfd, "threshold=5..300", "--inventory", "inventory.csv")

    assert 0 == ran.status
    assert said(ran).startswith("Throttling deals with most of this: ")
    assert "8F75: " in said(ran)
    assert "In force is 100 in 1 h, which holds back 0%." in said(ran)
    assert "8F36" in ran.out
    assert "excluded" in ran.out
    assert "Policy a-hundred-an-hour is shadow; it was swept as if enforced." in said(ran)
    assert "The clear threshold is kept in proportion: 50 at a threshold of 100." in said(ran)
    assert "Not used: 1 row." in said(ran)
    assert re.search(r"Next:\s+tidegate sweep alerts\.csv threshold=5\.\.300 ", ran.out)
    assert all(len(line) <= 80 for line in ran.out.partition("Next:")[0].splitlines())


def test_the_results_keep_their_contract(folder, capfd):
    ran = sweep(
        capfd, "threshold=10,40,100", "window=30m,1h", "--inventory", "inventory.csv", "-o", "out", "--json"
    )
    summary = json.loads((folder / "out/summary.json").read_text())

    assert 0 == ran.status
    assert summary == json.loads(ran.out)
    assert {*RESULTS, "sweep.png", "sweep-8F75.png"} == {file.name for file in (folder / "out").iterdir()}
    assert (6, "a-hundred-an-hour", 1) == (
        summary["policies"],
        summary["policy_version"],
        summary["rejected"],
    )
    assert {"threshold": ["10", "40", "100"], "window": ["30m", "1h"]} == summary["swept"]
    assert 1 == [each["in_force"] for each in summary["points"]].count(True)

    table = pq.read_table(folder / "out/sweep.parquet")
    rows = table.to_pylist()
    assert 6 * 4 == len(rows)
    assert ["all", "8F75", "8F36", "8014"] == list(dict.fromkeys(row["alert_code"] for row in rows))
    for row in rows:
        assert row["received"] == row["delivered"] + row["throttled"]
    for place in range(6):
        of_all, *of_codes = [rows[place + 6 * code] for code in range(4)]
        for column in ("received", "throttled", "excluded", "storms", "streams_stormed"):
            assert of_all[column] == sum(row[column] for row in of_codes)
    two_causes = next(row for row in rows if row["threshold"] == 10 and row["window"] == "1h")
    assert (2, 2) == (two_causes["devices_stormed"], two_causes["problems"])

    with (folder / "out/sweep.csv").open(encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert table.column_names == list(written[0])
    assert [str(row["throttled"]) for row in rows] == [row["throttled"] for row in written]
    with (folder / "out/recommended.csv").open(encoding="utf-8") as file:
        advice = {row["alert_code"]: row["advice"] for row in csv.DictReader(file)}
    assert {"all": "change", "8F75": "change", "8F36": "excluded", "8014": "no remedy"} == advice

    draft = find_policy(str(folder / "out/recommended.toml"))
    assert ("a-hundred-an-hour-recommended", "a-hundred-an-hour") == (draft.version, draft.supersedes)
    assert {0x8F75} == set(draft.alert_storm.codes)
    sheets = zipfile.ZipFile(folder / "out/sweep.xlsx").read("xl/workbook.xml").decode()
    assert ["Verdict", "Recommended", "Sweep", "About"] == re.findall(r'<sheet name="(\w+)"', sheets)
    with (folder / "out/rejected.csv").open(encoding="utf-8") as file:
        assert 1 == len(list(csv.DictReader(file)))


def test_the_page_needs_no_network_and_says_how_it_was_made(folder, capfd):
    sweep(capfd, "threshold=10,40,100", "-o", "out")
    page = (folder / "out/sweep.html").read_text(encoding="utf-8")

    assert not re.search(r'(?:src|href)="https?:', page)
    assert "recommended: 40 in 1 h" in page
    assert "in force: 100 in 1 h" in page
    assert "The data behind it" in page
    assert "How to reproduce" in page


def test_under_pseudonyms_no_rejected_row_is_written_out(folder, capfd):
    sweep(capfd, "threshold=10", "-o", "out", "--pseudonymise")

    assert format_device_id(1) not in (folder / "out/rejected.csv").read_text(encoding="utf-8")


@pytest.mark.usefixtures("folder")
def test_with_a_code_its_alerts_are_what_is_told(capfd):
    ran = sweep(capfd, "threshold=10,40,100", "--code", "8F36")

    assert 0 == ran.status
    assert said(ran).startswith("Throttling deals with most of 8F36: ")
    assert "8F36 is on the exclusion list of a-hundred-an-hour; it was swept as if taken off." in said(ran)


@pytest.mark.usefixtures("folder")
def test_a_code_that_is_not_in_the_log_is_refused_with_those_that_are(capfd):
    absent = sweep(capfd, "threshold=10,40,100", "--code", "8F3E")
    empty = sweep(capfd, "threshold=10,40,100", "--code", "8F75", "--until", "2026-03-01")

    assert 2 == absent.status
    assert "there is no Alert with 8F3E in the log" in absent.err
    assert "It has: 8014, 8F36, 8F75." in absent.err
    assert 0 == empty.status
    assert "There was no Alert to sweep over." in said(empty)


def test_a_file_whose_name_looks_like_a_range_is_a_file(folder, capfd):
    (folder / "threshold=5.csv").write_text(
        (folder / "alerts.csv").read_text(encoding="utf-8"), encoding="utf-8"
    )
    ran = tidegate(capfd, "sweep", "threshold=5.csv", "threshold=10,20", "--json")

    assert 0 == ran.status
    assert {"threshold": ["10", "20"]} == json.loads(ran.out)["swept"]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], "no parameter to sweep was given"),
        (["thresold=5..300"], "Did you mean threshold?"),
        (["threshold=0..5"], "threshold is 0"),
        (["threshold=9..5"], "5..9 is not"),
        (["threshold=x"], "'x' is not a whole number"),
        (["threshold=1..900:1"], "one sweep takes up to 400"),
        (["threshold=5", "threshold=6"], "more than once"),
        (["threshold=5", "clear_threshold=9"], "no higher than the threshold"),
        (["threshold=5", "--code", "8F7"], "is not an Alert Code"),
        (["threshold=5", "--inventory", "nowhere.csv"], "nowhere.csv"),
        (["threshold=5", "--since", "2026-03-02", "--until", "2026-03-01"], "--until"),
        (["threshold=5", "--strict"], "alerts.csv, line"),
    ],
)
def test_what_is_at_fault_ends_with_2_and_says_what_to_write(given, expected, capfd):
    ran = sweep(capfd, *given)

    assert (2, "") == (ran.status, ran.out)
    assert expected in " ".join(ran.err.split())


@pytest.mark.usefixtures("folder")
def test_ranges_without_a_file_are_at_fault(capfd):
    ran = tidegate(capfd, "sweep", "threshold=5")

    assert 2 == ran.status
    assert "no file of Alerts was given" in ran.err


def test_a_folder_of_versions_is_no_policy_to_begin_from(folder, capfd):
    (folder / "versions").mkdir()
    ran = tidegate(capfd, "sweep", "alerts.csv", "threshold=5", "--policy", "versions")

    assert 2 == ran.status
    assert "a sweep begins from one policy" in ran.err


def test_interrupted_its_results_are_labelled_partial(folder, capfd, monkeypatch):
    @contextmanager
    def interrupted(_title):
        def stop(_done, _rows):
            raise KeyboardInterrupt

        yield stop

    monkeypatch.setattr("tidegate.cli.console.progress_bar", interrupted)
    ran = sweep(capfd, "threshold=10,40", "-o", "out")

    assert 130 == ran.status
    assert "Interrupted: only the first" in said(ran)
    assert (folder / "out/summary.partial.json").exists()
    assert not (folder / "out/summary.json").exists()
    assert "out/sweep.partial.html" in ran.out
