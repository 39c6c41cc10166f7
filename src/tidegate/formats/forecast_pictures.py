"""Picture 8: how many incidents and e-mails a day, by who counts as one; a wall calendar for each rule.

    forecast-incidents   each storm against each problem
    forecast-emails      each storm, each Device daily, each problem, the daily digest

All calendars of a picture have one scale: what is pale beside another is less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.formats import charts
from tidegate.formats.picture import Picture
from tidegate.reports.forecast import Forecast, Rule, emails_in_words, incidents_in_words
from tidegate.reports.numerals import thousands
from tidegate.vocabulary.instants import DAY, Instant, format_instant

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_THURSDAY: Final = 3
"""The weekday of 1 January 1970, counted from Monday as 0."""

_WIDTH: Final = 780
_SHADES: Final = ["#fdeadb", "#fbd3b0", "#f2955a", "#d55e00", "#943f00", "#5a2600"]
_DARK: Final = 0.68
"""Share of the scale from which a number is told better in white than in ink (WCAG 2.2 AA)."""

_LEAST_SCALE: Final = 20
"""The darkest shade is never for fewer: two e-mails are not an alarm."""

_CONSULTED: Final = {
    Rule.EACH_STORM: "each storm (as consulted)",
    Rule.DEVICE_DAY: "each Device, daily",
    Rule.PROBLEM: "each problem",
    Rule.DIGEST: "daily digest",
}


def forecast_pictures(made: Forecast) -> list[Picture]:
    """Both pictures; none where there is nothing to count."""
    if not any(load.all_incidents for load in made.loads.values()):
        return []
    return [
        _picture(
            made,
            "forecast-incidents",
            incidents_in_words(made),
            "Incidents on each day (UTC), counted by two rules.",
            {
                rule: made.loads[rule].incidents
                for rule in (Rule.EACH_STORM, Rule.PROBLEM)
                if rule in made.loads
            },
        ),
        _picture(
            made,
            "forecast-emails",
            emails_in_words(made),
            "E-mails on each day (UTC), counted by four rules.",
            {rule: load.emails for rule, load in made.loads.items()},
        ),
    ]


def _picture(
    made: Forecast, name: str, title: str, subtitle: str, by_rule: Mapping[Rule, NDArray[np.int64]]
) -> Picture:
    most = max(_LEAST_SCALE, *(int(counts.max()) for counts in by_rule.values()))
    panels = [f"{_CONSULTED[rule]}: {thousands(int(counts.sum()))}" for rule, counts in by_rule.items()]
    cells = [
        cell
        for panel, counts in zip(panels, by_rule.values(), strict=True)
        for cell in _cells(panel, made.days, counts, most)
    ]
    return Picture(
        name,
        title,
        f"{subtitle} The darker, the more; an outlined day has none. The same scale in every calendar.",
        charts.svg(name, _calendars(cells, panels, most)),
        ("day", *(str(rule) for rule in by_rule)),
        tuple(
            (format_instant(day)[:10], *(int(counts[at]) for counts in by_rule.values()))
            for at, day in enumerate(made.days)
        ),
    )


def _cells(panel: str, days: Sequence[Instant], counts: NDArray[np.int64], most: int) -> list[dict[str, Any]]:
    first_week = _week(days[0])
    cells = []
    for day, count in zip(days, counts.tolist(), strict=True):
        week = _week(day)
        shade = np.log1p(count) / np.log1p(most)
        cells.append(
            {
                "panel": panel,
                "weekday": WEEKDAYS[(day // DAY + _THURSDAY) % 7],
                "week": week - first_week,
                "begins": _begins(week),
                "count": count,
                "said": _short(count),
                "is_dark": bool(shade >= _DARK),
            }
        )
    return cells


def _week(day: Instant) -> int:
    """Weeks from Monday to Sunday, counted on and on."""
    return (day // DAY + _THURSDAY) // 7


def _begins(week: int) -> str:
    """The Monday a week begins with: `2026-03-02`."""
    return format_instant((week * 7 - _THURSDAY) * DAY)[:10]


def _short(count: int) -> str:
    """A number of three figures at most: `13k`."""
    if count == 0:
        return ""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if count >= size:
            of_it = count / size
            return f"{of_it:.1f}{letter}" if of_it < 9.95 else f"{of_it:.0f}{letter}"  # noqa: PLR2004 - two figures
    return str(count)


def _calendars(cells: Sequence[Mapping[str, Any]], panels: Sequence[str], most: int) -> dict[str, Any]:
    weeks = max(cell["week"] for cell in cells) + 1
    x = {
        "field": "weekday",
        "type": "ordinal",
        "sort": list(WEEKDAYS),
        "scale": {"domain": list(WEEKDAYS), "padding": 0.06},
        "axis": {"title": None, "orient": "top", "labelAngle": 0, "domain": False, "ticks": False},
    }
    y = {
        "field": "begins",
        "type": "ordinal",
        "scale": {"padding": 0.06},
        "axis": {"title": None, "domain": False, "ticks": False, "labelPadding": 4},
    }
    count = {
        "field": "count",
        "type": "quantitative",
        "scale": {"type": "symlog", "domain": [0, most], "range": _SHADES, "interpolate": "rgb"},
        "legend": None,
    }
    none = {
        "mark": {"type": "rect", "fill": None, "stroke": "#ccd2d8"},
        "transform": [{"filter": "datum.count == 0"}],
    }
    some = {"mark": {"type": "rect"}, "transform": [{"filter": "datum.count > 0"}]}
    return {
        "data": {"values": list(cells)},
        "facet": {
            "field": "panel",
            "type": "nominal",
            "sort": list(panels),
            "header": {
                "title": None,
                "labelFontSize": 12,
                "labelFontWeight": "bold",
                "labelColor": charts.INK,
            },
        },
        "columns": 2,
        "spacing": {"row": 24, "column": 30},
        "resolve": {"axis": {"x": "independent"}},
        "spec": {
            "width": (_WIDTH - 2 * 70 - 30) // 2,
            "height": {"step": 26} if weeks > 1 else 44,
            "layer": [
                {**none, "encoding": {"x": x, "y": y}},
                {**some, "encoding": {"x": x, "y": y, "color": count}},
                {
                    **some,
                    "mark": {"type": "text", "fontSize": 11},
                    "encoding": {
                        "x": x,
                        "y": y,
                        "text": {"field": "said"},
                        "color": {
                            "condition": {"test": "datum.is_dark", "value": "white"},
                            "value": charts.INK,
                        },
                    },
                },
            ],
        },
    }
