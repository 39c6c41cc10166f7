"""Each scenario, simulated small and replayed by the command line, gets the verdict that its own arithmetic says."""

import re
from pathlib import Path

import pytest
from tests.commands import tidegate
from tests.scenarios.simulated import Log, policy, replayed, simulated

from tidegate.simulation.scenarios import clock_change_night, enwl_10k_by_10, exempt_code_overload
from tidegate.vocabulary.instants import parse_instant

Capture = pytest.CaptureFixture[str]

THRESHOLD, ONE_IN = 30, 10
"""Of the illustrative policies."""


def of_kind(log: Log, kind: str) -> int:
    return sum(cause["alerts"] for cause in log.truth["causes"] if cause["kind"] == kind)


# enwl-10k-by-10: 10 meters stand for a thousand each

ONE_IN_TEN = """
[alert_storm.default]
threshold = 1
window = "{window}"
forward_one_in = 10
reason = "ENWL's example: from the second Alert on, one in ten."
"""


@pytest.mark.parametrize(
    ("window", "since", "until", "storms_of_each"),
    [
        ("60m", "2020-01-20", "2020-01-21", 1),
        ("60m", "2020-01-22", "2020-01-23", 0),
        ("24h", "2020-01-20", "2020-01-21", 1),
        ("24h", "2020-01-22", "2020-01-23", 1),
    ],
)
def test_ten_alerts_each_are_a_storm_each_or_none_by_their_timing_alone(
    capfd: Capture, tmp_path: Path, window: str, since: str, until: str, storms_of_each: int
) -> None:
    """ENWL, A07: 10,000 incidents and e-mails, "dependent upon the timing/interval"."""
    log = simulated("enwl-10k-by-10", 42_000)
    meters = log.faults[0]["devices_of_it"]
    tried = policy(tmp_path, ONE_IN_TEN.format(window=window))
    found = replayed(
        capfd, tmp_path / "out", log.alerts, "--policy", tried, "--since", since, "--until", until
    )
    # Each storm starts with the second of its meter's ten: nine are received in it, and held back.
    storms = int((found.storms["received"].to_numpy() >= enwl_10k_by_10.ALERTS_EACH - 1).sum())
    held_back = (enwl_10k_by_10.ALERTS_EACH - 1) * meters * storms_of_each

    assert storms_of_each * meters == storms
    assert held_back == found.of_code("8002")["throttled"]


def test_at_thirty_in_an_hour_none_of_it_is_a_storm(capfd: Capture, tmp_path: Path) -> None:
    log = simulated("enwl-10k-by-10", 42_000)
    found = replayed(capfd, tmp_path, log.alerts)

    assert (0, 0) == (found.summary["storms"], found.summary["throttled"])
    meters = log.faults[0]["devices_of_it"]
    assert 2 * enwl_10k_by_10.ALERTS_EACH * meters == of_kind(log, "murmur")


# wpd-2m-a-day


def test_none_of_the_murmur_of_8014_and_8015_is_held_back(capfd: Capture, tmp_path: Path) -> None:
    """WPD, A31: "it would not have supressed any alerts being sent through to us"."""
    log = simulated("wpd-2m-a-day", 21_000)
    found = replayed(capfd, tmp_path, log.alerts)

    assert (0, 0) == (found.summary["storms"], found.summary["throttled"])
    assert of_kind(log, "murmur") > 0.9 * found.summary["received"]


# ssen-8014-8015

GROUPED = """
[alert_storm]
code_groups = [["8014", "8015"]]

[alert_storm.default]
threshold = 30
window = "60m"
forward_one_in = 10
forward_at_least_every = "60m"
clear_threshold = 15
reason = "As illustrative-2, but the toggle pair is counted as one code."
"""


def test_each_code_of_the_toggle_pair_for_itself_passes_whole(capfd: Capture, tmp_path: Path) -> None:
    """SSEN, A20: "will still allow 100% of alert storms through"."""
    log = simulated("ssen-8014-8015", 21_000)
    found = replayed(capfd, tmp_path, log.alerts)

    for code in ("8014", "8015"):
        counts = found.of_code(code)
        assert counts["received"] == counts["forwarded"] > 0


def test_the_pair_counted_as_one_code_storms_in_every_chattering_meter(
    capfd: Capture, tmp_path: Path
) -> None:
    log = simulated("ssen-8014-8015", 21_000)
    found = replayed(capfd, tmp_path / "out", log.alerts, "--policy", policy(tmp_path, GROUPED))

    assert log.faults[0]["meters"] == len(found.stormed)
    assert found.summary["throttled"] > 0.5 * of_kind(log, "murmur")
    assert {"8014+8015"} == set(found.storms["alert_code"].to_pylist())


# 58-devices-8f75


@pytest.mark.parametrize(("version", "stormed"), [("illustrative-1", 0), ("illustrative-2", 58)])
def test_58_devices_storm_once_8f75_is_off_the_exclusion_list(
    capfd: Capture, tmp_path: Path, version: str, stormed: int
) -> None:
    log = simulated("58-devices-8f75", 21_000)
    found = replayed(capfd, tmp_path, log.alerts, "--policy", version)

    assert stormed == len(found.stormed)
    throttled = found.of_code("8F75")["throttled"] / of_kind(log, "shouters")
    assert 0.8 < throttled < 0.9 if stormed else throttled == 0


# one-per-second


def test_two_devices_raise_nearly_900_000_in_a_week(capfd: Capture, tmp_path: Path) -> None:
    log = simulated("one-per-second", 5_250)
    found = replayed(capfd, tmp_path, log.alerts)

    # One a second for 74 % of seven days, twice.
    assert 2 * 0.74 * 7 * 86_400 == pytest.approx(of_kind(log, "shouters"), rel=0.001)
    assert 2 == len(found.stormed)
    # In a storm 9 in 10 are held back, and nearly all of it is storm.
    assert 0.895 < found.of_code("8F75")["throttled"] / of_kind(log, "shouters") <= 0.9


def test_excluded_all_of_it_passes(capfd: Capture, tmp_path: Path) -> None:
    log = simulated("one-per-second", 5_250)
    found = replayed(capfd, tmp_path, log.alerts, "--policy", "illustrative-1")

    assert 0 == found.summary["throttled"]
    assert found.summary["excluded"] >= of_kind(log, "shouters")


# exempt-code-overload


def test_an_excluded_code_passes_whole_however_much_of_it_there_is(capfd: Capture, tmp_path: Path) -> None:
    """WPD, A33."""
    log = simulated("exempt-code-overload", 21_000)
    found = replayed(capfd, tmp_path, log.alerts)

    assert (0, 0) == (found.summary["throttled"], found.summary["storms"])
    assert found.summary["excluded"] >= of_kind(log, "murmur")


def test_the_full_scenario_is_more_than_the_capacity_a_second() -> None:
    meters, apart = exempt_code_overload.METERS, exempt_code_overload.APART_US
    per_second = 2 * meters * 1_000_000 / apart

    assert exempt_code_overload.CAPACITY_PER_SECOND < per_second
    assert 333 == int(per_second)


def test_off_the_exclusion_list_the_same_code_is_throttled_and_no_outage_alert_is(
    capfd: Capture, tmp_path: Path
) -> None:
    log = simulated("exempt-code-overload", 21_000)
    shown = tidegate(capfd, "policy", "show", "illustrative-2", "--toml").out
    override = tmp_path / "override.toml"
    override.write_text(
        "\n".join(
            line
            for line in shown.replace('version = "illustrative-2"', 'version = "override"').splitlines()
            if not re.match(r'"?8F76"? = ', line)
        )
    )
    found = replayed(capfd, tmp_path / "out", log.alerts, "--policy", override)
    meters = log.faults[0]["devices_of_it"]

    # Each meter has two recipients, hence two streams: 30 pass, then one in ten of the other 570.
    others = exempt_code_overload.ALERTS_EACH - THRESHOLD
    assert 2 * meters * (others - others // ONE_IN) == pytest.approx(
        found.of_code("8F76")["throttled"], rel=0.002
    )
    assert meters == len(found.stormed)
    for code in ("AD1", "8F35", "8F36"):
        assert 0 == found.of_code(code)["throttled"]


# weather-day


def test_no_outage_alert_of_a_weather_day_is_held_back(capfd: Capture, tmp_path: Path) -> None:
    log = simulated("weather-day", 63_000)
    found = replayed(capfd, tmp_path, log.alerts)
    codes = ("AD1", "8F35", "8F36")

    assert (0, 0) == (found.summary["throttled"], found.summary["storms"])
    assert all(0 == found.of_code(code)["forwarded"] for code in codes)
    assert of_kind(log, "weather") <= sum(found.of_code(code)["received"] for code in codes)
    assert of_kind(log, "weather") > 1_000


# adapter-outage


def test_what_waited_for_an_adapter_looks_like_storms_that_all_start_on_its_return(
    capfd: Capture, tmp_path: Path
) -> None:
    log = simulated("adapter-outage", 21_000)
    found = replayed(capfd, tmp_path, log.alerts)
    started = [f"{each:%Y-%m-%dT%H:%M}" for each in found.storms["started_at"].to_pylist()]

    # 12 hours at 90 a day are 45, over 30 for nearly every meter.
    meters = log.faults[0]["devices_of_it"]
    assert 0.85 * meters < len(found.stormed) <= meters
    assert "2026-02-11T08:00" <= min(started)
    assert max(started) < "2026-02-11T09:00"


def test_before_the_adapter_went_out_nothing_stormed(capfd: Capture, tmp_path: Path) -> None:
    log = simulated("adapter-outage", 21_000)
    (outage,) = log.truth["adapter_outages"]
    found = replayed(capfd, tmp_path, log.alerts, "--until", outage["from"])

    assert 0 == found.summary["storms"]
    assert found.summary["received"] > 0


def test_check_sees_the_silence_before_the_flush(capfd: Capture) -> None:
    log = simulated("adapter-outage", 21_000)
    said = tidegate(capfd, "check", log.alerts, "--no-save").out

    assert "2026-02-10 19:59Z to 2026-02-11 08:00Z (12 h" in said


# clock-change-night


def test_the_hour_that_comes_twice_counts_once(capfd: Capture, tmp_path: Path) -> None:
    log = simulated("clock-change-night")
    found = replayed(capfd, tmp_path, log.alerts)

    assert (0, 0, 0) == tuple(found.summary[each] for each in ("storms", "late", "rejected"))
    assert log.truth["alerts"] == found.summary["received"]


def test_without_its_offsets_the_same_log_storms_in_every_meter(capfd: Capture, tmp_path: Path) -> None:
    """20 an hour is 40 in the hour that comes twice: the trap of local time without a zone."""
    text = simulated("clock-change-night").alerts.read_text()
    (tmp_path / "local.csv").write_text(re.sub(r"\+0[01]:00,", ",", text))
    found = replayed(capfd, tmp_path / "out", tmp_path / "local.csv")

    assert clock_change_night.METERS == len(found.stormed)
    assert {"2025-10-26T01"} == {f"{each:%Y-%m-%dT%H}" for each in found.storms["started_at"].to_pylist()}
    assert found.summary["late"] > 0


def test_check_warns_of_local_time_without_a_zone(capfd: Capture, tmp_path: Path) -> None:
    text = simulated("clock-change-night").alerts.read_text()
    (tmp_path / "local.csv").write_text(re.sub(r"\+0[01]:00,", ",", text))

    assert "Look at the instants" in tidegate(capfd, "check", tmp_path / "local.csv", "--no-save").out


# duplicates-and-disorder


def test_every_row_of_a_spoiled_log_is_accounted_for(capfd: Capture, tmp_path: Path) -> None:
    log = simulated("duplicates-and-disorder", 21_000)
    found = replayed(capfd, tmp_path, log.alerts)
    truth, summary = log.truth, found.summary
    too_late = [
        line
        for line in (tmp_path / "rejected.csv").read_text().splitlines()
        if "by more than the look-back" in line
    ]

    assert truth["alerts"] + truth["unreadable"] == summary["received"]
    assert truth["unreadable"] + len(too_late) == summary["rejected"]
    assert truth["unreadable"] > 0
    assert truth["late"] == summary["late"] + len(too_late)
    assert too_late
    assert {"8FE1", "81F7"} <= set(summary["by_code"])
    assert 20 == len(found.stormed)


def test_check_counts_the_doubled_rows_of_a_spoiled_log(capfd: Capture) -> None:
    log = simulated("duplicates-and-disorder", 21_000)
    said = tidegate(capfd, "check", log.alerts, "--no-save").out

    # A row doubled and then put off stands far from its double: nearly all are seen.
    (seen,) = re.findall(r"duplicates\s+([\d,]+)", said)
    assert log.truth["duplicates"] == pytest.approx(int(seen.replace(",", "")), rel=0.1)


# unfixable-hub


def test_no_threshold_of_an_hour_reaches_a_hub_that_tells_five_times_an_hour(
    capfd: Capture, tmp_path: Path
) -> None:
    log = simulated("unfixable-hub", 21_000)
    found = replayed(capfd, tmp_path, log.alerts)

    assert (0, 0) == (found.summary["storms"], found.summary["throttled"])
    assert of_kind(log, "murmur") > 0.8 * found.summary["received"]


# The demo and the nation


def test_in_the_operators_week_both_kinds_are_there_and_no_outage_alert_waits(
    capfd: Capture, tmp_path: Path
) -> None:
    log = simulated("one-operator-week", 21_000, 2)
    found = replayed(capfd, tmp_path, log.alerts)

    assert 58 == len(found.stormed)
    assert of_kind(log, "murmur") > 0
    assert all(0 == found.of_code(code)["throttled"] for code in ("8014", "8015", "AD1", "8F35", "8F36"))


def test_the_nation_has_shouters_and_murmur(capfd: Capture, tmp_path: Path) -> None:
    log = simulated("national", 210_000)
    found = replayed(capfd, tmp_path, log.alerts)

    # 8 shouters in a million Devices.
    assert round(8 * 0.21) == len(found.stormed)
    assert {"murmur", "shouters"} == {cause["kind"] for cause in log.faults}
    assert parse_instant(log.truth["since"]) < parse_instant(found.summary["last"])


# Suppressions, for what is to be or cannot be mended

SUPPRESSION = """
[[alert_storm.suppressions]]
id = "S-1"
codes = {codes}
device_type = "{device_type}"
manufacturer = "{manufacturer}"
model = "{model}"
firmware = "{firmware}"
threshold = {threshold}
forward_one_in = 100
forward_at_least_every = "24h"
clear_threshold = 0
reason = "It cannot be mended."
fix_status = "not_fixable"
expires = 2099-01-01
approval = {{ approved_by = "an invented Panel", on = 2020-01-01 }}
"""


def test_a_suppression_of_the_hub_holds_back_most_of_it_and_touches_no_other_hub(
    capfd: Capture, tmp_path: Path
) -> None:
    log = simulated("unfixable-hub", 21_000)
    (product,) = log.faults[0]["products"]
    shown = tidegate(capfd, "policy", "show", "illustrative-2", "--toml").out
    suppressed = tmp_path / "suppressed.toml"
    suppressed.write_text(shown + SUPPRESSION.format(**product, codes=["8F12"], threshold=3))
    (inventory,) = log.folder.glob("inventory.*")
    found = replayed(capfd, tmp_path / "out", log.alerts, "--policy", suppressed, "--inventory", inventory)
    hubs = log.faults[0]["devices_of_it"]

    # 5 an hour are seldom none in an hour: once a storm has begun, it goes on.
    assert hubs == len(found.stormed)
    assert set(product.values()) == {
        text
        for name in ("device_type", "manufacturer", "model", "firmware")
        for text in found.storms[name].to_pylist()
    }
    assert 0.9 < found.summary["throttled"] / of_kind(log, "murmur") < 0.99
    # The first of each passes at least.
    assert found.of_code("8F12")["forwarded"] >= hubs
