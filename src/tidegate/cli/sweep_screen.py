"""What a person sees of a sweep: the finding, some of its policies, each code, what to run next; in eighty columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from tidegate.cli.asked import Asked
from tidegate.cli.screen import offer, place_for, pointed, say, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.recommendation import Advice, Recommendation, values_in_words
from tidegate.reports.sweep_verdict import about, shown_points, sweep_verdict
from tidegate.reports.swept import Swept
from tidegate.reports.verdict import short_name

MOST_CODES = 10
MOST_REASONS = 3

_POINTS = (
    Column("Delivered"),
    Column("Storms", gives_way=1),
    Column("Devices", gives_way=5),
    Column("Problems", gives_way=4),
    Column("Detected", gives_way=3),
    Column("Passed/h", gives_way=6),
    Column("", is_text=True, least=8, wraps=True, gives_way=2),
)
_CODES = (
    Column("Code", is_text=True),
    Column("Name", is_text=True, least=10, gives_way=3),
    Column("Received", gives_way=1),
    Column("Recommended", is_text=True, least=12, wraps=True),
    Column("Held now", gives_way=2),
    Column("Held then"),
)


def show(
    swept: Swept,
    recommended: Sequence[Recommendation],
    results: Path | None,
    *,
    asked: Asked = Asked(),
    out: Console | None = None,
) -> None:
    """Print a sweep.

    Args:
        swept: What to show.
        recommended: `recommendations(swept)`.
        results: Folder its files were written to, if they were.
        asked: What was given on the command line, for the commands to run next.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    said = sweep_verdict(swept, recommended)
    tell(to, said.headline, said.findings, width)
    warn(to, said.cautions, width)
    if swept.received:
        it = about(swept, recommended)
        _show_points(to, swept, it, width)
        if it.code is None:
            to.print()
            _show_codes(to, swept, recommended, width)
            for each in _worth_saying(recommended):
                to.print()
                say(to, pointed(f"{swept.label(each.code)}: {each.reason}"), width, indent=2)
        to.print()
    offer(to, _next_steps(swept, recommended, results, asked), width)


def _show_points(to: Console, swept: Swept, it: Recommendation, width: int) -> None:
    """Some of the policies, in order of what was swept."""
    about_it = "All codes" if it.code is None else swept.label(it.code)
    columns = (Column(about_it, is_text=True, least=10, wraps=True), *_POINTS)
    rows, styles = [], []
    for place in shown_points(swept, it):
        row = swept.row(place, it.code)
        is_chosen = place == it.point
        mark = "in force" if place == swept.in_force else ""
        if is_chosen:
            mark = "recommended" if not mark else "stays in force"
        per_hour = row.forwarded_per_storm_hour
        rows.append(
            (
                values_in_words(swept, place, it.code),
                percent(row.delivered, row.totals.received),
                thousands(row.storms),
                thousands(row.devices),
                thousands(row.problems),
                "" if row.detect_us is None else length(row.detect_us),
                "" if per_hour is None else f"{per_hour:,.1f}",
                mark,
            )
        )
        styles.append("bold" if is_chosen else "")
    show_table(to, columns, rows, width, styles=styles)


def _show_codes(to: Console, swept: Swept, recommended: Sequence[Recommendation], width: int) -> None:
    """The most received codes, and what is recommended for each."""
    codes = [each for each in recommended if each.code is not None]
    rows = []
    for each in codes[:MOST_CODES]:
        totals = swept.row(swept.in_force, each.code).totals
        then = None if each.point is None else swept.row(each.point, each.code).totals
        rows.append(
            (
                swept.label(each.code),
                short_name(swept.name(each.code)),
                thousands(totals.received),
                each.words or f"{each.advice}",
                percent(totals.throttled, totals.received),
                "" if then is None else percent(then.throttled, then.received),
            )
        )
    if rest := len(codes) - len(rows):
        rows.append(("", f"and {many(rest, 'more code')}", "", "", "", ""))
    show_table(to, _CODES, rows, width)


def _worth_saying(recommended: Sequence[Recommendation]) -> list[Recommendation]:
    """The codes whose reasons are told on the screen: those to change first."""
    codes = [each for each in recommended if each.code is not None]
    ranked = [
        *(each for each in codes if each.advice is Advice.CHANGE),
        *(each for each in codes if each.advice is Advice.KEEP),
        *(each for each in codes if each.advice in (Advice.NO_REMEDY, Advice.NOT_WORTH_IT)),
    ]
    return ranked[:MOST_REASONS]


def _next_steps(
    swept: Swept,
    recommended: Sequence[Recommendation],
    results: Path | None,
    asked: Asked,
) -> Iterator[tuple[str, str]]:
    """Commands to run next, each with what it is good for."""
    suffix = ".partial" if swept.is_partial else ""
    to_change = any(each.code is not None and each.advice is Advice.CHANGE for each in recommended)
    if results is None:
        yield (
            asked.again("-o", "sweep"),
            "keep the results: page, pictures, tables, a draft policy",
        )
    else:
        yield (
            f"{results / f'sweep{suffix}.html'}",
            "open it in a browser: the same with pictures; works offline",
        )
        if to_change and not swept.is_partial:
            draft = str(results / "recommended.toml")
            beside = ["--policy", asked.policy or swept.base.version, "--policy", draft, "-o", "compared"]
            yield (
                asked.command("replay", *beside, policy=False),
                "the policy in force beside a draft of the recommended one, for each recipient",
            )
    if any(each.advice in (Advice.NO_REMEDY, Advice.NOT_WORTH_IT) for each in recommended):
        yield (
            asked.command("offenders", "--by", "manufacturer,model,firmware", inventory="INVENTORY"),
            "what no threshold reaches: which products raise it",
        )
