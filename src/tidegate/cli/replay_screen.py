"""What a person sees of a replay: the verdict, the table by code, the sum, and what to run next.

Eighty columns, or fewer on a narrower terminal. Colour only underlines what the
words already say, and goes in a pipe or under NO_COLOR (`console`). Commands
are never broken over lines: they are there to be copied.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli import console
from tidegate.reports.kinds import kinds_of
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.replayed import Replayed
from tidegate.reports.storm_streams import storm_streams
from tidegate.reports.verdict import CodeRow, short_name, table_by_code, verdict

WIDTH = 80
MOST_CODES = 12
_ALERTS = "ALERTS"
_SHORTEST_NAME = 10


def show(
    replayed: Replayed,
    results: Path | None,
    *,
    alerts: Sequence[Path | str] = (),
    policy: str | None = None,
    inventory: Path | None = None,
    can_explain: bool = True,
    out: Console | None = None,
) -> None:
    """Print a replay.

    Args:
        replayed: What to show.
        results: Folder its files were written to, if they were.
        alerts: The input as it was given on the command line, for the commands to run next.
        policy: The policy as it was given on the command line, if one was; for the same.
        inventory: The Inventory as it was given on the command line, if one was; for the same.
        can_explain: Whether a Device as it is shown can be found in the input: not under a pseudonym.
        out: Where to print; stdout when left out.
    """
    to = out or console.out
    width = min(to.width, WIDTH)
    said = verdict(replayed)
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
    if rows := table_by_code(replayed):
        to.print(_table(rows, width), width=width)
        to.print()
    say(to, _sum(replayed), width, indent=2)
    steps = list(
        _next_steps(
            replayed, results, [str(each) for each in alerts], policy, inventory, can_explain=can_explain
        )
    )
    if steps:
        to.print()
        to.print(Text("Next:", style="bold"))
    for command, meaning in steps:
        to.print(Text(f"  {command}"), soft_wrap=True)
        say(to, Text(meaning, style="dim"), width, indent=6)


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


def _table(rows: Sequence[CodeRow], width: int) -> Table:
    """The most received codes, and the rest in one line; a name has what the numbers leave of the width."""
    shown = [_cells(row) for row in rows[:MOST_CODES]]
    if rest := rows[MOST_CODES:]:
        shown.append(_cells_of_others(rest))
    headings = ("Code", "Name", "Received", "Forwarded", "Excluded", "Held back", "Held", "Devices")
    kept = [at for at, name in enumerate(headings) if name != "Excluded" or any(row.excluded for row in rows)]
    widths = {at: max(len(headings[at]), *(len(row[at]) for row in shown)) for at in kept}
    left = width - sum(size + 1 for at, size in widths.items() if headings[at] != "Name")
    if left < _SHORTEST_NAME:
        kept = [at for at in kept if headings[at] != "Name"]
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline")
    for at in kept:
        is_text = headings[at] in ("Code", "Name")
        table.add_column(
            headings[at],
            justify="left" if is_text else "right",
            no_wrap=True,
            overflow="ellipsis",
            width=min(left, widths[at]) if headings[at] == "Name" else widths[at],
        )
    for row in shown:
        table.add_row(*(Text(row[at]) for at in kept))
    return table


def _cells(row: CodeRow) -> tuple[str, ...]:
    return (
        row.alert_code,
        short_name(row.name),
        thousands(row.received),
        thousands(row.forwarded),
        thousands(row.excluded),
        thousands(row.throttled),
        row.held if row.throttled else "",
        thousands(row.devices_stormed) if row.devices_stormed else "",
    )


def _cells_of_others(rows: Sequence[CodeRow]) -> tuple[str, ...]:
    received, throttled = sum(row.received for row in rows), sum(row.throttled for row in rows)
    return (
        "",
        many(len(rows), "other code"),
        thousands(received),
        thousands(sum(row.forwarded for row in rows)),
        thousands(sum(row.excluded for row in rows)),
        thousands(throttled),
        percent(throttled, received) if throttled else "",
        "",
    )


def _sum(replayed: Replayed) -> Text:
    return Text(
        f"{thousands(replayed.received)} received = {thousands(replayed.forwarded)} forwarded "
        f"+ {thousands(replayed.throttled)} held back + {thousands(replayed.excluded)} excluded "
        f"+ {thousands(replayed.rejected)} rejected"
    )


def _next_steps(
    replayed: Replayed,
    results: Path | None,
    alerts: list[str],
    policy: str | None,
    inventory: Path | None,
    *,
    can_explain: bool,
) -> Iterator[tuple[str, str]]:
    """Commands to run next, each with what it is good for; only what makes sense for this replay."""
    files = shlex.join(alerts) if alerts else _ALERTS
    given = ["--policy", policy] if policy is not None else []
    most_received = [row.alert_code for row in table_by_code(replayed)[:1]]
    code = most_received[0] if most_received else ""
    for worst in storm_streams(replayed.storms, 1).worst:
        code = worst.alert_code.split("+", maxsplit=1)[0]
        if not can_explain:
            break
        one = files if len(alerts) == 1 else _ALERTS
        options = f" {shlex.join(given)}" if given else ""
        yield (
            f"tidegate explain {one} {worst.device_id} {code}{options}",
            f"the worst stream, Alert by Alert: {many(worst.throttled, 'Alert')} held back, and why",
        )
    if kinds_of(replayed):
        known = shlex.join(["--inventory", str(inventory)]) if inventory is not None else ""
        if inventory is not None:
            yield f"tidegate offenders {files} {known}", "whom to call, with the list of Devices"
        yield (
            f"tidegate report problems {files} {known}".rstrip(),
            "what to raise, for whom, and how many incidents and e-mails that makes",
        )
        yield f"tidegate sweep {files} threshold=5..300", "what other thresholds would have done"
    if replayed.rejected:
        yield f"tidegate check {files}", "what the log holds, and what is wrong with the rows not used"
    versions = dict.fromkeys(each.policy.version for each in replayed.in_force)
    if code and len(versions) == 1:
        name = policy if policy is not None else next(iter(versions))
        yield (
            shlex.join(["tidegate", "policy", "explain", name, code]),
            f"what the policy does with {code}, in words",
        )
    if results is None:
        if code:
            again = shlex.join(["", *given, "-o", "results"]).removeprefix("''")
            yield f"tidegate replay {files}{again}", "keep the results: report, storms, every decision"
        return
    suffix = ".partial" if replayed.is_partial else ""
    yield f"{results / f'report{suffix}.html'}", "open it in a browser: the same with pictures; works offline"
