"""What the pages quote is what the program prints."""

from __future__ import annotations

import os
import re

import pytest

from tests.documents.pages import ROOT, name_of, text_of
from tests.documents.quotations import (
    brought_up_to_date,
    quotations_in,
    quoting_pages,
    run_again,
    says,
    without_end,
)

SCENARIOS = ROOT / "docs" / "scenarios"
WHY_NOT = (
    "a scenario's page makes and replays a whole log: TIDEGATE_ALL_PAGES=1 ./run test tests/documents runs it"
)
"""What each of them must find is held by tests/scenarios, on smaller logs, with every run of the suite."""


@pytest.mark.parametrize("page", quoting_pages(), ids=name_of)
def test_a_page_quotes_what_its_commands_print(page, tmp_path):
    """Where this fails: `python -m tests.documents.quotations`, then read the page again."""
    if page.parent == SCENARIOS and "TIDEGATE_ALL_PAGES" not in os.environ:
        pytest.skip(WHY_NOT)
    for quotation, printed in run_again(page, tmp_path):
        quoted = without_end(quotation.printed)

        if not says(quoted, printed):
            assert quoted == printed


def test_the_readme_quotes_the_demo_and_one_storm():
    commands = [
        quotation.command
        for body in re.findall(
            r"^```console\n(.*?)^```$", text_of(ROOT / "README.md"), re.MULTILINE | re.DOTALL
        )
        for quotation in quotations_in(body)
    ]

    assert ["./run demo", "tidegate explain"] == [" ".join(command.split()[:2]) for command in commands]


@pytest.mark.parametrize(
    "page", [ROOT / "README.md", ROOT / "docs" / "tutorial" / "one-storm.md"], ids=name_of
)
def test_every_clock_time_that_is_told_stands_in_what_was_printed(page):
    text = text_of(page)
    quoted = "".join(re.findall(r"^```console\n.*?^```$", text, re.MULTILINE | re.DOTALL))
    told = re.findall(r"^(?:\*|\d+\.) \*\*(\d\d:\d\d(?::\d\d)?)\*\*", text, re.MULTILINE)

    assert len(told) >= 4
    assert [] == [clock for clock in told if f" {clock}" not in quoted]


def test_the_sum_of_the_storm_in_the_readme_is_right():
    """9 x 9 + 2 = 83: the counts carried, and what the first Alert after the storm tells."""
    text = text_of(ROOT / "README.md")
    held_back = int(re.search(r"(\d+) held back, at most", text).group(1))  # type: ignore[union-attr]
    forwarded = int(re.search(r"received, (\d+)\s+forwarded", text).group(1))  # type: ignore[union-attr]
    left = int(re.search(r"it tells of (\d+) held back", text).group(1))  # type: ignore[union-attr]

    assert held_back == forwarded * 9 + left
    assert f"{forwarded} x 9 + {left} = {held_back}" in text


@pytest.mark.parametrize(
    ("quoted", "printed", "expected"),
    [
        (["a", "b"], ["a", "b"], True),
        (["a", "b"], ["a", "c"], False),
        (["a"], ["a", "b"], False),
        (["a", "[...]", "d"], ["a", "b", "c", "d"], True),
        (["a", "[...]", "d"], ["a", "d"], False),
        (["a", "[...]"], ["a", "b", "c"], True),
        (["a.c"], ["abc"], False),
    ],
)
def test_a_quotation_holds_where_every_line_does(quoted, printed, expected):
    assert expected is says(quoted, printed)


@pytest.mark.parametrize(
    ("quoted", "printed", "expected"),
    [
        (["a", "b"], ["a", "c"], ["a", "c"]),
        (["a", "[...]", "d", "e"], ["a", "b", "d", "f"], ["a", "[...]", "d", "f"]),
        (["a", "b", "[...]"], ["x", "b", "c", "d"], ["x", "b", "[...]"]),
        (["a", "[...]", "d"], ["x", "b", "d"], ["x", "b", "d"]),
    ],
)
def test_what_was_left_out_is_left_out_again_where_its_neighbours_stand(quoted, printed, expected):
    assert expected == brought_up_to_date(quoted, printed)
