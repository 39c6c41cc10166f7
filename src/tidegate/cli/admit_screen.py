"""What a person sees of Service Requests that were decided: the verdict, Users, variants, the sum, what to run next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import NAMES_A_USER, Column, show_table
from tidegate.reports.admitted import Admitted
from tidegate.reports.admitted_words import (
    admitted_verdict,
    own_in_words,
    srv_rows,
    sum_in_words,
    users_first,
)
from tidegate.reports.numerals import many, thousands

MOST_USERS: Final = 12
MOST_SRVS: Final = 8

_USERS: Final = (
    Column("User", is_text=True, least=NAMES_A_USER),
    Column("Allocation", gives_way=3),
    Column("Most used", gives_way=4),
    Column("Of its own", gives_way=1),
    Column("Received", gives_way=2),
    Column("Throttled"),
    Column("Warned", gives_way=5),
)
_SRVS: Final = (
    Column("SRV", is_text=True),
    Column("Name", is_text=True, least=18, gives_way=1),
    Column("Received", gives_way=2),
    Column("Prioritised", gives_way=3),
    Column("Throttled"),
)


@dataclass(frozen=True, slots=True)
class AskedToAdmit:
    """What was given on the command line, for the commands to run next.

    given:  The whole command.
    """

    users: Path
    policy: str | None
    given: str


def show(found: Admitted, results: Path | None, asked: AskedToAdmit, out: Console | None = None) -> None:
    """Print what was decided; stdout when `out` is left out."""
    to, width = place_for(out)
    said = admitted_verdict(found)
    tell(to, said.headline, said.findings, width)
    warn(to, said.cautions, width)
    _show_users(to, found, width)
    if found.totals.throttled:
        to.print()
        _show_srvs(to, found, width)
    to.print()
    say(to, Text(sum_in_words(found)), width, indent=2)
    to.print()
    offer(to, _next_steps(found, results, asked), width)


def _show_users(to: Console, found: Admitted, width: int) -> None:
    users = users_first(found)
    rows = [
        [
            user.user,
            thousands(user.allocation),
            thousands(user.most_used),
            own_in_words(user) if user.allocation else "",
            thousands(user.totals.received),
            thousands(user.totals.throttled) if user.totals.throttled else "",
            thousands(user.early_warnings) if user.early_warnings else "",
        ]
        for user in users[:MOST_USERS]
    ]
    if rows:
        show_table(to, _USERS, rows, width, gap=2)
    if rest := users[MOST_USERS:]:
        say(to, Text(f"And {many(len(rest), 'other User')}; -o has all.", style="dim"), width)


def _show_srvs(to: Console, found: Admitted, width: int) -> None:
    rows = [row for row in srv_rows(found) if row.totals.throttled]
    shown = [
        [
            row.srv,
            row.name,
            thousands(row.totals.received),
            thousands(row.totals.prioritised) if row.totals.prioritised else "",
            thousands(row.totals.throttled),
        ]
        for row in rows[:MOST_SRVS]
    ]
    kept = [
        at for at, column in enumerate(_SRVS) if column.heading != "Prioritised" or any(r[at] for r in shown)
    ]
    show_table(to, [_SRVS[at] for at in kept], [[row[at] for at in kept] for row in shown], width, gap=2)
    if rest := rows[MOST_SRVS:]:
        say(to, Text(f"And {many(len(rest), 'other variant')} throttled; -o has all.", style="dim"), width)


def _next_steps(found: Admitted, results: Path | None, asked: AskedToAdmit) -> Iterator[tuple[str, str]]:
    policy = ["--policy", asked.policy] if asked.policy is not None else []
    yield (
        shlex.join(["tidegate", "allocate", str(asked.users), *policy]),
        "how each allocation comes about, in words",
    )
    if results is None:
        yield f"{asked.given} -o admitted", "keep the results: report, pictures, every decision"
        return
    suffix = ".partial" if found.is_partial else ""
    yield f"{results / f'report{suffix}.html'}", "open it in a browser: the same with pictures; works offline"
