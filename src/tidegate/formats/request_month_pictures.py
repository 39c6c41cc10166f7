"""Pictures of a month of Service Requests: capacity against use day by day, and a User's own use."""

from __future__ import annotations

from typing import Any, Final

from tidegate.formats import charts
from tidegate.formats.admission_pictures import own_use
from tidegate.formats.picture import Picture
from tidegate.reports.numerals import many, percent, thousands
from tidegate.reports.request_month import RequestMonth, UserMonth
from tidegate.vocabulary.instants import DAY, format_duration, format_instant

_WIDTH: Final = 820
_NAMES: Final = ("Taken", "Asked for beyond that")
_ROOM: Final = 1.12
"""Over the highest of it, for its name."""


def capacity_against_use(month: RequestMonth) -> Picture:
    """Capacity against use, a bar for each day."""
    found = month.found
    rules = found.rules
    values = [
        {
            "start": day.day / 1_000,
            "end": (day.day + DAY) / 1_000,
            "series": name,
            "base": base,
            "top": top,
        }
        for day in found.days
        for name, base, top in zip(
            _NAMES, (0, day.most_used), (day.most_used, max(day.most_used, day.most_offered)), strict=True
        )
    ]
    lines = [
        {
            "use": rules.operating_threshold,
            "said": f"operating threshold {thousands(rules.operating_threshold)}",
        },
        {"use": rules.maximum_system_capacity, "said": f"maximum {thousands(rules.maximum_system_capacity)}"},
    ]
    y = {
        "field": "base",
        "type": "quantitative",
        "scale": {
            "domain": [0, _ROOM * max(rules.maximum_system_capacity, found.most_offered)],
            "nice": False,
        },
        "axis": {**charts.COUNT_AXIS, "title": f"Requests in {format_duration(rules.period_us)}"},
    }
    drawn: dict[str, Any] = {
        "width": _WIDTH,
        "height": 230,
        "layer": [
            {
                "data": {"values": values},
                "mark": {"type": "rect", "stroke": "white", "strokeWidth": 0.5},
                "encoding": {
                    "x": charts.time_axis("start"),
                    "x2": {"field": "end"},
                    "y": y,
                    "y2": {"field": "top"},
                    "color": {
                        "field": "series",
                        "type": "nominal",
                        "scale": {"domain": list(_NAMES), "range": [charts.BLUE, charts.VERMILLION]},
                    },
                },
            },
            {
                "data": {"values": lines},
                "mark": {"type": "rule", "color": charts.INK, "strokeDash": [4, 3]},
                "encoding": {"y": {"field": "use", "type": "quantitative"}},
            },
            {
                "data": {"values": lines},
                "mark": {"type": "text", "align": "left", "baseline": "bottom", "dx": 4, "dy": -2},
                "encoding": {
                    "y": {"field": "use", "type": "quantitative"},
                    "x": {"value": 0},
                    "text": {"field": "said"},
                },
            },
        ],
    }
    over = sum(day.minutes_active > 0 for day in found.days)
    share = percent(found.most_used, rules.operating_threshold)
    title = (
        f"On {many(over, 'day')} of {len(found.days)} more was asked for than the operating threshold"
        if over
        else f"No day came above {share} of the operating threshold"
    )
    return Picture(
        "capacity-against-use",
        title,
        "The busiest period of each day, and what was asked for in the one that asked for most.",
        charts.svg("capacity-against-use", drawn),
        ("day_utc", "most_used", "most_offered", "throttled"),
        tuple(
            (format_instant(day.day)[:10], day.most_used, day.most_offered, day.throttled)
            for day in found.days
        ),
    )


def use_of(month: RequestMonth, user: UserMonth) -> Picture | None:
    """A User's own use over the month; None where there is none, or nothing to hold it to."""
    if not user.of.allocation or not user.of.most_used:
        return None
    return own_use(month.found, user.of)
