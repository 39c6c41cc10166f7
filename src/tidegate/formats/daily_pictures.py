"""The pictures of a daily report: each code by the day, with a line where the policy changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tidegate.formats import charts
from tidegate.formats.picture import Picture
from tidegate.reports.daily import ChangeOfCode, Daily
from tidegate.reports.daily_findings import change_of_code_in_words, code_in_words, main_change
from tidegate.reports.replayed import Totals
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.instants import DAY, Instant

PREFIX: Final = "daily-"
"""Every picture's name begins with it."""

_WIDTH = 820
_MOST_LABELS = 10


def daily_pictures(daily: Daily) -> list[Picture]:
    """A picture of each code that was received at all."""
    return [_by_day(daily, code) for code in daily.codes if any(row.received for row in daily.of_code(code))]


def _by_day(daily: Daily, code: AlertCode) -> Picture:
    rows = daily.of_code(code)
    changes = [change for change in daily.changes if change.alert_code == code]
    name = f"{PREFIX}{format_alert_code(code)}"
    bars = [
        {"start": _date(daily.days, row.begins), "end": _date(daily.days, row.begins) + DAY // 1_000, **part}
        for row in rows
        for part in _parts(row.totals)
    ]
    main = main_change(changes)
    title = change_of_code_in_words(main, daily.days) if main is not None else code_in_words(rows, daily.days)
    whose = "of UTC" if daily.days is Days.UTC else "of Europe/London"
    return Picture(
        name,
        title,
        f"Alerts received of {format_alert_code(code)}, a bar for each day {whose}. Their colour says what became of "
        "them; vermillion, on top, is what throttling took away."
        + (" A black line is where a policy took force or the change asked about lies." if changes else ""),
        charts.svg(name, _chart(bars, [_line(daily.days, change) for change in changes])),
        ("day", "received", "delivered", "held back", "devices", "devices in storms", "policy", "whole day"),
        tuple(
            (
                daily.days.date_of(row.begins),
                row.received,
                row.delivered,
                row.throttled,
                row.devices,
                row.devices_stormed,
                ", ".join(row.policies),
                "yes" if row.is_whole else "no",
            )
            for row in rows
        ),
    )


def _parts(totals: Totals) -> list[dict[str, Any]]:
    parts, base = [], 0
    for fate, alerts in zip(charts.FATES, (totals.forwarded, totals.excluded, totals.throttled), strict=True):
        if alerts:
            parts.append({"fate": fate, "base": base, "top": base + alerts})
            base += alerts
    return parts


def _line(days: Days, change: ChangeOfCode) -> dict[str, Any]:
    begins = days.begin_of(change.at)
    within = (change.at - begins) / (days.end_of(begins) - begins)
    return {"at": _date(days, begins) + within * DAY / 1_000, "said": change.after or "change"}


def _date(days: Days, begins: Instant) -> float:
    """A day's date as a place on an axis of UTC, in milliseconds: every day is as wide, one of 25 hours too."""
    return Days.UTC.begin_of(begins + (DAY // 2 if days is Days.LOCAL else 0)) / 1_000


def _chart(bars: Sequence[dict[str, Any]], lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    noons = sorted({bar["start"] + DAY / 2_000 for bar in bars})
    x_axis: dict[str, Any] = {"title": None, "grid": False, "format": "%a %d %b", "ticks": False}
    x_axis["values"] = noons[:: -(-len(noons) // _MOST_LABELS)]
    x = {"field": "start", "type": "temporal", "scale": {"type": "utc"}, "axis": x_axis}
    legend = {"offset": 24} if lines else {}
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": list(bars)},
            "mark": {"type": "rect", "stroke": "white", "strokeWidth": 1},
            "encoding": {
                "x": x,
                "x2": {"field": "end"},
                "y": {"field": "base", "type": "quantitative", "axis": charts.COUNT_AXIS},
                "y2": {"field": "top"},
                "color": {
                    "field": "fate",
                    "type": "nominal",
                    "scale": charts.FATE_SCALE,
                    "legend": legend,
                },
            },
        }
    ]
    if lines:
        at = {"field": "at", "type": "temporal", "scale": {"type": "utc"}}
        layers += [
            {
                "data": {"values": list(lines)},
                "mark": {"type": "rule", "color": charts.INK, "strokeWidth": 1.5},
                "encoding": {"x": at},
            },
            {
                "data": {"values": list(lines)},
                "mark": {
                    "type": "text",
                    "align": "left",
                    "baseline": "bottom",
                    "dx": 3,
                    "dy": -2,
                    "fontWeight": "bold",
                },
                "encoding": {"x": at, "y": {"value": 0}, "text": {"field": "said"}},
            },
        ]
    return {"width": _WIDTH, "height": 200, "layer": layers}
