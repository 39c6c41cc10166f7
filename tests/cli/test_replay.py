"""`tidegate replay` on real files: the contracts of its results, and what it says."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from tests.commands import tidegate
from tests.shared_material import needs_shared, shared

from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.instants import SECOND, format_instant, parse_instant

START = parse_instant("2026-03-01T00:00:00Z")
SHOUTER = "00-DB-12-34-56-78-90-A0"
POLICY = """
version = "ten-in-an-hour"
mode = "enforced"
effective_from = 2024-01-01T00:00:00Z
[alert_storm.default]
threshold = 10
window = "60m"
forward_one_in = 5
[alert_storm.exclusion_list]
"8F36" = "Supply restored: networks rely on it"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY)
    return tmp_path


def rows():
    """A shouter of 40 Alerts, ten quiet Devices, and an excluded code that would storm."""
    for n in range(40):
        yield START + n * 30 * SECOND, SHOUTER, "8F75", "supplier"
        yield START + n * 30 * SECOND + 1, "00-DB-12-34-56-78-90-B0", "0x8f36", "network"
    for n in range(10):
        yield START + 1_500 * SECOND + n, f"00-db-12-34-56-78-91-{n:02x}", "8014", "network"


def write_csv(path: Path) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["recipient", "alert_code", "received_at", "device_id", "note"])
        for at, device, code, recipient in rows():
            writer.writerow([recipient, code, format_instant(at), device, "x"])
    return path


def test_the_results_keep_their_contract(folder, capfd):
    ran = tidegate(
        capfd, "replay", write_csv(folder / "log.csv"), "--policy", "policy.toml", "-o", "out", "--json"
    )
    summary = json.loads((folder / "out/summary.json").read_text())

    assert 0 == ran.status
    assert summary == json.loads(ran.out)
    assert (90, 26, 24, 40, 0) == tuple(
        summary[k] for k in ("received", "forwarded", "throttled", "excluded", "rejected")
    )
    assert (12, 1, "ten-in-an-hour") == (summary["streams"], summary["storms"], summary["policy_version"])
    assert {"received": 40, "forwarded": 16, "throttled": 24, "excluded": 0} == {
        k: summary["by_code"]["8F75"][k] for k in ("received", "forwarded", "throttled", "excluded")
    }
    expected = {
        "decisions.parquet",
        "storms.parquet",
        "summary.json",
        "rejected.csv",
        "report.html",
        "report.xlsx",
    }
    assert expected <= {file.name for file in (folder / "out").iterdir()}

    decisions = pq.read_table(folder / "out/decisions.parquet")
    given = list(rows())
    assert [code for _, _, code, _ in given] == decisions["alert_code"].to_pylist()
    assert ["x"] * 90 == decisions["note"].to_pylist()
    outcome = decisions["outcome"].to_pylist()
    assert {"outcome": pa.uint8()} == {f.name: f.type for f in decisions.schema if f.name == "outcome"}
    assert [2] * 40 == [o for o, row in zip(outcome, given, strict=True) if row[2] == "0x8f36"]
    shouted = [
        (o, s, c)
        for o, s, c, row in zip(
            outcome,
            decisions["throttled_alert_sequence_id"].to_pylist(),
            decisions["throttled_alert_count"].to_pylist(),
            given,
            strict=True,
        )
        if row[1] == SHOUTER
    ]
    cycle = [(1, 0, 0)] * 4
    assert shouted[:20] == [(0, 0, 0)] * 10 + [*cycle, (0, 1, 4), *cycle, (0, 2, 4)]

    (storm,) = pq.read_table(folder / "out/storms.parquet").to_pylist()
    assert (SHOUTER, "8F75", "supplier", 30, 6, 24) == tuple(
        storm[k] for k in ("device_id", "alert_code", "recipient", "received", "forwarded", "throttled")
    )
    assert storm["ended_at"] is None
    assert "ten-in-an-hour" == storm["policy_version"]


def test_the_screen_gives_the_verdict_first_and_adds_up(folder, capfd):
    write_csv(folder / "log.csv")
    ran = tidegate(capfd, "replay", "log.csv", "--policy", "policy.toml")

    assert 0 == ran.status
    assert "24" in "\n".join(ran.out.splitlines()[:8])
    assert "90 received = 26 forwarded + 24 held back + 40 excluded + 0 rejected" in " ".join(ran.out.split())
    assert max(map(len, ran.out.splitlines())) <= 80


def test_every_form_of_the_same_log_gives_the_same_answer(folder, capfd):
    write_csv(folder / "log.csv")
    table = pa_csv.read_csv(
        folder / "log.csv",
        convert_options=pa_csv.ConvertOptions(column_types={"received_at": pa.timestamp("us", tz="UTC")}),
    )
    pq.write_table(table, folder / "text.parquet")
    numbers = pa.array(
        [parse_device_id(str(device)) for device in table["device_id"].to_pylist()], pa.uint64()
    )
    in_us = table["received_at"].cast(pa.int64())
    pq.write_table(
        table.set_column(3, "device_id", numbers).set_column(2, "received_at", in_us),
        folder / "numbers.parquet",
    )
    (folder / "halves").mkdir()
    pq.write_table(table.slice(40), folder / "halves/b.parquet")
    pq.write_table(table.slice(0, 40), folder / "halves/a.parquet")
    answers = []
    for log in ("log.csv", "text.parquet", "numbers.parquet", "halves"):
        summary = json.loads(tidegate(capfd, "replay", log, "--policy", "policy.toml", "--json").out)
        answers.append({k: v for k, v in summary.items() if k not in {"source", "columns"}})

    assert answers[0] == answers[1] == answers[2] == answers[3]


def test_a_folder_of_versions_is_a_history(folder, capfd):
    (folder / "versions").mkdir()
    (folder / "versions/1.toml").write_text(POLICY)
    later = POLICY.replace("ten-in-an-hour", "five").replace("threshold = 10", "threshold = 5")
    later = later.replace("2024-01-01T00:00:00Z", '2026-03-01T00:10:00Z\nsupersedes = "ten-in-an-hour"')
    (folder / "versions/2.toml").write_text(later)
    ran = tidegate(capfd, "replay", write_csv(folder / "log.csv"), "--policy", "versions", "--json")
    summary = json.loads(ran.out)

    assert 2 == summary["storms"]
    assert "ten-in-an-hour, five" == summary["policy_version"]
    assert 40 == summary["excluded"]


def test_gates_trip_with_status_1_and_only_then(folder, capfd):
    write_csv(folder / "log.csv")
    call = ("replay", "log.csv", "--policy", "policy.toml")

    assert 1 == tidegate(capfd, *call, "--fail-if", "storms > 0").status
    assert 0 == tidegate(capfd, *call, "--fail-if", "storms > 1").status
    assert 2 == tidegate(capfd, *call, "--fail-if", "mood > 1").status


def test_the_period_is_since_inclusive_until_exclusive(folder, capfd):
    write_csv(folder / "log.csv")
    call = ("replay", "log.csv", "--policy", "policy.toml", "--json")
    summary = json.loads(
        tidegate(capfd, *call, "--since", "2026-03-01T00:01:00Z", "--until", "2026-03-01T00:02:00Z").out
    )

    assert (4, 86) == (summary["received"], summary["outside_period"])


def test_pseudonyms_stand_wherever_a_device_stood(folder, capfd):
    write_csv(folder / "log.csv")
    (folder / "key").write_bytes(b"sixteen bytes or more")
    ran = tidegate(
        capfd,
        "replay",
        "log.csv",
        "--policy",
        "policy.toml",
        "-o",
        "out",
        "--pseudonymise",
        "--pseudonym-key",
        "key",
    )
    decisions = pq.read_table(folder / "out/decisions.parquet")
    storm = pq.read_table(folder / "out/storms.parquet").to_pylist()[0]

    assert 0 == ran.status
    assert ["received_at", "device_id", "alert_code", "recipient"] == decisions.column_names[:4]
    assert "note" not in decisions.column_names
    assert storm["device_id"] in decisions["device_id"].to_pylist()
    for file in (folder / "out").iterdir():
        content = file.read_bytes()
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as archive:
                content = b"".join(archive.read(name) for name in archive.namelist())
        assert SHOUTER.encode() not in content, file.name
    assert SHOUTER not in pq.read_table(folder / "out/decisions.parquet")["device_id"].to_pylist()
    assert SHOUTER not in ran.out


def test_explain_says_why_an_alert_was_held_back(folder, capfd):
    write_csv(folder / "log.csv")
    ran = tidegate(capfd, "explain", "log.csv", SHOUTER, "8F75", "--policy", "policy.toml")
    words = " ".join(ran.out.split())

    assert 0 == ran.status
    assert "00:05:00 11 in 1h is over 10: an ALERT STORM starts; held back, 1st since" in words
    assert "it tells of 4 held back before it (ThrottledAlertSequenceId 1)" in words
    steps = json.loads(
        tidegate(capfd, "explain", "log.csv", SHOUTER, "8F75", "--policy", "policy.toml", "--json").out
    )[0]["steps"]
    assert 24 == sum(step["outcome"] == 1 for step in steps)


def test_explain_of_what_is_not_there_says_what_is(folder, capfd):
    write_csv(folder / "log.csv")
    ran = tidegate(capfd, "explain", "log.csv", SHOUTER, "8014", "--policy", "policy.toml")

    assert 2 == ran.status
    assert "8F75 (40)" in ran.err


@needs_shared
def test_the_public_samples_replay_as_duis_documents(folder, capfd):
    ran = tidegate(capfd, "replay", shared("samples"), "-o", "out", "--json")
    summary = json.loads(ran.out)

    assert 0 == ran.status
    assert (16, 4) == (summary["received"], summary["rejected"])
    assert {"AD1", "8F75", "810E", "8F36", "N13", "8F66"} == set(summary["by_code"])
    assert 12 == pq.read_metadata(folder / "out/decisions.parquet").num_rows


def test_an_inventory_says_what_stormed(folder, capfd):
    write_csv(folder / "log.csv")
    (folder / "inventory.csv").write_text(
        "firmware,device_id,manufacturer,model\n1.04,00-DB-12-34-56-78-91-00,Maker B,M2\n"
        f"1.04,{SHOUTER.lower()},Maker A,M1\n2.00,{SHOUTER},Maker A,M1\nx,rubbish,,\n"
    )
    ran = tidegate(
        capfd, "replay", "log.csv", "--policy", "policy.toml", "--inventory", "inventory.csv", "-o", "out"
    )
    (storm,) = pq.read_table(folder / "out/storms.parquet").to_pylist()
    summary = json.loads((folder / "out/summary.json").read_text())

    assert 0 == ran.status, ran.err
    assert ("Maker A", "M1", "1.04", None) == tuple(
        storm[name] for name in ("manufacturer", "model", "firmware", "supplier")
    )
    assert (4, 1, 0, 1) == tuple(summary["inventory"][k] for k in ("rows", "found", "missing", "doubled"))
    assert "Said twice by the Inventory: 1 row; the first of each Device counts." in " ".join(ran.out.split())
    (problem,) = pq.read_table(folder / "out/problems.parquet").to_pylist()
    assert problem["problem_id"] == storm["problem_id"]
    assert ("shouters", "8F75", "", 1) == tuple(
        problem[k] for k in ("kind", "alert_codes", "firmware", "devices")
    )


def test_an_inventory_may_be_the_simulators_parquet_and_may_miss_devices(folder, capfd):
    write_csv(folder / "log.csv")
    devices = pa.array([parse_device_id("00-DB-12-34-56-78-99-99")], pa.uint64())
    pq.write_table(pa.table({"device_id": devices, "firmware": ["1"]}), folder / "inventory.parquet")
    call = ("replay", "log.csv", "--policy", "policy.toml", "--inventory")
    ran = tidegate(capfd, *call, "inventory.parquet", "--json")

    assert (0, 1) == tuple(json.loads(ran.out)["inventory"][k] for k in ("found", "missing"))
    assert 2 == tidegate(capfd, *call, "log.csv.missing").status
    (folder / "other.csv").write_text("meter\n1\n")
    assert "device_id" in tidegate(capfd, *call, "other.csv").err


def test_a_pseudonym_key_is_made_once_for_its_owner_alone(folder, capfd):
    write_csv(folder / "log.csv")
    call = ("replay", "log.csv", "--policy", "policy.toml", "--pseudonymise", "--no-decisions", "-o")
    for out in ("one", "two"):
        assert 0 == tidegate(capfd, *call, out).status
    storms = [pq.read_table(folder / out / "storms.parquet") for out in ("one", "two")]

    assert 0o600 == (folder / "tidegate.key").stat().st_mode & 0o777
    assert storms[0]["device_id"] == storms[1]["device_id"]
    assert [SHOUTER] != storms[0]["device_id"].to_pylist()
