"""problems.html: the problems of a log as a page, with what incidents and e-mails they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tidegate.formats.forecast_pictures import forecast_pictures
from tidegate.formats.page import Cell, Number, Page, Section, Table
from tidegate.formats.picture import Picture
from tidegate.formats.report_html import period_in_words
from tidegate.formats.reproduction import Reproduction, reproduction_section
from tidegate.reports.forecast import Rule, TicketCost, cost_in_words
from tidegate.reports.kinds import kind_in_words
from tidegate.reports.numerals import length, many, thousands
from tidegate.reports.problem_report import ProblemReport
from tidegate.reports.problems import (
    codes_in_words,
    product_in_words,
    remedy_of,
    rows_of,
    title_of,
    whose,
)
from tidegate.reports.verdict import parameters_in_words
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import Instant, format_instant

MOST_TOLD: Final = 12
"""Problems that have a part of the page of their own; the table has all."""

MOST_DEVICES: Final = 10
"""Devices of a problem that the page names."""

RULES_IN_WORDS: Final = {
    Rule.EACH_STORM: "As consulted: an incident and an e-mail to the recipient each time throttling starts for a Device.",
    Rule.DEVICE_DAY: "As SSEN was told: incidents as before; one e-mail a day for each Device in a storm, and recipient.",
    Rule.PROBLEM: "An incident when a problem opens, for who can mend it; an e-mail then to every party it concerns.",
    Rule.DIGEST: "Incidents as for each problem; one e-mail a day to each party that a problem going on concerns.",
}
"""What each rule counts."""


def problems_page(report: ProblemReport, made: Reproduction | None = None) -> Page:
    """The report as a page."""
    replayed, problems, loads = report.replayed, report.problems, report.forecast.loads
    storms = sum(problem.storms for problem in problems.problems)
    named = sum(problem.cause.is_named for problem in problems.problems)
    words = "; ".join(
        f"{each.policy.version} ({each.policy.mode.value}): {parameters_in_words(each.policy.alert_storm.default)}"
        for each in replayed.in_force
    )
    return Page(
        title=f"Problems of {replayed.source}",
        about=f"Tidegate problems of {replayed.source}, {period_in_words(replayed)} · policy "
        f"{replayed.policy_version or 'none'}",
        headline=report.headline,
        numbers=[
            Number("Problems", thousands(len(problems)), f"{thousands(named)} with a product behind them"),
            Number("Storms", thousands(storms), f"of {many(replayed.devices_stormed, 'Device')}"),
            _change("Incidents", loads[Rule.EACH_STORM].all_incidents, loads[Rule.PROBLEM].all_incidents),
            _change("E-mails", loads[Rule.EACH_STORM].all_emails, loads[Rule.DIGEST].all_emails),
            *_cost_numbers(report),
        ],
        sum=_sum(report),
        findings=list(report.findings()),
        cautions=list(report.cautions()),
        under_pictures=f"{words}. {period_in_words(replayed)}.",
        partial=f"Partial: interrupted after {int(100 * replayed.completed)}% of the input."
        if replayed.is_partial
        else "",
        sections=list(_sections(report, made)),
    )


def problem_section(report: ProblemReport) -> Section:
    """The table of problems and the forecast's pictures, as a section of any page."""
    return Section(
        "Problems, by cause",
        [
            "Storms and murmur with one cause are one problem, for one party to mend; the recipients are informed."
        ],
        forecast_pictures(report.forecast),
        [_problem_table(report)],
    )


def page_pictures(report: ProblemReport) -> list[Picture]:
    """Every picture of the page, to be written as PNG too."""
    return forecast_pictures(report.forecast)


def _sections(report: ProblemReport, made: Reproduction | None) -> Iterator[Section]:
    problems = report.problems
    if problems.problems:
        yield Section(
            "Problems",
            [
                (
                    "A problem is storms and murmur with one cause. Its identifier is the same in every log. It is "
                    f"closed once it was silent for {length(problems.silent_for)} at the end of the log."
                )
            ],
            tables=[_problem_table(report)],
        )
    pictures = page_pictures(report)
    if pictures:
        yield Section(
            "Incidents and e-mails",
            [f"{rule[:1].upper()}{rule[1:]}: {RULES_IN_WORDS[rule]}" for rule in report.forecast.loads],
            pictures,
            [_rule_table(report), _party_table(report)],
        )
    for place, problem in enumerate(problems.problems[:MOST_TOLD]):
        yield Section(
            f"{problem.problem_id}: {codes_in_words(problem.cause)}, {product_in_words(problem.cause)}",
            [f"{title_of(problem)}. {whose(problem)}", remedy_of(problem)],
            tables=[_device_table(report, place)],
        )
    if made is not None:
        yield reproduction_section(made)


def _problem_table(report: ProblemReport) -> Table:
    return Table(
        (
            "problem",
            "state",
            "kind",
            "code",
            "product",
            "Devices",
            "storms",
            "Alerts",
            "held back",
            "responsible",
            "first seen (UTC)",
            "last seen (UTC)",
        ),
        [
            (
                row.problem_id,
                row.state,
                kind_in_words(problem.cause),
                row.alert_codes,
                product_in_words(problem.cause),
                row.devices,
                row.storms,
                row.alerts,
                row.throttled,
                _parties(problem.responsible),
                _minute(row.first_seen),
                _minute(row.last_seen),
            )
            for row, problem in zip(rows_of(report.problems), report.problems.problems, strict=True)
        ],
        caption="The problem with most Alerts first; behind a responsible party, its Devices. "
        "Files: problems.csv, problem_devices.csv.",
    )


def _rule_table(report: ProblemReport) -> Table:
    days = max(len(report.forecast.days), 1)
    has_cost = bool(cost_in_words(1, report.cost))
    return Table(
        (
            "counted by",
            "incidents",
            "e-mails",
            "incidents a day",
            "e-mails a day",
            *(["cost"] if has_cost else []),
        ),
        [
            (
                str(rule),
                load.all_incidents,
                load.all_emails,
                load.all_incidents / days,
                load.all_emails / days,
                *([cost_in_words(load.all_incidents, report.cost)] if has_cost else []),
            )
            for rule, load in report.forecast.loads.items()
        ],
        heading="By rule",
        caption="The cost is of incidents alone, at what was given for one." if has_cost else "",
    )


def _party_table(report: ProblemReport) -> Table:
    made = report.forecast
    found = {(it.rule, it.party): it for it in made.by_party}
    # The other two rules give the same incidents.
    of_incidents = [rule for rule in (Rule.EACH_STORM, Rule.PROBLEM) if rule in made.loads]

    def cells(party: str) -> Iterator[Cell]:
        for rule in of_incidents:
            yield found[rule, party].incidents if (rule, party) in found else 0
        for rule in made.loads:
            yield found[rule, party].emails if (rule, party) in found else 0

    return Table(
        (
            "party",
            *(f"incidents: {rule}" for rule in of_incidents),
            *(f"mail: {rule}" for rule in made.loads),
        ),
        [(party, *cells(party)) for party in dict.fromkeys(it.party for it in made.by_party)],
        heading="By party",
        caption="As consulted, an incident is for the recipient of the Alerts; of a problem, for who can mend it.",
    )


def _device_table(report: ProblemReport, place: int) -> Table:
    members = report.problems.members
    rows = members.of(place)
    count = rows.stop - rows.start
    loudest = sorted(range(rows.start, rows.stop), key=lambda at: (-int(members.alerts[at]), at))
    return Table(
        ("Device", "storms", "Alerts", "held back", "responsible"),
        [
            (
                format_device_id(int(members.device_id[at])),
                int(members.storms[at]),
                int(members.alerts[at]),
                int(members.throttled[at]),
                members.responsible[at] or "not known",
            )
            for at in loudest[:MOST_DEVICES]
        ],
        caption=f"The {thousands(min(count, MOST_DEVICES))} with most Alerts of {many(count, 'Device')}.",
        is_of_devices=True,
    )


def _change(name: str, before: int, after: int) -> Number:
    return Number(name, f"{thousands(before)} → {thousands(after)}")


def _cost_numbers(report: ProblemReport) -> Iterator[Number]:
    loads = report.forecast.loads
    before, after = (loads[rule].all_incidents for rule in (Rule.EACH_STORM, Rule.PROBLEM))
    for name, cost in (
        ("Cost of incidents", TicketCost(report.cost.pounds)),
        ("Work on incidents", TicketCost(None, report.cost.minutes)),
    ):
        if said := cost_in_words(before, cost).removesuffix(" of work"):
            yield Number(name, f"{said} → {cost_in_words(after, cost).removesuffix(' of work')}")


def _sum(report: ProblemReport) -> str:
    problems = report.problems.problems
    if not problems:
        return ""
    named = sum(problem.storms for problem in problems if problem.cause.is_named)
    storms = sum(problem.storms for problem in problems)
    return (
        f"{many(storms, 'storm')} = {thousands(named)} with a product behind them + "
        f"{thousands(storms - named)} without"
    )


def _parties(parties: Sequence[tuple[str, int]]) -> str:
    if not parties:
        return "not known"
    party, devices = parties[0]
    more = f" and {thousands(len(parties) - 1)} more" if len(parties) > 1 else ""
    return f"{party} ({thousands(devices)}){more}"


def _minute(at: Instant) -> str:
    return format_instant(at)[:16].replace("T", " ")
