"""What a person sees of an allocation: how it comes about, the worked table, the other bases, what would change it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from tidegate.admission.allocation import Allocation
from tidegate.admission.weighting import Basis
from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import NAMES_A_USER, Column, show_table
from tidegate.reports.allocated import Allocated
from tidegate.reports.allocation_words import (
    basis_findings,
    cautions,
    findings,
    headline,
    number_in_words,
    share_in_words,
    share_of_capacity,
    weight_in_words,
    what_if_findings,
)
from tidegate.reports.numerals import many, thousands
from tidegate.vocabulary.instants import format_duration
from tidegate.vocabulary.users import User

MOST_USERS: Final = 40
"""Users shown on the screen, and as many worked; the workbook has all."""

_USER: Final = Column("User", is_text=True, least=NAMES_A_USER)
_ROLE: Final = Column("Role", is_text=True)
_HEADS: Final = {Basis.ENROLLED: "Enrolled", Basis.CHARGED: "Charged", Basis.FORECAST: "Forecast"}


def show(
    allocated: Allocated,
    workbook: Path | None,
    *,
    users: Path,
    policy: str | None = None,
    out: Console | None = None,
) -> None:
    """Print an allocation.

    Args:
        allocated: What to show.
        workbook: Where it was written to, if it was.
        users: The table of Users as it was named, for the commands to run next.
        policy: The policy as it was named, if one was; for the same.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    tell(to, headline(allocated), findings(allocated), width)
    warn(to, cautions(allocated), width)
    _show_worked(to, allocated, width)
    if len(allocated.by_basis) > 1:
        _title(to, "By what Users are counted")
        heads = [_HEADS[basis] for basis in allocated.by_basis]
        _show_beside(to, allocated, heads, list(allocated.by_basis.values()), width)
        _show_findings(to, basis_findings(allocated), width)
    _title(to, "What would change it")
    heads = ["Now", *(each.label for each in allocated.what_ifs)]
    _show_beside(
        to,
        allocated,
        heads,
        [allocated.allocations, *(each.allocations for each in allocated.what_ifs)],
        width,
    )
    _show_findings(to, what_if_findings(allocated), width)
    to.print()
    offer(to, _next_steps(allocated, workbook, users, policy), width)


def _show_worked(to: Console, allocated: Allocated, width: int) -> None:
    enrolled = allocated.weighting.basis is Basis.ENROLLED
    columns = [
        _USER,
        _ROLE,
        *([Column("Meters", gives_way=2), Column("Prepayment", gives_way=3)] if enrolled else []),
        Column("Weight", gives_way=1),
        Column("Share", gives_way=1),
        Column(f"In {format_duration(allocated.rules.period_us)}"),
    ]
    rows = [
        [
            each.claim.user,
            each.claim.role.value,
            *(_meters(user) if enrolled else []),
            number_in_words(each.claim.weight),
            share_of_capacity(allocated, each),
            thousands(each.requests),
        ]
        for user, each in zip(allocated.table.users, allocated.allocations, strict=True)
    ]
    show_table(to, columns, rows[:MOST_USERS], width, gap=2)
    _say_rest(to, allocated, width)
    _title(to, "Worked")
    for user, each in list(zip(allocated.table.users, allocated.allocations, strict=True))[:MOST_USERS]:
        say(to, Text(f"{each.claim.user} {each.claim.role}", style="bold"), width, indent=2)
        if each.claim.weight:
            say(to, Text(f"weight  {weight_in_words(allocated, user)}"), width, indent=4)
        say(to, Text(f"share   {share_in_words(allocated, each)}"), width, indent=4)


def _meters(user: User) -> list[str]:
    """The meters of a User in its role, all but those known to be prepayment; and those."""
    if user.role.is_network:
        return [_count(user.network_meters), ""]
    if not user.role.is_supplier:
        return ["", ""]
    known = [each for each in (user.credit_meters, user.unknown_meters) if each is not None]
    return [_count(sum(known) if known else None), _count(user.prepayment_meters)]


def _count(number: int | None) -> str:
    return "" if number is None else thousands(number)


def _show_beside(
    to: Console,
    allocated: Allocated,
    heads: Sequence[str],
    columns: Sequence[Sequence[Allocation]],
    width: int,
) -> None:
    rows = [
        [user.user, user.role.value, *(thousands(column[at].requests) for column in columns)]
        for at, user in enumerate(allocated.table.users[:MOST_USERS])
    ]
    # What is compared with is always there; the last of the others goes first.
    beside = [Column(head, gives_way=at) for at, head in enumerate(heads)]
    show_table(to, [_USER, _ROLE, *beside], rows, width, gap=2)
    _say_rest(to, allocated, width)


def _say_rest(to: Console, allocated: Allocated, width: int) -> None:
    rest = len(allocated.allocations) - MOST_USERS
    if rest > 0:
        say(to, Text(f"And {many(rest, 'other User')}; --json and --xlsx have all.", style="dim"), width)


def _show_findings(to: Console, found: Sequence[str], width: int) -> None:
    for each in found:
        say(to, Text(each), width, indent=2)


def _title(to: Console, text: str) -> None:
    to.print()
    to.print(Text(text, style="bold"))


def _next_steps(
    allocated: Allocated, workbook: Path | None, users: Path, policy: str | None
) -> Iterator[tuple[str, str]]:
    given = ["--policy", policy] if policy is not None else []
    name = policy if policy is not None else allocated.policy_version
    again = shlex.join(["tidegate", "allocate", str(users), *given])
    if workbook is None:
        yield f"{again} --xlsx allocation.xlsx", "the same as a workbook, to publish to every User"
    else:
        yield str(workbook), "open it: the same as a workbook, to publish to every User"
    yield (
        f"tidegate policy show {shlex.quote(name)}",
        "the weights, the floor and the Prioritised Service Requests List",
    )
