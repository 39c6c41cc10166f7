"""The picture of a sweep: what is delivered, storms a day, problems and time to detect, against one parameter.

Four lines under one another share their axis, so that what a value costs is read
straight down; the values in force and recommended are drawn through all four.
Where a second parameter was swept, each of its values is a line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tidegate.formats import charts
from tidegate.formats.picture import Picture
from tidegate.formats.sweep_chart import is_number, place_of, second_of, sweep_chart
from tidegate.policy.swept_parameters import Value, value_in_words
from tidegate.reports.numerals import length, percent
from tidegate.reports.recommendation import Advice, Recommendation, value_of, values_in_words
from tidegate.reports.sweep_verdict import about
from tidegate.reports.swept import Swept, SweptRow
from tidegate.vocabulary.instants import MINUTE

MOST_PICTURES: Final = 6
"""Codes that have a picture of their own, the most received first."""

MOST_LINES: Final = 5
"""Values of a second parameter that are drawn, evenly chosen; the data beside the picture has all."""

_NOUN: Final = {
    "threshold": "threshold",
    "window": "window",
    "forward_one_in": "ratio",
    "forward_at_least_every": "least rate",
    "clear_threshold": "clear threshold",
}
_COLUMNS: Final = (
    "threshold", "window", "forward one in", "forward at least every", "clear threshold", "received",
    "delivered", "held back", "storms", "storms a day", "streams stormed", "devices stormed", "problems",
    "minutes to detect",
)  # fmt: skip


def sweep_pictures(swept: Swept, recommended: Sequence[Recommendation]) -> list[Picture]:
    """The picture of what the sweep is about, then of the codes for which there is something to choose."""
    it = about(swept, recommended)
    codes = [
        each for each in recommended if each is not it and each.code is not None and each.point is not None
    ]
    made = [sweep_picture(swept, each) for each in [it, *codes[:MOST_PICTURES]]]
    return [picture for picture in made if picture is not None]


def sweep_picture(swept: Swept, recommended: Recommendation) -> Picture | None:
    """The picture of a code, or of all; None where no policy finds a storm: there is nothing to see."""
    code = recommended.code
    if not any(row.storms for row in swept.rows_of(code)):
        return None
    second = second_of(swept)
    drawn = _evenly(second.values, MOST_LINES) if second is not None else [None]
    fixed = _fixed(swept, recommended, second.name if second is not None else "")
    points = [
        place
        for place, point in enumerate(swept.points)
        if point.values
        and all(point.values[name] == value for name, value in fixed.items())
        and (second is None or point.values[second.name] in drawn)
    ]
    rows = [
        _mark(swept, swept.row(place, code), second.name if second is not None else "") for place in points
    ]
    name = "sweep" if code is None else f"sweep-{swept.label(code)}"
    lines = [value_in_words(second.name, value) for value in drawn] if second is not None else []
    return Picture(
        name,
        _title(swept, recommended),
        _subtitle(swept, second.name if second is not None else "", fixed),
        charts.svg(name, sweep_chart(swept, list(_rules(swept, recommended)), rows, lines)),
        _COLUMNS,
        tuple(_data(swept, swept.row(place, code)) for place in range(len(swept.points))),
    )


def _fixed(swept: Swept, recommended: Recommendation, second: str) -> dict[str, Value]:
    """What else was swept, at the recommended value, or that in force, or the first."""
    place = swept.in_force if recommended.point is None else recommended.point
    p = swept.parameters(place, recommended.code)
    return {
        one.name: value if (value := value_of(p, one.name)) in one.values else one.values[0]
        for one in swept.swept
        if one.name not in (swept.main.name, second)
    }


def _evenly(values: Sequence[Value], most: int) -> list[Value]:
    if len(values) <= most:
        return list(values)
    return [values[at * (len(values) - 1) // (most - 1)] for at in range(most)]


def _mark(swept: Swept, row: SweptRow, second: str) -> dict[str, Any]:
    values = swept.points[row.point].values
    mark: dict[str, Any] = {
        "x": place_of(swept, values[swept.main.name]),
        "delivered": row.delivered / row.totals.received if row.totals.received else None,
        "storms": row.storms / swept.days if row.storms else None,
        "problems": row.problems,
        "detect": row.minutes_to_detect,
    }
    if second:
        mark["line"] = value_in_words(second, values[second])
    return mark


def _rules(swept: Swept, recommended: Recommendation) -> Iterator[dict[str, Any]]:
    """Where the values in force and recommended stand, as far as they are on the axis."""
    name = swept.main.name
    now = value_of(swept.parameters(swept.in_force, recommended.code), name)
    then = None
    if recommended.point is not None:
        then = value_of(swept.parameters(recommended.point, recommended.code), name)
    is_excluded = recommended.code is not None and recommended.code in swept.base.exclusion_list
    both = recommended.advice is Advice.KEEP
    if not is_excluded and _is_on_axis(swept, now):
        words = values_in_words(swept, swept.in_force, recommended.code)
        said = f"in force{' and recommended' if both else ''}: {words}"
        yield {
            "x": place_of(swept, now),
            "said": said,
            "dashed": not both,
            "align": _side(swept, now),
            "height": -8,
        }
    if recommended.point is not None and not both and _is_on_axis(swept, then):
        yield {
            "x": place_of(swept, then),
            "said": f"recommended: {recommended.words}",
            "dashed": False,
            "align": _side(swept, then),
            "height": -22,
        }


def _side(swept: Swept, value: Value) -> str:
    """On which side of its rule words have room: the one further from the end of the axis."""
    values = swept.main.values
    before = sum((each or math.inf) < (value or math.inf) for each in values)
    return "left" if 2 * before < len(values) else "right"


def _is_on_axis(swept: Swept, value: Value) -> bool:
    if not is_number(swept):
        return value in swept.main.values
    numbers = [each for each in swept.main.values if each is not None]
    return value is not None and min(numbers) <= value <= max(numbers)


def _title(swept: Swept, recommended: Recommendation) -> str:
    code = recommended.code
    what = "all Alerts" if code is None else swept.label(code)
    rows = list(swept.rows_of(code))
    most = max(rows, key=lambda row: row.totals.throttled)
    if recommended.point is None:
        if recommended.advice is Advice.NO_REMEDY:
            held = percent(most.totals.throttled, most.totals.received)
            return f"Whatever is swept, throttling holds back no more than {held} of {what}"
        return f"No policy swept is worth choosing for {what}"
    row = swept.row(recommended.point, code)
    held = percent(row.totals.throttled, row.totals.received)
    detect = (
        f" and detects half of the storms within {length(row.detect_us)}" if row.detect_us is not None else ""
    )
    keeps = ", as in force," if recommended.advice is Advice.KEEP else ""
    return f"{recommended.words}{keeps} holds back {held} of {what}{detect}"


def _subtitle(swept: Swept, second: str, fixed: Mapping[str, Value]) -> str:
    words = (
        f"One point is one policy over the same {swept.received:,} Alerts; read down a line for what a "
        f"{_NOUN[swept.main.name]} gives and costs."
    )
    if second:
        words += f" Each line is a {_NOUN[second]}."
    if fixed:
        said = ", ".join(
            f"{name.replace('_', ' ')} {value_in_words(name, value)}" for name, value in fixed.items()
        )
        words += f" Shown at {said}."
    problems = "different codes and products" if swept.inventory else "different Alert Codes"
    return f"{words} Problems are {problems} among the storms; minutes to detect is the median."


def _data(swept: Swept, row: SweptRow) -> tuple[str | int | float, ...]:
    p = swept.parameters(row.point, row.code)
    return (
        p.threshold,
        value_in_words("window", p.window_us),
        p.forward_one_in,
        value_in_words("forward_at_least_every", p.forward_at_least_every_us),
        p.clears_at,
        row.totals.received,
        row.delivered,
        row.totals.throttled,
        row.storms,
        round(row.storms / swept.days, 2),
        row.streams,
        row.devices,
        row.problems,
        "" if row.detect_us is None else round(row.detect_us / MINUTE, 2),
    )
