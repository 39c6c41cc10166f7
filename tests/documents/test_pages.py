"""Pages lead where they say, and no committed file says what it must not."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.documents.pages import (
    DOCS,
    ROOT,
    anchors_of,
    committed_files,
    links_of,
    name_of,
    pages,
    prose_of,
    text_of,
)

# Written so that this file does not say them itself.
REGISTRIES = re.compile(
    r"py[p]i\.org|python[h]osted\.org|npm[j]s\.|crates[.]io/|anaconda\.or[g]|proxy\.golang\.or[g]"
)
ABSOLUTE_PATH = re.compile(r"(?:^|[\s\"'`(=:])/(?:wor[k]|tm[p]|hom[e]|roo[t]|User[s]|op[t]|mn[t])/\w")
READING = re.compile(r"readings\.md#(\d+)")
NUMBERED = re.compile(r'^<a id="(\d+)"></a>\n\n## (\d+)\. ', re.MULTILINE)


def dead_links_of(page: Path) -> list[str]:
    dead = []
    for link in links_of(page):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / unquote(path)).resolve() if path else page
        is_page = target.suffix == ".md"
        if not target.is_file() or (anchor and is_page and anchor not in anchors_of(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page):
    assert [] == dead_links_of(page)


def test_a_dead_link_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Here\n\n[a](page.md#here) [b](gone.md) [c](page.md#gone) [d](https://example.org/x)\n")

    assert ["gone.md", "page.md#gone"] == dead_links_of(page)


def test_every_page_is_in_the_navigation_once():
    navigation = tomllib.loads(text_of(ROOT / "zensical.toml"))["project"]["nav"]

    assert sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")) == sorted(
        _targets(navigation)
    )


def test_every_page_but_single_decisions_is_reached_from_the_index():
    linked = {(DOCS / link.partition("#")[0]).resolve() for link in links_of(DOCS / "index.md")}
    expected = {page for page in DOCS.rglob("*.md") if page.name != "index.md"}
    expected -= set((DOCS / "decisions").glob("0*.md"))

    assert set() == expected - linked


def test_every_decision_is_in_their_index():
    linked = set(links_of(DOCS / "decisions" / "index.md"))

    assert {page.name for page in (DOCS / "decisions").glob("0*.md")} == linked


@pytest.mark.parametrize("page", sorted((DOCS / "decisions").glob("0*.md")), ids=name_of)
def test_a_decision_says_what_was_rejected_why_and_what_it_costs(page):
    text = text_of(page)

    assert text.startswith(f"# {int(page.name[:4])}. ")
    assert ["**Decision.**", "**Rejected**", "**Why.**", "**What it costs.**"] == re.findall(
        r"^\*\*[^*]+\*\*", text, re.MULTILINE
    )


def test_readings_are_numbered_without_gap_and_their_anchors_are_their_numbers():
    numbers = NUMBERED.findall(text_of(DOCS / "readings.md"))

    assert [(str(k), str(k)) for k in range(1, len(numbers) + 1)] == numbers
    assert len(numbers) == prose_of(DOCS / "readings.md").count("\n## ")


def test_every_reading_that_is_named_exists():
    there = {number for number, _ in NUMBERED.findall(text_of(DOCS / "readings.md"))}
    named = {
        number: name_of(path)
        for path in committed_files()
        if path.suffix in {".py", ".md", ".toml"} and path.name != Path(__file__).name
        for number in READING.findall(path.read_text(encoding="utf-8"))
    }

    assert {} == {number: where for number, where in named.items() if number not in there}
    assert {"4", "6", "7"} <= set(named) or not committed_files()


def test_the_modules_and_tests_that_clauses_name_exist():
    rows = re.findall(r"^\|(.*)\|(.*)\|(.*)\|(.*)\|$", text_of(DOCS / "clauses.md"), re.MULTILINE)[2:]
    missing = []
    for _, _, modules, tests in rows:
        for folder, cell in (("src/tidegate", modules), ("tests", tests)):
            names = re.findall(r"`([\w./-]+)`", cell.partition("(")[0] if folder == "tests" else cell)
            at = [
                ROOT / name if name.startswith(("policies/", "criteria/")) else ROOT / folder / name
                for name in names
                if "/" in name
            ]
            missing += [name_of(path) for path in at if not path.exists()]

    assert len(rows) > 10
    assert [] == missing


def test_the_changelog_has_a_place_for_what_is_not_released():
    assert "\n## [Unreleased]\n" in text_of(ROOT / "CHANGELOG.md")


def test_no_committed_file_names_a_registry_or_a_path_of_one_machine():
    files = committed_files()
    if not files:
        pytest.skip("this is no checkout: git does not say which files are committed")
    found = []
    for path in files:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}: {hit.group(0)}" for hit in REGISTRIES.finditer(text)]
        found += [f"{name_of(path)}: {hit.group(0)}" for hit in ABSOLUTE_PATH.finditer(text)]

    assert [] == found


@pytest.mark.parametrize("text", ["in /{}/main", '"/{}/x"', "path=/{}/a", "(/{}/a)"])
@pytest.mark.parametrize("folder", ["work", "home", "tmp", "root"])
def test_a_path_of_one_machine_is_seen(text, folder):
    assert ABSOLUTE_PATH.search(text.format(folder))


@pytest.mark.parametrize("text", ["pages/work/a", "a/tmp/b", "-o /srv/x", "see src/opt/x"])
def test_other_paths_are_let_pass(text):
    assert not ABSOLUTE_PATH.search(text)


def _targets(navigation: Any) -> list[str]:
    if isinstance(navigation, str):
        return [navigation]
    parts = navigation if isinstance(navigation, list) else list(navigation.values())
    return [target for part in parts for target in _targets(part)]
