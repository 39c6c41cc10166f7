"""report.html of a month of Service Requests: the Panel's page, and a page for each User that tells of no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tidegate.formats.page import Cell, Number, Page, Section, Table
from tidegate.formats.picture import Picture
from tidegate.reports.admitted_words import (
    own_in_words,
    rules_in_words,
    sliding_in_words,
    srv_rows,
    sum_in_words,
)
from tidegate.reports.numerals import percent, thousands
from tidegate.reports.request_month import STEPS, RequestMonth, Step, UserMonth
from tidegate.reports.request_month_words import over_forecast, panel_verdict, user_verdict
from tidegate.reports.verdict import Verdict
from tidegate.vocabulary.instants import format_instant
from tidegate.vocabulary.service_reference_variants import published_variants


def panel_page(month: RequestMonth, pictures: Sequence[Picture], folders: Mapping[str, str]) -> Page:
    """The Panel's page; `folders` are where each User's own report is."""
    found = month.found
    return _page(
        month,
        panel_verdict(month),
        f"Service Requests in {month.month}: for the SEC Panel",
        [
            Number("Requests", thousands(found.totals.received)),
            Number(
                "Busiest period",
                percent(found.most_used, found.rules.operating_threshold),
                "of the threshold",
            ),
            Number("Minutes managed", thousands(found.minutes_active)),
            Number(
                "Throttled", thousands(found.totals.throttled), "", "held" if found.totals.throttled else ""
            ),
            Number("Early warnings", thousands(found.early_warnings)),
        ],
        [
            Section("Capacity against use", pictures=pictures[:1], tables=[_days(month)]),
            Section("Over their share", tables=[_breachers(month), _steps()]),
            Section("Users", pictures=pictures[1:], tables=[_users(month, folders)]),
            Section("What was asked", tables=[_srvs(month)]),
        ],
        sum_in_words(found),
    )


def user_page(month: RequestMonth, user: UserMonth, pictures: Sequence[Picture]) -> Page:
    """One User's page."""
    totals = user.of.totals
    return _page(
        month,
        user_verdict(month, user),
        f"Service Requests of {user.of.user} in {month.month}",
        [
            Number("Sent", thousands(totals.received), over_forecast(user.held_to, user.forecast)),
            Number("Throttled", thousands(totals.throttled), "", "held" if totals.throttled else ""),
            Number("Of its own", own_in_words(user.of), "in the busiest period"),
            Number("Early warnings", thousands(user.of.early_warnings)),
        ],
        [
            Section("Use of the allocation", pictures=pictures),
            Section("Sent, against what was forecast", tables=[_sent(user)]),
            Section("What comes next", tables=[_steps()]),
        ],
        f"{thousands(totals.received)} received = {thousands(totals.admitted)} admitted + "
        f"{thousands(totals.prioritised)} prioritised + {thousands(totals.continuations)} continuations + "
        f"{thousands(totals.throttled)} throttled",
    )


def _page(
    month: RequestMonth,
    said: Verdict,
    title: str,
    numbers: Sequence[Number],
    sections: Sequence[Section],
    sums: str,
) -> Page:
    return Page(
        title=title,
        about=f"{title}; policy {month.found.policy_version}; due by the 10th Working Day, {month.due_on} or later "
        "by bank holidays",
        headline=said.headline,
        numbers=numbers,
        sum=sums,
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=f"{rules_in_words(month.found)}. {month.month}, days of UTC.",
        partial=f"Partial: interrupted after {int(100 * month.found.completed)}% of the input."
        if month.found.is_partial
        else "",
        sections=sections,
    )


def _days(month: RequestMonth) -> Table:
    rows: list[list[Cell]] = [
        [
            format_instant(day.day)[:10],
            day.received,
            day.most_used,
            day.most_offered,
            day.minutes_active,
            day.throttled,
            day.early_warnings,
        ]
        for day in month.found.days
    ]
    columns = ["Day (UTC)", "Received", "Most used", "Most asked for", "Minutes managed"]
    return Table(
        [*columns, "Throttled", "Early warnings"],
        rows,
        heading="Day by day",
        caption=f"Most used and asked for: in a period, {sliding_in_words(month.found.rules)}. Minutes managed are clock "
        "minutes.",
    )


def _breachers(month: RequestMonth) -> Table:
    rows: list[list[Cell]] = [
        [user.of.user, user.of.breach_days, user.of.totals.throttled, own_in_words(user.of), user.step.value]
        for user in month.breachers
    ]
    caption = "" if rows else "Nobody was over its share on any day."
    return Table(["User", "Days over", "Refused", "At most, of its own", "Next"], rows, caption=caption)


def _steps() -> Table:
    rows: list[list[Cell]] = [
        [f"{least} or more", step.value] for least, step in reversed(STEPS) if step is not Step.NONE
    ]
    return Table(
        ["Days over in a month", "Next"],
        rows,
        heading="The steps",
        caption="Illustrative: the Code has none.",
    )


def _users(month: RequestMonth, folders: Mapping[str, str]) -> Table:
    rows: list[list[Cell]] = [
        [
            user.of.user,
            user.of.allocation,
            user.of.most_used,
            user.of.totals.received,
            user.forecast,
            over_forecast(user.held_to, user.forecast),
            user.of.totals.throttled,
            user.of.early_warnings,
            folders.get(user.of.user, ""),
        ]
        for user in month.users
    ]
    columns = [
        "User",
        "Allocation",
        "Most used",
        "Sent",
        "Forecast",
        "Against it",
        "Throttled",
        "Early warnings",
    ]
    return Table([*columns, "Its own report"], rows)


def _srvs(month: RequestMonth) -> Table:
    rows: list[list[Cell]] = [
        [row.srv, row.name, row.totals.received, row.totals.throttled] for row in srv_rows(month.found)
    ]
    return Table(["SRV", "Name", "Received", "Throttled"], rows)


def _sent(user: UserMonth) -> Table:
    published = published_variants()
    rows: list[list[Cell]] = [
        [
            row.srv,
            published[row.srv].name if row.srv in published else "not published",
            row.totals.received,
            row.forecast,
            over_forecast(row.totals.received, row.forecast),
            row.totals.throttled,
        ]
        for row in user.sent
    ]
    return Table(["SRV", "Name", "Sent", "Forecast", "Against it", "Throttled"], rows)
