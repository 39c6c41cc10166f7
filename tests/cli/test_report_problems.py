"""`tidegate report problems` on real files: what it writes, says and refuses."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.commands import Ran, tidegate

from tidegate.assembly.problems import FILES
from tidegate.vocabulary.instants import HOUR, MINUTE, SECOND, format_instant, parse_instant

START = parse_instant("2026-03-02T00:00:00Z")
POLICY = """
version = "ten-in-an-hour"
mode = "enforced"
effective_from = 2024-01-01T00:00:00Z
[alert_storm.default]
threshold = 10
window = "60m"
forward_one_in = 5
"""
HEADER = ("device_id", "device_type", "manufacturer", "model", "firmware", "supplier", "csp_region")
FLEET = 400
MURMURERS = 60


def device(number: int) -> str:
    return f"02-7D-00-00-00-00-{number // 256:02X}-{number % 256:02X}"


def write_inventory(path: Path) -> Path:
    """400 meters: 60 of firmware 1.04 of Maker A, the others of two more makers."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(FLEET):
            maker, firmware = (
                ("Maker A", "1.04") if number < MURMURERS else (f"Maker {'BC'[number % 2]}", "2.0")
            )
            writer.writerow(
                [
                    device(number),
                    "ESME",
                    maker,
                    "M1",
                    firmware,
                    f"Supplier {number % 3}",
                    ["North", "Central"][number % 2],
                ]
            )
    return path


def write_alerts(path: Path) -> Path:
    """Five days: firmware 1.04 murmurs with 8014 and 8015, twelve of it storm with 8F75, one other with 8F3E."""
    rows = []
    for day in range(5):
        for number in range(MURMURERS):
            for n in range(8):
                at = START + day * 24 * HOUR + (n * 3 + number % 3) * HOUR + number * SECOND
                rows.append((at, device(number), "8014" if n % 2 else "8015", "Network B"))
        for number in range(12):
            rows += [
                (
                    START + day * 24 * HOUR + 9 * HOUR + n * MINUTE + number,
                    device(number),
                    "8F75",
                    "Network B",
                )
                for n in range(30)
            ]
    rows += [(START + HOUR + n * MINUTE, device(399), "8F3E", "Supplier 0") for n in range(15)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("received_at", "device_id", "alert_code", "recipient"))
        writer.writerows([format_instant(at), *rest] for at, *rest in sorted(rows))
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    (tmp_path / "policy.toml").write_text(POLICY)
    write_inventory(tmp_path / "inventory.csv")
    write_alerts(tmp_path / "alerts.csv")
    return tmp_path


def problems(capfd: pytest.CaptureFixture[str], *options: object) -> Ran:
    return tidegate(capfd, "report", "problems", "alerts.csv", "--policy", "policy.toml", *options)


def test_storms_and_murmur_come_down_to_their_causes(folder, capfd):
    ran = problems(capfd, "--inventory", "inventory.csv", "-o", "out")

    assert 0 == ran.status, ran.err
    table = pq.read_table(folder / "out" / "problems.parquet").to_pylist()
    assert {
        ("murmur", "8014+8015", "Maker A", 0, MURMURERS),
        ("shouters", "8F75", "Maker A", 60, 12),
        ("shouters", "8F3E", "", 1, 1),
    } == {
        (row["kind"], row["alert_codes"], row["manufacturer"], row["storms"], row["devices"]) for row in table
    }
    assert "61 storms come down to 3 problems, 2 of them with a product behind it." in ran.out


def test_every_file_is_written_and_none_half(folder, capfd):
    problems(capfd, "--inventory", "inventory.csv", "-o", "out")

    assert sorted(FILES) == sorted(file.name for file in (folder / "out").iterdir())


def test_the_devices_that_murmur_are_named_with_who_answers_for_them(folder, capfd):
    problems(capfd, "--inventory", "inventory.csv", "-o", "out")

    rows = pq.read_table(folder / "out" / "problem_devices.parquet").to_pylist()
    by_problem = Counter(row["problem_id"] for row in rows)
    murmur = by_problem.most_common(1)[0][0]
    members = [row for row in rows if row["problem_id"] == murmur]
    assert {device(number) for number in range(MURMURERS)} == {row["device_id"] for row in members}
    assert {40} == {row["alerts"] for row in members}
    assert {"Supplier 0": 20, "Supplier 1": 20, "Supplier 2": 20} == Counter(
        row["responsible"] for row in members
    )


@pytest.mark.usefixtures("folder")
def test_the_forecast_counts_storms_devices_problems_and_digests(capfd):
    ran = problems(capfd, "--inventory", "inventory.csv", "--cost-per-ticket", "45", "--json")

    rules = json.loads(ran.out)["forecast"]["rules"]
    assert 61 == rules["each storm"]["incidents"] == rules["each storm"]["emails"]
    assert 61 == rules["each Device daily"]["emails"]
    # 8F75 comes for half an hour a day and then is silent, for less than a day.
    assert 3 == rules["each problem"]["incidents"]
    assert {
        "Network B": {"incidents": 60, "emails": 60},
        "Supplier 0": {"incidents": 1, "emails": 1},
    } == rules["each storm"]["by_party"]


@pytest.mark.usefixtures("folder")
def test_how_long_a_problem_must_be_silent_decides_how_often_it_opens(capfd):
    ran = problems(capfd, "--inventory", "inventory.csv", "--silent-for", "12h", "--json")

    assert 7 == json.loads(ran.out)["forecast"]["rules"]["each problem"]["incidents"]


@pytest.mark.usefixtures("folder")
def test_the_screen_fits_eighty_columns_and_says_what_to_run_next(capfd):
    ran = problems(capfd, "--inventory", "inventory.csv", "--cost-per-ticket", "37.50")

    lines = ran.out.splitlines()
    assert max(len(line) for line in lines if "tidegate " not in line) <= 80
    assert "£2,288" in ran.out
    assert any(
        line.strip().startswith("tidegate offenders alerts.csv --inventory inventory.csv") for line in lines
    )


@pytest.mark.usefixtures("folder")
def test_without_an_inventory_nobody_is_accused(capfd):
    ran = problems(capfd, "--json")

    found = json.loads(ran.out)
    assert {None} == {problem["product"] for problem in found["problems"]}
    assert 61 == sum(problem["storms"] for problem in found["problems"])
    assert any("no Inventory" in caution for caution in found["problems_verdict"]["cautions"])


@pytest.mark.usefixtures("folder")
def test_the_identifier_is_the_same_for_another_part_of_the_log(capfd):
    def identifiers(*options: str) -> set[str]:
        ran = problems(capfd, "--inventory", "inventory.csv", "--json", *options)
        return {it["problem_id"] for it in json.loads(ran.out)["problems"] if it["product"]}

    assert identifiers("--until", "2026-03-05") == identifiers("--since", "2026-03-04")


def test_under_pseudonyms_no_device_stands_in_any_file(folder, capfd):
    ran = problems(capfd, "--inventory", "inventory.csv", "--pseudonymise", "-o", "out")

    assert 0 == ran.status, ran.err
    rows = pq.read_table(folder / "out" / "problem_devices.parquet").to_pylist()
    assert 73 == len(rows)
    assert not {device(number) for number in range(FLEET)} & {row["device_id"] for row in rows}
    for file in (folder / "out").iterdir():
        assert b"02-7D-00-00" not in file.read_bytes(), file.name


def test_the_same_log_makes_the_same_files(folder, capfd):
    for name in ("one", "two"):
        problems(capfd, "--inventory", "inventory.csv", "-o", name)
    for name in ("problems.csv", "problem_devices.csv", "problems_servicenow.csv", "problems_jira.csv"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()


def test_a_period_without_alerts_has_no_problem(folder, capfd):
    ran = problems(capfd, "--inventory", "inventory.csv", "--since", "2027-01-01", "-o", "out")

    assert 0 == ran.status, ran.err
    assert "There was no Alert to replay." in ran.out
    assert 0 == pq.read_table(folder / "out" / "problems.parquet").num_rows


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("--cost-per-ticket", "a lot"), "is no amount of pounds"),
        (("--cost-per-ticket", "-1"), "is no amount of pounds"),
        (("--cost-per-ticket", "nan"), "is no amount of pounds"),
        (("--cost-per-ticket", "45,50"), "Write 45.50:"),
        (("--cost-per-ticket", "45,500,1"), "Write 45 or 37.50."),
        (("--minutes-per-ticket", "-1"), "is less than 0"),
        (("--silent-for", "a while"), "--silent-for"),
        (("--inventory", "nowhere.csv"), "nowhere.csv"),
        (("--policy", "nowhere.toml"), "nowhere.toml"),
    ],
)
def test_what_cannot_be_meant_is_refused(capfd, options, expected):
    ran = problems(capfd, *options)

    assert 2 == ran.status
    assert expected in ran.err
    assert "Traceback" not in ran.err
