"""What a person sees of an adapter's score card: each question, its evidence, and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from tidegate.cli.screen import place_for, say, tell, warn
from tidegate.columnar.batches import RejectedRow
from tidegate.reports.adapter_score import Mark, ScoreCard, headline, seen_in_words
from tidegate.reports.numerals import many
from tidegate.vocabulary.instants import format_instant

_STYLES: Final = {Mark.YES: "green", Mark.NO: "bold red", Mark.NOT_SEEN: "dim"}
_INDENT: Final = len("not seen  ")


def show(card: ScoreCard, rejected: Sequence[RejectedRow], out: Console | None = None) -> None:
    """Print a score card; stdout when `out` is left out."""
    to, width = place_for(out)
    tell(to, headline(card), [seen_in_words(card)], width)
    if rejected:
        first = rejected[0]
        warn(
            to, [f"{many(len(rejected), 'row')} could not be used; line {first.line}: {first.reason}."], width
        )
    for answer in card.answers:
        mark = Text(f"{answer.mark.value:<{_INDENT}}", style=_STYLES[answer.mark])
        for line in Text(answer.question, style="bold").wrap(to, width - _INDENT):
            line.rstrip()
            to.print(mark.append_text(line), soft_wrap=True)
            mark = Text(" " * _INDENT)
        say(to, Text(answer.evidence), width, indent=_INDENT)
        if answer.change:
            say(to, Text(f"-> {answer.change}"), width, indent=_INDENT)


def score_json(source: str, card: ScoreCard, rejected: Sequence[RejectedRow]) -> dict[str, Any]:
    """A score card as plain values. Keys are only ever added."""
    return {
        "source": source,
        "headline": headline(card),
        "attempts": card.attempts,
        "requests": card.requests,
        "taken": card.taken,
        "throttled": card.throttled,
        "outages": card.outages,
        "rejected": len(rejected),
        "first": None if card.first is None else format_instant(card.first),
        "last": None if card.last is None else format_instant(card.last),
        "passed": card.passed,
        "failed": card.failed,
        "answers": [
            {
                "name": answer.name,
                "question": answer.question,
                "mark": answer.mark.value,
                "evidence": answer.evidence,
                "change": answer.change,
            }
            for answer in card.answers
        ],
    }
