"""docs/answers.md has a line for every remark, and every command on it can be called."""

from __future__ import annotations

import csv
import re
import shlex
from typing import Any

import pytest
import typer

from tests.documents.pages import DOCS, text_of
from tests.shared_material import needs_shared, shared
from tidegate.cli.main import app
from tidegate.policy_files import published_names
from tidegate.simulation.requests.scenario_files import request_scenarios
from tidegate.simulation.scenarios import scenarios

PAGE = DOCS / "answers.md"
REMARKS = [
    f"{letter}{number:02}"
    for letter, most in (("A", 44), ("C", 42), ("D", 9))
    for number in range(1, most + 1)
]
KINDS = ("answered", "in part", "no software")

ROWS = re.findall(r"^\| ([ACD]\d\d) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text_of(PAGE), re.MULTILINE)
COMMANDS = sorted(set(re.findall(r"`(tidegate [^`]+)`", text_of(PAGE))))


def parsed(command: str) -> tuple[str, Any]:
    """The command as the command line reads it; its name and what was read.

    Raises:
        KeyError: there is no such command.
        Exception: it does not take what it is given; `exit_code` is 2.
    """
    words = shlex.split(command)[1:]
    found: Any = typer.main.get_command(app)
    name: list[str] = []
    if (two_words := " ".join(words[:2])) in found.commands:
        return two_words, found.commands[two_words].make_context(two_words, words[2:])
    while hasattr(found, "commands"):
        name.append(words.pop(0))
        found = found.commands[name[-1]]
    return " ".join(name), found.make_context(" ".join(name), words)


def test_every_remark_has_one_line_in_order():
    assert REMARKS == [remark for remark, *_ in ROWS]


@needs_shared
def test_the_remarks_are_those_of_the_requirements():
    with shared("tables/requirements.tsv").open(encoding="utf-8", newline="") as file:
        ids = [row[0] for row in csv.reader(file, delimiter="\t")]

    assert REMARKS == [remark for remark in ids if re.fullmatch(r"[ACD]\d\d", remark)]


@needs_shared
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_remark_is_ascribed_to_who_made_it(row):
    remark, who, *_ = row
    with shared("tables/requirements.tsv").open(encoding="utf-8", newline="") as file:
        said_by = {line[0]: (line[1], line[2]) for line in csv.reader(file, delimiter="\t")}
    source, party = said_by[remark]

    assert who in {party, source} or party.startswith(who)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_line_says_whether_it_is_answered_and_by_what(row):
    *_, answer = row
    kind = answer.split(":")[0]

    assert kind in KINDS
    if kind == "answered":
        assert "`tidegate " in answer or "](" in answer


def test_nothing_is_put_off():
    """No line promises what is not built."""
    assert [] == [remark for remark, *_, answer in ROWS if "later" in answer or "not built" in answer]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_read_by_the_command_line(command):
    name, context = parsed(command)

    assert name
    for key in ("policy", "a", "b", "file"):
        value = context.params.get(key)
        for policy in [value] if isinstance(value, str) else value or ():
            assert policy.endswith((".toml", "/")) or policy.partition("+")[0] in published_names()
    if name == "simulate":
        assert context.params["scenario"] in scenarios()
    if name == "simulate requests":
        assert context.params["scenario"] in request_scenarios()


@pytest.mark.parametrize(
    "command",
    ["tidegate replai x", "tidegate replay x --polcy y", "tidegate report edge x", "tidegate sweep"],
)
def test_a_command_that_is_not_there_is_seen(command):
    with pytest.raises(Exception, match=r".") as raised:
        parsed(command)

    assert isinstance(raised.value, KeyError) or 2 == getattr(raised.value, "exit_code", None)
