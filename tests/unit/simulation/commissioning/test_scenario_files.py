"""Scenarios as TOML: those that come with tidegate are read, and faults are told together."""

from pathlib import Path

import pytest
from tests.documents.pages import DOCS
from tests.unit.simulation.commissioning.assessed import run

from tidegate.simulation.commissioning.causes import Cause
from tidegate.simulation.commissioning.scenario_files import (
    commissioning_scenarios,
    find_scenario,
    parse_scenario,
)
from tidegate.vocabulary.faults import InputError
from tidegate.vocabulary.instants import DAY

EXPECTED = {
    "draft-report", "change-of-supplier", "wrong-network-operator", "all-is-well", "future-dated-wave",
    "what-no-read-shows",
}  # fmt: skip

TOML = """\
name = "mine"
summary = "One cause."
reproduces = "Nothing."
invented = "All."
expected = "Something."
starts_at = 2026-03-01T00:00:00Z
days = 30
devices = 200
read = 0.5
carried_out_every = "5d"

[[causes]]
cause = "handed-over"
share = 0.25
known = "Illustrative [U]"

[[causes]]
cause = "stopped"
share = 0.75
known = "Illustrative [U]"
"""


def faults_of(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_scenario(text, "mine.toml")
    return [str(fault) for fault in caught.value.faults]


def test_every_scenario_comes_with_tidegate():
    assert set(commissioning_scenarios()) == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_scenario_says_of_every_share_how_it_is_known(name: str):
    scenario = commissioning_scenarios()[name]

    assert all(each.known.endswith(("[S]", "[I]", "[U]")) for each in scenario.causes)


def test_a_file_of_ones_own_is_read(tmp_path: Path):
    (tmp_path / "mine.toml").write_text(TOML)
    scenario = find_scenario(str(tmp_path / "mine.toml"))

    assert ("mine", 200, 5 * DAY) == (scenario.name, scenario.devices, scenario.carried_out_every)
    assert [(Cause.HANDED_OVER, 0.25), (Cause.STOPPED, 0.75)] == [each[:2] for each in scenario.causes]


def test_all_faults_are_told_at_once_with_what_to_write():
    text = (
        TOML.replace('cause = "stopped"', 'cause = "none"')
        .replace("share = 0.25", "share = 1.5")
        .replace("read = 0.5", "read = true")
        .replace("days = 30", "days = -1\ncolour = 1")
    )
    faults = faults_of(text)

    assert any("causes 2: cause: 'none' is none of another-try" in fault for fault in faults)
    assert any("causes 1: share: 1.5 is no share: write 0 to 1" in fault for fault in faults)
    assert any("read: True is no share" in fault for fault in faults)
    assert any("days: -1 is no count" in fault for fault in faults)
    assert any("colour is no key here" in fault for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("share = 0.75", "share = 0.76", "more than all Devices together"),
        ('cause = "stopped"', 'cause = "handed-over"', "causes has handed-over twice"),
        ('"5d"', '"7d"', "carried_out_every is not within 6 days"),
        ("devices = 200", "devices = 99", "99 Devices are too few"),
        ("days = 30", "days = 0", "0 is no length of installs"),
        ('known = "Illustrative [U]"', "", "has no known"),
    ],
)
def test_a_fault_is_told_in_words(old: str, new: str, said: str):
    assert old in TOML
    assert any(said in fault for fault in faults_of(TOML.replace(old, new, 2 if "known" in old else 1)))


def test_the_example_of_the_page_finds_what_it_says():
    page = (DOCS / "scenarios" / "commissioning.md").read_text(encoding="utf-8")
    example = parse_scenario(page.partition("```toml\n")[2].partition("```")[0], "the page")
    found = run(example)

    # Three Devices of four have parties to hand over to.
    assert 0.15 < found.codes.everybody.failed / found.codes.everybody.devices < 0.25
    assert 0 == found.outcome.everybody.failed


def test_a_name_that_is_nearly_right_is_understood():
    with pytest.raises(InputError, match="Did you mean draft-report"):
        find_scenario("draft-repot")
