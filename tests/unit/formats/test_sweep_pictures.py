"""The picture of a sweep: its title is the finding, its data are all the policies, its rules stand where they should."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.unit.reports.swept_examples import RULE, murmur, policy, shouters, swept

from tidegate.formats.page import page_html
from tidegate.formats.picture import write_png
from tidegate.formats.reproduction import Reproduction
from tidegate.formats.sweep_chart import sweep_chart
from tidegate.formats.sweep_page import sweep_page
from tidegate.formats.sweep_pictures import MOST_LINES, MOST_PICTURES, sweep_picture, sweep_pictures
from tidegate.reports.recommendation import recommend, recommendations

HUNDRED = policy(replace(RULE, threshold=100, clear_threshold=50))


def _row(problems):
    return {"x": 5, "delivered": 0.5, "storms": 1.0, "problems": problems, "detect": 1.0}


def drawn(found, code=None):
    picture = sweep_picture(found, recommend(found, code))
    assert picture is not None
    return picture, re.findall(r"<text[^>]*>([^<]*)</text>", picture.svg)


def test_the_title_is_what_is_recommended_and_the_rules_say_where_it_stands():
    picture, words = drawn(swept([*shouters(), *murmur()], "threshold=5..300", base=HUNDRED), 0x8F75)

    assert re.fullmatch(
        r"\d+ in 1 h holds back \d\d\.\d% of 8F75 and detects half of the storms within \d+ min( \d+ s)?",
        picture.title,
    )
    assert "in force: 100 in 1 h" in words
    assert any(re.fullmatch(r"recommended: \d+ in 1 h", word) for word in words)
    assert {"Delivered", "Problems"} <= set(words)


def test_what_is_in_force_and_recommended_is_one_rule():
    _, words = drawn(swept(shouters(), "threshold=5..300"))

    assert "in force and recommended: 30 in 1 h" in words
    assert not any(word.startswith("recommended") for word in words)


@pytest.mark.parametrize(("most", "ticks"), [(0, [0, 1]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (5, None)])
def test_problems_are_counted_by_whole_numbers(most, ticks):
    panel = sweep_chart(swept(shouters(), "threshold=5,30"), [], [_row(most), _row(0)], [])["vconcat"][2]
    axis = panel["layer"][-1]["encoding"]["y"]["axis"]

    assert ticks == axis.get("values")


def test_the_data_are_every_policy_as_numbers():
    found = swept(shouters(), "threshold=5..300", "window=15m,1h")
    picture, _ = drawn(found)

    assert len(found.points) == len(picture.rows)
    assert all(row[5] == row[6] + row[7] for row in picture.rows)
    assert "minutes to detect" in picture.columns


def test_each_value_of_a_second_parameter_is_a_line_and_there_are_not_too_many():
    _, words = drawn(swept(shouters(), "threshold=10,30,100", "window=15m,1h"))
    _, many = drawn(swept(shouters(), "threshold=10,30,100", "forward_one_in=2..20"))

    assert {"Window", "15m", "1h"} <= set(words)
    legend = [word for word in many if word in {str(n) for n in (2, 6, 7, 11, 15, 16, 20)}]
    assert MOST_LINES == len(set(legend))


@pytest.mark.parametrize(
    "ranges",
    [
        ("window=15m,30m,1h,6h",),
        ("forward_at_least_every=10m,1h,never",),
        ("forward_one_in=1,2,5,10,50",),
        ("clear_threshold=0..30:5",),
        ("threshold=30",),
        ("threshold=10,20,30", "window=30m,1h", "forward_one_in=5,10"),
    ],
)
def test_whatever_is_swept_is_drawn(ranges, tmp_path):
    picture, words = drawn(swept(shouters(), *ranges))
    write_png(picture, tmp_path / "picture.png")

    assert any("in force" in word for word in words)
    assert b"\x89PNG" == (tmp_path / "picture.png").read_bytes()[:4]


def test_where_nothing_storms_there_is_no_picture():
    found = swept(murmur(), "threshold=5..300")

    assert sweep_picture(found, recommend(found, None)) is None
    assert [] == sweep_pictures(found, recommendations(found))


def test_codes_with_something_to_choose_have_a_picture_but_not_too_many():
    codes = [0x8F75, *range(0x8000, 0x8009)]
    found = swept([alert for code in codes for alert in shouters(2, code=code)], "threshold=10,30,100")
    made = sweep_pictures(found, recommendations(found))

    assert 1 + MOST_PICTURES == len(made)
    assert ["sweep", "sweep-8000"] == [picture.name for picture in made[:2]]


def test_the_page_says_what_it_rests_on_and_escapes_what_it_was_given():
    found = replace(swept([*shouters(), *murmur()], "threshold=5..300"), source="<script>.csv")
    all_of_them = recommendations(found)
    page = page_html(
        sweep_page(found, all_of_them, sweep_pictures(found, all_of_them), Reproduction("tidegate sweep"))
    )

    assert "<script>" not in page
    assert "a storm" in page
    assert "no remedy" in page
    assert "tidegate sweep" in page
