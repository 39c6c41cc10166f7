"""daily.html: the daily report as a page."""

from __future__ import annotations

from collections.abc import Iterator

from tidegate.formats.daily_pictures import daily_pictures
from tidegate.formats.health_picture import flood_table, health_picture, health_table
from tidegate.formats.page import Cell, Number, Page, Section, Table
from tidegate.formats.picture import Picture
from tidegate.formats.report_html import period_in_words
from tidegate.formats.reproduction import Reproduction, reproduction_section
from tidegate.reports.alarm_health import AlarmHealth
from tidegate.reports.before_after import BeforeAfter
from tidegate.reports.daily import ChangeOfCode, CodeDay, Daily
from tidegate.reports.daily_findings import (
    MEASURE_NAMES,
    certainty_in_words,
    change_in_words,
    daily_verdict,
    mean_in_words,
)
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.verdict import parameters_in_words
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, name_of


def daily_page(daily: Daily, made: Reproduction | None = None) -> Page:
    """The daily report as a page."""
    said = daily_verdict(daily)
    replayed = daily.replayed
    codes = ", ".join(format_alert_code(code) for code in daily.codes)
    words = "; ".join(
        f"{each.policy.version} ({each.policy.mode.value}): {parameters_in_words(each.policy.alert_storm.default)}"
        for each in replayed.in_force
    )
    received = sum(row.received for row in daily.rows)
    delivered = sum(row.delivered for row in daily.rows)
    throttled = sum(row.throttled for row in daily.rows)
    return Page(
        title=f"Daily report of {codes}",
        about=f"Tidegate daily report of {codes} in {replayed.source}, {period_in_words(replayed)} · days of "
        f"{daily.days} · policy {replayed.policy_version or 'none'}",
        headline=said.headline,
        numbers=[
            Number("Days", thousands(len({row.begins for row in daily.rows}))),
            Number("Received", thousands(received), codes),
            Number("Delivered", thousands(delivered), percent(delivered, received), "passed"),
            Number("Held back", thousands(throttled), percent(throttled, received), "held"),
            Number("Changes of policy", thousands(len({change.at for change in daily.changes}))),
        ],
        sum=f"{thousands(received)} received of {codes} = {thousands(delivered)} delivered + "
        f"{thousands(throttled)} held back",
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=f"{words}. {period_in_words(replayed)}.",
        partial=f"Partial: interrupted after {int(100 * replayed.completed)}% of the input."
        if replayed.is_partial
        else "",
        sections=list(_sections(daily, made)),
    )


def health_section(health: AlarmHealth) -> Section:
    """Alarm health as a section of any page."""
    picture = health_picture(health)
    return Section(
        "Alarm health",
        [
            (
                "The figures alarm engineers review by the day and the month (EEMUA 191, ISA-18.2, IEC 62682), of all "
                "codes together. Received is what was raised, delivered what the policy let through."
            )
        ],
        [picture] if picture is not None else [],
        [health_table(health), flood_table(health)],
    )


def daily_page_pictures(daily: Daily) -> list[Picture]:
    """Every picture of the page, to be written as PNG too."""
    health = health_picture(daily.health)
    return [*daily_pictures(daily), *([health] if health is not None else [])]


def _sections(daily: Daily, made: Reproduction | None) -> Iterator[Section]:
    pictures = {picture.name: picture for picture in daily_pictures(daily)}
    if daily.changes:
        yield Section(
            "Before and after",
            [
                (
                    "Means over the whole days on each side of a change. A difference is larger than day-to-day "
                    "variation where a rank sum test (Wilcoxon, two-sided, exact up to 40 days) gives it a chance of 5% "
                    "or less."
                )
            ],
            tables=[_change_table(daily, change) for change in daily.changes],
        )
    for code in daily.codes:
        picture = pictures.get(f"daily-{format_alert_code(code)}")
        yield Section(
            f"{format_alert_code(code)} {name_of(code)}",
            pictures=[picture] if picture is not None else [],
            tables=[_day_table(daily, code), *_talker_table(daily, code)],
        )
    if daily.health.spells:
        yield health_section(daily.health)
    if made is not None:
        yield reproduction_section(made)


def _change_table(daily: Daily, change: ChangeOfCode) -> Table:
    versions = f": {change.before} before it" if change.before else ""
    return Table(
        (
            "a day",
            "before",
            "days",
            "least to most",
            "after",
            "days ",
            "least to most ",
            "difference",
            "it is",
        ),
        [_change_row(MEASURE_NAMES[name], found) for name, found in change.measures.items()],
        heading=f"{format_alert_code(change.alert_code)} {change_in_words(change, daily.days)}{versions}",
    )


def _change_row(name: str, found: BeforeAfter) -> tuple[Cell, ...]:
    before, after = found.before, found.after
    difference = after.mean - before.mean
    sign = "+" if difference > 0 else "-" if difference < 0 else ""
    share = f" ({100 * difference / before.mean:+.0f}%)" if before.mean else ""
    return (
        name,
        mean_in_words(before.mean),
        before.days,
        f"{thousands(before.least)} to {thousands(before.most)}",
        mean_in_words(after.mean),
        after.days,
        f"{thousands(after.least)} to {thousands(after.most)}",
        f"{sign}{mean_in_words(abs(difference))}{share}",
        certainty_in_words(found),
    )


def _day_table(daily: Daily, code: AlertCode) -> Table:
    return Table(
        (
            "day",
            "received",
            "delivered",
            "held back",
            "share held",
            "Devices",
            "in storms",
            "storms begun",
            "from the ten busiest",
            "policy",
        ),
        [_day_row(daily, row) for row in daily.of_code(code)],
        caption=f"Days of {daily.days}. A day marked * is only partly in the log.",
    )


def _day_row(daily: Daily, row: CodeDay) -> tuple[Cell, ...]:
    return (
        daily.days.date_of(row.begins) + ("" if row.is_whole else " *"),
        row.received,
        row.delivered,
        row.throttled,
        percent(row.throttled, row.received),
        row.devices,
        row.devices_stormed,
        row.storms,
        percent(row.busiest, row.received),
        ", ".join(row.policies),
    )


def _talker_table(daily: Daily, code: AlertCode) -> Iterator[Table]:
    talkers = [talker for talker in daily.talkers if talker.alert_code == code]
    if not talkers:
        return
    received = sum(row.received for row in daily.of_code(code))
    has_products = any(talker.product for talker in talkers)
    yield Table(
        ("Device", "Alerts", "share", "days", "days in storms", *(["product"] if has_products else [])),
        [
            (
                it.device_id,
                it.alerts,
                percent(it.alerts, received),
                it.days,
                it.days_stormed,
                *([it.product] if has_products else []),
            )
            for it in talkers
        ],
        heading="Top talkers",
        caption=f"The {many(len(talkers), 'Device')} that raised most of it over the whole log.",
        is_of_devices=True,
    )
