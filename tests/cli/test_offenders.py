"""`tidegate offenders` on real files: whom it names, what it says of bad input, and the contract of its results."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.commands import tidegate

from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import DAY, HOUR, SECOND, format_instant, parse_instant

START = parse_instant("2026-03-01T00:00:00Z")
METERS = 400
"""Of each of four firmwares a hundred: two of M1 of Maker A, two of M2 of Maker B."""

FIRMWARES = (
    ("Maker A", "M1", "1.04"), ("Maker A", "M1", "1.02"), ("Maker B", "M2", "2.01"), ("Maker B", "M2", "1.97"),
)  # fmt: skip
DAYS = 2


def meter(number: int) -> str:
    return format_device_id(0x00DB_1234_5678_0000 + number)


def inventory_rows(meters: int = METERS) -> Iterator[list[str]]:
    yield ["device_id", "device_type", "manufacturer", "model", "firmware", "supplier", "csp_region"]
    for number in range(meters):
        region = "North" if number // 4 % 2 else "South"
        yield [meter(number), "ESME", *FIRMWARES[number % 4], f"Supplier {number % 3}", region]


def write(path: Path, rows) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def alert(at: int, number: int, code: str = "8F3E") -> list[str]:
    return [format_instant(at), meter(number), code, "supplier"]


def log(*, chatter_from: int = 0, meters: int = METERS) -> list[list[str]]:
    """A quiet Alert of each meter, and a dozen a day of those of firmware 1.04, chattering 8014 and 8015."""
    rows = [alert(START + number * SECOND, number) for number in range(meters)]
    rows.append(alert(START + DAYS * DAY - SECOND, 3))
    for number in range(0, meters, 4):
        for n in range(12 * DAYS):
            at = START + n * 2 * HOUR + number * SECOND
            if at >= START + chatter_from:
                rows.append(alert(at, number, "8015" if n % 2 else "8014"))
    return [["received_at", "device_id", "alert_code", "recipient"], *sorted(rows)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "log.csv", log())
    write(tmp_path / "inventory.csv", inventory_rows())
    return tmp_path


def offenders(capfd, *arguments: object):
    """Run it on the log and the Inventory; what --json prints, read."""
    ran = tidegate(capfd, "offenders", "log.csv", "--inventory", "inventory.csv", *arguments, "--json")
    assert ran.status == 0, ran.err
    return json.loads(ran.out)


def cells(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_guilty_firmware_is_named_first_and_told_with_its_remedy(capfd):
    ran = tidegate(capfd, "offenders", "log.csv", "--inventory", "inventory.csv")

    assert ran.status == 0
    assert ran.out.startswith("Maker A M1 1.04: 25.0% of the ESMEs, 85.")
    assert "12 a day each where the rest raise none" in ran.out.replace("\n", " ")
    assert "Remedy: mend the\n    firmware." in ran.out or "mend the firmware." in ran.out
    assert "tidegate explain log.csv " in ran.out
    assert max(len(line) for line in ran.out.splitlines() if "tidegate " not in line) <= 80


def test_the_results_keep_their_contract(folder, capfd):
    ran = tidegate(capfd, "offenders", "log.csv", "--inventory", "inventory.csv", "-o", "out")
    out = folder / "out"

    assert ran.status == 0, ran.err
    assert {
        "summary.json", "offenders.csv", "offenders.parquet", "devices.csv", "devices.parquet", "by_hour.csv",
        "offenders.html", "offenders.xlsx", "offenders.png", "kinds.png", "where.png", "rejected.csv",
    } == {path.name for path in out.iterdir()}  # fmt: skip
    rows = cells(out / "offenders.csv")
    assert pq.read_table(out / "offenders.parquet").column_names == list(rows[0])
    assert ("1", "murmur", "8014+8015", "Maker A", "M1", "1.04", "2400", "100", "100") == tuple(
        rows[0][name]
        for name in ("rank", "kinds", "alert_codes", "manufacturer", "model", "firmware", "alerts", "devices", "installed")
    )  # fmt: skip
    # Nothing is lost between the log and the table.
    summary = json.loads((out / "summary.json").read_text())
    assert summary["alerts"] == summary["received"] == sum(int(row["alerts"]) for row in rows) == 2_801
    assert 1.0 == pytest.approx(float(rows[-1]["cumulative_share"]))
    assert summary["alerts"] == sum(int(row["alerts"]) for row in cells(out / "by_hour.csv"))


def test_the_devices_of_the_cause_are_handed_over(folder, capfd):
    tidegate(capfd, "offenders", "log.csv", "--inventory", "inventory.csv", "-o", "out")
    devices = cells(folder / "out" / "devices.csv")
    table = pq.read_table(folder / "out" / "devices.parquet")

    assert {meter(number) for number in range(0, METERS, 4)} == {row["device_id"] for row in devices}
    assert len(devices) == table.num_rows == 100
    first = next(row for row in devices if row["device_id"] == meter(0))
    assert ("1", "murmur", "Maker A M1 1.04", "24", "12", "Supplier 0", "South") == tuple(
        first[name]
        for name in ("cause", "kind", "behind", "alerts", "second_alerts", "supplier", "csp_region")
    )
    assert ("2026-03-01T00:00:00Z", "2026-03-02T22:00:00Z") == (first["first_at"], first["last_at"])
    assert "periodic" == first["pattern"]


def test_shouters_are_told_apart_from_murmur(folder, capfd):
    rows = log()
    for number in range(2, 42, 4):
        rows += [alert(START + 5 * HOUR + n * 20 * SECOND, number, "8F75") for n in range(60)]
    write(folder / "log.csv", [rows[0], *sorted(rows[1:])])
    causes = offenders(capfd)["causes"]

    assert [
        ("murmur", "8014+8015", "1.04", 100),
        ("shouters", "8F75", "2.01", 10),
    ] == [(cause["kind"], cause["alert_codes"], cause["firmware"], cause["devices"]) for cause in causes]
    assert all(cause["p_value"] < 0.001 for cause in causes)


def test_devices_missing_from_the_inventory_are_counted_and_accuse_nobody(folder, capfd):
    write(folder / "inventory.csv", [row for at, row in enumerate(inventory_rows()) if at % 4 != 1])
    summary = offenders(capfd, "-o", "out")

    assert 100 == summary["inventory"]["missing"]
    assert any(
        "Not in the Inventory: 100 Devices. They raised 2,500 Alerts" in each
        for each in summary["verdict"]["cautions"]
    )
    assert not any(cause["is_named"] == "yes" for cause in summary["causes"])
    unknown = [row for row in cells(folder / "out" / "offenders.csv") if row["is_in_inventory"] == "no"]
    assert 2_500 == sum(int(row["alerts"]) for row in unknown)
    assert all(row["installed"] == row["murmur_p"] == "" for row in unknown)


def test_of_two_rows_for_one_device_the_first_counts_and_it_is_said(folder, capfd):
    doubled = [meter(0), "ESME", "Maker B", "M2", "2.01", "Supplier 9", "North"]
    write(folder / "inventory.csv", [*inventory_rows(), doubled])
    summary = offenders(capfd)

    assert 1 == summary["inventory"]["doubled"]
    assert any("Doubled: 1 row of the Inventory" in caution for caution in summary["verdict"]["cautions"])
    assert 100 == summary["causes"][0]["installed"]


def test_the_firmware_in_force_at_the_alert_counts(folder, capfd):
    """All meters of 1.04 had 1.03 on the first day, and were quiet; they chatter from the second day on."""
    header, *rows = inventory_rows()
    changed = [[*header, "since"]]
    for row in rows:
        is_changed = row[4] == "1.04"
        changed.append([*row[:4], "1.03" if is_changed else row[4], *row[5:], ""])
        if is_changed:
            changed.append([*row, format_instant(START + DAY)])
    write(folder / "inventory.csv", changed)
    write(folder / "log.csv", log(chatter_from=DAY))
    summary = offenders(capfd, "-o", "out")

    assert ["1.04"] == [cause["firmware"] for cause in summary["causes"]]
    assert 1_200 == summary["causes"][0]["alerts"]
    # A hundred meters for one of two days: twelve Alerts a day each, not six.
    assert 12.0 == pytest.approx(summary["causes"][0]["rate"], rel=0.01)
    told = cells(folder / "out" / "offenders.csv")
    assert {"8F3E"} == {row["alert_codes"] for row in told if row["firmware"] == "1.03"}


def test_a_code_that_does_not_occur_is_refused_with_those_that_do(capfd):
    ran = tidegate(capfd, "offenders", "log.csv", "--inventory", "inventory.csv", "--code", "8F75")

    assert ran.status == 2
    assert "there is no Alert with 8F75 in the log" in ran.err
    assert "8014, 8015, 8F3E" in ran.err


def test_a_code_that_is_no_code_is_refused(capfd):
    ran = tidegate(capfd, "offenders", "log.csv", "--inventory", "inventory.csv", "--code", "8F7")

    assert ran.status == 2
    assert "'8F7' is not an Alert Code" in ran.err


@pytest.mark.parametrize("code", ["8014", "0x8015"])
def test_one_code_is_asked_about_with_its_pair(capfd, code):
    summary = offenders(capfd, "--code", code)

    assert {"8014+8015"} == {row["alert_codes"] for row in summary["offenders"]}
    assert summary["offenders"][0]["share_of_alerts"] == pytest.approx(2_400 / 2_801)


def test_a_code_with_nothing_wrong_names_nobody(capfd):
    summary = offenders(capfd, "--code", "8F3E")

    assert [] == summary["causes"]
    assert summary["verdict"]["headline"].startswith("Nobody stands out with 8F3E")


def test_one_device_only_names_nobody(folder, capfd):
    write(folder / "inventory.csv", inventory_rows(meters=1))
    rows = [alert(START + n * SECOND, 0, "8F75") for n in range(100)]
    write(folder / "log.csv", [["received_at", "device_id", "alert_code", "recipient"], *rows])
    summary = offenders(capfd, "-o", "out")

    assert [("shouters", "no", 1)] == [
        (each["kind"], each["is_named"], each["devices"]) for each in summary["causes"]
    ]
    assert 0 == summary["comparisons"]
    assert any("nothing to compare with" in caution for caution in summary["verdict"]["cautions"])
    assert [meter(0)] == [row["device_id"] for row in cells(folder / "out" / "devices.csv")]


def test_without_an_inventory_it_says_what_cannot_be_known(folder, capfd):
    write(folder / "log.csv", log(meters=1_200))
    ran = tidegate(capfd, "offenders", "log.csv", "-o", "out")

    assert ran.status == 0
    assert "of which product, only an Inventory can say." in ran.out.replace("\n", " ")
    assert "Add --inventory." in ran.out.replace("\n    ", " ")
    assert "tidegate offenders log.csv -o out --inventory FILE" in ran.out
    rows = cells(folder / "out" / "offenders.csv")
    assert {"8014+8015": "7200", "8F3E": "1201"} == {row["alert_codes"]: row["alerts"] for row in rows}
    assert all(row["manufacturer"] == row["installed"] == row["murmur_ratio"] == "" for row in rows)


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("manufacturer", {"Maker A", "Maker B"}),
        ("model", {"M1", "M2"}),
        ("csp_region", {"North", "South"}),
        ("device_type", {"ESME"}),
    ],
)
def test_devices_may_be_grouped_by_what_the_inventory_says(capfd, by, groups):
    summary = offenders(capfd, "--by", by)

    assert groups == {row[by] for row in summary["offenders"]}
    assert summary["alerts"] == sum(row["alerts"] for row in summary["offenders"])
    # Whatever they are grouped by, the cause is the same.
    assert ["1.04"] == [cause["firmware"] for cause in summary["causes"]]


def test_what_devices_cannot_be_grouped_by_is_refused_with_what_they_can(capfd):
    ran = tidegate(capfd, "offenders", "log.csv", "--inventory", "inventory.csv", "--by", "model,colour")

    assert ran.status == 2
    assert "'colour' is nothing that Devices can be grouped by" in ran.err
    assert "device_type, manufacturer, model, firmware, csp_region" in ran.err


def test_grouping_without_an_inventory_is_refused(capfd):
    ran = tidegate(capfd, "offenders", "log.csv", "--by", "model")

    assert ran.status == 2
    assert "Add --inventory FILE." in ran.err


def test_an_inventory_that_is_not_there_is_refused(capfd):
    ran = tidegate(capfd, "offenders", "log.csv", "--inventory", "none.csv")

    assert ran.status == 2
    assert "none.csv" in ran.err


def test_a_log_without_a_usable_row_is_told_as_such(folder, capfd):
    write(
        folder / "log.csv",
        [["received_at", "device_id", "alert_code", "recipient"], ["never", "x", "y", "z"]],
    )
    summary = offenders(capfd, "-o", "out")

    assert summary["verdict"]["headline"] == "There was no Alert, so nobody offends."
    assert 1 == summary["rejected"] == summary["received"]
    assert [] == cells(folder / "out" / "offenders.csv") == cells(folder / "out" / "devices.csv")


def test_no_file_names_a_device_under_pseudonyms(folder, capfd):
    header, *rows = log()
    write(folder / "log.csv", [header, *rows, ["never", meter(7), "8014", "supplier"]])
    inventory = [*inventory_rows(), [meter(0)[:-3], "ESME", "Maker A", "M1", "1.04", "", ""]]
    write(folder / "inventory.csv", inventory)
    ran = tidegate(
        capfd, "offenders", "log.csv", "--inventory", "inventory.csv", "-o", "out", "--pseudonymise"
    )
    text = [
        path.read_text() for path in (folder / "out").iterdir() if path.suffix in {".csv", ".json", ".html"}
    ]
    shown = [str(each) for each in pq.read_table(folder / "out" / "devices.parquet")["device_id"].to_pylist()]

    assert ran.status == 0, ran.err
    assert not any("00-DB-12-34" in each for each in [*text, ran.out, ran.err])
    assert 100 == len(set(shown))
    assert all(
        each.startswith(("02", "06", "0A", "0E")) or int(each[:2], 16) & 0b11 == 0b10 for each in shown
    )
    assert "tidegate explain" not in ran.out


def test_only_the_period_asked_about_counts(capfd):
    summary = offenders(capfd, "--since", "2026-03-02")

    assert 1_201 == summary["alerts"]
    assert 1_600 == summary["outside_period"]
    assert 12.0 == pytest.approx(summary["causes"][0]["rate"], rel=0.05)


def test_fewer_rows_are_shown_where_fewer_are_asked_for(capfd):
    ran = tidegate(capfd, "offenders", "log.csv", "--inventory", "inventory.csv", "--most", "1")

    assert "and 4 more rows: --most shows more" in ran.out
