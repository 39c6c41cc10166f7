"""What a person sees of offenders: the verdict, the table, what was missing, and what to run next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.alert_storm.causes import Kind
from tidegate.alert_storm.fleet import Pattern
from tidegate.cli import console
from tidegate.cli.replay_screen import WIDTH, pointed, say
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.offending import Offender, Offending
from tidegate.reports.offending_words import (
    SMALLEST_P,
    chance_in_words,
    codes_label,
    group_in_words,
    name_of_codes,
    offending_verdict,
    times_in_words,
)
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id

_MOST_DEVICES = 5
_SHORTEST = 10


def show(
    found: Offending,
    results: Path | None,
    *,
    alerts: Sequence[Path | str] = (),
    given: Sequence[str] = (),
    most: int = 12,
    can_explain: bool = True,
    out: Console | None = None,
) -> None:
    """Print who offends.

    Args:
        found: What to show.
        results: Folder its files were written to, if they were.
        alerts: The input as it was given on the command line, for the commands to run next.
        given: Options that those commands need too.
        most: Rows of the table.
        can_explain: Whether a Device as it is shown can be found in the input: not under a pseudonym.
        out: Where to print; stdout when left out.
    """
    to = out or console.out
    width = min(to.width, WIDTH)
    said = offending_verdict(found)
    say(to, Text(said.headline, style="bold"), width)
    to.print()
    for finding in said.findings:
        say(to, pointed(finding), width, indent=2)
    if said.findings:
        to.print()
    if found.offenders:
        to.print(_table(found, width, most), width=width)
        left = len(found.offenders) - most
        if left > 0:
            where = " in offenders.csv" if results is not None else ": --most shows more"
            say(to, Text(f"and {many(left, 'more row')}{where}", style="dim"), width)
        to.print()
    if not found.causes and len(found.loudest):
        to.print(_loudest(found), width=width)
        to.print()
    for caution in said.cautions:
        say(to, Text(f"! {caution}", style="yellow"), width, indent=2)
    if said.cautions:
        to.print()
    steps = list(_next_steps(found, results, [str(each) for each in alerts], given, can_explain=can_explain))
    if steps:
        to.print(Text("Next:", style="bold"))
    for command, meaning in steps:
        to.print(Text(f"  {command}"), soft_wrap=True)
        say(to, Text(meaning, style="dim"), width, indent=6)


def _table(found: Offending, width: int, most: int) -> Table:
    rows = found.offenders[:most]
    cells = [_cells(found, row) for row in rows]
    if found.by:
        headings = ("Devices", "Code", "Alerts", "Share", "A day", "Times", "p", "Raised it", "Kind")
    else:
        headings = ("Name", "Code", "Alerts", "Share", "", "", "", "Raised it", "Kind")
    kept = [at for at, heading in enumerate(headings) if heading and any(row[at] for row in cells)]
    widths = {at: max(len(headings[at]), *(len(row[at]) for row in cells)) for at in kept}
    left = width - sum(size + 1 for at, size in widths.items() if at != 0)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline")
    for at in kept:
        is_text = headings[at] in ("Devices", "Name", "Code", "Kind")
        table.add_column(
            headings[at],
            justify="left" if is_text else "right",
            no_wrap=True,
            overflow="ellipsis",
            width=max(min(left, widths[at]), _SHORTEST) if at == 0 else widths[at],
        )
    for row in cells:
        table.add_row(*(Text(row[at]) for at in kept))
    return table


def _cells(found: Offending, row: Offender) -> tuple[str, ...]:
    test = row.told
    is_installed = row.is_known and row.installed > 0
    return (
        group_in_words(row) if found.by else name_of_codes(row.alert_codes),
        codes_label(row.alert_codes),
        thousands(row.alerts),
        percent(row.alerts, found.alerts),
        _rate(row.per_day) if is_installed else "",
        times_in_words(test.ratio) if test is not None else "",
        _chance(test.p_value) if test is not None else "",
        percent(row.devices, row.installed) if is_installed else thousands(row.devices),
        "+".join(_SHORT[kind] for kind in row.kinds)
        if found.by
        else "+".join(
            _SHORT[cause.kind] for cause in found.causes if set(cause.alert_codes) & set(row.alert_codes)
        ),
    )


_SHORT = {Kind.SHOUTERS: "shout", Kind.MURMUR: "murmur"}


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"  # noqa: PLR2004 - two figures


def _chance(p_value: float) -> str:
    return f"<{SMALLEST_P:.0e}" if p_value < SMALLEST_P else chance_in_words(p_value).removeprefix("p = ")


def _loudest(found: Offending) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline")
    for heading, justify in (("Device", "left"), ("Code", "left"), ("Alerts", "right"), ("Pattern", "left")):
        table.add_column(heading, justify=justify, no_wrap=True)  # type: ignore[arg-type] # rich's literals
    for row in found.loudest.rows[:_MOST_DEVICES]:
        table.add_row(
            format_device_id(int(row["device_id"])),
            format_alert_code(int(row["alert_code"])),
            thousands(int(row["alerts"])),
            Pattern(int(row["pattern"])).name.lower(),
        )
    return table


def _next_steps(
    found: Offending, results: Path | None, alerts: list[str], given: Sequence[str], *, can_explain: bool
) -> Iterator[tuple[str, str]]:
    """Commands to run next, each with what it is good for."""
    files = shlex.join(alerts) if alerts else "ALERTS"
    options = f" {shlex.join(given)}" if given else ""
    if found.inventory is None:
        yield f"tidegate offenders {files} --inventory FILE", "which product it is, by a test"
    listed = found.devices if len(found.devices) else found.loudest
    if can_explain and len(listed) and len(alerts) == 1:
        row = listed.rows[0]
        device, code = format_device_id(int(row["device_id"])), format_alert_code(int(row["alert_code"]))
        yield (
            f"tidegate explain {files} {device} {code}",
            f"the loudest Device, with {many(int(row['alerts']), 'Alert')}",
        )
    if results is None:
        yield (
            f"tidegate offenders {files}{options} -o offenders",
            "keep the results: pictures, tables, and the list of Devices of each cause",
        )
        return
    suffix = ".partial" if found.replayed.is_partial else ""
    yield (
        f"{results / f'offenders{suffix}.html'}",
        "open it in a browser: the same with pictures; works offline",
    )
    if len(found.devices):
        yield (
            f"{results / f'devices{suffix}.csv'}",
            f"the {many(len(found.devices), 'Device')} behind it, to hand on",
        )
