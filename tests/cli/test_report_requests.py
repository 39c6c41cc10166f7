"""`tidegate report requests`: the Panel's month, breach or none, and each User's own."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from tests.cli.test_admit import CAPACITY, USERS
from tests.commands import tidegate
from tests.request_logs import write_requests

from tidegate.assembly.request_month import folders_of
from tidegate.reports.admitted import DayOfUse
from tidegate.reports.request_month import Step, step_of, trend_of
from tidegate.reports.request_month_words import due_on
from tidegate.vocabulary.instants import DAY


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Larch is over its share on two days of October; Moor sends two; one request is of November."""
    monkeypatch.chdir(tmp_path)
    Path("users.csv").write_text(USERS, encoding="utf-8")
    Path("small.toml").write_text(CAPACITY, encoding="utf-8")
    rows = [
        f"2026-10-{day}T12:00:00.{place}Z,L{day}-{place},Larch,{'2.2' if place == 6 else '4.8.1'},"
        for day in ("05", "07")
        for place in range(7)
    ]
    rows += [f"2026-10-{day}T13:00:00Z,M{day},Moor,7.4," for day in ("20", "21")]
    rows.append("2026-11-01T00:00:00Z,L,Larch,4.8.1,")
    write_requests(Path("requests.csv"), rows)
    Path("forecast.csv").write_text("user,srv,forecast\nLarch,4.8.1,10\nMoor,,4\n", encoding="utf-8")


def report(capfd, *more: object, month: str = "2026-10"):
    files = ("requests.csv", "--users", "users.csv", "--policy", "small.toml", "--forecast", "forecast.csv")
    return tidegate(capfd, "report", "requests", *files, "--month", month, *more)


@pytest.mark.usefixtures("files")
def test_the_panel_is_told_of_capacity_breaches_and_what_comes_next(capfd):
    told = json.loads(report(capfd, "--json").out)

    assert 16 == told["received"]
    assert {"Larch": {"breach_days": 2, "step": "say the cause"}} == told["breachers"]
    assert 2 == told["minutes_active"]
    assert (12, 10) == (told["users"]["Larch"]["received"] - 2, told["users"]["Larch"]["forecast"])
    assert told["received"] == sum(
        told[name] for name in ("admitted", "prioritised", "continuations", "throttled", "rejected")
    )


@pytest.mark.usefixtures("files")
def test_a_month_without_a_breach_has_its_report_all_the_same(capfd):
    ran = report(capfd, month="2026-11")

    assert 0 == ran.status
    assert ran.out.startswith(
        "In 2026-11 the busiest second took 25.0% of the operating threshold, and nobody"
    )
    assert "Over their share: nobody, on any day." in ran.out


@pytest.mark.usefixtures("files")
def test_each_user_has_a_folder_that_tells_of_no_other(capfd):
    assert 0 == report(capfd, "-o", "october").status
    assert {"Larch", "Moor"} == {path.name for path in Path("october/users").iterdir()}
    for mine, other in (("Larch", "Moor"), ("Moor", "Larch")):
        own = Path("october/users", mine)
        assert {"summary.json", "sent.csv", "report.html", "report.xlsx"} == {
            path.name for path in own.iterdir()
        }
        for name in ("summary.json", "sent.csv", "report.html"):
            text = (own / name).read_text(encoding="utf-8")
            assert mine in text
            assert other not in text
    with Path("october/users/Larch/sent.csv").open(encoding="utf-8", newline="") as file:
        assert [("2.2", "2", ""), ("4.8.1", "12", "10")] == [
            (row["srv"], row["received"], row["forecast"]) for row in csv.DictReader(file)
        ]


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("forecast", "said"),
    [
        ("user,srv\nLarch,4.8.1\n", "has no column forecast"),
        ("user,srv,forecast\nLarch,four,many\n", "line 2"),
        ("user,srv,forecast\nMoor,,1\nMoor,,2\n", "stands here a second time"),
    ],
)
def test_a_forecast_at_fault_is_told_with_its_line(capfd, forecast, said):
    Path("forecast.csv").write_text(forecast, encoding="utf-8")
    ran = report(capfd)

    assert 2 == ran.status
    assert said in ran.err


@pytest.mark.usefixtures("files")
def test_a_forecast_of_nobody_who_is_there_is_named(capfd):
    Path("forecast.csv").write_text("user,srv,forecast\nLarch,,10\nLarhc,4.8.1,10\n", encoding="utf-8")
    ran = report(capfd)

    assert 0 == ran.status
    assert "held against nothing here: Larhc." in " ".join(ran.out.split())


@pytest.mark.usefixtures("files")
def test_what_is_no_month_is_refused(capfd):
    assert "Write 2026-10." in report(capfd, month="October").err


def test_steps_are_by_days_over_in_a_month():
    expected = {
        0: Step.NONE,
        1: Step.TOLD,
        2: Step.CAUSE,
        3: Step.CAUSE,
        4: Step.PLAN,
        7: Step.PLAN,
        8: Step.PANEL,
    }

    assert expected == {days: step_of(days) for days in expected}


def test_folders_are_safe_and_no_two_are_alike():
    made = folders_of(["../Larch", "larch", "a/b", "a b", "\u00e9", "=x"])

    assert ["Larch", "larch-2", "a-b", "a-b-2", "user", "x"] == list(made.values())


@pytest.mark.parametrize(
    ("month", "due"), [("2026-10", "2026-11-13"), ("2026-12", "2027-01-14"), ("2026-01", "2026-02-13")]
)
def test_a_report_is_due_on_the_tenth_working_day(month, due):
    assert due == due_on(month)


def days_that_ask_for(offered: list[int]) -> list[DayOfUse]:
    return [DayOfUse(at * DAY, 1, 0, each, each, 0, 0, ()) for at, each in enumerate(offered)]


def test_a_trend_is_seen_only_where_there_is_one():
    grows, flat = days_that_ask_for(list(range(20, 34))), days_that_ask_for([20, 21] * 7)
    trend, none = trend_of(grows), trend_of(flat)

    assert trend is not None
    assert (1.0, 33.0, True) == (trend.per_day, trend.level, trend.is_seen)
    assert none is not None
    assert not none.is_seen
    assert trend_of(grows[:13]) is None
