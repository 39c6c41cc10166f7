"""The marks of the fleet's pictures: Vega-Lite specifications in the style of `charts.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tidegate.formats.charts import BLUE, COUNT_AXIS, INK, VERMILLION, round_numbers

WHO: Final = {"stormed": "Devices that stormed", "others": "Devices that did not"}
"""Which Devices raised the Alerts, as the legend says it."""

_WHO_SCALE = {"domain": [WHO["stormed"], WHO["others"]], "range": [VERMILLION, BLUE]}
_SHORT_NUMBER = "datum.value >= 1 ? format(datum.value, ',d') : format(datum.value, '~r')"
"""A number of a scale of powers of ten, as it is written."""
_TILES = ["#eef4f8", "#a6cbe3", "#56a0d0", "#0072B2", "#003a5c"]
_WIDE, _NARROW = 430, 130
_NAMES = {"title": None, "labelLimit": 230, "domain": False, "ticks": False, "labelPadding": 6}


def pareto(
    bars: Sequence[Mapping[str, Any]], line: Sequence[Mapping[str, Any]], rates: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Bars of product, who, order, alerts; a line of product, share, said; dots of product, rate, said."""
    products = [point["product"] for point in line]
    alerts = sum(bar["alerts"] for bar in bars)
    y = {"field": "product", "type": "nominal", "sort": products, "scale": {"domain": products}}
    height = {"step": 22}
    share = {
        "field": "share",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {
            "title": "Share of all Alerts, cumulative",
            "orient": "top",
            "format": ".0%",
            "tickCount": 5,
            "grid": False,
        },
    }
    return {
        "spacing": 24,
        "hconcat": [
            {
                "width": _WIDE,
                "height": height,
                "resolve": {"scale": {"x": "independent"}},
                "layer": [
                    {
                        "data": {"values": list(bars)},
                        "mark": {"type": "bar", "height": 15},
                        "encoding": {
                            "y": {**y, "axis": _NAMES},
                            "x": {
                                "field": "alerts",
                                "type": "quantitative",
                                "stack": "zero",
                                # As long as all Alerts together: then both axes say the same.
                                "scale": {"domain": [0, alerts], "nice": False},
                                "axis": COUNT_AXIS,
                            },
                            "color": {"field": "who", "type": "nominal", "scale": _WHO_SCALE},
                            "order": {"field": "order", "type": "quantitative"},
                        },
                    },
                    {
                        "data": {"values": list(line)},
                        "layer": [
                            {
                                "mark": {"type": "line", "color": INK, "strokeWidth": 1.2},
                                "encoding": {"y": y, "x": share, "order": {"field": "share"}},
                            },
                            {
                                "mark": {
                                    "type": "point",
                                    "shape": "square",
                                    "filled": True,
                                    "fill": "white",
                                    "stroke": INK,
                                    "opacity": 1,
                                    "size": 28,
                                },
                                "encoding": {"y": y, "x": share},
                            },
                        ],
                    },
                ],
            },
            _rates(rates, y, height),
        ],
    }


def _rates(rates: Sequence[Mapping[str, Any]], y: Mapping[str, Any], height: Any) -> dict[str, Any]:
    least = min((each["rate"] for each in rates), default=1.0)
    most = max((each["rate"] for each in rates), default=1.0)
    x = {
        "field": "rate",
        "type": "quantitative",
        # Room for the label of the largest.
        "scale": {"type": "log", "domain": [least / 2, max(most, least * 10) * 8]},
        "axis": {
            "title": "Alerts per installed Device a day",
            "labelExpr": _SHORT_NUMBER,
            "values": _decades(least / 2, max(most, least * 10)),
        },
    }
    hidden = {**y, "axis": {"title": None, "labels": False, "ticks": False, "domain": False, "grid": True}}
    return {
        "width": _NARROW,
        "height": height,
        "data": {"values": list(rates)},
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "color": INK, "size": 60, "opacity": 1},
                "encoding": {"y": hidden, "x": x},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 7},
                "encoding": {"y": hidden, "x": x, "text": {"field": "said"}},
            },
        ],
    }


def kinds(rows: Sequence[Mapping[str, Any]], line: float, said: str) -> dict[str, Any]:
    """Dots of devices, per_day, who, alerts, label; and a horizontal line with what it is."""
    most_devices = max(row["devices"] for row in rows)
    rates = [row["per_day"] for row in rows] + [line]
    least, most = min(rates) / 2, max(rates) * 3
    right = max(most_devices, 10) * 6

    def is_right(row: Mapping[str, Any]) -> bool:
        """Too far to the right for a label beside it."""
        return bool(row["devices"] > right**0.6)

    x = {
        "field": "devices",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [0.7, right]},
        "axis": {
            "title": "Devices that raised it",
            "labelExpr": _SHORT_NUMBER,
            "values": _decades(0.7, right),
        },
    }
    y = {
        "field": "per_day",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [least, most]},
        "axis": {
            "title": "Alerts of each Device a day",
            "labelExpr": _SHORT_NUMBER,
            "values": _decades(least, most),
        },
    }
    return {
        "width": 700,
        "height": 380,
        "layer": [
            {
                "data": {"values": [{"per_day": line}]},
                "mark": {"type": "rule", "color": INK, "strokeDash": [6, 4], "strokeWidth": 1.2},
                "encoding": {"y": y},
            },
            {
                "data": {"values": [{"per_day": line, "devices": right, "said": said}]},
                "mark": {"type": "text", "align": "right", "baseline": "bottom", "dy": -4, "dx": -4},
                "encoding": {"y": y, "x": x, "text": {"field": "said"}},
            },
            {
                "data": {"values": list(rows)},
                "mark": {
                    "type": "point",
                    "filled": True,
                    "opacity": 0.75,
                    "stroke": "white",
                    "strokeWidth": 0.6,
                },
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {"field": "who", "type": "nominal", "scale": _WHO_SCALE},
                    "shape": {
                        "field": "who",
                        "type": "nominal",
                        "scale": {"domain": _WHO_SCALE["domain"], "range": ["diamond", "circle"]},
                    },
                    "size": {
                        "field": "alerts",
                        "type": "quantitative",
                        "scale": {"type": "sqrt", "range": [18, 700]},
                        "legend": None,
                    },
                    "order": {"field": "alerts", "sort": "descending"},
                },
            },
            *(
                {
                    "data": {"values": [row for row in rows if row["label"] and is_right(row) == at_left]},
                    "mark": {
                        "type": "text",
                        "align": "right" if at_left else "left",
                        "baseline": "bottom",
                        "dx": 12 if at_left else -12,
                        "dy": -16,
                        "fontWeight": "bold",
                    },
                    "encoding": {"x": x, "y": y, "text": {"field": "label"}},
                }
                for at_left in (False, True)
            ),
        ],
    }


def tiled(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Tiles of code, region, value, said, is_outage; rows and columns in the order given."""
    codes = list(dict.fromkeys(row["code"] for row in rows))
    regions = list(dict.fromkeys(row["region"] for row in rows))
    x = {
        "field": "region",
        "type": "nominal",
        "sort": regions,
        "axis": {
            "title": None,
            "orient": "top",
            "labelAngle": 0,
            "labelFontSize": 12,
            "domain": False,
            "ticks": False,
        },
    }
    y = {"field": "code", "type": "nominal", "sort": codes, "axis": {**_NAMES, "labelLimit": 330}}
    values = [row["value"] for row in rows if row["value"] > 0]
    least, most = min(values), max(values)
    scale = {
        "type": "log",
        "domain": [least, most if most > least else least * 10],
        "range": _TILES,
        "interpolate": "rgb",
    }
    # White upon the darker half.
    middle = (least * most) ** 0.5
    text = {"condition": {"test": f"datum.value > {middle!r}", "value": "white"}, "value": INK}
    return {
        "width": {"step": max(96, 500 // len(regions))},
        "height": {"step": 34},
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "data": {"values": [row for row in rows if row["value"] > 0]},
                "mark": {"type": "rect", "width": {"band": 0.94}, "height": {"band": 0.88}},
                "encoding": {
                    "color": {"field": "value", "type": "quantitative", "scale": scale, "legend": None}
                },
            },
            {
                "data": {"values": [row for row in rows if row["is_outage"]]},
                "mark": {
                    "type": "rect",
                    "filled": False,
                    "stroke": INK,
                    "strokeWidth": 1.6,
                    "width": {"band": 0.94},
                    "height": {"band": 0.88},
                },
            },
            {
                "data": {"values": list(rows)},
                "mark": {"type": "text", "fontSize": 12},
                "encoding": {"text": {"field": "said"}, "color": text},
            },
        ],
    }


def _decades(least: float, most: float) -> list[float]:
    """Powers of ten from least to most; 1, 2 and 5 of each where there are few."""
    scale = 1_000_000
    steps = [step / scale for step in round_numbers(max(1, int(least * scale) + 1), int(most * scale), 100)]
    tens = [step for step in steps if f"{step:e}".startswith("1.0")]
    return tens if len(tens) >= 3 else steps  # noqa: PLR2004 - as few as an axis can be read by
