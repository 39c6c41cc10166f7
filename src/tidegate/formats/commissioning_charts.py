"""The marks of the Post Commissioning pictures: Vega-Lite specifications in the style of `charts.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tidegate.formats.charts import COUNT_AXIS, INK, VERMILLION

ORANGE: Final = "#E69F00"
GREY: Final = "#8a939c"
DARK: Final = "#943f00"
QUIET: Final = "#4d5761"

_ROW: Final = 60
"""Dots from one lying bar to the next: two lines of words, then the bar."""

_FIRST_LINE: Final = 15
_SECOND_LINE: Final = 31
_BAR: Final = (40, 54)
"""Where in its row a bar begins and ends."""

_STUB: Final = 10
"""Dots from a bar to the words under it."""

_LETTER: Final = 6
"""Dots that a letter of these words needs, and rather more."""

_NAMES: Final = 190
"""Dots at the left of a picture of rows, for whom they are of."""

_WIDE: Final = 820
_WIDTH: Final = 620

_SHARES: Final = {"title": None, "labelExpr": "datum.label + '%'", "tickCount": 5}


def lying(
    rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str], title: str, *, are_walked: bool
) -> dict[str, Any]:
    """Lying bars, each under two lines of words, so that on a narrow screen the words are in sight.

    rows:        Of name, said (the second line), bars: (begin, end, kind) each.
    kinds:       A colour for each kind.
    title:       What the axis counts; shares in per cent where bars are walked, else whole numbers.
    are_walked:  Each bar begins where the one before ended: a thin line leads there, or a little of it where words are.
    """
    texts = [
        {**row, "first": place * _ROW + _FIRST_LINE, "second": place * _ROW + _SECOND_LINE}
        for place, row in enumerate(rows)
    ]
    bars = [
        {
            "low": min(begin, end),
            "high": max(begin, end),
            "end": end,
            "kind": kind,
            "top": place * _ROW + _BAR[0],
            "bottom": place * _ROW + _BAR[1],
        }
        for place, row in enumerate(rows)
        for begin, end, kind in row["bars"]
    ]
    most = max(bar["high"] for bar in bars) or 1
    leads = (
        [_lead(bar, below, most) for bar, below in zip(bars, rows[1:], strict=False)] if are_walked else []
    )
    x = {
        "field": "low",
        "type": "quantitative",
        "scale": {"domain": [0, most], "nice": False},
        "axis": {
            **(_SHARES if are_walked else COUNT_AXIS), "title": title, "values": _ticks(most), "grid": False,
        },
    }  # fmt: skip
    y = {
        "field": "top",
        "type": "quantitative",
        "scale": {"domain": [0, _ROW * len(rows)], "reverse": True, "nice": False},
        "axis": None,
    }
    used = [kind for kind in kinds if any(bar["kind"] == kind for bar in bars)]
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": used, "range": [kinds[kind] for kind in used]},
    }

    def words(field: str, at: str, mark: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "data": {"values": texts},
            "mark": {"type": "text", "align": "left", "limit": _WIDE, **mark},
            "encoding": {"x": {"value": 0}, "y": {**y, "field": at}, "text": {"field": field}},
        }

    return {
        "width": _WIDE,
        "height": _ROW * len(rows),
        "layer": [
            {
                "data": {"values": leads},
                "mark": {"type": "rule", "color": GREY, "strokeWidth": 0.8},
                "encoding": {"x": {**x, "field": "end"}, "y": y, "y2": {"field": "bottom"}},
            },
            {
                "data": {"values": bars},
                # What is too thin to be seen keeps an edge.
                "mark": {"type": "rect", "strokeWidth": 1},
                "encoding": {
                    "x": x,
                    "x2": {"field": "high"},
                    "y": y,
                    "y2": {"field": "bottom"},
                    "color": colour,
                    "stroke": colour,
                },
            },
            words("name", "first", {"fontSize": 13}),
            words("said", "second", {"fontSize": 12, "color": QUIET}),
        ],
    }


def _lead(bar: Mapping[str, Any], below: Mapping[str, Any], most: float) -> dict[str, Any]:
    """The line from the end of a bar to the beginning of the next, which is under the words of its row."""
    is_clear = bar["end"] / most * _WIDE > _LETTER * max(len(below["name"]), len(below["said"]))
    bottom = bar["top"] + _ROW if is_clear else bar["bottom"] + _STUB
    return {**bar, "top": bar["bottom"], "bottom": bottom}


def dumbbells(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], overall: float | None = None
) -> dict[str, Any]:
    """A row each: two dots, a line between them, and an interval; shares in per cent.

    rows:     Of value, first (None where there is one set only), last, low, high, said (under the value).
    names:    How the legend calls `first` and `last`.
    overall:  The last of all together: a thin line through all rows.
    """
    rows = [{**row, "value": f"{row['value']}\n{row['said']}"} for row in rows]
    values = [row["value"] for row in rows]
    most = max(max(row["high"], row["last"], row["first"] or 0) for row in rows) or 1
    y = {
        "field": "value",
        "type": "nominal",
        "sort": values,
        "scale": {"domain": values},
        "axis": {
            "title": None,
            "labelExpr": "split(datum.label, '\\n')",
            "labelFontSize": 12,
            "labelLimit": _NAMES,
            "minExtent": _NAMES,
            "domain": False,
            "ticks": False,
            "labelPadding": 8,
        },
    }
    x = {
        "field": "last",
        "type": "quantitative",
        "scale": {"domain": [0, most * 1.08], "nice": False},
        "axis": {**_SHARES, "title": "Failed, of its Devices", "values": _ticks(most)},
    }
    has_first = [row for row in rows if row["first"] is not None]
    dots = [
        {"value": row["value"], "last": row[part], "what": names[part]}
        for row in rows
        for part in ("first", "last")
        if row[part] is not None
    ]
    shown = [names[part] for part in ("first", "last") if part == "last" or has_first]
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": has_first},
            "mark": {"type": "rule", "color": "#c4cad0", "strokeWidth": 2},
            "encoding": {"y": y, "x": {**x, "field": "first"}, "x2": {"field": "last"}},
        },
        {
            "data": {"values": list(rows)},
            "mark": {"type": "rule", "color": VERMILLION, "strokeWidth": 5, "opacity": 0.35},
            "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "data": {"values": dots},
            "mark": {"type": "point", "filled": True, "opacity": 1, "size": 70},
            "encoding": {
                "y": y,
                "x": x,
                "color": _two(shown, {names["first"]: GREY, names["last"]: VERMILLION}),
                "shape": _two(shown, {names["first"]: "circle", names["last"]: "diamond"}),
            },
        },
    ]
    if overall is not None:
        layers.insert(
            0,
            {
                "data": {"values": [{"last": overall}]},
                "mark": {"type": "rule", "color": INK, "strokeDash": [2, 3], "strokeWidth": 0.8},
                "encoding": {"x": x},
            },
        )
    return {"width": _WIDTH, "height": {"step": 38}, "layer": layers}


def trend(
    rows: Sequence[Mapping[str, Any]], names: Mapping[str, str], limit: tuple[float, str] | None = None
) -> dict[str, Any]:
    """A line for each set of criteria by month; rows of month, what, share, low, high; a limit and what it is."""
    months = list(dict.fromkeys(row["month"] for row in rows))
    x = {
        "field": "month",
        "type": "nominal",
        "sort": months,
        "scale": {"domain": months, "type": "point", "padding": 0.5},
        "axis": {
            "title": "Month of commissioning",
            "labelAngle": 0,
            "values": months[:: -(-len(months) // 12)],
            "ticks": False,
        },
    }
    most = max([*(row["high"] for row in rows), limit[0] if limit else 0]) or 1
    y = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, most * 1.08], "nice": False},
        "axis": {**_SHARES, "values": _ticks(most)},
    }
    shown = [name for name in names.values() if any(row["what"] == name for row in rows)]
    colour = _two(shown, {names["first"]: GREY, names["last"]: VERMILLION})
    layers: list[dict[str, Any]] = [
        # Each in its own colour, which no legend tells: that is of the lines.
        *(
            {
                "data": {"values": [row for row in rows if row["what"] == name]},
                "mark": {"type": "area", "opacity": 0.22, "color": of},
                "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
            }
            for name, of in zip(colour["scale"]["domain"], colour["scale"]["range"], strict=True)
        ),
        {
            "data": {"values": list(rows)},
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {"x": x, "y": y, "color": colour},
        },
        {
            "data": {"values": list(rows)},
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {
                "x": x,
                "y": y,
                "color": colour,
                "shape": _two(shown, {names["first"]: "circle", names["last"]: "diamond"}),
            },
        },
    ]
    if limit is not None:
        at = {"data": {"values": [{"share": limit[0], "said": limit[1]}]}}
        layers += [
            {
                **at,
                "mark": {"type": "rule", "color": INK, "strokeDash": [6, 4], "strokeWidth": 1.2},
                "encoding": {"y": y},
            },
            {
                **at,
                "mark": {"type": "text", "align": "right", "baseline": "bottom", "dy": -4},
                "encoding": {"y": y, "x": {"value": _WIDE}, "text": {"field": "said"}},
            },
        ]
    return {"width": _WIDE, "height": 230, "layer": layers}


def stacked(
    rows: Sequence[Mapping[str, Any]], kinds: Mapping[str, str], title: str, sums: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Standing bars; rows of at, kind, order, devices; a colour for each kind; sums of at, devices, said."""
    x = {
        "field": "at",
        "type": "nominal",
        "sort": [each["at"] for each in sums],
        "axis": {"title": title, "labelAngle": 0, "ticks": False},
    }
    y = {"field": "devices", "type": "quantitative", "axis": {**COUNT_AXIS, "title": "Devices"}}
    used = [kind for kind in kinds if any(row["kind"] == kind for row in rows)]
    return {
        "width": _WIDE,
        "height": 190,
        "layer": [
            {
                "data": {"values": list(rows)},
                "mark": {"type": "bar", "width": {"band": 0.7}},
                "encoding": {
                    "x": x,
                    "y": {**y, "stack": "zero"},
                    "color": {
                        "field": "kind",
                        "type": "nominal",
                        "scale": {"domain": used, "range": [kinds[kind] for kind in used]},
                    },
                    "order": {"field": "order", "type": "quantitative"},
                },
            },
            {
                "data": {"values": list(sums)},
                "mark": {"type": "text", "baseline": "bottom", "dy": -3},
                "encoding": {"x": x, "y": y, "text": {"field": "said"}},
            },
        ],
    }


def _two(shown: Sequence[str], range_of: Mapping[str, str]) -> dict[str, Any]:
    return {
        "field": "what",
        "type": "nominal",
        "scale": {"domain": list(shown), "range": [range_of[name] for name in shown]},
    }


def _ticks(most: float) -> list[float]:
    """About five round numbers from nothing to the largest."""
    step = next(
        digit * 10.0**power
        for power in range(-9, 10)
        for digit in (1, 2, 5)
        if 5 * digit * 10.0**power >= most
    )
    return [round(place * step, 9) for place in range(int(most / step + 1e-9) + 1)]
