"""`tidegate criteria`: list, check, show and compare sets of criteria of Post Commissioning."""

from __future__ import annotations

import typer
from rich.markup import escape

from tidegate.cli import console
from tidegate.cli.suppression_screen import bullets
from tidegate.commissioning.criteria import Criteria
from tidegate.policy.criteria_changes import (
    cells_in_words,
    criteria_changes,
    obligation_in_words,
    proof_in_words,
)
from tidegate.reports.numerals import many
from tidegate.vocabulary.instants import format_duration

criteria_app = typer.Typer(
    name="criteria",
    help="List, check, show and compare sets of criteria: who counts as securely commissioned.",
    no_args_is_help=True,
)

_FILE = "A criteria file, or the name of one that comes with tidegate, as outcome."


@criteria_app.command("list")
def listed() -> None:
    """List the sets of criteria that come with tidegate."""
    from tidegate.policy_files import published_criteria, published_criteria_names  # noqa: PLC0415 - pydantic is slow

    for name in published_criteria_names():
        console.out.print(f"[bold]{escape(name)}[/]: {escape(published_criteria(name).note)}")
    console.out.print("\nNext:  tidegate criteria show outcome --toml > mine.toml")


@criteria_app.command()
def check(files: list[str] = typer.Argument(metavar="FILE...", help=_FILE)) -> None:
    """Look for faults in criteria files; all are shown, each with its place and what to write instead."""
    console.check_each(files, _check)


@criteria_app.command()
def show(
    file: str = typer.Argument(metavar="FILE", help=_FILE),
    as_json: bool = typer.Option(False, "--json", help="Print it as JSON."),
    as_toml: bool = typer.Option(
        False, "--toml", help="Print it as a criteria file, to begin one of your own."
    ),
) -> None:
    """Show the whole of a set of criteria."""
    from tidegate.policy_files import criteria_document, write_criteria  # noqa: PLC0415 - pydantic is slow to start

    criteria = _criteria_of(file)
    if as_json:
        console.show_json(criteria_document(criteria))
    elif as_toml:
        typer.echo(write_criteria(criteria), nl=False)
    else:
        _show(criteria)


@criteria_app.command()
def diff(
    before: str = typer.Argument(metavar="A", help=_FILE),
    after: str = typer.Argument(metavar="B", help=_FILE),
) -> None:
    """Say in words what criteria B ask otherwise than criteria A.

    Example:  tidegate criteria diff appendix-ac-5 outcome
    """
    first, second = _criteria_of(before), _criteria_of(after)
    console.out.print(f"From  [bold]{escape(first.name)}[/]\nto    [bold]{escape(second.name)}[/]\n")
    found = criteria_changes(first, second)
    bullets(change.sentence for change in found)
    console.out.print(f"\n{many(len(found), 'change')}." if found else "They ask the same.")


def _criteria_of(file: str) -> Criteria:
    from tidegate.policy_files import find_criteria  # noqa: PLC0415 - pydantic is slow to start

    return find_criteria(file)


def _check(file: str) -> None:
    criteria = _criteria_of(file)
    asked = f"{many(len(criteria.obligations), 'obligation')}, {many(len(criteria.cells), 'role')} of cells"
    console.out.print(f"{escape(file)}: ok ({escape(criteria.name)}: {asked})", soft_wrap=True)


def _show(criteria: Criteria) -> None:
    allowed = format_duration(criteria.time_allowed_us)
    console.out.print(f"[bold]{escape(criteria.name)}[/]: {allowed} allowed")
    if criteria.note:
        console.out.print(escape(criteria.note))
    console.out.print("\n[bold]Obligations[/]")
    bullets(
        f"{each.name}: {obligation_in_words(each)}.{_clause(each.clause)}" for each in criteria.obligations
    )
    if criteria.cells:
        console.out.print("\n[bold]Trust Anchor Cells[/], as they were read")
        bullets(f"{each.role.text}: {cells_in_words(each)}.{_clause(each.clause)}" for each in criteria.cells)
    console.out.print("\n[bold]What counts as proof[/]")
    bullets(proof_in_words(criteria.proof))


def _clause(clause: str) -> str:
    return f" {clause}." if clause else ""
