"""A month of Service Requests in sentences: for the Panel, and for one User."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from tidegate.reports.admitted_words import admitted_verdict, own_in_words, refused_when_full
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.request_month import Reaches, RequestMonth, UserMonth
from tidegate.reports.verdict import Verdict
from tidegate.vocabulary.instants import Instant, format_duration, format_instant

_SATURDAY = 5
_DUE = 10
_NAMED = 3


def due_on(month: str) -> str:
    """The 10th Working Day after a month, bank holidays not counted: `2026-11-13`."""
    year, number = map(int, month.split("-"))
    day = date(year + number // 12, number % 12 + 1, 1)
    left = _DUE
    while left:
        left -= day.weekday() < _SATURDAY
        day += timedelta(days=bool(left))
    return day.isoformat()


def panel_verdict(month: RequestMonth) -> Verdict:
    """What the Panel is told."""
    cautions = (*_only_forecast(month), *admitted_verdict(month.found).cautions)
    return Verdict(_headline(month), tuple(_findings(month)), cautions)


def user_verdict(month: RequestMonth, user: UserMonth) -> Verdict:
    """What one User is told: of itself, and of no other."""
    of = user.of
    refused = (
        f"{percent(of.totals.throttled, of.totals.received)} of them throttled"
        if of.totals.throttled
        else "none of them throttled"
    )
    headline = f"{of.user} sent {many(of.totals.received, 'Service Request')} in {month.month}, {refused}."
    return Verdict(headline, tuple(_of_user(month, user)), ())


def over_forecast(sent: int, forecast: int | None) -> str:
    """`+12.3%`; nothing where there is no forecast; `not forecast` where it was none."""
    if forecast is None:
        return ""
    if not forecast:
        return "as forecast" if not sent else "not forecast"
    return f"{100 * (sent - forecast) / forecast:+.1f}%"


def _headline(month: RequestMonth) -> str:
    found = month.found
    one = _period(month)
    share = percent(found.most_used, found.rules.operating_threshold)
    told = f"In {month.month} the busiest {one} took {share} of the operating threshold"
    if not found.totals.throttled:
        return f"{told}, and nobody was throttled."
    return (
        f"{told}; {many(len(month.breachers), 'User')} asked for more than {'its' if len(month.breachers) == 1 else 'their'} share, and "
        f"{percent(found.totals.throttled, found.totals.received)} of all requests were throttled."
    )


def _findings(month: RequestMonth) -> Iterator[str]:
    found, rules = month.found, month.found.rules
    yield (
        f"Capacity against use: {thousands(found.most_used)} in the busiest {_period(month)}; the operating threshold is "
        f"{thousands(rules.operating_threshold)} and the maximum {thousands(rules.maximum_system_capacity)}; "
        f"{many(found.totals.received, 'request')} on {many(len(found.days), 'day')}."
    )
    yield (
        f"Activations: traffic was managed in {many(found.minutes_active, 'minute')}, in "
        f"{many(found.spells_in_all, 'storm of 503s', 'storms of 503s')}; {many(found.early_warnings, 'early warning')}."
    )
    if full := refused_when_full(found):
        yield f"Full: {many(full, 'refusal')} because the system was at its maximum."
    named = [
        f"{user.of.user} on {many(user.of.breach_days, 'day')} ({user.step.value})"
        for user in month.breachers[:_NAMED]
    ]
    if named:
        more = len(month.breachers) - len(named)
        others = f" and {many(more, 'other User')}" if more else ""
        yield f"Over their share, and what comes next: {', '.join(named)}{others}."
    else:
        yield "Over their share: nobody, on any day."
    yield from _forecast(month)


def _only_forecast(month: RequestMonth) -> Iterator[str]:
    if not month.only_forecast:
        return
    named = month.only_forecast[:_NAMED]
    more = len(month.only_forecast) - len(named)
    others = f" and {many(more, 'other User')}" if more else ""
    yield (
        f"Forecast, and neither in the table of Users nor in the log, so held against nothing here: {', '.join(named)}"
        f"{others}. Is a name written otherwise there?"
    )


def _forecast(month: RequestMonth) -> Iterator[str]:
    trend = month.trend
    if trend is None:
        yield f"Forecast: how demand grows cannot be seen from {many(len(month.found.days), 'day')} with requests."
    elif month.by_trend is None:
        yield f"Forecast: no growth of the busiest {_period(month)} is seen in {many(trend.days, 'day')}."
    else:
        yield (
            f"Forecast: what the busiest {_period(month)} of a day asks for grows by {trend.per_day:.1f} requests a day. In "
            f"a straight line {_reached(month, month.by_trend)}."
        )
    if month.by_roll_out is not None:
        grows = month.by_roll_out
        yield (
            f"Roll-out: with {thousands(grows.meters_per_day)} meters a day more than {thousands(grows.meters)}, and use in "
            f"proportion, {_reached(month, grows)}."
        )


def _reached(month: RequestMonth, reaches: Reaches) -> str:
    ends = month.found.days[-1].day
    threshold = _reach_in_words("the operating threshold", reaches.threshold_on, ends)
    return f"{threshold}, {_reach_in_words('the maximum', reaches.maximum_on, ends)}"


def _reach_in_words(what: str, at: Instant | None, ends: Instant) -> str:
    if at is None:
        return f"{what} is not reached within ten years"
    return f"{what} {'was' if at <= ends else 'is'} reached on {format_instant(at)[:10]}"


def _of_user(month: RequestMonth, user: UserMonth) -> Iterator[str]:
    of = user.of
    if user.forecast is not None:
        yield (
            f"Forecast: {thousands(user.held_to)} sent where {thousands(user.forecast)} were forecast "
            f"({over_forecast(user.held_to, user.forecast)})."
        )
    if of.allocation:
        yield (
            f"Allocation: {thousands(of.allocation)} requests in {format_duration(month.found.rules.period_us)}; the "
            f"busiest took {thousands(of.most_used)} ({own_in_words(of)}), {thousands(of.spare_used)} in all came from the "
            "spare."
        )
    if of.breach_days:
        yield f"Over its share: on {many(of.breach_days, 'day')}; next: {user.step.value}."
    if of.early_warnings:
        yield f"Early warnings: {thousands(of.early_warnings)}."
    yield f"The system: traffic was managed in {many(month.found.minutes_active, 'minute')} of the month."


def _period(month: RequestMonth) -> str:
    written = format_duration(month.found.rules.period_us)
    return "second" if written == "1s" else written
