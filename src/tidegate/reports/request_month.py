"""A month of Service Requests: what each User sent against what it forecast (SEC H3.24), and capacity against use for the Panel.

The Panel's part is made for every month, breach or none (WPD). Whoever is over its
share again and again is named with the step that comes next: the steps are ours,
for the Code has none (docs/readings.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from tidegate.reports.admitted import Admitted, DayOfUse, RequestTotals, UserAdmitted
from tidegate.vocabulary.instants import DAY, Instant

FEWEST_DAYS = 14
"""Days from which a trend is looked for."""

_SIGNIFICANT = 1.96
_FARTHEST = 3_650


class Step(StrEnum):
    """What a User that was over its share is in for, by the days of the month on which it was."""

    NONE = "none"
    TOLD = "told"
    CAUSE = "say the cause"
    PLAN = "give a plan"
    PANEL = "SEC Panel"


STEPS: Sequence[tuple[int, Step]] = (
    (8, Step.PANEL),
    (4, Step.PLAN),
    (2, Step.CAUSE),
    (1, Step.TOLD),
    (0, Step.NONE),
)
"""From how many days on each is taken."""


@dataclass(frozen=True, slots=True)
class SrvSent:
    """What a User sent of a Service Reference Variant, and what it forecast; None: it forecast nothing of it."""

    srv: str
    totals: RequestTotals
    forecast: int | None


@dataclass(frozen=True, slots=True)
class UserMonth:
    """One User's month.

    forecast:  What it forecast in all; None where there is no forecast of it.
    held_to:   What it sent of that: of all variants, or of those it forecast.
    """

    of: UserAdmitted
    sent: Sequence[SrvSent]
    forecast: int | None
    held_to: int
    step: Step


@dataclass(frozen=True, slots=True)
class Trend:
    """How what is asked for grows: requests per period and day (Theil-Sen), and whether Mann-Kendall's test sees it.

    It is of the busiest period of each day, refusals included: use is held below the capacity, demand is not.

    days:   How many days it is of.
    level:  The busiest period of the last day, on the line.
    """

    days: int
    per_day: float
    level: float
    is_seen: bool


@dataclass(frozen=True, slots=True)
class Reaches:
    """When the busiest period asks for the operating threshold and the maximum; None: not within ten years.

    meters, meters_per_day:  Where it grows with the roll-out: the meters there are, and how many come each day.
    """

    threshold_on: Instant | None
    maximum_on: Instant | None
    meters: int = 0
    meters_per_day: int = 0


@dataclass(frozen=True, slots=True)
class RequestMonth:
    """A month of Service Requests.

    month:         `2026-10`.
    due_on:        The 10th Working Day after it, bank holidays not counted.
    trend:         None: too few days to look for one.
    by_trend:      None where no growth is seen.
    by_roll_out:   None where nobody said how it grows.
    only_forecast: Who forecast and is neither among the Users nor in the log: a name that is written otherwise there.
    """

    month: str
    due_on: str
    found: Admitted
    users: Sequence[UserMonth]
    trend: Trend | None
    by_trend: Reaches | None
    by_roll_out: Reaches | None
    only_forecast: Sequence[str]

    @property
    def breachers(self) -> list[UserMonth]:
        """Users over their share on any day, those on most days first."""
        over = [user for user in self.users if user.of.breach_days]
        return sorted(over, key=lambda user: (-user.of.breach_days, -user.of.totals.throttled, user.of.user))


def users_of(found: Admitted, forecasts: Mapping[tuple[str, str], int]) -> list[UserMonth]:
    """Every User of the table or the log with a request, an allocation or a forecast; `forecasts` by User and variant, `""` for all together."""
    sent: dict[str, dict[str, RequestTotals]] = {}
    for (user, srv), totals in found.by_user_and_srv.items():
        sent.setdefault(user, {})[srv] = totals
    months = []
    for of in found.users:
        of_user = {srv: count for (user, srv), count in forecasts.items() if user == of.user}
        its = sent.get(of.user, {})
        rows = [
            SrvSent(srv, its.get(srv, RequestTotals()), of_user.get(srv))
            for srv in sorted({*its, *(srv for srv in of_user if srv)}, key=_in_order)
        ]
        in_all = of_user.get("", sum(of_user.values()) if of_user else None)
        held_to = sum(row.totals.received for row in rows if "" in of_user or row.forecast is not None)
        if rows or of.allocation or in_all is not None:
            months.append(UserMonth(of, rows, in_all, held_to, step_of(of.breach_days)))
    return months


def only_forecast(found: Admitted, forecasts: Mapping[tuple[str, str], int]) -> list[str]:
    """Who forecast and is neither among the Users nor in the log, by name."""
    return sorted({user for user, _ in forecasts} - {of.user for of in found.users})


def step_of(breach_days: int) -> Step:
    """The step after so many days over its share in a month."""
    return next(step for least, step in STEPS if breach_days >= least)


def trend_of(days: Sequence[DayOfUse]) -> Trend | None:
    """How what is asked for grows from day to day; None for too few days."""
    if len(days) < FEWEST_DAYS:
        return None
    points = [(day.day // DAY, day.most_offered) for day in days]
    pairs = [(a, b) for at, a in enumerate(points) for b in points[at + 1 :]]
    slope = median((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs)
    level = median(value + slope * (points[-1][0] - day) for day, value in points)
    sign = sum((b[1] > a[1]) - (b[1] < a[1]) for a, b in pairs)
    n = len(points)
    spread = math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    return Trend(n, slope, level, is_seen=slope > 0 and sign - 1 > _SIGNIFICANT * spread)


def reached_by_trend(found: Admitted, trend: Trend) -> Reaches | None:
    """When a growth that goes on in a straight line is at the threshold and the maximum; None: none is seen."""
    if not trend.is_seen or not found.days:
        return None

    def on(capacity: int) -> Instant | None:
        return _reached(found, capacity, (capacity - trend.level) / trend.per_day)

    return Reaches(on(found.rules.operating_threshold), on(found.rules.maximum_system_capacity))


def reached_by_roll_out(found: Admitted, meters: int, meters_per_day: int) -> Reaches | None:
    """The same where it grows in proportion to the meters; None where nothing was asked for, or there are none."""
    busiest = found.most_offered
    if not busiest or not meters or not meters_per_day:
        return None

    def on(capacity: int) -> Instant | None:
        return _reached(found, capacity, (capacity / busiest - 1) * meters / meters_per_day)

    rules = found.rules
    return Reaches(on(rules.operating_threshold), on(rules.maximum_system_capacity), meters, meters_per_day)


def _reached(found: Admitted, capacity: int, days_after: float) -> Instant | None:
    """The day it was reached, or is so many days after the last."""
    was = next((day.day for day in found.days if day.most_offered >= capacity), None)
    if was is not None:
        return was
    return None if days_after > _FARTHEST else found.days[-1].day + max(1, math.ceil(days_after)) * DAY


def _in_order(srv: str) -> tuple[int, ...]:
    return tuple(int(part) for part in srv.split("."))
