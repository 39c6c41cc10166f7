"""Pictures of a Post Commissioning report: the waterfall, what is wrong, who and where, by month, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from tidegate.formats import charts
from tidegate.formats.commissioning_charts import (
    DARK,
    GREY,
    ORANGE,
    dumbbells,
    lying,
    stacked,
    trend,
)
from tidegate.formats.picture import Picture
from tidegate.reports.commissioning_ageing import OPEN, ages
from tidegate.reports.commissioning_findings import (
    NOUNS,
    ages_title,
    compared,
    points,
    rates_title,
    trend_title,
    waterfall_title,
    wrong_title,
)
from tidegate.reports.commissioning_rates import Rate, interval, rates
from tidegate.reports.commissioning_status import Change, CommissioningStatus
from tidegate.reports.commissioning_waterfall import Stride, Waterfall, waterfall, what_is_wrong
from tidegate.reports.commissioning_words import CHANGES, NOT_KNOWN, VERDICTS, of_step
from tidegate.reports.numerals import many, percent, thousands

MOST_COMPARED: Final = 12
MOST_WRONG: Final = 10
FEWEST_MONTHS: Final = 2
"""Months from which a picture by the month shows something."""

_CALLED: Final = "called failed"
_TRUE: Final = "true failures"
_COLOURS: Final = {
    _CALLED: GREY,
    CHANGES[Change.CLEARED]: charts.BLUE,
    CHANGES[Change.WAITING]: charts.SKY,
    CHANGES[Change.UNTOLD]: ORANGE,
    CHANGES[Change.FOUND]: DARK,
    _TRUE: charts.VERMILLION,
}
"""What a bar of the waterfall is, and its colour."""

_MINUS: Final = "\N{MINUS SIGN}"
_RATE_COLUMNS: Final = (
    "devices", "failed_by_first", "rate_by_first_percent", "failed_by_last", "rate_by_last_percent",
    "low_percent", "high_percent", "not_failures", "missed",
)  # fmt: skip


def commissioning_pictures(
    status: CommissioningStatus, cni_limit: Fraction | None = None
) -> Iterator[Picture]:
    """Every picture that shows something.

    cni_limit:  A share of Devices that may be failed, as the user gave it; drawn by month.
    """
    if not status.devices:
        return
    if waterfall(status).strides:
        yield _waterfall(status)
    if status.true_failures:
        yield _wrong(status)
    for dimension in compared(status):
        found = rates(status, dimension)
        is_failed = any(it.first or it.last for it in found)
        if is_failed and sum(bool(it.value) for it in found) > 1:
            yield _compared(status, dimension, found)
    months = rates(status, "month")
    if sum(bool(it.value) for it in months) >= FEWEST_MONTHS:
        yield _trend(status, months, cni_limit)
    if len(ages(status)) > 1:
        yield _ages(status)


def _waterfall(status: CommissioningStatus) -> Picture:
    fall, whole = waterfall(status), status.devices
    first, last = status.criteria[0].name, status.criteria[-1].name

    def share(devices: int) -> float:
        return 100 * devices / whole

    rows: list[dict[str, Any]] = [_end(f"Failed by {first}", fall.first, whole, _CALLED)]
    rows += [
        {
            "name": _named(each),
            "said": f"{_signed(each, whole)} points, {many(each.devices, 'Device')}{_places(each)}",
            "bars": [(share(each.before), share(each.after), CHANGES[each.change])],
        }
        for each in fall.strides
    ]
    rows.append(_end(f"Failed by {last}", fall.last, whole, _TRUE))
    return Picture(
        "waterfall",
        waterfall_title(status),
        f"Read down: from the Devices that {first} calls failed to those that {last} does, a bar for each reason. What is "
        "blue is securely commissioned. A point is a hundredth of all Devices.",
        charts.svg("waterfall", lying(rows, _COLOURS, "Of all Devices", are_walked=True)),
        ("change", "reason", "devices", "points", "failed_before", "failed_after"),
        tuple(_walked(fall)),
    )


def _walked(fall: Waterfall) -> Iterator[tuple[str | int | float, ...]]:
    """A row for each step, with what is counted as failed before it and after."""
    for stride in fall.strides:
        at, direction = stride.before, 1 if stride.change is Change.FOUND else -1
        for step, devices in stride.steps:
            points_of_all = 100 * devices / fall.devices
            after = at + direction * devices
            yield CHANGES[stride.change], of_step(step), devices, points_of_all, at, after
            at = after


def _signed(stride: Stride, whole: int) -> str:
    told = points(stride.devices, whole)
    # What is less than a tenth has a sign of its own.
    return told if told.startswith("<") else f"{'+' if stride.change is Change.FOUND else _MINUS}{told}"


def _end(name: str, devices: int, whole: int, kind: str) -> dict[str, Any]:
    """A bar that begins at nothing: where the waterfall begins or ends."""
    said = f"{percent(devices, whole)}, {many(devices, 'Device')}"
    return {"name": name, "said": said, "bars": [(0, 100 * devices / whole, kind)]}


def _named(stride: Stride) -> str:
    change = CHANGES[stride.change]
    told = f"{change[0].upper()}{change[1:]}"
    if stride.change is Change.WAITING:
        return told
    reasons = len({step.reason for step, _ in stride.steps})
    return f"{told}: {stride.reason.text if stride.reason else many(reasons, 'smaller reason')}"


def _places(stride: Stride) -> str:
    """Of what it is: obligations and cells, or the reasons where they are pooled."""
    told = stride.places if stride.reason else [*dict.fromkeys(step.reason.text for step, _ in stride.steps)]
    return "" if not told else f" ({told[0]}{f' and {len(told) - 1} more' if len(told) > 1 else ''})"


def _wrong(status: CommissioningStatus) -> Picture:
    found = what_is_wrong(status)
    whole = status.true_failures
    has_two = len(status.criteria) > 1
    both = f"Failed by {' and '.join(dict.fromkeys((status.criteria[0].name, status.criteria[-1].name)))}"
    missed = f"Missed by {status.criteria[0].name}"
    shown = found[:MOST_WRONG]
    rest = found[MOST_WRONG:]
    parts = [(it.reason.text, it.place, it.confirmed, it.missed) for it in shown]
    if rest:
        sums = (sum(it.confirmed for it in rest), sum(it.missed for it in rest))
        parts.append((many(len(rest), "smaller reason"), "", *sums))
    rows = [
        {
            "name": name[0].upper() + name[1:],
            "said": f"{many(confirmed + lacking, 'Device')}, {percent(confirmed + lacking, whole)} "
            f"{f'({place})' if place else ''}",
            "bars": [
                (begin, end, kind)
                for begin, end, kind in (
                    (0, confirmed, both),
                    (confirmed, confirmed + lacking, missed),
                )
                if begin < end
            ],
        }
        for name, place, confirmed, lacking in parts
    ]
    dark = f" Dark: {status.criteria[0].name} does not say so." if has_two and status.missed_failures else ""
    drawn = lying(rows, {both: charts.VERMILLION, missed: DARK}, "Devices", are_walked=False)
    return Picture(
        "true-failures",
        wrong_title(status, found),
        f"The Devices that {status.criteria[-1].name} calls failed, each once, by what decided: a cell that was read before "
        f"what was sent.{dark}",
        charts.svg("true-failures", drawn),
        ("what", "reason", "devices", "failed_by_both", "missed"),
        tuple((it.place, it.reason.text, it.devices, it.confirmed, it.missed) for it in found),
    )


def _compared(status: CommissioningStatus, dimension: str, found: Sequence[Rate]) -> Picture:
    has_two = len(status.criteria) > 1
    shown = found[:MOST_COMPARED]
    rows = [
        {
            "value": it.value or NOT_KNOWN,
            "first": 100 * it.first / it.devices if has_two else None,
            "last": 100 * it.last / it.devices,
            "low": 100 * it.interval[0],
            "high": 100 * it.interval[1],
            "said": f"{percent(it.last, it.devices)} of {thousands(it.devices)}",
        }
        for it in shown
    ]
    names = _names(status)
    more = f" The {len(shown)} first of {thousands(len(found))}." if len(found) > len(shown) else ""
    grey = f"Grey: failed by {names['first']}. " if has_two else ""
    return Picture(
        f"by-{dimension.replace('_', '-')}",
        rates_title(status, dimension, found),
        f"{grey}Red: failed by {names['last']}, with the 95% interval of its rate; those surely highest first; the dotted line "
        f"is all Devices. What is half as high again as the others, and not by chance, stands out.{more}",
        charts.svg(f"by-{dimension}", dumbbells(rows, names, 100 * status.true_failures / status.devices)),
        (NOUNS[dimension].lower().replace(" ", "_"), *_RATE_COLUMNS),
        tuple(_rate_row(it) for it in found),
    )


def _trend(status: CommissioningStatus, found: Sequence[Rate], limit: Fraction | None) -> Picture:
    names = _names(status)
    known = [it for it in found if it.value]
    parts = ("first", "last") if len(status.criteria) > 1 else ("last",)
    rows = [
        {
            "month": it.value,
            "what": names[part],
            "share": 100 * failed / it.devices,
            "low": 100 * interval(failed, it.devices)[0],
            "high": 100 * interval(failed, it.devices)[1],
        }
        for it in known
        for part, failed in (("first", it.first), ("last", it.last))
        if part in parts
    ]
    left = sum(it.devices for it in found if not it.value)
    line = None if limit is None else (float(100 * limit), f"the limit you gave: {float(100 * limit):g}%")
    return Picture(
        "by-month",
        trend_title(status, known, limit),
        "Share failed of the Devices commissioned in each month, with its 95% interval."
        + (f" Of {many(left, 'Device')} the month is not known." if left else ""),
        charts.svg("by-month", trend(rows, names, line)),
        ("month", *_RATE_COLUMNS),
        tuple(_rate_row(it) for it in found),
    )


def _ages(status: CommissioningStatus) -> Picture:
    found = ages(status)
    kinds = {VERDICTS[OPEN[0]]: charts.VERMILLION, VERDICTS[OPEN[1]]: ORANGE, VERDICTS[OPEN[2]]: charts.SKY}
    rows = [
        {"at": age.text, "kind": VERDICTS[verdict], "order": place, "devices": devices}
        for age in found
        for place, (verdict, devices) in enumerate(zip(OPEN, age[1:], strict=True))
        if devices
    ]
    sums = [{"at": age.text, "devices": sum(age[1:]), "said": thousands(sum(age[1:]))} for age in found]
    return Picture(
        "months-open",
        ages_title(status),
        f"Devices that are not securely commissioned by {status.criteria[-1].name}, by whole months since their time began: "
        "since they were commissioned, or the Supplier changed.",
        charts.svg("months-open", stacked(rows, kinds, "Months open", sums)),
        ("months", "failed", "undetermined", "pending"),
        tuple((age.text, *age[1:]) for age in found),
    )


def _names(status: CommissioningStatus) -> dict[str, str]:
    return {
        "first": status.criteria[0].name,
        "last": status.criteria[-1].name,
    }


def _rate_row(it: Rate) -> tuple[str | int | float, ...]:
    low, high = it.interval
    return (
        it.value or NOT_KNOWN,
        it.devices,
        it.first,
        100 * it.first / it.devices,
        it.last,
        100 * it.last / it.devices,
        100 * low,
        100 * high,
        it.cleared,
        it.missed,
    )
