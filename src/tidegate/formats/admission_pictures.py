"""Pictures of Service Requests that were decided: shares over time, refusals by class, and who used the spare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np

from tidegate.formats import charts
from tidegate.formats.picture import Picture
from tidegate.reports.admitted import Admitted, UserAdmitted
from tidegate.reports.admitted_words import own_in_words, users_first
from tidegate.reports.numerals import many, percent, thousands
from tidegate.vocabulary.instants import Instant, format_duration, format_instant
from tidegate.vocabulary.service_request_classes import ServiceRequestClass

MOST_STRIPS: Final = 8
_MOST_BARS: Final = 14
_WIDTH: Final = 820
_STRIP: Final = 44
_TOP: Final = 200
"""Per cent of its own allocation at which a strip ends: what is above is over it, however far."""

_COLOURS: Final = {
    ServiceRequestClass.INSTALL: charts.VERMILLION,
    ServiceRequestClass.PREPAYMENT: "#E69F00",
    ServiceRequestClass.SUPPLY: "#CC79A7",
    ServiceRequestClass.READINGS: charts.BLUE,
    ServiceRequestClass.TARIFF: charts.SKY,
    ServiceRequestClass.DEVICE: "#009E73",
    ServiceRequestClass.FIRMWARE: "#F0E442",
    ServiceRequestClass.ESTATE: "#8a939c",
}


def admission_pictures(found: Admitted) -> Iterator[Picture]:
    """Every picture that shows something."""
    if not found.totals.received:
        return
    if any(user.allocation and user.most_used for user in found.users):
        yield _shares(found)
    if found.totals.throttled:
        yield _refusals(found)
    if any(user.spare_used for user in found.users):
        yield _spare(found)


def own_use(found: Admitted, user: UserAdmitted) -> Picture:
    """One User's use of its own allocation over time, and of no other."""
    told = f"refused {thousands(user.totals.throttled)}" if user.totals.throttled else "refused nothing"
    title = f"{user.user} used up to {own_in_words(user)} of its allocation, and was {told}"
    return _strips_of(found, [user], title, "")


def _shares(found: Admitted) -> Picture:
    with_allocation = [user for user in users_first(found) if user.allocation]
    shown = with_allocation[:MOST_STRIPS]
    left = len(with_allocation) - len(shown)
    rest = f" {many(left, 'User')} with fewer refusals not shown." if left > 0 else ""
    return _strips_of(found, shown, _shares_title(found, shown), rest)


def _strips_of(found: Admitted, shown: Sequence[UserAdmitted], title: str, rest: str) -> Picture:
    time = found.over_time
    number = {name: at for at, name in enumerate(time.users)}
    rows = [
        (
            user,
            int(start),
            int(time.most_used[at, number[user.user]]),
            int(time.throttled[at, number[user.user]]),
        )
        for user in shown
        for at, start in enumerate(time.starts.tolist())
        if time.most_used[at, number[user.user]] or time.throttled[at, number[user.user]]
    ]
    values = [
        {
            "user": user.user,
            "start": _ms(start),
            "end": _ms(start + time.width_us),
            "share": min(_TOP, 100 * used / user.allocation),
            "kind": "refused some" if throttled else "refused none",
        }
        for user, start, used, throttled in rows
    ]
    return Picture(
        "share-of-allocation",
        title,
        f"The busiest {_period(found)} of each {format_duration(time.width_us)}, in per cent of the User's own allocation; "
        f"lines at 80 % and 100 %, cut off at {_TOP} %. Red where it was refused something.{rest}",
        charts.svg("share-of-allocation", _strips(values, [user.user for user in shown], found)),
        ("user", "from_utc", "most_used_in_a_period", "allocation", "throttled"),
        tuple(
            (user.user, format_instant(at), used, user.allocation, refused)
            for user, at, used, refused in rows
        ),
    )


def _shares_title(found: Admitted, shown: Sequence[UserAdmitted]) -> str:
    over = [user for user in shown if user.totals.throttled]
    with_allocation = sum(user.allocation > 0 and user.totals.received > 0 for user in found.users)
    if not over:
        return f"None of {many(with_allocation, 'User')} with an allocation was refused anything"
    refused = sum(user.allocation > 0 and user.totals.throttled > 0 for user in found.users)
    worst = over[0]
    rest = with_allocation - refused
    told = f"{worst.user} used up to {own_in_words(worst)} of its allocation before it was refused more"
    if with_allocation == 1:
        return told
    if not rest:
        return f"{told}; each of the {with_allocation} Users was refused something"
    return (
        f"{told}; {many(rest, 'User')} of {with_allocation} {'was' if rest == 1 else 'were'} refused nothing"
    )


def _strips(values: Sequence[Mapping[str, Any]], users: Sequence[str], found: Admitted) -> dict[str, Any]:
    time = found.over_time
    domain = [_ms(int(time.starts[0])), _ms(int(time.starts[-1]) + time.width_us)]
    panels = []
    for place, user in enumerate(users):
        x = charts.time_axis("start", domain)
        if place < len(users) - 1:
            x = {**x, "axis": {**x["axis"], "labels": False, "title": None, "ticks": False}}
        y = {
            "field": "share",
            "type": "quantitative",
            "scale": {"domain": [0, _TOP]},
            "axis": {"title": None, "values": [0, 100, _TOP], "grid": False, "format": "d"},
        }
        panels.append(
            {
                "title": {
                    "text": user,
                    "fontSize": 12,
                    "fontWeight": "normal",
                    "anchor": "start",
                    "offset": 2,
                },
                "width": _WIDTH,
                "height": _STRIP,
                "layer": [
                    {
                        "data": {"values": [each for each in values if each["user"] == user]},
                        "mark": {"type": "rect"},
                        "encoding": {
                            "x": x,
                            "x2": {"field": "end"},
                            "y": y,
                            "y2": {"datum": 0},
                            "color": {
                                "field": "kind",
                                "type": "nominal",
                                "scale": {
                                    "domain": ["refused none", "refused some"],
                                    "range": [charts.SKY, charts.VERMILLION],
                                },
                            },
                        },
                    },
                    *(
                        {
                            "data": {"values": [{"share": line}]},
                            "mark": {
                                "type": "rule",
                                "color": charts.INK,
                                "strokeDash": dash,
                                "strokeWidth": 0.8,
                            },
                            "encoding": {"y": {"field": "share", "type": "quantitative"}},
                        }
                        for line, dash in ((80, [2, 3]), (100, [1, 0]))
                    ),
                ],
            }
        )
    return {"vconcat": panels, "spacing": 8}


def _refusals(found: Admitted) -> Picture:
    time = found.over_time
    classes = list(ServiceRequestClass)
    values, rows = [], []
    for at, start in enumerate(time.starts.tolist()):
        base = 0
        for place, of in enumerate(classes):
            count = int(time.class_throttled[at, place])
            if not count:
                continue
            values.append(
                {
                    "start": _ms(start),
                    "end": _ms(start + time.width_us),
                    "class": of.value,
                    "base": base,
                    "top": base + count,
                }
            )
            rows.append((format_instant(start), of.value, count, int(time.class_used[at, place])))
            base += count
    shown = [of for of in classes if found.by_class.get(of) and found.by_class[of].throttled]
    most = max(shown, key=lambda of: found.by_class[of].throttled)
    prioritised = sum(
        totals.throttled for srv, totals in found.by_srv.items() if srv in found.rules.prioritised
    )
    share = percent(found.by_class[most].throttled, found.totals.throttled)
    spared = (
        "nothing on the Prioritised Service Requests List was refused"
        if not prioritised
        else f"{thousands(prioritised)} on the Prioritised Service Requests List were refused too"
    )
    return Picture(
        "refusals-by-class",
        f"{share} of the refusals are of {most.value}; {spared}",
        f"503s in each {format_duration(time.width_us)}, by what the request was for.",
        charts.svg("refusals-by-class", _stacked(values, shown)),
        ("from_utc", "class", "throttled", "admitted"),
        tuple(rows),
    )


def _stacked(values: Sequence[Mapping[str, Any]], classes: Sequence[ServiceRequestClass]) -> dict[str, Any]:
    return {
        "width": _WIDTH,
        "height": _TOP,
        "data": {"values": list(values)},
        "mark": {"type": "rect"},
        "encoding": {
            "x": charts.time_axis("start"),
            "x2": {"field": "end"},
            "y": {
                "field": "base",
                "type": "quantitative",
                "axis": {**charts.COUNT_AXIS, "title": "503s"},
            },
            "y2": {"field": "top"},
            "color": {
                "field": "class",
                "type": "nominal",
                "scale": {
                    "domain": [of.value for of in classes],
                    "range": [_COLOURS[of] for of in classes],
                },
                "legend": {"columns": 4},
            },
        },
    }


def _spare(found: Admitted) -> Picture:
    users = sorted((user for user in found.users if user.spare_used), key=lambda user: -user.spare_used)
    spare = sum(user.spare_used for user in users)
    shown = users[:_MOST_BARS]
    rest = users[_MOST_BARS:]
    values = [
        {
            "user": user.user,
            "requests": user.spare_used,
            "said": f"{thousands(user.spare_used)} ({percent(user.spare_used, spare)})",
        }
        for user in shown
    ]
    if rest:
        others = sum(user.spare_used for user in rest)
        name = many(len(rest), "other User")
        values.append(
            {"user": name, "requests": others, "said": f"{thousands(others)} ({percent(others, spare)})"}
        )
    y = {
        "field": "user",
        "type": "nominal",
        "sort": [value["user"] for value in values],
        "axis": {"title": None, "labelLimit": 240, "domain": False, "ticks": False, "labelPadding": 6},
    }
    drawn = {
        "width": _WIDTH - 330,
        "height": {"step": 22},
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "bar", "height": 15, "color": charts.BLUE},
                "encoding": {
                    "y": y,
                    "x": {
                        "field": "requests",
                        "type": "quantitative",
                        "axis": {**charts.COUNT_AXIS, "title": "Requests beyond the User's allocation"},
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5},
                "encoding": {
                    "y": y,
                    "x": {"field": "requests", "type": "quantitative"},
                    "text": {"field": "said"},
                },
            },
        ],
    }
    worst = users[0]
    return Picture(
        "use-of-the-spare",
        f"{worst.user} used {percent(worst.spare_used, spare)} of what others left",
        "Requests admitted beyond the User's own allocation: of its others, no more than that are in any period.",
        charts.svg("use-of-the-spare", drawn),
        ("user", "allocation", "beyond_allocation", "admitted"),
        tuple((user.user, user.allocation, user.spare_used, user.totals.used) for user in users),
    )


def _period(found: Admitted) -> str:
    written = format_duration(found.rules.period_us)
    return "second" if written == "1s" else f"period of {written}"


def _ms(at: Instant | np.integer[Any]) -> float:
    return int(at) / 1_000
