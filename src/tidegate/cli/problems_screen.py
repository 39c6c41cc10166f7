"""What a person sees of problems: the finding, the table of problems, the forecast, and what to run next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tidegate.cli.asked import Asked
from tidegate.cli.screen import offer, place_for, say, tell, warn
from tidegate.cli.tables import Column, show_table
from tidegate.reports.forecast import Forecast, TicketCost, cost_in_words
from tidegate.reports.numerals import many, thousands
from tidegate.reports.offending_words import short_kind
from tidegate.reports.problem_report import ProblemReport
from tidegate.reports.problems import codes_in_words, product_in_words

MOST_PROBLEMS = 15

_PROBLEMS = (
    Column("Problem", is_text=True),
    Column("Code", is_text=True),
    Column("Kind", is_text=True, gives_way=2),
    Column("Product", is_text=True, least=10, wraps=True),
    Column("Devices", gives_way=1),
    Column("Alerts"),
    Column("Responsible", is_text=True, least=10, wraps=True, gives_way=3),
    Column("State", is_text=True, gives_way=4),
)


def show(
    report: ProblemReport,
    results: Path | None,
    *,
    asked: Asked = Asked(),
    out: Console | None = None,
) -> None:
    """Print a report of problems.

    Args:
        report: What to show.
        results: Folder its files were written to, if they were.
        asked: What was given on the command line, for the commands to run next.
        out: Where to print; stdout when left out.
    """
    to, width = place_for(out)
    tell(to, report.headline, list(report.findings()), width)
    warn(to, list(report.cautions()), width)
    if len(report.problems):
        _show_problems(to, report, width)
        more = len(report.problems) - MOST_PROBLEMS
        if more > 0:
            say(to, Text(f"and {many(more, 'more problem')}", style="dim"), width)
        to.print()
        _show_forecast(to, report.forecast, report.cost, width)
        to.print()
    offer(to, _next_steps(report, results, asked), width)


def _show_problems(to: Console, report: ProblemReport, width: int) -> None:
    rows = [
        (
            problem.problem_id,
            codes_in_words(problem.cause),
            short_kind(problem.cause),
            product_in_words(problem.cause) if problem.cause.is_named else "none shown",
            thousands(problem.devices),
            thousands(problem.alerts),
            _party(problem.responsible),
            str(problem.state),
        )
        for problem in report.problems.problems[:MOST_PROBLEMS]
    ]
    show_table(to, _PROBLEMS, rows, width)


def _party(parties: Sequence[tuple[str, int]]) -> str:
    if not parties:
        return "not known"
    more = len(parties) - 1
    return f"{parties[0][0]} +{more}" if more else parties[0][0]


def _show_forecast(to: Console, made: Forecast, cost: TicketCost, width: int) -> None:
    costs = [
        each for each in (TicketCost(cost.pounds), TicketCost(None, cost.minutes)) if cost_in_words(1, each)
    ]
    columns = [
        Column("Counted by", is_text=True),
        Column("Incidents"),
        Column("a day", gives_way=3),
        Column("E-mails"),
        Column("a day", gives_way=2),
        *(Column("Cost" if each.pounds is not None else "Work", gives_way=1) for each in costs),
    ]
    days = max(len(made.days), 1)
    rows = []
    for rule, load in made.loads.items():
        cells = [
            text
            for number in (load.all_incidents, load.all_emails)
            for text in (thousands(number), f"{number / days:,.1f}")
        ]
        told = [cost_in_words(load.all_incidents, each).removesuffix(" of work") for each in costs]
        rows.append((str(rule), *cells, *told))
    show_table(to, columns, rows, width, gap=2)


def _next_steps(report: ProblemReport, results: Path | None, asked: Asked) -> Iterator[tuple[str, str]]:
    """Commands to run next, each with what it is good for."""
    if asked.inventory is None:
        yield (
            asked.again("--inventory", "FILE"),
            "name products, and who answers",
        )
    elif len(report.problems):
        yield asked.command("offenders"), "who to call: every product beside the rest of the fleet"
    if results is None:
        yield (
            asked.again("-o", "problems"),
            "keep it: CSV, Parquet, ServiceNow, Jira, a page, a workbook",
        )
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
