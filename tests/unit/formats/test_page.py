"""A page: findings first, everything escaped, a table behind every picture."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from tidegate.formats.page import Number, Page, Section, Table, number, page_html
from tidegate.formats.picture import Picture, write_png

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'
PICTURE = Picture(
    "by-day", "It fell", "A bar is a day", SQUARE, ("day", "alerts"), (("Mon", 1_200), ("Tue", 0))
)
PAGE = Page(
    title="A page",
    about="of a log <b>",
    headline="It fell",
    numbers=[Number("Received", "1,200", "100%", "passed")],
    findings=["Found: <script>alert(1)</script>"],
    cautions=["Synthetic"],
    sections=[
        Section(
            "Days",
            ["In words"],
            [PICTURE],
            [
                Table(
                    ("device", "alerts", "share"),
                    [("00-DB", 1_200, 0.1234), ("00-DC", 0, None)],
                    is_of_devices=True,
                )
            ],
            ["tidegate check log.csv"],
        )
    ],
)


class Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self.tags.append(tag)


def test_nothing_of_the_input_becomes_markup() -> None:
    html = page_html(PAGE)

    assert "script" not in Elements(html).tags
    assert "of a log &lt;b&gt;" in html


def test_every_picture_has_its_data_in_a_table() -> None:
    html = page_html(PAGE)

    assert Elements(html).tags.count("table") == 2
    assert '<td class="n">1,200</td>' in html


def test_a_cell_that_says_nothing_is_blank() -> None:
    assert "None" not in page_html(PAGE)


def test_a_number_has_three_figures_unless_it_is_whole() -> None:
    assert ["1,234", "0.123", "12.3", "12,345"] == [
        number(1_234),
        number(0.1234),
        number(12.34),
        number(12_345.4),
    ]


def test_a_page_that_has_nothing_but_a_headline_is_a_page() -> None:
    assert "<h1>Nothing</h1>" in page_html(Page("t", "a", "Nothing", []))


def test_a_picture_is_written_as_png_on_white(tmp_path: Path) -> None:
    write_png(PICTURE, tmp_path / "by-day.png")

    assert b"\x89PNG" == (tmp_path / "by-day.png").read_bytes()[:4]
