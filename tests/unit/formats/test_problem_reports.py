"""The report of problems as a page, a workbook, pictures and JSON: the same numbers in each."""

from __future__ import annotations

import json
from typing import Any
from zipfile import ZipFile

from tests.unit.alert_storm.problem_examples import M1_104, cause, columns, storm
from tests.unit.reports.replayed_examples import replayed

from tidegate.alert_storm.linking import attributes_in
from tidegate.alert_storm.problems import problems_of
from tidegate.formats.forecast_pictures import forecast_pictures
from tidegate.formats.page import page_html
from tidegate.formats.problems_json import problems_json
from tidegate.formats.problems_page import problem_section, problems_page
from tidegate.formats.problems_xlsx import write_problems_xlsx
from tidegate.reports.forecast import Forecast, TicketCost, days_of, forecast
from tidegate.reports.problem_report import ProblemReport
from tidegate.reports.replayed import Spells, Totals
from tidegate.vocabulary.instants import DAY, HOUR, parse_instant
from tidegate.vocabulary.products import Product

MONDAY = parse_instant("2026-03-02T00:00:00Z")


def forecast_of(*storms: dict[str, Any], days: int = 7, first: int = MONDAY) -> Forecast:
    as_columns = columns(storms)
    end = first + days * DAY - 1
    problems = problems_of([cause()], as_columns, attributes_in(as_columns), until=end)
    return forecast(Spells(as_columns), problems, days_of(first, end))


def many(count: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        storm(device, started_at=MONDAY + device * HOUR % DAY, ended_at=MONDAY + DAY, **changes)
        for device in range(count)
    ]


def report(storms: list[dict[str, Any]], cost: TicketCost = TicketCost()) -> ProblemReport:  # noqa: B008
    as_columns = columns(storms)
    until = MONDAY + 7 * DAY - 1
    problems = problems_of([cause()], as_columns, attributes_in(as_columns), until=until)
    of_log = replayed({0x8F75: Totals(1_000, 400, 600)}, first=MONDAY, last=until)
    made = forecast(Spells(as_columns), problems, days_of(MONDAY, until))
    return ProblemReport(of_log, problems, made, cost)


def test_the_title_of_each_picture_is_its_finding():
    incidents, emails = forecast_pictures(forecast_of(*many(1_500)))

    assert "1,500 incidents become 1: one when a problem opens, not one for each storm" == incidents.title
    assert "1,500 e-mails become 2" in emails.title


def test_the_data_behind_a_picture_are_its_days():
    incidents, emails = forecast_pictures(forecast_of(*many(30)))

    assert ("day", "each storm", "each problem") == incidents.columns
    assert ("2026-03-02", 30, 1) == incidents.rows[0]
    assert [0] * 6 == [row[1] for row in incidents.rows[1:]]
    assert 5 == len(emails.columns)


def test_a_calendar_begins_its_weeks_on_monday():
    incidents, _ = forecast_pictures(forecast_of(*many(3), days=7, first=MONDAY - DAY))

    # Sunday is of the week before.
    assert "2026-02-23" in incidents.svg
    assert "2026-03-02" in incidents.svg
    assert "2026-03-09" not in incidents.svg


def test_large_numbers_are_told_in_three_figures_within_a_cell():
    incidents, _ = forecast_pictures(forecast_of(*many(1_500)))

    assert ">1.5k<" in incidents.svg


def test_nothing_is_drawn_where_there_is_no_incident():
    assert [] == forecast_pictures(forecast_of())


def test_the_page_has_the_finding_first_and_each_problem_with_its_remedy():
    page = problems_page(report(many(30)))
    html = page_html(page)

    assert "30 storms come down to 1 problem, with a product behind it." == page.headline
    assert "30 → 1" in {number.value for number in page.numbers}
    assert "Throttling holds back" in html
    assert "00-00-00-00-00-00-00-09" in html
    assert "The 10 with most Alerts of 30 Devices." in html


def test_the_page_takes_nothing_of_the_input_for_markup():
    product = Product("ESME", "<script>alert(1)</script>", "M1")
    html = page_html(problems_page(report(many(3, product=product, supplier="<b>S</b>"))))

    assert "<script>" not in html
    assert "<b>S</b>" not in html


def test_the_cost_stands_only_where_it_was_given():
    without, given = report(many(30)), report(many(30), TicketCost(minutes=10))

    assert not [number for number in problems_page(without).numbers if "Work" in number.name]
    assert ["5 h → 10 min"] == [
        number.value for number in problems_page(given).numbers if "Work" in number.name
    ]
    assert "Cost: 5 h of work where each storm is a ticket; 10 min of work where each problem is." in list(
        given.findings()
    )


def test_the_section_for_another_page_has_the_pictures_and_the_table():
    section = problem_section(report(many(30)))

    assert ["forecast-incidents", "forecast-emails"] == [picture.name for picture in section.pictures]
    assert 1 == len(section.tables[0].rows)


def test_json_has_all_of_the_replays_summary_and_the_problems():
    made = json.loads(json.dumps(problems_json(report(many(30)))))

    assert 1_000 == made["received"]
    assert {"by_code", "policy_version", "storms", "streams"} <= set(made)
    (problem,) = made["problems"]
    assert {"device_type": "ESME", "manufacturer": "Maker A", "model": "M1", "firmware": "1.04"} == problem[
        "product"
    ]
    assert M1_104.manufacturer in problem["title"]
    assert 30 == made["forecast"]["rules"]["each storm"]["incidents"]
    assert [30, 0, 0, 0, 0, 0, 0] == made["forecast"]["rules"]["each storm"]["incidents_by_day"]
    assert None is made["cost_per_ticket"]


def test_the_workbook_has_a_sheet_for_each_table(tmp_path):
    write_problems_xlsx(report(many(30)), tmp_path / "problems.xlsx")

    with ZipFile(tmp_path / "problems.xlsx") as archive:
        names = archive.read("xl/workbook.xml").decode()
        texts = archive.read("xl/sharedStrings.xml").decode()
    assert all(f'name="{name}"' in names for name in ("Problems", "Devices", "By day", "By party", "About"))
    assert "00-00-00-00-00-00-00-1D" in texts


def test_the_workbook_says_what_did_not_fit(tmp_path):
    write_problems_xlsx(report(many(30)), tmp_path / "problems.xlsx", most_rows=10)

    with ZipFile(tmp_path / "problems.xlsx") as archive:
        texts = archive.read("xl/sharedStrings.xml").decode()
    assert "of 30. All of them are in problem_devices.csv." in texts


def test_without_an_inventory_the_report_says_what_that_costs():
    assert any("There is no Inventory" in caution for caution in report(many(3)).cautions())
