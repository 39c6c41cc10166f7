"""What a person sees of a replay: the verdict, the table by code, the sum, and what to run next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tidegate.cli.asked import Asked
from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.reports.kinds import kinds_of
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.replayed import Replayed
from tidegate.reports.storm_streams import storm_streams
from tidegate.reports.verdict import CodeRow, short_name, table_by_code, verdict

MOST_CODES = 12

_COLUMNS = (
    Column("Code", is_text=True),
    Column("Name", is_text=True, least=10, gives_way=5),
    Column("Received"),
    Column("Forwarded", gives_way=2),
    Column("Excluded", gives_way=3),
    Column("Held back"),
    Column("Held", gives_way=1),
    Column("Devices", gives_way=4),
)


def show(
    replayed: Replayed,
    results: Path | None,
    *,
    asked: Asked = Asked(),
    can_explain: bool = True,
    out: Console | None = None,
) -> None:
    """Print a replay.

    Args:
        replayed: What to show.
        results: Folder its files were written to, if they were.
        asked: What was given on the command line, for the commands to run next.
        can_explain: Whether a Device as it is shown can be found in the input: not under a pseudonym.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    said = verdict(replayed)
    tell(to, said.headline, said.findings, width)
    warn(to, said.cautions, width)
    if rows := table_by_code(replayed):
        _show_codes(to, rows, width)
        to.print()
    say(to, _sum(replayed), width, indent=2)
    steps = list(_next_steps(replayed, results, asked, can_explain=can_explain))
    if steps:
        to.print()
    offer(to, steps, width)


def _show_codes(to: Console, rows: Sequence[CodeRow], width: int) -> None:
    """The most received codes, and the rest in one line."""
    shown = [_cells(row) for row in rows[:MOST_CODES]]
    if rest := rows[MOST_CODES:]:
        shown.append(_cells_of_others(rest))
    with_excluded = any(row.excluded for row in rows)
    kept = [at for at, column in enumerate(_COLUMNS) if column.heading != "Excluded" or with_excluded]
    show_table(to, [_COLUMNS[at] for at in kept], [[row[at] for at in kept] for row in shown], width)


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
    replayed: Replayed, results: Path | None, asked: Asked, *, can_explain: bool
) -> Iterator[tuple[str, str]]:
    """Commands to run next, each with what it is good for; only what makes sense for this replay."""
    most_received = [row.alert_code for row in table_by_code(replayed)[:1]]
    code = most_received[0] if most_received else ""
    for worst in storm_streams(replayed.storms, 1).worst:
        code = worst.alert_code.split("+", maxsplit=1)[0]
        if not can_explain:
            break
        yield (
            asked.explain(worst.device_id, code),
            f"the worst stream, Alert by Alert: {many(worst.throttled, 'Alert')} held back, and why",
        )
    is_trouble = len(replayed.storms) > 0 or bool(kinds_of(replayed))
    if is_trouble:
        if asked.inventory is not None:
            yield asked.command("offenders"), "whom to call, with the list of Devices"
        yield (
            asked.command("report problems"),
            "what to raise, for whom, and how many incidents and e-mails that makes",
        )
    versions = dict.fromkeys(each.policy.version for each in replayed.in_force)
    is_history = asked.policy is not None and Path(asked.policy).is_dir()
    if is_trouble and not is_history:
        # A sweep begins from one policy.
        yield asked.command("sweep", "threshold=5..300"), "what other thresholds would have done"
    if replayed.rejected:
        yield f"tidegate check {asked.files}", "what the log holds, and what is wrong with the rows not used"
    if code and len(versions) == 1:
        name = asked.policy if asked.policy is not None else next(iter(versions))
        yield (
            shlex.join(["tidegate", "policy", "explain", name, code]),
            f"what the policy does with {code}, in words",
        )
    if results is None:
        if code:
            yield (
                asked.again("-o", "results"),
                "keep the results: report, storms, every decision",
            )
        return
    suffix = ".partial" if replayed.is_partial else ""
    yield f"{results / f'report{suffix}.html'}", "open it in a browser: the same with pictures; works offline"
