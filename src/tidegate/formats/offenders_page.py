"""offenders.html: who is to be called, with the pictures, the tables and how it was found out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tidegate.alert_storm import trials
from tidegate.alert_storm.causes import Kind
from tidegate.alert_storm.fleet import Pattern
from tidegate.formats.page import Cell, Number, Page, Section, Table, write_page
from tidegate.formats.picture import Picture
from tidegate.formats.report_html import period_in_words
from tidegate.reports.kinds import FLOOD, kind_in_words
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.offending import (
    DevicesListed,
    Offender,
    Offending,
    busiest_hours,
    patterns_in_words,
)
from tidegate.reports.offending_words import (
    causes_at,
    chance_in_words,
    codes_label,
    group_in_words,
    name_of_codes,
    offending_verdict,
    ratio_in_words,
)
from tidegate.reports.verdict import parameters_in_words
from tidegate.vocabulary.alert_codes import format_alert_code
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import format_instant

MOST_ROWS: Final = 50
"""Offenders and Devices on the page; all of them are in the files beside it."""

_RANKING: Final = (
    "Those behind a named cause first, then by Alerts per installed Device and day. The rest is that of the same "
    "Device type, region by region, without those behind a named cause."
)
_ISA_WORDS: Final = (
    "Chattering is ISA-18.2's word for a Device that raises and clears again and again, three times a minute or "
    "faster. Alternating is the share of a toggle pair's Alerts that say the opposite of the one before."
)
_WITHOUT_INVENTORY: Final = (
    "Without an Inventory nothing can be tested: who stormed is told by the policy, and a code murmurs where the "
    "Device behind the average Alert raises three a day without storming."
)
_TESTS: Final = (
    "Murmur: a product's Alerts per Device-day against those of the rest of its Device type, within each CSP region; "
    "the variance is taken from the Devices themselves, so that neither uneven Devices nor a wild one accuse a "
    "product. Shouters: how many Devices of the product stormed, against as many dealt out by chance (hypergeometric)."
)


def write_offenders_html(found: Offending, pictures: Sequence[Picture], path: Path) -> None:
    """Write the page; `pictures` are those of `fleet_pictures`."""
    write_page(offenders_page(found, pictures), path)


def offenders_page(found: Offending, pictures: Sequence[Picture]) -> Page:
    """The page."""
    said = offending_verdict(found)
    replayed = found.replayed
    policy = replayed.in_force[-1].policy if replayed.in_force else None
    parameters = "" if policy is None else parameters_in_words(policy.alert_storm.default)
    asked = "" if found.code is None else f", code {format_alert_code(found.code)}"
    sections = [Section("What was found", pictures=pictures)] if pictures else []
    if found.offenders:
        sections.append(_offenders(found))
    sections += [section for section in (_ways(found), _devices(found)) if section is not None]
    sections.append(Section("How it was found out", paragraphs=list(_how(found))))
    return Page(
        title=f"Offenders of {replayed.source}",
        about=f"Tidegate offenders of {replayed.source}, {period_in_words(replayed)}{asked}; policy {replayed.policy_version}",
        headline=said.headline,
        numbers=_numbers(found),
        findings=said.findings,
        cautions=said.cautions,
        under_pictures=f"{replayed.policy_version}: {parameters}. {period_in_words(replayed)}.",
        partial=f"Partial: interrupted after {int(100 * replayed.completed)}% of the input."
        if replayed.is_partial
        else "",
        sections=sections,
    )


def _numbers(found: Offending) -> list[Number]:
    made = [Number("Alerts", thousands(found.alerts))]
    shouted, murmured, flood = (
        sum(cause.alerts for cause in found.causes if kind_in_words(cause) == kind)
        for kind in (Kind.SHOUTERS, Kind.MURMUR, FLOOD)
    )
    made.append(
        Number(
            "Shouters", percent(shouted, found.alerts), "throttling reaches them", "held" if shouted else ""
        )
    )
    made.append(
        Number(
            "Murmur", percent(murmured, found.alerts), "no threshold reaches it", "passed" if murmured else ""
        )
    )
    if flood:
        made.append(Number("Excluded", percent(flood, found.alerts), "no threshold applies", "passed"))
    named = {cause.product for cause in found.causes if cause.is_named}
    made.append(
        Number("Products named", thousands(len(named)), f"of {many(found.comparisons, 'comparison')}")
    )
    if found.inventory is not None:
        made.append(Number("Devices installed", thousands(found.inventory.devices), "in the Inventory"))
    return made


def _offenders(found: Offending) -> Section:
    rows: list[list[Cell]] = []
    for row in found.offenders[:MOST_ROWS]:
        test = row.told
        rows.append(
            [
                group_in_words(found, row) if found.by else codes_label(row.alert_codes),
                codes_label(row.alert_codes) if found.by else name_of_codes(row.alert_codes),
                " and ".join(dict.fromkeys(map(kind_in_words, causes_at(found, row)))),
                row.alerts,
                percent(row.alerts, found.alerts),
                row.devices,
                row.installed if row.is_known else None,
                row.per_day if row.is_known and row.installed else None,
                row.stormed_devices,
                "" if test is None else ratio_in_words(test),
                "" if test is None else chance_in_words(test.p_value),
            ]
        )
    left = len(found.offenders) - len(rows)
    columns = [
        *(("Devices", "Code") if found.by else ("Code", "Name")),
        "Behind",
        "Alerts",
        "Of all",
        "Raised it",
        "Installed",
        "Each a day",
        "Stormed",
        "Times the rest",
        "By chance",
    ]
    by = ", ".join(name.replace("_", " ") for name in found.by) or "Alert Code"
    more = f" And {many(left, 'more row')} in offenders.csv." if left else ""
    return Section(f"By {by}", tables=[Table(columns, rows, caption=f"{_RANKING}{more}")])


def _ways(found: Offending) -> Section | None:
    """How the first of them raise it: ISA-18.2 words, patterns, hours, places, recipients."""
    rows: list[list[Cell]] = [
        [
            group_in_words(found, row) if found.by else name_of_codes(row.alert_codes),
            codes_label(row.alert_codes),
            row.chattering,
            f"{100 * row.alternation:.0f}%" if row.second_alerts else "",
            patterns_in_words(row.patterns),
            ", ".join(f"{hour:02d}" for hour in busiest_hours(row.by_hour)),
            _shares(row.regions, row),
            _shares(row.recipients, row),
        ]
        for row in found.offenders[:MOST_ROWS]
    ]
    if not rows:
        return None
    columns = ["Devices", "Code", "Chattering", "Alternating", "Patterns", "Busiest hours (UTC)"]
    return Section(
        "How they raise it",
        paragraphs=[_ISA_WORDS],
        tables=[Table([*columns, "CSP regions", "Recipients"], rows)],
    )


def _shares(counted: Sequence[tuple[str, int]], row: Offender, most: int = 3) -> str:
    return ", ".join(f"{name or 'not said'} {percent(count, row.alerts)}" for name, count in counted[:most])


def _devices(found: Offending) -> Section | None:
    """The first of the Devices to look at; where there is no cause, those with most Alerts."""
    listed = found.devices if len(found.devices) else found.loudest
    if not len(listed):
        return None
    rows: list[list[Cell]] = []
    for at in range(min(MOST_ROWS, len(listed))):
        row = listed.rows[at]
        cause = found.causes[listed.of_cause[at]] if listed.of_cause[at] >= 0 else None
        rows.append(
            [
                format_device_id(int(row["device_id"])),
                format_alert_code(int(row["alert_code"]))
                if cause is None
                else codes_label(cause.alert_codes),
                "" if cause is None else kind_in_words(cause),
                int(row["alerts"]),
                format_instant(int(row["first_at"]))[:16].replace("T", " "),
                format_instant(int(row["last_at"]))[:16].replace("T", " "),
                Pattern(int(row["pattern"])).name.lower(),
                said_of(listed, at, "supplier"),
                said_of(listed, at, "csp_region"),
            ]
        )
    left = len(listed) - len(rows)
    caption = f"And {many(left, 'more row')} in devices.csv." if left and listed is found.devices else ""
    columns = [
        "Device",
        "Code",
        "Kind",
        "Alerts",
        "First (UTC)",
        "Last (UTC)",
        "Pattern",
        "Supplier",
        "CSP region",
    ]
    heading = "The Devices" if listed is found.devices else "Devices with most Alerts"
    return Section(heading, tables=[Table(columns, rows, caption=caption, is_of_devices=True)])


def said_of(listed: DevicesListed, at: int, name: str) -> str:
    """What the Inventory says of a Device; empty where it says nothing."""
    attribute = listed.attributes.get(name)
    return "" if attribute is None else attribute[at]


def _how(found: Offending) -> list[str]:
    if found.inventory is None:
        return [_WITHOUT_INVENTORY]
    criteria = (
        f"{many(found.comparisons, 'comparison')} were made, and the chance of naming anyone where no product differs is "
        f"held under {trials.LEVEL:g} for all of them together (Holm). A product is named from {trials.LEAST_RATIO:g} "
        f"times the rest on, {trials.LEAST_DEVICES} Devices that did not storm or {trials.LEAST_STORMED} that did, "
        f"{trials.LEAST_EXCESS:g} Alerts per Device and day in excess, and {trials.LEAST_SHARE:.0%} of all Alerts. "
        "These figures are our choice."
    )
    return [_TESTS, criteria]
