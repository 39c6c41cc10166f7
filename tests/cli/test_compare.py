"""`tidegate replay` under several policies: the evidence pack, its contracts, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import json
import zipfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.commands import tidegate

from tidegate.vocabulary.instants import SECOND, format_instant, parse_instant

START = parse_instant("2026-03-01T00:00:00Z")
SHOUTER = "00-DB-12-34-56-78-90-A0"
POLICY = """
version = "ten"
mode = "enforced"
effective_from = 2024-01-01T00:00:00Z
[alert_storm.default]
threshold = 10
window = "60m"
forward_one_in = 5
"""
FILES = {
    "comparison.html", "comparison.xlsx", "comparison.csv", "summary.json", "storms.parquet", "rejected.csv",
    "comparison-codes.png", "comparison-recipients.png",
}  # fmt: skip


def table_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ten.toml").write_text(POLICY)
    (tmp_path / "none.toml").write_text(
        POLICY.replace('"ten"', '"none"') + '[alert_storm.exclusion_list]\n"8F75" = "=why"\n'
    )
    with (tmp_path / "log.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["recipient", "alert_code", "received_at", "device_id"])
        for n in range(40):
            at = format_instant(START + n * 30 * SECOND)
            writer.writerow(["=supplier", "8F75", at, SHOUTER])
            writer.writerow(["network", "8014", at, f"00-DB-12-34-56-78-91-{n:02X}"])
        writer.writerow(["network", "8014", "not an instant", SHOUTER])
    return tmp_path


COMPARE = ("replay", "log.csv", "--policy", "none.toml", "--policy", "ten.toml")


def test_the_pack_keeps_its_contract(folder, capfd):
    ran = tidegate(capfd, *COMPARE, "-o", "out", "--json")
    summary = json.loads((folder / "out/summary.json").read_text())

    assert 0 == ran.status, ran.err
    assert FILES == {file.name for file in (folder / "out").iterdir()}
    assert summary == json.loads(ran.out)
    assert (81, 1) == (summary["received"], summary["rejected"])
    assert [("none", 0, 40), ("ten", 24, 0)] == [
        (it["name"], it["throttled"], it["excluded"]) for it in summary["policies"]
    ]
    assert [56, 80] == sorted(it["delivered"] for it in summary["policies"])
    assert (
        "ten holds back 60.0% of 8F75 that none lets through; nothing else changes."
        == (summary["verdict"]["headline"])
    )
    (log, *_) = summary["reproduce"]["inputs"]
    assert {"name": "log.csv", "sha256": hashlib.sha256((folder / "log.csv").read_bytes()).hexdigest()} == {
        key: log[key] for key in ("name", "sha256")
    }
    assert (
        "tidegate replay log.csv --policy none.toml --policy ten.toml -o out --json"
        == (summary["reproduce"]["command"])
    )
    (storm,) = pq.read_table(folder / "out/storms.parquet").to_pylist()
    assert ("ten", SHOUTER, 24) == (storm["policy_version"], storm["device_id"], storm["throttled"])


def test_the_table_is_tidy_and_no_cell_is_a_formula(folder, capfd):
    tidegate(capfd, *COMPARE, "-o", "out")
    rows = table_of(folder / "out/comparison.csv")
    supplier = [
        row
        for row in rows
        if (row["policy"], row["level"]) == ("ten", "code and recipient") and row["alert_code"] == "8F75"
    ]

    assert {"all": 2, "code": 4, "recipient": 4, "code and recipient": 4} == {
        level: sum(row["level"] == level for row in rows) for level in dict.fromkeys(r["level"] for r in rows)
    }
    assert [("'=supplier", "40", "16", "24", "1", "1")] == [
        tuple(
            row[k] for k in ("recipient", "received", "delivered", "throttled", "storms", "devices_stormed")
        )
        for row in supplier
    ]


def test_the_page_is_whole_on_its_own(folder, capfd):
    tidegate(capfd, *COMPARE, "-o", "out")
    html = (folder / "out/comparison.html").read_text()

    for said in (
        "ten holds back 60.0% of 8F75 that none lets through; nothing else changes.",
        "By recipient: what would it have done for us?",
        "10 in 1 h, one in 5 forwarded",
        "Data coverage",
        "How to reproduce",
        hashlib.sha256((folder / "log.csv").read_bytes()).hexdigest(),
        "1,650 bytes",
    ):
        assert said in html
    assert "<script" not in html
    assert "http://" not in html.replace("http://www.w3.org/", "")


@pytest.mark.usefixtures("folder")
def test_the_screen_has_eighty_columns_and_both_policies(capfd):
    ran = tidegate(capfd, *COMPARE)
    words = " ".join(ran.out.split())

    assert 0 == ran.status
    assert max(map(len, ran.out.splitlines())) <= 80
    assert "ten 56 24 30.0% 1 1 5 min" in words
    assert "tidegate replay log.csv --policy none.toml --policy ten.toml -o evidence" in words


def test_a_history_is_compared_as_it_was_in_force(folder, capfd):
    (folder / "versions").mkdir()
    (folder / "versions/1.toml").write_text((folder / "none.toml").read_text())
    later = POLICY.replace("2024-01-01T00:00:00Z", '2026-03-01T00:10:00Z\nsupersedes = "none"')
    (folder / "versions/2.toml").write_text(later)
    ran = tidegate(capfd, *COMPARE, "--policy", "versions", "-o", "out", "--json")
    none, ten, history = json.loads(ran.out)["policies"]

    assert 0 == ran.status, ran.err
    assert ("versions", "none, ten") == (history["name"], history["policy_version"])
    assert (20, 8) == (history["excluded"], history["throttled"])
    assert none["throttled"] < history["throttled"] < ten["throttled"]
    versions = pq.read_table(folder / "out/storms.parquet")["policy_version"].to_pylist()
    assert ["ten", "versions: ten"] == sorted(map(str, versions))


def test_a_back_out_does_the_same_as_the_version_it_restores(folder, capfd):
    (folder / "back.toml").write_text((folder / "none.toml").read_text().replace('"none"', '"back"'))
    ran = tidegate(capfd, *COMPARE, "--policy", "back.toml")

    assert "back and none do the same to this log: they hold back nothing." in " ".join(ran.out.split())


def test_two_policies_of_one_name_are_refused(folder, capfd):
    (folder / "again.toml").write_text(POLICY)
    ran = tidegate(capfd, "replay", "log.csv", "--policy", "ten.toml", "--policy", "again.toml", "-o", "out")

    assert 2 == ran.status
    assert "2 of the policies are named ten" in ran.err
    assert not (folder / "out/comparison.html").exists()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ((*COMPARE, "--fail-if", "storms > 0"), "a gate is about one policy"),
        ((*COMPARE, "--alert-bytes", "0"), "0 is less than 1"),
        (("replay", "log.csv", "--alert-bytes", "9"), "it is about a comparison"),
        ((*COMPARE, "--policy", "gone.toml"), "there is no such policy file"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_makes_no_sense_is_refused(capfd, call, words):
    ran = tidegate(capfd, *call)

    assert 2 == ran.status
    assert words in " ".join(ran.err.split())


@pytest.mark.usefixtures("folder")
def test_the_size_of_an_alert_is_an_input(capfd):
    ran = tidegate(capfd, *COMPARE, "--alert-bytes", "1000")
    words = " ".join(ran.out.split())

    assert "24.0 kB of 80.0 kB at 1,000 bytes an Alert" in words
    assert "1,650" not in words


def test_pseudonyms_stand_wherever_a_device_stood(folder, capfd):
    (folder / "key").write_bytes(b"sixteen bytes or more")
    (folder / "inventory.csv").write_text(f"device_id,manufacturer\n{SHOUTER},Maker A\n")
    ran = tidegate(
        capfd, *COMPARE, "-o", "out", "--inventory", "inventory.csv", "--pseudonymise", "--pseudonym-key", "key"
    )  # fmt: skip
    (storm,) = pq.read_table(folder / "out/storms.parquet").to_pylist()

    assert 0 == ran.status, ran.err
    assert "Maker A" == storm["manufacturer"]
    for file in (folder / "out").iterdir():
        content = file.read_bytes()
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
        assert SHOUTER.encode() not in content, file.name
    assert SHOUTER != storm["device_id"]


def test_the_same_comparison_writes_the_same_bytes(folder, capfd):
    tidegate(capfd, *COMPARE, "-o", "out")
    one = {file.name: file.read_bytes() for file in (folder / "out").iterdir()}
    tidegate(capfd, *COMPARE, "-o", "out")

    assert one == {file.name: file.read_bytes() for file in (folder / "out").iterdir()}
