"""docs/reference/commands.md, written from what the commands themselves say (`--help`).

python -m tests.documents.command_reference     write the page anew
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, Final

import typer

from tests.documents.pages import DOCS
from tidegate.cli.main import app

PAGE: Final = DOCS / "reference" / "commands.md"

_HEAD: Final = """\
# Commands

Every command, its arguments and its options, as `--help` gives them. This page is written by a program
(`python -m tests.documents.command_reference`), and a test compares the two.

Results go to stdout, all else to stderr. Colour and the progress bar are left out in a pipe, and colour where
`NO_COLOR` is set. What the numbers at the end mean: [exit statuses](exit-statuses.md).
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its whole name, in the order of `--help`; the group `policy` by its members."""
    yield from _of_group("tidegate", typer.main.get_command(app))


def reference() -> str:
    """The page as it should stand."""
    return "\n".join([_HEAD, *(_section(name, command) for name, command in commands())])


def _of_group(name: str, group: Any) -> Iterator[tuple[str, Any]]:
    for each, command in group.commands.items():
        whole = f"{name} {each}"
        if hasattr(command, "commands"):
            yield from _of_group(whole, command)
        else:
            yield whole, command


def _section(name: str, command: Any) -> str:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    call = " ".join([name, *(each.metavar or each.name.upper() for each in arguments), "[OPTIONS]"])
    lines = [f"## `{name}`", "", *_paragraphs(command.help), f"```text\n{call}\n```", ""]
    lines += ["| argument or option | what it is |", "|---|---|"]
    lines += [f"| `{each.metavar or each.name.upper()}` | {_meaning(each)} |" for each in arguments]
    lines += [f"| {_spelling(each)} | {_meaning(each)} |" for each in options]
    return "\n".join(lines) + "\n"


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        yield f"{_plain(' '.join(paragraph.split()))}\n"


def _spelling(option: Any) -> str:
    names = ", ".join(f"`{each}`" for each in sorted([*option.opts, *option.secondary_opts], key=len))
    if option.is_flag:
        return names
    kind = option.type_descriptor.annotation
    choices = [str(each.value) for each in kind] if issubclass(kind, Enum) else []
    value = option.metavar or "|".join(choices) or {int: "N"}.get(kind, kind.__name__.upper())
    return f"{names} `{value}`".replace("|", "\\|")


def _meaning(parameter: Any) -> str:
    said = _plain(parameter.help or "")
    default = parameter.default
    if isinstance(default, str | int | Path) and not isinstance(default, bool) and str(default):
        # A choice is a str too, and is said by its value.
        said = f"{said} Default: `{getattr(default, 'value', default)}`.".strip()
    return said.replace("|", "\\|")


def _plain(text: str) -> str:
    return re.sub(r"\\\[", "[", text).strip()


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
