"""The pictures of a simulation of Service Requests. A control has one colour and one shape in all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tidegate.formats import charts
from tidegate.formats.picture import Picture
from tidegate.reports.numerals import length, percent, thousands
from tidegate.reports.requests_simulated import (
    BACKLOG_STEP,
    Control,
    ControlOutcome,
    RequestsSimulated,
    StreamOutcome,
)
from tidegate.reports.requests_simulated_words import (
    backlog_in_words,
    capacity_in_words,
    entitlement_in_words,
    goodput_in_words,
    watched_in_words,
)
from tidegate.vocabulary.instants import SECOND, format_instant

PICTURES: Final = ("backlog", "done", "share-of-allocation", "answered", "capacity")
"""Their names."""

_COLOURS: Final = {
    Control.NONE: "#8a939c",
    Control.FIRST_COME: "#E69F00",
    Control.HARD_CAPS: "#CC79A7",
    Control.AS_WRITTEN: "#D55E00",
    Control.TIDEGATE: "#0072B2",
}
_SHAPES: Final = {
    Control.NONE: "cross",
    Control.FIRST_COME: "square",
    Control.HARD_CAPS: "diamond",
    Control.AS_WRITTEN: "triangle-up",
    Control.TIDEGATE: "circle",
}
_DASHES: Final = {
    Control.NONE: [2, 3],
    Control.FIRST_COME: [6, 3],
    Control.HARD_CAPS: [1, 2],
    Control.AS_WRITTEN: [8, 3, 2, 3],
    Control.TIDEGATE: [1, 0],
}
_FATES: Final = ("Done", "Waiting at the end", "Stranded half way", "Given up, nothing done")
_FATE_COLOURS: Final = ["#0072B2", "#E69F00", "#1b1f24", "#D55E00"]
_WIDTH: Final = 820
_MOST_POINTS: Final = 180


def requests_pictures(found: RequestsSimulated) -> list[Picture]:
    """Every picture that shows something."""
    return list(_pictures(found))


def _pictures(found: RequestsSimulated) -> Iterator[Picture]:
    yield _backlog(found)
    yield _done(found)
    if any(user.entitled for it in found.compared for user in it.users):
        yield _shares(found)
    yield _answered(found)
    if found.of_capacities:
        yield _capacity(found)


def _backlog(found: RequestsSimulated) -> Picture:
    rows = _by_time(found, lambda it: list(it.backlog))
    return Picture(
        PICTURES[0],
        backlog_in_words(found),
        "Tasks that were due and neither done nor given up, one line for each control. Grey: the DCC System is out. "
        "The dashed rule: from here on nothing more goes wrong.",
        charts.svg(PICTURES[0], _over_time(found, rows, "Tasks waiting", [])),
        ("at", "control", "tasks_waiting"),
        tuple((format_instant(int(row["at"] * 1_000)), row["control"], row["value"]) for row in rows),
    )


def _answered(found: RequestsSimulated) -> Picture:
    rule = found.compared[0]
    seconds = BACKLOG_STEP / SECOND
    rows = _by_time(found, lambda it: [each / seconds for each in it.answered])
    lines = [
        {"value": count * SECOND / found.period_us, "said": said}
        for count, said in ((rule.maximum, "maximum"), (rule.threshold, "operating threshold"))
    ]
    return Picture(
        PICTURES[3],
        goodput_in_words(found),
        "Requests a second that were answered while their User still waited. The rules: the maximum system capacity and the "
        "operating threshold.",
        charts.svg(PICTURES[3], _over_time(found, rows, "Answered a second", lines)),
        ("at", "control", "answered_per_second"),
        tuple((format_instant(int(row["at"] * 1_000)), row["control"], row["value"]) for row in rows),
    )


def _done(found: RequestsSimulated) -> Picture:
    rows: list[dict[str, Any]] = []
    labels: list[dict[str, Any]] = []
    for it in found.compared:
        stream = it.stream(found.watches)
        for order, (fate, count) in enumerate(zip(_FATES, _fates(stream), strict=True)):
            rows.append({"control": it.name, "fate": fate, "order": order, "value": count})
        labels.append(
            {
                "control": it.name,
                "value": stream.tally.due,
                "said": f"{percent(stream.tally.done, stream.tally.due)} done",
            }
        )
    return Picture(
        PICTURES[1],
        watched_in_words(found),
        f"What became of the {thousands(found.compared[0].stream(found.watches).tally.due)} {found.watches} under each "
        "control.",
        charts.svg(PICTURES[1], _stacked(found, rows, labels)),
        ("control", "fate", "tasks"),
        tuple((row["control"], row["fate"], row["value"]) for row in rows),
    )


def _shares(found: RequestsSimulated) -> Picture:
    rows: list[dict[str, Any]] = [
        {
            "user": user.user,
            "control": it.name,
            "value": user.share_of_entitlement,
            "entitled": user.entitled,
            "got": user.got,
        }
        for it in found.compared
        for user in it.users
        if user.share_of_entitlement is not None
    ]
    return Picture(
        PICTURES[2],
        entitlement_in_words(found),
        "Of what each User had to ask within its own allocation, while more was sent than the operating threshold "
        "allows, the share answered in time. At the right: all it was entitled to.",
        charts.svg(PICTURES[2], _dots(found, rows)),
        ("user", "control", "entitled", "answered"),
        tuple((row["user"], row["control"], row["entitled"], row["got"]) for row in rows),
    )


def _capacity(found: RequestsSimulated) -> Picture:
    rows: list[dict[str, Any]] = [
        {
            "capacity": float(it.capacity),
            "control": it.name.partition(",")[0],
            "value": tally.done / tally.due if tally.due else 1.0,
            "done": tally.done,
            "due": tally.due,
            "said": "" if tally.median_us is None else f"half within {length(tally.median_us)}",
            "is_rule": it.control is Control.TIDEGATE,
        }
        for it in found.of_capacities
        for tally in [it.stream(found.watches).tally]
    ]
    return Picture(
        PICTURES[4],
        capacity_in_words(found),
        f"Share of the {found.watches} done by the end, for each size of the system; beside each mark how long half of those "
        "that were done took.",
        charts.svg(PICTURES[4], _by_capacity(rows)),
        ("capacity", "control", "done", "due", "half_done_within"),
        tuple((r["capacity"], r["control"], r["done"], r["due"], r["said"]) for r in rows),
    )


def _fates(stream: StreamOutcome) -> tuple[int, int, int, int]:
    tally = stream.tally
    return tally.done, tally.waiting, tally.stranded, tally.lost


def _by_time(found: RequestsSimulated, values: Any) -> list[dict[str, Any]]:
    """Rows of a series of each control; of a long run some steps together."""
    rows = []
    for it in found.compared:
        series = values(it)
        every = -(-len(series) // _MOST_POINTS)
        for first in range(0, len(series), every):
            part = series[first : first + every]
            rows.append(
                {
                    "at": (found.starts_at + first * BACKLOG_STEP) / 1_000,
                    "control": it.name,
                    "value": round(sum(part) / len(part), 2),
                }
            )
    return rows


def _over_time(
    found: RequestsSimulated, rows: Sequence[dict[str, Any]], title: str, levels: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    domain = [found.starts_at / 1_000, (found.starts_at + found.length_us) / 1_000]
    x = charts.time_axis("at", domain)
    x["axis"] = {**x["axis"], "title": "UTC"}
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"zero": True},
        "axis": {**charts.COUNT_AXIS, "title": title},
    }
    out = [{"at": since / 1_000, "until": until / 1_000} for since, until in found.outages]
    settled = [{"at": found.settled_at / 1_000}] if found.settled_at > found.starts_at else []
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": out},
            "mark": {"type": "rect", "color": "#e9edf0"},
            "encoding": {"x": x, "x2": {"field": "until"}},
        },
        {
            "data": {"values": settled},
            "mark": {"type": "rule", "strokeDash": [4, 4], "color": "#8a939c"},
            "encoding": {"x": x},
        },
        {
            "data": {"values": list(levels)},
            "mark": {"type": "rule", "color": "#1b1f24", "strokeWidth": 0.8},
            "encoding": {"y": y},
        },
        {
            "data": {"values": list(levels)},
            "mark": {"type": "text", "align": "right", "dy": -5},
            "encoding": {"y": y, "x": {"value": _WIDTH}, "text": {"field": "said"}},
        },
        {
            "data": {"values": list(rows)},
            "mark": {"type": "line", "strokeWidth": 2},
            "encoding": {
                "x": x,
                "y": y,
                "color": _colour(found.compared),
                "strokeDash": _scale(found.compared, _DASHES),
            },
        },
    ]
    kept = [layer for layer in layers if layer["data"]["values"]]
    return {"width": _WIDTH, "height": 240, "layer": kept}


def _stacked(
    found: RequestsSimulated, rows: Sequence[dict[str, Any]], labels: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    y = _row_axis("control", [it.name for it in found.compared])
    x = {
        "field": "value",
        "type": "quantitative",
        "stack": "zero",
        "axis": {**charts.COUNT_AXIS, "title": found.watches[0].upper() + found.watches[1:]},
    }
    return {
        "width": _WIDTH - 260,
        "height": {"step": 30},
        "layer": [
            {
                "data": {"values": list(rows)},
                "mark": {"type": "bar", "height": 19},
                "encoding": {
                    "y": y,
                    "x": x,
                    "color": {
                        "field": "fate",
                        "type": "nominal",
                        "scale": {"domain": list(_FATES), "range": _FATE_COLOURS},
                    },
                    "order": {"field": "order", "type": "quantitative"},
                },
            },
            {
                "data": {"values": list(labels)},
                "mark": {"type": "text", "align": "left", "dx": 6},
                "encoding": {
                    "y": y,
                    "x": {"field": "value", "type": "quantitative"},
                    "text": {"field": "said"},
                },
            },
        ],
    }


def _dots(found: RequestsSimulated, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    users = list(dict.fromkeys(row["user"] for row in rows))
    return {
        "width": _WIDTH - 160,
        "height": {"step": 46, "for": "position"},
        "data": {"values": list(rows)},
        "mark": {"type": "point", "filled": True, "size": 75, "opacity": 1},
        "encoding": {
            "y": _row_axis("user", users),
            "yOffset": {"field": "control", "type": "nominal", "sort": [it.name for it in found.compared]},
            "x": {
                "field": "value",
                "type": "quantitative",
                "scale": {"domain": [0, 1]},
                "axis": {"title": "Answered of its entitlement", "format": "~%", "tickCount": 5},
            },
            "color": _colour(found.compared),
            "shape": _scale(found.compared, _SHAPES),
        },
    }


def _by_capacity(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    controls = [Control.NONE, Control.TIDEGATE]
    names = list(dict.fromkeys(row["control"] for row in rows))
    x = {
        "field": "capacity",
        "type": "ordinal",
        "axis": {"title": "Times the capacity", "labelAngle": 0, "grid": False},
    }
    y = {
        "field": "value",
        "type": "quantitative",
        "scale": {"domain": [0, 1.05], "nice": False},
        "axis": {"title": "Done by the end", "format": "~%", "values": [0, 0.25, 0.5, 0.75, 1]},
    }

    def of(kinds: Any) -> dict[str, Any]:
        scale = {"domain": names, "range": [kinds[control] for control in controls]}
        return {"field": "control", "type": "nominal", "scale": scale}

    def words(dy: int, *, is_rule: bool) -> dict[str, Any]:
        """The rule's above its mark, the others' below: marks of both may lie on one another."""
        return {
            "transform": [{"filter": {"field": "is_rule", "equal": is_rule}}],
            "mark": {"type": "text", "align": "left", "dx": 8, "dy": dy},
            "encoding": {"x": x, "y": y, "text": {"field": "said"}},
        }

    return {
        "width": _WIDTH - 200,
        "height": 240,
        "data": {"values": list(rows)},
        "layer": [
            {
                "mark": {"type": "point", "filled": True, "size": 90, "opacity": 1},
                "encoding": {"x": x, "y": y, "color": of(_COLOURS), "shape": of(_SHAPES)},
            },
            words(-7, is_rule=True),
            words(11, is_rule=False),
        ],
    }


def _row_axis(field: str, rows: Sequence[str]) -> dict[str, Any]:
    return {
        "field": field,
        "type": "nominal",
        "sort": list(rows),
        "scale": {"paddingInner": 0.3},
        "axis": {"title": None, "labelLimit": 300, "domain": False, "ticks": False, "labelPadding": 6},
    }


def _colour(outcomes: Sequence[ControlOutcome]) -> dict[str, Any]:
    return _scale(outcomes, _COLOURS)


def _scale(outcomes: Sequence[ControlOutcome], of: Any) -> dict[str, Any]:
    names = [it.name for it in outcomes]
    return {
        "field": "control",
        "type": "nominal",
        "scale": {"domain": names, "range": [of[it.control] for it in outcomes]},
    }
