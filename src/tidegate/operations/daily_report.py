"""Report Alert Codes by the day, under the policy that was in force, and what each change of it did."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import Recipients
from tidegate.columnar.device_tally import most
from tidegate.columnar.inventory import Inventory
from tidegate.operations.daily_watch import CodeCount, DailyWatch
from tidegate.operations.ordered_log import OrderedLog, ReadOptions, RejectedSink
from tidegate.operations.ports import AlertSource, Progress, no_progress
from tidegate.operations.replay import ReplayOptions, replay
from tidegate.policy.history import PolicyPeriod
from tidegate.reports.alarm_health import AlarmHealth, DeviceShare, alarm_health, in_storms
from tidegate.reports.before_after import before_after
from tidegate.reports.daily import MEASURES, ChangeOfCode, CodeDay, Daily, Talker
from tidegate.reports.replayed import Replayed, Spells, Totals
from tidegate.vocabulary.alert_codes import AlertCode, format_alert_code
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.devices import format_device_id
from tidegate.vocabulary.instants import HOUR, Instant

BUSIEST_CODES: Final = 5
"""Codes reported where none is asked for."""

MOST_TALKERS: Final = 10
"""Devices told one by one of each code."""


@dataclass(frozen=True, slots=True)
class DailyOptions:
    """What to report.

    codes:       The Alert Codes; empty: the busiest.
    days:        Whose days.
    changes:     Instants to compare before and after, besides changes of policy.
    flood_line:  More Alerts than this to one recipient in ten minutes are a flood; None: see `alarm_health`.
    """

    codes: Sequence[AlertCode] = ()
    days: Days = Days.UTC
    changes: Sequence[Instant] = ()
    flood_line: int | None = None


def busiest_codes(
    source: AlertSource, options: ReadOptions, progress: Progress = no_progress
) -> list[AlertCode]:
    """The codes of a log with most Alerts, the most first.

    Raises:
        InputError: the input cannot be read.
        KeyboardInterrupt: it was interrupted: of half a log they may be others.
    """
    log = OrderedLog(source, options)
    count = CodeCount()
    for batch in log.batches(progress):
        count.receive(batch.received)
    if log.completed < 1:
        raise KeyboardInterrupt
    return count.busiest(BUSIEST_CODES)


def daily_report(
    source: AlertSource,
    periods: Sequence[PolicyPeriod],
    options: ReplayOptions,
    asked: DailyOptions,
    *,
    is_busiest: bool = False,
    inventory: Inventory | None = None,
    rejected: RejectedSink | None = None,
    progress: Progress = no_progress,
) -> Daily:
    """Report some codes of a log by the day; interrupted by Ctrl-C, it is of what was read, marked partial.

    Raises:
        InputError: the input cannot be read; or a row cannot be used and `is_strict` is set.
    """
    watch = DailyWatch(asked.days, asked.codes)
    replayed = replay(
        source,
        periods,
        options,
        watchers=[watch],
        rejected=rejected,
        inventory=inventory,
        progress=progress,
    )
    watch.finish()
    report = _Report(asked, replayed, watch)
    rows = [row for code in asked.codes for row in report.rows_of(code)]
    return Daily(
        asked.days,
        asked.codes,
        is_busiest,
        rows,
        [talker for code in asked.codes for talker in report.talkers_of(code, inventory)],
        list(_changes(asked, replayed, rows)),
        health_of(replayed, watch, source.recipients, asked.days, asked.flood_line),
        replayed,
    )


def health_of(
    replayed: Replayed, watch: DailyWatch, recipients: Recipients, days: Days, flood_line: int | None = None
) -> AlarmHealth:
    """Alarm health of a log that was replayed with a `DailyWatch` of these days among its watchers."""
    if replayed.first is None or replayed.last is None:
        return AlarmHealth((), (), flood_line is not None, is_monthly=False)
    return alarm_health(
        days,
        (replayed.first, replayed.last),
        replayed.hours,
        replayed.storms,
        watch.ten_minutes(),
        {
            day: DeviceShare(of_day.alerts, of_day.busiest)
            for day, of_day in ((day, watch.of_day(day)) for day in days.since(replayed.first, replayed.last))
        },
        [recipients.name_of(number) for number in range(len(recipients))],
        flood_line,
    )


class _Report:
    """The parts of one report."""

    def __init__(self, asked: DailyOptions, replayed: Replayed, watch: DailyWatch) -> None:
        self._asked = asked
        self._replayed = replayed
        self._watch = watch
        self._storms = replayed.storms
        self._last = replayed.last or 0
        self._days = [] if replayed.first is None else asked.days.since(replayed.first, self._last)
        self._totals: dict[tuple[AlertCode, Instant], Totals] = defaultdict(Totals)
        for each in replayed.hours:
            self._totals[each.alert_code, asked.days.begin_of(each.hour)] += each.totals
        self._hours = {each.hour for each in replayed.hours}

    def rows_of(self, code: AlertCode) -> Iterator[CodeDay]:
        """Each day of a code."""
        storms = self._storms_of(code)
        for begins in self._days:
            ends = self._asked.days.end_of(begins)
            ran = in_storms(storms, begins, ends, self._last)
            started = storms.columns["started_at"]
            devices = self._watch.of_code(code, begins)
            yield CodeDay(
                code,
                begins,
                ends,
                self._totals[code, begins],
                devices.devices,
                len(np.unique(storms.columns["device_id"][ran])),
                int(((started >= begins) & (started < ends)).sum()),
                devices.busiest,
                tuple(
                    dict.fromkeys(
                        each.policy.version
                        for each in self._replayed.in_force
                        if (each.since is None or each.since < ends)
                        and (each.until is None or each.until > begins)
                    )
                ),
                self._is_whole(begins, ends),
            )

    def talkers_of(self, code: AlertCode, inventory: Inventory | None) -> Iterator[Talker]:
        """The Devices that raised most of a code."""
        raised, storms = self._watch.raised(code), self._storms_of(code)
        ids, alerts = most(raised.device_id, raised.alerts, MOST_TALKERS)
        days = raised.days[np.searchsorted(raised.device_id, ids)]
        rows = None
        if inventory is not None:
            rows = inventory.rows_at(ids, np.full(len(ids), self._last, np.int64))
        for at, device_id in enumerate(ids.tolist()):
            product = ""
            if inventory is not None and rows is not None and rows[at] >= 0:
                product = str(inventory.products[int(inventory.product_numbers[rows[at]])])
            own = _rows(storms, storms.columns["device_id"] == np.uint64(device_id))
            stormed = sum(
                bool(in_storms(own, day, self._asked.days.end_of(day), self._last).any())
                for day in self._days
            )
            yield Talker(code, format_device_id(device_id), int(alerts[at]), int(days[at]), stormed, product)

    def _storms_of(self, code: AlertCode) -> Spells:
        """The storms of a code, those of a group that has it included."""
        wanted = format_alert_code(code)
        labels = self._storms.columns["alert_code"]
        named = {label for label in dict.fromkeys(labels.tolist()) if wanted in label.split("+")}
        return _rows(self._storms, np.fromiter((label in named for label in labels), np.bool_, len(labels)))

    def _is_whole(self, begins: Instant, ends: Instant) -> bool:
        """Days within the log are; its first and its last are where their outer hour has any Alert."""
        return (begins > self._days[0] or begins in self._hours) and (
            begins < self._days[-1] or ends - HOUR in self._hours
        )


def _changes(asked: DailyOptions, replayed: Replayed, rows: Sequence[CodeDay]) -> Iterator[ChangeOfCode]:
    for before, after in pairwise(replayed.in_force):
        assert after.since is not None
        versions = (before.policy.version, after.policy.version)
        yield from _compared(
            rows, after.since, (before.since, before.until), (after.since, after.until), versions
        )
    instants = sorted(set(asked.changes))
    for at, left, right in zip(instants, [None, *instants], [*instants[1:], None], strict=False):
        yield from _compared(rows, at, (left, at), (at, right), ("", ""))


def _compared(
    rows: Sequence[CodeDay],
    at: Instant,
    left: tuple[Instant | None, Instant | None],
    right: tuple[Instant | None, Instant | None],
    versions: tuple[str, str],
) -> Iterator[ChangeOfCode]:
    for code in dict.fromkeys(row.alert_code for row in rows):
        whole = [row for row in rows if row.alert_code == code and row.is_whole]
        sides = [[row for row in whole if _is_within(row, bounds)] for bounds in (left, right)]
        measures = {}
        for name in MEASURES:
            found = before_after(*([int(getattr(row, name)) for row in side] for side in sides))
            if found is not None:
                measures[name] = found
        if measures:
            yield ChangeOfCode(code, at, *versions, measures)


def _is_within(row: CodeDay, bounds: tuple[Instant | None, Instant | None]) -> bool:
    since, until = bounds
    return (since is None or since <= row.begins) and (until is None or row.ends <= until)


def _rows(spells: Spells, rows: NDArray[np.bool_]) -> Spells:
    return Spells({name: column[rows] for name, column in spells.columns.items()})
