"""Alarm health: the monthly figures that alarm engineers know (EEMUA 191, ISA-18.2, IEC 62682), of Alerts.

Those standards count what one operator sees on one console. A recipient of
Alerts is no operator and its fleet no plant, so two of the figures are read
anew (readings.md#24): a flood is told by a line for each recipient, and a
storm stands for a chattering alarm.

    alerts per hour      received; and delivered, under the policy
    time in flood        share of the recipients' ten minutes with more Alerts than their line
    busiest Devices      share of all Alerts that came from the ten Devices with most
    Devices in storms    different Devices over their threshold
    stale                streams whose storm had run for more than a day
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from tidegate.reports.replayed import HourOfCode, Spells, Totals
from tidegate.reports.storm_streams import RUNNING
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, Duration, Instant

TEN_MINUTES: Final[Duration] = 10 * MINUTE
"""What a flood is told by."""

BUSIEST: Final = 10
"""Devices of which the share is told, as that of the ten most frequent alarms is."""

STALE_AFTER: Final[Duration] = DAY

TIMES_ITS_MIDDLE: Final = 3
"""A recipient's line where none is given: this many times its middle ten minutes. Illustrative."""

LEAST_LINE: Final = 10
"""No line is lower: the ten Alerts in ten minutes that one operator can follow (EEMUA 191)."""

MOST_DAYS: Final = 62
"""Days a strip shows one by one; a longer log is shown by the month."""


@dataclass(frozen=True, slots=True)
class Target:
    """What the standards' tables of performance metrics ask for, of one operator's console: below `most`."""

    most: float
    words: str


TARGETS: Final[Mapping[str, Target]] = {
    "in_flood": Target(0.01, "under 1 % of the time"),
    "busiest": Target(0.05, "5 % at most"),
    "storming": Target(0, "none"),
    "stale": Target(5, "fewer than 5 on any day"),
}
"""Alerts per hour have none: what a fleet may raise depends on its size."""


@dataclass(frozen=True, slots=True)
class DeviceShare:
    """All Alerts of a day, and those of its busiest Devices."""

    alerts: int = 0
    busiest: int = 0


@dataclass(frozen=True, slots=True)
class HealthSpell:
    """The figures of a day, or of a month.

    label:      `2024-02-26`, or `2024-02`.
    hours:      Hours of the log in it.
    received, delivered: Alerts.
    in_flood:   Share of the recipients' ten minutes above their line.
    busiest:    Share of the Alerts that the busiest Devices raised; of a month the mean of its days.
    storming:   Different Devices in storms; of a month the mean of its days.
    stale:      Streams whose storm had run for more than a day; of a month the most of a day.
    """

    label: str
    begins: Instant
    hours: float
    received: int
    delivered: int
    in_flood: float
    busiest: float
    storming: float
    stale: int

    @property
    def received_an_hour(self) -> float:
        """Alerts received an hour; less than an hour of a log counts as one."""
        return self.received / max(self.hours, 1.0)

    @property
    def delivered_an_hour(self) -> float:
        """Alerts delivered an hour; the same."""
        return self.delivered / max(self.hours, 1.0)


@dataclass(frozen=True, slots=True)
class FloodOfRecipient:
    """A recipient's line, and how it fared.

    line:      More Alerts than this in ten minutes are a flood.
    middle:    Alerts in its middle ten minutes.
    most:      In its busiest.
    in_flood:  Share of its ten minutes in flood.
    """

    recipient: str
    line: int
    middle: float
    most: int
    in_flood: float


@dataclass(frozen=True, slots=True)
class AlarmHealth:
    """Alarm health over a log.

    spells:         By the day, or by the month where `is_monthly`.
    recipients:     Each recipient's line, the one most in flood first.
    is_line_given:  The line is the user's, the same for every recipient.
    """

    spells: Sequence[HealthSpell]
    recipients: Sequence[FloodOfRecipient]
    is_line_given: bool
    is_monthly: bool


def alarm_health(
    days: Days,
    period: tuple[Instant, Instant],
    hours: Sequence[HourOfCode],
    storms: Spells,
    ten_minutes: Mapping[Instant, NDArray[np.int64]],
    shares: Mapping[Instant, DeviceShare],
    recipients: Sequence[str],
    line: int | None = None,
) -> AlarmHealth:
    """Alarm health of a log.

    Args:
        days: Whose days.
        period: First and last Alert.
        hours: Totals by hour and code.
        storms: The Alert Storms.
        ten_minutes: Alerts by the instant a day begins: recipients' numbers by ten minutes of the day.
        shares: All Alerts of each day, and those of its busiest Devices.
        recipients: Names, by number.
        line: More Alerts than this to one recipient in ten minutes are a flood; None: of each, a multiple of its own.
    """
    found = days.since(*period)
    observed = {day: _observed(days, day, period) for day in found}
    by_recipient = _by_recipient(found, observed, ten_minutes, len(recipients))
    lines = {
        number: max(LEAST_LINE, round(TIMES_ITS_MIDDLE * float(np.median(counts)))) if line is None else line
        for number, counts in by_recipient.items()
    }
    totals: dict[Instant, Totals] = defaultdict(Totals)
    for each in hours:
        totals[days.begin_of(each.hour)] += each.totals
    spells = [
        HealthSpell(
            days.date_of(day),
            day,
            (min(days.end_of(day), period[1] + 1) - max(day, period[0])) / HOUR,
            totals[day].received,
            totals[day].received - totals[day].throttled,
            _share_in_flood(ten_minutes.get(day), observed[day], lines),
            _share(shares.get(day, DeviceShare())),
            *_storming(storms, day, days.end_of(day), period[1]),
        )
        for day in found
    ]
    is_monthly = len(found) > MOST_DAYS
    return AlarmHealth(
        _by_month(days, spells) if is_monthly else spells,
        sorted(
            (
                FloodOfRecipient(
                    recipients[number],
                    lines[number],
                    float(np.median(counts)),
                    int(counts.max()),
                    float((counts > lines[number]).mean()),
                )
                for number, counts in by_recipient.items()
            ),
            key=lambda it: (-it.in_flood, -it.most, it.recipient),
        ),
        line is not None,
        is_monthly,
    )


def in_storms(storms: Spells, begins: Instant, ends: Instant, last: Instant) -> NDArray[np.bool_]:
    """Which storms ran at some time from `begins` until `ends`; one that still runs, up to the last Alert."""
    ended = _ended(storms, last)
    mask: NDArray[np.bool_] = (storms.columns["started_at"] < ends) & (ended > begins)
    return mask


def _ended(storms: Spells, last: Instant) -> NDArray[np.int64]:
    ended = storms.columns["ended_at"]
    return np.where(ended == RUNNING, last + 1, ended)


def _storming(storms: Spells, begins: Instant, ends: Instant, last: Instant) -> tuple[int, int]:
    """Different Devices in storms in a period, and streams whose storm had run for more than a day within it."""
    ran = in_storms(storms, begins, ends, last)
    columns = storms.columns
    until = np.minimum(_ended(storms, last), ends)
    stale = ran & (until - columns["started_at"] > STALE_AFTER)
    return len(np.unique(columns["device_id"][ran])), _streams(storms, stale)


def _streams(storms: Spells, rows: NDArray[np.bool_]) -> int:
    columns: Sequence[Any] = [
        storms.columns[name][rows].tolist() for name in ("device_id", "alert_code", "recipient")
    ]
    return len(set(zip(*columns, strict=True)))


def _observed(days: Days, day: Instant, period: tuple[Instant, Instant]) -> slice:
    """The ten minutes of a day that the log covers."""
    last = min(days.end_of(day) - 1, period[1])
    return slice((max(day, period[0]) - day) // TEN_MINUTES, (last - day) // TEN_MINUTES + 1)


def _by_recipient(
    days: Sequence[Instant],
    observed: Mapping[Instant, slice],
    ten_minutes: Mapping[Instant, NDArray[np.int64]],
    recipients: int,
) -> dict[int, NDArray[np.int64]]:
    """Every ten minutes of the log of each recipient that had any Alert."""
    parts = []
    for day in days:
        whole = np.zeros((recipients, observed[day].stop - observed[day].start), np.int64)
        counts = ten_minutes.get(day)
        if counts is not None:
            whole[: len(counts)] = counts[:, observed[day]]
        parts.append(whole)
    together = np.concatenate(parts, axis=1)
    return {number: together[number] for number in np.flatnonzero(together.any(axis=1)).tolist()}


def _share_in_flood(counts: NDArray[np.int64] | None, observed: slice, lines: Mapping[int, int]) -> float:
    if counts is None or not lines:
        return 0.0
    over: int = sum(
        int((counts[number, observed] > line).sum()) for number, line in lines.items() if number < len(counts)
    )
    share: float = over / (len(lines) * (observed.stop - observed.start))
    return share


def _share(share: DeviceShare) -> float:
    return share.busiest / share.alerts if share.alerts else 0.0


def _by_month(days: Days, spells: Sequence[HealthSpell]) -> list[HealthSpell]:
    months = []
    for month, group in groupby(spells, key=lambda spell: days.month_of(spell.begins)):
        of_month = list(group)
        hours = sum(spell.hours for spell in of_month)
        months.append(
            HealthSpell(
                month,
                of_month[0].begins,
                hours,
                sum(spell.received for spell in of_month),
                sum(spell.delivered for spell in of_month),
                sum(spell.in_flood * spell.hours for spell in of_month) / hours,
                sum(spell.busiest for spell in of_month) / len(of_month),
                sum(spell.storming for spell in of_month) / len(of_month),
                max(spell.stale for spell in of_month),
            )
        )
    return months
