"""report.html: one file that needs no network and no script, and that hides nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from tests.unit.reports.replayed_examples import (
    DEFAULT,
    empty,
    policy,
    quiet,
    replayed,
    spell,
    storming,
    week,
)

from tidegate.alert_storm.parameters import AlertStormRules
from tidegate.columnar.batches import Columns, RejectedRow
from tidegate.formats.report_html import parameter_rows, report_html, write_report_html
from tidegate.reports.replayed import InForce, Totals
from tidegate.vocabulary.instants import HOUR, parse_instant

ONE_MB = 1_000_000
VOID = {"meta", "link", "br", "img", "input", "hr"}


class _Reader(HTMLParser):
    """The elements of a page, its text, and whether every element is closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _read(html: str) -> _Reader:
    reader = _Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def _text(html: str) -> str:
    return re.sub(r"\s+", " ", " ".join(_read(html).text))


@pytest.fixture(scope="module")
def of_week() -> str:
    return report_html(week())


def test_the_report_of_a_week_is_under_a_megabyte(of_week: str) -> None:
    assert len(of_week.encode()) < ONE_MB


def test_the_report_of_a_month_is_under_a_megabyte() -> None:
    assert len(report_html(week(days=31, alerts=9_000_000)).encode()) < ONE_MB


def test_nothing_is_loaded_and_nothing_is_run(of_week: str) -> None:
    elements = _read(of_week).elements

    assert not {"script", "link", "iframe", "object", "img"} & {tag for tag, _ in elements}
    for _, attributes in elements:
        for name in ("src", "href", "xlink:href", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:text/csv"))
        assert not [name for name in attributes if name.startswith("on")]
    assert "url(" not in of_week.replace("url(#", "")
    assert "@import" not in of_week


def test_the_verdict_comes_first_and_the_sum_adds_up(of_week: str) -> None:
    made = week()
    text = _text(of_week)

    assert text.index("58 Devices stormed and 33.7%") < text.index("Pictures")
    assert (
        f"{made.received:,} received = {made.forwarded:,} forwarded + {made.throttled:,} held back "
        f"+ {made.excluded:,} excluded (always passed) + 1,204 rejected" in text
    )


def test_every_picture_has_its_title_its_data_and_what_it_was_made_with(of_week: str) -> None:
    figures = of_week.split("<figure>")[1:]

    assert len(figures) == 4
    for figure in figures:
        assert "<h3 id=" in figure
        assert "<svg" in figure
        assert 'download="' in figure
        assert "<details>" in figure
        assert "illustrative-2 (enforced): 30 in 1 h, one in 10 forwarded" in figure
        assert "2026-03-01 00:00 to 2026-03-07 23:59 UTC" in figure


def test_it_can_be_read_without_seeing_it(of_week: str) -> None:
    elements = _read(of_week).elements
    names = [attributes["id"] for tag, attributes in elements if "id" in attributes and tag != "g"]
    levels = [int(tag[1]) for tag, _ in elements if re.fullmatch(r"h[1-6]", tag)]

    assert ("html", {"lang": "en-GB"}) in elements
    assert len(names) == len(set(names))
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all("scope" in attributes for tag, attributes in elements if tag == "th")
    for tag, attributes in elements:
        if attributes.get("role") == "img":
            assert attributes["aria-labelledby"] in names, tag


def test_the_same_replay_makes_the_same_report(of_week: str, tmp_path: Path) -> None:
    write_report_html(week(), tmp_path / "report.html")

    assert of_week == (tmp_path / "report.html").read_text(encoding="utf-8")


def test_what_a_person_wrote_is_shown_and_not_obeyed() -> None:
    hostile = "<script>alert(1)</script>"
    row = RejectedRow(hostile, 1, hostile, hostile)
    made = replayed(
        {0x8F75: Totals(100, 10, 90)},
        [spell(recipient=hostile), spell()],
        policies=[policy(hostile, excluded={0x8F35: hostile})],
        rejected=1,
    )
    made = replace(
        made,
        source=hostile,
        columns=Columns({"device_id": hostile}, ignored=[hostile]),
        by_recipient={hostile: Totals(100, 10, 90)},
        rejected_by_reason={hostile: (1, row)},
    )

    html = report_html(made)

    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_partial_report_says_so_first_and_under_every_picture() -> None:
    text = _text(report_html(replace(storming(), completed=0.4)))

    assert text.index("Partial: interrupted after 40% of the input") < text.index("Tidegate replay of")
    assert text.count("PARTIAL. example-1") == 4
    assert "Partial" not in _text(report_html(storming()))


def test_a_log_without_an_alert_has_a_report() -> None:
    text = _text(report_html(empty()))

    assert "There was no Alert to replay." in text
    assert "Pictures" not in text
    assert "By Alert Code" not in text


def test_a_quiet_log_shows_no_storms() -> None:
    assert "The streams that stormed worst" not in _text(report_html(quiet()))


def test_rejected_rows_are_shown_by_reason_with_the_first_of_them(of_week: str) -> None:
    text = _text(of_week)

    assert "an EUI-64 as a spreadsheet mangles it 1,200 our_alerts_oct.csv, line 17:" in text
    assert "All of them are in rejected.csv" in text


def test_each_policy_in_force_is_shown_with_its_part() -> None:
    noon = parse_instant("2026-03-01T12:00:00Z")
    made = replace(
        storming(),
        in_force=[
            InForce(policy("one", excluded={0x8F75: "to be counted"}), None, noon, Totals(400, 0, 0, 400)),
            InForce(policy("two"), noon, None, Totals(600, 60, 540)),
        ],
    )

    text = _text(report_html(made))

    assert "in force until 2026-03-01 12:00 UTC · 400 Alerts, 0% held back" in text
    assert "in force from 2026-03-01 12:00 UTC · 600 Alerts, 90.0% held back" in text
    assert "8F75 Unauthorised Physical Access - Strong Magnetic field to be counted" in text


def test_overrides_alike_share_a_row_after_the_default() -> None:
    lower = replace(DEFAULT, threshold=20)
    rules = AlertStormRules(
        DEFAULT, {0x8F75: lower, 0x8014: lower, 0x8F12: replace(DEFAULT, window_us=2 * HOUR)}
    )
    made = replace(policy(rules=rules), reasons={0x8F12: "slow"})

    rows = parameter_rows(made)

    assert [row["codes"] for row in rows] == ["Every other code", "8014, 8F75", "8F12"]
    assert [row["reason"] for row in rows] == [policy().default_reason, "", "slow"]
    assert rows[2]["words"].startswith("30 in 2 h")


def test_many_recipients_are_cut_and_it_is_said() -> None:
    made = storming()
    made = replace(made, by_recipient={f"user {at:03}": Totals(1, 1) for at in range(51)})

    text = _text(report_html(made))

    assert "50 of 51 recipients, the most received first" in text
    assert "user 049" in text
    assert "user 050" not in text
