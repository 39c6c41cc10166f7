"""Bad input gets a clear answer: where it is, what is wrong, what to write; status 2, no traceback, nothing lost."""

from __future__ import annotations

import csv
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.commands import Ran, start_tidegate, tidegate
from tests.material.duis_documents import device_alert

from tidegate.vocabulary.instants import SECOND, format_instant, parse_instant

HEADER = "received_at,device_id,alert_code,recipient\n"
GOOD = "2026-03-01T12:00:00Z,00-DB-12-34-56-78-90-A0,8F75,supplier\n"
RESULTS = {"decisions", "storms", "summary", "rejected", "report", "amber"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(ran: Ran, *words: str) -> None:
    """Exit status 2, every word said on stderr, no traceback, nothing on stdout."""
    assert 2 == ran.status, ran.err
    said = " ".join(ran.err.split())
    for word in words:
        assert word in said, said
    assert "Traceback" not in ran.err
    assert "" == ran.out


def test_an_empty_file(folder, capfd):
    (folder / "log.csv").touch()
    refused(tidegate(capfd, "replay", "log.csv", "-o", "out"), "log.csv", "empty")
    assert not list((folder / "out").glob("*")) if (folder / "out").exists() else True


def test_a_header_and_nothing_more(folder, capfd):
    (folder / "log.csv").write_text(HEADER)
    refused(tidegate(capfd, "replay", "log.csv"), "log.csv")


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_not_there(capfd):
    refused(tidegate(capfd, "replay", "nowhere.csv"), "nowhere.csv")


def test_wrong_columns_are_named_and_the_mapping_explained(folder, capfd):
    (folder / "log.csv").write_text("colour,size\nred,3\n")
    refused(tidegate(capfd, "replay", "log.csv"), "colour", "size", "tidegate.toml")


def test_mixed_zones_and_text_in_numbers_are_rejected_rows_with_their_line(folder, capfd):
    (folder / "log.csv").write_text(
        HEADER
        + GOOD
        + GOOD.replace("Z,", ",")
        + GOOD.replace("2026", "twenty")
        + GOOD.replace("-A0", "-ZZ")
        + GOOD
    )
    ran = tidegate(capfd, "replay", "log.csv", "-o", "out", "--json")
    rejected = list(csv.DictReader((folder / "out/rejected.csv").read_text().splitlines()))

    assert 0 == ran.status
    assert (5, 2, 3) == tuple(json.loads(ran.out)[k] for k in ("received", "forwarded", "rejected"))
    assert ["3", "4", "5"] == [row["line"] for row in rejected]
    assert "zone" in rejected[0]["reason"]
    refused(tidegate(capfd, "replay", "log.csv", "--strict"), "line 3")


def test_an_eui_that_a_spreadsheet_has_eaten(folder, capfd):
    (folder / "log.csv").write_text(HEADER + GOOD + GOOD.replace("00-DB-12-34-56-78-90-A0", "6.1598E+16"))
    tidegate(capfd, "replay", "log.csv", "-o", "out")

    assert "export the column again as text" in (folder / "out/rejected.csv").read_text()


def test_a_truncated_parquet(folder, capfd):
    table = pa.table({"received_at": [1], "device_id": ["00-DB-12-34-56-78-90-A0"], "alert_code": ["8F75"]})
    pq.write_table(table, folder / "log.parquet")
    whole = (folder / "log.parquet").read_bytes()
    (folder / "log.parquet").write_bytes(whole[: len(whole) // 2])
    refused(tidegate(capfd, "replay", "log.parquet"), "log.parquet")


def test_a_folder_without_alerts(folder, capfd):
    (folder / "logs").mkdir()
    (folder / "logs/readme.txt").write_text("nothing here")
    refused(tidegate(capfd, "replay", "logs"), "logs")


def test_a_zip_bomb(folder, capfd):
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b" " * 300_000_000)
    started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ran = tidegate(capfd, "replay", "bomb.zip")

    assert 2 == ran.status
    assert "Traceback" not in ran.err
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - started < 200_000


def test_an_xml_bomb_among_good_documents_is_refused_alone(folder, capfd):
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    (folder / "docs").mkdir()
    (folder / "docs/bomb.xml").write_text(f"<!DOCTYPE x [{lol}]><x>&l11;</x>")
    (folder / "docs/good.xml").write_bytes(device_alert())
    ran = tidegate(capfd, "replay", "docs", "-o", "out", "--json")

    assert 0 == ran.status
    assert (2, 1) == tuple(json.loads(ran.out)[k] for k in ("received", "rejected"))
    assert "DOCTYPE" in (folder / "out/rejected.csv").read_text()


def test_a_policy_with_six_faults_names_all_six(folder, capfd):
    (folder / "log.csv").write_text(HEADER + GOOD)
    (folder / "policy.toml").write_text(
        'version = "v"\nmode = "perhaps"\neffective_from = "soon"\n'
        "[alert_storm.default]\nthreshold = 0\nwindow = 60\nforward_one_inn = 3\n"
        '[alert_storm.exclusion_list]\n"8F7" = "why"\n'
    )
    ran = tidegate(capfd, "replay", "log.csv", "--policy", "policy.toml")
    refused(ran, "mode", "effective_from", "threshold", "window", "forward_one_inn", "8F7")


@pytest.mark.parametrize(
    "option", [("--since", "yesterday"), ("--look-back", "soon"), ("--policy", "missing.toml")]
)
def test_options_that_cannot_be_read(folder, capfd, option):
    (folder / "log.csv").write_text(HEADER + GOOD)
    refused(tidegate(capfd, "replay", "log.csv", *option), option[1])


def write_long_log(path: Path, rows: int) -> None:
    start = parse_instant("2026-03-01T00:00:00Z")
    with path.open("w") as file:
        file.write(HEADER)
        for n in range(rows):
            device = f"00-DB-12-34-56-78-{n % 251:02X}-{n % 241:02X}"
            file.write(f"{format_instant(start + n * SECOND)},{device},8F75,supplier\n")


def left_behind(folder: Path) -> set[str]:
    return {file.name for file in folder.glob("*")} if folder.exists() else set()


def test_a_disk_that_fills_leaves_nothing_half_written(folder):
    """A limit on the size of a file stands for the disk: the same error comes from the same calls."""
    write_long_log(folder / "log.csv", 200_000)
    process = start_tidegate(
        "replay", "log.csv", "-o", "out", cwd=folder,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )  # fmt: skip
    _, err = process.communicate(timeout=120)

    assert 2 == process.returncode, err
    assert "Traceback" not in err
    assert set() == left_behind(folder / "out")


@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="a small file system needs root"
)
def test_a_full_file_system_is_named_with_the_remedy(folder):
    small = folder / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", small], check=False).returncode:
        pytest.skip("a file system cannot be mounted here")
    try:
        write_long_log(folder / "log.csv", 200_000)
        process = start_tidegate("replay", "log.csv", "-o", "small/out", cwd=folder)
        _, err = process.communicate(timeout=120)

        assert 2 == process.returncode, err
        assert "full" in err
        assert set() == left_behind(small / "out")
    finally:
        subprocess.run(["umount", small], check=True)


def test_ctrl_c_ends_with_130_and_partial_results_that_say_so(folder):
    write_long_log(folder / "log.csv", 2_500_000)
    process = start_tidegate("replay", "log.csv", "-o", "out", cwd=folder)
    waited = time.monotonic()
    while not left_behind(folder / "out") and process.poll() is None and time.monotonic() - waited < 60:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    names = left_behind(folder / "out")

    assert 130 == process.returncode, err
    assert "Traceback" not in err
    assert names
    assert all(".partial." in name for name in names), names
    summary = json.loads((folder / "out/summary.partial.json").read_text())
    assert summary["partial"]
    assert summary["completed"] < 1
    assert summary["received"] == sum(summary[k] for k in ("forwarded", "throttled", "excluded", "rejected"))


def test_an_alert_far_out_of_order_is_rejected_with_the_remedy(folder, capfd):
    (folder / "log.csv").write_text(HEADER + GOOD + GOOD.replace("T12", "T09"))
    ran = tidegate(capfd, "replay", "log.csv", "-o", "out")

    assert 0 == ran.status
    assert "--look-back" in (folder / "out/rejected.csv").read_text()
    again = tidegate(capfd, "replay", "log.csv", "--look-back", "4h", "--json")
    assert 0 == json.loads(again.out)["rejected"]


def test_a_column_named_for_two_things(folder, capfd):
    (folder / "log.csv").write_text(HEADER + GOOD)
    (folder / "tidegate.toml").write_text('[columns]\ndevice_id = "recipient"\nalert_code = "recipient"\n')
    refused(tidegate(capfd, "replay", "log.csv"), "recipient", "device_id", "alert_code")


def test_a_period_that_ends_before_it_begins(folder, capfd):
    (folder / "log.csv").write_text(HEADER + GOOD)
    refused(tidegate(capfd, "replay", "log.csv", "--since", "2026-03-05", "--until", "2026-03-04"), "--until")


def test_a_reader_that_has_had_enough_is_no_gate(folder):
    (folder / "log.csv").write_text(HEADER + GOOD)
    process = start_tidegate("replay", "log.csv", "--json", cwd=folder)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=120)

    assert -signal.SIGPIPE == process.returncode
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "command", [["simulate", "commissioning", "--list"], ["criteria", "show", "outcome"]]
)
def test_no_room_for_what_is_printed_is_no_fault_of_ours(folder, capsys, monkeypatch, command):
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    with (folder / "printed").open("w") as printed:
        monkeypatch.setattr(sys, "stdout", printed)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, most))
        try:
            ran = tidegate(capsys, *command)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    refused(ran, "standard output: cannot be written", "Make room")


def test_a_command_leaves_a_process_that_a_hang_up_does_not_end(capfd):
    """A gateway is a command too, and parties hang up on it."""
    tidegate(capfd, "policy", "list")

    assert signal.SIG_IGN == signal.getsignal(signal.SIGPIPE)


def test_a_fault_of_ours_is_owned_up_to_and_is_no_gate(folder, capfd, monkeypatch):
    (folder / "log.csv").write_text(HEADER + GOOD)
    monkeypatch.setattr("tidegate.assembly.policy_periods", lambda *_: 1 / 0)
    ran = tidegate(capfd, "replay", "log.csv")

    assert 70 == ran.status
    assert "ours" in ran.err
    assert "Traceback" not in ran.err


def test_an_interrupted_simulation_leaves_nothing(folder):
    process = start_tidegate("simulate", "national", "-o", "out", "--devices", "5000000", cwd=folder)
    waited = time.monotonic()
    while not (folder / "out").exists() and process.poll() is None and time.monotonic() - waited < 60:
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)

    assert 130 == process.returncode, err
    assert "Interrupted" in err
    assert [] == list(folder.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="a name here is octets on Linux alone")
@pytest.mark.parametrize("given", ["al\udce9rts.csv", "."], ids=["named", "in a folder"])
def test_a_file_whose_name_is_no_text(folder, capfd, given):
    (folder / "al\udce9rts.csv").write_text("received_at,device_id,alert_code\n", encoding="utf-8")

    refused(tidegate(capfd, "replay", given), "al\\xe9rts.csv", "is not UTF-8", "Rename")
