"""What a person sees of a sweep: the finding, some of its policies, each code, what to run next; in eighty columns."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli import console
from tidegate.cli.replay_screen import WIDTH, pointed, say
from tidegate.policy.swept_parameters import value_in_words
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.recommendation import Advice, Recommendation, values_in_words
from tidegate.reports.sweep_verdict import about, shown_points, sweep_verdict
from tidegate.reports.swept import Swept
from tidegate.reports.verdict import short_name

MOST_CODES = 10
MOST_REASONS = 3
_ALERTS = "ALERTS"
_SHORTEST_NAME = 10


def show(
    swept: Swept,
    recommended: Sequence[Recommendation],
    results: Path | None,
    *,
    alerts: Sequence[Path | str] = (),
    policy: str | None = None,
    out: Console | None = None,
) -> None:
    """Print a sweep.

    Args:
        swept: What to show.
        recommended: `recommendations(swept)`.
        results: Folder its files were written to, if they were.
        alerts: The input as it was given on the command line, for the commands to run next.
        policy: The policy as it was given on the command line, if one was; for the same.
        out: Where to print; stdout when left out.
    """
    to = out or console.out
    width = min(to.width, WIDTH)
    said = sweep_verdict(swept, recommended)
    say(to, Text(said.headline, style="bold"), width)
    to.print()
    for finding in said.findings:
        say(to, pointed(finding), width, indent=2)
    if said.findings:
        to.print()
    for caution in said.cautions:
        say(to, Text(f"! {caution}", style="yellow"), width, indent=2)
    if said.cautions:
        to.print()
    if swept.received:
        it = about(swept, recommended)
        to.print(_points(swept, it), width=width)
        if it.code is None:
            to.print()
            to.print(_codes(swept, recommended, width), width=width)
            for each in _worth_saying(recommended):
                to.print()
                say(to, pointed(f"{swept.label(each.code)}: {each.reason}"), width, indent=2)
        to.print()
    to.print(Text("Next:", style="bold"))
    for command, meaning in _next_steps(swept, recommended, results, [str(each) for each in alerts], policy):
        to.print(Text(f"  {command}"), soft_wrap=True)
        say(to, Text(meaning, style="dim"), width, indent=6)


def _points(swept: Swept, it: Recommendation) -> Table:
    """Some of the policies, in order of what was swept."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline")
    table.add_column(
        "All codes" if it.code is None else swept.label(it.code), no_wrap=True, overflow="ellipsis"
    )
    for heading in ("Delivered", "Storms", "Devices", "Problems", "Detected", "Passed/h"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for place in shown_points(swept, it):
        row = swept.row(place, it.code)
        is_chosen = place == it.point
        mark = "in force" if place == swept.in_force else ""
        if is_chosen:
            mark = "recommended" if not mark else "stays in force"
        per_hour = row.forwarded_per_storm_hour
        table.add_row(
            values_in_words(swept, place, it.code),
            percent(row.delivered, row.totals.received),
            thousands(row.storms),
            thousands(row.devices),
            thousands(row.problems),
            "" if row.detect_us is None else length(row.detect_us),
            "" if per_hour is None else f"{per_hour:,.1f}",
            mark,
            style="bold" if is_chosen else "",
        )
    return table


def _codes(swept: Swept, recommended: Sequence[Recommendation], width: int) -> Table:
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
    headings = ("Code", "Name", "Received", "Recommended", "Held now", "Held then")
    widths = [max(len(headings[at]), *(len(row[at]) for row in rows)) for at in range(len(headings))]
    left = width - sum(size + 1 for at, size in enumerate(widths) if at != 1)
    kept = [at for at in range(len(headings)) if at != 1 or left >= _SHORTEST_NAME]
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline")
    for at in kept:
        table.add_column(
            headings[at],
            justify="left" if headings[at] in ("Code", "Name", "Recommended") else "right",
            no_wrap=True,
            overflow="ellipsis",
            width=min(left, widths[at]) if at == 1 else widths[at],
        )
    for row in rows:
        table.add_row(*(Text(row[at]) for at in kept))
    if rest := len(codes) - len(rows):
        table.add_row("", *([Text(f"and {many(rest, 'more code')}")] if 1 in kept else []))
    return table


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
    alerts: Sequence[str],
    policy: str | None,
) -> Iterator[tuple[str, str]]:
    files = shlex.join(alerts) if alerts else _ALERTS
    suffix = ".partial" if swept.is_partial else ""
    to_change = any(each.code is not None and each.advice is Advice.CHANGE for each in recommended)
    if results is None:
        options = [
            *(["--policy", policy] if policy else []),
            *(["--code", swept.label(swept.only).partition("+")[0]] if swept.only is not None else []),
            *(["--inventory", swept.inventory] if swept.inventory else []),
        ]
        again = " ".join([f"tidegate sweep {files}", _ranges(swept), *map(shlex.quote, options)])
        yield f"{again} -o sweep", "keep the results: page, pictures, tables, a draft policy"
    else:
        yield (
            f"{results / f'sweep{suffix}.html'}",
            "open it in a browser: the same with pictures; works offline",
        )
        if to_change and not swept.is_partial:
            draft = shlex.quote(str(results / "recommended.toml"))
            base = shlex.quote(policy or swept.base.version)
            yield (
                f"tidegate replay {files} --policy {base} --policy {draft} -o compared",
                "the policy in force beside a draft of the recommended one, for each recipient",
            )
    if any(each.advice in (Advice.NO_REMEDY, Advice.NOT_WORTH_IT) for each in recommended):
        inventory = shlex.quote(swept.inventory) if swept.inventory else "INVENTORY"
        yield (
            f"tidegate offenders {files} --inventory {inventory} --by manufacturer,model,firmware",
            "what no threshold reaches: which products raise it",
        )


def _ranges(swept: Swept) -> str:
    return " ".join(
        f"{one.name}={','.join(value_in_words(one.name, value) for value in one.values)}"
        for one in swept.swept
    )
