"""The page, the pictures and the workbook of Post Commissioning: all is told, and nothing that is not there."""

from __future__ import annotations

import re
import zipfile
from fractions import Fraction

import pytest
from tests.commissioning_statuses import (
    DIFFERS,
    EMPTY,
    MISSED,
    NOTHING,
    REPLACED,
    cohort,
    nation,
    status,
    steps,
)

from tidegate.commissioning.finding import Reason
from tidegate.formats import commissioning_xlsx
from tidegate.formats.commissioning_charts import dumbbells, lying, trend
from tidegate.formats.commissioning_page import Beside, commissioning_page
from tidegate.formats.commissioning_pictures import commissioning_pictures
from tidegate.formats.commissioning_xlsx import write_commissioning_xlsx
from tidegate.formats.page import page_html
from tidegate.reports.commissioning_status import Change, Step
from tidegate.reports.commissioning_tables import counted
from tidegate.reports.commissioning_words import step_file

UNTOLD = Step(Change.UNTOLD, REPLACED, Reason.TIMED_OUT)
DRAFT = {EMPTY: 61, DIFFERS: 8, MISSED: 2, NOTHING: 929}


def tables(found, heading):
    """The tables of a section: headings and rows."""
    (section,) = [each for each in commissioning_page(found, ()).sections if each.heading == heading]
    return section.tables


def headings(found, **more):
    return [section.heading for section in commissioning_page(found, (), **more).sections]


@pytest.fixture
def not_drawn(monkeypatch):
    """Pictures are put together, and not drawn: that takes a tenth of a second each."""
    monkeypatch.setattr(
        "tidegate.formats.commissioning_pictures.charts.svg", lambda name, _: f"<svg>{name}</svg>"
    )


def test_the_waterfall_is_drawn_with_its_words_and_its_data():
    picture = next(iter(commissioning_pictures(steps(DRAFT))))
    words = re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg)

    assert "Not a failure: the response has no outcome" in words
    assert "\N{MINUS SIGN}6.1 points, 61 Devices (update remote party credentials)" in words
    assert "+0.2 points, 2 Devices (NetworkOperator cells)" in words
    assert {"Failed by appendix-ac-5", "6.9%, 69 Devices", "Failed by outcome", "1.0%, 10 Devices"} <= set(
        words
    )
    assert (
        ("not a failure", "update remote party credentials: the response has no outcome", 61, 6.1, 69, 8),
        ("was missed", "NetworkOperator cells: the cell holds another party's certificate", 2, 0.2, 8, 10),
    ) == picture.rows


@pytest.mark.usefixtures("not_drawn")
def test_the_data_of_the_waterfall_walk_step_by_step():
    other = EMPTY._replace(place="issue credentials")
    picture = next(iter(commissioning_pictures(steps({EMPTY: 6, other: 3, MISSED: 2, NOTHING: 89}))))

    assert [(6, 9, 3), (3, 3, 0), (2, 0, 2)] == [(row[2], *row[4:]) for row in picture.rows]


@pytest.mark.usefixtures("not_drawn")
def test_every_picture_that_shows_something_is_there():
    names = [picture.name for picture in commissioning_pictures(nation())]

    assert [
        "waterfall",
        "true-failures",
        "by-supplier",
        "by-network-operator",
        "by-csp-region",
        "by-device-type",
        "by-manufacturer",
        "by-month",
        "months-open",
    ] == names


@pytest.mark.usefixtures("not_drawn")
@pytest.mark.parametrize(
    ("found", "names"),
    [
        (steps({}), []),
        (steps({NOTHING: 20}), []),
        (steps({DIFFERS: 1}, supplier="A", month="2026-03"), ["true-failures"]),
        (steps({UNTOLD: 50}), ["waterfall"]),
        (status({cohort(EMPTY): 3}, ["appendix-ac-5"]), ["true-failures"]),
    ],
)
def test_what_shows_nothing_is_not_drawn(found, names):
    assert names == [picture.name for picture in commissioning_pictures(found)]


@pytest.mark.usefixtures("not_drawn")
def test_what_is_not_known_is_named_so_in_the_data():
    found = status({cohort(EMPTY, supplier="A"): 3, cohort(NOTHING, supplier="B"): 3, cohort(NOTHING): 4})
    (picture,) = [each for each in commissioning_pictures(found) if each.name == "by-supplier"]

    assert {"A", "B", "not known"} == {row[0] for row in picture.rows}
    assert [3, 3, 4] == sorted(row[1] for row in picture.rows if isinstance(row[1], int))


def test_a_bar_begins_where_the_one_before_ended():
    rows = [
        {"name": "a", "said": "", "bars": [(0, 7.0, "first")]},
        {"name": "b", "said": "", "bars": [(7.0, 1.0, "less")]},
        {"name": "c", "said": "", "bars": [(0, 1.0, "last")]},
    ]
    chart = lying(rows, {"first": "grey", "less": "blue", "last": "red"}, "Devices", are_walked=True)
    leads, bars = chart["layer"][0]["data"]["values"], chart["layer"][1]["data"]["values"]

    assert [(0, 7.0), (1.0, 7.0), (0, 1.0)] == [(bar["low"], bar["high"]) for bar in bars]
    assert [(7.0, bars[1]["top"]), (1.0, bars[2]["top"])] == [(lead["end"], lead["bottom"]) for lead in leads]


def test_a_line_to_the_next_bar_ends_where_words_begin_that_it_would_cross():
    """Of 820 dots for 10 per cent, 26 letters need 156 dots: 1.9 per cent."""
    rows = [
        {"name": "a", "said": "", "bars": [(0, 10.0, "first")]},
        {"name": "b" * 26, "said": "", "bars": [(10.0, 2.0, "less")]},
        {"name": "c" * 26, "said": "", "bars": [(2.0, 1.8, "less")]},
        {"name": "d" * 26, "said": "", "bars": [(0, 1.8, "last")]},
    ]
    chart = lying(rows, {"first": "grey", "less": "blue", "last": "red"}, "Devices", are_walked=True)
    leads, bars = chart["layer"][0]["data"]["values"], chart["layer"][1]["data"]["values"]

    assert [bars[1]["top"], bars[2]["top"]] == [lead["bottom"] for lead in leads[:2]]
    assert leads[2]["bottom"] < bars[3]["top"] - 20


def test_dots_of_one_set_of_criteria_have_no_other():
    row = {"value": "A", "first": None, "last": 1.0, "low": 0.5, "high": 2.0, "said": ""}
    chart = dumbbells([row], {"first": "appendix-ac-5", "last": "appendix-ac-5"})

    assert [] == chart["layer"][0]["data"]["values"]
    assert 1 == len(chart["layer"][2]["data"]["values"])


@pytest.mark.parametrize(
    ("limit", "said"), [(None, []), ((5.0, "the limit you gave: 5%"), ["the limit you gave: 5%"])]
)
def test_there_is_no_line_of_a_limit_that_nobody_gave(limit, said):
    row = {"month": "2026-01", "what": "outcome", "share": 1.0, "low": 0.5, "high": 2.0}
    chart = trend([row], {"first": "appendix-ac-5", "last": "outcome"}, limit)
    texts = [layer for layer in chart["layer"] if layer["mark"]["type"] == "text"]

    assert said == [layer["data"]["values"][0]["said"] for layer in texts]


def test_every_step_opens_its_devices_and_names_its_file():
    found = status({cohort(EMPTY, supplier="A"): 61, cohort(DIFFERS): 8, cohort(NOTHING): 931}, shown=2)
    html = page_html(commissioning_page(found, ()))

    assert (
        "<summary>61 Devices: update remote party credentials: the response has no outcome</summary>" in html
    )
    assert "The first 2 of 61." in html
    assert "00-DB-00-00-00-00-00-01" in html
    for step in (EMPTY, DIFFERS):
        assert f'<a href="{step_file(step)}">{step_file(step)}</a>' in html


def test_a_page_without_lists_beside_it_tells_every_step_and_names_no_device():
    found = status({cohort(EMPTY): 6, cohort(DIFFERS): 2}, shown=2)
    own = page_html(commissioning_page(found, (), beside=Beside.OWN_LISTS))
    none = page_html(commissioning_page(found, (), beside=Beside.NO_LISTS))

    for html in (own, none):
        assert "the response has no outcome</td>" in html
        assert "00-DB-00-00-00-00-00-01" not in html
        assert "steps/" not in html
    assert '<a href="devices.csv">' in own
    assert "devices.csv" not in none


def test_nothing_of_the_input_becomes_markup():
    found = status({cohort(DIFFERS, supplier="<script>", responsible="<b>"): 1}, shown=1)
    html = page_html(commissioning_page(found, ()))

    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "&lt;b&gt;" in html


def test_the_reconciliation_has_every_device_once():
    matrix, corners = tables(steps({**DRAFT, UNTOLD: 5}), "Verdict by verdict")

    assert ["failed", 8, 0, 0, 2, 0, 10] == matrix.rows[0]
    assert ["all", 74, 0, 0, 931, 0, 1_005] == matrix.rows[-1]
    assert 1_005 == sum(row[0] for row in corners.rows)
    assert [61, "6.1%", "failed by appendix-ac-5, secure by outcome"] == corners.rows[0][:3]


def test_the_next_actions_are_those_of_devices_that_need_any():
    actions, parties = tables(
        status({cohort(DIFFERS, responsible="A"): 8, cohort(UNTOLD): 2, cohort(NOTHING): 90}),
        "What to do next",
    )

    assert [
        ["send 6.15.1 again", 8, "80.0%"],
        ["read its credentials (6.24.1)", 2, "20.0%"],
    ] == actions.rows
    assert [["A", 8, 0, 0], ["not known", 0, 2, 0]] == parties.rows


def test_incidents_that_are_due_are_problems_and_the_others_have_their_reason():
    hubs = {
        cohort(EMPTY, device_type="CHF"): 9,
        cohort(UNTOLD, device_type="CHF"): 3,
        cohort(DIFFERS, device_type="CHF", manufacturer="HubCo", region="North", responsible="DCC"): 2,
        cohort(MISSED, device_type="CHF"): 1,
        cohort(DIFFERS, device_type="ESME"): 50,
    }
    found = status(hubs)
    (section,) = [
        each
        for each in commissioning_page(found, ()).sections
        if each.heading == "Incidents for Communications Hubs"
    ]
    due, not_due = section.tables

    assert [
        (
            "By appendix-ac-5 an Incident is raised for 14 Communications Hub Functions: 9 are securely commissioned, 3 should "
            "be read first. By outcome one is due for 3, 1 of them missed by appendix-ac-5."
        )
    ] == section.paragraphs
    assert "3 Incidents of 2 problems" == due.heading
    assert [
        "NetworkOperator cells: the cell holds another party's certificate",
        "North",
        2,
    ] == due.rows[0]
    assert [
        ["not due", "update remote party credentials: the response has no outcome", 9],
        ["read first", "update remote party credentials: there was no response in time", 3],
    ] == not_due.rows


@pytest.mark.parametrize(
    ("found", "missing"),
    [
        (steps({}), ["Which Devices", "Verdict by verdict", "What to do next", "Month by month"]),
        (steps({NOTHING: 5}), ["Which Devices", "What to do next", "Incidents for Communications Hubs"]),
        (status({cohort(EMPTY): 5}, ["appendix-ac-5"]), ["Verdict by verdict"]),
    ],
)
def test_a_section_of_nothing_is_left_out(found, missing):
    assert not set(missing) & set(headings(found))


def test_a_limit_is_told_though_there_is_no_picture_of_months():
    page = commissioning_page(steps(DRAFT), (), cni_limit=Fraction(1, 20))
    (section,) = [each for each in page.sections if each.heading == "Month by month"]

    assert [
        "The limit you gave, 5%: it is breached on paper only, by appendix-ac-5; by outcome it is kept."
    ] == section.paragraphs


def sheets(path):
    """Names of sheets, and all the text of a workbook."""
    with zipfile.ZipFile(path) as archive:
        names = re.findall(r'sheet name="([^"]+)"', archive.read("xl/workbook.xml").decode())
        parts = [
            archive.read(name).decode()
            for name in archive.namelist()
            if name.startswith("xl/worksheets/sheet")
        ]
        strings = "xl/sharedStrings.xml"
        texts = archive.read(strings).decode() if strings in archive.namelist() else ""
    return names, parts, texts


def test_the_workbook_has_a_sheet_for_every_table(tmp_path):
    write_commissioning_xlsx(status({cohort(EMPTY): 2, cohort(NOTHING): 8}), tmp_path / "a.xlsx")
    names, _, texts = sheets(tmp_path / "a.xlsx")

    assert [
        "summary", "verdicts", "reconciliation", "how to read it", "waterfall", "steps", "by Supplier",
        "by Network Operator", "by CSP region", "by Device type", "by manufacturer", "by month", "months open",
        "what to do next", "whose it is", "incidents", "data", "notes",
    ] == names  # fmt: skip
    assert step_file(EMPTY) in texts


def test_a_name_that_looks_like_a_formula_stays_text(tmp_path):
    write_commissioning_xlsx(steps({DIFFERS: 1}, supplier="=1+1"), tmp_path / "a.xlsx")
    _, parts, texts = sheets(tmp_path / "a.xlsx")

    assert "=1+1" in texts
    assert not any("<f>" in part for part in parts)


def test_what_would_make_the_data_too_long_is_left_out_of_it_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(commissioning_xlsx, "MOST_COUNTED", 2)
    write_commissioning_xlsx(
        status({cohort(NOTHING, supplier=name): 1 for name in "ABC"}), tmp_path / "a.xlsx"
    )

    assert "not in data, which would be too long: supplier" in sheets(tmp_path / "a.xlsx")[2]


@pytest.mark.parametrize("most", [1, 7, 300, 10_000])
def test_whatever_is_left_out_all_devices_are_counted(most):
    fields, rows = counted(nation(), most)

    assert nation().devices == sum(devices for _, devices in rows)
    assert len({values for values, _ in rows}) == len(rows) <= most
    assert all(len(fields) == len(values) for values, _ in rows)
