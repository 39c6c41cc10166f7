"""The edge what-if as sentences, files and pictures."""

from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace

import pytest
from tests.unit.operations.test_protect_the_edge import (
    NORTH_AND_SMETS1,
    SMALL,
    ask,
    policy,
    regions_of,
    storm,
)

from tidegate.alert_storm.parameters import AlertStormRules
from tidegate.columnar.ordering import BEFORE_ALL
from tidegate.formats.edge_json import edge_summary, write_edge_summary
from tidegate.formats.edge_page import edge_page
from tidegate.formats.edge_pictures import edge_pictures
from tidegate.formats.edge_tables import write_edge_csv, write_edge_xlsx
from tidegate.formats.page import page_html
from tidegate.policy.mechanism import Mode
from tidegate.reports.edge import PLACES, WanCopies
from tidegate.reports.edge_words import EdgeRow, edge_rows, edge_verdict, per_second, spoken_of
from tidegate.vocabulary.alert_codes import DCC_ALERT
from tidegate.vocabulary.alerts import Alert
from tidegate.vocabulary.instants import HOUR, SECOND

RULES = AlertStormRules(SMALL)
FOUND = ask(storm(), policy(RULES))


def test_the_headline_says_what_the_hub_spares_and_that_the_dsp_does_not():
    headline = edge_verdict(FOUND).headline

    assert (
        "At the Communications Hub the rule would spare the SM WAN of region North 55.6% of its Alerts and "
        "50.0% of its busiest minute; at the DSP it spares it nothing."
    ) == headline


@pytest.mark.parametrize(
    ("found", "headline"),
    [
        (ask([], policy(RULES)), "There was no Alert to ask about."),
        (
            ask(storm(events=1), policy(RULES)),
            "No Alert was throttled, so the rule spares nothing, wherever it stands.",
        ),
        (
            ask(storm(), policy(RULES, mode=Mode.OFF)),
            "Alert Storm Protection is off: it spares nothing, wherever it stands.",
        ),
        (
            ask(storm(device=1), policy(RULES)),
            "Nothing here comes over a CSP: only the DSP can hold it back.",
        ),
        (
            ask([Alert(1, 0, 1, ""), *storm(device=1)], policy(RULES)),
            "From no place would the rule spare the SM WAN of region North anything: none of its Devices stormed.",
        ),
    ],
    ids=["no Alert", "no storm", "off", "only SMETS1", "a quiet region"],
)
def test_the_headline_is_honest_about_nothing(found, headline):
    assert headline == edge_verdict(found).headline


def test_what_no_place_holds_is_said():
    found = ask(
        [*storm(), Alert(HOUR, 0, DCC_ALERT + 3, ""), Alert(HOUR, 1, 7, ""), Alert(HOUR, 99, 8, "")],
        policy(RULES),
    )
    said = edge_verdict(found)

    about = [finding.partition(":")[0] for finding in said.findings]
    assert ["Out of reach", "DCC Alerts", "SMETS1", "Counts"] == about[-4:]
    assert any("1 Alert (4.8%) are of Devices that inventory.csv has not" in each for each in said.cautions)


def test_the_reading_of_two_recipients_is_said():
    cautions = " ".join(edge_verdict(FOUND).cautions)
    other_way = " ".join(edge_verdict(ask(storm(), policy(RULES), wan_copies=WanCopies.ONE)).cautions)

    assert "9 events went to two recipients" in cautions
    assert "once for each, as the 0x8F75 conclusions say (paragraph 6)" in cautions
    assert "once, as asked for (--wan-copies one)" in other_way


def test_a_log_of_one_recipient_is_a_part_of_what_was_sent():
    found = ask(storm(recipients=("network",)), policy(RULES))

    assert any("one User's log" in caution for caution in edge_verdict(found).cautions)


def test_the_region_over_its_capacity_is_spoken_of_before_the_north():
    two = regions_of([(0, BEFORE_ALL, "North"), (1, BEFORE_ALL, "South")])
    alerts = sorted([*storm(0), *storm(1)], key=lambda alert: alert.at)

    plain = spoken_of(ask(alerts, policy(RULES), regions=two))
    bounded = spoken_of(ask(alerts, policy(RULES), regions=two, capacity_per_second={"South": 0.01}))

    assert plain is not None
    assert bounded is not None
    assert ("North", "South") == (plain.region, bounded.region)


def test_a_quiet_north_is_not_spoken_of_before_a_region_that_is_spared_something():
    two = regions_of([(0, BEFORE_ALL, "North"), (1, BEFORE_ALL, "South")])
    alerts = sorted([Alert(0, 0, 1, ""), *storm(1)], key=lambda alert: alert.at)

    spared = spoken_of(ask(alerts, policy(RULES), regions=two))
    quiet = spoken_of(ask([Alert(0, 0, 1, ""), Alert(1, 1, 1, "")], policy(RULES), regions=two))

    assert spared is not None
    assert quiet is not None
    assert ("South", "North") == (spared.region, quiet.region)


def test_devices_of_no_region_are_not_spoken_of_where_a_region_is_there():
    one = regions_of([(0, BEFORE_ALL, "North"), (1, BEFORE_ALL, "")])
    alerts = sorted([Alert(0, 0, 1, ""), *storm(1)], key=lambda alert: alert.at)
    region = spoken_of(ask(alerts, policy(RULES), regions=one))

    assert region is not None
    assert "North" == region.region


@pytest.mark.parametrize(
    ("alerts", "said"),
    [(0, "0"), (1, "0.017"), (59, "0.98"), (60, "1.0"), (492, "8.2"), (600_000, "10,000.0")],
)
def test_a_rate_has_as_many_figures_as_it_needs(alerts, said):
    assert said == per_second(alerts)


def test_the_table_has_a_row_for_each_region_and_place(tmp_path):
    write_edge_csv(FOUND, tmp_path / "edge.csv")

    with (tmp_path / "edge.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(EdgeRow._fields) == list(rows[0])
    assert [("North", place) for place in ("nowhere", "hub", "csp", "dsp")] == [
        (row["region"], row["place"]) for row in rows
    ]
    assert ["", "10", "0", "0"][1:] == [row["wan_spared"] for row in rows[1:]]
    assert ["0", "10", "10", "10"] == [row["dsp_to_user_spared"] for row in rows]


def test_a_region_named_like_a_formula_is_text(tmp_path):
    found = ask(storm(), policy(RULES), regions=regions_of([(0, BEFORE_ALL, "=1+1")]))

    write_edge_csv(found, tmp_path / "edge.csv")

    assert "\r\n'=1+1,hub," in (tmp_path / "edge.csv").read_bytes().decode()


def test_the_summary_says_what_was_taken_for_granted(tmp_path):
    write_edge_summary(FOUND, tmp_path / "summary.json")

    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert edge_summary(FOUND) == summary
    assert {"wan_copies": "each", "same_event": "1s"} == summary["assumptions"]
    assert (18, 9) == (summary["received"], summary["events"])
    assert [10, 0, 0] == [summary["regions"]["North"][place.value]["wan_spared"] for place in PLACES]
    assert [10, 10, 10] == [summary["all"][place.value]["throttled"] for place in PLACES]


def test_the_workbook_has_its_sheets_and_no_number_as_text(tmp_path):
    write_edge_xlsx(ask(storm(), policy(RULES), capacity_per_second={"North": 6.5}), tmp_path / "edge.xlsx")

    with zipfile.ZipFile(tmp_path / "edge.xlsx") as book:
        names = book.read("xl/workbook.xml").decode()
        places = book.read("xl/worksheets/sheet2.xml").decode()
    assert all(f'name="{sheet}"' in names for sheet in ("Verdict", "Places", "Spared", "Hours", "About"))
    assert "<v>18</v>" in places


def test_the_page_shows_both_pictures_with_their_data():
    found = ask(storm(), policy(RULES), capacity_per_second={"North": 0.02})
    pictures = tuple(edge_pictures(found))

    html = page_html(edge_page(found, pictures))

    assert ["spared-by-place", "busiest-minutes"] == [picture.name for picture in pictures]
    assert "Only at the Communications Hub does the rule spare the SM WAN: 55.6%" == pictures[0].title
    assert (
        "The SM WAN of North was over 0.02 Alerts a second in 2 minutes; with the rule at the Hub in 2"
        == (pictures[1].title)
    )
    assert all(picture.title in html for picture in pictures)
    assert "18 Alerts = 10 throttled + 4 forwarded in storms + 4 under the threshold" in html


def test_a_picture_says_when_only_the_dsp_can_help():
    found = ask(storm(device=1), policy(RULES))

    assert ["No place before the DSP spares anything here"] == [each.title for each in edge_pictures(found)]


def test_nothing_is_drawn_of_nothing():
    assert [] == list(edge_pictures(ask([], policy(RULES))))


def test_a_partial_answer_says_so_first():
    partial = replace(FOUND, completed=0.25)

    assert "Interrupted: this is the first 25% of the log." == edge_verdict(partial).cautions[0]
    assert "interrupted after 25%" in page_html(edge_page(partial, ()))


def test_rows_of_a_region_add_up():
    for row in edge_rows(ask(storm(), policy(RULES), regions=NORTH_AND_SMETS1)):
        passed = row.excluded + row.under_threshold + row.forwarded_in_storms
        assert row.alerts == row.beyond + passed + row.throttled
        assert row.wan_busiest_minute <= row.wan_busiest_hour <= row.wan
        assert row.wan_busiest_minute * SECOND >= 0
