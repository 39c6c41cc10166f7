"""Commands and policy keys are documented as they are."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys

import pytest

from tests.documents.command_reference import PAGE, commands, reference
from tests.documents.pages import DOCS, ROOT, text_of
from tidegate.cli import console, gates
from tidegate.policy_files import form

NAMES = [name for name, _ in commands()]


def help_of(name: str) -> str:
    asked = subprocess.run(
        [sys.executable, "-c", "from tidegate.cli.main import main; main()", *name.split()[1:], "--help"],
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return asked.stdout


def test_the_commands_page_is_what_the_commands_say():
    """Where this fails: `python -m tests.documents.command_reference`, and read the page."""
    assert reference() == text_of(PAGE)


def test_every_command_of_this_release_is_there():
    expected = {"demo", "simulate", "check", "replay", "explain"} | {
        f"policy {each}" for each in ("check", "show", "diff", "explain")
    }

    assert expected <= {name.removeprefix("tidegate ") for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_the_page_has_every_option_that_help_has(name):
    section = text_of(PAGE).split(f"## `{name}`\n")[1].split("\n## ")[0]

    assert {"--help"} == set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", help_of(name))) - set(
        re.findall(r"--[a-z][a-z-]+", section)
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_command_is_used_on_a_page_beside_the_reference(name):
    others = [page for page in (ROOT / "README.md", *DOCS.rglob("*.md")) if page != PAGE]

    assert any(
        re.search(rf"{re.escape(name)}\b|\./run {name.split()[-1]}\b", text_of(page)) for page in others
    )


@pytest.mark.parametrize("status", [console.GATE_TRIPPED, console.INPUT_AT_FAULT, console.INTERRUPTED, 0])
def test_every_exit_status_has_a_row(status):
    assert f"\n| {status} | " in text_of(DOCS / "reference" / "exit-statuses.md")


@pytest.mark.parametrize("metric", gates.METRICS)
def test_every_number_a_gate_can_be_about_is_named(metric):
    assert f"`{metric}`" in text_of(DOCS / "how-to" / "run-in-a-scheduler.md")


def test_every_policy_key_is_documented():
    keys = {
        name
        for _, model in inspect.getmembers(form, inspect.isclass)
        if model.__module__ == form.__name__ and hasattr(model, "model_fields")
        for name in model.model_fields
    }
    page = text_of(DOCS / "reference" / "policy-file.md")

    assert {"threshold", "count_by", "consulted", "early_warning_at"} <= keys
    assert set() == {key for key in keys if f"`{key}`" not in page}
