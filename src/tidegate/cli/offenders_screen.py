"""What a person sees of offenders: the verdict, the table, what was missing, and what to run next."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.text import Text

from tidegate.alert_storm.fleet import Pattern
from tidegate.cli.asked import Asked
from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.reports.numerals import many, percent, thousands, times_in_words
from tidegate.reports.offending import Offender, Offending
from tidegate.reports.offending_words import (
    SMALLEST_P,
    causes_at,
    chance_in_words,
    codes_label,
    group_in_words,
    name_of_codes,
    offending_verdict,
    short_kind,
)
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id

_MOST_DEVICES = 5

_GROUPS = (
    Column("Devices", is_text=True, least=20),
    Column("Code", is_text=True),
    Column("Alerts"),
    Column("Share", gives_way=1),
    Column("A day", gives_way=3),
    Column("Times", gives_way=5),
    Column("p", gives_way=6),
    Column("Raised it", gives_way=4),
    Column("Kind", is_text=True, gives_way=2),
)
_CODES = (Column("Name", is_text=True, least=10, gives_way=6), *_GROUPS[1:])
_DEVICES = (
    Column("Device", is_text=True),
    Column("Code", is_text=True),
    Column("Alerts"),
    Column("Pattern", is_text=True, gives_way=1),
)


def show(
    found: Offending,
    results: Path | None,
    *,
    asked: Asked = Asked(),
    most: int = 12,
    can_explain: bool = True,
    out: Console | None = None,
) -> None:
    """Print who offends.

    Args:
        found: What to show.
        results: Folder its files were written to, if they were.
        asked: What was given on the command line, for the commands to run next.
        most: Rows of the table.
        can_explain: Whether a Device as it is shown can be found in the input: not under a pseudonym.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    said = offending_verdict(found)
    tell(to, said.headline, said.findings, width)
    if found.offenders:
        _show_offenders(to, found, width, most)
        left = len(found.offenders) - most
        if left > 0:
            where = " in offenders.csv" if results is not None else ": --most shows more"
            say(to, Text(f"and {many(left, 'more row')}{where}", style="dim"), width)
        to.print()
    if not found.causes and len(found.loudest):
        show_table(to, _DEVICES, list(_loudest(found)), width)
        to.print()
    warn(to, said.cautions, width)
    offer(to, _next_steps(found, results, asked, can_explain=can_explain), width)


def _show_offenders(to: Console, found: Offending, width: int, most: int) -> None:
    """The first of the rows; a column in which nothing stands is left out."""
    rows = [_cells(found, row) for row in found.offenders[:most]]
    kept = [at for at in range(len(_GROUPS)) if any(row[at] for row in rows)]
    columns = _GROUPS if found.by else _CODES
    show_table(to, [columns[at] for at in kept], [[row[at] for at in kept] for row in rows], width)


def _cells(found: Offending, row: Offender) -> tuple[str, ...]:
    test = row.told
    is_installed = row.is_known and row.installed > 0
    return (
        group_in_words(found, row) if found.by else name_of_codes(row.alert_codes),
        codes_label(row.alert_codes),
        thousands(row.alerts),
        percent(row.alerts, found.alerts),
        _rate(row.per_day) if is_installed else "",
        times_in_words(test.ratio) if test is not None else "",
        _chance(test.p_value) if test is not None else "",
        percent(row.devices, row.installed) if is_installed else thousands(row.devices),
        "+".join(dict.fromkeys(map(short_kind, causes_at(found, row)))),
    )


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"  # noqa: PLR2004 - two figures


def _chance(p_value: float) -> str:
    return f"<{SMALLEST_P:.0e}" if p_value < SMALLEST_P else chance_in_words(p_value).removeprefix("p = ")


def _loudest(found: Offending) -> Iterator[tuple[str, ...]]:
    for row in found.loudest.rows[:_MOST_DEVICES]:
        yield (
            format_device_id(int(row["device_id"])),
            format_alert_code(int(row["alert_code"])),
            thousands(int(row["alerts"])),
            Pattern(int(row["pattern"])).name.lower(),
        )


def _next_steps(
    found: Offending, results: Path | None, asked: Asked, *, can_explain: bool
) -> Iterator[tuple[str, str]]:
    """Commands to run next, each with what it is good for."""
    if found.inventory is None:
        yield asked.again("--inventory", "FILE"), "which product it is, by a test"
    listed = found.devices if len(found.devices) else found.loudest
    if can_explain and len(listed) and len(asked.alerts) == 1:
        row = listed.rows[0]
        device, code = format_device_id(int(row["device_id"])), format_alert_code(int(row["alert_code"]))
        yield asked.explain(device, code), f"the loudest Device, with {many(int(row['alerts']), 'Alert')}"
    if results is None:
        yield (
            asked.again("-o", "offenders"),
            "keep the results: pictures, tables, and the list of Devices of each cause",
        )
        return
    suffix = ".partial" if found.replayed.is_partial else ""
    yield (
        f"{results / f'offenders{suffix}.html'}",
        "open it in a browser: the same with pictures; works offline",
    )
    if devices := len(np.unique(found.devices.rows["device_id"])):
        yield (
            f"{results / f'devices{suffix}.csv'}",
            f"the {many(devices, 'Device')} behind it, to hand on",
        )
