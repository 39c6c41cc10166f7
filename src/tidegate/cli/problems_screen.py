"""What a person sees of problems: the finding, the table of problems, the forecast, and what to run next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli import console
from tidegate.cli.replay_screen import WIDTH, pointed, say
from tidegate.reports.forecast import Forecast, TicketCost, cost_in_words
from tidegate.reports.numerals import many, thousands
from tidegate.reports.problem_report import ProblemReport
from tidegate.reports.problems import codes_in_words, product_in_words

MOST_PROBLEMS = 15


def show(
    report: ProblemReport,
    results: Path | None,
    *,
    alerts: Sequence[Path | str] = (),
    inventory: Path | None = None,
    policy: str | None = None,
    out: Console | None = None,
) -> None:
    """Print a report of problems.

    Args:
        report: What to show.
        results: Folder its files were written to, if they were.
        alerts: The input as it was given on the command line, for the commands to run next.
        inventory: The Inventory, if one was; for the same.
        policy: The policy, if one was; for the same.
        out: Where to print; stdout when left out.
    """
    to = out or console.out
    width = min(to.width, WIDTH)
    say(to, Text(report.headline, style="bold"), width)
    to.print()
    for finding in (found := list(report.findings())):
        say(to, pointed(finding), width, indent=2)
    if found:
        to.print()
    for caution in (cautions := list(report.cautions())):
        say(to, Text(f"! {caution}", style="yellow"), width, indent=2)
    if cautions:
        to.print()
    if len(report.problems):
        to.print(_problems(report), width=width)
        more = len(report.problems) - MOST_PROBLEMS
        if more > 0:
            say(to, Text(f"and {many(more, 'more problem')}", style="dim"), width)
        to.print()
        to.print(_forecast(report.forecast, report.cost), width=width)
        to.print()
    to.print(Text("Next:", style="bold"))
    for command, meaning in _next_steps(report, results, [str(each) for each in alerts], inventory, policy):
        to.print(Text(f"  {command}"), soft_wrap=True)
        say(to, Text(meaning, style="dim"), width, indent=6)


def _problems(report: ProblemReport) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold underline")
    for name in ("Problem", "Code", "Kind"):
        table.add_column(name, no_wrap=True)
    table.add_column("Product", overflow="fold", ratio=1)
    for name in ("Devices", "Alerts"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Responsible", overflow="fold", max_width=14)
    table.add_column("State", no_wrap=True)
    for problem in report.problems.problems[:MOST_PROBLEMS]:
        product = product_in_words(problem.cause) if problem.cause.is_named else "none named"
        table.add_row(
            *map(
                Text,
                (
                    problem.problem_id,
                    codes_in_words(problem.cause),
                    str(problem.cause.kind),
                    product,
                    thousands(problem.devices),
                    thousands(problem.alerts),
                    _party(problem.responsible),
                    str(problem.state),
                ),
            )
        )
    table.expand = True
    return table


def _party(parties: Sequence[tuple[str, int]]) -> str:
    if not parties:
        return "not known"
    more = len(parties) - 1
    return f"{parties[0][0]} +{more}" if more else parties[0][0]


def _forecast(made: Forecast, cost: TicketCost) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold underline")
    table.add_column("Counted by", no_wrap=True)
    costs = [
        each for each in (TicketCost(cost.pounds), TicketCost(None, cost.minutes)) if cost_in_words(1, each)
    ]
    headings = ["Incidents", "a day", "E-mails", "a day"]
    for name in (*headings, *("Cost" if each.pounds is not None else "Work" for each in costs)):
        table.add_column(name, justify="right", no_wrap=True)
    days = max(len(made.days), 1)
    for rule, load in made.loads.items():
        cells = [
            text
            for number in (load.all_incidents, load.all_emails)
            for text in (thousands(number), f"{number / days:,.1f}")
        ]
        told = [cost_in_words(load.all_incidents, each).removesuffix(" of work") for each in costs]
        table.add_row(Text(str(rule)), *cells, *told)
    return table


def _next_steps(
    report: ProblemReport,
    results: Path | None,
    alerts: Sequence[str],
    inventory: Path | None,
    policy: str | None,
) -> Iterator[tuple[str, str]]:
    """Commands to run next, each with what it is good for."""
    given = [*alerts, *(["--inventory", str(inventory)] if inventory else [])]
    given += ["--policy", policy] if policy else []
    if inventory is None:
        yield (
            f"tidegate report problems {shlex.join(given)} --inventory FILE",
            "name products, and who answers",
        )
    elif len(report.problems):
        offenders = shlex.join(["tidegate", "offenders", *given])
        yield offenders, "who to call: every product beside the rest of the fleet"
    if results is None:
        again = shlex.join(["tidegate", "report", "problems", *given, "-o", "problems"])
        yield again, "keep it: CSV, Parquet, ServiceNow, Jira, a page, a workbook"
        return
    suffix = ".partial" if report.replayed.is_partial else ""
    yield (
        f"{results / f'problems{suffix}.html'}",
        "open it in a browser: the same with pictures; works offline",
    )
    yield (
        f"{results / f'problems_servicenow{suffix}.csv'}",
        "import it into ServiceNow; problems_jira.csv beside it is for Jira",
    )
