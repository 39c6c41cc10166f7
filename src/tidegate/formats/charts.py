"""The pictures' marks: Vega-Lite specifications, drawn to SVG without a browser.

Colours are of the Okabe-Ito palette, told apart without red-green vision; a
second cue (place, dot, label) always says the same. Zero is blank. Times are
UTC. The words around a picture belong to `pictures.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import vl_convert

from tidegate.formats.drawable import all_drawable
from tidegate.vocabulary.instants import Instant

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
VERMILLION: Final = "#D55E00"
INK: Final = "#1b1f24"
_STORM_SHADES: Final = ["#fbd3b0", "#f2955a", "#d55e00", "#943f00", "#4d1f00"]

FATES: Final = ("Forwarded", "Excluded, always passed", "Held back")
"""What became of an Alert, in the order it is stacked from the axis."""

_GRADIENT = re.compile(r"\bgradient_\d+\b")
_WIDTH = 820
_HEATMAP_WIDTH = 680
_DECADE = 10
_TIME_LABEL = "utcFormat(datum.value, utcFormat(datum.value, '%H:%M') == '00:00' ? '%a %d %b' : '%H:%M')"
_CONFIG = {
    "aria": False,
    "font": "Arial, Helvetica, sans-serif",
    "background": None,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "labelColor": INK,
        "titleColor": INK,
        "gridColor": "#e4e7eb",
        "domainColor": "#8a939c",
        "tickColor": "#8a939c",
    },
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "title": None,
        "labelFontSize": 12,
        "labelColor": INK,
        "labelLimit": 300,
        "symbolType": "square",
        "symbolSize": 120,
        "offset": 6,
    },
    "text": {"fontSize": 11, "color": INK},
}
FATE_SCALE: Final = {"domain": list(FATES), "range": [BLUE, SKY, VERMILLION]}
"""A colour for each fate."""

COUNT_AXIS: Final = {
    "title": "Alerts",
    "labelExpr": "datum.value % 1 ? '' : datum.value == 0 ? '0' : format(datum.value, '~s')",
    "tickCount": 5,
    "tickMinStep": 1,
}
"""An axis of numbers of Alerts, in whole numbers."""

_STACK_ORDER = {"field": "order", "type": "quantitative"}


def svg(name: str, specification: Mapping[str, Any]) -> str:
    """Draw a specification; the same one is always the same text, and no id in it is another picture's."""
    whole = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "config": _CONFIG, **specification}
    drawn: str = vl_convert.vegalite_to_svg(all_drawable(whole))
    # The drawing library numbers gradients on and on for as long as the process lives.
    for at, counted in enumerate(dict.fromkeys(_GRADIENT.findall(drawn))):
        drawn = re.sub(rf"\b{counted}\b", f"{name}-gradient-{at}", drawn)
    return drawn


def by_time(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Stacked bars over time; rows of start, end (instants), fate, base, top (where its part of the bar lies)."""
    return {
        "width": _WIDTH,
        "height": 220,
        "data": {"values": [{**row, "start": _ms(row["start"]), "end": _ms(row["end"])} for row in rows]},
        "mark": {"type": "rect"},
        "encoding": {
            "x": time_axis("start"),
            "x2": {"field": "end"},
            "y": {"field": "base", "type": "quantitative", "axis": COUNT_AXIS},
            "y2": {"field": "top"},
            "color": {"field": "fate", "type": "nominal", "scale": FATE_SCALE},
        },
    }


def by_code(rows: Sequence[Mapping[str, Any]], labels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Stacked bars by Alert Code; rows of code, fate, order, alerts; labels of code, received, said."""
    codes = [label["code"] for label in labels]
    y = {
        "field": "code",
        "type": "nominal",
        "sort": codes,
        "axis": {"title": None, "labelLimit": 300, "domain": False, "ticks": False, "labelPadding": 6},
    }
    return {
        "width": _WIDTH - 310,
        "height": {"step": 22},
        "layer": [
            {
                "data": {"values": list(rows)},
                "mark": {"type": "bar", "height": 15},
                "encoding": {
                    "y": y,
                    "x": {
                        "field": "alerts",
                        "type": "quantitative",
                        "stack": "zero",
                        "axis": COUNT_AXIS,
                    },
                    "color": {"field": "fate", "type": "nominal", "scale": FATE_SCALE},
                    "order": _STACK_ORDER,
                },
            },
            {
                "data": {"values": list(labels)},
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {
                    "y": y,
                    "x": {"field": "received", "type": "quantitative"},
                    "text": {"field": "said"},
                },
            },
        ],
    }


def storm_heatmap(
    cells: Sequence[Mapping[str, Any]],
    starts: Sequence[Mapping[str, Any]],
    streams: Sequence[str],
    period: tuple[Instant, Instant],
    spans: int,
) -> dict[str, Any]:
    """Streams by time; cells of stream, start, end, alerts; starts of stream, at: where a threshold was crossed.

    spans:  How many cells make the period; each is a whole number of dots wide, so that none is blurred.
    """
    y = {
        "field": "stream",
        "type": "nominal",
        "sort": list(streams),
        "scale": {"domain": list(streams), "paddingInner": 0.12},
        "axis": {
            "title": None,
            "labelFont": "monospace",
            "labelFontSize": 10,
            "labelLimit": 320,
            "domain": False,
            "ticks": False,
            "labelPadding": 6,
        },
    }
    most = max(cell["alerts"] for cell in cells)
    least = min(cell["alerts"] for cell in cells)
    if most < _DECADE * least:
        least = 1
    x = time_axis("start", [_ms(period[0]), _ms(period[1])])
    return {
        "width": max(_HEATMAP_WIDTH // spans, 1) * spans,
        "height": {"step": 19},
        "layer": [
            {
                "data": {
                    "values": [
                        {**cell, "start": _ms(cell["start"]), "end": _ms(cell["end"])} for cell in cells
                    ]
                },
                "mark": {"type": "rect"},
                "encoding": {
                    "x": x,
                    "x2": {"field": "end"},
                    "y": y,
                    "color": {
                        "field": "alerts",
                        "type": "quantitative",
                        "scale": {
                            "type": "log",
                            "domain": [least, most],
                            "range": _STORM_SHADES,
                            "interpolate": "rgb",
                        },
                        "legend": {
                            "title": "Alerts in storms",
                            "titleFontSize": 12,
                            "titleFontWeight": "normal",
                            "titleColor": INK,
                            "labelExpr": COUNT_AXIS["labelExpr"],
                            "gradientLength": 220,
                            "values": round_numbers(least, most),
                        },
                    },
                },
            },
            {
                "data": {"values": [{**start, "at": _ms(start["at"])} for start in starts]},
                "mark": {
                    "type": "point",
                    "shape": "circle",
                    "filled": True,
                    "fill": INK,
                    "stroke": "white",
                    "strokeWidth": 0.8,
                    "size": 30,
                    "opacity": 1,
                },
                "encoding": {"x": {"field": "at", "type": "temporal", "scale": {"type": "utc"}}, "y": y},
            },
        ],
    }


def by_length(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Bars of how many storms lasted how long; rows of length, storms, said."""
    x = {
        "field": "length",
        "type": "nominal",
        "sort": [row["length"] for row in rows],
        "axis": {"title": "How long the storm lasted", "labelAngle": 0, "domain": True, "ticks": False},
    }
    y = {
        "field": "storms",
        "type": "quantitative",
        "axis": {**COUNT_AXIS, "title": "Storms"},
    }
    return {
        "width": _WIDTH,
        "height": 160,
        "data": {"values": list(rows)},
        "layer": [
            {
                "mark": {"type": "bar", "color": VERMILLION, "width": {"band": 0.7}},
                "encoding": {"x": x, "y": y},
            },
            {
                "mark": {"type": "text", "baseline": "bottom", "dy": -3},
                "encoding": {"x": x, "y": y, "text": {"field": "said"}},
            },
        ],
    }


def time_axis(field: str, domain: list[float] | None = None) -> dict[str, Any]:
    """An axis of receipt instants in UTC; `domain` in milliseconds."""
    scale: dict[str, Any] = {"type": "utc"}
    if domain is not None:
        scale["domain"] = domain
    return {
        "field": field,
        "type": "temporal",
        "scale": scale,
        "axis": {"title": "Receipt (UTC)", "grid": False, "tickCount": 8, "labelExpr": _TIME_LABEL},
    }


def round_numbers(least: int, most: int, about: int = 4) -> list[int]:
    """Some of 1, 2, 5, 10, 20 ... from least to most, evenly spread on a log scale."""
    steps = [digit * 10**power for power in range(13) for digit in (1, 2, 5)]
    within = [step for step in steps if least <= step <= most]
    return within[:: max(1, round(len(within) / about))]


def _ms(at: Instant) -> float:
    return at / 1_000
