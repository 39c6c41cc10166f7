"""Suppressions from a file to a verdict, as a person meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.commands import tidegate

POLICY = """
version = "suppressing"
mode = "shadow"
effective_from = 2026-01-01T00:00:00Z
[alert_storm.default]
threshold = 30
window = "60m"
forward_one_in = 10
[[alert_storm.suppressions]]
id = "S-2026-01"
codes = ["8F3E"]
manufacturer = "Maker C"
model = "E4"
firmware = "3.0"
threshold = 1
forward_one_in = 1000
forward_at_least_every = "24h"
reason = "Hardware design; cannot be mended in firmware"
fix_status = "fixed_in"
fixed_in = "3.1"
expires = 2026-03-01T02:00:00Z
approval = { approved_by = "SEC Panel", on = 2026-01-23, reference = "S 1" }
"""
INVENTORY = """device_id,device_type,manufacturer,model,firmware,since
00-DB-12-34-56-78-90-A0,CHF,Maker C,E4,3.0,2025-01-01T00:00:00Z
00-DB-12-34-56-78-90-A0,CHF,Maker C,E4,3.1,2026-03-01T01:00:00Z
00-DB-12-34-56-78-90-B0,CHF,Maker C,E4,3.0,2025-01-01T00:00:00Z
"""
pytestmark = pytest.mark.usefixtures("folder")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two Devices of one product send 8F3E every ten minutes for three hours; one is mended after the first."""
    monkeypatch.chdir(tmp_path)
    rows = [
        f"2026-03-01T{hour:02}:{minute:02}:00Z,00-DB-12-34-56-78-90-{device},8F3E,supplier"
        for hour in range(3)
        for minute in range(0, 60, 10)
        for device in ("A0", "B0")
    ]
    (tmp_path / "alerts.csv").write_text("\n".join(["received_at,device_id,alert_code,recipient", *rows]))
    (tmp_path / "policy.toml").write_text(POLICY)
    (tmp_path / "inventory.csv").write_text(INVENTORY)
    return tmp_path


def test_a_replay_needs_to_know_what_the_devices_are(capfd):
    ran = tidegate(capfd, "replay", "alerts.csv", "--policy", "policy.toml")

    assert 2 == ran.status
    assert "the policy has suppressions (S-2026-01)" in ran.err
    assert "Name an Inventory with --inventory." in ran.err


def test_a_replay_says_what_a_suppression_held_back(capfd):
    """A0 for its first hour, B0 for its first two: of each the first Alert passes."""
    options = ("--policy", "policy.toml", "--inventory", "inventory.csv")
    ran = tidegate(capfd, "replay", "alerts.csv", *options)
    summary = json.loads(tidegate(capfd, "replay", "alerts.csv", *options, "--json").out)

    assert 0 == ran.status
    assert "Suppressed: S-2026-01 held back 16 of 18 (88.9%) of 8F3E" in " ".join(ran.out.split())
    assert {"received": 18, "forwarded": 2, "throttled": 16, "excluded": 0} == summary["by_suppression"][
        "S-2026-01"
    ]
    assert (36, 16, 20) == (summary["received"], summary["throttled"], summary["forwarded"])


def test_policies_with_and_without_are_compared(capfd):
    options = ("--policy", "illustrative-2", "--policy", "policy.toml")
    refused = tidegate(capfd, "replay", "alerts.csv", *options)
    compared = tidegate(capfd, "replay", "alerts.csv", *options, "--inventory", "inventory.csv")

    assert (2, 0) == (refused.status, compared.status)
    assert "suppressing" in compared.out


def test_a_policy_with_suppressions_is_swept(capfd):
    options = ("threshold=10,30", "--policy", "policy.toml")
    refused = tidegate(capfd, "sweep", "alerts.csv", *options)
    swept = tidegate(capfd, "sweep", "alerts.csv", *options, "--inventory", "inventory.csv")

    assert (2, 0) == (refused.status, swept.status)


def test_explain_tells_where_a_device_comes_out_of_a_suppression(capfd):
    stream = ("explain", "alerts.csv", "00-DB-12-34-56-78-90-A0", "8F3E", "--policy", "policy.toml")
    refused = tidegate(capfd, *stream)
    told = " ".join(tidegate(capfd, *stream, "--inventory", "inventory.csv").out.split())

    assert 2 == refused.status
    assert "Under suppression S-2026-01: A storm starts above 1 in 1h" in told
    assert "here suppression S-2026-01 holds no more: A storm starts above 30 in 1h" in told


@pytest.mark.parametrize(
    ("at", "status", "devices"),
    [
        ("2026-01-01", "active", 2),
        ("2026-02-01", "expires within 30 days", 2),
        ("2026-03-01T01:00:00Z", "expires within 30 days", 1),
        ("2026-03-01T02:00:00Z", "expired", 1),
    ],
)
def test_the_register_as_it_stands(capfd, at, status, devices):
    options = ("policy.toml", "--at", at, "--inventory", "inventory.csv")
    (line,) = json.loads(tidegate(capfd, "policy", "suppressions", *options, "--json").out)["suppressions"]
    told = tidegate(capfd, "policy", "suppressions", *options).out

    assert (status, devices, 2 - devices) == (line["status"], line["devices"], line["devices_mended"])
    assert f"3.0: {status}" in told
    assert "Approved by SEC Panel on 2026-01-23 (S 1)." in told
    assert f"Fix available: {devices} Device" in told
    assert all(len(row) <= 80 for row in told.splitlines())


def test_the_register_without_an_instant_is_as_of_now(capfd):
    told = tidegate(capfd, "policy", "suppressions", "policy.toml").out

    assert "1 suppression at 2" in told
    assert "Device" not in told


def test_the_register_of_a_folder_is_that_of_the_version_in_force(folder, capfd):
    versions = folder / "versions"
    versions.mkdir()
    (versions / "1.toml").write_text(POLICY)
    second = POLICY.split("[[", maxsplit=1)[0].replace(
        '"suppressing"', '"without"\nsupersedes = "suppressing"'
    )
    (versions / "2.toml").write_text(second.replace("2026-01-01", "2026-02-01"))
    before = tidegate(capfd, "policy", "suppressions", "versions", "--at", "2026-01-31")
    after = tidegate(capfd, "policy", "suppressions", "versions", "--at", "2026-02-01")
    too_early = tidegate(capfd, "policy", "suppressions", "versions", "--at", "2025-12-31")

    assert "S-2026-01" in before.out
    assert "It has no suppressions." in after.out
    assert (2, True) == (too_early.status, "no version is in force at 2025-12-31" in too_early.err)


def test_show_and_explain_tell_of_suppressions(capfd):
    shown = tidegate(capfd, "policy", "show", "policy.toml").out
    explained = tidegate(capfd, "policy", "explain", "policy.toml", "--suppression", "S-2026-01").out
    unknown = tidegate(capfd, "policy", "explain", "policy.toml", "--suppression", "S-1")
    elsewhere = tidegate(capfd, "policy", "explain", "policy.toml", "8014", "--suppression", "S-2026-01")

    assert "Suppression register: 1 suppression" in shown
    assert "S-2026-01 8F3E of Maker C E4 3.0, until 2026-03-01T02:00:00Z:" in shown
    assert "S-2026-01 suppresses 8F3E of Maker C E4 3.0" in explained
    assert (2, True) == (unknown.status, "There are: S-2026-01." in unknown.err)
    assert (2, True) == (elsewhere.status, "Name one of its codes: 8F3E." in elsewhere.err)


def test_an_unknown_product_is_told_with_the_suppression_that_found_nothing(folder, capfd):
    (folder / "inventory.csv").write_text(
        INVENTORY.replace("Maker C", "").replace("E4", "").replace("CHF", "")
    )
    ran = tidegate(capfd, "replay", "alerts.csv", "--policy", "policy.toml", "--inventory", "inventory.csv")
    told = " ".join(ran.out.split())

    assert "Nothing to suppress: no Alert is under S-2026-01" in told
