"""The marks of a sweep's picture: four lines under one another on one axis, and rules through all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tidegate.formats import charts
from tidegate.policy.swept_parameters import SweptParameter, Value, value_in_words
from tidegate.reports.swept import Swept

_WIDTH: Final = 640
_HEIGHT: Final = 96
_LINES: Final = (charts.BLUE, charts.VERMILLION, "#009E73", "#CC79A7", charts.INK)
_SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross")
_FEW_TICKS: Final = 12
_FEW: Final = 4
_MANY: Final = 10_000
_DECADE: Final = 10
_GREY: Final = "#5c6670"
_AXIS: Final = {
    "threshold": "Threshold: Alerts in a window above which a stream storms",
    "window": "Window",
    "forward_one_in": "One in so many forwarded in a storm",
    "forward_at_least_every": "At least one forwarded every",
    "clear_threshold": "Clear threshold: Alerts in a window at which a storm ends",
}


def sweep_chart(
    swept: Swept, rules: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]], lines: Sequence[str]
) -> dict[str, Any]:
    """Four panels; rows of x, delivered, storms, problems, detect and, where there are several lines, line.

    rules:  Of x, said, dashed, align, height: upright lines through every panel, with words above the first.
    lines:  What the lines are called, in order; none where there is one.
    """
    panels: list[dict[str, Any]] = [
        {
            "field": "delivered",
            "title": "Delivered",
            "axis": {"format": "~%"},
            "scale": {"domain": _shares(rows), "nice": False},
        },
        {"field": "storms", "title": ["Storms", "a day"], **_log_or_linear(rows, "storms", 1)},
        {
            "field": "problems",
            "title": "Problems",
            **_whole_numbers(rows, "problems"),
        },
        {"field": "detect", "title": ["Minutes", "to detect"], **_log_or_linear(rows, "detect", 2)},
    ]
    x = _x_axis(swept)
    return {
        "spacing": 14,
        "data": {"values": list(rows)},
        "vconcat": [
            {
                "width": _WIDTH,
                "height": _HEIGHT,
                "layer": [
                    *_rule_layers(
                        rules, _labelled(x, is_last=panel is panels[-1]), is_first=panel is panels[0]
                    ),
                    _line_layer(swept, panel, _labelled(x, is_last=panel is panels[-1]), lines),
                ],
            }
            for panel in panels
        ],
        "resolve": {"scale": {"x": "shared", "color": "shared", "shape": "shared"}},
    }


def _shares(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    """An axis from under the least share to over the most, ten per cent long at least."""
    shares = [row["delivered"] for row in rows if row["delivered"] is not None]
    high = min(1.0, math.ceil(20 * max(shares)) / 20)
    return [max(0.0, min(math.floor(20 * min(shares)) / 20, high - 0.1)), high]


def _whole_numbers(rows: Sequence[Mapping[str, Any]], field: str) -> dict[str, Any]:
    """An axis from 0 whose ticks are whole: of few, each; a tick at a half would be written as its neighbour."""
    most = max((row[field] for row in rows if row[field]), default=0)
    axis: dict[str, Any] = {"format": ",d"}
    if most <= _FEW:
        axis["values"] = list(range(max(most, 1) + 1))
    return {"axis": axis, "scale": {"zero": True, "domain": [0, max(most, 1)], "nice": most > _FEW}}


def _log_or_linear(rows: Sequence[Mapping[str, Any]], field: str, decades: int) -> dict[str, Any]:
    """A log scale where values are so many decades apart or more."""
    values = [row[field] for row in rows if row[field]]
    if not values or max(values) < 10**decades * min(values):
        return {"axis": {"format": ",~r"}, "scale": {"zero": True}}
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    ticks = [10**power for power in range(low, high + 1)]
    return {
        "axis": {"format": ",~r", "values": ticks},
        "scale": {"type": "log", "nice": False, "domain": [ticks[0], ticks[-1]]},
    }


def _labelled(x: Mapping[str, Any], *, is_last: bool) -> dict[str, Any]:
    """The shared axis, whose words stand under the last panel only."""
    if is_last:
        return dict(x)
    return {**x, "axis": {**x["axis"], "title": None, "labels": False}}


def _rule_layers(
    rules: Sequence[Mapping[str, Any]], x: Mapping[str, Any], *, is_first: bool
) -> Iterator[dict[str, Any]]:
    for rule in rules:
        yield {
            "data": {"values": [rule]},
            "mark": {
                "type": "rule",
                "strokeWidth": 2,
                "color": _GREY if rule["dashed"] else charts.INK,
                "strokeDash": [5, 4] if rule["dashed"] else [1, 0],
            },
            "encoding": {"x": x},
        }
        if is_first:
            yield {
                "data": {"values": [rule]},
                "mark": {
                    "type": "text",
                    "align": rule["align"],
                    "dx": 4 if rule["align"] == "left" else -4,
                    "y": rule["height"],
                    "fontWeight": "normal" if rule["dashed"] else "bold",
                },
                "encoding": {"x": x, "text": {"field": "said"}},
            }


def _line_layer(
    swept: Swept, panel: Mapping[str, Any], x: Mapping[str, Any], lines: Sequence[str]
) -> dict[str, Any]:
    title = {"titleAngle": 0, "titleAlign": "left", "titleX": -96, "titleY": 4, "titleFontWeight": "bold"}
    encoding: dict[str, Any] = {
        "x": x,
        "y": {
            "field": panel["field"],
            "type": "quantitative",
            "scale": panel["scale"],
            "axis": {"tickCount": 4, "minExtent": 96, "title": panel["title"], **title, **panel["axis"]},
        },
    }
    mark: dict[str, Any] = {"type": "line", "strokeWidth": 2, "color": charts.BLUE}
    point: dict[str, Any] = {"size": 34, "filled": True}
    if lines:
        second = second_of(swept)
        assert second is not None
        legend = {"title": second.name.replace("_", " ").capitalize(), "titleFontSize": 12}
        for channel, looks in (("color", _LINES), ("shape", _SHAPES)):
            encoding[channel] = {
                "field": "line",
                "type": "nominal",
                "scale": {"domain": list(lines), "range": list(looks[: len(lines)])},
                "legend": legend,
            }
    else:
        point["color"] = charts.BLUE
    return {"mark": {**mark, "point": point}, "encoding": encoding}


def second_of(swept: Swept) -> SweptParameter | None:
    """The parameter that makes several lines, where one does."""
    return next((one for one in swept.swept if one is not swept.main and len(one.values) > 1), None)


def place_of(swept: Swept, value: Value) -> float | str:
    """Counts stand on a log scale, durations side by side."""
    if is_number(swept):
        assert value is not None
        return value
    return value_in_words(swept.main.name, value)


def is_number(swept: Swept) -> bool:
    """Whether what is swept is a count, and has an axis of numbers."""
    return swept.main.name in ("threshold", "forward_one_in", "clear_threshold")


def _x_axis(swept: Swept) -> dict[str, Any]:
    values = [place_of(swept, value) for value in swept.main.values]
    axis: dict[str, Any] = {"title": _AXIS[swept.main.name]}
    if not is_number(swept):
        return {
            "field": "x",
            "type": "ordinal",
            "sort": values,
            "scale": {"domain": values},
            "axis": {**axis, "grid": True, "labelAngle": 0},
        }
    numbers = [value for value in values if isinstance(value, int)]
    least, most = min(numbers), max(numbers)
    is_log = least > 0 and most >= _DECADE * least
    if len(numbers) > _FEW_TICKS:
        numbers = [least, *_apart(charts.round_numbers(least, most, 8), numbers), most]
    return {
        "field": "x",
        "type": "quantitative",
        "scale": {"nice": False, "padding": 12, **({"type": "log"} if is_log else {"zero": False})},
        "axis": {**axis, "values": numbers, "format": "~s" if most >= _MANY else "d"},
    }


def _apart(ticks: Sequence[int], numbers: Sequence[int]) -> list[int]:
    """Ticks far enough from both ends that no label lies over another."""
    least, most = min(numbers), max(numbers)
    return [tick for tick in ticks if tick >= 1.3 * least and 1.3 * tick <= most]
