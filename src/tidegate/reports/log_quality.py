"""What a log of Alerts is like: how much, from when to when, and what in it a person should look at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from tidegate.columnar.batches import Columns
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code, name_of, published_alert_codes
from tidegate.vocabulary.instants import DAY, HOUR, MINUTE, SECOND, Duration, Instant, format_instant

GAP: Final[Duration] = HOUR
"""An Alert-less time longer than this is a gap."""

_FEWEST_PER_HOUR: Final = 30
"""Below this an hour without Alerts, or with twice as many, may be chance."""
_FEWEST_ROWS: Final = 10
_DOUBLED: Final = 1.6
_QUOTED: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without Alerts, from the last before it to the first after it."""

    start: Instant
    end: Instant


@dataclass(frozen=True, slots=True)
class CodeCount:
    """How many Alerts have a code; its published name, or `unknown`."""

    alert_code: AlertCode
    count: int

    @property
    def name(self) -> str:
        """The published name."""
        return name_of(self.alert_code)

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is published about the code (a manufacturer's own, or a slip)."""
        return self.alert_code not in published_alert_codes()


@dataclass(frozen=True, slots=True)
class RejectedReason:
    """Rows rejected for one kind of reason, and where the first of them stand.

    first:  Source and line of the first few.
    """

    reason: str
    count: int
    first: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class LogQuality:
    """All that `tidegate check` finds.

    usable:         Rows that are Alerts.
    rejected:       Rows that are not; the sum over `reasons`.
    gaps:           How many there are; `longest_gaps` are the longest, longest first.
    duplicates:     Rows exactly like another: instant, Device, code and recipient.
    late, too_late: Rows after a younger one: by so little that a replay puts them in order, and by more.
    mangled:        Rejected rows whose EUI-64 a spreadsheet has made a number of.
    codes:          Alerts by code, most first.
    busiest_hour:   The hour of UTC with most Alerts, and how many.
    suspicions:     What about the instants a person should look at, a sentence each.
    damaged:        Text that was no UTF-8, each with its column.
    is_complete:    False when reading was interrupted.
    """

    source: str
    columns: Columns
    usable: int
    rejected: int
    first: Instant | None
    last: Instant | None
    gaps: int
    longest_gaps: Sequence[Gap]
    duplicates: int
    late: int
    too_late: int
    mangled: int
    codes: Sequence[CodeCount]
    reasons: Sequence[RejectedReason]
    busiest_hour: tuple[Instant, int] | None
    suspicions: Sequence[str]
    damaged: Sequence[str] = ()
    is_complete: bool = True

    @property
    def per_hour(self) -> float:
        """Alerts an hour, over the period from the first to the last (an hour at least)."""
        if self.first is None or self.last is None:
            return 0.0
        return self.usable * HOUR / max(HOUR, self.last - self.first)

    @property
    def unknown_codes(self) -> list[CodeCount]:
        """Codes of which nothing is published, most Alerts first."""
        return [each for each in self.codes if each.is_unknown]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values; instants as ISO 8601."""
        return {
            "source": self.source,
            "rows": self.usable + self.rejected,
            "usable": self.usable,
            "rejected": self.rejected,
            "is_complete": self.is_complete,
            "first": None if self.first is None else format_instant(self.first),
            "last": None if self.last is None else format_instant(self.last),
            "per_hour": round(self.per_hour, 3),
            "busiest_hour": None
            if self.busiest_hour is None
            else {"from": format_instant(self.busiest_hour[0]), "count": self.busiest_hour[1]},
            "gaps": self.gaps,
            "longest_gaps": [
                {"from": format_instant(gap.start), "to": format_instant(gap.end)}
                for gap in self.longest_gaps
            ],
            "duplicates": self.duplicates,
            "late": self.late,
            "too_late": self.too_late,
            "mangled_device_ids": self.mangled,
            "codes": {format_alert_code(each.alert_code): each.count for each in self.codes},
            "unknown_codes": [format_alert_code(each.alert_code) for each in self.unknown_codes],
            "columns": {
                "mapping": self.columns.mapping,
                "guessed": list(self.columns.guessed),
                "missing": list(self.columns.missing),
                "ignored": list(self.columns.ignored),
            },
            "rejected_by_reason": [
                {
                    "reason": each.reason,
                    "count": each.count,
                    "first": [{"source": source, "line": line} for source, line in each.first],
                }
                for each in self.reasons
            ],
            "suspicions": list(self.suspicions),
            "damaged_text": list(self.damaged),
        }


def kind_of(reason: str) -> str:
    """A reason without the values in it, so that rows rejected alike are counted together."""
    return _QUOTED.sub("...", reason)


def suspicions_of(
    per_hour: Mapping[Instant, int], coarsest: Duration, rows: int, *, has_zones: bool | None
) -> list[str]:
    """What the instants of a log give reason to look at.

    Args:
        per_hour:   Alerts by the instant their hour begins.
        coarsest:   The longest of a day, an hour, a minute and a second that all instants are whole ones of; or 0.
        rows:       How many Alerts there are.
        has_zones:  Whether the instants name their zone; None when that is not known.
    """
    suspicions = []
    if has_zones is False:
        suspicions.append(
            "The instants name no zone and were read as UTC. Were they local time, all of summer is an hour late."
        )
    if rows >= _FEWEST_ROWS and coarsest >= MINUTE:
        unit = {DAY: "days", HOUR: "hours", MINUTE: "minutes"}[coarsest]
        suspicions.append(
            f"All instants are whole {unit}. A spreadsheet may have cut them; bursts cannot be told from them."
        )
    suspicions += _clock_change_suspicions(per_hour)
    return suspicions


def coarsest_unit(remainders: Mapping[Duration, bool]) -> Duration:
    """The longest unit that all instants are whole ones of; 0 when they have parts of a second."""
    return max((unit for unit, is_whole in remainders.items() if is_whole), default=0)


UNITS: Final[Sequence[Duration]] = (DAY, HOUR, MINUTE, SECOND)


def _clock_change_suspicions(per_hour: Mapping[Instant, int]) -> Iterator[str]:
    """Signs of British local time: its clocks leave out an hour in March, and repeat one in October."""
    if not per_hour:
        return
    years = [(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).year for at in per_hour]
    for year in sorted(set(years)):
        for month, says in ((3, "has none"), (10, "has twice as many as the hours beside it")):
            changes = _last_sunday(year, month) + HOUR
            before, within, after = (per_hour.get(changes + hours * HOUR, 0) for hours in (-1, 0, 1))
            beside = (before + after) / 2
            if min(before, after) < _FEWEST_PER_HOUR:
                continue
            if within == 0 if month == 3 else within >= _DOUBLED * beside:  # noqa: PLR2004 - March
                night = format_instant(changes)[:10]
                yield f"On the clock-change night of {night} the hour from 01:00 {says}: is this local time?"


def _last_sunday(year: int, month: int) -> Instant:
    last = date(year, month, 31)
    sunday = last - timedelta(days=(last.weekday() + 1) % 7)
    return (sunday - date(1970, 1, 1)).days * DAY
