"""Each scenario has a page: it quotes the remark it answers word for word, and its commands exist."""

from __future__ import annotations

import csv
import re

import pytest
from tests.documents.command_reference import commands
from tests.documents.pages import DOCS, links_of, text_of
from tests.documents.quotations import quotations_in
from tests.shared_material import shared

from tidegate.simulation.scenarios import scenarios

PAGES = DOCS / "scenarios"

ANSWERS = {
    "58-devices-8f75": {"A39", "A40"},
    "adapter-outage": set(),
    "clock-change-night": set(),
    "duplicates-and-disorder": set(),
    "enwl-10k-by-10": {"A02", "A07"},
    "exempt-code-overload": {"A33", "A35"},
    "national": set(),
    "one-operator-week": {"A15", "A25"},
    "one-per-second": {"A39", "A41"},
    "quiet": set(),
    "random-cause": {"A01", "A42"},
    "ssen-8014-8015": {"A19", "A20"},
    "unfixable-hub": {"A26", "A27"},
    "weather-day": set(),
    "wpd-2m-a-day": {"A17", "A31", "A32"},
}
"""The remarks that each answers; none where a scenario is ours."""

REMARK = re.compile(r"^> \*\*(A\d\d), ([^*]+)\*\* \(([^)]+)\): (.+)$", re.MULTILINE)
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_of(name: str) -> str:
    return text_of(PAGES / f"{name}.md")


def test_every_scenario_has_a_page_and_every_page_a_scenario() -> None:
    assert (
        set(scenarios())
        == set(ANSWERS)
        == {page.stem for page in PAGES.glob("*.md")}
        - {
            "index",
            "commissioning",
            "service-requests",
        }
    )


@pytest.mark.parametrize("name", list(ANSWERS))
def test_a_page_quotes_the_remarks_it_answers(name: str) -> None:
    quoted = {remark for remark, *_ in REMARK.findall(page_of(name))}

    assert ANSWERS[name] == quoted
    assert (
        quoted
        or re.search(r"^No (respondent|remark) asks?", page_of(name), re.MULTILINE)
        or ("No respondent asked" in page_of(name))
    )


@pytest.mark.parametrize("name", list(ANSWERS))
def test_a_page_says_what_is_shown_what_is_not_and_what_is_invented(name: str) -> None:
    text = page_of(name)

    assert text.startswith(f"# `{name}`: ")
    assert "**The question.**" in text
    assert "**The answer.**" in text
    assert "## What it does not show" in text
    assert re.search(r"\*\*(What is )?[Ii]nvented:\*\*", text)


@pytest.mark.parametrize("name", list(ANSWERS))
def test_a_page_begins_its_session_by_making_the_scenario(name: str) -> None:
    first = quotations_in(BLOCK.findall(page_of(name))[0])[0].command

    assert first.startswith(f"tidegate simulate {name} ")


@pytest.mark.parametrize("name", list(ANSWERS))
def test_every_command_of_a_page_exists(name: str) -> None:
    known = {each.removeprefix("tidegate ") for each, _ in commands()}
    used = {
        match
        for body in BLOCK.findall(page_of(name))
        for quotation in quotations_in(body)
        for match in re.findall(r"\btidegate ((?:policy |report )?[a-z]+)", quotation.command)
    }

    assert used <= known
    assert len(used) >= 2


@pytest.mark.parametrize("name", [name for name in ANSWERS if ANSWERS[name]])
def test_a_quoted_remark_is_word_for_word_in_the_table_of_requirements(name: str) -> None:
    with shared("tables/requirements.tsv").open(encoding="utf-8", newline="") as file:
        table = {row["id"]: row for row in csv.DictReader(file, delimiter="\t")}

    for remark, respondent, _, words in REMARK.findall(page_of(name)):
        assert words in table[remark]["quote"]
        assert respondent in {table[remark]["respondent"], table[remark]["respondent"].capitalize()}


def test_a_remark_is_quoted_alike_on_every_page() -> None:
    by_id: dict[str, set[tuple[str, str]]] = {}
    for name in ANSWERS:
        for remark, respondent, _, words in REMARK.findall(page_of(name)):
            by_id.setdefault(remark, set()).add((respondent, words))

    assert {} == {remark: said for remark, said in by_id.items() if len(said) > 1}


def test_the_index_leads_to_every_page() -> None:
    linked = {link.removesuffix(".md") for link in links_of(PAGES / "index.md")}

    assert set(ANSWERS) <= linked


@pytest.mark.parametrize("name", list(ANSWERS))
def test_the_reference_has_the_size_of_every_scenario(name: str) -> None:
    scenario = scenarios()[name]
    row = f"| [`{name}`](../scenarios/{name}.md) | {scenario.devices:,} | {scenario.days} |"

    assert row in text_of(DOCS / "reference" / "scenarios.md")
