"""sweep.html: a sweep as a page. The finding and the picture first, then each code with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tidegate.formats.page import Cell, Number, Page, Section, Table, write_page
from tidegate.formats.picture import Picture
from tidegate.formats.report_html import parameter_rows
from tidegate.formats.reproduction import Reproduction, reproduction_section
from tidegate.policy.swept_parameters import value_in_words
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.recommendation import (
    ENOUGH,
    LEAST,
    SOON,
    WORTH,
    Recommendation,
    values_in_words,
)
from tidegate.reports.sweep_verdict import about, shown_points, sweep_verdict
from tidegate.reports.swept import Swept
from tidegate.reports.verdict import hour_in_words, parameters_in_words, short_name

_POINTS: Final = 40
"""Policies told of in the table of the page; sweep.csv has all."""

_RULE: Final = (
    f"A policy gains the Alerts it holds back, less {WORTH} for each storm, which costs two notices and an incident. "
    f"One that detects half of its storms later than {length(SOON)} is passed over. Of those with at least {ENOUGH}% of "
    "the greatest gain, those with the fewest streams in storms are left, and of these those with the fewest storms "
    "(a tenth more is as few): quiet Devices are to be left alone. The policy in force stays where it is one of them; "
    f"otherwise the one that holds back least is recommended. Where the gain is under {LEAST}% of the Alerts, none is."
)


def write_sweep_html(
    swept: Swept,
    recommended: Sequence[Recommendation],
    pictures: Sequence[Picture],
    made: Reproduction,
    path: Path,
) -> None:
    """Write the page; the first of `pictures` is of what the sweep is about."""
    write_page(sweep_page(swept, recommended, pictures, made), path)


def sweep_page(
    swept: Swept, recommended: Sequence[Recommendation], pictures: Sequence[Picture], made: Reproduction
) -> Page:
    """The page."""
    said = sweep_verdict(swept, recommended)
    it = about(swept, recommended)
    period = period_in_words(swept)
    return Page(
        title=f"Sweep over {swept.source}",
        about=f"Tidegate sweep over {swept.source}, {period}; from policy {swept.base.version}",
        headline=said.headline,
        numbers=list(_numbers(swept, it)),
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=(
            f"From {swept.base.version}: {parameters_in_words(swept.parameters(swept.in_force, it.code))}. "
            f"{many(len(swept.points), 'policy', 'policies')} swept. {period}."
        ),
        partial=f"Partial: interrupted after {int(100 * swept.completed)}% of the input."
        if swept.is_partial
        else "",
        sections=[
            Section("What each value gives and costs", pictures=pictures[:1], tables=[_points(swept, it)]),
            Section(
                "Recommended, code by code", paragraphs=[_RULE], tables=[_recommended(swept, recommended)]
            ),
            *([Section("Pictures of the codes", pictures=pictures[1:])] if pictures[1:] else []),
            Section("The policy it began from", tables=[_policy(swept)]),
            reproduction_section(made),
        ],
    )


def period_in_words(swept: Swept) -> str:
    """From the first Alert to the last."""
    if swept.first is None or swept.last is None:
        return "no Alert"
    return f"{hour_in_words(swept.first).removesuffix(' UTC')} to {hour_in_words(swept.last)}"


def _numbers(swept: Swept, it: Recommendation) -> Iterator[Number]:
    now = swept.row(swept.in_force, it.code)
    received = now.totals.received
    yield Number("Alerts", thousands(received), "" if it.code is None else f"of {swept.label(it.code)}")
    yield Number("Policies", thousands(len(swept.points)), "in one pass")
    yield Number(
        "In force",
        percent(now.totals.throttled, received),
        f"held back, {values_in_words(swept, swept.in_force, it.code)}",
    )
    if it.point is None:
        yield Number("Recommended", "none", it.advice.value)
        return
    then = swept.row(it.point, it.code)
    yield Number("Recommended", percent(then.totals.throttled, received), f"held back, {it.words}", "held")
    yield Number(
        "Detected within",
        "-" if then.detect_us is None else length(then.detect_us),
        f"half of {many(then.storms, 'storm')}",
    )


def _points(swept: Swept, it: Recommendation) -> Table:
    shown = shown_points(swept, it, _POINTS)
    rows: list[list[Cell]] = []
    for place in shown:
        row = swept.row(place, it.code)
        mark = [
            *(["in force"] if place == swept.in_force else []),
            *(["recommended"] if place == it.point else []),
        ]
        rows.append(
            [
                values_in_words(swept, place, it.code),
                ", ".join(mark),
                percent(row.delivered, row.totals.received),
                row.totals.throttled,
                row.storms,
                row.streams,
                row.devices,
                row.problems,
                None if row.minutes_to_detect is None else round(row.minutes_to_detect, 1),
                None if row.forwarded_per_storm_hour is None else round(row.forwarded_per_storm_hour, 1),
            ]
        )
    more = (
        ""
        if len(shown) == len(swept.points)
        else f" {many(len(swept.points), 'policy', 'policies')} in sweep.csv."
    )
    problems = (
        "Problems: different codes and products." if swept.inventory else "Problems: different Alert Codes."
    )
    return Table(
        (
            "policy",
            "",
            "delivered",
            "held back",
            "storms",
            "streams",
            "Devices",
            "problems",
            "minutes to detect",
            "forwarded in a storm-hour",
        ),
        rows,
        caption=f"{problems} Minutes to detect: the median of the storms.{more}",
    )


def _recommended(swept: Swept, recommended: Sequence[Recommendation]) -> Table:
    rows: list[list[Cell]] = []
    for each in recommended:
        now = swept.row(swept.in_force, each.code).totals
        then = None if each.point is None else swept.row(each.point, each.code).totals
        rows.append(
            [
                swept.label(each.code),
                short_name(swept.name(each.code)),
                now.received,
                each.words or each.advice.value,
                percent(now.throttled, now.received),
                "" if then is None else percent(then.throttled, then.received),
                each.reason,
            ]
        )
    return Table(
        ("code", "name", "received", "recommended", "held back now", "held back then", "why"),
        rows,
        caption="All codes with one value, then each code with its own; the most received first.",
    )


def _policy(swept: Swept) -> Table:
    swept_over = "; ".join(
        f"{one.name} {', '.join(value_in_words(one.name, value) for value in one.values)}"
        for one in swept.swept
    )
    return Table(
        ("codes", "parameters", "why"),
        [(row["codes"], row["words"], row["reason"]) for row in parameter_rows(swept.base)],
        caption=f"{swept.base.version}. Swept over: {swept_over}.",
    )
