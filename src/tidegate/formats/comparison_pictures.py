"""The pictures of a comparison: by code, by recipient, and by the day. A policy has one colour and one shape in all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tidegate.formats import charts
from tidegate.formats.picture import Picture
from tidegate.reports.compared import Compared, Outcome
from tidegate.reports.compared_findings import a_day, difference_in_words
from tidegate.reports.numerals import percent, thousands
from tidegate.reports.replayed import Totals
from tidegate.reports.verdict import short_name
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, name_of
from tidegate.vocabulary.instants import DAY, format_instant

PICTURES: Final = ("comparison-codes", "comparison-recipients", "comparison-days")
"""Their names."""

MOST_CODES: Final = 12
MOST_RECIPIENTS: Final = 10
FEWEST_DAYS: Final = 3
"""Days from which a picture by the day shows something."""

_COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#1b1f24"]
_SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "stroke"]
_WIDTH = 560
_LONGEST_NAME = 34


def comparison_pictures(compared: Compared) -> list[Picture]:
    """Every picture that shows something."""
    if not compared.decided:
        return []
    made = [_codes(compared), _recipients(compared)]
    if len(compared.first.days) >= FEWEST_DAYS:
        made.append(_days(compared))
    return made


def codes_shown(compared: Compared) -> list[AlertCode]:
    """Codes that any policy holds back, the one with most first; the busiest where there is none."""
    held = {
        code: max(outcome.replayed.by_code[code].throttled for outcome in compared.outcomes)
        for code in compared.codes
    }
    ranked = sorted((code for code in held if held[code]), key=lambda code: (-held[code], code))
    return (ranked or compared.codes)[:MOST_CODES]


def _codes(compared: Compared) -> Picture:
    codes = codes_shown(compared)
    rows, labels = [], []
    for code in codes:
        received = compared.log.by_code[code].received
        name = f"{format_alert_code(code)}  {_clipped(short_name(name_of(code)))}"
        labels.append({"row": name, "said": f"of {thousands(received)}"})
        for outcome in compared.outcomes:
            delivered = _delivered(outcome.replayed.by_code[code])
            rows.append({"row": name, "policy": outcome.name, "value": delivered / received})
    held = any(outcome.replayed.throttled for outcome in compared.outcomes)
    return Picture(
        PICTURES[0],
        _title(compared) if held else "No policy holds back any Alert of any code",
        "Of each Alert Code the share that would be delivered, a mark for each policy; at the right how many were "
        "received. "
        + (
            f"Codes of which any policy holds back some, at most {MOST_CODES}."
            if held
            else "The busiest codes."
        ),
        charts.svg(PICTURES[0], _dots(compared, rows, labels)),
        ("alert code", "name", "policy", "received", "delivered", "held back"),
        tuple(
            (format_alert_code(code), name_of(code), outcome.name, t.received, _delivered(t), t.throttled)
            for code in codes
            for outcome in compared.outcomes
            for t in [outcome.replayed.by_code[code]]
        ),
    )


def _recipients(compared: Compared) -> Picture:
    names = compared.recipients[:MOST_RECIPIENTS]
    rows = [
        {
            "row": name or "not known",
            "policy": outcome.name,
            "value": _delivered(outcome.replayed.by_recipient[name]),
        }
        for name in names
        for outcome in compared.outcomes
    ]
    return Picture(
        PICTURES[1],
        _title_of_recipients(compared),
        "Alerts that each recipient would receive over the log, a bar for each policy; the outline is what was raised "
        f"for it. The {len(names)} with most Alerts of {len(compared.recipients)}.",
        charts.svg(PICTURES[1], _bars(compared, rows, [name or "not known" for name in names])),
        ("recipient", "policy", "received", "delivered", "held back"),
        tuple(
            (name or "not known", outcome.name, t.received, _delivered(t), t.throttled)
            for name in names
            for outcome in compared.outcomes
            for t in [outcome.replayed.by_recipient[name]]
        ),
    )


def _days(compared: Compared) -> Picture:
    rows = [
        {"policy": outcome.name, "day": (day + DAY / 2) / 1_000, "value": _delivered(totals)}
        for outcome in compared.outcomes
        for day, totals in outcome.days.items()
    ]
    least = min(compared.outcomes, key=lambda outcome: outcome.delivered)
    most = max(compared.outcomes, key=lambda outcome: outcome.delivered)
    if least.delivered == most.delivered:
        title = f"Every policy would deliver the same: {a_day(compared, most.delivered)}"
    else:
        title = (
            f"{least.name} would deliver {a_day(compared, least.delivered)}, "
            f"{most.name} {a_day(compared, most.delivered)}"
        )
    return Picture(
        PICTURES[2],
        title,
        "Alerts that would be delivered on each day of UTC, a line for each policy; the grey area is what was received.",
        charts.svg(PICTURES[2], _lines(compared, rows)),
        ("day", "policy", "received", "delivered", "held back"),
        tuple(
            (format_instant(day)[:10], outcome.name, t.received, _delivered(t), t.throttled)
            for outcome in compared.outcomes
            for day, t in outcome.days.items()
        ),
    )


def _title(compared: Compared) -> str:
    return difference_in_words(compared, _most_different(compared))


def _title_of_recipients(compared: Compared) -> str:
    other = _most_different(compared)
    names = compared.recipients_that_differ(other)
    if not names:
        return f"No recipient would notice whether {other.name} or {compared.first.name} is in force"
    mine = compared.first.replayed.by_recipient[names[0]]
    theirs = other.replayed.by_recipient[names[0]]
    fewer = theirs.throttled - mine.throttled
    name = names[0] or "The recipient not known"
    share = percent(abs(fewer), _delivered(mine)) if fewer > 0 else f"{thousands(-fewer)} in all"
    return (
        f"{name} would receive {a_day(compared, abs(fewer), 'fewer' if fewer > 0 else 'more')} under {other.name}, "
        f"{share} {'less' if fewer > 0 else 'more'}"
    )


def _most_different(compared: Compared) -> Outcome:
    held = compared.first.replayed.throttled
    return max(compared.others, key=lambda outcome: abs(outcome.replayed.throttled - held))


def _dots(
    compared: Compared, rows: Sequence[dict[str, Any]], labels: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    names = [outcome.name for outcome in compared.outcomes]
    y = _row_axis([label["row"] for label in labels])
    x = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 1]},
        "axis": {"title": "Delivered", "format": "~%", "tickCount": 5, "grid": True},
    }
    return {
        "width": _WIDTH,
        "height": {"step": max(26, 11 * len(names) + 6), "for": "position"},
        "layer": [
            {
                "data": {"values": list(rows)},
                "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
                "encoding": {
                    "y": y,
                    "yOffset": {"field": "policy", "type": "nominal", "sort": names},
                    "x": x,
                    "color": _colour(names),
                    "shape": _shape(names),
                },
            },
            {
                "data": {"values": [{**label, "value": 1} for label in labels]},
                "mark": {"type": "text", "align": "left", "dx": 10},
                "encoding": {"y": y, "x": x, "text": {"field": "said"}},
            },
        ],
    }


def _bars(compared: Compared, rows: Sequence[dict[str, Any]], recipients: Sequence[str]) -> dict[str, Any]:
    names = [outcome.name for outcome in compared.outcomes]
    y = _row_axis(recipients)
    x = {"field": "value", "type": "quantitative", "axis": {**charts.COUNT_AXIS, "title": "Alerts"}}
    raised = [
        {"row": name or "not known", "value": compared.log.by_recipient[name].received}
        for name in compared.recipients[:MOST_RECIPIENTS]
    ]
    return {
        "width": _WIDTH + 150,
        "height": {"step": max(22, 9 * len(names) + 8), "for": "position"},
        "layer": [
            {
                "data": {"values": raised},
                "mark": {"type": "bar", "color": "#e9edf0", "stroke": "#8a939c", "strokeWidth": 0.7},
                "encoding": {"y": y, "x": x},
            },
            {
                "data": {"values": list(rows)},
                "mark": {"type": "bar"},
                "encoding": {
                    "y": y,
                    "yOffset": {"field": "policy", "type": "nominal", "sort": names},
                    "x": x,
                    "color": _colour(names),
                },
            },
        ],
    }


def _lines(compared: Compared, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    names = [outcome.name for outcome in compared.outcomes]
    noons = sorted({row["day"] for row in rows})
    x = {
        "field": "day",
        "type": "temporal",
        "scale": {"type": "utc"},
        "axis": {
            "title": None,
            "grid": False,
            "format": "%a %d %b",
            "values": noons[:: -(-len(noons) // MOST_RECIPIENTS)],
        },
    }
    y = {"field": "value", "type": "quantitative", "axis": charts.COUNT_AXIS, "scale": {"zero": True}}
    received = [
        {"day": (day + DAY / 2) / 1_000, "value": totals.received}
        for day, totals in compared.first.days.items()
    ]
    return {
        "width": 820,
        "height": 220,
        "layer": [
            {
                "data": {"values": received},
                "mark": {"type": "area", "color": "#e9edf0"},
                "encoding": {"x": x, "y": y},
            },
            *(
                {
                    "data": {"values": [row for row in rows if row["policy"] == name]},
                    # Lines that lie on one another are all to be seen: the first is the widest.
                    "mark": {
                        "type": "line",
                        "strokeWidth": 1.5 + 2.5 * (len(names) - 1 - place),
                        "point": {"filled": True, "size": 40 + 60 * (len(names) - 1 - place), "opacity": 1},
                    },
                    "encoding": {"x": x, "y": y, "color": _colour(names), "shape": _shape(names)},
                }
                for place, name in enumerate(names)
            ),
        ],
    }


def _row_axis(rows: Sequence[str]) -> dict[str, Any]:
    return {
        "field": "row",
        "type": "nominal",
        "sort": list(rows),
        "scale": {"paddingInner": 0.25},
        "axis": {"title": None, "labelLimit": 300, "domain": False, "ticks": False, "labelPadding": 6},
    }


def _colour(names: Sequence[str]) -> dict[str, Any]:
    colours = [_COLOURS[at % len(_COLOURS)] for at in range(len(names))]
    return {"field": "policy", "type": "nominal", "scale": {"domain": list(names), "range": colours}}


def _shape(names: Sequence[str]) -> dict[str, Any]:
    shapes = [_SHAPES[at % len(_SHAPES)] for at in range(len(names))]
    return {"field": "policy", "type": "nominal", "scale": {"domain": list(names), "range": shapes}}


def _delivered(totals: Totals) -> int:
    return totals.forwarded + totals.excluded


def _clipped(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…"
