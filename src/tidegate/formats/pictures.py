"""The pictures of a replay: each a finding, how to read it, and the data behind it.

    alerts-by-time   what was received, and what throttling would have held back
    alerts-by-code   the same by Alert Code
    storms           the worst streams by time, a dot where a storm started
    storm-lengths    how long storms lasted

A picture that would show nothing is left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from tidegate.formats import charts
from tidegate.formats.picture import Picture
from tidegate.reports.medians import median_of
from tidegate.reports.numerals import length, many, percent, thousands
from tidegate.reports.replayed import Replayed, Spells, Totals
from tidegate.reports.storm_streams import RUNNING, storm_streams
from tidegate.reports.verdict import CodeRow, hour_in_words, short_name
from tidegate.vocabulary.devices import parse_device_id
from tidegate.vocabulary.instants import DAY, HOUR, Duration, Instant, format_instant

MOST_BARS: Final = 180
"""Bars along the time axis: a week by the hour."""

MOST_CODES: Final = 12
MOST_STREAMS: Final = 20

_STEPS: Final = tuple(hours * HOUR for hours in (1, 2, 3, 6, 12, 24, 48, 168, 720))
_LENGTHS: Final = (
    ("under 1 h", HOUR),
    ("1 to 2 h", 2 * HOUR),
    ("2 to 6 h", 6 * HOUR),
    ("6 to 24 h", DAY),
    ("1 to 3 days", 3 * DAY),
    ("3 to 7 days", 7 * DAY),
    ("7 days or more", 2**62),
)


def pictures(replayed: Replayed, table: Sequence[CodeRow], storms: Spells) -> list[Picture]:
    """Every picture that shows something; `table` and `storms` are those of the replay, made once by the caller."""
    if not replayed.hours:
        return []
    made = [_by_time(replayed), _by_code(replayed, table)]
    if len(storms):
        heatmap = _storms(replayed, storms)
        made += [heatmap] if heatmap is not None else []
        made.append(_lengths(replayed, storms))
    return made


def _by_time(replayed: Replayed) -> Picture:
    step = _step(replayed)
    bins: dict[Instant, Totals] = defaultdict(Totals)
    by_hour: dict[Instant, Totals] = defaultdict(Totals)
    for each in replayed.hours:
        bins[each.hour - each.hour % step] += each.totals
        by_hour[each.hour] += each.totals
    rows = []
    for start in sorted(bins):
        base = 0
        for part in _fates(bins[start], start=start, end=start + step):
            rows.append({**part, "base": base, "top": base + part["alerts"]})
            base += part["alerts"]
    busiest = max(by_hour, key=lambda hour: (by_hour[hour].received, -hour))
    peak = by_hour[busiest].received
    left = max(totals.received - totals.throttled for totals in by_hour.values())
    if left < peak:
        title = f"The busiest hour would fall from {thousands(peak)} to {many(left, 'Alert')}"
    elif replayed.throttled:
        title = f"The busiest hour stays at {many(peak, 'Alert')}: what is held back comes at other times"
    else:
        title = f"Nothing is held back; the busiest hour, {hour_in_words(busiest)}, had {many(peak, 'Alert')}"
    return Picture(
        "alerts-by-time",
        title,
        f"Alerts received in {_each(step)}. Their colour says what would have become of them; "
        "vermillion, on top, is what throttling takes away.",
        charts.svg("alerts-by-time", charts.by_time(rows)),
        ("from", "to", "received", "forwarded", "excluded", "held back"),
        tuple(
            (
                format_instant(start),
                format_instant(start + step),
                t.received,
                t.forwarded,
                t.excluded,
                t.throttled,
            )
            for start, t in sorted(bins.items())
        ),
    )


def _by_code(replayed: Replayed, table: Sequence[CodeRow]) -> Picture:
    rows: list[dict[str, Any]] = []
    labels = []
    for row in table[:MOST_CODES]:
        code = f"{row.alert_code}  {_clipped(short_name(row.name))}"
        rows += _fates(Totals(row.received, row.forwarded, row.throttled, row.excluded), code=code)
        held = f" ({row.held} held)" if row.throttled else ""
        labels.append({"code": code, "received": row.received, "said": f"{thousands(row.received)}{held}"})
    if rest := table[MOST_CODES:]:
        code = f"{many(len(rest), 'other code')}"
        totals = sum((Totals(r.received, r.forwarded, r.throttled, r.excluded) for r in rest), Totals())
        rows += _fates(totals, code=code)
        held = f" ({percent(totals.throttled, totals.received)} held)" if totals.throttled else ""
        labels.append(
            {"code": code, "received": totals.received, "said": f"{thousands(totals.received)}{held}"}
        )
    most = max(table, key=lambda row: row.throttled)
    if most.throttled:
        share = percent(most.throttled, replayed.throttled)
        title = f"{share} of what is held back is {most.alert_code} ({short_name(most.name)})"
    else:
        share = percent(table[0].received, replayed.received)
        title = f"{table[0].alert_code} ({short_name(table[0].name)}) is {share} of the Alerts; nothing is held back"
    return Picture(
        "alerts-by-code",
        title,
        "Alerts of each Alert Code, the most frequent first; the label gives how many, and the share held back.",
        charts.svg("alerts-by-code", charts.by_code(rows, labels)),
        ("alert code", "name", "received", "forwarded", "excluded", "held back", "storms", "devices stormed"),
        tuple(
            (
                r.alert_code,
                r.name,
                r.received,
                r.forwarded,
                r.excluded,
                r.throttled,
                r.storms,
                r.devices_stormed,
            )
            for r in table
        ),
    )


def _storms(replayed: Replayed, storms: Spells) -> Picture | None:
    streams = storm_streams(storms, MOST_STREAMS)
    step = _step(replayed)
    recipients_of: dict[tuple[str, str], int] = defaultdict(int)
    for row in streams.worst:
        recipients_of[row.device_id, row.alert_code] += 1
    label = {
        (row.device_id, row.alert_code, row.recipient): f"{row.device_id} {row.alert_code}"
        + (f" {row.recipient}" if recipients_of[row.device_id, row.alert_code] > 1 else "")
        for row in streams.worst
    }
    cells: dict[tuple[str, Instant], int] = defaultdict(int)
    stored: dict[tuple[str, str, str, Instant], int] = defaultdict(int)
    for each in replayed.storm_hours:
        key = (each.device_id, each.alert_code, each.recipient)
        if key in label:
            start = each.hour - each.hour % step
            cells[label[key], start] += each.received
            stored[*key, start] += each.received
    if not cells:
        return None
    hours = [each.hour for each in replayed.hours]
    period = (min(hours) - min(hours) % step, max(hours) - max(hours) % step + step)
    worst = sum(row.received for row in streams.worst)
    if streams.streams > MOST_STREAMS:
        share = percent(worst, streams.received)
        title = f"The {MOST_STREAMS} worst of {thousands(streams.streams)} storming streams sent {share} of all Alerts in storms"
    else:
        first = percent(streams.worst[0].received, streams.received)
        title = f"{many(streams.streams, 'stream')} stormed; the worst sent {first} of all Alerts in storms"
    return Picture(
        "storms",
        title,
        f"A row is a stream (Device and Alert Code), the worst on top. A cell is {_one(step)}; the darker, the "
        "more Alerts came in storms; blank is none. A dot is where the stream went over its threshold and a storm started.",
        charts.svg(
            "storms",
            charts.storm_heatmap(
                [
                    {"stream": stream, "start": start, "end": start + step, "alerts": alerts}
                    for (stream, start), alerts in cells.items()
                ],
                list(_starts(storms, label)),
                list(label.values()),
                period,
                (period[1] - period[0]) // step,
            ),
        ),
        ("device id", "alert code", "recipient", "from", "alerts in storms"),
        tuple(
            (device_id, code, recipient, format_instant(start), alerts)
            for (device_id, code, recipient, start), alerts in stored.items()
        ),
    )


def _starts(storms: Spells, label: dict[tuple[str, str, str], str]) -> Iterator[dict[str, Any]]:
    columns = storms.columns
    devices = {parse_device_id(device_id): device_id for device_id, _, _ in label}
    seen = set()
    for row in np.flatnonzero(np.isin(columns["device_id"], np.array(list(devices), np.uint64))).tolist():
        key = (devices[int(columns["device_id"][row])], columns["alert_code"][row], columns["recipient"][row])
        # One dot an hour is all that can be told apart.
        at = int(columns["started_at"][row]) // HOUR * HOUR + HOUR // 2
        if key in label and (key, at) not in seen:
            seen.add((key, at))
            yield {"stream": label[key], "at": at}


def _lengths(replayed: Replayed, storms: Spells) -> Picture:
    columns = storms.columns
    assert replayed.last is not None
    running = columns["ended_at"] == RUNNING
    ended = np.where(running, replayed.last, columns["ended_at"])
    lasted = np.maximum(ended - columns["started_at"], 0)
    which = np.searchsorted(np.array([limit for _, limit in _LENGTHS]), lasted, side="right")
    counts = np.bincount(which, minlength=len(_LENGTHS)).tolist()
    still = np.bincount(which[running], minlength=len(_LENGTHS)).tolist()
    rows = [
        {"length": name, "storms": count, "said": thousands(count) if count else ""}
        for (name, _), count in zip(_LENGTHS, counts, strict=True)
    ]
    longest = int(np.argmax(lasted))
    ending = ", and still ran at the end" if bool(running[longest]) else ""
    if len(lasted) == 1:
        title = f"The storm lasted {length(int(lasted[longest]))}{ending}"
    else:
        middle = length(median_of(lasted))
        title = (
            f"Half of the storms lasted {middle} or less; the longest {length(int(lasted[longest]))}{ending}"
        )
    return Picture(
        "storm-lengths",
        title,
        "Storms by how long they lasted; one that still ran at the end of the log is counted by what was seen of it.",
        charts.svg("storm-lengths", charts.by_length(rows)),
        ("length", "storms", "of these still running"),
        tuple((name, count, more) for (name, _), count, more in zip(_LENGTHS, counts, still, strict=True)),
    )


def _fates(totals: Totals, **where: Any) -> list[dict[str, Any]]:
    """The parts of a bar that are more than nothing."""
    parts: Sequence[int] = (totals.forwarded, totals.excluded, totals.throttled)
    return [
        {**where, "fate": fate, "order": order, "alerts": alerts}
        for order, (fate, alerts) in enumerate(zip(charts.FATES, parts, strict=True))
        if alerts
    ]


def _step(replayed: Replayed) -> Duration:
    """How much time a bar stands for: an hour for a week, more for more."""
    first, last = replayed.hours[0].hour, replayed.hours[-1].hour
    spans = (last - first) // HOUR + 1
    return next((step for step in _STEPS if spans * HOUR <= step * MOST_BARS), _STEPS[-1])


def _each(step: Duration) -> str:
    named = {HOUR: "each hour", DAY: "each day", 7 * DAY: "each week", 30 * DAY: "every 30 days"}
    return named.get(step) or f"every {step // HOUR} hours"


def _one(step: Duration) -> str:
    named = {HOUR: "an hour", DAY: "a day", 7 * DAY: "a week", 30 * DAY: "30 days"}
    return named.get(step) or f"{step // HOUR} hours"


def _clipped(name: str, longest: int = 40) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1].rstrip()}…"
