"""What a daily report found, in words: the headline, what it rests on, and what to know before using it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tidegate.reports.before_after import FEWEST_DAYS, BeforeAfter
from tidegate.reports.daily import ChangeOfCode, CodeDay, Daily
from tidegate.reports.health_findings import health_in_words
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.verdict import Verdict, short_name, verdict
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, name_of
from tidegate.vocabulary.days import Days

MEASURE_NAMES: Final = {
    "received": "Received",
    "delivered": "Delivered",
    "throttled": "Held back",
    "devices": "Devices raising it",
    "devices_stormed": "Devices in storms",
}
"""The measures, as screens and reports say them."""

_WORTH_A_WORD: Final = 0.01
"""Share of a code from which one Device is named among the findings; tables name ten of each code."""

_TENTHS_BELOW = 10
"""Means below this are told with one decimal."""


def daily_verdict(daily: Daily) -> Verdict:
    """Say what a daily report found."""
    return Verdict(_headline(daily), tuple(_findings(daily)), tuple(_cautions(daily)))


def mean_in_words(mean: float) -> str:
    """A mean, as a person reads it: `121,800`, `2.4`."""
    return thousands(round(mean)) if mean >= _TENTHS_BELOW or mean == round(mean) else f"{mean:.1f}"


def certainty_in_words(found: BeforeAfter) -> str:
    """Whether a difference is larger than day-to-day variation, with the chance."""
    if found.chance is None:
        return f"too few whole days to tell (it takes {FEWEST_DAYS} on each side)"
    if found.before.mean == found.after.mean:
        return "no difference"
    chance = f"chance {found.chance:.2g}"
    if found.is_larger_than_chance:
        return f"larger than day-to-day variation ({chance})"
    return f"within day-to-day variation ({chance})"


def change_in_words(change: ChangeOfCode, days: Days) -> str:
    """When, and what changed: `when illustrative-2 took force on 26 February 2024`."""
    on = days.date_in_words(change.at)
    return f"when {change.after} took force on {on}" if change.after else f"on {on}"


def change_of_code_in_words(change: ChangeOfCode, days: Days) -> str:
    """What a change did to what is delivered of a code, in a sentence without its full stop."""
    found = change.measures["delivered"]
    code, when = format_alert_code(change.alert_code), change_in_words(change, days)
    before, after = mean_in_words(found.before.mean), mean_in_words(found.after.mean)
    if found.before.mean == found.after.mean:
        return f"{code} stayed at {before} delivered a day {when}"
    went = "fell" if found.after.mean < found.before.mean else "rose"
    if found.is_larger_than_chance:
        return f"{code} {went} from {before} to {after} delivered a day {when}"
    if found.chance is None:
        return f"{code} {went} from {before} to {after} delivered a day {when}: too few whole days to tell it from chance"
    return f"{code} did not change beyond its day-to-day variation {when}: {before} delivered a day before, {after} after"


def code_in_words(rows: Sequence[CodeDay], days: Days) -> str:
    """A code over its days, in a sentence without its full stop."""
    code = format_alert_code(rows[0].alert_code)
    received = sum(row.received for row in rows)
    if not received:
        return f"{code} was not received in {many(len(rows), 'day')}"
    busiest = percent(sum(row.busiest for row in rows), received)
    whole = [row for row in rows if row.is_whole]
    if not whole:
        part = "part of a day" if len(rows) == 1 else f"{many(len(rows), 'day')}, none of them whole"
        most_devices = max(row.devices for row in rows)
        devices = f"{'up to ' if len(rows) > 1 else ''}{many(most_devices, 'Device')}{' a day' if len(rows) > 1 else ''}"
        return f"{code}: {thousands(received)} received in {part}, from {devices}, the ten busiest of which raised {busiest}"
    most = max(rows, key=lambda row: (row.received, -row.begins))
    words = f"{code}: {mean_in_words(sum(row.received for row in whole) / len(whole))} received a day"
    if len(whole) < len(rows):
        words += f" ({many(len(whole), 'whole day')})"
    if len(rows) > 1:
        words += f", most on {days.date_in_words(most.begins)} ({thousands(most.received)})"
    devices = _devices_in_words(sum(row.devices for row in whole) / len(whole))
    return f"{words}, from {devices} a day, the ten busiest of which raised {busiest}"


def _devices_in_words(mean: float) -> str:
    return "1 Device" if mean == 1 else f"{mean_in_words(mean)} Devices"


def _headline(daily: Daily) -> str:
    if not daily.rows:
        return verdict(daily.replayed).headline
    change = main_change(daily.changes)
    if change is not None:
        return f"{change_of_code_in_words(change, daily.days)}."
    return f"{code_in_words(daily.of_code(_busiest(daily)), daily.days)}."


def _busiest(daily: Daily) -> AlertCode:
    return max(daily.codes, key=lambda code: sum(row.received for row in daily.of_code(code)))


def main_change(changes: Sequence[ChangeOfCode]) -> ChangeOfCode | None:
    """The change that moved most of what is delivered; before others one that is larger than chance."""

    def moved(change: ChangeOfCode) -> tuple[bool, float]:
        found = change.measures["delivered"]
        return found.is_larger_than_chance, abs(found.after.mean - found.before.mean)

    return max(changes, key=moved, default=None)


def _findings(daily: Daily) -> Iterator[str]:
    main = main_change(daily.changes)
    for change in daily.changes:
        if change is not main:
            yield f"{change_of_code_in_words(change, daily.days)}."
        received, delivered = change.measures["received"], change.measures["delivered"]
        if delivered.is_larger_than_chance and received.chance is not None:
            name = format_alert_code(change.alert_code)
            before, after = mean_in_words(received.before.mean), mean_in_words(received.after.mean)
            why = (
                "the Devices raised more or fewer too"
                if received.is_larger_than_chance
                else "the Devices went on as before, and the difference is the policy's"
            )
            on = daily.days.date_in_words(change.at)
            yield f"Raised: {before} of {name} a day before {on} and {after} after; {why}."
    for code in daily.codes:
        rows = daily.of_code(code)
        if rows and (main is not None or code != _busiest(daily)):
            name = short_name(name_of(code))
            yield f"{code_in_words(rows, daily.days)} ({name})."
    for code in daily.codes:
        first = next((talker for talker in daily.talkers if talker.alert_code == code), None)
        of_code = sum(row.received for row in daily.of_code(code))
        if first is not None and first.alerts >= of_code * _WORTH_A_WORD:
            product = f", {first.product}" if first.product else ""
            yield (
                f"Top talker of {format_alert_code(code)}: {first.device_id}{product}, {many(first.alerts, 'Alert')} "
                f"({percent(first.alerts, of_code)}) on {many(first.days, 'day')}."
            )
    yield from health_in_words(daily.health)


def _cautions(daily: Daily) -> Iterator[str]:
    yield from verdict(daily.replayed).cautions
    if daily.is_busiest:
        yield "No code was asked for: these are the busiest of the log."
    if daily.days is Days.LOCAL:
        yield "Days are of Europe/London: from midnight to midnight on British clocks, twice a year 23 or 25 hours."
    part = sorted({row.begins for row in daily.rows if not row.is_whole})
    if part:
        dates = " and ".join(daily.days.date_of(day) for day in part)
        yield f"The log covers only part of {dates}; means leave {'it' if len(part) == 1 else 'them'} out."
    if daily.changes:
        yield (
            "A difference is called larger than day-to-day variation where a rank sum test (Wilcoxon, two-sided) "
            "gives it a chance of 5% or less; it takes days as interchangeable, which weekends and trends are not."
        )
