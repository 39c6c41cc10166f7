"""report.html of a simulation of Service Requests: the controls side by side on the same demand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tidegate.formats.page import Cell, Number, Page, Section, Table
from tidegate.formats.picture import Picture
from tidegate.formats.reproduction import Reproduction, reproduction_section
from tidegate.reports.numerals import length, percent, thousands
from tidegate.reports.requests_simulated import (
    BACKLOG_STEP,
    Control,
    ControlOutcome,
    RequestsSimulated,
    Tally,
)
from tidegate.reports.requests_simulated_words import (
    ask_in_words,
    per_second,
    requests_verdict,
    variants_in_words,
)
from tidegate.reports.verdict import hour_in_words
from tidegate.vocabulary.instants import format_instant
from tidegate.vocabulary.service_reference_variants import variant_in_words

TOTALS_COLUMNS: Final = (
    "control", "tasks", "done", "waiting at the end", "stranded half way", "given up", "requests sent", "answered",
    "503s", "503s within allocation, below maximum", "503s within allocation, at maximum", "no answer",
    "no answer within allocation", "met the outage", "sent for each answered", "served for nobody",
    "backlog cleared after", "half done within", "95 % done within", "fairness (Jain)",
)  # fmt: skip
"""Of `totals_rows`."""


def requests_page(
    found: RequestsSimulated, pictures: Sequence[Picture], made: Reproduction | None = None
) -> Page:
    """The simulation as a page; `pictures` are those of `requests_pictures`."""
    said = requests_verdict(found)
    rule = found.under(Control.TIDEGATE)
    tally = rule.total
    return Page(
        title=f"{found.scenario}: Service Request traffic simulated",
        about=(
            f"Tidegate simulation {found.scenario}, seed {found.seed}, {length(found.length_us)} from "
            f"{hour_in_words(found.starts_at)}; policy {found.policy_version}"
        ),
        headline=said.headline,
        numbers=[
            Number(
                "Tasks", thousands(tally.due), f"{thousands(sum(v.requests for v in found.volumes))} requests"
            ),
            Number("Done under the rule", percent(tally.done, tally.due), "", "passed"),
            *(
                Number(it.name, percent(it.total.done, it.total.due), "done")
                for it in found.compared
                if it.control in {Control.NONE, Control.AS_WRITTEN}
            ),
            Number(
                "503s within an allocation", thousands(tally.refused_within), "below the maximum, by the rule"
            ),
        ],
        sum=". ".join(_sum(it) for it in found.compared) + ".",
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=under_pictures(found),
        sections=list(_sections(found, pictures, made)),
    )


def under_pictures(found: RequestsSimulated) -> str:
    """What stands under every picture: scenario, seed, capacity, period."""
    rule = found.under(Control.TIDEGATE)
    return (
        f"Synthetic. {found.scenario}, seed {found.seed}, {found.scale:g} times the size; {found.policy_version}: maximum "
        f"{rule.maximum}, operating threshold {rule.threshold} in {length(found.period_us)}. "
        f"{format_instant(found.starts_at)}, {length(found.length_us)}."
    )


def totals_rows(outcomes: Sequence[ControlOutcome], found: RequestsSimulated) -> list[tuple[Cell, ...]]:
    """A row for each outcome, all tasks together."""
    return [
        (
            it.name,
            *t.counts,
            round(t.amplification, 2),
            it.served_for_nobody,
            "not by the end" if (took := found.time_to_clear(it)) is None else length(took),
            _took(t.median_us),
            _took(t.slow_us),
            None if it.fairness is None else round(it.fairness, 3),
        )
        for it in outcomes
        for t in [it.total]
    ]


def _sections(
    found: RequestsSimulated, pictures: Sequence[Picture], made: Reproduction | None
) -> Iterator[Section]:
    yield Section(
        "What it answers",
        [f"{each.number}, {each.by}: “{each.said}”" for each in found.answers]
        + [found.summary, f"Expected: {found.expected}", f"Invented: {found.invented}"],
    )
    yield Section(
        "In all",
        ["The same tasks fall due under each control. A task is done when each of its requests is answered."],
        pictures,
        [_turned(totals_rows(found.compared, found))],
    )
    yield Section("By what was asked", tables=[_streams(found)])
    yield Section(
        "By User",
        [
            (
                "Of what a User had to ask within its own allocation, while more was sent than the operating threshold "
                "allows: the share answered in time. How Users try again is invented."
            )
        ],
        tables=[_users(found)],
    )
    if found.of_capacities:
        yield Section(
            "More capacity",
            tables=[_turned(totals_rows(found.of_capacities, found))],
        )
    if found.of_lists:
        own, *asked = found.of_lists
        yield Section(
            "The priority list",
            [
                f"The list of {found.policy_version}: {', '.join(map(variant_in_words, own.priority))}.",
                *(f"{it.ask} {ask_in_words(own, it)}" for it in asked),
            ],
            tables=[_lists(found)],
        )
    yield Section("Volumes", tables=[_volumes(found)])
    if made is not None:
        yield reproduction_section(made)


def _turned(rows: Sequence[tuple[Cell, ...]]) -> Table:
    """Measures down, controls across."""
    return Table(
        ("", *(str(row[0]) for row in rows)),
        [(name, *(row[place] for row in rows)) for place, name in enumerate(TOTALS_COLUMNS) if place],
    )


def _streams(found: RequestsSimulated) -> Table:
    return Table(
        (
            "what",
            "SRVs",
            "control",
            "tasks",
            "done",
            "waiting",
            "stranded",
            "given up",
            "503s",
            "half done within",
        ),
        [
            (
                stream.name,
                variants_in_words(stream.srvs),
                it.name,
                stream.tally.due,
                percent(stream.tally.done, stream.tally.due),
                stream.tally.waiting,
                stream.tally.stranded,
                stream.tally.lost,
                stream.tally.refused,
                _took(stream.tally.median_us),
            )
            for place in range(len(found.volumes))
            for it in found.compared
            for stream in [it.streams[place]]
        ],
    )


def _users(found: RequestsSimulated) -> Table:
    first = found.compared[0]
    return Table(
        (
            "User",
            "roles",
            "allocation",
            "how it tries again",
            *(it.name for it in found.compared),
        ),
        [
            (
                user.user,
                ", ".join(user.roles),
                user.allocation,
                found.retries[user.user],
                *(_share(it, place) for it in found.compared),
            )
            for place, user in enumerate(first.users)
        ],
    )


def _lists(found: RequestsSimulated) -> Table:
    names = [each.stream for each in found.volumes]
    return Table(
        (
            "list",
            *(f"{name}: done" for name in names),
            *(f"{name}: half within" for name in names),
            "no answer",
        ),
        [
            (
                it.ask or found.policy_version,
                *(each.tally.done for each in it.streams),
                *(_took(each.tally.median_us) for each in it.streams),
                it.total.unanswered,
            )
            for it in found.of_lists
        ],
        caption="Tidegate's rule with the list as it is, and with each of what was asked of it.",
    )


def _volumes(found: RequestsSimulated) -> Table:
    return Table(
        ("what", "SRVs", "tasks", "requests", "a second, mean", "a second, busiest 10 s"),
        [
            (
                each.stream,
                variants_in_words(each.srvs),
                each.tasks,
                each.requests,
                per_second(each.requests, found.length_us),
                per_second(each.busiest, BACKLOG_STEP),
            )
            for each in found.volumes
        ],
        caption="What falls due, whatever the control; a Critical request counts twice, for its signed pre-command.",
    )


def _share(outcome: ControlOutcome, place: int) -> str:
    user = outcome.users[place]
    return percent(user.got, user.entitled) if user.entitled else "not put to the test"


def _took(duration: int | None) -> str:
    return "none" if duration is None else length(duration)


def _sum(outcome: ControlOutcome) -> str:
    t: Tally = outcome.total
    return (
        f"{outcome.name}: {thousands(t.due)} tasks = {thousands(t.done)} done + {thousands(t.waiting)} waiting + "
        f"{thousands(t.stranded)} stranded + {thousands(t.lost)} given up"
    )
