"""What a replay does not keep and a day's report needs: Devices by the day, and Alerts by ten minutes.

Different Devices are counted for the codes asked about, and for all codes
together; nothing of this depends on what is decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidegate.columnar.batches import AlertBatch, DeviceIds
from tidegate.columnar.device_tally import Counts, DeviceTally, most
from tidegate.reports.alarm_health import BUSIEST, TEN_MINUTES
from tidegate.vocabulary.alert_codes import NUMBER_OF_CODES, AlertCode
from tidegate.vocabulary.days import Days
from tidegate.vocabulary.instants import Instant


@dataclass(frozen=True, slots=True)
class DevicesOfDay:
    """The Devices that raised Alerts on a day.

    devices:  Different ones.
    alerts:   All their Alerts.
    busiest:  Those of the `BUSIEST` Devices with most.
    """

    devices: int = 0
    alerts: int = 0
    busiest: int = 0


@dataclass(frozen=True, slots=True)
class Raised:
    """What each Device raised of a code over the whole log; columns, the Devices ascending.

    days:  On how many different days.
    """

    device_id: DeviceIds
    alerts: Counts
    days: Counts


class DailyWatch:
    """Watches a log, Alert by Alert in receipt order (an `operations.replay.AlertWatcher`)."""

    def __init__(self, days: Days, codes: Sequence[AlertCode]) -> None:
        self._days = days
        self._codes = codes
        self._is_asked = np.zeros(NUMBER_OF_CODES, np.bool_)
        self._is_asked[list(codes)] = True
        self._day: Instant | None = None
        self._ends: Instant = 0
        self._all = DeviceTally()
        self._of_code: dict[AlertCode, DeviceTally] = {}
        self._alerts_over_all = {code: DeviceTally() for code in codes}
        self._days_over_all = {code: DeviceTally() for code in codes}
        self._by_day: dict[Instant, DevicesOfDay] = {}
        self._by_code_and_day: dict[tuple[AlertCode, Instant], DevicesOfDay] = {}
        self._ten_minutes: dict[Instant, NDArray[np.int64]] = {}

    def receive(self, alerts: AlertBatch) -> None:
        """The next Alerts."""
        for day, piece in self._pieces(alerts):
            self._all.add(piece.device_id)
            asked = np.flatnonzero(self._is_asked[piece.alert_code])
            codes, ids = piece.alert_code[asked], piece.device_id[asked]
            for code in self._codes:
                self._of_code[code].add(ids[codes == code])
            self._note_ten_minutes(day, piece)

    def finish(self) -> None:
        """No more will come."""
        if self._day is None:
            return
        self._by_day[self._day] = _devices(*self._all.counted())
        for code, tally in self._of_code.items():
            ids, counts = tally.counted()
            self._by_code_and_day[code, self._day] = _devices(ids, counts)
            self._alerts_over_all[code].add(ids, counts)
            self._days_over_all[code].add(ids, np.ones(len(ids), np.int64))
        self._day = None

    def of_day(self, day: Instant) -> DevicesOfDay:
        """The Devices of a day, whatever they raised."""
        return self._by_day.get(day, DevicesOfDay())

    def of_code(self, code: AlertCode, day: Instant) -> DevicesOfDay:
        """The Devices of a day that raised a code."""
        return self._by_code_and_day.get((code, day), DevicesOfDay())

    def raised(self, code: AlertCode) -> Raised:
        """What each Device raised of a code over the whole log."""
        ids, alerts = self._alerts_over_all[code].counted()
        _, days = self._days_over_all[code].counted()
        return Raised(ids, alerts, days)

    def ten_minutes(self) -> Mapping[Instant, NDArray[np.int64]]:
        """Alerts of each day by recipient's number and ten minutes; a day without any is left out."""
        return self._ten_minutes

    def _pieces(self, alerts: AlertBatch) -> Iterator[tuple[Instant, AlertBatch]]:
        """The Alerts, cut where a day ends; what was before is put away."""
        at, start = alerts.received_at, 0
        while start < len(at):
            if self._day is None or int(at[start]) >= self._ends:
                self.finish()
                self._day = self._days.begin_of(int(at[start]))
                self._ends = self._days.end_of(self._day)
                self._all = DeviceTally()
                self._of_code = {code: DeviceTally() for code in self._codes}
            stop = start + int(np.searchsorted(at[start:], self._ends))
            yield self._day, alerts.slice(start, stop)
            start = stop

    def _note_ten_minutes(self, day: Instant, alerts: AlertBatch) -> None:
        intervals = (self._ends - day) // TEN_MINUTES
        recipients = int(alerts.recipient.max()) + 1
        place = alerts.recipient.astype(np.int64) * intervals + (alerts.received_at - day) // TEN_MINUTES
        counts = np.bincount(place, minlength=recipients * intervals).reshape(recipients, intervals)
        before = self._ten_minutes.get(day)
        if before is not None and len(before) > recipients:
            before[:recipients] += counts
            return
        if before is not None:
            counts[: len(before)] += before
        self._ten_minutes[day] = counts


class CodeCount:
    """Counts Alerts by code (an `AlertWatcher`)."""

    def __init__(self) -> None:
        self._counts = np.zeros(NUMBER_OF_CODES, np.int64)

    def receive(self, alerts: AlertBatch) -> None:
        """The next Alerts."""
        self._counts += np.bincount(alerts.alert_code, minlength=NUMBER_OF_CODES)

    def busiest(self, number: int) -> list[AlertCode]:
        """The codes with most Alerts, the most first."""
        ranked = np.lexsort((np.arange(NUMBER_OF_CODES), -self._counts))[:number].tolist()
        return [code for code in ranked if self._counts[code]]


def _devices(ids: DeviceIds, counts: Counts) -> DevicesOfDay:
    _, busiest = most(ids, counts, BUSIEST)
    return DevicesOfDay(len(ids), int(counts.sum()), int(busiest.sum()))
