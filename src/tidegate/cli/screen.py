"""Results on a terminal: what was found, what to know before using it, and what to run next.

Eighty columns, or fewer on a narrower terminal. Colour only underlines what the
words already say, and goes in a pipe or under NO_COLOR (`console`). Commands
are never broken over lines: they are there to be copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.text import Text

from tidegate.cli import console

WIDTH: Final = 80


def place_for(out: Console | None) -> tuple[Console, int]:
    """Where to print, stdout when left out; and how wide."""
    to = out or console.out
    return to, min(to.width, WIDTH)


def say(to: Console, text: Text, width: int, indent: int = 0) -> None:
    """Print a paragraph; under an indent, its further lines stand two further in."""
    hanging = indent + 2 if indent else 0
    for at, line in enumerate(text.wrap(to, width - hanging)):
        line.rstrip()
        to.print(Text(" " * (hanging if at else indent)).append_text(line), soft_wrap=True)


def pointed(finding: str) -> Text:
    """A finding whose first words, before a colon, say what it is about."""
    text = Text(finding)
    about, colon, _ = finding.partition(": ")
    if colon:
        text.stylize("bold", 0, len(about) + 1)
    return text


def tell(to: Console, headline: str, findings: Sequence[str], width: int) -> None:
    """The finding, and what it rests on; a blank line after each."""
    say(to, Text(headline, style="bold"), width)
    to.print()
    for finding in findings:
        say(to, pointed(finding), width, indent=2)
    if findings:
        to.print()


def warn(to: Console, cautions: Sequence[str], width: int) -> None:
    """What a reader must know before using it, and a blank line; nothing where there is nothing."""
    for caution in cautions:
        say(to, Text(f"! {caution}", style="yellow"), width, indent=2)
    if cautions:
        to.print()


def offer(to: Console, steps: Iterable[tuple[str, str]], width: int) -> None:
    """Commands to run next, each with what it is good for; nothing where there are none."""
    for at, (command, meaning) in enumerate(steps):
        if at == 0:
            to.print(Text("Next:", style="bold"))
        to.print(Text(f"  {command}"), soft_wrap=True)
        say(to, Text(meaning, style="dim"), width, indent=6)
