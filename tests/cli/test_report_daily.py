"""`tidegate report daily`: its files, its screen, and what is refused."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pytest
from tests.commands import tidegate

from tidegate.vocabulary.instants import HOUR, MINUTE, format_instant, parse_instant

START = parse_instant("2024-03-27T00:00:00Z")
SHOUTER = "00-DB-12-34-56-78-90-A0"
VERSION = """
version = "{}"
mode = "enforced"
effective_from = {}
{}
[alert_storm.default]
threshold = 10
window = "60m"
forward_one_in = 5
"""
EXCLUDED = '[alert_storm.exclusion_list]\n"8F75" = "tamper"\n'


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight days, four before a change of policy and four after; the clocks go forward on the fifth."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "versions").mkdir()
    (tmp_path / "versions/1.toml").write_text(VERSION.format("old", "2024-01-01T00:00:00Z", "") + EXCLUDED)
    (tmp_path / "versions/2.toml").write_text(
        VERSION.format("new", "2024-03-31T00:00:00Z", 'supersedes = "old"')
    )
    with (tmp_path / "log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["recipient", "alert_code", "received_at", "device_id"])
        for hour in range(8 * 24):
            at = START + hour * HOUR
            writer.writerow(["network", "8014", format_instant(at), f"00-DB-12-34-56-78-91-{hour % 9:02X}"])
            if hour % 24 == 12:
                for n in range(40):
                    writer.writerow(["supplier", "8F75", format_instant(at + n * MINUTE), SHOUTER])
    return tmp_path


DAILY = ("report", "daily", "log.csv", "--policy", "versions")


def test_the_report_keeps_its_contract(folder, capfd):
    ran = tidegate(capfd, *DAILY, "--code", "8f75", "-o", "out", "--json")
    found = json.loads((folder / "out/daily.json").read_text())

    assert 0 == ran.status, ran.err
    assert found == json.loads(ran.out)
    assert {
        "daily.html", "daily.csv", "daily.xlsx", "daily.json", "rejected.csv", "daily-8F75.png", "alarm-health.png",
    } == {file.name for file in (folder / "out").iterdir()}  # fmt: skip
    assert (
        "8F75 fell from 40 to 16 delivered a day when new took force on 31 March 2024."
        == (found["verdict"]["headline"])
    )
    rows = table_of(folder / "out/daily.csv")
    assert ["40"] * 8 == [row["received"] for row in rows]
    assert ["40"] * 4 + ["16"] * 4 == [row["delivered"] for row in rows]
    assert ["old"] * 4 + ["new"] * 4 == [row["policy_version"] for row in rows]
    assert ["0"] * 4 + ["1"] * 4 == [row["devices_stormed"] for row in rows]
    (change,) = found["changes"]
    assert change["measures"]["delivered"]["is_larger_than_chance"]
    assert change["measures"]["received"]["chance"] == 1.0


@pytest.mark.usefixtures("folder")
def test_the_screen_has_eighty_columns_and_every_day(capfd):
    ran = tidegate(capfd, *DAILY, "--code", "8F75")

    assert 0 == ran.status
    assert max(map(len, ran.out.splitlines())) <= 80
    for day in range(27, 32):
        assert f"2024-03-{day}" in ran.out
    assert "larger than day-to-day variation" in " ".join(ran.out.split())


def test_local_days_say_so_and_have_23_hours_when_the_clocks_go_forward(folder, capfd):
    ran = tidegate(capfd, *DAILY, "--code", "8F75", "--local", "-o", "out")
    rows = table_of(folder / "out/daily.csv")

    assert "Days are of Europe/London" in " ".join(ran.out.split())
    assert {"Europe/London"} == {row["zone"] for row in rows}
    assert {"2024-03-31": "23"} == {row["day"]: row["hours"] for row in rows if row["hours"] != "24"}


@pytest.mark.usefixtures("folder")
def test_without_a_code_the_busiest_are_reported(capfd):
    found = json.loads(tidegate(capfd, *DAILY, "--json").out)

    assert ["8F75", "8014"] == list(found["codes"])
    assert any("No code was asked for" in said for said in found["verdict"]["cautions"])


def test_pictures_of_an_earlier_report_go(folder, capfd):
    tidegate(capfd, *DAILY, "--code", "8014", "-o", "out")
    tidegate(capfd, *DAILY, "--code", "8F75", "-o", "out")

    assert ["daily-8F75.png"] == [file.name for file in sorted((folder / "out").glob("daily-*.png"))]


def test_an_inventory_says_what_the_top_talkers_are(folder, capfd):
    (folder / "inventory.csv").write_text(
        f"device_id,manufacturer,model,firmware\n{SHOUTER},Maker A,M1,1.04\n"
    )
    ran = tidegate(capfd, *DAILY, "--code", "8F75", "--inventory", "inventory.csv")

    assert "Maker A M1 1.04" in " ".join(ran.out.split())


def test_pseudonyms_stand_wherever_a_device_stood(folder, capfd):
    (folder / "key").write_bytes(b"sixteen bytes or more")
    ran = tidegate(capfd, *DAILY, "--code", "8F75", "-o", "out", "--pseudonymise", "--pseudonym-key", "key")

    assert 0 == ran.status, ran.err
    for file in (folder / "out").iterdir():
        content = file.read_bytes()
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
        assert SHOUTER.encode() not in content, file.name
    assert SHOUTER not in ran.out


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--code", "8F7"), "'8F7' is not an Alert Code"),
        (("--flood", "0"), "0 is less than 1"),
        (("--change", "yesterday"), "is not an instant"),
        (("--policy", "gone"), "there is no such policy file"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_makes_no_sense_is_refused(capfd, options, words):
    ran = tidegate(capfd, *DAILY, *options)

    assert 2 == ran.status
    assert words in " ".join(ran.err.split())


def test_a_log_of_no_alerts_is_told_as_one(folder, capfd):
    (folder / "empty.csv").write_text("received_at,device_id,alert_code\nx,y,z\n")
    ran = tidegate(capfd, "report", "daily", "empty.csv", "--code", "8F75", "-o", "out")

    assert 0 == ran.status, ran.err
    assert "None of the 1 row could be used" in " ".join(ran.out.split())
    assert 1 == (folder / "out/rejected.csv").read_text().count("empty.csv")


def test_the_same_report_writes_the_same_bytes(folder, capfd):
    tidegate(capfd, *DAILY, "-o", "out")
    one = {file.name: file.read_bytes() for file in (folder / "out").iterdir()}
    tidegate(capfd, *DAILY, "-o", "out")

    assert one == {file.name: file.read_bytes() for file in (folder / "out").iterdir()}
