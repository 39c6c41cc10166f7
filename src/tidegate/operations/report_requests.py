"""The monthly reports of Service Requests: of every User, and for the Panel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from tidegate.operations.admit import AdmitUnder, RequestSource, admit
from tidegate.operations.ordered_log import ReadOptions, RejectedSink
from tidegate.operations.ports import Progress, no_progress
from tidegate.reports.request_month import (
    RequestMonth,
    only_forecast,
    reached_by_roll_out,
    reached_by_trend,
    trend_of,
    users_of,
)
from tidegate.reports.request_month_words import due_on
from tidegate.vocabulary.faults import Fault, InputError
from tidegate.vocabulary.instants import SECOND, Instant

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


def within(month: str, options: ReadOptions) -> ReadOptions:
    """The same, of one month of UTC.

    Raises:
        InputError: it is not a month.
    """
    if _MONTH.fullmatch(month) is None:
        raise InputError(Fault("--month", f"{month!r} is not a month", "Write 2026-10."))
    year, number = map(int, month.split("-"))
    return replace(options, since=_begins(year, number), until=_begins(year + number // 12, number % 12 + 1))


def report_requests(
    source: RequestSource,
    under: AdmitUnder,
    month: str,
    options: ReadOptions,
    *,
    forecasts: Mapping[tuple[str, str], int],
    meters: int = 0,
    meters_per_day: int = 0,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> RequestMonth:
    """Report one month of UTC of a log.

    Args:
        source:          The log.
        under:           What decides.
        month:           `2026-10`.
        options:         How to read; the month is its period.
        forecasts:       What was forecast, by User and variant; `""` for all variants together.
        meters:          Meters there are, as the table of Users has them.
        meters_per_day:  How many more there are every day; 0: nobody says.
        rejected:        Takes rows that cannot be used.
        progress:        Told how far it is.

    Raises:
        InputError: it is not a month, or the input cannot be read.
    """
    found = admit(source, under, within(month, options), rejected=rejected, progress=progress)
    trend = trend_of(found.days)
    return RequestMonth(
        month=month,
        due_on=due_on(month),
        found=found,
        users=users_of(found, forecasts),
        trend=trend,
        by_trend=None if trend is None else reached_by_trend(found, trend),
        by_roll_out=reached_by_roll_out(found, meters, meters_per_day),
        only_forecast=only_forecast(found, forecasts),
    )


def _begins(year: int, month: int) -> Instant:
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * SECOND
