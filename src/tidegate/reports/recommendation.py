"""Which of the policies swept to choose, for all codes and for each, and why, in words.

The rule, in this order (docs/explanation/choosing-parameters.md):

    1. A policy gains the Alerts it holds back, less `WORTH` for each storm, which costs
       two notices and an incident. One that detects half of its storms later than `SOON` is
       passed over: what it finds is not news.
    2. The greatest gain sets the mark. Where that is less than `LEAST` per cent of the
       Alerts, throttling is no remedy, and that is said.
    3. Left are the policies with at least `ENOUGH` per cent of the mark; of these those
       under which the fewest streams storm, or a tenth more, for the quiet are to be left
       alone; of these those with the fewest storms, or a tenth more.
    4. The policy in force stays where it is one of those. Otherwise the one that holds
       back least is recommended: it is furthest from the quiet.

A threshold is the end of a range where the log could not be asked further; that is said too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tidegate.alert_storm.parameters import AlertStormParameters
from tidegate.policy.swept_parameters import Value, value_in_words
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.swept import Swept, SweptRow
from tidegate.reports.verdict import threshold_in_words
from tidegate.vocabulary.alert_codes import AlertCode
from tidegate.vocabulary.instants import HOUR

WORTH: Final = 10
"""Alerts held back that a storm must bring to be worth its two notices and its incident."""

SOON: Final = HOUR
"""Median time to detect up to which a policy finds storms while they are news."""

ENOUGH: Final = 95
"""Per cent of the greatest gain that is enough."""

LEAST: Final = 1
"""Per cent of a code's Alerts under which throttling is no remedy for it."""

LOUD: Final = 5
"""Per cent of all Alerts from which a code that no threshold reaches is called murmur."""

FEWEST: Final = 100
"""Alerts of a code under which nothing is recommended for it."""

_HALF, _DOUBLE = 0.5, 2.0


class Advice(StrEnum):
    """What is recommended."""

    CHANGE = "change"
    """To other values than those in force."""

    KEEP = "keep"
    """The values in force."""

    NO_REMEDY = "no remedy"
    """No policy swept holds back enough to matter."""

    QUIET = "quiet"
    """No Device is loud with it, and it is few of all Alerts: there is nothing to do."""

    NOT_WORTH_IT = "not worth it"
    """What is held back is too little for the storms it takes."""

    TOO_FEW = "too few"
    """Too few Alerts to judge by."""

    EXCLUDED = "excluded"
    """The code is on the exclusion list."""


_WHAT_IT_IS: Final = {
    Advice.NO_REMEDY: "This is murmur: many Devices, each under every threshold swept; the remedy is the firmware.",
    Advice.QUIET: "No Device is loud with it: there is nothing to throttle.",
}


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to do about a code, or about all of them.

    code:    None for all codes together.
    point:   Place of the recommended policy in `Swept.points`; None where none is.
    words:   The recommended values: `30 in 1 h`; empty where there are none.
    reason:  Why, in sentences.
    """

    code: AlertCode | None
    advice: Advice
    point: int | None
    words: str
    reason: str


def recommend(swept: Swept, code: AlertCode | None) -> Recommendation:
    """What to do about a code, or about all (None)."""
    rows = list(swept.rows_of(code))
    in_force = rows[swept.in_force]
    received = in_force.totals.received
    if code is not None and swept.is_excluded(code):
        reason = f"On the exclusion list: all {many(received, 'Alert')} always pass, whatever is swept."
        return Recommendation(code, Advice.EXCLUDED, None, "", reason)
    if received < FEWEST:
        return Recommendation(
            code, Advice.TOO_FEW, None, "", f"Only {many(received, 'Alert')}: too few to judge by."
        )
    most = max(rows, key=_held)
    if 100 * _held(most) < LEAST * received:
        is_quiet = code is not None and 100 * received < LOUD * swept.received
        advice = Advice.QUIET if is_quiet else Advice.NO_REMEDY
        return Recommendation(code, advice, None, "", f"{_hardly_any(swept, most)}. {_WHAT_IT_IS[advice]}")
    soon = [row for row in rows if row.detect_us is not None and row.detect_us <= SOON]
    mark = max(map(_gain, soon), default=0)
    if 100 * mark < LEAST * received:
        return Recommendation(code, Advice.NOT_WORTH_IT, None, "", _not_worth_it(swept, most))
    enough = [row for row in soon if 100 * _gain(row) >= ENOUGH * mark]
    few = _about_fewest(_about_fewest(enough, lambda row: row.streams), lambda row: row.storms)
    chosen = in_force if in_force in few else min(few, key=lambda row: (_held(row), row.storms, row.point))
    advice = Advice.KEEP if chosen is in_force else Advice.CHANGE
    reason = " ".join(_reasons(swept, chosen, in_force, rows))
    return Recommendation(code, advice, chosen.point, values_in_words(swept, chosen.point, code), reason)


def recommendations(swept: Swept) -> list[Recommendation]:
    """For all codes, then for each, the most received first; for the one code where only one was varied."""
    codes = swept.codes if swept.only is None else [code for code in swept.codes if code == swept.only]
    return [recommend(swept, None), *(recommend(swept, code) for code in codes)]


def values_in_words(swept: Swept, point: int, code: AlertCode | None) -> str:
    """A policy's threshold and window, and whatever else was swept: `30 in 1 h, one in 10 forwarded`; or `excluded`."""
    about = swept.only if code is None else code
    if about is not None and about in swept.points[point].policy.exclusion_list:
        return "excluded"
    p = swept.parameters(point, code)
    names = {one.name for one in swept.swept}
    words = [threshold_in_words(p)]
    if "forward_one_in" in names:
        words.append(f"one in {thousands(p.forward_one_in)} forwarded")
    if "forward_at_least_every" in names:
        every = p.forward_at_least_every_us
        words.append("no least rate" if every is None else f"at least one every {length(every)}")
    if "clear_threshold" in names:
        words.append(f"clear at {thousands(p.clears_at)}")
    return ", ".join(words)


def value_of(parameters: AlertStormParameters, name: str) -> Value:
    """The value of a parameter that can be swept."""
    return {
        "threshold": parameters.threshold,
        "window": parameters.window_us,
        "forward_one_in": parameters.forward_one_in,
        "forward_at_least_every": parameters.forward_at_least_every_us,
        "clear_threshold": parameters.clears_at,
    }[name]


def along_main(swept: Swept, point: int) -> list[int]:
    """The points that differ from one in the main parameter only, itself among them, in order of its values."""
    others = _others(swept, point)
    return [
        place
        for place, each in enumerate(swept.points)
        if each.values and {k: v for k, v in each.values.items() if k != swept.main.name} == others
    ]


def _others(swept: Swept, point: int) -> dict[str, Value]:
    values = swept.points[point].values
    if not values:
        # In force and none of the grid: beside it stand the points nearest to it in what else was swept.
        p = swept.parameters(point, swept.only)
        values = {one.name: _nearest(one.values, value_of(p, one.name)) for one in swept.swept}
    return {name: value for name, value in values.items() if name != swept.main.name}


def _nearest(values: Sequence[Value], wanted: Value) -> Value:
    if wanted is None or wanted in values:
        return wanted if wanted in values else values[-1]
    return min(values, key=lambda value: abs((value or 0) - wanted))


def _held(row: SweptRow) -> int:
    return row.totals.throttled


def _gain(row: SweptRow) -> int:
    return _held(row) - WORTH * row.storms


def _about_fewest(rows: Sequence[SweptRow], number: Callable[[SweptRow], int]) -> list[SweptRow]:
    """The rows with the smallest number, or up to a tenth more."""
    fewest = min(map(number, rows))
    return [row for row in rows if 10 * number(row) <= 11 * fewest]


def _reasons(swept: Swept, chosen: SweptRow, in_force: SweptRow, rows: Sequence[SweptRow]) -> Iterator[str]:
    code, received = chosen.code, chosen.totals.received
    words = values_in_words(swept, chosen.point, code)
    p = swept.parameters(chosen.point, code)
    stays = ", as in force" if chosen is in_force else ""
    streams = swept.streams.get(code) if code is not None else sum(swept.streams.values())
    of = f" of {thousands(streams)}" if streams and streams >= chosen.streams else ""
    yield (
        f"{words}{stays}. It holds back {percent(_held(chosen), received)} of {many(received, 'Alert')}; "
        f"{thousands(chosen.streams)}{of} {'stream' if chosen.streams == 1 and not of else 'streams'} "
        f"{'storms' if chosen.streams == 1 else 'storm'}, and none that stays at {threshold_in_words(p)} "
        "or under is touched."
    )
    if chosen is not in_force:
        now = values_in_words(swept, in_force.point, code)
        if code is not None and code in swept.base.exclusion_list:
            yield "In force it is on the exclusion list, and nothing is held back."
        else:
            yield f"In force is {now}, which holds back {percent(_held(in_force), received)}."
    yield from _beside(swept, chosen, rows)


def _beside(swept: Swept, chosen: SweptRow, rows: Sequence[SweptRow]) -> Iterator[str]:
    """What half and double the value would do, and where the range ends."""
    name = swept.main.name
    mine = value_of(swept.parameters(chosen.point, chosen.code), name)
    beside = along_main(swept, chosen.point)
    numbers = {
        place: value
        for place in beside
        if (value := value_of(swept.parameters(place, chosen.code), name)) is not None
    }
    if mine is None or not numbers:
        return
    lower = {place: value for place, value in numbers.items() if value < mine}
    higher = {place: value for place, value in numbers.items() if value > mine}
    parts = []
    for way, places, times in (("down", lower, _HALF), ("up", higher, _DOUBLE)):
        if places:
            place = min(places, key=lambda each: (abs(places[each] - times * mine), places[each]))
            parts.append(
                f"going {way} to {value_in_words(name, places[place])} {_instead(chosen, rows[place])}"
            )
    if parts:
        said = "; ".join(parts)
        yield f"{said[0].upper()}{said[1:]}."
    if not lower or not higher:
        yield f"It is the {'highest' if lower else 'lowest'} {name} swept; sweep further."


def _instead(chosen: SweptRow, other: SweptRow) -> str:
    received = chosen.totals.received
    held = _held(other) - _held(chosen)
    storms = other.storms - chosen.storms
    more = "the same" if held == 0 else f"{percent(abs(held), received)} {'more' if held > 0 else 'less'}"
    if storms == 0:
        also = "as many storms"
    else:
        also = f"{thousands(abs(storms))} {'more' if storms > 0 else 'fewer'} {'storm' if abs(storms) == 1 else 'storms'}"
    return f"would hold back {more}, with {also}"


def _hardly_any(swept: Swept, most: SweptRow) -> str:
    received = most.totals.received
    if most.storms == 0:
        lowest = values_in_words(swept, _lowest(swept, most), most.code)
        return f"No stream goes over {lowest}, the lowest swept: nothing would be held back"
    return (
        f"No policy swept holds back more than {LEAST}% (at most {percent(_held(most), received)}, "
        f"at {values_in_words(swept, most.point, most.code)})"
    )


def _lowest(swept: Swept, row: SweptRow) -> int:
    return min(
        range(len(swept.points)),
        key=lambda place: (
            swept.parameters(place, row.code).threshold,
            -swept.parameters(place, row.code).window_us,
        ),
    )


def _not_worth_it(swept: Swept, most: SweptRow) -> str:
    assert most.detect_us is not None
    return (
        f"At most {percent(_held(most), most.totals.received)} would be held back, at "
        f"{values_in_words(swept, most.point, most.code)}: {_held(most) / most.storms:.1f} Alerts for each of "
        f"{many(most.storms, 'storm')}, half of them detected after {length(most.detect_us)} or more. No policy swept "
        f"gains {LEAST}% (a storm counts for {WORTH} Alerts, and half are to be detected within "
        f"{length(SOON)}). This is murmur rather than storms; the remedy is the firmware."
    )
