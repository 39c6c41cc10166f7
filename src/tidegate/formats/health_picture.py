"""Alarm health as a strip of small pictures, with the usual target as a band."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tidegate.formats import charts
from tidegate.formats.page import Table
from tidegate.formats.picture import Picture
from tidegate.reports.alarm_health import TARGETS, AlarmHealth, HealthSpell
from tidegate.reports.health_findings import line_in_words, share_in_words

NAME: Final = "alarm-health"

_WIDTH = 640
_HEIGHT = 62
_BAND = "#009E73"
_APART = 0.15
"""Of the height: two labels nearer than this would overlap."""


@dataclass(frozen=True, slots=True)
class _Strip:
    """One figure: its name, its number in a spell, how it is written, and its target."""

    key: str
    name: str
    of: Callable[[HealthSpell], float]
    is_share: bool = False


_STRIPS: Final = (
    _Strip("rate", "Alerts per hour", lambda spell: spell.received_an_hour),
    _Strip("in_flood", "Time in flood", lambda spell: spell.in_flood, is_share=True),
    _Strip("busiest", "From the ten busiest Devices", lambda spell: spell.busiest, is_share=True),
    _Strip("storming", "Devices in storms", lambda spell: spell.storming),
    _Strip("stale", "Storms of more than a day", lambda spell: spell.stale),
)

COLUMNS: Final = (
    "period",
    "hours",
    "alerts per hour",
    "delivered per hour",
    "time in flood",
    "from the ten busiest devices",
    "devices in storms",
    "storms of more than a day",
)


def health_picture(health: AlarmHealth) -> Picture | None:
    """The strip; None where there is but one day, or none: then the table says all."""
    if len(health.spells) < 2:  # noqa: PLR2004 - a line needs two points
        return None
    each = "month" if health.is_monthly else "day"
    return Picture(
        NAME,
        _title(health.spells, each),
        f"A point is a {each}; of Alerts per hour the whole line is received and the broken one delivered. The green "
        "band is the usual target of ISA-18.2 and IEC 62682, meant for one operator's console; the rate has none. "
        f"Flood: {line_in_words(health)}.",
        charts.svg(NAME, _chart(health.spells)),
        COLUMNS,
        tuple(_row(spell) for spell in health.spells),
    )


def health_table(health: AlarmHealth) -> Table:
    """The figures, for a page or a screen."""
    return Table(
        COLUMNS,
        [
            (*row[:2], round(row[2]), round(row[3]), share_in_words(row[4]), share_in_words(row[5]), *row[6:])
            for row in map(_row, health.spells)
        ],
        caption="Targets: "
        + "; ".join(
            f"{strip.name.lower()} {TARGETS[strip.key].words}" for strip in _STRIPS if strip.key in TARGETS
        )
        + ". They are the usual ones of ISA-18.2 and IEC 62682 for one operator's console.",
    )


def flood_table(health: AlarmHealth) -> Table:
    """Each recipient's line, and how it fared."""
    return Table(
        ("recipient", "line", "middle ten minutes", "busiest ten minutes", "time in flood"),
        [
            (it.recipient or "not known", it.line, it.middle, it.most, share_in_words(it.in_flood))
            for it in health.recipients
        ],
        heading="Floods by recipient",
        caption=f"Flood: {line_in_words(health)}.",
    )


def _row(spell: HealthSpell) -> tuple[str, float, float, float, float, float, float, int]:
    return (
        spell.label,
        round(spell.hours, 2),
        spell.received_an_hour,
        spell.delivered_an_hour,
        spell.in_flood,
        spell.busiest,
        spell.storming,
        spell.stale,
    )


def _title(spells: Sequence[HealthSpell], each: str) -> str:
    """Which of the targets were met how often."""
    met = {
        "time in flood": sum(spell.in_flood < TARGETS["in_flood"].most for spell in spells),
        "the ten busiest Devices": sum(spell.busiest <= TARGETS["busiest"].most for spell in spells),
        "long storms": sum(spell.stale < TARGETS["stale"].most for spell in spells),
    }
    if len(set(met.values())) == 1:
        days = next(iter(met.values()))
        how = "every" if days == len(spells) else "no" if days == 0 else f"{days} of {len(spells)}"
        plural = "s" if how not in {"every", "no"} else ""
        return (
            f"Time in flood, the ten busiest Devices and long storms were on target on {how} {each}{plural}"
        )
    parts = ", ".join(f"{name} on {days}" for name, days in met.items())
    return f"Of {len(spells)} {each}s on target: {parts}"


def _chart(spells: Sequence[HealthSpell]) -> dict[str, Any]:
    return {
        "spacing": 14,
        "resolve": {"scale": {"x": "shared", "y": "independent"}},
        "vconcat": [_strip(strip, spells, is_last=strip is _STRIPS[-1]) for strip in _STRIPS],
    }


def _strip(strip: _Strip, spells: Sequence[HealthSpell], *, is_last: bool) -> dict[str, Any]:
    numbers = [strip.of(spell) for spell in spells]
    values = [{"period": spell.label, "value": number} for spell, number in zip(spells, numbers, strict=True)]
    labels = [spell.label for spell in spells]
    target = TARGETS.get(strip.key)
    top = max(*numbers, 1.5 * target.most if target else 0.0)
    x = {
        "field": "period",
        "type": "ordinal",
        "scale": {"type": "point", "padding": 0.5, "domain": labels},
        "axis": {
            "title": None,
            "labelAngle": 0,
            "labelOverlap": True,
            "ticks": is_last,
            "labels": is_last,
            "domain": is_last,
            "grid": False,
        },
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, top or 1], "nice": True},
        "axis": {
            "title": None,
            "tickCount": 3,
            "labelExpr": "format(datum.value, '~%')" if strip.is_share else "format(datum.value, '~s')",
            "grid": True,
        },
    }
    layers: list[dict[str, Any]] = []
    if target is not None:
        layers.append(
            {
                "data": {"values": [{"low": 0, "high": target.most}]},
                "mark": {"type": "rect", "color": _BAND, "opacity": 0.22},
                "encoding": {
                    "y": {"field": "low", "type": "quantitative", "scale": y["scale"], "axis": y["axis"]},
                    "y2": {"field": "high"},
                },
            }
        )
    if strip.key == "rate":
        delivered: list[dict[str, Any]] = [
            {"period": spell.label, "value": spell.delivered_an_hour} for spell in spells
        ]
        layers.append(
            {
                "data": {"values": delivered},
                "mark": {"type": "line", "color": charts.BLUE, "strokeWidth": 1.6, "strokeDash": [5, 2]},
                "encoding": {"x": x, "y": y},
            }
        )
        if numbers[-1] - delivered[-1]["value"] > _APART * top:
            layers.append(_label({**delivered[-1], "said": "delivered"}, x, y))
    layers.append(
        {
            "data": {"values": values},
            "mark": {
                "type": "line",
                "color": charts.INK,
                "strokeWidth": 1.6,
                "point": {"color": charts.INK, "size": 22},
            },
            "encoding": {"x": x, "y": y},
        }
    )
    layers.append(_label({**values[-1], "said": _said(strip, numbers[-1])}, x, y))
    return {
        "width": _WIDTH,
        "height": _HEIGHT,
        "title": {
            "text": strip.name,
            "anchor": "start",
            "frame": "group",
            "fontSize": 12,
            "fontWeight": "bold",
            "offset": 6,
        },
        "layer": layers,
    }


def _label(value: dict[str, Any], x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {"values": [value]},
        "mark": {"type": "text", "align": "left", "dx": 8, "fontWeight": "bold"},
        "encoding": {"x": x, "y": y, "text": {"field": "said"}},
    }


def _said(strip: _Strip, value: float) -> str:
    if strip.is_share:
        return share_in_words(value)
    return f"{value:,.0f}" if value == round(value) or value >= 10 else f"{value:.1f}"  # noqa: PLR2004 - three figures
